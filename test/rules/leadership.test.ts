/** What a leader does with its term (§6.2, §6.4). */
import { expect, it } from 'vitest';
import type { RaftState } from '../../src/core/raft-state.ts';
import { index, term } from '../../src/core/types.ts';
import * as leadership from '../../src/rules/leadership.ts';
import { appended } from '../machines/effects.ts';
import { logOf, N1, N2, N3, raftState } from '../machines/harness.ts';

/** Leads term 2 with a log of [1, 2], all on its disk; its no-op is entry 2. */
function leader(changes: Partial<RaftState> = {}): RaftState {
  return raftState({
    term: term(2),
    votedFor: N1,
    leaderId: N1,
    log: logOf([1, 2]),
    termStartIndex: index(2),
    matchIndex: { [N2]: index(0), [N3]: index(0) },
    ...changes,
  });
}

it('[LR8] a leader opens its term with a no-op and knows nothing of its peers yet', () => {
  const state = raftState({
    term: term(2),
    votedFor: N1,
    granted: [N1, N2],
    log: logOf([1]),
    matchIndex: { [N2]: index(9) },
    heardFrom: [N2],
    round: 8,
    roundEchoed: { [N2]: 8 },
    pendingRounds: [{ round: 8, readIndex: index(1) }],
  });
  expect(leadership.becomeLeader(state)).toEqual({
    changes: {
      leaderId: N1,
      granted: [],
      termStartIndex: 2,
      matchIndex: { [N2]: 0, [N3]: 0 },
      heardFrom: [],
      round: 0,
      roundEchoed: {},
      passedAhead: 0,
      pendingRounds: [],
      leaving: [],
      log: logOf([1, 2]),
    },
    effects: [
      { type: 'roleChanged', term: 2, leaderId: N1, cause: 'won the election' },
      appended({ source: 'noop', firstIndex: 2, lastIndex: 2 }),
    ],
  });
});

it('[PS4] a completed write of its own may be what was missing for a commit', () => {
  const state = leader({ durableIndex: index(1), matchIndex: { [N2]: index(2), [N3]: index(0) } });
  expect(leadership.recordDurable(state, { term: term(2), index: index(2) })).toEqual({
    changes: { durableIndex: 2, commitIndex: 2 },
    effects: [{ type: 'commit', commitIndex: 2, term: 2 }],
  });
});

it('[LR4] [B7] what a peer holds never falls, yet every answer proves contact', () => {
  const state = leader({ matchIndex: { [N2]: index(2), [N3]: index(0) }, commitIndex: index(2) });
  const step = leadership.recordProgress(state, { peer: N2, matchIndex: index(1), round: 0 });
  expect(step).toEqual({ changes: { heardFrom: [N2] }, effects: [] });
});

it('[RD1] reads wait until an entry of the own term is committed', () => {
  expect(leadership.hasCommittedInTerm(leader({ commitIndex: index(1) }))).toBe(false);
  expect(leadership.hasCommittedInTerm(leader({ commitIndex: index(2) }))).toBe(true);
  expect(leadership.hasCommittedInTerm(raftState())).toBe(false);
  const early = leader({ commitIndex: index(1) });
  expect(() => leadership.beginRound(early)).toThrow(
    'RD1: no read before an entry of the own term is committed',
  );
});

it('[RD1] what commits in the term is known before it is counted, whoever comes last', () => {
  const logs = [logOf([1, 2]), logOf([1, 2, 2, 2])];
  for (const [log, own, other, news] of logs.flatMap((each) =>
    [0, 1, 2].flatMap((a) =>
      [0, 1, 2].flatMap((b) => [0, 1, 2, 4].map((c) => [each, a, b, c] as const)),
    ),
  )) {
    if (news > log.lastIndex) continue;
    const state = leader({
      log,
      durableIndex: index(own),
      matchIndex: { [N2]: index(other), [N3]: index(0) },
    });
    const progress = { peer: N3, matchIndex: index(news), round: 0 };
    const entry = { term: term(news < 2 ? 1 : 2), index: index(news) };
    for (const [foretold, { changes }] of [
      [leadership.withProgress(state, progress), leadership.recordProgress(state, progress)],
      [leadership.withDurable(state, entry), leadership.recordDurable(state, entry)],
    ] as const) {
      const counted = leadership.hasCommittedInTerm({ ...state, ...changes });
      expect(leadership.commitsInTerm(state, foretold)).toBe(counted);
    }
  }
});

it('[RD2] alone in its configuration a leader confirms its rounds itself', () => {
  const configuration = { voters: [N1], votersOutgoing: [], learners: [], learnersNext: [] };
  expect(leadership.beginRound(leader({ configuration, commitIndex: index(2) }))).toEqual({
    changes: { round: 1, pendingRounds: [] },
    effects: [{ type: 'roundConfirmed', round: 1, readIndex: 2 }],
    news: [{ type: 'round.began', round: 1, commitIndex: 2 }],
  });
});

it('[LR8] the peers are all other members, each once, learners too', () => {
  const configuration = {
    voters: [N1, N2],
    votersOutgoing: [N2, N3],
    learners: [N3],
    learnersNext: [],
  };
  expect(leadership.peersOf(raftState({ configuration }))).toEqual([N2, N3]);
});
