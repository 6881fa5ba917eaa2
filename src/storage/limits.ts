/** The bounds of the log store, with what happens when each is reached. */

/** Bound: bytes read from the database in one step; the rest follows in the next. */
export const SCAN_STEP_BYTES_MAX = 1024 * 1024;
/** Bound: files that LevelDB keeps open, unless told otherwise. It maps most of its tables and closes them again. */
export const OPEN_FILES_MAX = 1_000;
/** Bound: records of one scan step; LevelDB reserves memory for so many before it reads. */
export const SCAN_RECORDS_MAX = 1_000;
/** The manifest of a store without tables takes less. */
export const EMPTY_MANIFEST_BYTES_MAX = 128;
/** Runs that there is room for from the start; the room is doubled when it is full. */
export const RUN_INDEX_CAPACITY_MIN = 64;
/** Bound: runs that are compacted away in one batch, or chunks of old snapshots; the others go with the next ones. */
export const SWEPT_RUNS_MAX = 512;
/** Bound: peers that wait for the next batch. Past it: `RAFT_OVERLOADED`, at once. */
export const PENDING_PEERS_MAX = 1_000;
/** Bound: bytes of the log in memory while a recovery copies it (RC2). */
export const COPIED_BYTES_MAX = 4 * 1024 * 1024;
/**
 * Bound: bytes of chunks that a snapshot which takes over others keeps in memory, to be written with its end; past it, those
 * behind the end of the one before are written ahead.
 */
export const HELD_CHUNK_BYTES_MAX = 16 * 1024 * 1024;
/** Bound: chunks of the one before that it may have changed; past it, it is written as a whole. */
export const REWRITTEN_CHUNKS_MAX = 64;
/** Bound: chunks of a snapshot that a restore writes with one sync. */
export const RESTORED_CHUNKS_AT_ONCE = 16;
