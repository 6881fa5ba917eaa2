/** When a member takes a snapshot by itself, and what of the log it keeps behind one. */

/** Whichever of the first three is reached first, counted from the last one; `null`: not for that reason. */
export interface SnapshotThresholds {
  /** So many entries were applied. */
  readonly entries: number | null;
  /** Entries of so many bytes were applied. */
  readonly bytes: number | null;
  /** So long ago the first entry was applied that is in none, in milliseconds. */
  readonly ageMs: number | null;
  /**
   * For entries or bytes none is taken before those that were applied since the newest take so many times what the next
   * has to write again of it: all of it, unless the machine says which chunks stay (SN5). At 1, what is written of a state,
   * however large, is no more than what is written of the log. 0: it does not matter.
   */
  readonly growth: number;
  /**
   * Once a snapshot is on disk, so many of the entries that it holds stay in the log, for peers that are a little behind, as
   * far as they are in memory, too (`cacheBytesMax`); the others go. `null`: all of them stay.
   */
  readonly trailingEntries: number | null;
}

/** None by itself, and a log that is kept whole. */
export const NO_SNAPSHOT_THRESHOLDS: SnapshotThresholds = Object.freeze({
  entries: null,
  bytes: null,
  ageMs: null,
  growth: 0,
  trailingEntries: null,
});

/**
 * For programs and servers, unless they say otherwise: rare enough that writing them takes no more than writing the log,
 * often enough that a start replays no more than a second's worth of entries, or than its snapshot holds.
 */
export const DEFAULT_SNAPSHOT_THRESHOLDS: SnapshotThresholds = Object.freeze({
  entries: 50_000,
  bytes: 256 * 1024 * 1024,
  ageMs: null,
  growth: 1,
  trailingEntries: 10_000,
});
