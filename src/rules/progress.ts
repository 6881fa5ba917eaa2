/**
 * A leader's bookkeeping for one peer: what to send next, what is under way, where to look after a
 * rejection (§3.5, §10.2.2). Messages may be lost, late, repeated and out of order: what is known to match
 * never falls (LR4), and an answer to a question that is no longer open changes nothing (B7, B8).
 */
import { assert, unreachable } from '../core/assert.ts';
import type { ReplicationEffect, ReplicationNews, Step } from '../core/effect.ts';
import type { LogShape } from '../core/log-shape.ts';
import type { AppendEntriesReply, AppendRejected } from '../core/message.ts';
import type { InflightMessage, ReplicationState } from '../core/replication-state.ts';
import { newestAtMost } from '../core/term-runs.ts';
import {
  greater,
  INDEX_ZERO,
  type Index,
  lesser,
  type NodeId,
  nextIndex,
  previousIndex,
  type Term,
} from '../core/types.ts';

export type ReplicationStep = Step<ReplicationState, ReplicationEffect>;

/** All that teaches a leader something about one peer, or about its own log. */
export type ReplicationLesson =
  | Exclude<ReplicationNews, { readonly type: 'heartbeat.due' }>
  /** More of the log is committed; told after the callers were. */
  | { readonly type: 'commit.advanced'; readonly commitIndex: Index }
  /** The leader's own log begins behind this index now. */
  | { readonly type: 'log.compacted'; readonly baseIndex: Index }
  /** Callers of the peer wait until it knows that this index is committed. */
  | { readonly type: 'peer.waits'; readonly index: Index }
  /** The driver has sent what `replicate` asked for. */
  | { readonly type: 'entries.sent'; readonly throughIndex: Index; readonly bytes: number }
  /** It has not: while the entries were read, the peer's progress changed. */
  | { readonly type: 'entries.outdated' }
  | { readonly type: 'append.accepted'; readonly matchIndex: Index; readonly round: number };

/** §3.5: a new leader guesses that the peer holds all of its log, and probes to find out. */
export function startProgress(start: {
  readonly peer: NodeId;
  readonly term: Term;
  readonly log: LogShape;
  readonly nextIndex: Index;
  readonly commitIndex: Index;
  readonly limits: ReplicationState['limits'];
}): ReplicationState {
  const { log, ...rest } = start;
  return {
    ...rest,
    // Of whoever joins long after the term began.
    nextIndex: greater(start.nextIndex, nextIndex(log.base.index)),
    matchIndex: INDEX_ZERO,
    baseIndex: log.base.index,
    lastIndex: log.lastIndex,
    commitIndexSent: INDEX_ZERO,
    awaitedIndex: INDEX_ZERO,
    round: 0,
    inflight: [],
    inflightBytes: 0,
  };
}

/** LR10: while probing there is one question at a time, with at most one message of entries. */
export function probe(state: ReplicationState): ReplicationStep {
  return {
    changes: { inflight: [], inflightBytes: 0, commitIndexSent: state.commitIndex },
    effects: [replicate(state, previousIndex(state.nextIndex), state.lastIndex)],
  };
}

/**
 * The same question, without the entries: whoever asks a slow peer again and again must not send it the same
 * megabyte each time, or the answer never gets through.
 */
export function probeAgain(state: ReplicationState): ReplicationStep {
  const prevIndex = previousIndex(state.nextIndex);
  return {
    changes: { commitIndexSent: toldFromMatch(state) },
    effects: [replicate(state, prevIndex, prevIndex)],
  };
}

/** The next entries, as many as one message and the window hold. The driver answers what it sent. */
export function sendEntries(state: ReplicationState): ReplicationStep {
  assert(hasWindow(state) && hasMore(state), 'LR11: entries are sent while the window is open');
  return {
    changes: { commitIndexSent: state.commitIndex },
    effects: [replicate(state, previousIndex(state.nextIndex), state.lastIndex)],
  };
}

/**
 * Without entries, and from the entry known to match, so that it is never rejected for what is still
 * under way (B14). It carries the commit index and the round. LR20: where the leader does not know that entry any more, from
 * before the first one, which every log has.
 */
export function heartbeat(state: ReplicationState): ReplicationStep {
  const { baseIndex, matchIndex } = state;
  const fromIndex = matchIndex < baseIndex ? INDEX_ZERO : matchIndex;
  return {
    changes: fromIndex < matchIndex ? {} : { commitIndexSent: toldFromMatch(state) },
    effects: [replicate(state, fromIndex, fromIndex)],
  };
}

/**
 * LR13: to a peer that is still probed and whose callers wait: from the entry that they wait for, which it was sent or holds. If it
 * does not, its refusal answers no open question (LR5). That it was told is not counted on.
 */
export function tellAwaited(state: ReplicationState): ReplicationStep {
  const { awaitedIndex, baseIndex, commitIndex } = state;
  const awaited = lesser(awaitedIndex, commitIndex);
  const fromIndex = awaited < baseIndex ? INDEX_ZERO : awaited;
  return { changes: {}, effects: [replicate(state, fromIndex, fromIndex)] };
}

/** CM3, LR13: from a message that ends at `matchIndex` a peer learns of no commit behind it. */
function toldFromMatch({ commitIndexSent, commitIndex, matchIndex }: ReplicationState): Index {
  return greater(commitIndexSent, lesser(commitIndex, matchIndex));
}

/** What changes with a piece of news. Total, so that a guard can look ahead: `recordAcceptance` asserts. */
export function learn(state: ReplicationState, news: ReplicationLesson): Partial<ReplicationState> {
  switch (news.type) {
    case 'log.grew':
      return { lastIndex: news.lastIndex, commitIndex: newest(state, news) };
    case 'round.began':
      return { round: news.round, commitIndex: newest(state, news) };
    case 'commit.advanced':
      return { commitIndex: newest(state, news) };
    case 'log.compacted':
      return { baseIndex: greater(news.baseIndex, state.baseIndex) };
    case 'peer.waits':
      return { awaitedIndex: greater(news.index, state.awaitedIndex) };
    case 'entries.sent':
      return learnSent(state, news);
    case 'entries.outdated':
      return {};
    case 'append.accepted':
      return learnAccepted(state, news.matchIndex);
    default:
      return unreachable(news);
  }
}

function newest(state: ReplicationState, { commitIndex }: { readonly commitIndex: Index }): Index {
  return greater(commitIndex, state.commitIndex);
}

/** The driver has sent `(nextIndex − 1, throughIndex]`. */
function learnSent(
  state: ReplicationState,
  { throughIndex, bytes }: InflightMessage,
): Partial<ReplicationState> {
  if (throughIndex < state.nextIndex) return {};
  return {
    nextIndex: nextIndex(throughIndex),
    inflight: [...state.inflight, { throughIndex, bytes }],
    inflightBytes: state.inflightBytes + bytes,
  };
}

function learnAccepted(state: ReplicationState, matchIndex: Index) {
  const match = greater(matchIndex, state.matchIndex);
  const inflight = state.inflight.filter((message) => message.throughIndex > match);
  return {
    matchIndex: match,
    nextIndex: greater(state.nextIndex, nextIndex(match)),
    inflight,
    inflightBytes: inflight.reduce((sum, message) => sum + message.bytes, 0),
  };
}

/** LR4: an acceptance raises what matches and frees the window; an old one changes nothing (B7). */
export function recordAcceptance(
  state: ReplicationState,
  { matchIndex, round }: { readonly matchIndex: Index; readonly round: number },
): ReplicationStep {
  assert(matchIndex <= state.lastIndex, 'LR4: a peer holds no more than its leader sent');
  const changes = learnAccepted(state, matchIndex);
  return { changes, effects: reportContact({ ...state, ...changes }, round).effects };
}

/** LR5: a rejection counts only if it answers something that is still open (B8). */
export function isOpenRejection(
  state: ReplicationState,
  reply: Pick<AppendEntriesReply, 'prevIndex'>,
  isProbing: boolean,
): boolean {
  if (isProbing) return reply.prevIndex === state.nextIndex - 1;
  return reply.prevIndex > state.matchIndex && reply.prevIndex < state.nextIndex;
}

export interface Rejection {
  readonly round: number;
  readonly rejection: AppendRejected;
  /** The leader's own log. */
  readonly log: LogShape;
}

/** LR7: next is where both logs may still agree: skip every term that the peer's hint rules out. */
export function backtrack(state: ReplicationState, answer: Rejection): ReplicationStep {
  return {
    changes: learnRejected(state, answer),
    effects: reportContact(state, answer.round).effects,
  };
}

/** What a rejection changes, before anything is made of it. */
export function learnRejected(
  state: ReplicationState,
  { rejection: { hint }, log }: Pick<Rejection, 'rejection' | 'log'>,
): Partial<ReplicationState> {
  const next = lacksBase(log, hint)
    ? lesser(nextIndex(hint.index), log.base.index)
    : nextIndex(newestAtMost(log, hint.index, hint.term).index);
  const nextToSend = greater(next, nextIndex(state.matchIndex));
  return { nextIndex: nextToSend, inflight: [], inflightBytes: 0 };
}

/**
 * LR20: both logs end to agree before the base: the peer's ends there, or what it holds there is of an older term, which
 * the hint says, since it is the newest that the peer holds of a term that the leader's entry allows.
 */
function lacksBase({ base }: LogShape, hint: AppendRejected['hint']): boolean {
  return hint.index < base.index || hint.term < base.term;
}

/** Whatever it says, an answer of this term proves contact and echoes a round. */
export function reportContact(state: ReplicationState, round: number): ReplicationStep {
  const { peer, term, matchIndex } = state;
  return { changes: {}, effects: [{ type: 'progressed', peer, term, matchIndex, round }] };
}

/** An acceptance ends the probing if it covers the entry that was probed for, not a mere heartbeat. */
export function answersProbe(state: ReplicationState, matchIndex: Index): boolean {
  return matchIndex >= state.nextIndex - 1;
}

/**
 * LR12: after a lost connection, or too long without progress, start again from what is known to match. A peer of which
 * nothing is known is asked where it was asked last: it may hold nearly all, and would be sent the whole log. LR20: where
 * that is no longer in the log, at its end, as a new leader does.
 */
export function restart(state: ReplicationState): ReplicationStep {
  const { baseIndex, lastIndex, matchIndex } = state;
  const asked = previousIndex(state.nextIndex);
  const isKnown = matchIndex > INDEX_ZERO && matchIndex >= baseIndex;
  const from = isKnown ? matchIndex : asked < baseIndex ? lastIndex : asked;
  return { changes: { nextIndex: nextIndex(from), inflight: [], inflightBytes: 0 }, effects: [] };
}

export function reportStall(state: ReplicationState): ReplicationStep {
  const { peer, matchIndex } = state;
  const step = restart(state);
  return { ...step, effects: [{ type: 'peerStalled', peer, matchIndex }] };
}

/** LR20: what the peer lacks next only a snapshot holds. */
export function needsSnapshot({ baseIndex, nextIndex: next }: ReplicationState): boolean {
  return next <= baseIndex;
}

/** LR21: said again at each heartbeat: whoever fetches it does so in its own time. */
export function offerSnapshot({ peer, term }: ReplicationState): ReplicationStep {
  return { changes: {}, effects: [{ type: 'offerSnapshot', to: peer, term }] };
}

export function hasMore(state: ReplicationState): boolean {
  return state.nextIndex <= state.lastIndex;
}

/** LR11: both bounds leave room; the first message always fits. */
export function hasWindow({ inflight, inflightBytes, limits }: ReplicationState): boolean {
  if (inflight.length === 0) return true;
  return inflight.length < limits.inflightMessagesMax && inflightBytes < limits.inflightBytesMax;
}

/** The peer has not been told the newest commit index. */
export function owesCommit(state: ReplicationState): boolean {
  return state.commitIndexSent < state.commitIndex;
}

/** LR13: the peer's callers wait for an index that is committed by now and that it has not been told. */
export function owesUrgently(state: ReplicationState): boolean {
  return state.commitIndexSent < lesser(state.awaitedIndex, state.commitIndex);
}

function replicate(
  state: ReplicationState,
  prevIndex: Index,
  throughIndex: Index,
): ReplicationEffect {
  return {
    type: 'replicate',
    to: state.peer,
    term: state.term,
    prevIndex,
    throughIndex,
    bytesMax: state.limits.messageBytesMax,
    commitIndex: state.commitIndex,
    round: state.round,
  };
}
