/**
 * What callers hand to the client, looked at before anything is sent (EM17): a name that nobody knows, or a value of
 * another kind, is refused in words. A mistyped condition would otherwise be no condition, and the write would happen.
 */

import { CONSISTENCIES } from '../../client-protocol/frame-shapes.ts';
import { CLIENT_COMMAND_BYTES_MAX, TIMEOUT_MS_MAX } from '../../client-protocol/limits.ts';
import { RaftError } from '../../core/errors.ts';
import { COUNTER_MAX } from '../../core/limits.ts';
import { aLogId } from '../../core/log-id.ts';
import {
  aBoolean,
  aCounter,
  aList,
  aNumber,
  anything,
  aSignal,
  type Kind,
  type Kinds,
  oneOf,
  ownOptions,
} from '../../core/option-kinds.ts';
import { isCounter } from '../../core/types.ts';
import { COMPARE_OPERATORS, COMPARE_TARGETS } from '../../kv/commands/commands.ts';
import { LEASE_TTL_MAX_MS, LEASE_TTL_MIN_MS, RANGE_LIMIT_MAX } from '../../kv/limits.ts';
import type { OperationInput, Selection, TxnInput } from './client-input.ts';

const aBytes: Kind = (value) =>
  typeof value === 'string' || value instanceof Uint8Array ? null : 'a string or a Uint8Array';
const aNumberOrBytes: Kind = (value) => (isCounter(value) ? null : aBytes(value));

/** A server leaves whoever names 0, and with the connection whatever else is under way on it. */
const fromOne = (max: number): Kind => {
  return (value) =>
    isCounter(value) && value >= 1 && value <= max ? null : `a whole number from 1 to ${max}`;
};
const aRevision = fromOne(COUNTER_MAX);
const aLease = aRevision;
const aTtl: Kind = (value) =>
  isCounter(value) && value >= LEASE_TTL_MIN_MS && value <= LEASE_TTL_MAX_MS
    ? null
    : `a whole number from ${LEASE_TTL_MIN_MS} to ${LEASE_TTL_MAX_MS}`;

const CALL: Kinds = { timeoutMs: aNumber(1, TIMEOUT_MS_MAX), signal: aSignal };
const SELECTION: Kinds = { key: aBytes, prefix: aBytes, start: aBytes, end: aBytes };
const READ: Kinds = {
  ...CALL,
  consistency: oneOf(...CONSISTENCIES),
  atLeast: aLogId,
  revision: aRevision,
};
const CONDITIONS: Readonly<Record<string, Kinds>> = {
  modRevision: { type: anything, modRevision: aCounter },
  absent: { type: anything },
  present: { type: anything },
};
const COMPARE: Kinds = {
  key: aBytes,
  target: oneOf(...COMPARE_TARGETS),
  operator: oneOf(...COMPARE_OPERATORS),
  value: aNumberOrBytes,
};
const OPERATIONS: Readonly<Record<OperationInput['type'], Kinds>> = {
  put: { type: anything, key: aBytes, value: aBytes, lease: aLease, returnPrevious: aBoolean },
  delete: { type: anything, ...SELECTION, returnPrevious: aBoolean },
  range: {
    type: anything,
    ...SELECTION,
    limit: aCounter,
    revision: aCounter,
    keysOnly: aBoolean,
    countOnly: aBoolean,
  },
};

const WAIT: Kinds = { signal: aSignal, ttlMs: aTtl };

/** What each call takes besides keys and values. */
const TAKES = {
  put: { ...CALL, condition: anything, lease: aLease, returnPrevious: aBoolean },
  delete: { ...CALL, condition: anything, returnPrevious: aBoolean },
  txn: CALL,
  compact: CALL,
  grantLease: { ...CALL, ttlMs: aTtl },
  renewLease: CALL,
  revokeLease: CALL,
  adoptLease: CALL,
  lock: WAIT,
  campaign: WAIT,
  register: WAIT,
  observe: { signal: aSignal },
  resolve: { signal: aSignal },
  get: READ,
  range: { ...SELECTION, ...READ, limit: fromOne(RANGE_LIMIT_MAX), keysOnly: aBoolean },
  status: CALL,
  watch: { ...SELECTION, from: aRevision, signal: aSignal },
} as const satisfies Readonly<Record<string, Kinds>>;

/** Given by most calls: there is nothing to look at. */
export const NO_OPTIONS = {};

/** The options as they are now, each read once. Throws a `TypeError`. */
export function checkedOptions<Options extends object>(
  call: keyof typeof TAKES,
  options: Options,
): Options {
  if (options === NO_OPTIONS) return options;
  const own = ownOptions(call, options, TAKES[call]);
  const atLeast: unknown = Reflect.get(own, 'atLeast');
  const consistency: unknown = Reflect.get(own, 'consistency');
  if (atLeast !== undefined && consistency !== undefined && consistency !== 'local') {
    throw new TypeError(`atLeast of ${call} is for local reads: leave consistency out`);
  }
  const condition: unknown = Reflect.get(own, 'condition');
  if (condition !== undefined) checkTyped(`condition of ${call}`, condition, CONDITIONS);
  return own;
}

/** Throws a `TypeError` for keys chosen by names that nobody knows: more would be deleted than was meant. */
export function checkedSelection(where: string, selection: Selection): Selection {
  ownOptions(where, selection, SELECTION);
  return selection;
}

export function checkedRevision(where: string, revision: number): number {
  if (isCounter(revision) && revision > 0) return revision;
  throw new TypeError(`${where} takes a revision, a whole number from 1`);
}

export function checkedLease(where: string, lease: number): number {
  if (isCounter(lease) && lease > 0) return lease;
  throw new TypeError(`${where} takes the number of a lease`);
}

export function checkedTxn(txn: TxnInput): TxnInput {
  ownOptions('txn', txn, { compare: aList, success: aList, failure: aList });
  for (const each of listIn(txn, 'compare')) ownOptions('a compare of txn', each, COMPARE);
  for (const branch of ['success', 'failure']) {
    for (const each of listIn(txn, branch)) checkTyped('an operation of txn', each, OPERATIONS);
  }
  return txn;
}

function listIn(txn: object, name: string): readonly unknown[] {
  const list: unknown = Reflect.get(txn, name);
  return Array.isArray(list) ? list : [];
}

/** What is told apart by its `type`. */
function checkTyped(
  where: string,
  value: unknown,
  kindsByType: Readonly<Record<string, Kinds>>,
): void {
  const type: unknown = value instanceof Object ? Reflect.get(value, 'type') : undefined;
  const kinds =
    typeof type === 'string' ? new Map(Object.entries(kindsByType)).get(type) : undefined;
  if (kinds === undefined) {
    throw new TypeError(
      `${where} needs a type: one of ${Object.keys(kindsByType).join(', ')}; it is ${String(type)}`,
    );
  }
  ownOptions(where, value, kinds);
}

/** A command that no frame holds is refused before it leaves. */
export function expectSendable({ length }: Uint8Array): void {
  if (length <= CLIENT_COMMAND_BYTES_MAX) return;
  throw new RaftError(
    'RAFT_TOO_LARGE',
    `The command has ${length} bytes; ${CLIENT_COMMAND_BYTES_MAX} is the most a client sends. Split it.`,
  );
}
