/**
 * Replication and commitment (families B and C of the known bugs), as far as no play and no rule tells of it:
 * repair, late messages, holes, pages, and disks that lag.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { index, term } from '../../src/core/types.ts';
import { LogTail } from '../../src/node/deeds/log-tail.ts';
import { acceptEntries } from '../../src/rules/log-matching.ts';
import { appendOf, runOf } from '../../src/testing/contracts/sample-messages.ts';
import {
  MiniCluster,
  ONE_ENTRY_A_MESSAGE,
  type Said,
} from '../../src/testing/mini-cluster/mini-cluster.ts';
import { runProblem } from '../../src/transport/check.ts';
import { append } from '../cluster/messages.ts';
import { led } from '../cluster/scenes.ts';
import { ledVirtually } from '../cluster/virtual-scene.ts';
import { logOf, N1, N2, N3, raftState } from '../machines/harness.ts';

const isRefusal = ({ message }: Said): boolean =>
  message.type === 'AppendEntriesReply' && !message.result.accepted;
const dataOf = (entries: readonly { readonly data: string }[]) => entries.map(({ data }) => data);

it('[B13] one entry for each message still repairs a long foreign tail without going over it entry by entry', async () => {
  const foreign = [...Array<number>(10).fill(1), ...Array<number>(60).fill(2)];
  const own = [...Array<number>(10).fill(1), ...Array<number>(30).fill(3)];
  const cluster = await MiniCluster.start({
    logs: { n1: own, n2: own, n3: foreign },
    terms: { n3: 3 },
    limits: ONE_ENTRY_A_MESSAGE,
  });
  await cluster.elect(N1);
  await cluster.settle();
  expect(cluster.member(N3).entries).toEqual(cluster.member(N1).entries);
  const toThird = cluster.said.filter(
    ({ message, to }) => to === N3 && message.type === 'AppendEntries',
  );
  const missing = 31;
  expect(toThird.filter(({ runs }) => runs.length > 0).length).toBeLessThanOrEqual(missing + 3);
  expect(cluster.said.filter(isRefusal).length).toBeLessThanOrEqual(2);
});

it('[B15] what is left of an earlier stream takes away nothing that a later one has committed', async () => {
  const cluster = await led();
  cluster.lose = ({ to }) => to === N3;
  cluster.member(N1).propose('a', 'b');
  await cluster.settle();
  cluster.lose = () => false;
  cluster.partition([N2, N3]);
  await cluster.elect(N2);
  cluster.member(N2).propose('c');
  await cluster.settle();
  await cluster.elapse(100);
  const { applied, entries } = cluster.member(N3);
  expect(dataOf(applied)).toContain('c');
  const earlier = cluster.said.filter(
    ({ message, to }) => to === N3 && message.type === 'AppendEntries',
  );
  const others = [
    append({ from: N1, to: N3 }, { of: 1, prev: [1, 1], terms: [1, 1, 1, 1] }),
    append({ from: N1, to: N3 }, { of: 1, prev: [0, 0], terms: [1] }),
  ];
  for (const each of [...others, ...earlier.toReversed(), ...earlier]) await cluster.bring(each);
  await cluster.settle();
  expect(cluster.member(N3).entries).toEqual(entries);
  expect(cluster.member(N3).disk.entries).toEqual(entries);
});

it('[B16] entries that were cut off while they waited for the disk never come back to it', async () => {
  for (const kept of [0, 1, 2]) {
    const cluster = await MiniCluster.start({
      logs: { n1: [1], n2: [1], n3: [1] },
      terms: { n1: 2 },
    });
    cluster.slowDisks.add(N1);
    await cluster.bring(append({ from: N2, to: N1 }, { of: 2, prev: [1, 1], terms: [2] }));
    await cluster.bring(append({ from: N2, to: N1 }, { of: 2, prev: [2, 2], terms: [2] }));
    await cluster.bring(append({ from: N3, to: N1 }, { of: 3, prev: [1, 1], terms: [3] }));
    await cluster.bring(append({ from: N3, to: N1 }, { of: 3, prev: [3, 2], terms: [3] }));
    for (let count = 0; count < kept; count += 1) cluster.member(N1).completeWrite();
    await cluster.crash(N1);
    expect(cluster.logs.n1).toBe(['1', '12', '133'][kept]);
    await cluster.start(N1);
    await cluster.elapse(50);
    await cluster.bring(append({ from: N3, to: N1 }, { of: 3, prev: [1, 1], terms: [3, 3] }));
    cluster.member(N1).completeWrite();
    expect(cluster.logs.n1).toBe('133');
  }
});

it('[B10] a batch with a hole is refused where it arrives, and again where it would be appended', () => {
  const [first, third] = [runOf({ firstIndex: 11 }), runOf({ firstIndex: 13 })];
  const message = appendOf(1, 13);
  expect(runProblem(message, first, { run: undefined, isLast: false })).toBeNull();
  expect(runProblem(message, third, { run: first, isLast: true })).toContain('gap');
  const log = logOf(Array<number>(10).fill(4));
  const state = raftState({ term: term(5), leaderId: N2, log });
  expect(() => acceptEntries(state, N2, message, [first, third])).toThrow('LR1');
});

it('[B10] whatever is asked for and however little fits, what is packed has no hole', () => {
  const counts = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 12 });
  const request = fc.record({ from: fc.nat(), more: fc.nat(60), bytesMax: fc.nat(400) });
  fc.assert(
    fc.property(counts, request, (lengths, { from, more, bytesMax }) => {
      const tail = new LogTail(1_000_000);
      let last = 0;
      for (const count of lengths) {
        tail.append([runOf({ firstIndex: last + 1, count })]);
        last += count;
      }
      const first = 1 + (from % last);
      const through = Math.min(last, first + more);
      const packed = tail.select({ from: index(first), through: index(through), bytesMax }) ?? [];
      expect(packed.length).toBeGreaterThan(0);
      let at = first;
      for (const { firstIndex, lastIndex } of packed) {
        expect(firstIndex).toBe(at);
        at = lastIndex + 1;
      }
      expect(at - 1).toBeLessThanOrEqual(through);
    }),
    { numRuns: 300 },
  );
});

it('[B17] entries that are applied page by page, with a restart between the pages, come once each and in order', async () => {
  const limits = { applyBytesMax: 1, runBytesMax: 1 };
  const { cluster, leader, others } = await ledVirtually({ limits });
  const follower = others[0].id;
  const commands = Array.from({ length: 30 }, (_, at) => `${at}`);
  const pending = commands.map((each) => cluster.submit(leader.id, each));
  await cluster.until('some pages', () => cluster.applied(follower).length > 3);
  await cluster.member(follower).node.close();
  await cluster.boot(follower);
  for (const outcome of await Promise.all(pending)) expect(outcome.type).toBe('applied');
  expect(await cluster.read(follower)).toBeNull();
  for (const id of cluster.members.keys()) {
    if (id !== follower) await cluster.read(id);
    expect(cluster.applied(id)).toEqual(commands);
  }
});

it('[C6] one that applied more than its disk held when it died starts again and catches up', async () => {
  const cluster = await led();
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
