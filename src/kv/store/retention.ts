/**
 * How much history is kept without being asked (KV25). Whoever leads looks from time to time what is due, and proposes
 * an ordinary compaction, which names its revision: what is let go every replica lets go alike, whatever each of them is
 * set to. Not every revision by itself: a sixteenth more than is wanted may pile up.
 */
import type { RevisionTime } from './revision-times.ts';

export interface Retention {
  /** Revisions of history that are kept; 0: all of them. */
  readonly revisionsMax: number;
  /** For how long a state of the store can be read after it was replaced, in milliseconds; 0: for ever. */
  readonly ageMaxMs: number;
}

/**
 * By count, since memory is what runs out: a quarter of a million revisions of 256 bytes take 110 MB, and at 5,000 writes
 * a second a watch may be away for 50 seconds and still go on. Not by age: none fits every rate of writing.
 */
export const DEFAULT_RETENTION: Retention = { revisionsMax: 250_000, ageMaxMs: 0 };

/** What is asked of the store. */
export interface RetainedHistory {
  readonly revision: number;
  readonly compactedRevision: number;
  readonly revisionTimes: {
    /** Oldest first. */
    readonly marks: readonly RevisionTime[];
    at(timeMs: number): RevisionTime | null;
  };
}

/** The share of what is kept that may be there besides. */
const SLACK = 1 / 16;

/** The revision to compact at `logTimeMs`; `null`: nothing is due. */
export function dueCompaction(
  history: RetainedHistory,
  retention: Retention,
  logTimeMs: number,
): number | null {
  const revision = Math.max(
    dueByCount(history, retention),
    dueByAge(history, retention, logTimeMs),
  );
  return revision > history.compactedRevision ? revision : null;
}

/** 0: none. */
function dueByCount({ revision, compactedRevision }: RetainedHistory, { revisionsMax }: Retention) {
  if (revisionsMax === 0) return 0;
  const kept = revision - compactedRevision;
  return kept > revisionsMax * (1 + SLACK) ? revision - revisionsMax : 0;
}

/** What stood at that time, and everything after it, is still to be read: it is the first revision kept. */
function dueByAge({ revisionTimes }: RetainedHistory, { ageMaxMs }: Retention, logTimeMs: number) {
  if (ageMaxMs === 0) return 0;
  const [first] = revisionTimes.marks;
  const last = revisionTimes.at(logTimeMs - ageMaxMs);
  if (first === undefined || last === null) return 0;
  return last.timeMs - first.timeMs >= ageMaxMs * SLACK ? last.revision : 0;
}
