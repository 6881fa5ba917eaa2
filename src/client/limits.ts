/** The bounds of the client library, with what happens when each is reached; `docs/LIMITS.md` has them in a table. */

/** Waits between rounds of attempts, in milliseconds: doubled each time, with jitter. */
export const REDIAL_MIN_MS = 25;
export const REDIAL_MAX_MS = 1_000;
/** Bound: bytes of commands in one frame; the rest of the tick follows in the next frame. */
export const REQUEST_FRAME_FILL_BYTES = 1024 * 1024;
/** Bound: bytes of keys and values held for a slow reader; reached, the stream is paused at its source. */
export const WATCH_BUFFER_BYTES_MAX = 64 * 1024 * 1024;
