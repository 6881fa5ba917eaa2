/** The door of `raftchart/client`: the pipelined WebSocket client of the key-value server. */

export type { Consistency } from '../client-protocol/frame-shapes.ts';
export { RaftError, type RaftErrorCode, type Retry } from '../core/errors.ts';
export type { LogId } from '../core/log-id.ts';
export type { CompareNumber, CompareOperator, KeyCondition } from '../kv/commands/commands.ts';
export { CompactedError } from '../kv/commands/kv-errors.ts';
export type {
  CompactResult,
  DeleteResult,
  PutResult,
  RangeResult,
  RevokeResult,
  TxnResponse,
  TxnResult,
} from '../kv/commands/results.ts';
export type { KeyValue } from '../kv/keys/key-value.ts';
export type {
  DeleteEvent,
  PutEvent,
  WatchEvent,
  WatchRevision,
} from '../kv/watching/watch-event.ts';
export type { ClientTls } from '../ports/tls.ts';
export type { SrvRecord } from '../wire/srv-lookup.ts';
export type { ConnectOptions, SrvOptions } from './client-options.ts';
export { connect } from './connect.ts';
export type { Elected, Leadership } from './coordination/election.ts';
export type { Lock, LockOptions } from './coordination/lock.ts';
export type { RegisterOptions, Registration } from './coordination/registry.ts';
export type { ObserveOptions } from './coordination/store.ts';
export type { KvClient } from './kv-client.ts';
export type { Lease } from './leases/lease.ts';
export type {
  Bytes,
  CallOptions,
  CompareInput,
  LeaseOptions,
  OperationInput,
  PutOptions,
  RangeQuery,
  ReadOptions,
  Selection,
  TxnInput,
  WatchQuery,
  WriteOptions,
} from './values/client-input.ts';
export { ConditionFailedError, type Written } from './values/client-output.ts';
export type { RangeAnswer } from './values/reply-reading.ts';
export type { Watch } from './watching/watch.ts';
