/** What a follower does with an AppendEntries, held against an array of terms (§3.5). */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { AppendEntries } from '../../src/core/message.ts';
import type { RaftState } from '../../src/core/raft-state.ts';
import { index, term } from '../../src/core/types.ts';
import { acceptEntries, refuseStaleEntries } from '../../src/rules/log-matching.ts';
import { appended } from '../machines/effects.ts';
import { logOf, N2, N3, raftState } from '../machines/harness.ts';
import {
  commonLength,
  compacted,
  leaderAndFollower,
  spansBetween,
  type Terms,
} from './arbitraries.ts';

/** `(prev, last]` of a leader's log. */
function request(
  log: Terms,
  prev: number,
  last: number,
  more: Partial<AppendEntries> = {},
): AppendEntries {
  return {
    type: 'AppendEntries',
    term: term(9),
    prevLog: { term: term(log[prev - 1] ?? 0), index: index(prev) },
    lastIndex: index(last),
    commitIndex: index(0),
    round: 7,
    ...more,
  };
}

function follower(log: Terms, changes: Partial<RaftState> = {}): RaftState {
  return raftState({ term: term(9), leaderId: N2, log: logOf(log), ...changes });
}

function accept(
  state: RaftState,
  log: Terms,
  prev: number,
  last: number,
  more: Partial<AppendEntries> = {},
) {
  return acceptEntries(state, N2, request(log, prev, last, more), spansBetween(log, prev, last));
}

const replied = (prevIndex: number, result: object) => ({
  type: 'send',
  to: N2,
  message: { type: 'AppendEntriesReply', term: 9, round: 7, prevIndex, result },
});
const accepted = (prevIndex: number, matchIndex: number) =>
  replied(prevIndex, { accepted: true, matchIndex });
/** PS10: all of it is on disk. */
const proven = (prevIndex: number, matchIndex: number) => ({
  ...accepted(prevIndex, matchIndex),
  isProven: true,
});
const rejected = (prevIndex: number, lastIndex: number, hint: { term: number; index: number }) =>
  replied(prevIndex, { accepted: false, lastIndex, hint });

it('[LR2] entries are taken behind a previous one that is there with the same term, written, then acknowledged', () => {
  const step = accept(follower([1, 2]), [1, 2, 3, 4], 2, 4);
  expect(step).toEqual({
    changes: { leaderId: N2, log: logOf([1, 2, 3, 4]), commitIndex: 0, durableIndex: 2 },
    effects: [appended({ source: 'received', firstIndex: 3, lastIndex: 4 }), accepted(2, 4)],
  });
});

it('[LR2] a missing or different previous entry is refused: the log stays, the leader is heard', () => {
  expect(accept(follower([1, 2]), [1, 2, 3, 4], 3, 4)).toEqual({
    changes: { leaderId: N2 },
    effects: [rejected(3, 2, { term: 2, index: 2 })],
  });
  expect(accept(follower([1, 2, 2, 2]), [1, 1, 3, 4], 2, 4)).toEqual({
    changes: { leaderId: N2 },
    effects: [rejected(2, 4, { term: 1, index: 1 })],
  });
});

it('[LR2] [B6] a previous entry that neither side holds does not match, whatever its term', () => {
  const state = follower([1]);
  const step = acceptEntries(
    state,
    N2,
    { ...request([], 5, 5), prevLog: { term: term(0), index: index(5) } },
    [],
  );
  expect(step.effects).toEqual([rejected(5, 1, { term: 0, index: 0 })]);
});

it('[LR3] [B4] what conflicts is removed with everything behind it, in the write that replaces it', () => {
  expect(accept(follower([1, 1, 1, 2, 2]), [1, 1, 1, 3], 3, 4)).toEqual({
    changes: { leaderId: N2, log: logOf([1, 1, 1, 3]), commitIndex: 0, durableIndex: 3 },
    effects: [appended({ source: 'received', firstIndex: 4, lastIndex: 4 }, 4), accepted(3, 4)],
  });
});

it('[LR3] [B5] entries below what was compacted are skipped, and nothing is removed', () => {
  const log = [1, 1, 1, 1, 2, 2, 2, 2, 2];
  const state = { ...follower(log), log: compacted(log, 8) };
  const step = acceptEntries(state, N2, request(log, 5, 9), spansBetween(log, 5, 9));
  expect(step.changes.log).toEqual(compacted(log, 8));
  expect(step.effects).toEqual([proven(5, 9)]);
  const longer = [...log, 3];
  const more = acceptEntries(state, N2, request(longer, 5, 10), spansBetween(longer, 5, 10));
  expect(more.changes.log).toEqual(compacted(longer, 8));
});

it('[LR6] a committed entry is never removed: the node would rather halt', () => {
  const state = follower([1, 1, 2], { commitIndex: index(3) });
  expect(() => accept(state, [1, 1, 3], 2, 3)).toThrow('LR6: a committed entry is never removed');
});

it('[EL11] a second leader in one term is not believed: the node would rather halt', () => {
  const message = request([], 0, 0);
  expect(() => acceptEntries(follower([]), N3, message, [])).toThrow(
    'EL11: a term has at most one leader',
  );
  const late = { ...message, term: term(8) };
  expect(() => acceptEntries(follower([]), N2, late, [])).toThrow(
    'EL2: terms are equal once a newer one was observed',
  );
});

it('[CM3] [C2] a follower commits no more than the message at hand has proven to match', () => {
  const step = accept(follower([1, 1, 1, 1]), [1, 1, 1, 2, 2], 3, 3, { commitIndex: index(5) });
  expect(step.changes).toMatchObject({ commitIndex: 3, log: logOf([1, 1, 1, 1]) });
  expect(step.effects).toEqual([proven(3, 3), { type: 'commit', commitIndex: 3, term: 9 }]);
});

it('[PS5] [B9] what is replaced no longer counts as durable, although the disk still has it', () => {
  const step = accept(follower([1, 1, 1, 1], { durableIndex: index(4) }), [1, 1, 2], 2, 3);
  expect(step.changes.durableIndex).toBe(2);
  const behind = accept(follower([1, 1, 1, 1], { durableIndex: index(1) }), [1, 1, 2], 2, 3);
  expect(behind.changes.durableIndex).toBe(1);
});

it('[PS5] a message without news takes nothing back from what is durable', () => {
  const log = [1, 1, 1, 1];
  expect(accept(follower(log, { durableIndex: index(4) }), log, 1, 1).changes.durableIndex).toBe(4);
  expect(accept(follower(log, { durableIndex: index(3) }), log, 1, 2).changes.durableIndex).toBe(3);
  expect(
    accept(follower(log, { durableIndex: index(3) }), [...log, 1], 4, 5).changes.durableIndex,
  ).toBe(3);
});

it('[PS3] [RD2] [A18] a deposed leader is told the newer term, no round, and nothing else happens', () => {
  const state = follower([1, 2], { leaderId: N3 });
  const { message, ...send } = rejected(3, 2, { term: 2, index: 2 });
  expect(refuseStaleEntries(state, N2, { ...request([1, 2, 3], 3, 3), term: term(4) })).toEqual({
    changes: {},
    effects: [{ ...send, message: { ...message, round: 0 } }],
  });
});

it('[LR3] [B2] [CM3] [PS10] any messages of one leader, late, repeated or overlapping, leave what an array of terms would hold', () => {
  const sent = fc.record({ prev: fc.nat(), more: fc.nat(), commit: fc.nat() });
  const cuts = fc.array(fc.boolean(), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(
      leaderAndFollower,
      fc.array(sent, { maxLength: 8 }),
      cuts,
      ({ leader, follower: held }, messages, cut) => {
        const common = commonLength(leader, held);
        let naive = held;
        let state = follower(held, { commitIndex: index(0) });
        for (const { prev: at, more, commit } of messages) {
          const prev = at % (leader.length + 1);
          const last = prev + (more % (leader.length - prev + 1));
          const message = request(leader, prev, last, {
            commitIndex: index(commit % (leader.length + 1)),
          });
          const before = state;
          const step = acceptEntries(state, N2, message, spansBetween(leader, prev, last, cut));
          state = { ...state, ...step.changes };
          const isMatch = prev === 0 || naive[prev - 1] === leader[prev - 1];
          if (isMatch && commonLength(naive, leader) < Math.min(last, naive.length))
            naive = leader.slice(0, last);
          else if (isMatch && naive.length < last) naive = leader.slice(0, last);
          expect(state.log).toEqual(logOf(naive));
          expect(state.commitIndex).toBeGreaterThanOrEqual(before.commitIndex);
          expect(state.commitIndex).toBeLessThanOrEqual(commonLength(naive, leader));
          if (before.log.lastIndex <= common)
            expect(state.log.lastIndex).toBeGreaterThanOrEqual(before.log.lastIndex);
          const answer = state.durableIndex < last ? accepted(prev, last) : proven(prev, last);
          const isAccepted = step.effects.some(
            (each) => JSON.stringify(each) === JSON.stringify(answer),
          );
          expect(isAccepted).toBe(isMatch);
        }
      },
    ),
    { numRuns: 2_000 },
  );
});
