/** The numbers and names that Raft is made of, at their borders. */

import { expect, it } from 'vitest';
import { InvariantViolation, unreachable } from '../../src/core/assert.ts';
import { isVoter, members, staticConfiguration } from '../../src/core/configuration.ts';
import { isSameHardState } from '../../src/core/hard-state.ts';
import { COUNTER_MAX } from '../../src/core/limits.ts';
import {
  advance,
  greater,
  index,
  isNodeId,
  lesser,
  nextIndex,
  nextTerm,
  nodeId,
  previousIndex,
  term,
} from '../../src/core/types.ts';

const [A, B, C, D] = ['a', 'b', 'c', 'd'].map(nodeId) as [never, never, never, never];

it('[TR4] [A19] no number but a whole one within bounds becomes a term or an index', () => {
  for (const wrong of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, COUNTER_MAX + 1]) {
    expect(() => term(wrong)).toThrow(RangeError);
    expect(() => index(wrong)).toThrow(RangeError);
  }
  expect([term(0), term(COUNTER_MAX), index(7)]).toEqual([0, COUNTER_MAX, 7]);
});

it('[TR4] [A19] counting past the bounds is refused as well, so that one more is always more', () => {
  expect(() => nextTerm(term(COUNTER_MAX))).toThrow(RangeError);
  expect(() => nextIndex(index(COUNTER_MAX))).toThrow(RangeError);
  expect(() => previousIndex(index(0))).toThrow(RangeError);
  expect(() => advance(index(3), -4)).toThrow(RangeError);
  expect([
    nextTerm(term(1)),
    nextIndex(index(1)),
    previousIndex(index(1)),
    advance(index(3), 4),
  ]).toEqual([2, 2, 0, 7]);
  expect([lesser(index(1), index(2)), greater(index(1), index(2))]).toEqual([1, 2]);
});

it('[TR4] a name is short and harmless in a file name, a URL and a log line', () => {
  const good = ['n1', 'Node-1.example_2', 'a'.repeat(64)];
  const bad = ['', '-n1', '.n1', 'n 1', 'n/1', 'ü', 'a'.repeat(65), 'n1\n', 7, null, undefined];
  expect(good.filter(isNodeId)).toEqual(good);
  expect(bad.filter(isNodeId)).toEqual([]);
  expect(() => nodeId('n/1')).toThrow('not a node id: "n/1"');
});

it('[EL5] a static configuration is sorted and names everyone once', () => {
  const configuration = staticConfiguration([C, A, B, A]);
  expect(configuration).toEqual({
    voters: [A, B, C],
    votersOutgoing: [],
    learners: [],
    learnersNext: [],
  });
  expect(
    members({ ...configuration, votersOutgoing: [D, A], learners: [C], learnersNext: [D] }),
  ).toEqual([A, B, C, D]);
});

it('[EL5] a voter of either half is a voter, a learner is not', () => {
  const configuration = { voters: [A], votersOutgoing: [B], learners: [C], learnersNext: [B] };
  expect([A, B, C, D].map((id) => isVoter(configuration, id))).toEqual([true, true, false, false]);
});

it('[PS1] hard states are the same only if term and vote are', () => {
  const state = { term: term(2), votedFor: A };
  expect(isSameHardState(state, { ...state })).toBe(true);
  expect(isSameHardState(state, { ...state, term: term(3) })).toBe(false);
  expect(isSameHardState(state, { ...state, votedFor: null })).toBe(false);
});

it('[PS7] a forgotten case is a broken rule and carries its code', () => {
  const forgotten = { type: 'new' } as never;
  expect(() => unreachable(forgotten)).toThrow(InvariantViolation);
  expect(new InvariantViolation('EL3: so').code).toBe('RAFT_INVARIANT_VIOLATED');
});
