/** The beginning of the log: what leaves it behind a snapshot, and what a leader makes of a peer that ends before it. */
import { expect, it } from 'vitest';
import { InvariantViolation } from '../../src/core/assert.ts';
import { foundingMembership } from '../../src/core/configuration.ts';
import type { LogShape } from '../../src/core/log-shape.ts';
import type { AppendRejected } from '../../src/core/message.ts';
import { compactThrough } from '../../src/core/term-runs.ts';
import { type EntryId, index, term } from '../../src/core/types.ts';
import { baseBehind, compactLog } from '../../src/rules/compaction.ts';
import { acceptEntries, refuseStaleEntries } from '../../src/rules/log-matching.ts';
import { backtrack, heartbeat, needsSnapshot, restart } from '../../src/rules/progress.ts';
import { logOf, N2, raftState, replicationState, THREE } from '../machines/harness.ts';

const entry = (ofTerm: number, at: number): EntryId => ({ term: term(ofTerm), index: index(at) });
const membersSince = (at: number) => foundingMembership(THREE, index(at));
const LOG = logOf([1, 1, 2, 2, 3, 3]);
const kept = (trailingEntries: number | null, from: number | null = null) => ({
  trailingEntries,
  from: from === null ? null : index(from),
});
const covered = (at: number, since = 0) => ({
  lastEntry: entry(3, at),
  membership: membersSince(since),
});

it('[LR19] so many entries stay behind a snapshot, and none goes that it does not hold', () => {
  const state = { log: LOG };
  expect(baseBehind(state, covered(6), kept(null))).toBeNull();
  expect(baseBehind(state, covered(6), kept(6))).toBeNull();
  expect(baseBehind(state, covered(6), kept(2))?.base).toEqual(entry(2, 4));
  expect(baseBehind(state, covered(6), kept(0))?.base).toEqual(entry(3, 6));
  expect(baseBehind(state, covered(5), kept(0))?.base).toEqual(entry(3, 5));
  expect(baseBehind({ log: compactThrough(LOG, entry(2, 4)) }, covered(6), kept(2))).toBeNull();
});

it('[LR19] of those that may stay none does that memory holds no more', () => {
  const state = { log: LOG };
  expect(baseBehind(state, covered(6), kept(4, 2))?.base).toEqual(entry(1, 2));
  expect(baseBehind(state, covered(6), kept(4, 6))?.base).toEqual(entry(3, 5));
  expect(baseBehind(state, covered(5), kept(4, 9))?.base).toEqual(entry(3, 5));
  expect(baseBehind(state, covered(6), kept(null, 6))).toBeNull();
});

it('[LR19] a log never begins where nobody knows any more who its members were', () => {
  expect(baseBehind({ log: LOG }, covered(6, 5), kept(4))).toEqual({
    base: entry(3, 5),
    membership: membersSince(5),
  });
});

it('[LR19] the entries go with one write, and what is not committed never does', () => {
  const state = raftState({ term: term(3), log: LOG, commitIndex: index(5) });
  const behind = { base: entry(2, 4), membership: membersSince(0) };
  const { changes, effects } = compactLog(state, behind);
  expect(changes.log).toEqual({
    base: entry(2, 4),
    lastIndex: 6,
    termRuns: [{ term: 3, firstIndex: 5 }],
  });
  expect(effects).toEqual([{ type: 'moveBase', operation: 'compactThrough', ...behind }]);
  expect(compactLog({ ...state, ...changes }, behind)).toEqual({ changes: {}, effects: [] });
  expect(() => compactLog({ ...state, commitIndex: index(3) }, behind)).toThrow(InvariantViolation);
});

it('[LR19] a follower takes entries of which it has compacted a part, and only what is new to it', () => {
  const log = compactThrough(LOG, entry(3, 6));
  const state = raftState({ term: term(3), log, commitIndex: index(6) });
  const request = {
    type: 'AppendEntries',
    term: term(3),
    prevLog: entry(1, 2),
    lastIndex: index(7),
    commitIndex: index(7),
    round: 1,
  } as const;
  const spans = [
    { term: term(2), firstIndex: index(3), lastIndex: index(4) },
    { term: term(3), firstIndex: index(5), lastIndex: index(7) },
  ];
  const { changes, effects } = acceptEntries(state, N2, request, spans);
  expect(changes).toMatchObject({ commitIndex: 7, log: { lastIndex: 7 } });
  expect(effects).toContainEqual({
    type: 'persist',
    hardState: null,
    truncateFrom: null,
    append: { source: 'received', firstIndex: 7, lastIndex: 7 },
  });
});

it('[PS3] [LR20] a deposed leader that asks about what was compacted is told the newer term, and no made-up hint', () => {
  const log = compactThrough(LOG, entry(3, 6));
  const state = raftState({ term: term(4), log, commitIndex: index(6) });
  const request = {
    type: 'AppendEntries',
    term: term(3),
    prevLog: entry(1, 2),
    lastIndex: index(2),
    commitIndex: index(2),
    round: 1,
  } as const;
  expect(refuseStaleEntries(state, N2, request).effects).toMatchObject([
    { message: { term: 4, prevIndex: 2, result: { accepted: false, hint: entry(0, 0) } } },
  ]);
});

/** The leader's log begins behind entry 4 of term 2. */
const COMPACTED: LogShape = compactThrough(LOG, entry(2, 4));

function rejected(hint: EntryId, lastIndex: number, matchIndex = 0) {
  const state = replicationState({
    baseIndex: index(4),
    matchIndex: index(matchIndex),
    nextIndex: index(7),
    lastIndex: index(6),
  });
  const rejection: AppendRejected = { accepted: false, lastIndex: index(lastIndex), hint };
  const { changes } = backtrack(state, { round: 0, rejection, log: COMPACTED });
  return { ...state, ...changes };
}

it('[LR20] [B6] a peer whose log ends before the base needs the snapshot, and no made-up entry', () => {
  const state = rejected(entry(1, 2), 2);
  expect(state.nextIndex).toBe(3);
  expect(needsSnapshot(state)).toBe(true);
  expect(needsSnapshot(rejected(entry(0, 0), 0))).toBe(true);
});

it('[LR20] a peer that holds something older in place of the base needs it as well', () => {
  expect(needsSnapshot(rejected(entry(1, 4), 6))).toBe(true);
  expect(needsSnapshot(rejected(entry(1, 6), 6))).toBe(true);
});

it('[LR20] a peer that may hold the base is asked for it first', () => {
  expect(rejected(entry(2, 4), 4)).toMatchObject({ nextIndex: 5 });
  expect(rejected(entry(2, 6), 6)).toMatchObject({ nextIndex: 5 });
  expect(rejected(entry(3, 5), 5)).toMatchObject({ nextIndex: 6 });
  expect(needsSnapshot(rejected(entry(2, 6), 6))).toBe(false);
});

it('[LR20] a heartbeat names an entry that the leader knows, and promises nothing by it', () => {
  const known = replicationState({ baseIndex: index(4), matchIndex: index(4) });
  expect(heartbeat(known).effects).toMatchObject([{ prevIndex: 4, throughIndex: 4 }]);
  const unknown = replicationState({ baseIndex: index(4), matchIndex: index(2) });
  expect(heartbeat(unknown).effects).toMatchObject([{ prevIndex: 0, throughIndex: 0 }]);
  expect(heartbeat(unknown).changes).toEqual({});
});

it('[LR12] [LR20] a lost connection to a peer of which nothing is known begins where it was asked last, or at the end of the log', () => {
  const known = replicationState({ baseIndex: index(4), lastIndex: index(6) });
  const nextAfter = (match: number, next: number): number | undefined =>
    restart({ ...known, matchIndex: index(match), nextIndex: index(next) }).changes.nextIndex;
  expect(nextAfter(4, 7)).toBe(5);
  expect(nextAfter(2, 4)).toBe(7);
  expect(nextAfter(2, 6)).toBe(6);
  expect(nextAfter(0, 5)).toBe(5);
});
