/**
 * The log without its payloads: which terms it holds and where each begins. A whole log of millions
 * of entries is a few pairs, which is what keeps a chart's context small, printable and hashable.
 */
import type { Membership, MembershipAt } from './configuration.ts';
import { ENTRY_ZERO, type EntryId, INDEX_ZERO, type Index, type Term } from './types.ts';

/** A stretch of entries of one term; it ends where the next run begins. */
export interface TermRun {
  readonly term: Term;
  /** Index of its first entry, inclusive. */
  readonly firstIndex: Index;
}

export interface LogShape {
  /** The last entry that is no longer in the log (covered by a snapshot); 0/0 if nothing was compacted. */
  readonly base: EntryId;
  /** Index of the last entry, inclusive; equal to `base.index` when the log is empty. */
  readonly lastIndex: Index;
  /** Ascending in term and index; the first begins at `base.index + 1`; empty iff the log is empty. */
  readonly termRuns: readonly TermRun[];
}

/** Where a log begins. */
export interface LogBase {
  readonly base: EntryId;
  /** The members in force there. */
  readonly membership: MembershipAt;
}

export const LOG_EMPTY: LogShape = { base: ENTRY_ZERO, lastIndex: INDEX_ZERO, termRuns: [] };

/** Consecutive entries of one term: `[firstIndex, lastIndex]`, both inclusive. */
export interface EntrySpan {
  readonly term: Term;
  readonly firstIndex: Index;
  readonly lastIndex: Index;
  /** What it says of the members, if it is a configuration entry; such an entry is a span of its own. */
  readonly membership?: Membership;
}
