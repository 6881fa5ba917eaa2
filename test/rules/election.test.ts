/** Who may vote for whom, and what a campaign says (§3.4, §3.6.1, §3.8, §9.6). */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type EntryId, index, term } from '../../src/core/types.ts';
import * as election from '../../src/rules/election.ts';
import { logOf, N1, N2, N3, N4, raftState, THREE } from '../machines/harness.ts';
import { terms } from './arbitraries.ts';

const entry = (of: number, at: number): EntryId => ({ term: term(of), index: index(at) });

function requestVote(of: number, lastLog: EntryId) {
  return { type: 'RequestVote', term: term(of), lastLog, transfer: false } as const;
}

it('[EL1] the later term of the last entry is newer; in one term the longer log is', () => {
  expect(election.isUpToDate(entry(3, 1), entry(2, 9))).toBe(true);
  expect(election.isUpToDate(entry(2, 9), entry(3, 1))).toBe(false);
  expect(election.isUpToDate(entry(2, 4), entry(2, 5))).toBe(false);
  expect(election.isUpToDate(entry(2, 5), entry(2, 5))).toBe(true);
  expect(election.isUpToDate(entry(2, 6), entry(2, 5))).toBe(true);
});

it('[EL1] of two logs one is up to date for the other, and both are only if they end alike', () => {
  const last = fc.record({ term: fc.nat({ max: 3 }), index: fc.nat({ max: 3 }) });
  fc.assert(
    fc.property(last, last, (one, other) => {
      const [left, right] = [entry(one.term, one.index), entry(other.term, other.index)];
      const forwards = election.isUpToDate(left, right);
      const backwards = election.isUpToDate(right, left);
      const isEqual = left.term === right.term && left.index === right.index;
      return (forwards || backwards) && (forwards && backwards) === isEqual;
    }),
    { numRuns: 1_000 },
  );
});

it('[EL2] [A22] a term that is not newer is never taken over', () => {
  const state = raftState({ term: term(4) });
  expect(() => election.observeTerm(state, term(4))).toThrow(
    'EL2: an observed term is newer than the own one',
  );
  expect(() => election.observeTerm(state, term(3))).toThrow(
    'EL2: an observed term is newer than the own one',
  );
});

it('[EL3] a vote goes to the first that asks in the present term with a log that is up to date', () => {
  const log = logOf([1, 2, 2]);
  const state = raftState({ term: term(5), log });
  const may = (of: number, last: EntryId, votedFor: typeof N2 | null = null) =>
    election.mayGrantVote({ ...state, votedFor }, N2, requestVote(of, last));
  expect(may(5, entry(2, 3))).toBe(true);
  expect(may(5, entry(2, 3), N2)).toBe(true);
  expect(may(5, entry(9, 9), N3)).toBe(false);
  expect(may(5, entry(9, 9), N1)).toBe(false);
  expect(may(4, entry(9, 9))).toBe(false);
  expect(may(6, entry(9, 9))).toBe(false);
  expect(may(5, entry(2, 2))).toBe(false);
  expect(may(5, entry(1, 9))).toBe(false);
});

it('[EL3] a vote that must not be given cannot be given by mistake', () => {
  const state = raftState({ term: term(5), votedFor: N3 });
  const request = requestVote(5, entry(0, 0));
  expect(() => election.grantVote(state, N2, request)).toThrow('EL3: at most one vote per term');
});

it('[EL6] [A2] a pre-vote binds nobody: nothing is written, no vote and no term changes', () => {
  const state = raftState({ term: term(5), votedFor: N3, log: logOf([1, 5]) });
  const answer = (of: number, lastLog: EntryId, hasLiveLeader: boolean) =>
    election.answerPreVote(
      state,
      N2,
      { type: 'PreVote', term: term(of), lastLog, round: 7 },
      hasLiveLeader,
    );
  const said = (granted: boolean) => ({
    changes: {},
    effects: [
      { type: 'send', to: N2, message: { type: 'PreVoteReply', term: 5, round: 7, granted } },
    ],
  });
  expect(answer(6, entry(5, 2), false)).toEqual(said(true));
  expect(answer(9, entry(6, 1), false)).toEqual(said(true));
  expect(answer(6, entry(5, 2), true)).toEqual(said(false));
  expect(answer(5, entry(5, 2), false)).toEqual(said(false));
  expect(answer(6, entry(5, 1), false)).toEqual(said(false));
});

it('[EL7] its own answer to a pre-vote counts like any other, and is enough for whoever is alone', () => {
  const alone = { ...THREE, voters: [N1] };
  const asking = raftState({ term: term(5), preVoteRound: 4, configuration: alone });
  const { changes } = election.countPreVote(asking, N1, election.ownPreVote(asking));
  expect(changes).toEqual({ granted: [N1] });
  expect(election.hasWonPreVote(asking)).toBe(false);
  expect(election.hasWonPreVote({ ...asking, ...changes })).toBe(true);
  expect(election.hasWonPreVote({ ...asking, ...changes, configuration: THREE })).toBe(false);
});

it('[EL15] where pre-vote is left out, nobody has to be asked', () => {
  const protocol = { preVote: false, checkQuorum: true };
  expect(election.hasWonPreVote(raftState({ protocol }))).toBe(true);
});

it('[EL5] a campaign is won with a majority of the voters, of each half while joint', () => {
  const won = (granted: readonly (typeof N1)[], votersOutgoing: readonly (typeof N1)[] = []) =>
    election.hasWon(raftState({ granted, configuration: { ...THREE, votersOutgoing } }));
  expect(won([N1])).toBe(false);
  expect(won([N1, N4])).toBe(false);
  expect(won([N1, N2])).toBe(true);
  expect(won([N1, N2], [N1, N4])).toBe(false);
  expect(won([N1, N2, N4], [N1, N4])).toBe(true);
});

it('[EL5] both halves of a joint configuration are asked, each voter once', () => {
  const configuration = { ...THREE, votersOutgoing: [N1, N3, N4], learners: [], learnersNext: [] };
  expect(election.otherVoters(raftState({ configuration }))).toEqual([N2, N3, N4]);
});

it('[EL9] the survivors stand in line in the order of the voters, the lost leader left out', () => {
  const rank = (id: typeof N1, leaderId: typeof N1 | null) =>
    election.suspicionRank(raftState({ id, leaderId }));
  expect([rank(N2, N1), rank(N3, N1)]).toEqual([0, 1]);
  expect([rank(N1, N2), rank(N3, N2)]).toEqual([0, 1]);
  expect([rank(N1, null), rank(N2, null), rank(N3, null)]).toEqual([0, 1, 2]);
  expect(rank(N4, N1)).toBe(0);
});

it('[EL3] in one term no order of requests draws two votes from one node', () => {
  const request = fc.record({
    from: fc.constantFrom(N2, N3, N4),
    term: fc.integer({ min: 1, max: 4 }),
    log: terms,
  });
  fc.assert(
    fc.property(terms, fc.array(request, { maxLength: 12 }), (own, requests) => {
      let state = raftState({ term: term(1), log: logOf(own) });
      const votes = new Map<number, string>();
      for (const { from, term: of, log } of requests) {
        if (of > state.term) state = { ...state, ...election.observeTerm(state, term(of)).changes };
        const message = requestVote(of, { term: term(log.at(-1) ?? 0), index: index(log.length) });
        if (!election.mayGrantVote(state, from, message)) continue;
        state = { ...state, ...election.grantVote(state, from, message).changes };
        expect(votes.get(of) ?? from).toBe(from);
        votes.set(of, from);
      }
    }),
    { numRuns: 1_000 },
  );
});
