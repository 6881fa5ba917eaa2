/**
 * What a write will do to the log, worked out before anything is touched: pure, and the same for every
 * store. The assertions are the writing end of the rules that the start-up proof checks at the reading
 * end (ST3, ST4). It reads and writes nothing.
 */
import { assert, unreachable } from '../../core/assert.ts';
import { type EntryRun, RUN_HEADER_BYTES, sliceRun } from '../../core/entry-run.ts';
import { type HardState, isSameHardState } from '../../core/hard-state.ts';
import type { LogShape, TermRun } from '../../core/log-shape.ts';
import { type EntryId, type Index, nextIndex, previousIndex, type Term } from '../../core/types.ts';
import type { LogOperation } from '../../ports/log-store.ts';

export interface LogState {
  readonly hardState: HardState;
  readonly shape: LogShape;
}

export interface LogPlan {
  /** What the log and the hard state are once the plan is carried out. */
  readonly after: LogState;
  readonly isHardStateChanged: boolean;
  /** Of what is stored, this entry and all behind it go; `null`: nothing does. */
  readonly cutFrom: Index | null;
  /** Put behind what then remains. */
  readonly append: readonly EntryRun[];
}

/** Throws `InvariantViolation`, and has changed nothing, if an operation breaks a rule of the log. */
export function planWrite(before: LogState, operations: readonly LogOperation[]): LogPlan {
  const draft: Draft = { ...before, cutFrom: null, append: [] };
  for (const operation of operations) perform(draft, operation);
  const { hardState, shape, cutFrom, append } = draft;
  assert(lastEntry(shape).term <= hardState.term, "ST3: no entry is above the hard state's term");
  const isHardStateChanged = !isSameHardState(before.hardState, hardState);
  return { after: { hardState, shape }, isHardStateChanged, cutFrom, append };
}

/** The last entry, or the one before the log if there is none. */
export function lastEntry({ base, lastIndex, termRuns }: LogShape): EntryId {
  const last = termRuns.at(-1);
  return last === undefined ? base : { term: last.term, index: lastIndex };
}

/** The shape with a run behind its end. */
export function extendShape(shape: LogShape, run: RunPlace): LogShape {
  const { term, firstIndex, lastIndex } = run;
  const isNewTerm = shape.termRuns.at(-1)?.term !== term;
  const termRuns = isNewTerm ? [...shape.termRuns, { term, firstIndex }] : shape.termRuns;
  return { ...shape, lastIndex, termRuns };
}

export interface RunPlace {
  readonly term: Term;
  readonly firstIndex: Index;
  readonly lastIndex: Index;
}

/** A plan in the making, private to one call of `planWrite`. */
interface Draft {
  hardState: HardState;
  shape: LogShape;
  cutFrom: Index | null;
  append: EntryRun[];
}

function perform(draft: Draft, operation: LogOperation): void {
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
    default:
      unreachable(operation);
  }
}

function setHardState(draft: Draft, next: HardState): void {
  const now = draft.hardState;
  assert(next.term >= now.term, 'ST4: the term never falls');
  assert(
    next.term > now.term || now.votedFor === null || next.votedFor === now.votedFor,
    'ST4: a vote is never changed or taken back in its term',
  );
  draft.hardState = next;
}

function truncate(draft: Draft, from: Index): void {
  const { shape } = draft;
  assert(from > shape.base.index, 'ST3: what was compacted is never truncated');
  if (from > shape.lastIndex) return;
  const firstAppended = draft.append[0]?.firstIndex ?? nextIndex(shape.lastIndex);
  if (from < firstAppended) draft.cutFrom = from;
  draft.append = truncateRuns(draft.append, from);
  draft.shape = truncateShape(shape, from);
}

function append(draft: Draft, run: EntryRun): void {
  const { shape } = draft;
  assert(isHeaderOf(run), 'ST2: a run is what its header says');
  assert(run.firstIndex === nextIndex(shape.lastIndex), 'ST3: runs are contiguous with the log');
  assert(run.term >= lastEntry(shape).term, 'ST3: terms never fall along the log');
  draft.append.push(run);
  draft.shape = extendShape(shape, run);
}

function truncateShape(shape: LogShape, from: Index): LogShape {
  const termRuns = shape.termRuns.filter((run: TermRun) => run.firstIndex < from);
  return { ...shape, lastIndex: previousIndex(from), termRuns };
}

function truncateRuns(runs: readonly EntryRun[], from: Index): EntryRun[] {
  return runs
    .filter((run) => run.firstIndex < from)
    .map((run) => sliceRun(run, run.firstIndex, previousIndex(from)));
}

/** The header's own numbers; its checksum was proven where the bytes came in, and is again when read. */
function isHeaderOf({ bytes, firstIndex, lastIndex, term }: EntryRun): boolean {
  if (bytes.length < RUN_HEADER_BYTES) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return (
    view.getBigUint64(8, true) === BigInt(firstIndex) &&
    view.getBigUint64(16, true) === BigInt(term) &&
    view.getUint32(32, true) === lastIndex - firstIndex + 1 &&
    view.getUint32(36, true) === bytes.length - RUN_HEADER_BYTES
  );
}
