/**
 * The commands or queries of a machine by name. Only what the definition itself holds exists: a table has no
 * prototype, so `toString` or `__proto__` names nothing (AD1), and it never changes, so that what was checked stays.
 */
import { RaftError } from '../core/errors.ts';
import { whatIsKnown } from '../core/known-names.ts';

export type CallKind = 'command' | 'query';

/** Their results come later, or never: each replica would hold something else by then (AD4). */
const LATE_FUNCTIONS = new Set(['AsyncFunction', 'GeneratorFunction', 'AsyncGeneratorFunction']);

/** Throws a `TypeError` for what can be no command or query. */
export function callTable<Calls extends object>(kind: CallKind, calls: Calls): Calls {
  const prototype: unknown = isObject(calls) ? Object.getPrototypeOf(calls) : undefined;
  if (prototype !== Object.prototype && prototype !== null) {
    throw new TypeError(`a machine needs its ${PLURAL[kind]} as a plain object of functions`);
  }
  const table: Calls = Object.assign(Object.create(null), calls);
  for (const name of Reflect.ownKeys(table)) checkCall(kind, name, Reflect.get(table, name));
  return Object.freeze(table);
}

function checkCall(kind: CallKind, name: string | symbol, call: unknown): void {
  if (typeof name !== 'string' || name === '' || !name.isWellFormed()) {
    throw new TypeError(
      `a ${kind} needs a name: a string of whole characters that is not empty, not ${String(name)}`,
    );
  }
  requireImmediate(`the ${kind} ${JSON.stringify(name)}`, call);
}

/** Throws a `TypeError` unless it is a function that returns its result when it returns; `why` completes the sentence. */
export function requireImmediate(what: string, call: unknown, why: string = DRIFT): void {
  if (typeof call !== 'function') throw new TypeError(`${what} must be a function`);
  const kind = Object.prototype.toString.call(call).slice('[object '.length, -1);
  if (!LATE_FUNCTIONS.has(kind)) return;
  throw new TypeError(`${what} must return its result at once, and is of kind ${kind}: ${why}`);
}

const DRIFT = 'every replica would change at a time of its own';

/** AD1: by its own name, or a refusal before anything is sent. What is no string is no name, whatever it converts to. */
export function callNamed<Call>(
  kind: CallKind,
  table: Readonly<Record<string, Call>>,
  name: unknown,
): Call {
  const call = typeof name === 'string' ? table[name] : undefined;
  if (call !== undefined) return call;
  const given = typeof name === 'string' ? name : `(${typeof name})`;
  throw new RaftError(
    'RAFT_BAD_REQUEST',
    `this machine has no ${kind} ${JSON.stringify(given)}: nothing was done; ${whatIsKnown(given, Object.keys(table))}`,
  );
}

const PLURAL = { command: 'commands', query: 'queries' } as const;

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
