/** §6.4: reads without log writes see everything that was committed before they began. */
import { expect, it } from 'vitest';
import type { Effect, RoundConfirmed } from '../../src/core/effect.ts';
import { index, term } from '../../src/core/types.ts';
import { Reads } from '../../src/node/calls/reads.ts';
import { only } from '../machines/harness.ts';
import { MiniCluster } from './mini-cluster.ts';
import { emptyLogs, isA, N1, N2, N3 } from './names.ts';

function confirmedBy(cluster: MiniCluster): RoundConfirmed[] {
  const confirmed: RoundConfirmed[] = [];
  cluster.heard = (effect: Effect) => confirmed.push(...only([effect], 'roundConfirmed'));
  return confirmed;
}

function led(): MiniCluster {
  const cluster = new MiniCluster({ logs: emptyLogs(3) });
  cluster.elect(N1);
  cluster.elapse(100);
  return cluster;
}

it('[RD1] [F1] §6.4: a new leader answers no read before an entry of its own term is committed', () => {
  const cluster = new MiniCluster({ logs: { n1: [1, 1], n2: [1, 1], n3: [1, 1] } });
  const confirmed = confirmedBy(cluster);
  cluster.lose = isA('AppendEntriesReply');
  const leader = cluster.elect(N1);
  leader.tell({ type: 'round.requested' });
  expect(leader.hasTag('servesReads')).toBe(false);
  expect(leader.state.pendingRounds).toEqual([]);
  cluster.lose = () => false;
  cluster.elapse(60);
  expect(leader.hasTag('servesReads')).toBe(true);
  leader.tell({ type: 'round.requested' });
  cluster.settle();
  expect(confirmed).toEqual([{ type: 'roundConfirmed', round: 1, readIndex: 3 }]);
});

it('[RD2] §6.4: a read is confirmed by one exchange with a majority that begins after it', () => {
  const cluster = led();
  const confirmed = confirmedBy(cluster);
  cluster.member(N1).propose('a');
  cluster.settle();
  cluster.member(N1).tell({ type: 'round.requested' });
  cluster.drop(({ to }) => to === N3);
  expect(confirmed).toEqual([]);
  cluster.settle();
  expect(confirmed).toEqual([{ type: 'roundConfirmed', round: 1, readIndex: 2 }]);
});

it('[RD2] [F2] §6.4: a leader that was deposed without knowing it confirms no read', () => {
  const cluster = new MiniCluster({ logs: emptyLogs(3) });
  cluster.elect(N1);
  cluster.elapse(100);
  const confirmed = confirmedBy(cluster);
  cluster.partition([N1], [N2, N3]);
  cluster.favour(N2);
  cluster.elapseUntil(() => cluster.member(N2).leads, 1_000);
  cluster.member(N2).propose('newer');
  cluster.settle();
  expect(cluster.member(N1).leads).toBe(true);
  cluster.member(N1).tell({ type: 'round.requested' });
  cluster.settle();
  cluster.heal();
  cluster.elapse(1_000);
  expect(confirmed.filter(({ readIndex }) => readIndex < 3)).toEqual([]);
});

it('[RD2] [F3] §6.4: answers to an earlier exchange, however late, confirm no later read', () => {
  const cluster = led();
  const confirmed = confirmedBy(cluster);
  const leader = cluster.member(N1);
  leader.tell({ type: 'round.requested' });
  cluster.deliver(isA('AppendEntries'));
  const answers = [...cluster.network];
  cluster.drop();
  leader.tell({ type: 'round.requested' });
  cluster.drop();
  for (const envelope of [...answers, ...answers]) cluster.hand(envelope);
  expect(confirmed.map(({ round }) => round)).toEqual([1]);
  expect(leader.state.pendingRounds).toEqual([{ round: 2, readIndex: 1 }]);
  cluster.elapse(50);
  expect(confirmed.map(({ round }) => round)).toEqual([1, 2]);
});

it('[RD2] §6.4: what a member asked while it led before is no question of its present lead', () => {
  const cluster = led();
  const leader = cluster.member(N1);
  for (let round = 1; round <= 3; round += 1) leader.tell({ type: 'round.requested' });
  const late = cluster.network.filter(isA('AppendEntries'));
  cluster.settle();
  leader.tell({ type: 'term.observed', term: term(2) });
  cluster.elect(N1);
  cluster.elapse(100);
  const confirmed = confirmedBy(cluster);
  for (const envelope of late) cluster.hand(envelope);
  cluster.deliver(isA('AppendEntriesReply'));
  leader.tell({ type: 'round.requested' });
  expect(confirmed).toEqual([]);
  cluster.settle();
  expect(confirmed).toMatchObject([{ round: 1 }]);
});

it('[RD2] §6.4: whoever steps down forgets what it was about to confirm', () => {
  const cluster = led();
  const confirmed = confirmedBy(cluster);
  const leader = cluster.member(N1);
  leader.tell({ type: 'round.requested' });
  leader.tell({ type: 'term.observed', term: term(5) });
  cluster.settle();
  expect(confirmed).toEqual([]);
});

it('[RD3] [F6] §6.4: a confirmed read waits until everything up to its index is applied here', () => {
  const reads = new Reads(() => {});
  const answered: number[] = [];
  const read = {
    deadline: 100,
    isLocal: true,
    answered: (at: number) => answered.push(at),
    failed: () => {},
  };
  reads.add(read);
  reads.ask({ type: 'round', round: 4 }, 0);
  reads.roundConfirmed(3, index(15));
  reads.roundConfirmed(4, index(20));
  reads.applied(index(19));
  expect(answered).toEqual([]);
  reads.applied(index(20));
  expect(answered).toEqual([20]);
});

it('[RD3] [F7] §6.4: a read of another member gets the index at once, and waits over there', () => {
  const reads = new Reads(() => {});
  const answered: number[] = [];
  reads.add({
    deadline: 100,
    isLocal: false,
    answered: (at: number) => answered.push(at),
    failed: () => {},
  });
  reads.ask({ type: 'round', round: 1 }, 0);
  expect(answered).toEqual([]);
  reads.roundConfirmed(1, index(20));
  expect(answered).toEqual([20]);
});

it('[RD2] §6.4: a read that comes during an exchange waits for the next one', () => {
  const reads = new Reads(() => {});
  const answered: string[] = [];
  const read = (name: string) => ({
    deadline: 100,
    isLocal: false,
    answered: () => answered.push(name),
    failed: () => {},
  });
  reads.add(read('first'));
  reads.ask({ type: 'round', round: 1 }, 0);
  reads.add(read('second'));
  expect(reads.shouldAsk).toBe(false);
  reads.roundConfirmed(1, index(3));
  expect([answered, reads.shouldAsk]).toEqual([['first'], true]);
  reads.ask({ type: 'round', round: 2 }, 0);
  reads.roundConfirmed(2, index(3));
  expect(answered).toEqual(['first', 'second']);
});
