/**
 * Which commands make sense at all, whatever the store holds: what this refuses never enters the log, and
 * if it is found there it is answered with `RAFT_BAD_REQUEST` by every replica alike (KV8, KV9). A fault
 * is a sentence; `null` means there is none. Frozen with versions 1 to 4 of the command bytes: a replica that
 * refused less or more than another would diverge.
 */

import { unreachable } from '../../core/assert.ts';
import { isCounter } from '../../core/types.ts';
import { boundsOf, isInside, type KeyText, keyText } from '../keys/key-order.ts';
import type { KeySelector } from '../keys/key-selector.ts';
import {
  KEY_BYTES_MAX,
  LEASE_TTL_MAX_MS,
  LEASE_TTL_MIN_MS,
  LEASES_IN_COMMAND_MAX,
  RANGE_LIMIT_MAX,
  TXN_OPERATIONS_MAX,
} from '../limits.ts';
import { faultInAccessChange } from './access-changes.ts';
import type {
  Compare,
  DeleteCommand,
  KeyCondition,
  KvCommand,
  LeaseSeen,
  PutOperation,
  RangeOptions,
  TxnCommand,
  TxnOperation,
} from './commands.ts';

export function faultInCommand(command: KvCommand): string | null {
  switch (command.type) {
    case 'put':
      return faultInPut(command) ?? faultInCondition(command.condition);
    case 'delete':
      return faultInSelector(command) ?? faultInDeleteCondition(command);
    case 'txn':
      return faultInTxn(command);
    case 'compact':
      return isCounter(command.revision) ? null : 'The revision to compact is not a counter.';
    case 'grant':
      return isTtl(command.ttlMs) ? null : NO_TTL;
    case 'renew':
      return faultInLeases(command.leases);
    case 'revoke':
      return faultInLease(command.lease);
    case 'expire':
      return faultInSeen(command.leases);
    case 'access':
      return faultInAccessChange(command.change);
    default:
      return unreachable(command);
  }
}

/** Also for reads that never become a command. */
export function faultInRange(options: RangeOptions): string | null {
  const { limit, revision } = options;
  if (limit !== undefined && !isLimit(limit)) {
    return `A limit is a whole number from 1 to ${RANGE_LIMIT_MAX}; leave it out to read all.`;
  }
  if (revision !== undefined && (!isCounter(revision) || revision === 0)) {
    return 'A revision to read is a whole number from 1; leave it out to read the newest.';
  }
  return faultInSelector(options);
}

export function faultInSelector(selector: KeySelector): string | null {
  const { key, prefix, start, end } = selector;
  const isSpan = prefix !== undefined || start !== undefined || end !== undefined;
  if (key === undefined) {
    if (!isSpan) return 'Say which keys: by key, prefix, start or end; an empty prefix means all.';
    return faultInBounds([prefix, start, end]);
  }
  if (isSpan) return 'A single key goes without prefix, start and end.';
  return faultInKey(key);
}

/** A lease has a number from 1: 0 means none. */
function isLeaseId(lease: number): boolean {
  return isCounter(lease) && lease > 0;
}

function faultInLease(lease: number): string | null {
  return isLeaseId(lease) ? null : 'A lease is named by a whole number from 1.';
}

function isTtl(ttlMs: number): boolean {
  return Number.isInteger(ttlMs) && ttlMs >= LEASE_TTL_MIN_MS && ttlMs <= LEASE_TTL_MAX_MS;
}

const NO_TTL = `A lease lasts a whole number of milliseconds from ${LEASE_TTL_MIN_MS} to ${LEASE_TTL_MAX_MS}.`;

function faultInLeases(leases: readonly number[]): string | null {
  if (leases.length > 0 && leases.length <= LEASES_IN_COMMAND_MAX) {
    return firstFault(leases, faultInLease);
  }
  return `One command names 1 to ${LEASES_IN_COMMAND_MAX} leases.`;
}

function faultInSeen(leases: readonly LeaseSeen[]): string | null {
  const fault = faultInLeases(leases.map(({ lease }) => lease));
  if (fault !== null || leases.every(({ renewals }) => isCounter(renewals))) return fault;
  return 'The number of renewals is not a counter.';
}

function faultInPut({ key, lease }: PutOperation): string | null {
  return faultInKey(key) ?? (lease === undefined ? null : faultInLease(lease));
}

function faultInKey(key: Uint8Array): string | null {
  if (key.length === 0) return 'A key has at least one byte.';
  if (key.length > KEY_BYTES_MAX) return `A key has at most ${KEY_BYTES_MAX} bytes.`;
  return null;
}

/** One byte longer than a key: the page after a key starts at that key and a zero byte. */
function faultInBounds(bounds: readonly (Uint8Array | undefined)[]): string | null {
  const isShort = bounds.every((bound) => bound === undefined || bound.length <= KEY_BYTES_MAX + 1);
  return isShort ? null : `A bound has at most ${KEY_BYTES_MAX + 1} bytes.`;
}

function isLimit(limit: number): boolean {
  return Number.isInteger(limit) && limit >= 1 && limit <= RANGE_LIMIT_MAX;
}

function faultInCondition(condition: KeyCondition | undefined): string | null {
  if (condition === undefined || condition.type !== 'modRevision') return null;
  return isCounter(condition.modRevision) ? null : 'The revision of the condition is no counter.';
}

function faultInDeleteCondition(command: DeleteCommand): string | null {
  if (command.condition === undefined) return null;
  if (command.key === undefined) return 'Only the delete of a single key takes a condition.';
  return faultInCondition(command.condition);
}

function faultInTxn(command: TxnCommand): string | null {
  const { compare, success, failure } = command;
  if (Math.max(compare.length, success.length, failure.length) > TXN_OPERATIONS_MAX) {
    return `A transaction has at most ${TXN_OPERATIONS_MAX} compares, and operations in a branch.`;
  }
  return firstFault(compare, faultInCompare) ?? faultInBranch(success) ?? faultInBranch(failure);
}

function faultInCompare(compare: Compare): string | null {
  const fault = faultInKey(compare.key);
  if (fault !== null || compare.target === 'value') return fault;
  return isCounter(compare.value) ? null : 'A number to compare with is not a counter.';
}

function faultInBranch(operations: readonly TxnOperation[]): string | null {
  return firstFault(operations, faultInOperation) ?? faultInOverlap(operations);
}

function faultInOperation(operation: TxnOperation): string | null {
  switch (operation.type) {
    case 'put':
      return faultInPut(operation);
    case 'delete':
      return faultInSelector(operation);
    case 'range':
      return faultInRange(operation);
    default:
      return unreachable(operation);
  }
}

/** As in etcd, whatever the order: one revision holds at most one event of a key. */
function faultInOverlap(operations: readonly TxnOperation[]): string | null {
  const deleted = operations.filter((operation) => operation.type === 'delete').map(boundsOf);
  const put = new Set<KeyText>();
  for (const { key } of operations.filter(isPut)) {
    const text = keyText(key);
    if (put.has(text)) return 'A transaction puts the same key twice.';
    if (deleted.some((bounds) => isInside(text, bounds))) {
      return 'A transaction puts and deletes the same key.';
    }
    put.add(text);
  }
  return null;
}

function isPut(operation: TxnOperation): operation is PutOperation {
  return operation.type === 'put';
}

function firstFault<Item>(
  items: readonly Item[],
  faultIn: (item: Item) => string | null,
): string | null {
  for (const item of items) {
    const fault = faultIn(item);
    if (fault !== null) return fault;
  }
  return null;
}
