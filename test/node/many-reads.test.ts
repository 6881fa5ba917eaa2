/** What very many reads cost that come at once, as in one frame of a client: each as much as if it were alone. */
import { expect, it } from 'vitest';
import { RaftError } from '../../src/core/errors.ts';
import { index, term } from '../../src/core/types.ts';
import { type PendingRead, PendingReads } from '../../src/node/requests/pending-reads.ts';
import { VirtualCluster } from '../../src/testing/virtual-cluster.ts';

/** If each looked through the others, or copied them, it would be ten thousand million steps: many seconds. */
const MANY = 100_000;
/** Far more than the same takes in one pass. */
const SOON_MS = 1_500;

/** Of the processor, in milliseconds, however busy the machine is. */
function spentBy(run: () => void): number {
  const before = process.cpuUsage();
  run();
  return process.cpuUsage(before).user / 1_000;
}

interface Told {
  answered: number;
  failed: number;
}

/** Whoever waits here is overdue from 1,000 ms on. */
function readOf(told: Told): PendingRead {
  return {
    ...{ deadline: 1_000, isLocal: true },
    answered: () => {
      told.answered += 1;
    },
    failed: () => {
      told.failed += 1;
    },
  };
}

const tooLate = new RaftError('RAFT_TIMED_OUT', 'too late');
const overdue = { through: 1_000, error: () => tooLate };

it('[SP13] reads that name what they need, confirmed one by one, do not copy each other', () => {
  const reads = new PendingReads();
  const told = { answered: 0, failed: 0 };
  const spent = spentBy(() => {
    for (let at = 1; at <= MANY; at += 1) reads.addConfirmed(readOf(told), index(at));
    reads.answer(index(MANY / 2));
    reads.expire(1_000, overdue);
  });
  expect(told).toEqual({ answered: MANY / 2, failed: MANY / 2 });
  expect(reads.count).toBe(0);
  expect(spent).toBeLessThan(SOON_MS);
});

it('[SP13] reads whose time is up are not looked for among those that still wait', () => {
  const reads = new PendingReads();
  const [asked, waiting] = [
    { answered: 0, failed: 0 },
    { answered: 0, failed: 0 },
  ];
  for (let at = 0; at < MANY; at += 1) reads.add(readOf(asked));
  reads.ask();
  for (let at = 0; at < MANY; at += 1) reads.add({ ...readOf(waiting), deadline: 2_000 });
  const spent = spentBy(() => reads.expire(1_000, overdue));
  expect([asked.failed, waiting.failed, reads.count]).toEqual([MANY, 0, MANY]);
  expect(spent).toBeLessThan(SOON_MS);
});

it('[SP13] [RD5] the chart hears of all reads of a tick at once, and none waits for one that needs more', async () => {
  const counts = { readable: 0 };
  const performing = (effect: string): void => {
    if (effect === 'readsReadable') counts.readable += 1;
  };
  const cluster = new VirtualCluster(1, {
    adapt: (own) => ({ ...own, instruments: { performing } }),
  });
  const { node } = await cluster.boot('n1');
  await cluster.leader();
  const { term: ownTerm, lastApplied } = node.status();
  counts.readable = 0;
  let answered = 0;
  for (let at = 0; at < 1_000; at += 1) {
    const atLeast = { term: term(ownTerm), index: index(lastApplied + (at % 2)) };
    node.awaitReadable({ timeoutMs: 60_000, atLeast }, (error) => {
      if (error === null) answered += 1;
    });
  }
  await cluster.pass(5);
  expect([answered, counts.readable]).toEqual([500, 1]);
  await cluster.submit('n1', 'a');
  await cluster.pass(5);
  expect([answered, counts.readable]).toEqual([1_000, 2]);
});
