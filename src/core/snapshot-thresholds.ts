/** When a member takes a snapshot by itself, and what of the log it keeps behind one. */

/** Whichever is reached first, counted from the last one; `null`: not for that reason. */
export interface SnapshotThresholds {
  /** So many entries were applied. */
  readonly entries: number | null;
  /** Entries of so many bytes were applied. */
  readonly bytes: number | null;
  /** So long ago the first entry was applied that is in none, in milliseconds. */
  readonly ageMs: number | null;
  /**
   * Once a snapshot is on disk, so many of the entries that it holds stay in the log, for peers that are a little behind; the
   * others go. `null`: all of them stay.
   */
  readonly trailingEntries: number | null;
}

/** None by itself, and a log that is kept whole. */
export const NO_SNAPSHOT_THRESHOLDS: SnapshotThresholds = Object.freeze({
  entries: null,
  bytes: null,
  ageMs: null,
  trailingEntries: null,
});

/**
 * For programs and servers, unless they say otherwise: rare enough that a store under full load seldom writes one, often
 * enough that a start applies a second's worth of entries at most.
 */
export const DEFAULT_SNAPSHOT_THRESHOLDS: SnapshotThresholds = Object.freeze({
  entries: 100_000,
  bytes: 256 * 1024 * 1024,
  ageMs: null,
  trailingEntries: 10_000,
});
