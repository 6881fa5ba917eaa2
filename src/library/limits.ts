/** The bounds of what users hand over and take back, with what happens when each is reached. */

/** Bound: `msgpackr` goes on, for the whole process, with the block that it wrote last; a larger one is let go. */
export const BLOCK_BYTES_KEPT_MAX = 1_048_576;
/** Bound: what is nested deeper is refused; so is what contains itself. */
export const INPUT_DEPTH_MAX = 100;
/** Bound: a copied object takes some ten times as much memory, so of more than one for so many bytes none is made. */
export const INPUT_BYTES_PER_OBJECT_MIN = 8;
/** Bound: of a longer way only the beginning is told. */
export const STEPS_SHOWN_MAX = 12;
/** Bound: a result with more values is refused; at this size the copy takes about a tenth of a second. */
export const RESULT_VALUES_MAX = 1_000_000;
/** Bound: what is nested deeper is refused. */
export const RESULT_DEPTH_MAX = 1_000;
/** Bound: pauses between attempts that failed, in milliseconds, doubled each time. */
export const LEAD_PAUSE_MIN_MS = 10;
export const LEAD_PAUSE_MAX_MS = 1_000;
/** Bound: a result that takes more is not kept for a command of a session that comes again: `RAFT_ANSWER_GONE`. */
export const KEPT_RESULT_BYTES_MAX: number = 2 * 1_048_576;
/** Bound: values, and bytes, of a state that is copied for a snapshot in one step. Past either: `RAFT_TOO_LARGE`, and no snapshot. */
export const STATE_VALUES_MAX = 50_000;
export const STATE_BYTES_MAX = 2 * 1024 * 1024;
/** Bound: bytes that are gathered to restore such a state; a later version may have written larger ones. */
export const SNAPSHOT_GATHERED_BYTES_MAX = 64 * 1024 * 1024;
