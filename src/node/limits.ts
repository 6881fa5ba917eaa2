/** The bounds of the driver beyond those of `src/core/limits.ts`, with what happens when each is reached. */

/** Bound: messages that overtake the peer's acceptance here; what exceeds it is dropped, as the network may. */
export const EARLY_MESSAGES_MAX = 64;
/** Bound: the bytes of their entries, together. */
export const EARLY_BYTES_MAX = 1024 * 1024;
/** Bound: a new reason of a known refusal is told this much after the one before at the earliest, in milliseconds. */
export const REFUSAL_RETOLD_MS = 1_000;
/** Bound: names that are no member's can be made up; past so many at once, further ones are only counted. */
export const STRANGERS_TOLD_MAX = 16;
/** Bound: callers that wait for leadership to move. Past it: `RAFT_OVERLOADED`, at once. */
export const TRANSFERS_MAX = 64;
/** Bound: runs that are watched until they are committed; further ones are not timed. */
export const TIMED_RUNS_MAX = 1024;
/** Bound: callers that wait for a snapshot. Past it: `RAFT_OVERLOADED`, at once. */
export const SNAPSHOT_CALLS_MAX = 64;

/** Callers wait at least so long for a leader, in milliseconds, before they are told that there is none (SP12). */
export const PATIENCE_MIN_MS = 1_000;
