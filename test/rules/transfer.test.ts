/** Whom a leader hands over to, and who takes over (§3.10). */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TRANSFER_LAG_MAX } from '../../src/core/limits.ts';
import type { RaftState } from '../../src/core/raft-state.ts';
import { type Index, index, type NodeId, nodeId, term } from '../../src/core/types.ts';
import * as transfer from '../../src/rules/transfer.ts';
import { logOf, N1, N2, N3, N4, raftState } from '../machines/harness.ts';

const FAR = TRANSFER_LAG_MAX + 5;

/** Leads term 2 with so many entries; `n4` is a learner. */
function leader(held: Readonly<Record<string, number>>, lastIndex = FAR): RaftState {
  const { log, configuration } = raftState({ log: logOf([2]) });
  return raftState({
    term: term(2),
    votedFor: N1,
    leaderId: N1,
    configuration: { ...configuration, learners: [N4] },
    log: { ...log, lastIndex: index(lastIndex) },
    durableIndex: index(lastIndex),
    matchIndex: held as Readonly<Record<NodeId, Index>>,
  });
}

const ALL = [N1, N2, N3, N4];

it('[LT1] [J8] whoever is named is refused unless it is another voter, connected and not far behind', () => {
  const state = leader({ n2: FAR, n3: FAR - TRANSFER_LAG_MAX - 1, n4: FAR });
  const chosen = (to: NodeId, connected = ALL) => transfer.chooseTarget(state, { to, connected });
  expect(chosen(N2)).toEqual({ target: N2, refusal: null });
  expect(chosen(N2, [N3])).toEqual({ target: null, refusal: 'notConnected' });
  expect(chosen(N3)).toEqual({ target: null, refusal: 'behind' });
  for (const nobody of [N1, N4, nodeId('n9')]) {
    expect(chosen(nobody)).toEqual({ target: null, refusal: 'noVoter' });
  }
  expect(() => transfer.startTransfer(state, { to: N3, connected: ALL })).toThrow('LT1');
});

it('[LT1] where nobody is named it is the fittest that holds most, the first of equals', () => {
  const held = fc.integer({ min: 0, max: FAR });
  const chosen = (state: RaftState, connected: readonly NodeId[]) =>
    transfer.chooseTarget(state, { to: null, connected }).target;
  fc.assert(
    fc.property(held, held, fc.subarray(ALL), (n2, n3, connected) => {
      const state = leader({ n2, n3 });
      const fit = [
        { id: N2, holds: n2 },
        { id: N3, holds: n3 },
      ].filter(({ id, holds }) => connected.includes(id) && FAR - holds <= TRANSFER_LAG_MAX);
      const best = fit.toSorted((one, other) => other.holds - one.holds)[0]?.id ?? null;
      expect(chosen(state, connected)).toBe(best);
    }),
  );
  const request = { to: null, connected: [] };
  expect(transfer.refuseTransfer(leader({ n2: FAR }), request).effects).toEqual([
    { type: 'transferRefused', to: null, reason: 'nobodyFit' },
  ]);
});

it('[LT3] nobody is told to campaign before it holds the last entry', () => {
  const state = { ...leader({ n2: 2, n3: 3 }, 3), transferTarget: N2 };
  expect(() => transfer.offerLead(state)).toThrow('LT3');
  expect(transfer.offerLead({ ...state, transferTarget: N3 }).effects).toEqual([
    {
      type: 'send',
      to: N3,
      message: { type: 'TimeoutNow', term: 2, lastLog: { term: 2, index: 3 } },
      isProven: true,
    },
  ]);
});

it('[LT8] only who holds the whole log has the vote of its leader unasked', () => {
  const state = { ...leader({ n2: 2, n3: 3 }, 3), transferTarget: N2 };
  expect(() => transfer.voteForTarget(state)).toThrow('LT8');
  const { changes, effects } = transfer.voteForTarget({ ...state, transferTarget: N3 });
  expect(changes).toMatchObject({ term: 3, votedFor: N3, leaderId: null, transferTarget: null });
  // On its disk before anybody hears of it.
  const order = effects.map(({ type }) => type);
  expect(order.indexOf('persist')).toBeLessThan(order.indexOf('send'));
});

it('[LT8] a vote of the next term, which nobody can have asked for, is a call to campaign to whoever votes itself', () => {
  const follower = raftState({ term: term(2) });
  const vote = { type: 'RequestVoteReply', term: term(3), granted: true } as const;
  const { configuration } = follower;
  const learner = { ...configuration, voters: [N2, N3], learners: [N1] };
  expect(transfer.isNamedByVote(follower, vote)).toBe(true);
  expect(transfer.isNamedByVote(follower, { ...vote, granted: false })).toBe(false);
  expect(transfer.isNamedByVote({ ...follower, configuration: learner }, vote)).toBe(false);
  for (const other of [2, 4]) {
    expect(transfer.isNamedByVote(follower, { ...vote, term: term(other) })).toBe(false);
  }
});

it('[LT3] [A12] the call is heeded only by a voter whose log ends where it says, on its disk', () => {
  const follower = raftState({ term: term(2), log: logOf([1, 2, 2]) });
  const call = {
    type: 'TimeoutNow',
    term: term(2),
    lastLog: { term: term(2), index: index(3) },
  } as const;
  const heeds = (changes: Partial<RaftState>): boolean =>
    transfer.mayTakeOver({ ...follower, ...changes }, call);
  expect(heeds({})).toBe(true);
  expect(heeds({ durableIndex: index(2) })).toBe(false);
  expect(heeds({ log: logOf([1, 2, 2, 2]), durableIndex: index(4) })).toBe(false);
  expect(heeds({ log: logOf([1, 2]), durableIndex: index(2) })).toBe(false);
  expect(heeds({ log: logOf([1, 1, 1]) })).toBe(false);
  expect(heeds({ term: term(3) })).toBe(false);
  const { configuration } = follower;
  expect(heeds({ configuration: { ...configuration, voters: [N2, N3], learners: [N1] } })).toBe(
    false,
  );
});
