/** The bounds of the key-value store, with what happens when each is reached. */

/** What a put takes beside its key and its value: version, kind, flags, two lengths, a lease, a condition with a counter. */
export const PUT_HEADERS_BYTES_MAX = 28;
/** Bound: compares, success operations and failure operations of one transaction, each. Past it: refused. */
export const TXN_OPERATIONS_MAX = 128;
/** Bound: bytes of one key. Longer ones are refused: every comparison on the way to a key would pay. */
export const KEY_BYTES_MAX = 64 * 1024;
/** Bound: keys that all ranges of one transaction return. The rest is left out and `more` says so (KV22). */
export const TXN_RANGE_KEYS_MAX = 10_000;
/** Bound: bytes of those keys and values. One key is returned even if it alone is larger; the rest as above. */
export const TXN_RANGE_BYTES_MAX = 4 * 1024 * 1024;
/** Bound: keys that they look at in the past. There the range ends, `more` says so, and the count is of those before. */
export const TXN_RANGE_LOOKS_MAX = 20_000;
/** Bound: keys that a read of the past outside of transactions looks at only to count them; the rest as above. */
export const RANGE_COUNT_LOOKS_MAX = 100_000;
/** Bound: keys that one command deletes, and whose previous values it returns. Past it: `RAFT_TOO_LARGE` (KV23). */
export const CHANGED_KEYS_MAX = 10_000;
/** Bound: bytes of what it returns of before. One key is returned even if it alone is larger; past it: as above. */
export const CHANGED_BYTES_MAX = 4 * 1024 * 1024;
/** How long a lease may be, in milliseconds: a year at most. */
export const LEASE_TTL_MIN_MS = 100;
export const LEASE_TTL_MAX_MS = 31_536_000_000;
/** Bound: leases at one time. Past it: none is granted, `RAFT_OVERLOADED`. */
export const LEASES_MAX = 100_000;
/** Bound: keys of one lease, since they go in one revision. Past it: no other is bound to it, `RAFT_TOO_LARGE`. */
export const LEASE_KEYS_MAX = 10_000;
/** Bound: leases that one command renews, or ends. Past it: refused. */
export const LEASES_IN_COMMAND_MAX = 1_024;
/** Bound: rights of all roles together. Past it: none is granted. */
export const ACCESS_GRANTS_MAX = 10_000;
/** Bound: tokens and users. Past it: none is added. */
export const ACCESS_CALLERS_MAX = 10_000;
/** Bound: roles that one of them has. Past it: refused. */
export const ACCESS_ROLES_OF_CALLER_MAX = 32;
/** Bound: the largest `limit` a range may name. */
export const RANGE_LIMIT_MAX = 2 ** 32 - 1;
/** Bound: new keys that are put in order together: that takes a millisecond or two. Before anyone looks at the order, it is done. */
export const KEYS_PUT_IN_ORDER_MAX = 1024;
/** Bound: keys in a block. One with more is cut; two that fit into half of one are joined. */
export const INDEX_BLOCK_KEYS_MAX = 512;
/** A power of two: with a million keys each part has 16,000, which are copied within 2 ms when it grows. */
export const KEY_TABLE_PARTS = 64;
/** Bound: characters made by one call; a call's arguments lie on the stack. Longer keys take several. */
export const CHARACTERS_PER_CALL = 4096;
/** Bound: how long memory is freed in one turn of the event loop, in milliseconds; answers wait no longer for it. */
export const PRUNE_SLICE_MS = 2;
/**
 * Bound: steps of freeing memory in one turn; the rest waits for the next one. An event costs two steps in its life, and
 * a turn applies fewer than half as many, so that freeing keeps ahead of writing.
 */
export const PRUNE_STEPS_MAX = 16_384;
/** Bound: steps between two looks at the time. */
export const PRUNE_STEPS_AT_ONCE = 256;
/** Bound: puts between two looks at the time; they are quick. After every other command it is looked at. */
export const PUTS_IN_A_ROW_MAX = 32;
/** Bound: events of a batch that watchers are not told of before the time is looked at: telling many takes some. */
export const EVENTS_UNTOLD_MAX = 32;
/** Bound: bytes of keys and values in the results of one batch; one result is made even if it alone is larger. */
export const BATCH_RESULT_BYTES_MAX = 4 * 1024 * 1024;
/** Bound: what one small value can keep from being freed after all others in its slab are gone. */
export const VALUE_SLAB_BYTES = 4096;
/** Larger values get a buffer of their own. */
export const SHARED_VALUE_BYTES_MAX = 512;
/** Marks of when the store stood at which revision lie at least so far apart, in milliseconds. */
export const MARK_SPACING_MIN_MS = 1_000;
/** Bound: such marks. With more, every second one goes, and they lie twice as far apart. */
export const MARKS_MAX = 1_024;
/** Bound: a shorter piece of a value is not worth its head in a chunk of a snapshot; the chunk ends before it. */
export const PIECE_BYTES_MIN = 1024;
/** Bound: keys, or events, looked at for one chunk; it then ends as it is. */
export const SNAPSHOT_ITEMS_MAX = 2_048;
/** Bound: records of a snapshot taken in one turn of the event loop, and fewer once it has lasted `APPLY_SLICE_MS`. */
export const RESTORE_RECORDS_MAX = 2_048;
/** Bound: records between two looks at the time. */
export const RESTORE_RECORDS_AT_ONCE = 128;
/** Bound: matching events in a page. A revision that crosses it is still given whole. */
export const HISTORY_EVENTS_MAX = 1024;
/** Bound: events looked at for a page, matching or not. */
export const HISTORY_EXAMINED_MAX = 16 * 1024;
