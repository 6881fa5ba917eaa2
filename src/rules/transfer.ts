/**
 * Leadership transfer (§3.10): a leader stops taking proposals, waits until its target holds its whole log, and tells
 * it to campaign at once. It ends within an election timeout, one way or the other (LT4).
 */
import { assert } from '../core/assert.ts';
import { isVoter } from '../core/configuration.ts';
import { TRANSFER_LAG_MAX } from '../core/limits.ts';
import type { RequestVoteReply, TimeoutNow } from '../core/message.ts';
import { ofMember } from '../core/per-member.ts';
import type { RaftState } from '../core/raft-state.ts';
import { lastLog } from '../core/term-runs.ts';
import type { TransferRefusal } from '../core/transfer-refusal.ts';
import { INDEX_ZERO, type Index, type NodeId, nextTerm } from '../core/types.ts';
import { observeTerm, otherVoters, type RaftStep, send, votingFor } from './election.ts';

export interface TransferRequest {
  /** `null`: whoever is fittest. */
  readonly to: NodeId | null;
  /** Peers whose links are open. */
  readonly connected: readonly NodeId[];
}

type Choice =
  | { readonly target: NodeId; readonly refusal: null }
  | { readonly target: null; readonly refusal: TransferRefusal };

/**
 * LT1: a voter that is connected and not far behind; of several the one that holds most, the first by name, until another
 * holds the whole log; and never one that is about to go (MC12).
 */
export function chooseTarget(state: RaftState, { to, connected }: TransferRequest): Choice {
  if (to !== null) {
    const refusal = refusalOf(state, to, connected);
    return refusal === null ? { target: to, refusal } : { target: null, refusal };
  }
  const [first, ...rest] = otherVoters(state).filter(
    (voter) => mayLead(state, voter) && refusalOf(state, voter, connected) === null,
  );
  if (first === undefined) return { target: null, refusal: 'nobodyFit' };
  const fittest = rest.reduce(
    (best, each) => (heldBy(state, each) > heldBy(state, best) ? each : best),
    first,
  );
  return { target: fittest, refusal: null };
}

function refusalOf(
  state: RaftState,
  to: NodeId,
  connected: readonly NodeId[],
): TransferRefusal | null {
  if (!otherVoters(state).includes(to)) return 'noVoter';
  if (!connected.includes(to)) return 'notConnected';
  return state.log.lastIndex - heldBy(state, to) > TRANSFER_LAG_MAX ? 'behind' : null;
}

/** LT2: from now on nothing is appended, so that the target can hold all there is. */
export function startTransfer(state: RaftState, request: TransferRequest): RaftStep {
  const { target } = chooseTarget(state, request);
  assert(target !== null, 'LT1: a transfer begins only with a target that is fit to lead');
  return {
    changes: { transferTarget: target, transferNamed: request.to },
    effects: [{ type: 'transferStarted', to: target }],
  };
}

export function refuseTransfer(state: RaftState, request: TransferRequest): RaftStep {
  const { refusal } = chooseTarget(state, request);
  assert(refusal !== null, 'LT1: a refusal has a reason');
  return refusing(request, refusal);
}

/** Another one is under way: a request for the same target shares its end, any other is refused (J8). */
export function joinTransfer(state: RaftState, request: TransferRequest): RaftStep {
  if (request.to === null) return { changes: {}, effects: [] };
  if (request.to !== state.transferTarget) return refusing(request, 'underWay');
  return { changes: { transferNamed: request.to }, effects: [] };
}

export function refusing({ to }: TransferRequest, reason: TransferRefusal): RaftStep {
  return { changes: {}, effects: [{ type: 'transferRefused', to, reason }] };
}

/** LT1: where nobody is named it is whoever is heard of last, since nobody before it held the whole log. */
export function nextLeader(state: RaftState, { peer }: { readonly peer: NodeId }): NodeId | null {
  const { transferNamed, transferTarget } = state;
  const isOpen = transferNamed === null && transferTarget !== null;
  return isOpen && mayLead(state, peer) ? peer : transferTarget;
}

export function settleTarget(state: RaftState, held: { readonly peer: NodeId }): RaftStep {
  const transferTarget = nextLeader(state, held);
  assert(holdsAll(state, transferTarget), 'LT3: only who holds the whole log is told to campaign');
  return { changes: { transferTarget }, effects: [] };
}

/** MC12: another voter, that stays one. */
function mayLead(state: RaftState, peer: NodeId): boolean {
  return otherVoters(state).includes(peer) && state.configuration.voters.includes(peer);
}

/** LT3: the target holds the whole log on its disk, once what `changes` says is taken in. */
export function holdsAll(state: RaftState, target: NodeId | null): boolean {
  return target !== null && heldBy(state, target) === state.log.lastIndex;
}

/**
 * LT3: names the end of the log, so that one that comes late, when the log has grown, is no longer heeded (A12). What it speaks of
 * is on the disk of the target: it does not stand behind what this one writes, nor so behind what is said in the next term (PS10).
 */
export function offerLead(state: RaftState): RaftStep {
  const { log, term, transferTarget: to } = state;
  assert(
    to !== null && holdsAll(state, to),
    'LT3: only who holds the whole log is told to campaign',
  );
  const call = send(to, { type: 'TimeoutNow', term, lastLog: lastLog(log) });
  return { changes: {}, effects: [{ ...call, isProven: true }] };
}

/**
 * LT8: a leader that has told its target to campaign leads no more: it votes for the target unasked, in the term in which
 * that campaigns, so that both votes are written at the same time. What EL3 asks of the candidate's log the target has shown.
 */
export function voteForTarget(state: RaftState): RaftStep {
  const { transferTarget: to } = state;
  assert(to !== null && holdsAll(state, to), 'LT8: the vote is for who holds the whole log');
  const term = nextTerm(state.term);
  const { changes } = observeTerm(state, term);
  return {
    changes: { ...changes, votedFor: to },
    effects: votingFor(to, { term, transfer: true, cause: 'hands over' }),
  };
}

/** LT4: nobody held the whole log in time; the leader leads on, and nothing of it stays behind (J8). */
export function giveUpTransfer({ transferTarget: to }: RaftState): RaftStep {
  assert(to !== null, 'LT4: what is given up has begun');
  return { changes: { transferTarget: null }, effects: [{ type: 'transferFailed', to }] };
}

/** LT3: heeded only by a voter whose log ends exactly there, all of it on its disk (A12). */
export function mayTakeOver(state: RaftState, { term, lastLog: end }: TimeoutNow): boolean {
  const { configuration, durableIndex, id, log } = state;
  const own = lastLog(log);
  const holdsEnd = own.index === end.index && own.term === end.term;
  const isDurable = durableIndex === log.lastIndex;
  return term === state.term && isVoter(configuration, id) && holdsEnd && isDurable;
}

/**
 * LT8: nobody asks for a vote before its own term is on disk, so that one of the next term is that of a leader that hands over:
 * what the call to campaign says, should the vote come before it, or the call be lost.
 */
export function isNamedByVote(state: RaftState, { granted, term }: RequestVoteReply): boolean {
  return granted && term === nextTerm(state.term) && isVoter(state.configuration, state.id);
}

/** LT7: so many commands now wait for its lead, which begins with them. */
export function notePassedAhead(_: RaftState, count: number): RaftStep {
  return { changes: { passedAhead: count }, effects: [] };
}

/** How far its log is known to be equal. */
export function heldBy({ matchIndex }: RaftState, peer: NodeId): Index {
  return ofMember(matchIndex, peer) ?? INDEX_ZERO;
}
