/**
 * What callers may hand to the client: text or bytes for keys and values. Text is UTF-8; inside there are
 * only bytes, as the store has them.
 */

import type { Consistency } from '../../client-protocol/frame-shapes.ts';
import type { LogId } from '../../core/log-id.ts';
import type {
  CompareNumber,
  CompareOperator,
  KeyCondition,
  TxnCommand,
  TxnOperation,
} from '../../kv/commands/commands.ts';
import { type KeySelector, selectorOf } from '../../kv/keys/key-selector.ts';

/** Text is encoded as UTF-8. */
export type Bytes = string | Uint8Array;

export interface CallOptions {
  /** How long this request may take, in milliseconds; 1 to 60,000. */
  readonly timeoutMs?: number;
  /** Aborts the wait. A write that has left may take effect all the same: the error says which it is. */
  readonly signal?: AbortSignal;
}

export interface WriteOptions extends CallOptions {
  /** What must hold of the key; if it does not, the write rejects with `ConditionFailedError`. */
  readonly condition?: KeyCondition;
  /** Asks for what the key held before. */
  readonly returnPrevious?: boolean;
}

export interface PutOptions extends WriteOptions {
  /** The number of the lease with which the key goes. */
  readonly lease?: number;
}

export interface LeaseOptions extends CallOptions {
  /** How long it lasts unless it is renewed, in milliseconds; from 100 to a year. */
  readonly ttlMs: number;
}

/** Which keys; see `KeySelector`. */
export interface Selection {
  readonly key?: Bytes;
  readonly prefix?: Bytes;
  /** Inclusive. */
  readonly start?: Bytes;
  /** Exclusive. */
  readonly end?: Bytes;
}

export interface ReadOptions extends CallOptions {
  /** Default `linearizable`. `lease` may be served as `linearizable`, which trusts no clock; the answer says so. */
  readonly consistency?: Consistency;
  /**
   * The `logId` of a write that the answer must show, whoever wrote it: a `local` read, of whichever node, that waits for
   * it and asks no leader. What was written later may be missing.
   */
  readonly atLeast?: LogId;
  /** Read the store as it stood then. */
  readonly revision?: number;
}

export interface RangeQuery extends Selection, ReadOptions {
  readonly limit?: number;
  readonly keysOnly?: boolean;
}

export interface WatchQuery extends Selection {
  /** The first revision to hear of. Not given: the first one after now. */
  readonly from?: number;
  /** Ends the iteration. */
  readonly signal?: AbortSignal;
}

export type CompareInput =
  | {
      readonly key: Bytes;
      readonly target: CompareNumber;
      readonly operator: CompareOperator;
      readonly value: number;
    }
  | {
      readonly key: Bytes;
      readonly target: 'value';
      readonly operator: CompareOperator;
      readonly value: Bytes;
    };

export type OperationInput =
  | {
      readonly type: 'put';
      readonly key: Bytes;
      readonly value: Bytes;
      readonly lease?: number;
      readonly returnPrevious?: boolean;
    }
  | (Selection & { readonly type: 'delete'; readonly returnPrevious?: boolean })
  | (Selection & {
      readonly type: 'range';
      readonly limit?: number;
      readonly revision?: number;
      readonly keysOnly?: boolean;
      readonly countOnly?: boolean;
    });

export interface TxnInput {
  /** All must hold for `success` to run; otherwise `failure` does. Not given: none. */
  readonly compare?: readonly CompareInput[];
  readonly success?: readonly OperationInput[];
  readonly failure?: readonly OperationInput[];
}

const encoder = new TextEncoder();
const HALF_A_CHARACTER = /\p{Surrogate}/u;

/** Throws a `TypeError` for what is neither, and for text with half a character. */
export function toBytes(value: Bytes): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value !== 'string') {
    throw new TypeError('a key or value must be a string or a Uint8Array');
  }
  const bytes = encoder.encode(value);
  if (bytes.length !== value.length) expectWholeCharacters('a key or value', value);
  return bytes;
}

/** Throws a `TypeError` for text with half a character: it would be sent as another. */
export function expectWholeCharacters(what: string, text: string): void {
  if (!HALF_A_CHARACTER.test(text)) return;
  throw new TypeError(
    `${what} holds half a character (a lone surrogate), for which no bytes stand`,
  );
}

/** Keys in bytes of their own: a read or a watch may be sent later, and again, whatever becomes of the caller's. */
export function toSelector(selection: Selection): KeySelector {
  return selectorOf((part) => {
    const given = selection[part];
    return given === undefined ? null : new Uint8Array(toBytes(given));
  });
}

export function toTxnCommand({ compare = [], success = [], failure = [] }: TxnInput): TxnCommand {
  return {
    type: 'txn',
    compare: compare.map((each) =>
      each.target === 'value'
        ? { ...each, key: toBytes(each.key), value: toBytes(each.value) }
        : { ...each, key: toBytes(each.key) },
    ),
    success: success.map(toOperation),
    failure: failure.map(toOperation),
  };
}

function toOperation(operation: OperationInput): TxnOperation {
  if (operation.type === 'put') {
    return { ...operation, key: toBytes(operation.key), value: toBytes(operation.value) };
  }
  const { key, prefix, start, end, ...rest } = operation;
  return { ...rest, ...toSelector(operation) };
}
