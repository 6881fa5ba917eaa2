/** Which configuration counts: from its append, gone with its truncation, and nothing kept that is needed no more. */
import { expect, it } from 'vitest';
import {
  type Configuration,
  foundingMembership,
  staticConfiguration,
} from '../../src/core/configuration.ts';
import type { RaftState } from '../../src/core/raft-state.ts';
import { index, term } from '../../src/core/types.ts';
import { advanceCommit } from '../../src/rules/commit.ts';
import { configurationIndex, everyone, isElectable } from '../../src/rules/configurations.ts';
import { peersOf } from '../../src/rules/leadership.ts';
import { acceptEntries } from '../../src/rules/log-matching.ts';
import { logOf, N1, N2, N3, N4, N5, raftState, THREE } from '../machines/harness.ts';

const at = (place: number, configuration: Configuration) =>
  foundingMembership(configuration, index(place));
const WITHOUT_N1 = staticConfiguration([N2, N3]);
const JOINT = { ...WITHOUT_N1, votersOutgoing: [N1, N2, N3] };

/** A follower `n1` with entries of term 2 up to 5, of which the fourth is joint and the fifth leaves it behind. */
function follower(changes: Partial<RaftState> = {}): RaftState {
  return raftState({
    term: term(3),
    log: logOf([1, 2, 2, 2, 2]),
    commitIndex: index(2),
    configuration: WITHOUT_N1,
    configurations: [at(0, THREE), at(4, JOINT), at(5, WITHOUT_N1)],
    ...changes,
  });
}

/** It hears the leader of term 3: entries of `terms` behind `prev`, the last of them this configuration if there is one. */
function hear(
  state: RaftState,
  prev: number,
  terms: readonly number[],
  configuration?: Configuration,
): RaftState {
  const spans = terms.map((of, offset) => {
    const place = index(prev + 1 + offset);
    const span = { term: term(of), firstIndex: place, lastIndex: place };
    const isLast = offset === terms.length - 1;
    if (!isLast || configuration === undefined) return span;
    return { ...span, membership: { configuration, addresses: {}, removed: [] } };
  });
  const prevTerm =
    prev === 0 ? 0 : (state.log.termRuns.findLast((run) => run.firstIndex <= prev)?.term ?? 0);
  const message = {
    type: 'AppendEntries',
    term: term(3),
    prevLog: { term: term(prevTerm), index: index(prev) },
    lastIndex: index(prev + terms.length),
    commitIndex: state.commitIndex,
    round: 0,
  } as const;
  return { ...state, ...acceptEntries(state, N3, message, spans).changes };
}

it('[MC1] a configuration counts from its append, committed or not', () => {
  const before = follower({
    configuration: THREE,
    configurations: [at(0, THREE)],
    log: logOf([1, 2]),
  });
  const after = hear(before, 2, [3, 3], JOINT);
  expect(after.configuration).toEqual(JOINT);
  expect(after.configurations).toEqual([at(0, THREE), at(4, JOINT)]);
  expect(configurationIndex(after)).toBe(4);
});

it('[MC1] [D2] a configuration that is truncated counts no more, and the one before it does again', () => {
  const shorter = hear(follower(), 4, [3]);
  expect(shorter.configuration).toEqual(JOINT);
  const none = hear(follower(), 3, [3, 3]);
  expect([none.configuration, none.configurations]).toEqual([THREE, [at(0, THREE)]]);
  const other = hear(follower(), 2, [3, 3], { ...THREE, learners: [N4] });
  expect(other.configurations).toEqual([at(0, THREE), at(4, { ...THREE, learners: [N4] })]);
});

it('[MC1] [B2] a late or repeated message takes no configuration back', () => {
  const state = follower();
  expect(hear(state, 2, [2]).configurations).toBe(state.configurations);
  expect(hear(state, 3, []).configurations).toBe(state.configurations);
  expect(hear(state, 3, [2], JOINT).configurations).toBe(state.configurations);
});

it('[MC1] what lies before the newest committed configuration is forgotten, by followers and leaders alike', () => {
  const told = (commitIndex: number) => {
    const heard = hear(follower({ commitIndex: index(commitIndex) }), 5, [3]);
    return heard.configurations.map(({ index: place }) => place);
  };
  expect([told(3), told(4), told(5)]).toEqual([[0, 4, 5], [4, 5], [5]]);
  const leader = follower({ id: N2, durableIndex: index(6), log: logOf([1, 2, 2, 2, 2, 3]) });
  const held = { matchIndex: { [N3]: index(6) } };
  expect(advanceCommit(leader, held).changes).toMatchObject({
    commitIndex: 6,
    configurations: [at(5, WITHOUT_N1)],
  });
});

it('[MC5] [D9] whoever is not part of the newest configuration may still be needed to commit it', () => {
  expect(isElectable(follower())).toBe(true);
  expect(isElectable(follower({ configurations: [at(5, WITHOUT_N1)] }))).toBe(false);
  const learner = { ...THREE, learners: [N4] };
  expect(isElectable(raftState({ id: N4, configuration: learner }))).toBe(false);
});

it('[MC5] a leader speaks to everyone whom a configuration names that counts or may count again', () => {
  const state = follower({ configurations: [at(4, JOINT), at(5, staticConfiguration([N2, N5]))] });
  expect([everyone(state), peersOf(state)]).toEqual([
    [N1, N2, N3, N5],
    [N2, N3, N5],
  ]);
});
