/** When a member takes a snapshot by itself. */

/** Whichever is reached first, counted from the last one; `null`: not for that reason. */
export interface SnapshotThresholds {
  /** So many entries were applied. */
  readonly entries: number | null;
  /** Entries of so many bytes were applied. */
  readonly bytes: number | null;
  /** So long ago the first entry was applied that is in none, in milliseconds. */
  readonly ageMs: number | null;
}

/** As long as the log is kept whole, a snapshot makes a start quicker and frees nothing: who wants them says so. */
export const NO_SNAPSHOT_THRESHOLDS: SnapshotThresholds = Object.freeze({
  entries: null,
  bytes: null,
  ageMs: null,
});
