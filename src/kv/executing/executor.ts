/**
 * What each command means: reads and writes the store as one transaction and says what came of it
 * (KV2, KV4–KV9). Whatever can be refused is refused before anything is changed, so there is
 * nothing to roll back. The command must have passed `command-check.ts`.
 */

import { unreachable } from '../../core/assert.ts';
import type {
  AccessCommand,
  Compare,
  CompareOperator,
  DeleteCommand,
  DeleteOperation,
  KeyCondition,
  KvCommand,
  PutCommand,
  PutOperation,
  RangeOptions,
  TxnCommand,
  TxnOperation,
} from '../commands/commands.ts';
import { CompactedError, unreadableAt } from '../commands/kv-errors.ts';
import type {
  AccessResult,
  CompactResult,
  ConditionFailed,
  DeleteResult,
  KvResult,
  PutResult,
  RangeResult,
  Refused,
  TxnResponse,
  TxnResult,
} from '../commands/results.ts';
import { itemAt } from '../keys/item-at.ts';
import { boundsOf, type KeyText, keyText } from '../keys/key-order.ts';
import type { KeyValue } from '../keys/key-value.ts';
import { type LiveVersion, toKeyValue } from '../keys/key-version.ts';
import {
  CHANGED_BYTES_MAX,
  CHANGED_KEYS_MAX,
  RANGE_COUNT_LOOKS_MAX,
  TXN_RANGE_BYTES_MAX,
  TXN_RANGE_KEYS_MAX,
  TXN_RANGE_LOOKS_MAX,
} from '../limits.ts';
import type { MvccStore } from '../store/mvcc-store.ts';
import { ReadBudget } from '../store/read-budget.ts';
import { executeLease, refusalToBind } from './lease-commands.ts';
import { refused } from './refused.ts';

const NO_VALUE = new Uint8Array(0);
const TXN_RANGES = {
  keysMax: TXN_RANGE_KEYS_MAX,
  bytesMax: TXN_RANGE_BYTES_MAX,
  looksMax: TXN_RANGE_LOOKS_MAX,
  endsLooking: true,
};
const ONE_RANGE = {
  keysMax: Number.POSITIVE_INFINITY,
  bytesMax: Number.POSITIVE_INFINITY,
  looksMax: RANGE_COUNT_LOOKS_MAX,
  endsLooking: false,
};

const CHANGES = {
  keysMax: CHANGED_KEYS_MAX,
  bytesMax: CHANGED_BYTES_MAX,
  looksMax: 0,
  endsLooking: true,
};
const TOO_LARGE_A_CHANGE = `One command deletes at most ${CHANGED_KEYS_MAX} keys, and returns at most ${CHANGED_BYTES_MAX} bytes of what was before. Nothing was changed; delete a part at a time, from start to end, or leave out returnPrevious.`;

/** How a command is carried out; it must not show in the state, but for `isBounded`. */
export interface Execution {
  /** KV23: refuses what would change too much. False for commands that were committed before there was a bound. */
  isBounded: boolean;
  /** False: reads are left out, and what is returned is not looked at. */
  wantsResult: boolean;
  /** Grows by the bytes of keys and values in the result. */
  resultBytes: number;
}

export function execute(store: MvccStore, command: KvCommand, execution: Execution): KvResult {
  switch (command.type) {
    case 'put':
      return executePut(store, command, execution);
    case 'delete':
      return executeDelete(store, command, execution);
    case 'txn':
      return executeTxn(store, command, execution);
    case 'compact':
      return executeCompact(store, command.revision);
    case 'grant':
    case 'renew':
    case 'revoke':
    case 'expire':
      return executeLease(store, command);
    case 'access':
      return executeAccess(store, command);
    default:
      return unreachable(command);
  }
}

function executeAccess(store: MvccStore, { change }: AccessCommand): AccessResult | Refused {
  const refusal = store.access.change(change);
  if (refusal !== null) return refused(store, refusal.code, refusal.message);
  return { type: 'access', revision: store.revision, accessRevision: store.access.revision };
}

/** Why the store cannot be read at this revision; `null`: it can. */
function refusalToRead(store: MvccStore, revision: number): Refused | null {
  const error = unreadableAt(revision, store);
  if (error === null) return null;
  const isCompacted = error instanceof CompactedError;
  return refused(store, isCompacted ? 'RAFT_COMPACTED' : 'RAFT_FUTURE_REVISION', error.message);
}

/** The revision, if one is asked for, must be one that can be read. */
export function readRange(
  store: MvccStore,
  options: RangeOptions,
  budget: ReadBudget = new ReadBudget(ONE_RANGE),
): RangeResult {
  const { limit = null, revision = null, keysOnly = false, countOnly = false } = options;
  const { versions, count, isCounted } = store.read(boundsOf(options), {
    limit,
    revision,
    countOnly,
    keysOnly,
    budget,
  });
  const kvs = versions.map(keysOnly ? withoutValue : toKeyValue);
  const more = !isCounted || (!countOnly && kvs.length < count);
  return { type: 'range', revision: store.revision, kvs, more, count };
}

function executePut(
  store: MvccStore,
  command: PutCommand,
  execution: Execution,
): PutResult | ConditionFailed | Refused {
  const key = keyText(command.key);
  const miss = missedCondition(store, key, command.condition);
  if (miss !== null) return miss;
  if (command.returnPrevious === true || command.lease !== undefined) {
    const refusal = refusalToBind(store, [command]) ?? refusalToChange(store, [command], execution);
    if (refusal !== null) return refusal;
  }
  const result = put(store, key, command, execution);
  store.commit();
  return result;
}

function executeDelete(
  store: MvccStore,
  command: DeleteCommand,
  execution: Execution,
): DeleteResult | ConditionFailed | Refused {
  if (command.condition !== undefined && command.key !== undefined) {
    const miss = missedCondition(store, keyText(command.key), command.condition);
    if (miss !== null) return miss;
  }
  const refusal = refusalToChange(store, [command], execution);
  if (refusal !== null) return refusal;
  const result = remove(store, command, execution);
  store.commit();
  return result;
}

function executeTxn(
  store: MvccStore,
  command: TxnCommand,
  execution: Execution,
): TxnResult | Refused {
  const succeeded = command.compare.every((compare) => holds(store, compare));
  const operations = succeeded ? command.success : command.failure;
  const refusal =
    refusalOf(store, operations) ??
    refusalToBind(store, operations) ??
    refusalToChange(store, operations, execution);
  if (refusal !== null) return refusal;
  const budget = new ReadBudget(TXN_RANGES);
  const responses: TxnResponse[] = [];
  for (const operation of operations) {
    if (operation.type === 'range' && !execution.wantsResult) continue;
    responses.push(perform(store, operation, { execution, budget }));
  }
  execution.resultBytes += budget.bytes;
  return { type: 'txn', revision: store.commit(), succeeded, responses };
}

function executeCompact(store: MvccStore, revision: number): CompactResult | Refused {
  if (revision <= store.compactedRevision) {
    const text = `The history is compacted through revision ${store.compactedRevision} already, so there is nothing to do for ${revision}. To let go of more, name a later one, up to ${store.revision}.`;
    return refused(store, 'RAFT_COMPACTED', text);
  }
  if (revision > store.revision) {
    const text = `Revision ${revision} does not exist yet; the newest one is ${store.revision}. Nothing was compacted: name that one, or an earlier one.`;
    return refused(store, 'RAFT_FUTURE_REVISION', text);
  }
  store.compact(revision);
  return { type: 'compact', revision: store.revision, compactedRevision: revision };
}

/** A read of the past that cannot be made refuses the whole, before any of it is carried out. */
function refusalOf(store: MvccStore, operations: readonly TxnOperation[]): Refused | null {
  for (const operation of operations) {
    if (operation.type !== 'range' || operation.revision === undefined) continue;
    const refusal = refusalToRead(store, operation.revision);
    if (refusal !== null) return refusal;
  }
  return null;
}

/** KV23: each operation counts as if it were alone, so that all of them can be counted beforehand. */
function refusalToChange(
  store: MvccStore,
  operations: readonly TxnOperation[],
  { isBounded }: Execution,
): Refused | null {
  if (!isBounded) return null;
  const changed = new ReadBudget(CHANGES);
  const isWithin = operations.every((operation) => fits(store, operation, changed));
  return isWithin ? null : refused(store, 'RAFT_TOO_LARGE', TOO_LARGE_A_CHANGE);
}

function fits(store: MvccStore, operation: TxnOperation, changed: ReadBudget): boolean {
  if (operation.type === 'range') return true;
  const { returnPrevious = false } = operation;
  if (operation.type === 'put') {
    const previous = returnPrevious ? store.newest(keyText(operation.key)) : null;
    return previous === null || changed.take(bytesOf(previous));
  }
  let isWithin = true;
  store.visitLive(boundsOf(operation), (version) => {
    isWithin = changed.take(returnPrevious ? bytesOf(version) : 0);
    return isWithin;
  });
  return isWithin;
}

/** Each operation sees what the ones before it did. */
function perform(
  store: MvccStore,
  operation: TxnOperation,
  { execution, budget }: { readonly execution: Execution; readonly budget: ReadBudget },
): TxnResponse {
  switch (operation.type) {
    case 'put':
      return put(store, keyText(operation.key), operation, execution);
    case 'delete':
      return remove(store, operation, execution);
    case 'range':
      return readRange(store, operation, budget);
    default:
      return unreachable(operation);
  }
}

function put(
  store: MvccStore,
  key: KeyText,
  operation: PutOperation,
  execution: Execution,
): PutResult {
  const previous = store.put(key, operation.value, operation.lease);
  const { revision } = store;
  if (operation.returnPrevious !== true) return { type: 'put', revision };
  if (previous === null) return { type: 'put', revision, previous };
  execution.resultBytes += bytesOf(previous);
  return { type: 'put', revision, previous: toKeyValue(previous) };
}

function remove(store: MvccStore, operation: DeleteOperation, execution: Execution): DeleteResult {
  const removed = removeAll(store, operation);
  const { revision } = store;
  const deleted = removed.length;
  const isAsked = operation.returnPrevious === true && execution.wantsResult;
  if (!isAsked) return { type: 'delete', revision, deleted };
  for (const version of removed) execution.resultBytes += bytesOf(version);
  return { type: 'delete', revision, deleted, previous: removed.map(toKeyValue) };
}

function removeAll(store: MvccStore, operation: DeleteOperation): readonly LiveVersion[] {
  if (operation.key === undefined) return store.deleteAll(boundsOf(operation));
  const previous = store.delete(keyText(operation.key));
  return previous === null ? [] : [previous];
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
  return isOrdered((version?.[compare.target] ?? 0) - compare.value, compare.operator);
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
  let at = 0;
  while (at < shared && left[at] === right[at]) at += 1;
  if (at < shared) return itemAt(left, at) - itemAt(right, at);
  return left.length - right.length;
}

function withoutValue(version: LiveVersion): KeyValue {
  return { ...toKeyValue(version), value: NO_VALUE };
}

function bytesOf({ key, value }: LiveVersion): number {
  return key.length + value.length;
}
