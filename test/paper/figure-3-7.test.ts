/**
 * Figure 3.7 (Figure 8 of the paper): an entry of an older term can lie on a majority and still be lost, so
 * counting replicas commits entries of the leader's own term only (§3.6.2).
 */
import { expect, it } from 'vitest';
import type { Envelope } from '../machines/member.ts';
import { MiniCluster } from './mini-cluster.ts';
import { N1, N2, N3, N4, N5 } from './names.ts';

const ONE_ENTRY_A_MESSAGE = { messageBytesMax: 1, inflightMessagesMax: 8, inflightBytesMax: 8 };

/** Entries to anyone but `to` get lost, and so do those that would bring a log past `last`. */
function onlyThrough(cluster: MiniCluster, last: number, to: readonly string[]) {
  return ({ message, to: receiver }: Envelope): boolean => {
    if (message.type !== 'AppendEntries') return false;
    const isNext = cluster.members.get(receiver)?.entries.length === last;
    return !to.includes(receiver) || (isNext && message.lastIndex > last);
  };
}

/** Steps (a) to (c): the entry of term 2 is on four of five, its leader of term 2 leads again in term 4. */
function untilOnMajority(): MiniCluster {
  const cluster = new MiniCluster({
    logs: { n1: [1], n2: [1], n3: [1], n4: [1], n5: [1] },
    limits: ONE_ENTRY_A_MESSAGE,
  });
  cluster.lose = onlyThrough(cluster, 2, [N2]);
  cluster.elect(N1);
  expect(cluster.logs).toEqual({ n1: '12', n2: '12', n3: '1', n4: '1', n5: '1' });
  cluster.crash(N1);

  cluster.lose = onlyThrough(cluster, 0, []);
  cluster.elect(N5);
  expect(cluster.logs).toEqual({ n1: '12', n2: '12', n3: '1', n4: '1', n5: '13' });
  cluster.crash(N5);

  cluster.start(N1);
  cluster.lose = onlyThrough(cluster, 2, [N3, N4]);
  cluster.elect(N1);
  cluster.elapse(100);
  expect(cluster.logs).toEqual({ n1: '124', n2: '12', n3: '12', n4: '12', n5: '13' });
  return cluster;
}

it('[CM1] [C1] §3.6.2, Figure 3.7 (c): an entry of an older term is not committed although a majority holds it', () => {
  const cluster = untilOnMajority();
  const { matchIndex, commitIndex, durableIndex } = cluster.member(N1).state;
  expect([durableIndex, matchIndex[N3], matchIndex[N4]]).toEqual([3, 2, 2]);
  expect(commitIndex).toBe(0);
  expect(cluster.up.flatMap((member) => member.applied)).toEqual([]);
});

it('[CM1] [C1] §3.6.2, Figure 3.7 (d): for it may still be overwritten by a leader that never saw it', () => {
  const cluster = untilOnMajority();
  cluster.crash(N1);
  cluster.start(N5);
  cluster.lose = () => false;
  cluster.elect(N5);
  cluster.elapse(100);
  expect(cluster.logs).toEqual({ n1: '124', n2: '135', n3: '135', n4: '135', n5: '135' });
  cluster.start(N1);
  cluster.elapse(100);
  expect(cluster.logs.n1).toBe('135');
  expect(cluster.history.committed.map((entry) => entry.term)).toEqual([1, 3, 5]);
});

it('[CM1] [C1] §3.6.2, Figure 3.7 (e): an entry of the own term on a majority commits the older one with it', () => {
  const cluster = untilOnMajority();
  cluster.lose = onlyThrough(cluster, 3, [N3, N4]);
  for (const peer of [N3, N4]) cluster.reconnect(N1, peer);
  cluster.elapse(100);
  expect(cluster.member(N1).state.commitIndex).toBe(3);
  cluster.crash(N1);
  cluster.start(N5);
  cluster.lose = () => false;
  expect(() => cluster.elect(N5)).toThrow('it came about within');
  cluster.elapse(2_000);
  expect(cluster.leader?.id).not.toBe(N5);
  expect(cluster.logs.n5).toMatch(/^124/);
});
