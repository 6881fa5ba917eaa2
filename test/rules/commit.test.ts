/** When an entry is committed, and what a leader may promise a reader (§3.6.2, §6.4). */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { RaftState } from '../../src/core/raft-state.ts';
import { index, term } from '../../src/core/types.ts';
import * as commit from '../../src/rules/commit.ts';
import { logOf, N1, N2, N3, N4, raftState, THREE } from '../machines/harness.ts';
import { terms } from './arbitraries.ts';

/** A leader of `of`, whose own disk holds all of its log unless `changes` say otherwise. */
function leader(
  of: number,
  log: readonly number[],
  held: readonly [number, number],
  changes: Partial<RaftState> = {},
): RaftState {
  const matchIndex = { [N2]: index(held[0]), [N3]: index(held[1]) };
  return raftState({
    term: term(of),
    votedFor: N1,
    leaderId: N1,
    log: logOf(log),
    matchIndex,
    ...changes,
  });
}

it('[CM1] an entry of the own term is committed once a quorum holds it, and everything before it with it', () => {
  expect(commit.leaderCommitIndex(leader(2, [1, 1, 2], [3, 0]))).toBe(3);
  expect(commit.leaderCommitIndex(leader(2, [1, 1, 2], [0, 0]))).toBe(0);
});

it('[CM1] [C1] an entry of an older term is not committed by counting, whoever holds it', () => {
  expect(commit.leaderCommitIndex(leader(4, [1, 2, 4], [2, 2], { commitIndex: index(1) }))).toBe(1);
  expect(commit.leaderCommitIndex(leader(4, [1, 2, 4], [3, 2], { commitIndex: index(1) }))).toBe(3);
});

it('[CM1] [C3] the count goes past entries of older terms to one of the own', () => {
  expect(commit.leaderCommitIndex(leader(2, [1, 2], [2, 2]))).toBe(2);
});

it('[PS4] [C4] a leader counts itself only for what its own disk holds', () => {
  expect(commit.leaderCommitIndex(leader(2, [1, 2], [2, 0], { durableIndex: index(1) }))).toBe(0);
  expect(commit.leaderCommitIndex(leader(2, [1, 2], [2, 2], { durableIndex: index(0) }))).toBe(2);
});

it('[CM2] no quorum commits what the log does not hold', () => {
  const beyond = leader(2, [1, 2], [3, 3]);
  expect(() => commit.leaderCommitIndex(beyond)).toThrow(
    'CM2: commitIndex never passes the end of the log',
  );
});

it('[CM2] a commit index never falls, whatever is reported', () => {
  expect(commit.leaderCommitIndex(leader(2, [1, 2, 2], [1, 1], { commitIndex: index(3) }))).toBe(3);
});

it('[CM1] a commit is announced, and only if there is one', () => {
  const state = leader(2, [1, 2], [0, 0]);
  expect(commit.advanceCommit(state, { matchIndex: { [N2]: index(2), [N3]: index(0) } })).toEqual({
    changes: { matchIndex: { [N2]: 2, [N3]: 0 }, commitIndex: 2 },
    effects: [{ type: 'commit', commitIndex: 2, term: 2 }],
  });
  expect(commit.advanceCommit(state, { durableIndex: index(2) })).toEqual({
    changes: { durableIndex: 2 },
    effects: [],
  });
});

it('[CM1] [C7] when a quorum shrinks, what it already holds is committed at once', () => {
  const state = leader(2, [1, 2], [0, 0]);
  const configuration = { ...THREE, voters: [N1] };
  expect(commit.advanceCommit(state, { configuration }).changes.commitIndex).toBe(2);
});

it('[CM1] while joint both halves have to hold it', () => {
  const configuration = { ...THREE, votersOutgoing: [N1, N4] };
  const held = { [N2]: index(2), [N3]: index(2), [N4]: index(0) };
  const state = leader(2, [1, 2], [0, 0], { configuration, matchIndex: held });
  expect(commit.leaderCommitIndex(state)).toBe(0);
  expect(commit.leaderCommitIndex({ ...state, matchIndex: { ...held, [N4]: index(2) } })).toBe(2);
});

it('[CM1] what a leader commits is held by a majority and of its own term, for any state of its peers', () => {
  fc.assert(
    fc.property(terms, fc.array(fc.nat(), { minLength: 4, maxLength: 4 }), (log, held) => {
      const own = log.at(-1) ?? 1;
      const [mine = 0, second = 0, third = 0, known = 0] = held.map(
        (each) => each % (log.length + 1),
      );
      const changes = { durableIndex: index(mine), commitIndex: index(known) };
      const committed = commit.leaderCommitIndex(leader(own, log, [second, third], changes));
      const isHeld = [mine, second, third].filter((each) => each >= committed).length >= 2;
      return committed === known || (committed > known && isHeld && log[committed - 1] === own);
    }),
    { numRuns: 2_000 },
  );
});

it('[PS5] [B9] a write that completes late counts only if the log still holds that very entry', () => {
  const state = raftState({ term: term(3), log: logOf([1, 1, 3]), durableIndex: index(1) });
  const after = (of: number, at: number) =>
    commit.durableIndexAfter(state, { term: term(of), index: index(at) });
  expect(after(3, 3)).toBe(3);
  expect(after(2, 3)).toBe(1);
  expect(after(1, 4)).toBe(1);
  expect(after(1, 1)).toBe(1);
  expect(
    commit.durableIndexAfter(
      { ...state, durableIndex: index(3) },
      { term: term(1), index: index(2) },
    ),
  ).toBe(3);
  expect(commit.noteDurable(state, { term: term(3), index: index(3) })).toEqual({
    changes: { durableIndex: 3 },
    effects: [],
  });
});

it('[RD2] a round is confirmed once a quorum, the leader included, has echoed it or a later one', () => {
  const pendingRounds = [3, 4, 5].map((round) => ({ round, readIndex: index(round) }));
  const state = leader(2, [2], [0, 0], { pendingRounds, round: 5 });
  expect(commit.confirmRounds(state)).toEqual({ changes: {}, effects: [] });
  expect(commit.confirmRounds({ ...state, roundEchoed: { [N4]: 9 } })).toEqual({
    changes: {},
    effects: [],
  });
  expect(commit.confirmRounds({ ...state, roundEchoed: { [N2]: 4 } })).toEqual({
    changes: { pendingRounds: [{ round: 5, readIndex: 5 }] },
    effects: [
      { type: 'roundConfirmed', round: 3, readIndex: 3 },
      { type: 'roundConfirmed', round: 4, readIndex: 4 },
    ],
  });
});

it('[RD2] while joint a round needs an answer from a majority of both halves', () => {
  const configuration = { ...THREE, votersOutgoing: [N1, N4] };
  const pendingRounds = [{ round: 1, readIndex: index(1) }];
  const state = leader(2, [2], [0, 0], { configuration, pendingRounds, round: 1 });
  expect(commit.confirmRounds({ ...state, roundEchoed: { [N2]: 1, [N3]: 1 } }).effects).toEqual([]);
  expect(commit.confirmRounds({ ...state, roundEchoed: { [N2]: 1, [N4]: 1 } }).effects).toEqual([
    { type: 'roundConfirmed', round: 1, readIndex: 1 },
  ]);
});
