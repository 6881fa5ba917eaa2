/** Members that lack what only a snapshot holds are offered one, fetch it and go on behind it (§5.2). */
import { expect, it } from 'vitest';
import { foundingMembership } from '../../src/core/configuration.ts';
import type { RaftState } from '../../src/core/raft-state.ts';
import type { SnapshotThresholds } from '../../src/core/snapshot-thresholds.ts';
import { compactThrough } from '../../src/core/term-runs.ts';
import { index, lesser, nodeId, term } from '../../src/core/types.ts';
import type { RaftNodeOptions } from '../../src/node/raft-node.ts';
import { Installing } from '../../src/node/snapshots/installing.ts';
import type { ProposalOutcome } from '../../src/ports/replica.ts';
import {
  VirtualCluster,
  type VirtualClusterOptions,
  type VirtualMember,
} from '../../src/testing/virtual-cluster.ts';
import { decodeFrame } from '../../src/transport/codec.ts';
import type { CarriedMessage } from '../../src/transport/memory-network.ts';
import { logOf, raftState } from '../machines/harness.ts';
import { KeptList } from './kept-list.ts';

const OFTEN: Partial<SnapshotThresholds> = { entries: 4, trailingEntries: 1 };

/** Three members of which the first leads; the last is cut off while the others go on to where it lacks the beginning. */
async function behind(options: VirtualClusterOptions = {}): Promise<VirtualCluster> {
  const cluster = await VirtualCluster.start(3, {
    machine: () => new KeptList(),
    adapt: (own) => ({ ...own, snapshots: OFTEN }),
    ...options,
  });
  await cluster.leader();
  await cluster.submit('n1', 'first');
  await cluster.pass(200);
  cluster.isolate('n3');
  cluster.resetLinks('n3');
  for (let at = 0; at < 20; at += 1) await submitted(cluster, `${at}`);
  const { id } = await cluster.leader();
  await cluster.until('the log is cut', () => status(cluster, id).firstIndex > 10);
  return cluster;
}

const WRITTEN = ['first', ...Array.from({ length: 20 }, (_, at) => `${at}`)];

async function submitted(cluster: VirtualCluster, text: string): Promise<void> {
  const { id } = await cluster.leader();
  expect(await cluster.submit(id, text)).toMatchObject({ type: 'applied' });
  await cluster.pass(10);
}

function status(cluster: VirtualCluster, id: string) {
  return cluster.member(id).node.status();
}

async function caughtUp(cluster: VirtualCluster, id = 'n3'): Promise<KeptList> {
  const { id: leader } = await cluster.leader();
  const goal = status(cluster, leader).commitIndex;
  await cluster.until(`${id} is in sync`, () => status(cluster, id).lastApplied >= goal);
  return cluster.member(id).machine as KeptList;
}

it('[LR21] [IS1] a follower whose log ends before the leader’s begins is in sync by the snapshot', async () => {
  const cluster = await behind();
  cluster.mend('n3');
  const machine = await caughtUp(cluster);
  expect(machine.applied).toEqual(WRITTEN);
  expect(machine.given.length).toBeLessThan(10);
  expect(status(cluster, 'n3').snapshotIndex).toBeGreaterThan(10);
  await submitted(cluster, 'last');
  expect((await caughtUp(cluster)).applied).toEqual([...WRITTEN, 'last']);
});

/** What is asked for, chunk by chunk, and a hand that holds it. */
class Line {
  readonly asked: number[] = [];
  /** No chunk from there on comes through. */
  until = Number.POSITIVE_INFINITY;

  readonly carry = (message: CarriedMessage): boolean => {
    const [frame] = message.frames;
    const decoded = frame === undefined ? '' : decodeFrame(frame);
    if (typeof decoded !== 'object' || decoded.type !== 'message') return true;
    if (decoded.message.type !== 'PullChunk') return true;
    const { chunk } = decoded.message;
    if (chunk >= this.until) return false;
    this.asked.push(chunk);
    return true;
  };
}

/** Until so many chunks were asked for, and what was asked for is on its way or there. */
async function halfway(cluster: VirtualCluster, line: Line): Promise<void> {
  line.until = 6;
  cluster.mend('n3');
  await cluster.until('half of it', () => line.asked.includes(5));
  await cluster.pass(50);
}

it('[IS4] [E6] a fetch that was cut goes on where it was', async () => {
  const line = new Line();
  const cluster = await behind({ carry: line.carry });
  await halfway(cluster, line);
  cluster.resetLinks('n3');
  const before = line.asked.length;
  line.until = Number.POSITIVE_INFINITY;
  expect((await caughtUp(cluster)).applied).toEqual(WRITTEN);
  expect(line.asked[before]).toBe(6);
  expect(new Set(line.asked).size).toBe(line.asked.length);
});

it('[IS4] [E6] whoever restarts meanwhile goes on where it was', async () => {
  const line = new Line();
  const cluster = await behind({ carry: line.carry });
  await halfway(cluster, line);
  await Promise.all([cluster.member('n3').node.close(), cluster.pass(3_000)]);
  const before = line.asked.length;
  line.until = Number.POSITIVE_INFINITY;
  await cluster.boot('n3');
  expect((await caughtUp(cluster)).applied).toEqual(WRITTEN);
  expect(line.asked[before]).toBe(6);
});

it('[IS5] who sends nothing for too long is given up, and asked again', async () => {
  const line = new Line();
  const cluster = await behind({ carry: line.carry });
  await halfway(cluster, line);
  await cluster.pass(6_000);
  line.until = Number.POSITIVE_INFINITY;
  expect((await caughtUp(cluster)).applied).toEqual(WRITTEN);
});

it('[IS4] a fetch goes on over the fall of the leader that offered it, and ends with the next one', async () => {
  const line = new Line();
  const cluster = await behind({ carry: line.carry });
  const { id: old } = await cluster.leader();
  await halfway(cluster, line);
  await Promise.all([cluster.member(old).node.close(), cluster.pass(3_000)]);
  cluster.members.delete(old);
  line.until = Number.POSITIVE_INFINITY;
  await cluster.until('another leader', () => status(cluster, 'n2').role === 'leader');
  expect((await caughtUp(cluster)).applied).toEqual(WRITTEN);
});

it('[IS6] [E9] snapshots that are taken meanwhile do not begin a fetch again, and the log stays behind the one that is fetched', async () => {
  const line = new Line();
  const cluster = await behind({ carry: line.carry });
  const { id: leader } = await cluster.leader();
  await halfway(cluster, line);
  const fetched = status(cluster, leader).snapshotIndex;
  const more = Array.from({ length: 20 }, (_, at) => `more ${at}`);
  for (const text of more) await submitted(cluster, text);
  const newest = (): number => status(cluster, leader).snapshotIndex;
  await cluster.until('a newer one', () => newest() > fetched + 4);
  expect(status(cluster, leader).firstIndex).toBeLessThanOrEqual(fetched + 1);
  line.until = Number.POSITIVE_INFINITY;
  const before = line.asked.length;
  const { applied, given } = await caughtUp(cluster);
  expect(applied).toEqual([...WRITTEN, ...more]);
  expect(given).toContain('more 3');
  expect(line.asked.slice(before)).not.toContain(0);
});

it('[IS6] a snapshot does not stay for whoever has fallen silent', async () => {
  const line = new Line();
  const cluster = await behind({ carry: line.carry });
  const { id: leader } = await cluster.leader();
  await halfway(cluster, line);
  const fetched = status(cluster, leader).snapshotIndex;
  cluster.isolate('n3');
  cluster.resetLinks('n3');
  await cluster.pass(12_000);
  for (let at = 0; at < 10; at += 1) await submitted(cluster, `more ${at}`);
  const first = (): number => status(cluster, leader).firstIndex;
  await cluster.until('the log is cut', () => first() > fetched + 1);
});

it('[IS3] [E10] who waits for an entry that a snapshot covers is told that nobody knows, and the node lives', async () => {
  const cluster = await VirtualCluster.start(3, {
    machine: () => new KeptList(),
    adapt: (own) => ({ ...own, snapshots: OFTEN }),
  });
  const { id: old, node } = await cluster.leader();
  await cluster.submit(old, 'first');
  cluster.isolate(old);
  cluster.resetLinks(old);
  const outcomes: ProposalOutcome[] = [];
  node.submit(new TextEncoder().encode('lost'), { timeoutMs: 60_000 }, (outcome) =>
    outcomes.push(outcome),
  );
  await cluster.until('another leader', () => status(cluster, old).role !== 'leader');
  const others = [...cluster.members.values()].filter(({ id }) => id !== old);
  const leads = ({ node: each }: VirtualMember): boolean => each.status().role === 'leader';
  await cluster.until('another leader', () => others.some(leads));
  for (let at = 0; at < 20; at += 1) await submitted(cluster, `${at}`);
  cluster.mend(old);
  await caughtUp(cluster, old);
  expect(outcomes).toMatchObject([
    { type: 'failed', error: { code: 'RAFT_OUTCOME_UNKNOWN', retry: 'outcomeUnknown' } },
  ]);
  expect(cluster.applied(old)).not.toContain('lost');
  expect(status(cluster, old).lifecycle).toBe('running');
});

it('[IS1] [E14] a stop waits for no fetch, at either end', async () => {
  const line = new Line();
  const cluster = await behind({ carry: line.carry });
  await halfway(cluster, line);
  for (const { node } of cluster.members.values()) {
    await Promise.all([node.close(), cluster.pass(3_500)]);
    expect(node.status().lifecycle).toBe('stopped');
  }
});

it('[IS3] [F6] a read waits until the state of the snapshot is in place', async () => {
  const cluster = await behind();
  cluster.mend('n3');
  expect(await cluster.read('n3')).toBeNull();
  expect(cluster.applied('n3')).toEqual(WRITTEN);
});

it('[LR20] [MC1] [D3] [D7] who joins long after the log was cut learns from the snapshot who the members are', async () => {
  const cluster = await behind();
  cluster.mend('n3');
  await caughtUp(cluster);
  const { id: leader } = await cluster.leader();
  await cluster.join('n4');
  const change = { add: { n4: 'at-n4' }, promote: [nodeId('n4')] };
  expect(await cluster.change(leader, change)).toMatchObject({ type: 'changed' });
  expect((await caughtUp(cluster, 'n4')).applied).toEqual(WRITTEN);
  expect(status(cluster, 'n4').snapshotIndex).toBeGreaterThan(10);
  expect(status(cluster, 'n4').members.voters).toEqual(['n1', 'n2', 'n3', 'n4']);
});

/** Chunks take so long to reach the disk of `n3`. */
function slowly(own: RaftNodeOptions, forMs: number): RaftNodeOptions {
  if (own.id !== 'n3') return own;
  const { clock, store } = own;
  const { snapshots } = store;
  const resume = snapshots.resume.bind(snapshots);
  snapshots.resume = async (snapshot) => {
    const writer = await resume(snapshot);
    return {
      get nextChunk() {
        return writer.nextChunk;
      },
      append: async (...chunks) => {
        await new Promise<void>((resolve) => void clock.setTimeout(resolve, forMs));
        await writer.append(...chunks);
      },
      finish: () => writer.finish(),
      abandon: () => writer.abandon(),
    };
  };
  return own;
}

it('[IS4] a chunk that is on its way to disk when the fetch is cut is there before the next begins', async () => {
  const line = new Line();
  const cluster = await behind({
    carry: line.carry,
    adapt: (own) => slowly({ ...own, snapshots: OFTEN }, 300),
  });
  cluster.mend('n3');
  await cluster.until('a chunk', () => line.asked.length > 0);
  await cluster.pass(20);
  cluster.resetLinks('n3');
  await cluster.until('the next fetch', () => line.asked.filter((chunk) => chunk === 1).length > 1);
  expect(line.asked.filter((chunk) => chunk === 0)).toHaveLength(1);
  expect((await caughtUp(cluster)).applied).toEqual(WRITTEN);
});

/** What an installation tells the charts of a member with this log, once the snapshot that it fetched is whole on disk. */
async function toldBy(raft: RaftState): Promise<readonly string[]> {
  const told: string[] = [];
  const tell = ({ type }: { readonly type: string }): void => void told.push(type);
  const lastEntry = { term: term(1), index: index(9) };
  const whole = { lastEntry, membership: foundingMembership(raft.configuration, index(0)) };
  const installing = new Installing({
    actors: { raft, tellRaft: tell, tellSnapshotReceiver: tell },
    pulling: { writer: { finish: async () => whole } },
    run: (input: () => void) => input(),
  } as never);
  installing.install();
  await new Promise(setImmediate);
  return told;
}

it('[IS2] a snapshot that is held by the time that it is whole ends its installation, wherever the log begins', async () => {
  const held = logOf(Array<number>(9).fill(1));
  const place = { term: term(1), index: index(9) };
  const commitIndex = place.index;
  const lives = [logOf([]), held, compactThrough(held, place)];
  const told = lives.map((log) =>
    toldBy(raftState({ log, commitIndex: lesser(commitIndex, log.lastIndex) })),
  );
  expect(await Promise.all(told)).toEqual([
    ['snapshot.received'],
    ['install.ended'],
    ['install.ended'],
  ]);
});
