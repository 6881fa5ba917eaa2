/**
 * What each command means: reads and writes the store as one transaction and says what came of it
 * (KV2, KV4–KV9). Whatever can be refused is refused before anything is changed, so there is
 * nothing to roll back. The command must have passed `command-check.ts`.
 */
import { unreachable } from '../core/assert.ts';
import {
  type Compare,
  type CompareOperator,
  type DeleteCommand,
  type DeleteOperation,
  type KeyCondition,
  type KvCommand,
  type PutCommand,
  type PutOperation,
  type RangeOptions,
  TXN_RANGE_KEYS_MAX,
  type TxnCommand,
  type TxnOperation,
} from './commands.ts';
import { itemAt } from './item-at.ts';
import { boundsOf, type KeyText, keyText } from './key-order.ts';
import { type LiveVersion, toKeyValue } from './key-version.ts';
import { compactedText, futureText } from './kv-errors.ts';
import type { MvccStore } from './mvcc-store.ts';
import type {
  CompactResult,
  ConditionFailed,
  DeleteResult,
  KeyValue,
  KvResult,
  PutResult,
  RangeResult,
  RefusalCode,
  Refused,
  TxnResponse,
  TxnResult,
} from './results.ts';

const NO_VALUE = new Uint8Array(0);

export function execute(store: MvccStore, command: KvCommand): KvResult {
  switch (command.type) {
    case 'put':
      return executePut(store, command);
    case 'delete':
      return executeDelete(store, command);
    case 'txn':
      return executeTxn(store, command);
    case 'compact':
      return executeCompact(store, command.revision);
    default:
      return unreachable(command);
  }
}

export function refused(store: MvccStore, code: RefusalCode, message: string): Refused {
  const { revision, compactedRevision } = store;
  return { type: 'refused', code, message, revision, compactedRevision };
}

/** Why the store cannot be read at this revision; `null`: it can. */
export function refusalToRead(store: MvccStore, revision: number): Refused | null {
  if (revision < store.compactedRevision) {
    const text = compactedText(revision, store.compactedRevision);
    return refused(store, 'RAFT_COMPACTED', text);
  }
  if (revision <= store.revision) return null;
  return refused(store, 'RAFT_FUTURE_REVISION', futureText(revision, store.revision));
}

/** The revision, if one is asked for, must be one that can be read. */
export function readRange(store: MvccStore, options: RangeOptions): RangeResult {
  const { limit = null, revision = null, keysOnly = false, countOnly = false } = options;
  const { versions, count } = store.read(boundsOf(options), { limit, revision, countOnly });
  const kvs = versions.map(keysOnly ? withoutValue : toKeyValue);
  const more = !countOnly && kvs.length < count;
  return { type: 'range', revision: store.revision, kvs, more, count };
}

function executePut(store: MvccStore, command: PutCommand): PutResult | ConditionFailed {
  const key = keyText(command.key);
  const miss = missedCondition(store, key, command.condition);
  if (miss !== null) return miss;
  const result = put(store, key, command);
  store.commit();
  return result;
}

function executeDelete(store: MvccStore, command: DeleteCommand): DeleteResult | ConditionFailed {
  if (command.condition !== undefined && command.key !== undefined) {
    const miss = missedCondition(store, keyText(command.key), command.condition);
    if (miss !== null) return miss;
  }
  const result = remove(store, command);
  store.commit();
  return result;
}

function executeTxn(store: MvccStore, command: TxnCommand): TxnResult | Refused {
  const succeeded = command.compare.every((compare) => holds(store, compare));
  const operations = succeeded ? command.success : command.failure;
  const refusal = refusalOf(store, operations);
  if (refusal !== null) return refusal;
  const responses = operations.map((operation) => perform(store, operation));
  return { type: 'txn', revision: store.commit(), succeeded, responses };
}

function executeCompact(store: MvccStore, revision: number): CompactResult | Refused {
  if (revision <= store.compactedRevision) {
    const text = `Revision ${revision} is compacted already, through ${store.compactedRevision}.`;
    return refused(store, 'RAFT_COMPACTED', text);
  }
  const refusal = refusalToRead(store, revision);
  if (refusal !== null) return refusal;
  store.compact(revision);
  return { type: 'compact', revision: store.revision, compactedRevision: revision };
}

/** Of the operations only a read of the past can be refused, and then none of them is carried out. */
function refusalOf(store: MvccStore, operations: readonly TxnOperation[]): Refused | null {
  for (const operation of operations) {
    if (operation.type !== 'range' || operation.revision === undefined) continue;
    const refusal = refusalToRead(store, operation.revision);
    if (refusal !== null) return refusal;
  }
  return null;
}

/** Each operation sees what the ones before it did. */
function perform(store: MvccStore, operation: TxnOperation): TxnResponse {
  switch (operation.type) {
    case 'put':
      return put(store, keyText(operation.key), operation);
    case 'delete':
      return remove(store, operation);
    case 'range':
      return readRange(store, { ...operation, limit: limitInTxn(operation.limit) });
    default:
      return unreachable(operation);
  }
}

function limitInTxn(limit: number | undefined): number {
  return Math.min(limit ?? TXN_RANGE_KEYS_MAX, TXN_RANGE_KEYS_MAX);
}

function put(store: MvccStore, key: KeyText, operation: PutOperation): PutResult {
  const previous = store.put(key, operation.value);
  const { revision } = store;
  if (operation.returnPrevious !== true) return { type: 'put', revision };
  return { type: 'put', revision, previous: previous === null ? null : toKeyValue(previous) };
}

function remove(store: MvccStore, operation: DeleteOperation): DeleteResult {
  const previous = removeAll(store, operation);
  const { revision } = store;
  const deleted = previous.length;
  if (operation.returnPrevious !== true) return { type: 'delete', revision, deleted };
  return { type: 'delete', revision, deleted, previous: previous.map(toKeyValue) };
}

function removeAll(store: MvccStore, operation: DeleteOperation): readonly LiveVersion[] {
  if (operation.key !== undefined) {
    const previous = store.delete(keyText(operation.key));
    return previous === null ? [] : [previous];
  }
  const all = { limit: null, revision: null, countOnly: false };
  const { versions } = store.read(boundsOf(operation), all);
  for (const { key } of versions) store.delete(key);
  return versions;
}

function missedCondition(
  store: MvccStore,
  key: KeyText,
  condition: KeyCondition | undefined,
): ConditionFailed | null {
  if (condition === undefined) return null;
  const modRevision = store.newest(key)?.modRevision ?? 0;
  if (isMet(condition, modRevision)) return null;
  const { revision } = store;
  return { type: 'conditionFailed', code: 'RAFT_CONDITION_FAILED', revision, modRevision };
}

function isMet(condition: KeyCondition, modRevision: number): boolean {
  switch (condition.type) {
    case 'modRevision':
      return modRevision === condition.modRevision;
    case 'absent':
      return modRevision === 0;
    case 'present':
      return modRevision !== 0;
    default:
      return unreachable(condition);
  }
}

/** As in etcd: the numbers of an absent key are 0, but it has no value that any compare could hold for. */
function holds(store: MvccStore, compare: Compare): boolean {
  const version = store.newest(keyText(compare.key));
  if (compare.target === 'value') {
    if (version === null) return false;
    return isOrdered(compareBytes(version.value, compare.value), compare.operator);
  }
  const actual = compare.target === 'lease' ? 0 : (version?.[compare.target] ?? 0);
  return isOrdered(actual - compare.value, compare.operator);
}

/** `difference` is negative, zero or positive as the left side is below, equal to or above the right. */
function isOrdered(difference: number, operator: CompareOperator): boolean {
  switch (operator) {
    case '=':
      return difference === 0;
    case '!=':
      return difference !== 0;
    case '<':
      return difference < 0;
    case '>':
      return difference > 0;
    default:
      return unreachable(operator);
  }
}

function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const shared = Math.min(left.length, right.length);
  for (let at = 0; at < shared; at += 1) {
    const difference = itemAt(left, at) - itemAt(right, at);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function withoutValue(version: LiveVersion): KeyValue {
  return { ...toKeyValue(version), value: NO_VALUE };
}
