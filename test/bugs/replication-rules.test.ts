/**
 * Replication (family B of the known bugs), where a rule or a single chart shows it best: lookups of terms, old
 * answers, batches, quorums, pages. The others are in `replication.test.ts`.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { termAt } from '../../src/core/term-runs.ts';
import { index, type NodeId, term } from '../../src/core/types.ts';
import { LogTail } from '../../src/node/deeds/log-tail.ts';
import { acceptEntries } from '../../src/rules/log-matching.ts';
import { isQuorum, quorumIndex } from '../../src/rules/quorum.ts';
import { appendOf, runOf } from '../../src/testing/contracts/sample-messages.ts';
import { VirtualCluster } from '../../src/testing/virtual-cluster.ts';
import { runProblem } from '../../src/transport/check.ts';
import { logOf, N1, N2, raftState } from '../machines/harness.ts';
import { nodeIds } from '../paper/names.ts';
import { compacted } from '../rules/arbitraries.ts';
import { append } from './messages.ts';

const WAY = { from: N2, to: N1 };

it('[B5] entries from before the compacted part are skipped, even right after a restart with no commit known', () => {
  const log = compacted([1, 1, 1, 1, 1, 2, 2, 2, 2], 8);
  const state = raftState({ term: term(2), leaderId: N2, log, commitIndex: index(0) });
  const { message } = append(WAY, { of: 2, prev: [1, 5], terms: [2, 2, 2, 2] });
  const spans = [{ term: term(2), firstIndex: index(6), lastIndex: index(9) }];
  const { changes, effects } = acceptEntries(state, N2, message, spans);
  expect(changes.log).toEqual(log);
  expect(effects).toEqual([
    {
      type: 'send',
      to: N2,
      message: {
        type: 'AppendEntriesReply',
        term: 2,
        round: 0,
        prevIndex: 5,
        result: { accepted: true, matchIndex: 9 },
      },
    },
  ]);
});

it('[B6] the term of what is not there is no number, so that two that are missing never match', () => {
  const log = compacted([1, 1, 2, 2], 3);
  expect([1, 2, 3, 4, 5].map((at) => termAt(log, index(at)))).toEqual([null, null, 2, 2, null]);
  const state = raftState({ term: term(2), leaderId: N2, log: logOf([1]) });
  const { message } = append(WAY, { of: 2, prev: [0, 5] });
  expect(acceptEntries(state, N2, message, []).effects).toMatchObject([
    { message: { result: { accepted: false, lastIndex: 1 } } },
  ]);
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

it('[B11] what a quorum holds is what sorting and counting says, for every size up to seven and every pair of halves', () => {
  const names = nodeIds('a', 'b', 'c', 'd', 'e', 'f', 'g');
  const half = fc.uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 7 });
  const held = fc.array(fc.nat(9), { minLength: 7, maxLength: 7 });
  const old = fc.oneof(fc.constant([]), half);
  fc.assert(
    fc.property(half, old, held, (voters, votersOutgoing, indexes) => {
      const configuration = { voters, votersOutgoing, learners: [], learnersNext: [] };
      const heldBy = (name: NodeId) => index(indexes[names.indexOf(name)] ?? 0);
      const holders = (at: number) => names.filter((name) => heldBy(name) >= at);
      const halves = votersOutgoing.length === 0 ? [voters] : [voters, votersOutgoing];
      const hasMajority = (at: number) =>
        halves.every((all) => all.filter((name) => heldBy(name) >= at).length * 2 > all.length);
      const naive = [9, 8, 7, 6, 5, 4, 3, 2, 1, 0].find(hasMajority);
      expect(quorumIndex(configuration, heldBy)).toBe(naive);
      for (let at = 0; at < 10; at += 1) {
        expect(isQuorum(configuration, holders(at))).toBe(hasMajority(at));
      }
    }),
    { numRuns: 1_000 },
  );
});

it('[B17] entries that are applied page by page, with a restart between the pages, come once each and in order', async () => {
  const cluster = await VirtualCluster.start(3, { limits: { applyBytesMax: 1, runBytesMax: 1 } });
  const leader = await cluster.leader();
  const follower = [...cluster.members.keys()].find((id) => id !== leader.id) ?? '';
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
