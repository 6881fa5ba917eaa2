/**
 * Who may vote for whom, and what a campaign says (§3.4, §3.6.1, §3.8, §9.6). A node speaks of a
 * term or a vote only after it is on disk: `persist` stands before `send`, and a candidate's own vote
 * counts when the disk has it. When to campaign is the chart's business, not decided here.
 */

import { assert } from '../core/assert.ts';
import type { Persist, RaftEffect, RoleNews, Send, Step } from '../core/effect.ts';
import type { HardState } from '../core/hard-state.ts';
import type { PreVote, PreVoteReply, RequestVote, RequestVoteReply } from '../core/message.ts';
import type { RaftState } from '../core/raft-state.ts';
import { lastLog } from '../core/term-runs.ts';
import { type EntryId, type NodeId, nextTerm, type Term } from '../core/types.ts';
import { isQuorum } from './quorum.ts';

export type RaftStep = Step<RaftState, RaftEffect>;

/** EL1: the log whose last entry has the later term is newer; in one term, the longer one (§3.6.1). */
export function isUpToDate(candidate: EntryId, own: EntryId): boolean {
  if (candidate.term !== own.term) return candidate.term > own.term;
  return candidate.index >= own.index;
}

/** EL2: a newer term, from anyone, makes a node a follower of it that has not voted yet (§3.3). */
export function observeTerm(state: RaftState, term: Term): RaftStep {
  assert(term > state.term, 'EL2: an observed term is newer than the own one');
  return {
    changes: { term, votedFor: null, leaderId: null, granted: [], transferTarget: null },
    effects: [
      persistHardState(term, null),
      roleChanged({ term, leaderId: null }, 'heard of a newer term'),
    ],
  };
}

/** EL3: one vote per term, first come first served, and only for a log that is up to date. */
export function mayGrantVote(state: RaftState, from: NodeId, request: RequestVote): boolean {
  return (
    request.term === state.term &&
    (state.votedFor === null || state.votedFor === from) &&
    isUpToDate(request.lastLog, lastLog(state.log))
  );
}

/**
 * Whoever votes knows no leader of the term any more, if it ever heard one (EL17). Who asks for a vote that it has, since the
 * answer was lost or came unasked (LT8), is told so once more: there is nothing new to write.
 */
export function grantVote(state: RaftState, from: NodeId, request: RequestVote): RaftStep {
  assert(mayGrantVote(state, from, request), 'EL3: at most one vote per term');
  const { term } = state;
  if (state.votedFor === from) return grantAgain(state, from);
  const { transfer } = request;
  return {
    changes: { votedFor: from, leaderId: null },
    effects: votingFor(from, { term, transfer, cause: 'voted for another' }),
  };
}

/** It may come so late that the candidate is known to lead. */
function grantAgain({ leaderId, term }: RaftState, from: NodeId): RaftStep {
  const again = granting(from, term);
  if (leaderId === null) return { changes: {}, effects: [again] };
  const isLeaderless = roleChanged({ term, leaderId: null }, 'voted for another');
  return { changes: { leaderId: null }, effects: [isLeaderless, again] };
}

interface Vote {
  readonly term: Term;
  /** The leader has named the candidate: LT7: it is expected to lead. */
  readonly transfer: boolean;
  readonly cause: string;
}

export function votingFor(
  candidate: NodeId,
  { term, transfer, cause }: Vote,
): readonly RaftEffect[] {
  return [
    persistHardState(term, candidate),
    roleChanged({ term, leaderId: null }, cause),
    granting(candidate, term),
    ...(transfer ? [{ type: 'leadExpected', of: candidate } as const] : []),
  ];
}

function granting(candidate: NodeId, term: Term): Send {
  return send(candidate, { type: 'RequestVoteReply', term, granted: true });
}

export function refuseVote(state: RaftState, from: NodeId): RaftStep {
  return {
    changes: {},
    effects: [send(from, { type: 'RequestVoteReply', term: state.term, granted: false })],
  };
}

/**
 * EL6: a pre-vote is granted for a term newer than the own one to a log that is up to date, by a node that
 * has no live leader. It binds nobody, so nothing is written and the vote is untouched (§9.6, A2).
 */
export function answerPreVote(
  state: RaftState,
  from: NodeId,
  request: PreVote,
  hasLiveLeader: boolean,
): RaftStep {
  const granted =
    !hasLiveLeader && request.term > state.term && isUpToDate(request.lastLog, lastLog(state.log));
  const { round } = request;
  return {
    changes: {},
    effects: [send(from, { type: 'PreVoteReply', term: state.term, round, granted })],
  };
}

/** EL7: before it raises its term a node asks whether it could win; it forgets its leader first (A15). */
export function startPreVote(state: RaftState, cause: string): RaftStep {
  const preVoteRound = state.preVoteRound + 1;
  const request: PreVote = {
    type: 'PreVote',
    term: nextTerm(state.term),
    lastLog: lastLog(state.log),
    round: preVoteRound,
  };
  return {
    changes: { preVoteRound, leaderId: null, granted: [] },
    effects: [
      roleChanged({ term: state.term, leaderId: null }, cause),
      ...(state.protocol.preVote ? otherVoters(state).map((to) => send(to, request)) : []),
    ],
  };
}

/** Its own answer, the first that it hears; all that it takes if it is alone. */
export function ownPreVote({ term, preVoteRound }: RaftState): PreVoteReply {
  return { type: 'PreVoteReply', term, round: preVoteRound, granted: true };
}

/** EL8: an answer counts only in the round that asked for it, and only from a voter. */
export function countPreVote(state: RaftState, from: NodeId, reply: PreVoteReply): RaftStep {
  const counts = reply.granted && reply.round === state.preVoteRound;
  return { changes: counts ? { granted: withGrant(state, from) } : {}, effects: [] };
}

export interface Campaign {
  /** The leader itself hands over (§3.10). */
  readonly transfer: boolean;
  readonly cause: string;
}

/** A new term, a vote for itself, and the request; the own vote counts once the disk has it (PS2). */
export function startElection(state: RaftState, { transfer, cause }: Campaign): RaftStep {
  const term = nextTerm(state.term);
  const lastEntry = lastLog(state.log);
  const request: RequestVote = { type: 'RequestVote', term, lastLog: lastEntry, transfer };
  return {
    changes: { term, votedFor: state.id, leaderId: null, granted: [], passedAhead: 0 },
    effects: [
      persistHardState(term, state.id),
      roleChanged({ term, leaderId: null }, cause),
      ...otherVoters(state).map((to) => send(to, request)),
    ],
  };
}

/** EL4: each voter is counted once, for the term it granted. */
export function countVote(state: RaftState, from: NodeId, reply: RequestVoteReply): RaftStep {
  const counts = reply.granted && reply.term === state.term;
  return { changes: counts ? { granted: withGrant(state, from) } : {}, effects: [] };
}

/** PS2: the own vote counts when the disk holds it, in the term it was cast in (§3.8, A6). */
export function countOwnVote(state: RaftState, { term, votedFor }: HardState): RaftStep {
  const counts = term === state.term && votedFor === state.id;
  return { changes: counts ? { granted: withGrant(state, state.id) } : {}, effects: [] };
}

/** EL5: a majority of the voters has granted. */
export function hasWon(state: RaftState): boolean {
  return isQuorum(state.configuration, state.granted);
}

/** EL15: where pre-vote is left out, any answer is enough, and the own one comes at once. */
export function hasWonPreVote(state: RaftState): boolean {
  return !state.protocol.preVote || hasWon(state);
}

/** EL9: how many voters stand before this one in line when the leader's link closes, 0 for the first. */
export function suspicionRank(state: RaftState): number {
  const inLine = state.configuration.voters.filter((id) => id !== state.leaderId);
  return Math.max(0, inLine.indexOf(state.id));
}

export function persistHardState(term: Term, votedFor: NodeId | null): Persist {
  return { type: 'persist', hardState: { term, votedFor }, truncateFrom: null, append: null };
}

/** EL9: a closed link is a hint; RD7: where a leader may count on loyalty for a while, none. */
export function heedsClosedLink({ protocol }: RaftState): boolean {
  return protocol.preVote && protocol.leaseReads !== true;
}

export function send(to: NodeId, message: Send['message']): Send {
  return { type: 'send', to, message };
}

export function roleChanged(
  { term, leaderId }: Pick<RaftState, 'term' | 'leaderId'>,
  cause: string,
): RoleNews {
  return { type: 'roleChanged', term, leaderId, cause };
}

export function otherVoters({ id, configuration }: RaftState): readonly NodeId[] {
  const { voters, votersOutgoing } = configuration;
  return [...new Set([...voters, ...votersOutgoing])].filter((voter) => voter !== id);
}

function withGrant(state: RaftState, from: NodeId): readonly NodeId[] {
  return state.granted.includes(from) ? state.granted : [...state.granted, from];
}
