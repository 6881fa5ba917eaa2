/**
 * What callers hand to the client, looked at before anything is sent (EM17): a name that nobody knows, or a value of
 * another kind, is refused in words. A mistyped condition would otherwise be no condition, and the write would happen.
 */

import { TIMEOUT_MS_MAX } from '../client-protocol/request-frame.ts';
import { checkOptionNames } from '../core/known-names.ts';
import { isCounter } from '../core/types.ts';
import type { OperationInput, Selection, TxnInput } from './client-input.ts';

/** What a value must be, in words; `null`: it is. */
type Kind = (value: unknown) => string | null;
type Kinds = Readonly<Record<string, Kind>>;

const aBoolean: Kind = (value) => (typeof value === 'boolean' ? null : 'true or false');
const aCounter: Kind = (value) => (isCounter(value) ? null : 'a whole number that is not negative');
const aBytes: Kind = (value) =>
  typeof value === 'string' || value instanceof Uint8Array ? null : 'a string or a Uint8Array';
const aNumberOrBytes: Kind = (value) => (isCounter(value) ? null : aBytes(value));
const aTimeout: Kind = (value) =>
  typeof value === 'number' && value >= 1 && value <= TIMEOUT_MS_MAX
    ? null
    : `from 1 to ${TIMEOUT_MS_MAX}`;
const aSignal: Kind = (value) =>
  value instanceof Object && 'aborted' in value && 'addEventListener' in value
    ? null
    : 'an AbortSignal';
const aList: Kind = (value) => (Array.isArray(value) ? null : 'an array');
const anything: Kind = () => null;

function oneOf(...words: readonly string[]): Kind {
  return (value) =>
    typeof value === 'string' && words.includes(value) ? null : `one of ${words.join(', ')}`;
}

const CALL: Kinds = { timeoutMs: aTimeout, signal: aSignal };
const SELECTION: Kinds = { key: aBytes, prefix: aBytes, start: aBytes, end: aBytes };
const READ: Kinds = {
  ...CALL,
  consistency: oneOf('linearizable', 'lease', 'local'),
  revision: aCounter,
};
const CONDITIONS: Readonly<Record<string, Kinds>> = {
  modRevision: { type: anything, modRevision: aCounter },
  absent: { type: anything },
  present: { type: anything },
};
const COMPARE: Kinds = {
  key: aBytes,
  target: oneOf('version', 'createRevision', 'modRevision', 'lease', 'value'),
  operator: oneOf('=', '!=', '<', '>'),
  value: aNumberOrBytes,
};
const OPERATIONS: Readonly<Record<OperationInput['type'], Kinds>> = {
  put: { type: anything, key: aBytes, value: aBytes, returnPrevious: aBoolean },
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

/** What each call takes besides keys and values. */
const TAKES = {
  put: { ...CALL, condition: anything, returnPrevious: aBoolean },
  delete: { ...CALL, condition: anything, returnPrevious: aBoolean },
  txn: CALL,
  get: READ,
  range: { ...SELECTION, ...READ, limit: aCounter, keysOnly: aBoolean },
  status: CALL,
  watch: { ...SELECTION, from: aCounter, signal: aSignal },
} as const satisfies Readonly<Record<string, Kinds>>;

/** Given by most calls: there is nothing to look at. */
export const NO_OPTIONS = {};

/** The options as they are now, each read once. Throws a `TypeError`. */
export function checkedOptions<Options extends object>(
  call: keyof typeof TAKES,
  options: Options,
): Options {
  if (options === NO_OPTIONS) return options;
  checkOptionNames(call, options, Object.keys(TAKES[call]));
  const own = { ...options };
  checkKinds(call, own, TAKES[call]);
  const condition: unknown = Reflect.get(own, 'condition');
  if (condition !== undefined) checkTyped(`condition of ${call}`, condition, CONDITIONS);
  return own;
}

/** Throws a `TypeError` for keys chosen by names that nobody knows: more would be deleted than was meant. */
export function checkedSelection(where: string, selection: Selection): Selection {
  check(where, selection, SELECTION);
  return selection;
}

export function checkedTxn(txn: TxnInput): TxnInput {
  check('txn', txn, { compare: aList, success: aList, failure: aList });
  for (const each of listIn(txn, 'compare')) check('a compare of txn', each, COMPARE);
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
  check(where, value, kinds);
}

function check(where: string, value: unknown, kinds: Kinds): asserts value is object {
  checkOptionNames(where, value, Object.keys(kinds));
  checkKinds(where, value, kinds);
}

function checkKinds(where: string, value: object, kinds: Kinds): void {
  for (const [name, given] of Object.entries(value)) {
    const wanted = given === undefined ? null : kinds[name]?.(given);
    if (wanted === null || wanted === undefined) continue;
    throw new TypeError(`${name} of ${where} must be ${wanted}; it is ${shown(given)}`);
  }
}

function shown(value: unknown): string {
  return typeof value === 'number' || typeof value === 'string' ? `${value}` : `a ${typeof value}`;
}
