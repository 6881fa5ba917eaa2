/** The bounds of the driver beyond those of `src/core/limits.ts`, with what happens when each is reached. */

/** Bound: messages that overtake the peer's acceptance here; what exceeds it is dropped, as the network may. */
export const EARLY_MESSAGES_MAX = 64;
/** Bound: the bytes of their entries, together. */
export const EARLY_BYTES_MAX = 1024 * 1024;
/** Bound: a new reason of a known refusal is told this much after the one before at the earliest, in milliseconds. */
export const REFUSAL_RETOLD_MS = 1_000;
/** Bound: names that are no member's can be made up; past so many at once, further ones are only counted. */
export const STRANGERS_TOLD_MAX = 16;
/** Bound: runs that a leader appends at once; what waits behind them goes with the write after (PS6). */
export const RUNS_GATHERED_MAX = 4;
/** Bound: callers that wait for leadership to move. Past it: `RAFT_OVERLOADED`, at once. */
export const TRANSFERS_MAX = 64;
/** Bound: runs that are watched until they are committed; further ones are not timed. */
export const TIMED_RUNS_MAX = 1024;
/** Bound: callers that wait for a snapshot. Past it: `RAFT_OVERLOADED`, at once. */
export const SNAPSHOT_CALLS_MAX = 64;

/** Callers wait at least so long for a leader, in milliseconds, before they are told that there is none (SP12). */
export const PATIENCE_MIN_MS = 1_000;
/** Bound: chunks of a snapshot that are asked for and not on disk yet; no more are asked for. */
export const PULL_WINDOW_CHUNKS = 12;
/** Bound: requests for chunks that wait on one connection; whoever asks for more is hung up. */
export const PULLS_WAITING_MAX = 16;
/** Bound: members that fetch a snapshot from this one at a time; who comes later is hung up, and tries again. */
export const SERVED_MAX = 8;
/** A snapshot stays for whoever fetches it until nothing was asked for so long, in milliseconds. */
export const SERVED_SILENCE_MS = 10_000;
/** Bound: snapshots leave no faster than this, whoever they are for, so that they leave room for all else. */
export const SNAPSHOT_BYTES_PER_SECOND = 100 * 1024 * 1024;
/** Where a connection is full, the rest of a chunk is tried again after this, in milliseconds. */
export const SEND_RETRY_MS = 20;

/** Bound: who watches a node at a time. Past it: `RAFT_OVERLOADED`, at once. */
export const WATCHERS_MAX = 16;
/** Bound: records kept for whoever reads them later; whoever comes later still is told how many it missed. */
export const INSPECTED_RECORDS_MAX = 1_024;
/** Bound: in each span between two views so many records that change no state are told; the rest is only counted. */
export const QUIET_RECORDS_MAX = 40;
/** Bound: changes of state of one actor, other than raft, that are told in each such span; then its chart is left out. */
export const ACTOR_CHANGES_MAX = 6;
/** What was left out is heard again with so many views: to be heard costs a chart as much as its step. */
export const RESTED_VIEWS = 4;
/** Where a node stands is told this often at most, in milliseconds. */
export const VIEW_INTERVAL_MS = 100;
/** Bound: of the newest so many entries a view tells the terms. */
export const VIEWED_ENTRIES_MAX = 64;
/** Bound: so many terms may pass that a member cannot name yet, since its disk has yet to take them in, to who leads (PS1). Further behind, its commands wait. */
export const TERMS_UNNAMED_MAX = 1;
/** Bound: chunks that a snapshot takes over in one turn of the event loop; it costs no more than noting them. */
export const SHARED_CHUNKS_AT_ONCE = 256;
