/** §6.4, as far as no play tells of it: reads without log writes see everything that was committed before they began. */
import { expect, it } from 'vitest';
import { index } from '../../src/core/types.ts';
import { type PendingRead, PendingReads } from '../../src/node/requests/pending-reads.ts';
import type { MiniCluster } from '../../src/testing/mini-cluster/mini-cluster.ts';
import { inTerm, isA } from '../cluster/messages.ts';
import { led } from '../cluster/scenes.ts';
import { N1, N2 } from '../machines/harness.ts';

/** A client asks `n1`; what is applied there when it is answered goes to `served`. */
function ask(cluster: MiniCluster, served: number[]): void {
  const member = cluster.member(N1);
  member.read(() => served.push(member.lastApplied));
}

it('[RD2] §6.4: what a member asked while it led before is no question of its present lead', async () => {
  const served: number[] = [];
  const cluster = await led();
  for (let round = 1; round <= 3; round += 1) {
    ask(cluster, served);
    await cluster.settle();
  }
  const late = cluster.said.filter(isA('AppendEntries'));
  await cluster.bring(inTerm(N2, N1, 2));
  await cluster.elect(N1);
  await cluster.elapse(100);
  for (const envelope of late) await cluster.bring(envelope);
  await cluster.deliver(isA('AppendEntriesReply'));
  served.length = 0;
  ask(cluster, served);
  expect(served).toEqual([]);
  expect(cluster.member(N1).state.pendingRounds).toEqual([{ round: 1, readIndex: 2 }]);
  await cluster.settle();
  expect(served).toEqual([2]);
});

it('[RD2] §6.4: whoever steps down forgets what it was about to confirm', async () => {
  const served: number[] = [];
  const cluster = await led();
  ask(cluster, served);
  await cluster.deliver(isA('AppendEntries'));
  const answers = [...cluster.network];
  cluster.drop();
  await cluster.bring(inTerm(N2, N1, 5));
  for (const envelope of answers) await cluster.bring(envelope);
  await cluster.settle();
  expect(served).toEqual([]);
});

function pending(answered: string[]): (name: string, isLocal?: boolean) => PendingRead {
  return (name, isLocal = false) => ({
    deadline: 100,
    isLocal,
    answered: (at) => answered.push(`${name} ${at}`),
    failed: () => {},
  });
}

it('[RD3] [F6] [F7] §6.4: a confirmed read waits until its index is applied: here, or where it came from', () => {
  const reads = new PendingReads();
  const answered: string[] = [];
  const read = pending(answered);
  reads.add(read('own', true));
  reads.add(read('other'));
  reads.ask();
  expect(answered).toEqual([]);
  reads.confirm(index(20));
  expect(answered).toEqual(['other 20']);
  reads.answer(index(19));
  expect(answered).toEqual(['other 20']);
  reads.answer(index(20));
  expect([answered, reads.count]).toEqual([['other 20', 'own 20'], 0]);
});

it('[RD2] §6.4: a read that comes during an exchange waits for the next one', () => {
  const reads = new PendingReads();
  const answered: string[] = [];
  const read = pending(answered);
  reads.add(read('first'));
  reads.ask();
  reads.add(read('second'));
  expect(reads.isWaiting).toBe(true);
  reads.confirm(index(3));
  expect([answered, reads.isWaiting]).toEqual([['first 3'], true]);
  reads.ask();
  reads.confirm(index(4));
  expect(answered).toEqual(['first 3', 'second 4']);
});
