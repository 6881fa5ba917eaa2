/**
 * A node that breaks says nothing more: wherever its code throws, whatever fails, in whichever way it comes to know.
 */
import { describe, expect, it } from 'vitest';
import type { RaftError } from '../../src/core/errors.ts';
import { type NodeId, nodeId } from '../../src/core/types.ts';
import type { ProposalOutcome } from '../../src/ports/replica.ts';
import type { StateMachine } from '../../src/ports/state-machine.ts';
import { THROW_PLACES, type ThrowPlace } from '../../src/testing/simulation/runtime/trap.ts';
import type { VirtualMember } from '../../src/testing/virtual-cluster.ts';
import { letWrite } from '../cluster/virtual-scene.ts';
import { KeptList } from './kept-list.ts';
import {
  fallBehind,
  outpace,
  startWatched,
  type Watch,
  type WatchedCluster,
} from './watched-cluster.ts';

/** What only an order from outside, or a disk that hangs for seconds, brings about. */
const STIRS: Readonly<Partial<Record<ThrowPlace, (stage: WatchedCluster) => Promise<void>>>> = {
  diskStalled: hang,
  diskRecovered: hang,
  handOver: async ({ leader }) => void leader.node.close(),
  drain: async ({ leader }) => void leader.node.close(),
  transferStarted: async (stage) => transfer(stage),
  leadExpected: async (stage) => transfer(stage),
  transferRefused: async (stage) => transfer(stage, nodeId('n9')),
  transferFailed: async (stage) => {
    stage.cluster.isolate(stage.others[0].id);
    await stage.cluster.submit(stage.leader.id, 'news').then(() => transfer(stage));
    await stage.cluster.pass(700);
  },
  captureSnapshot: async (stage) => takeSnapshot(stage),
  storeSnapshot: async (stage) => takeSnapshot(stage),
  compactLog: async (stage) => takeSnapshot(stage),
  moveBase: async (stage) => takeSnapshot(stage),
  offerSnapshot: outpace,
  pullSnapshot: fallBehind,
  endPull: fallBehind,
  installSnapshot: fallBehind,
  restore: fallBehind,
  snapshotEnded: async (stage) => takeSnapshot(stage),
  halted: async ({ leader, cluster }) => {
    leader.disk.error = new Error('EIO');
    await cluster.pass(20);
  },
  configurationChanged: async (stage) => change(stage),
  proposeConfiguration: async (stage) => change(stage),
  yieldLead: async (stage) => change(stage, stage.leader.id),
  changeEnded: async (stage) => change(stage),
  linkEnded: async (stage) => change(stage),
};

/** Places that a cluster of this size and age does not come to; the simulator does (SI14). */
const ELSEWHERE: readonly ThrowPlace[] = [
  'established',
  // Of the members of this cluster the leader has the smallest id, so that nobody calls it.
  'judgeHello',
  'introduce',
  'admitCall',
  'closeCall',
  'callEnded',
  'hangUp',
  'peerStalled',
  'readsReadable',
  'store.read',
  'store.rememberPeer',
];

/** A moment later, as all that is asked of a node, it comes about. */
function transfer({ leader, others }: WatchedCluster, to: NodeId = others[0].id): void {
  leader.node.transferLeadership(to, { timeoutMs: 60_000 }, () => {});
}

function takeSnapshot({ leader }: WatchedCluster): void {
  leader.node.snapshot({ timeoutMs: 60_000 }, () => {});
}

async function change(stage: WatchedCluster, gone: NodeId = stage.others[0].id): Promise<void> {
  const { cluster, leader } = stage;
  const asked = { add: {}, promote: [], remove: [gone] };
  leader.node.changeMembers(asked, { timeoutMs: 60_000 }, () => {});
  await cluster.pass(3_500);
}

async function hang({ cluster, leader }: WatchedCluster): Promise<void> {
  leader.disk.holds = true;
  leader.node.submit(new Uint8Array(1), { timeoutMs: 60_000 }, () => {});
  await cluster.pass(2_500);
  letWrite(cluster, leader);
  await cluster.pass(20);
}

/** Everything that a cluster does in a day, in a few seconds. */
async function stir(stage: WatchedCluster, watch: Watch, place: ThrowPlace): Promise<void> {
  const { cluster, leader, others } = stage;
  const submit = ({ node }: VirtualMember): void =>
    node.submit(new Uint8Array(1), { timeoutMs: 500 }, () => {});
  const read = ({ node }: VirtualMember): void =>
    node.awaitReadable({ timeoutMs: 5_000 }, () => {});
  const steps: readonly (() => Promise<void>)[] = [
    () => STIRS[place]?.(stage) ?? Promise.resolve(),
    async () => submit(leader),
    async () => read(others[0]),
    async () => submit(others[0]),
    () => cluster.pass(700),
    async () => cluster.resetLinks(leader.id),
    () => cluster.pass(1_500),
    async () => cluster.isolate(leader.id),
    async () => read(leader),
    () => cluster.pass(4_000),
    async () => cluster.mend(leader.id),
    () => cluster.pass(4_000),
    async () => read(leader),
    () => cluster.pass(100),
  ];
  for (const step of steps) if (watch.trap.sprungAt === null) await step();
}

describe('a throw', () => {
  const places = THROW_PLACES.filter((place) => !ELSEWHERE.includes(place));

  it.each(
    places.flatMap((place) =>
      place.includes('.')
        ? [
            [place, false],
            [place, true],
          ]
        : [[place, false]],
    ) as [ThrowPlace, boolean][],
  )(
    '[FS2] [PS7] at %s (once it took effect: %s) is the last thing that a node does',
    async (place, isAfter) => {
      const stage = await startWatched(() => new KeptList());
      const { cluster, leader, watchOf } = stage;
      const watch = watchOf(leader);
      const halts: string[] = [];
      leader.node.onHalt(({ code }) => halts.push(code));
      watch.trap.arm(place, isAfter);
      await stir(stage, watch, place);
      expect(watch.trap.sprungAt).toBe(place);
      await cluster.pass(20);
      expect(leader.node.status().role).toBe('halted');
      expect(leader.node.inspection().lifecycle).toBe('halted');
      expect(halts).toHaveLength(1);
      await cluster.pass(3_000);
      expect(watch.late).toEqual([]);
      expect([...watch.timers]).toEqual([]);
      expect(watch.isStoreClosed).toBe(true);
      expect(new Set(leader.node.status().links.map(({ state }) => state))).toEqual(
        new Set(['closed']),
      );
      for (const { node } of stage.others) expect(node.status().role).not.toBe('halted');
    },
  );
});

/** Hands in `name` at a member and notes how it ends. */
function noting(told: string[]) {
  return ({ node }: VirtualMember, name: string): void => {
    const ended = (outcome: ProposalOutcome): void => {
      told.push(`${name} ${outcome.type === 'failed' ? outcome.error.retry : 'applied'}`);
    };
    node.submit(new TextEncoder().encode(name), { timeoutMs: 60_000 }, ended);
  };
}

describe('what callers are told', () => {
  it.each<[ThrowPlace, boolean, string]>([
    ['persist', false, 'safe'],
    ['flushLog', false, 'outcomeUnknown'],
    ['store.write', true, 'outcomeUnknown'],
    ['replicate', false, 'outcomeUnknown'],
    ['transport.send', true, 'outcomeUnknown'],
    ['machine.apply', false, 'outcomeUnknown'],
  ])(
    '[FS4] [EM7] a throw at %s (after: %s) ends a command of the leader as %s',
    async (place, isAfter, fate) => {
      const { cluster, leader, watchOf } = await startWatched();
      const told: string[] = [];
      // Just after a heartbeat, so that the next thing to be said is the command.
      await cluster.pass(110 - (cluster.clock.now() % 50));
      watchOf(leader).trap.arm(place, isAfter);
      noting(told)(leader, 'a');
      noting(told)(leader, 'b');
      await cluster.pass(200);
      expect(told).toEqual([`a ${fate}`, `b ${fate}`]);
    },
  );

  it('[FS4] a command that was being passed on to the leader may have left', async () => {
    const { cluster, leader, others, watchOf } = await startWatched();
    const told: string[] = [];
    const [follower] = others;
    await cluster.pass(5);
    noting(told)(follower, 'a');
    watchOf(follower).trap.arm('transport.send', true);
    await cluster.pass(5);
    expect(follower.node.status().role).toBe('halted');
    await cluster.until('the command to arrive', () => cluster.applied(leader.id).includes('a'));
    expect(told).toEqual(['a outcomeUnknown']);
  });

  it('[FS4] commands whose run could not be encoded were never done', async () => {
    const { cluster, leader } = await startWatched();
    const told: string[] = [];
    const note = noting(told);
    note(leader, 'a');
    const unfit = new Proxy(new Uint8Array(8), {
      get: (target, name) => {
        if (name === 'length') return 8;
        throw new RangeError(`Array buffer allocation failed at ${String(name)}${target.length}`);
      },
    });
    leader.node.submit(unfit, { timeoutMs: 60_000 }, (outcome) => {
      told.push(`unfit ${outcome.type === 'failed' ? outcome.error.retry : 'applied'}`);
    });
    await cluster.pass(20);
    expect(leader.node.status().role).toBe('halted');
    expect(told.sort()).toEqual(['a safe', 'unfit safe']);
  });

  it('[FS4] a call that comes to a node that has halted is refused with the reason, as never done, and not during the call', async () => {
    const { cluster, leader, watchOf } = await startWatched();
    watchOf(leader).trap.arm('persist');
    leader.node.submit(new Uint8Array(1), { timeoutMs: 500 }, () => {});
    await cluster.pass(10);
    const told: unknown[] = [];
    leader.node.submit(new Uint8Array(1), { timeoutMs: 500 }, (outcome) => told.push(outcome));
    leader.node.awaitReadable({ timeoutMs: 500 }, (error) => told.push(error));
    expect(told).toEqual([]);
    await cluster.pass(5);
    const message = expect.stringMatching(/\(nothing was done: ask another member\)$/);
    const error = { code: 'RAFT_HALTED', retry: 'safe', message };
    expect(told).toMatchObject([{ type: 'failed', error }, error]);
  });
});

describe('guests', () => {
  it('[EM15] a caller that throws at its answer hurts neither the node nor the callers behind it', async () => {
    const { cluster, leader } = await startWatched();
    const told: string[] = [];
    const thrown: unknown[] = [];
    const { defer } = cluster.clock;
    cluster.clock.defer = (callback) =>
      defer.call(cluster.clock, () => {
        try {
          callback();
        } catch (error) {
          thrown.push(error);
        }
      });
    const guest = (): never => {
      throw new Error('a bug of the guest');
    };
    leader.node.submit(new Uint8Array(1), { timeoutMs: 500 }, guest);
    noting(told)(leader, 'b');
    leader.node.awaitReadable({ timeoutMs: 500 }, guest);
    leader.node.awaitReadable({ timeoutMs: 500 }, (error) => told.push(`read ${error}`));
    leader.node.onRole(guest);
    leader.node.onHalt(guest);
    await cluster.pass(50);
    expect(told.sort()).toEqual(['b applied', 'read null']);
    expect(leader.node.status().role).toBe('leader');
    expect(thrown).toHaveLength(2);
    leader.disk.error = new Error('EIO');
    leader.node.submit(new Uint8Array(1), { timeoutMs: 500 }, guest);
    noting(told)(leader, 'c');
    await cluster.pass(50);
    expect(told).toContain('c outcomeUnknown');
    expect(leader.node.status().role).toBe('halted');
  });
});

describe('whatever fails', () => {
  it('[FS2] the end of a write that was under way changes nothing', async () => {
    const { cluster, leader, watchOf } = await startWatched();
    leader.disk.holds = true;
    leader.node.submit(new Uint8Array(1), { timeoutMs: 60_000 }, () => {});
    await cluster.pass(10);
    watchOf(leader).trap.arm('clock.setTimeout');
    await cluster.pass(200);
    expect(leader.node.status().role).toBe('halted');
    const before = { ...leader.node.status(), links: [] };
    letWrite(cluster, leader);
    await cluster.pass(200);
    expect({ ...leader.node.status(), links: [] }).toEqual(before);
    expect(watchOf(leader).late).toEqual([]);
  });

  it('[FS2] what a machine still promises is not told to anyone after the halt', async () => {
    const ends: (() => void)[] = [];
    const slow = (): StateMachine => ({
      apply: (batch) =>
        new Promise((resolve) => {
          const end = (): void => resolve(batch.map(() => 'late'));
          if (batch[0]?.data.length === 1) ends.push(end);
          else end();
        }),
    });
    const { cluster, leader, watchOf } = await startWatched(slow);
    const told: string[] = [];
    noting(told)(leader, 'a');
    await cluster.pass(30);
    expect(ends.length).toBeGreaterThan(0);
    watchOf(leader).trap.arm('clock.setTimeout');
    await cluster.pass(200);
    const { lastApplied } = leader.node.status();
    for (const end of ends) end();
    await cluster.pass(20);
    expect(told).toEqual(['a outcomeUnknown']);
    expect(leader.node.status().lastApplied).toBe(lastApplied);
  });

  it.each([
    ['an error', new Error('bad'), 'bad'],
    ['no error at all', undefined, 'undefined'],
    ['what cannot be shown', Object.create(null), 'it threw something that cannot be shown'],
  ])('[FS3] a machine that throws %s halts its node, with every part', async (_, thrown, shown) => {
    let isBad = false;
    const { cluster, leader, watchOf } = await startWatched(() => ({
      apply: (batch) => {
        if (isBad) throw thrown;
        return batch.map(() => null);
      },
    }));
    await cluster.pass(100);
    isBad = true;
    leader.node.submit(new Uint8Array(1), { timeoutMs: 500 }, () => {});
    await cluster.pass(50);
    const watch = watchOf(leader);
    expect(leader.node.status().role).toBe('halted');
    expect([watch.isStoreClosed, [...watch.timers]]).toEqual([true, []]);
    const said: RaftError[] = [];
    leader.node.onHalt((error) => said.push(error));
    expect(said).toMatchObject([
      { code: 'RAFT_STATE_MACHINE_FAILED', message: expect.stringContaining(`(${shown})`) },
    ]);
  });

  it('[FS4] a read that waits at a halt hears nothing of a command', async () => {
    let isBad = false;
    const { cluster, leader } = await startWatched(() => ({
      apply: (batch) => {
        if (!isBad) return batch.map(() => null);
        return new Promise((_, reject) => breaks.push(reject));
      },
    }));
    const breaks: ((reason: string) => void)[] = [];
    await cluster.pass(100);
    isBad = true;
    const told: (RaftError | null)[] = [];
    leader.node.submit(new Uint8Array(1), { timeoutMs: 500 }, () => {});
    await cluster.pass(50);
    leader.node.awaitReadable({ timeoutMs: 500 }, (error) => told.push(error));
    await cluster.pass(50);
    for (const fail of breaks) fail('bad');
    await cluster.pass(50);
    expect(told).toMatchObject([
      {
        retry: 'safe',
        message: expect.stringMatching(/\(nothing was done: ask another member\)$/),
      },
    ]);
  });

  it('[FS3] a node that broke is closed like any other, and its directory can be opened again', async () => {
    const { cluster, leader, watchOf } = await startWatched();
    const watch = watchOf(leader);
    watch.trap.arm('persist');
    leader.node.submit(new Uint8Array(1), { timeoutMs: 500 }, () => {});
    await cluster.pass(10);
    await leader.node.close();
    await leader.node.close();
    expect(watch.isStoreClosed).toBe(true);
    await cluster.boot(leader.id);
    await cluster.until('it to serve again', () =>
      cluster.nodes.some((node) => node.status().role === 'leader'),
    );
  });

  it('[FS3] a node that breaks while it drains ends at once', async () => {
    const { cluster, leader, watchOf } = await startWatched();
    cluster.isolate(leader.id);
    leader.node.submit(new Uint8Array(1), { timeoutMs: 60_000 }, () => {});
    await cluster.pass(10);
    let isClosed = false;
    leader.node.close().then(() => {
      isClosed = true;
    });
    await cluster.pass(10);
    watchOf(leader).trap.arm('clock.setTimeout');
    await cluster.pass(100);
    expect(isClosed).toBe(true);
    expect([...watchOf(leader).timers]).toEqual([]);
  });
});
