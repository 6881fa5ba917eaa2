/**
 * Figure 3.7 (Figure 8 of the paper): an entry of an older term can lie on a majority and still be lost, so
 * counting replicas commits entries of the leader's own term only (§3.6.2).
 */
import { expect, it } from 'vitest';
import type { Said } from '../cluster/mini-cluster.ts';
import { MiniCluster, ONE_ENTRY_A_MESSAGE } from '../cluster/mini-cluster.ts';
import { N1, N2, N3, N4, N5 } from './names.ts';

/** Entries to anyone but `to` get lost, and so do those that would bring a log past `last`. */
function onlyThrough(cluster: MiniCluster, last: number, to: readonly string[]) {
  return ({ message, to: receiver }: Said): boolean => {
    if (message.type !== 'AppendEntries') return false;
    const isNext = cluster.members.get(receiver)?.entries.length === last;
    return !to.includes(receiver) || (isNext && message.lastIndex > last);
  };
}

/** Steps (a) to (c): the entry of term 2 is on four of five, its leader of term 2 leads again in term 4. */
async function untilOnMajority(): Promise<MiniCluster> {
  const cluster = await MiniCluster.start({
    logs: { n1: [1], n2: [1], n3: [1], n4: [1], n5: [1] },
    limits: ONE_ENTRY_A_MESSAGE,
  });
  cluster.lose = onlyThrough(cluster, 2, [N2]);
  await cluster.elect(N1);
  expect(cluster.logs).toEqual({ n1: '12', n2: '12', n3: '1', n4: '1', n5: '1' });
  await cluster.crash(N1);

  cluster.lose = onlyThrough(cluster, 0, []);
  await cluster.elect(N5);
  expect(cluster.logs).toEqual({ n1: '12', n2: '12', n3: '1', n4: '1', n5: '13' });
  await cluster.crash(N5);

  await cluster.start(N1);
  cluster.lose = onlyThrough(cluster, 2, [N3, N4]);
  await cluster.elect(N1);
  await cluster.elapse(100);
  expect(cluster.logs).toEqual({ n1: '124', n2: '12', n3: '12', n4: '12', n5: '13' });
  return cluster;
}

it('[CM1] [C1] §3.6.2, Figure 3.7 (c): an entry of an older term is not committed although a majority holds it', async () => {
  const cluster = await untilOnMajority();
  const { matchIndex, commitIndex, durableIndex } = cluster.member(N1).state;
  expect([durableIndex, matchIndex[N3], matchIndex[N4]]).toEqual([3, 2, 2]);
  expect(commitIndex).toBe(0);
  expect(cluster.up.flatMap((member) => member.applied)).toEqual([]);
});

it('[CM1] [C1] §3.6.2, Figure 3.7 (d): for it may still be overwritten by a leader that never saw it', async () => {
  const cluster = await untilOnMajority();
  await cluster.crash(N1);
  await cluster.start(N5);
  cluster.lose = () => false;
  await cluster.elect(N5);
  await cluster.elapse(100);
  expect(cluster.logs).toEqual({ n1: '124', n2: '135', n3: '135', n4: '135', n5: '135' });
  await cluster.start(N1);
  await cluster.elapse(100);
  expect(cluster.logs.n1).toBe('135');
  expect(cluster.committed.map((entry) => entry.term)).toEqual([1, 3, 5]);
});

it('[CM1] [C1] §3.6.2, Figure 3.7 (e): an entry of the own term on a majority commits the older one with it', async () => {
  const cluster = await untilOnMajority();
  cluster.lose = onlyThrough(cluster, 3, [N3, N4]);
  for (const peer of [N3, N4]) {
    await cluster.reconnect(N1, peer);
    await cluster.elapse(60);
  }
  expect(cluster.member(N1).state.commitIndex).toBe(3);
  await cluster.crash(N1);
  await cluster.start(N5);
  cluster.lose = () => false;
  await expect(cluster.elect(N5)).rejects.toThrow('it came about within');
  await cluster.elapse(2_000);
  expect(cluster.leader?.id).not.toBe(N5);
  expect(cluster.logs.n5).toMatch(/^124/);
});
