/** Commitment (family C of the known bugs): what may be called committed, by whom, and when. */
import { expect, it } from 'vitest';
import { staticConfiguration } from '../../src/core/configuration.ts';
import { index, term } from '../../src/core/types.ts';
import { advanceCommit, leaderCommitIndex } from '../../src/rules/commit.ts';
import type { Said } from '../cluster/mini-cluster.ts';
import { MiniCluster, ONE_ENTRY_A_MESSAGE } from '../cluster/mini-cluster.ts';
import { logOf, N1, N2, N3, N4, N5, raftState } from '../machines/harness.ts';
import { VirtualCluster } from '../node/virtual-cluster.ts';
import { emptyLogs } from '../paper/names.ts';
import { append } from './messages.ts';

/** Entries get through to nobody but these, and no further than `last`. */
const onlyTo =
  (last: number, ...receivers: readonly string[]) =>
  ({ message, to }: Said): boolean =>
    message.type === 'AppendEntries' && (!receivers.includes(to) || message.lastIndex > last);

/** `n1` leads term 4; its entry of term 2 is on a majority, that of term 3 on `n5` alone. */
async function oldEntryOnMajority(): Promise<MiniCluster> {
  const cluster = await MiniCluster.start({
    logs: { n1: [1, 2], n2: [1, 2], n3: [1], n4: [1], n5: [1, 3] },
    terms: { n1: 3, n2: 3, n3: 3, n4: 3 },
    limits: ONE_ENTRY_A_MESSAGE,
  });
  await cluster.crash(N5);
  cluster.lose = onlyTo(2, N2, N3);
  await cluster.elect(N1);
  await cluster.elapse(100);
  expect(cluster.logs).toEqual({ n1: '124', n2: '12', n3: '12', n4: '1', n5: '13' });
  return cluster;
}

it('[C1] an entry of an older term that a majority holds is not committed, and may be overwritten', async () => {
  const cluster = await oldEntryOnMajority();
  expect(cluster.up.map(({ state }) => state.commitIndex)).toEqual([0, 0, 0, 0]);
  await cluster.crash(N1);
  await cluster.start(N5);
  cluster.lose = () => false;
  await cluster.elect(N5);
  await cluster.elapse(100);
  expect(cluster.committed.map((entry) => entry.term)).toEqual([1, 3, 5]);
});

it('[C1] once an entry of the own term lies on a majority, the older one is safe as well', async () => {
  const cluster = await oldEntryOnMajority();
  cluster.lose = onlyTo(3, N2, N3);
  for (const peer of [N2, N3]) {
    await cluster.reconnect(N1, peer);
    await cluster.elapse(60);
  }
  expect(cluster.member(N1).state.commitIndex).toBe(3);
  await cluster.crash(N1);
  await cluster.start(N5);
  cluster.lose = () => false;
  cluster.favour(N5);
  await cluster.elapse(3_000);
  expect(cluster.leader?.id).not.toBe(N5);
  expect(cluster.committed.slice(0, 3).map((entry) => entry.term)).toEqual([1, 2, 4]);
});

it('[C2] a heartbeat that names a high commit index commits no entry that it did not prove', async () => {
  const log = Array<number>(10).fill(1);
  const cluster = await MiniCluster.start({
    logs: { n1: log, n2: log, n3: log },
    terms: { n1: 2 },
    unchecked: ['S09'],
  });
  await cluster.hand(append({ from: N2, to: N1 }, { of: 2, prev: [1, 9], commit: 11 }));
  expect(cluster.member(N1).state.commitIndex).toBe(9);
  expect(cluster.member(N1).applied).toHaveLength(9);
});

it('[C3] the count does not stop at an entry of an older term', () => {
  const matchIndex = { [N2]: index(2), [N3]: index(0) };
  const state = raftState({ term: term(2), leaderId: N1, log: logOf([1, 2]), matchIndex });
  expect(leaderCommitIndex(state)).toBe(2);
});

it('[C4] a leader that has not written its own no-op does not count itself for it', async () => {
  const cluster = await MiniCluster.start({ logs: emptyLogs(5), first: [N1] });
  cluster.lose = onlyTo(1, N2, N3);
  cluster.heard = (effect, member) => {
    if (effect === 'roleChanged' && member.leads) cluster.slowDisks.add(member.id);
  };
  await cluster.elapse(400);
  const leader = cluster.member(N1);
  expect([leader.leads, leader.disk.entries.length]).toEqual([true, 0]);
  expect(leader.state).toMatchObject({ matchIndex: { n2: 1, n3: 1 }, commitIndex: 0 });
  leader.completeWrite();
  expect(leader.state.commitIndex).toBe(1);
});

it('[C5] a member alone answers only what its disk holds, so a crash right after the answer loses nothing', async () => {
  const cluster = await VirtualCluster.start(1);
  await cluster.leader();
  const { disk, node } = cluster.member('n1');
  disk.holds = true;
  let ended: unknown = null;
  node.submit(new TextEncoder().encode('x'), { timeoutMs: 60_000 }, (outcome) => {
    ended = outcome.type;
  });
  await cluster.pass(500);
  expect([ended, cluster.applied('n1')]).toEqual([null, []]);
  disk.holds = false;
  for (const write of disk.held.splice(0)) cluster.clock.defer(write);
  await cluster.until('the answer', () => ended !== null);
  expect(ended).toBe('applied');
  await node.close();
  await cluster.boot('n1');
  expect(await cluster.read('n1')).toBeNull();
  expect(cluster.applied('n1')).toEqual(['x']);
});

it('[C6] one that applied more than its disk held when it died starts again and catches up', async () => {
  const cluster = await MiniCluster.start({ logs: emptyLogs(3) });
  await cluster.elect(N1);
  await cluster.elapse(100);
  cluster.slowDisks.add(N2);
  cluster.member(N1).propose('a', 'b');
  await cluster.settle();
  cluster.member(N1).propose('c');
  await cluster.settle();
  const { applied, disk } = cluster.member(N2);
  expect([applied.length, disk.entries.length]).toEqual([3, 1]);
  await cluster.crash(N2);
  cluster.slowDisks.clear();
  const again = await cluster.start(N2);
  expect([again.error, again.state.commitIndex, again.entries.length]).toEqual([null, 0, 1]);
  await cluster.elapse(200);
  expect(again.applied.slice(0, 3)).toEqual(applied);
  expect(again.applied).toHaveLength(4);
});

it('[C7] what waits for a member that leaves is committed as soon as the smaller quorum holds it', () => {
  const before = raftState({
    term: term(2),
    leaderId: N1,
    log: logOf([1, 2, 2]),
    configuration: staticConfiguration([N1, N2, N3, N4]),
    matchIndex: { [N2]: index(3), [N3]: index(1), [N4]: index(1) },
    commitIndex: index(1),
  });
  expect(leaderCommitIndex(before)).toBe(1);
  const committed = (voters: readonly (typeof N1)[]) =>
    advanceCommit(before, { configuration: staticConfiguration(voters) });
  for (const voters of [[N1, N2, N3], [N1, N2], [N1]]) {
    expect(committed(voters)).toEqual({
      changes: { configuration: staticConfiguration(voters), commitIndex: 3 },
      effects: [{ type: 'commit', commitIndex: 3, term: 2 }],
    });
  }
});
