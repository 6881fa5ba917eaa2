/**
 * What a follower does with an AppendEntries (§3.5): prove that its log matches the leader's up to
 * `prevLog`, remove only what truly conflicts, append what is new, learn what is committed. Runs are
 * skipped and compared by term, never by payload; that two entries of one index and term are equal is the
 * Log Matching Property itself.
 */
import { assert } from '../core/assert.ts';
import type { Persist, RaftEffect, Send, Step } from '../core/effect.ts';
import type { EntrySpan, LogShape } from '../core/log-shape.ts';
import type { AppendEntries, AppendEntriesReply } from '../core/message.ts';
import type { RaftState } from '../core/raft-state.ts';
import {
  appendSpan,
  firstDifference,
  newestAtMost,
  termAt,
  truncateFrom,
} from '../core/term-runs.ts';
import {
  ENTRY_ZERO,
  greater,
  INDEX_ZERO,
  type Index,
  lesser,
  type NodeId,
  nextIndex,
  previousIndex,
} from '../core/types.ts';
import { configurationsAfter, configurationsAtCommit } from './configurations.ts';
import { type RaftStep, roleChanged, send } from './election.ts';

/** Below every round that a read waits for. */
const NO_ROUND = 0;

/** LR2–LR6. `spans` describes the runs carried, in order; the payloads stay with the driver. */
export function acceptEntries(
  state: RaftState,
  from: NodeId,
  request: AppendEntries,
  spans: readonly EntrySpan[],
): RaftStep {
  assert(request.term === state.term, 'EL2: terms are equal once a newer one was observed');
  assert(state.leaderId === null || state.leaderId === from, 'EL11: a term has at most one leader');
  const heard = hearLeader(state, from);
  if (!holdsPrevious(state.log, request)) return reject(state, from, request, heard);
  const firstNew = firstNewIndex(state.log, spans, request.lastIndex);
  const log = extend(state, spans, firstNew);
  const commitIndex = learnCommitIndex(state, request);
  const write = firstNew <= request.lastIndex ? [persistEntries(state.log, firstNew, request)] : [];
  const durableIndex = log === state.log ? state.durableIndex : stillDurable(state, firstNew);
  const configured = followConfigurations(state, spans, { firstNew, commitIndex });
  return {
    changes: { leaderId: from, log, commitIndex, durableIndex, ...configured },
    effects: [
      ...heard,
      ...write,
      acceptance(from, request, durableIndex),
      ...announceCommit(state, commitIndex),
    ],
  };
}

/**
 * PS3: a stale leader is told the newer term, and nothing else happens (A18). RD2: its round is not echoed. It may lead
 * the newer term itself by now, and would take an old round's number for the answer to a round yet to come.
 */
export function refuseStaleEntries(
  state: RaftState,
  from: NodeId,
  request: AppendEntries,
): Step<RaftState, Send> {
  const result = rejection(state.log, request);
  return {
    changes: {},
    effects: [send(from, { ...replyTo(request, result), term: state.term, round: NO_ROUND })],
  };
}

/** PS10: a heartbeat, and with it the round of a read, is answered while later entries are being written (§6.4). */
function acceptance(from: NodeId, request: AppendEntries, durableIndex: Index): Send {
  const { lastIndex: matchIndex } = request;
  const answer = send(from, replyTo(request, { accepted: true, matchIndex }));
  return matchIndex <= durableIndex ? { ...answer, isProven: true } : answer;
}

/** LR2: the entry before the new ones must be there with the same term; compacted ones are committed. */
function holdsPrevious(log: LogShape, { prevLog }: AppendEntries): boolean {
  return prevLog.index < log.base.index || termAt(log, prevLog.index) === prevLog.term;
}

function reject(
  state: RaftState,
  from: NodeId,
  request: AppendEntries,
  heard: readonly RaftEffect[],
): RaftStep {
  const reply = replyTo(request, rejection(state.log, request));
  return { changes: { leaderId: from }, effects: [...heard, send(from, reply)] };
}

/**
 * LR7: the hint skips whole terms that cannot match, so repair takes a probe per term, not per entry. Of what was compacted
 * there is none to give; only a deposed leader asks about that, and heeds no hint (PS3).
 */
function rejection(log: LogShape, { prevLog }: AppendEntries): AppendEntriesReply['result'] {
  const isCompacted = prevLog.index < log.base.index;
  const hint = isCompacted ? ENTRY_ZERO : newestAtMost(log, prevLog.index, prevLog.term);
  return { accepted: false, lastIndex: log.lastIndex, hint };
}

/** LR3: entries that are there already are skipped, so late and repeated messages never shorten the log (B2). */
function firstNewIndex(log: LogShape, spans: readonly EntrySpan[], lastIndex: Index): Index {
  for (const span of spans) {
    if (span.lastIndex <= log.base.index) continue;
    const firstIndex =
      span.firstIndex > log.base.index ? span.firstIndex : nextIndex(log.base.index);
    const at = firstDifference(log, { ...span, firstIndex });
    if (at <= span.lastIndex) return at;
  }
  return nextIndex(lastIndex);
}

function extend(state: RaftState, spans: readonly EntrySpan[], firstNew: Index): LogShape {
  const last = spans.at(-1);
  if (last === undefined || firstNew > last.lastIndex) return state.log;
  assert(firstNew > state.commitIndex, 'LR6: a committed entry is never removed');
  let log = truncateFrom(state.log, firstNew);
  for (const span of spans) {
    if (span.lastIndex < firstNew) continue;
    log = appendSpan(log, span.firstIndex < firstNew ? { ...span, firstIndex: firstNew } : span);
  }
  return log;
}

function persistEntries(log: LogShape, firstNew: Index, { lastIndex }: AppendEntries): Persist {
  return {
    type: 'persist',
    hardState: null,
    truncateFrom: firstNew <= log.lastIndex ? firstNew : null,
    append: { source: 'received', firstIndex: firstNew, lastIndex },
  };
}

/** MC1: a configuration counts from here on, committed or not; one that is truncated does no more. */
function followConfigurations(
  state: RaftState,
  spans: readonly EntrySpan[],
  { firstNew, commitIndex }: { readonly firstNew: Index; readonly commitIndex: Index },
): Partial<RaftState> {
  const isChanged = firstNew <= (spans.at(-1)?.lastIndex ?? INDEX_ZERO);
  const appended = isChanged ? configurationsAfter(state, spans, firstNew) : null;
  return { ...appended, ...configurationsAtCommit(appended ?? state, commitIndex) };
}

/** What is about to be overwritten no longer counts as durable, although the disk still has it (B9). */
function stillDurable({ durableIndex }: RaftState, firstNew: Index): Index {
  return lesser(durableIndex, previousIndex(firstNew));
}

/** CM3: never past what this very message proved to match, or a stale tail would be committed (C2). */
function learnCommitIndex(state: RaftState, request: AppendEntries): Index {
  return greater(state.commitIndex, lesser(request.commitIndex, request.lastIndex));
}

function announceCommit(state: RaftState, commitIndex: Index): readonly RaftEffect[] {
  if (commitIndex === state.commitIndex) return [];
  return [{ type: 'commit', commitIndex, term: state.term }];
}

function hearLeader(state: RaftState, from: NodeId): readonly RaftEffect[] {
  if (state.leaderId === from) return [];
  return [roleChanged({ term: state.term, leaderId: from }, 'heard the leader')];
}

function replyTo(request: AppendEntries, result: AppendEntriesReply['result']): AppendEntriesReply {
  const { term, round, prevLog } = request;
  return { type: 'AppendEntriesReply', term, round, prevIndex: prevLog.index, result };
}
