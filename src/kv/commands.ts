/**
 * What a client may ask of the key-value store: the commands that enter the log and the options of
 * reads. The model is etcd's (create and modification revisions, versions, compare-then-else
 * transactions), so that its clients can be served later. KV4–KV8, KV13–KV16.
 * Bytes are `command-codec.ts`, validity is `command-check.ts`, meaning is `executor.ts`.
 */

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
/** Bound: the largest `limit` a range may name. */
export const RANGE_LIMIT_MAX = 2 ** 32 - 1;

/**
 * Which keys. Either `key` alone, or any of the others, and then the keys that satisfy all that are given:
 * those that begin with `prefix` and lie in `[start, end)`. An empty `prefix` means every key.
 */
export interface KeySelector {
  readonly key?: Uint8Array;
  readonly prefix?: Uint8Array;
  /** Inclusive. */
  readonly start?: Uint8Array;
  /** Exclusive. */
  readonly end?: Uint8Array;
}

/** What must hold of the key for the write to happen. An absent key has modRevision 0. */
export type KeyCondition =
  | { readonly type: 'modRevision'; readonly modRevision: number }
  | { readonly type: 'absent' }
  | { readonly type: 'present' };

export interface PutOperation {
  readonly type: 'put';
  /** At least one byte. */
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  /** Asks for what the key held before. */
  readonly returnPrevious?: boolean;
}

export interface DeleteOperation extends KeySelector {
  readonly type: 'delete';
  /** Asks for what the keys held before. */
  readonly returnPrevious?: boolean;
}

export interface RangeOptions extends KeySelector {
  /** At most this many keys, at least 1. Not given: all of them. */
  readonly limit?: number;
  /** Read the store as it stood at this revision, at least 1. Not given: as it stands. */
  readonly revision?: number;
  /** Leave the values empty. */
  readonly keysOnly?: boolean;
  /** Return no keys, only how many there are. */
  readonly countOnly?: boolean;
}

export interface RangeOperation extends RangeOptions {
  readonly type: 'range';
}

export type TxnOperation = PutOperation | DeleteOperation | RangeOperation;

export type CompareOperator = '=' | '!=' | '<' | '>';
export type CompareNumber = 'version' | 'createRevision' | 'modRevision' | 'lease';

/** `<target of key> <operator> <value>`. An absent key has numbers 0, and no compare of its value holds. */
export type Compare =
  | {
      readonly key: Uint8Array;
      readonly target: CompareNumber;
      readonly operator: CompareOperator;
      readonly value: number;
    }
  | {
      readonly key: Uint8Array;
      readonly target: 'value';
      readonly operator: CompareOperator;
      readonly value: Uint8Array;
    };

export interface PutCommand extends PutOperation {
  readonly condition?: KeyCondition;
}

export interface DeleteCommand extends DeleteOperation {
  /** Only together with `key`. */
  readonly condition?: KeyCondition;
}

/** If all compares hold, `success`, otherwise `failure`: one atomic step, one revision. */
export interface TxnCommand {
  readonly type: 'txn';
  readonly compare: readonly Compare[];
  readonly success: readonly TxnOperation[];
  readonly failure: readonly TxnOperation[];
}

/** Forget what the store held before `revision`. */
interface CompactCommand {
  readonly type: 'compact';
  readonly revision: number;
}

export type KvCommand = PutCommand | DeleteCommand | TxnCommand | CompactCommand;
