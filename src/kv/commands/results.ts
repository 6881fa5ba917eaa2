/**
 * What the store answers: plain data, one type for each kind of command. A refusal by the store's own
 * rules is one of these and never a throw, since every replica must come to it alike (KV9).
 * Byte arrays in results belong to the store: they stay valid, are shared and never written to, and
 * may be views into a larger `buffer`.
 */
import type { RaftErrorCode } from '../../core/errors.ts';
import type { KeyValue } from '../keys/key-value.ts';

export interface PutResult {
  readonly type: 'put';
  /** The revision that this write took. */
  readonly revision: number;
  /** Only where asked for; `null`: the key did not exist. */
  readonly previous?: KeyValue | null;
}

export interface DeleteResult {
  readonly type: 'delete';
  /** The revision that this took, or the store's where nothing was deleted. */
  readonly revision: number;
  readonly deleted: number;
  /** Only where asked for: what was deleted, in key order. */
  readonly previous?: readonly KeyValue[];
}

export interface RangeResult {
  readonly type: 'range';
  /** The store's revision when this was answered, whichever revision was read. */
  readonly revision: number;
  /** In key order. */
  readonly kvs: readonly KeyValue[];
  /** True if the limit, or a bound, left keys out. */
  readonly more: boolean;
  /** How many keys there are, regardless of the limit; of the past, if `more`, perhaps only how many at least. */
  readonly count: number;
}

export type TxnResponse = PutResult | DeleteResult | RangeResult;

export interface TxnResult {
  readonly type: 'txn';
  /** The revision that this took, or the store's where nothing was changed. */
  readonly revision: number;
  /** Whether all compares held, and so which branch ran. */
  readonly succeeded: boolean;
  /** One for each operation of that branch, in order. */
  readonly responses: readonly TxnResponse[];
}

export interface CompactResult {
  readonly type: 'compact';
  readonly revision: number;
  readonly compactedRevision: number;
}

export interface GrantResult {
  readonly type: 'grant';
  /** The store's. */
  readonly revision: number;
  readonly lease: number;
  readonly ttlMs: number;
}

interface RenewResult {
  readonly type: 'renew';
  /** The store's. */
  readonly revision: number;
  /** How long each of them lasts from now on, in the order in which they were named; 0: it has ended. */
  readonly ttlsMs: readonly number[];
}

export interface RevokeResult {
  readonly type: 'revoke';
  /** The revision that this took, or the store's where no key was bound to it. */
  readonly revision: number;
  /** How many keys went with it. */
  readonly deleted: number;
}

export interface ExpireResult {
  readonly type: 'expire';
  /** As of a revoke. */
  readonly revision: number;
  readonly deleted: number;
  /** Those that have ended: none that was renewed meanwhile, nor more than one command may take away. */
  readonly leases: readonly number[];
}

export interface AccessResult {
  readonly type: 'access';
  /** The store's: nothing that is a key has changed. */
  readonly revision: number;
  /** How often access was changed. */
  readonly accessRevision: number;
}

export type LeaseResult = GrantResult | RenewResult | RevokeResult | ExpireResult;

/** The condition of a put or delete did not hold; nothing was changed. */
export interface ConditionFailed {
  readonly type: 'conditionFailed';
  readonly code: 'RAFT_CONDITION_FAILED';
  /** The store's. */
  readonly revision: number;
  /** The key's; 0 if it does not exist. */
  readonly modRevision: number;
}

export type RefusalCode = Extract<
  RaftErrorCode,
  | 'RAFT_BAD_REQUEST'
  | 'RAFT_COMPACTED'
  | 'RAFT_CONFLICT'
  | 'RAFT_FUTURE_REVISION'
  | 'RAFT_LEASE_EXPIRED'
  | 'RAFT_NOT_FOUND'
  | 'RAFT_OVERLOADED'
  | 'RAFT_TOO_LARGE'
>;

/** The command cannot be carried out on any replica; nothing was changed. */
export interface Refused {
  readonly type: 'refused';
  readonly code: RefusalCode;
  readonly message: string;
  /** The store's. */
  readonly revision: number;
  readonly compactedRevision: number;
}

export type KvResult =
  | PutResult
  | DeleteResult
  | TxnResult
  | CompactResult
  | LeaseResult
  | AccessResult
  | ConditionFailed
  | Refused;
