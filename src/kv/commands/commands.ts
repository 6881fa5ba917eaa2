/**
 * What a client may ask of the key-value store: the commands that enter the log and the options of
 * reads. The model is etcd's (create and modification revisions, versions, compare-then-else
 * transactions, leases), so that its clients can be served later. KV4–KV8, KV13–KV16, LE1–LE5, AC1.
 * Bytes are `command-codec.ts`, validity is `command-check.ts`, meaning is `executor.ts`.
 */

import type { KeySelector } from '../keys/key-selector.ts';
import type { AccessChange } from './access-changes.ts';

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
  /** The key goes when this lease ends. Not given: it stays, also if it was bound to one before. */
  readonly lease?: number;
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

/** In the order in which the bytes of a command number them. */
export const COMPARE_OPERATORS = ['=', '!=', '<', '>'] as const;
export type CompareOperator = (typeof COMPARE_OPERATORS)[number];
/** Likewise. */
export const COMPARE_TARGETS = [
  'version',
  'createRevision',
  'modRevision',
  'lease',
  'value',
] as const;
export type CompareNumber = Exclude<(typeof COMPARE_TARGETS)[number], 'value'>;

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

/** A new lease: what is bound to it goes once nobody has renewed it for that long. */
interface GrantCommand {
  readonly type: 'grant';
  readonly ttlMs: number;
}

/** Of many at once, so that thousands cost one entry of the log. One that has ended stays so. */
interface RenewCommand {
  readonly type: 'renew';
  readonly leases: readonly number[];
}

/** Ends a lease: its keys go, in one revision. */
interface RevokeCommand {
  readonly type: 'revoke';
  readonly lease: number;
}

/** A lease, and how often it had been renewed when somebody looked. */
export interface LeaseSeen {
  readonly lease: number;
  readonly renewals: number;
}

/** Ends those that were not renewed since: their keys go, in one revision. */
export interface ExpireCommand {
  readonly type: 'expire';
  readonly leases: readonly LeaseSeen[];
}

/** Who may do what. */
export interface AccessCommand {
  readonly type: 'access';
  readonly change: AccessChange;
}

export type LeaseCommand = GrantCommand | RenewCommand | RevokeCommand | ExpireCommand;

export type KvCommand =
  | PutCommand
  | DeleteCommand
  | TxnCommand
  | CompactCommand
  | LeaseCommand
  | AccessCommand;
