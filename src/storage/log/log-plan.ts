/**
 * What a write will do to the log, worked out before anything is touched: pure, and the same for every
 * store. The assertions are the writing end of the rules that the start-up proof checks at the reading
 * end (ST3, ST4). It reads and writes nothing.
 */
import { assert, unreachable } from '../../core/assert.ts';
import type { MembershipAt } from '../../core/configuration.ts';
import { type EntryRun, isHeaderOf } from '../../core/entry-run.ts';
import { type HardState, isSameHardState } from '../../core/hard-state.ts';
import type { LogBase, LogShape } from '../../core/log-shape.ts';
import { truncateRuns } from '../../core/run-list.ts';
import {
  appendSpan,
  compactThrough,
  emptyFrom,
  lastLog,
  truncateFrom,
} from '../../core/term-runs.ts';
import { greater, type Index, lesser, nextIndex } from '../../core/types.ts';
import type { LogOperation } from '../../ports/log-store.ts';

export interface LogState {
  readonly hardState: HardState;
  readonly shape: LogShape;
  /** What was known to be committed when the last write was made. */
  readonly commitIndex: Index;
}

export interface LogPlan {
  /** What the log and the hard state are once the plan is carried out. */
  readonly after: LogState;
  readonly isHardStateChanged: boolean;
  /** Of what is stored, this entry and all behind it go; `null`: nothing does. */
  readonly cutFrom: Index | null;
  /** Of what is stored, nothing stays. */
  readonly isRestart: boolean;
  /** What is in force where the log begins, if it begins elsewhere. */
  readonly membership: MembershipAt | null;
  readonly append: readonly EntryRun[];
}

/** Throws `InvariantViolation`, and has changed nothing, if an operation breaks a rule of the log. */
export function planWrite(before: LogState, operations: readonly LogOperation[]): LogPlan {
  const kept = { cutFrom: null, isRestart: false, membership: null };
  const draft: LogDraft = { ...before, ...kept, append: [] };
  for (const operation of operations) perform(draft, operation);
  const { hardState, shape, append, cutFrom, isRestart, membership } = draft;
  assert(lastLog(shape).term <= hardState.term, "ST3: no entry is above the hard state's term");
  const isHardStateChanged = !isSameHardState(before.hardState, hardState);
  const commitIndex = lesser(draft.commitIndex, shape.lastIndex);
  const after = { hardState, shape, commitIndex };
  return { after, isHardStateChanged, cutFrom, isRestart, membership, append };
}

interface LogDraft {
  hardState: HardState;
  shape: LogShape;
  commitIndex: Index;
  cutFrom: Index | null;
  isRestart: boolean;
  membership: MembershipAt | null;
  append: EntryRun[];
}

function perform(draft: LogDraft, operation: LogOperation): void {
  switch (operation.type) {
    case 'setHardState':
      setHardState(draft, operation.hardState);
      return;
    case 'truncateFrom':
      truncate(draft, operation.index);
      return;
    case 'append':
      for (const run of operation.runs) append(draft, run);
      return;
    case 'noteCommitted':
      draft.commitIndex = greater(draft.commitIndex, operation.index);
      return;
    case 'compactThrough':
      draft.shape = compactThrough(draft.shape, operation.base);
      beginAt(draft, operation);
      return;
    case 'restart':
      restart(draft, operation);
      return;
    default:
      unreachable(operation);
  }
}

function setHardState(draft: LogDraft, next: HardState): void {
  const now = draft.hardState;
  assert(next.term >= now.term, 'ST4: the term never falls');
  assert(
    next.term > now.term || now.votedFor === null || next.votedFor === now.votedFor,
    'ST4: a vote is never changed or taken back in its term',
  );
  draft.hardState = next;
}

function truncate(draft: LogDraft, from: Index): void {
  const { commitIndex, shape } = draft;
  assert(from > commitIndex, 'ST19: what is known to be committed is never truncated');
  draft.shape = truncateFrom(shape, from);
  if (from > shape.lastIndex) return;
  const firstAppended = draft.append[0]?.firstIndex ?? nextIndex(shape.lastIndex);
  if (from < firstAppended) draft.cutFrom = from;
  truncateRuns(draft.append, from);
}

/** SN3: what a snapshot holds is committed, and never less than what is known to be (E5). */
function restart(draft: LogDraft, log: LogBase): void {
  assert(log.base.index >= draft.commitIndex, 'ST20: nothing committed is taken back');
  draft.shape = emptyFrom(log.base);
  Object.assign(draft, { isRestart: true, cutFrom: null, append: [] });
  beginAt(draft, log);
}

function beginAt(draft: LogDraft, { base, membership }: LogBase): void {
  assert(membership.index <= base.index, 'ST20: the members at the base were known there');
  draft.commitIndex = greater(draft.commitIndex, base.index);
  draft.membership = membership;
}

function append(draft: LogDraft, run: EntryRun): void {
  assert(isHeaderOf(run), 'ST2: a run is what its header says');
  draft.shape = appendSpan(draft.shape, run);
  draft.append.push(run);
}
