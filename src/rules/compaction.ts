/**
 * The beginning of the log (§5.1): what a snapshot holds may leave the log, but for a tail that is kept for peers which are a
 * little behind. Only what is committed ever goes, and only once the snapshot is on disk (LR19).
 */
import { assert } from '../core/assert.ts';
import type { MembershipAt } from '../core/configuration.ts';
import type { LogBase } from '../core/log-shape.ts';
import type { RaftState } from '../core/raft-state.ts';
import { compactThrough, termAt } from '../core/term-runs.ts';
import { type EntryId, greater, type Index, index } from '../core/types.ts';
import type { RaftStep } from './election.ts';

/** What a snapshot says of its end. */
export interface Covered {
  readonly lastEntry: EntryId;
  readonly membership: MembershipAt;
}

/** What of a snapshot's entries stays in the log. */
interface Trailing {
  /** So many; `null`: all. */
  readonly trailingEntries: number | null;
  /** Bound: none before this, so that a tail of large entries is not kept for ever; `null`: there is no such bound. */
  readonly from: Index | null;
}

/**
 * LR19: the log behind a snapshot that is on disk, with so many of its entries kept. Not before the entry that made its
 * members what they are: who they were before that, nothing says any more. `null`: nothing is to go.
 */
export function baseBehind(
  { log }: Pick<RaftState, 'log'>,
  { lastEntry, membership }: Covered,
  { from, trailingEntries }: Trailing,
): LogBase | null {
  if (trailingEntries === null) return null;
  const kept = Math.max(0, lastEntry.index - trailingEntries, (from ?? 0) - 1);
  const at: Index = greater(index(Math.min(kept, lastEntry.index)), membership.index);
  if (at <= log.base.index) return null;
  const term = termAt(log, at);
  return term === null ? null : { base: { index: at, term }, membership };
}

/** LR19: the entries through the base go. */
export function compactLog(state: RaftState, { base, membership }: LogBase): RaftStep {
  if (base.index <= state.log.base.index) return { changes: {}, effects: [] };
  assert(base.index <= state.commitIndex, 'LR19: only what is committed leaves the log');
  return {
    changes: { log: compactThrough(state.log, base) },
    effects: [{ type: 'moveBase', operation: 'compactThrough', base, membership }],
  };
}
