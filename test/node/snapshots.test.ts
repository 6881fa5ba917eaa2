/** Members take snapshots while they work, and start from them (§5.1). */
import { expect, it } from 'vitest';
import { RaftError } from '../../src/core/errors.ts';
import type { SnapshotThresholds } from '../../src/core/snapshot-thresholds.ts';
import type { RaftNodeOptions } from '../../src/node/raft-node.ts';
import type { SnapshotEvent, SnapshotOutcome } from '../../src/ports/replica.ts';
import type { SnapshotStore, SnapshotWriter } from '../../src/ports/snapshot-store.ts';
import {
  ListMachine,
  VirtualCluster,
  type VirtualClusterOptions,
  type VirtualMember,
} from '../../src/testing/virtual-cluster.ts';
import { KeptList } from './kept-list.ts';

interface Alone {
  readonly cluster: VirtualCluster;
  /** Of the present life. */
  readonly member: () => VirtualMember;
  readonly machine: () => KeptList;
  readonly submit: (...texts: readonly string[]) => Promise<void>;
  readonly restart: () => Promise<void>;
}

/** A cluster of one. */
async function alone(options: VirtualClusterOptions = {}): Promise<Alone> {
  const cluster = await VirtualCluster.start(1, { machine: () => new KeptList(), ...options });
  await cluster.leader();
  const member = (): VirtualMember => cluster.member('n1');
  const machine = (): KeptList => member().machine as KeptList;
  const submit = async (...texts: readonly string[]): Promise<void> => {
    for (const text of texts) await cluster.submit('n1', text);
  };
  const restart = async (): Promise<void> => {
    await Promise.all([member().node.close(), cluster.pass(3_000)]);
    await cluster.boot('n1');
    await cluster.leader();
    expect(await cluster.read('n1')).toBeNull();
  };
  return { cluster, member, machine, submit, restart };
}

const taking = (snapshots: Partial<SnapshotThresholds>): VirtualClusterOptions => ({
  adapt: (options) => ({ ...options, snapshots }),
});

function withSnapshots(change: (store: SnapshotStore) => SnapshotStore): VirtualClusterOptions {
  return {
    adapt: (options: RaftNodeOptions) => {
      const { store } = options;
      const snapshots = change(store.snapshots);
      return {
        ...options,
        store: {
          snapshots,
          open: (owner) => store.open(owner),
          write: (operations, completed) => store.write(operations, completed),
          read: (range) => store.read(range),
          rememberPeer: (peer) => store.rememberPeer(peer),
          onFailure: (listener) => store.onFailure(listener),
          close: () => store.close(),
        },
      };
    },
  };
}

/** The same store, with `act` just before each step of writing. */
function watched(act: (step: string) => void): VirtualClusterOptions {
  const writing = (writer: SnapshotWriter): SnapshotWriter => ({
    get nextChunk() {
      return writer.nextChunk;
    },
    append: async (...chunks) => {
      act(`append ${writer.nextChunk}`);
      await writer.append(...chunks);
    },
    finish: async () => {
      act('finish');
      return writer.finish();
    },
    abandon: () => writer.abandon(),
  });
  return withSnapshots((store) => ({
    get newest() {
      return store.newest;
    },
    get oldest() {
      return store.oldest;
    },
    begin: async (meta) => {
      act('begin');
      return writing(await store.begin(meta));
    },
    resume: (snapshot) => store.resume(snapshot),
    readChunk: (snapshot, chunk) => store.readChunk(snapshot, chunk),
    readChunks: (snapshot, from) => store.readChunks(snapshot, from),
    pin: (snapshot) => store.pin(snapshot),
  }));
}

function asked({ node }: VirtualMember, timeoutMs = 5_000): SnapshotOutcome[] {
  const outcomes: SnapshotOutcome[] = [];
  node.snapshot({ timeoutMs }, (outcome) => outcomes.push(outcome));
  expect(outcomes).toEqual([]);
  return outcomes;
}

async function taken({ cluster, member }: Alone): Promise<SnapshotOutcome | undefined> {
  const outcomes = asked(member());
  await cluster.until('the snapshot', () => outcomes.length > 0);
  return outcomes[0];
}

function noSnapshots(): RaftError {
  return new RaftError('RAFT_NO_SNAPSHOTS', 'This store keeps no snapshots.');
}

it('[SH6] whoever asks hears of a snapshot that holds all that was applied then', async () => {
  const stage = await alone();
  await stage.submit('a', 'b');
  const { lastApplied } = stage.member().node.status();
  expect(await taken(stage)).toEqual({ type: 'taken', index: lastApplied, bytes: 33 });
  expect(stage.member().node.status()).toMatchObject({ snapshotIndex: lastApplied, firstIndex: 1 });
  expect(stage.machine().views).toBe(0);
});

it('[SH7] a start restores the newest snapshot and applies only what came after it', async () => {
  const stage = await alone();
  await stage.submit('a', 'b');
  await taken(stage);
  await stage.submit('c');
  const before = stage.member().node.status();
  const times = stage.machine().times;
  await stage.restart();
  expect(stage.machine().applied).toEqual(['a', 'b', 'c']);
  expect(stage.machine().given).toEqual(['c']);
  expect(stage.machine().times).toEqual(times.slice(2));
  expect(stage.member().node.status().snapshotIndex).toBe(before.snapshotIndex);
  await stage.submit('d');
  expect(stage.machine().applied).toEqual(['a', 'b', 'c', 'd']);
});

it('[SH3] commands are applied while it is written, and are not in it', async () => {
  const stage: Alone = await alone(
    watched((step) => {
      if (step !== 'append 1') return;
      for (const text of ['x', 'y']) {
        stage.member().node.submit(new TextEncoder().encode(text), { timeoutMs: 5_000 }, () => {});
      }
    }),
  );
  await stage.submit('a', 'b', 'c');
  expect(await taken(stage)).toMatchObject({ type: 'taken', index: 4 });
  await stage.cluster.until('all is applied', () => stage.machine().applied.length === 5);
  await stage.restart();
  expect(stage.machine().applied).toEqual(['a', 'b', 'c', 'x', 'y']);
  expect(stage.machine().given).toEqual(['x', 'y']);
});

it('[SH6] who asks while one is written waits for the next, which holds more', async () => {
  const stage = await alone();
  await stage.submit('a');
  const first = asked(stage.member());
  await stage.submit('b');
  const second = asked(stage.member());
  await stage.cluster.until('both', () => first.length + second.length === 2);
  expect([...first, ...second]).toMatchObject([
    { type: 'taken', index: 2 },
    { type: 'taken', index: 3 },
  ]);
});

it('[SH6] what the newest one holds already is answered without another', async () => {
  const steps: string[] = [];
  const stage = await alone(watched((step) => steps.push(step)));
  await stage.submit('a');
  const first = await taken(stage);
  expect(await taken(stage)).toEqual(first);
  expect(steps.filter((step) => step === 'begin')).toHaveLength(1);
});

it('[SH1] by entries: one after so many, none before', async () => {
  const stage = await alone(taking({ entries: 4 }));
  const index = (): number => stage.member().node.status().snapshotIndex;
  await stage.submit('a', 'b');
  await stage.cluster.pass(100);
  expect(index()).toBe(0);
  await stage.submit('c');
  await stage.cluster.until('a snapshot', () => index() === 4);
  await stage.submit('d', 'e', 'f');
  await stage.cluster.pass(100);
  expect(index()).toBe(4);
  await stage.submit('g');
  await stage.cluster.until('the next', () => index() === 8);
});

it('[SH1] by age: a while after the first entry that is in none', async () => {
  const stage = await alone(taking({ ageMs: 2_000 }));
  await stage.submit('a');
  await stage.cluster.pass(1_000);
  expect(stage.member().node.status().snapshotIndex).toBe(0);
  await stage.cluster.pass(1_500);
  expect(stage.member().node.status().snapshotIndex).toBe(2);
});

it('[SH4] a machine that throws costs the snapshot, and the next is taken', async () => {
  const stage = await alone();
  await stage.submit('a');
  stage.machine().fault = new Error('a bug in the machine');
  expect(await taken(stage)).toMatchObject({
    type: 'failed',
    error: { code: 'RAFT_STATE_MACHINE_FAILED', message: /goes on without: a bug in the machine/ },
  });
  expect(stage.machine().views).toBe(0);
  stage.machine().fault = null;
  expect(await taken(stage)).toMatchObject({ type: 'taken', index: 2 });
});

it('[SH4] a disk that fails halts the node, and whoever waits is told', async () => {
  const stage = await alone();
  await stage.submit('a');
  stage.member().disk.error = new Error('EIO');
  expect(await taken(stage)).toMatchObject({
    type: 'failed',
    error: { code: 'RAFT_STORAGE_FAILED', retry: 'safe' },
  });
  expect(stage.member().node.status().role).toBe('halted');
});

it('[ST9] a store that fails where nobody waits for it halts its node at once', async () => {
  let fail: (failure: Error) => void = () => {};
  const stage = await alone({
    adapt: (options) => {
      const { store } = options;
      store.onFailure = (listener) => {
        fail = listener;
      };
      return options;
    },
  });
  const { node } = stage.member();
  const halts: RaftError[] = [];
  node.onHalt((error) => halts.push(error));
  fail(new Error('EIO while an old snapshot was taken off the disk'));
  expect(node.status().role).toBe('halted');
  await stage.cluster.pass(10);
  expect(halts).toMatchObject([
    { code: 'RAFT_STORAGE_FAILED', message: expect.stringContaining('EIO while an old') },
  ]);
});

it.each([
  ['state machine', { machine: () => new ListMachine() }],
  [
    'store',
    withSnapshots((store) => ({
      ...store,
      newest: null,
      oldest: null,
      begin: () => Promise.reject(noSnapshots()),
    })),
  ],
] as const)('[SH5] a %s without snapshots says so, and the node goes on', async (_, options) => {
  const stage = await alone(options);
  await stage.submit('a');
  for (let times = 0; times < 2; times += 1) {
    expect(await taken(stage)).toMatchObject({
      type: 'failed',
      error: { code: 'RAFT_NO_SNAPSHOTS', retry: 'never' },
    });
  }
  await stage.submit('b');
  expect(stage.member().node.status().snapshotIndex).toBe(0);
});

it('[SH7] a machine that cannot be restored is not started on what a snapshot holds', async () => {
  let isAble = true;
  const stage = await alone({ machine: () => (isAble ? new KeptList() : new ListMachine()) });
  await stage.submit('a');
  await taken(stage);
  isAble = false;
  const { node } = stage.member();
  await Promise.all([node.close(), stage.cluster.pass(3_000)]);
  await expect(stage.cluster.boot('n1')).rejects.toMatchObject({
    code: 'RAFT_STATE_MACHINE_FAILED',
    message: /cannot be restored from/,
  });
});

it('[SH6] too many who wait are refused at once, and each waits no longer than it says', async () => {
  const stage = await alone(
    withSnapshots((store) => ({
      ...store,
      newest: null,
      oldest: null,
      begin: () => new Promise(() => {}),
    })),
  );
  await stage.submit('a');
  const waiting = Array.from({ length: 64 }, () => asked(stage.member(), 500));
  const refused = asked(stage.member());
  await stage.cluster.pass(10);
  expect(refused).toMatchObject([{ type: 'failed', error: { code: 'RAFT_OVERLOADED' } }]);
  await stage.cluster.pass(600);
  expect(waiting.flat()).toHaveLength(64);
  expect(waiting[0]).toMatchObject([
    { type: 'failed', error: { code: 'RAFT_TIMED_OUT', retry: 'safe' } },
  ]);
});

it('[SH6] a stop waits for no snapshot, and what was half written is none', async () => {
  const stage = await alone(
    withSnapshots((store) => ({
      ...store,
      newest: null,
      oldest: null,
      begin: async (meta) => ({
        ...(await store.begin(meta)),
        append: () => new Promise(() => {}),
      }),
    })),
  );
  await stage.submit('a');
  const outcomes = asked(stage.member());
  await stage.cluster.pass(50);
  await stage.restart();
  expect(outcomes).toMatchObject([
    { type: 'failed', error: { code: 'RAFT_STOPPED', retry: 'safe' } },
  ]);
  expect(stage.machine().given).toEqual(['a']);
});

it('[SH3] a kill at each step leaves the old snapshot or the new one', async () => {
  const steps = ['begin', 'append 0', 'append 1', 'append 2', 'append 3', 'finish'];
  for (const killedAt of steps) {
    let isArmed = false;
    const seen: string[] = [];
    const stage: Alone = await alone({
      ...watched((step) => {
        seen.push(step);
        if (!isArmed || step !== killedAt) return;
        void stage.member().store.close();
      }),
    });
    await stage.submit('a');
    await taken(stage);
    await stage.submit('b', 'c');
    isArmed = true;
    asked(stage.member());
    await stage.cluster.pass(100);
    isArmed = false;
    expect(seen, killedAt).toContain(killedAt);
    await stage
      .member()
      .node.close()
      .catch(() => {});
    await stage.cluster.boot('n1');
    await stage.cluster.leader();
    expect(await stage.cluster.read('n1')).toBeNull();
    expect(stage.machine().applied, killedAt).toEqual(['a', 'b', 'c']);
    expect(stage.machine().given, killedAt).toEqual(['b', 'c']);
  }
});

it('[SH9] listeners hear of each one, and why one was not taken; that nothing is new is no news', async () => {
  const stage = await alone(taking({ entries: 2 }));
  const told: SnapshotEvent[] = [];
  stage.member().node.onSnapshot((event) => told.push(event));
  await stage.submit('a');
  await stage.cluster.until('one', () => told.length === 1);
  expect(told).toEqual([{ type: 'taken', index: 2, bytes: expect.any(Number) }]);
  asked(stage.member());
  await stage.cluster.pass(50);
  expect(told).toHaveLength(1);
  stage.machine().fault = new Error('a bug in the machine');
  await stage.submit('b', 'c');
  await stage.cluster.until('a refusal', () => told.length === 2);
  expect(told[1]).toEqual({
    type: 'refused',
    reason: expect.stringMatching(/a bug in the machine/),
  });
});
