/**
 * The state of a machine as bytes, for machines that say nothing of snapshots themselves (SM2): plain data, `Map`, `Set`,
 * dates and bytes, with what is shared, and cycles. What comes back must behave as the original did in every later
 * command, so whatever would not, down to an object of a class or a hole in an array, is refused in words.
 *
 * MessagePack of `[value, objects]`: a value that is an object stands as `[its number]`, and the objects follow in a list,
 * each as its kind and what is in it. So no depth is too deep, and nothing is looked at twice.
 */
import { Packr, Unpackr } from 'msgpackr';
import { RaftError } from '../core/errors.ts';
import { STATE_BYTES_MAX, STATE_VALUES_MAX } from './limits.ts';
import { NUMBER_ARRAYS } from './number-arrays.ts';
import { classOf, refuseGetter } from './result-copy.ts';

const packr = new Packr({
  useRecords: false,
  moreTypes: true,
  variableMapSize: true,
  useToJSON: false,
});
const unpackr = new Unpackr({ useRecords: false, copyBuffers: true, structuredClone: false });

type Fields = Record<string, unknown>;

const BYTE_KINDS: ReadonlyMap<unknown, string> = new Map(
  [globalThis.Buffer, Uint8Array, ...NUMBER_ARRAYS].flatMap((kind) =>
    kind === undefined ? [] : [[kind.prototype, kind.name] as const],
  ),
);
const MINUS_ZERO = '-0';

/** Throws `RAFT_TOO_LARGE`, or `RAFT_BAD_REQUEST` for what is no plain data; both say what to do. */
export function encodeState(state: unknown): Uint8Array {
  const bytes = packr.pack(new Flattening().of(state));
  if (bytes.length > STATE_BYTES_MAX) throw tooLarge();
  return new Uint8Array(bytes);
}

/** Throws `RAFT_BAD_REQUEST` for bytes that `encodeState` would not have made. */
export function decodeState(bytes: Uint8Array): unknown {
  return new Raising(unpacked(bytes)).state();
}

class Flattening {
  readonly #numbers = new Map<object, number>();
  readonly #objects: object[] = [];
  #values = 0;
  #bytes = 0;

  of(state: unknown): readonly unknown[] {
    const value = this.#value(state);
    const nodes: unknown[] = [];
    // It grows while it is walked.
    for (const object of this.#objects) nodes.push(this.#node(object));
    return [value, nodes];
  }

  #value(value: unknown): unknown {
    this.#values += 1;
    this.#count(1);
    switch (typeof value) {
      case 'string':
        if (!value.isWellFormed()) throw noState('half a character (a lone surrogate)');
        this.#count(value.length);
        return value;
      case 'bigint':
        return this.#digits(value);
      case 'number':
        return Object.is(value, -0) ? [MINUS_ZERO] : value;
      case 'object':
        return value === null ? null : [this.#number(value)];
      case 'function':
      case 'symbol':
        throw noState(`a ${typeof value}`);
      default:
        return value;
    }
  }

  #digits(value: bigint): readonly string[] {
    const digits = value.toString();
    this.#count(digits.length);
    return ['bigint', digits];
  }

  #number(value: object): number {
    const known = this.#numbers.get(value);
    if (known !== undefined) return known;
    this.#numbers.set(value, this.#objects.length);
    this.#objects.push(value);
    return this.#objects.length - 1;
  }

  #node(value: object): readonly unknown[] {
    const prototype: unknown = Object.getPrototypeOf(value);
    switch (prototype) {
      case Array.prototype:
        return this.#items(value as readonly unknown[]);
      case Object.prototype:
        return this.#fields('object', value as Fields);
      case null:
        return this.#fields('bare', value as Fields);
      case Map.prototype:
        return this.#members('map', value, [...(value as ReadonlyMap<unknown, unknown>)].flat());
      case Set.prototype:
        return this.#members('set', value, [...(value as ReadonlySet<unknown>)]);
      case Date.prototype:
        return this.#members('date', value, [Date.prototype.getTime.call(value)]);
      default:
        return this.#byteNode(value, BYTE_KINDS.get(prototype));
    }
  }

  #items(items: readonly unknown[]): readonly unknown[] {
    if (Reflect.ownKeys(items).length !== items.length + 1) {
      throw noState('an array with a hole, or with names besides its items');
    }
    return [
      'array',
      ...items.map((item, at) => {
        refuseGetter(items, at);
        return this.#value(item);
      }),
    ];
  }

  #fields(kind: string, fields: Fields): readonly unknown[] {
    const names = Object.keys(fields);
    if (Reflect.ownKeys(fields).length !== names.length) throw noState('a hidden field');
    const node: unknown[] = [kind];
    for (const name of names) {
      if (name === '__proto__') throw noState('a field __proto__');
      refuseGetter(fields, name);
      node.push(this.#value(name), this.#value(fields[name]));
    }
    return node;
  }

  #members(kind: string, holder: object, members: readonly unknown[]): readonly unknown[] {
    if (Reflect.ownKeys(holder).length > 0) throw noState(`a ${kind} with names of its own`);
    return [kind, ...members.map((member) => this.#value(member))];
  }

  #byteNode(value: object, kind: string | undefined): readonly unknown[] {
    if (kind === undefined || !ArrayBuffer.isView(value)) {
      throw noState(`an object of class ${classOf(value)}`);
    }
    const { buffer, byteOffset, byteLength } = value;
    this.#count(byteLength);
    return ['bytes', kind, Buffer.from(buffer, byteOffset, byteLength)];
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    if (this.#values > STATE_VALUES_MAX || this.#bytes > STATE_BYTES_MAX) throw tooLarge();
  }
}

/** Makes all objects empty, then fills them: they may hold each other. */
class Raising {
  readonly #root: unknown;
  readonly #nodes: readonly (readonly unknown[])[];
  readonly #objects: readonly object[];

  constructor(flat: unknown) {
    if (!isList(flat) || flat.length !== 2 || !isList(flat[1])) throw notReadable();
    this.#root = flat[0];
    this.#nodes = flat[1].map((node) => (isList(node) ? node : refuse()));
    this.#objects = this.#nodes.map(emptyOf);
  }

  state(): unknown {
    this.#nodes.forEach((node, at) => {
      const object = this.#objects[at];
      if (object !== undefined) this.#fill(object, node.slice(1));
    });
    return this.#value(this.#root);
  }

  #fill(object: object, inside: readonly unknown[]): void {
    if (object instanceof Date || ArrayBuffer.isView(object)) return;
    if (Array.isArray(object)) object.push(...inside.map((item) => this.#value(item)));
    else if (object instanceof Set) for (const item of inside) object.add(this.#value(item));
    else this.#fillPairs(object as Fields | Map<unknown, unknown>, inside);
  }

  #fillPairs(object: Fields | Map<unknown, unknown>, inside: readonly unknown[]): void {
    if (inside.length % 2 !== 0) throw notReadable();
    for (let at = 0; at < inside.length; at += 2) {
      const name = this.#value(inside[at]);
      const value = this.#value(inside[at + 1]);
      if (object instanceof Map) object.set(name, value);
      else if (typeof name === 'string' && name !== '__proto__') object[name] = value;
      else throw notReadable();
    }
  }

  #value(value: unknown): unknown {
    if (!isList(value)) return typeof value === 'object' && value !== null ? refuse() : value;
    const [what, digits] = value;
    if (what === MINUS_ZERO) return -0;
    if (what === 'bigint' && typeof digits === 'string' && /^-?\d+$/.test(digits)) {
      return BigInt(digits);
    }
    const object = typeof what === 'number' ? this.#objects[what] : undefined;
    return object ?? refuse();
  }
}

function emptyOf([kind, first, bytes]: readonly unknown[]): object {
  switch (kind) {
    case 'array':
      return [];
    case 'object':
      return {};
    case 'bare':
      return Object.create(null);
    case 'map':
      return new Map();
    case 'set':
      return new Set();
    case 'date':
      return new Date(typeof first === 'number' ? first : Number.NaN);
    case 'bytes':
      return bytes instanceof Uint8Array ? bytesOf(first, bytes) : refuse();
    default:
      throw notReadable();
  }
}

function bytesOf(kind: unknown, bytes: Uint8Array): object {
  const own = new Uint8Array(bytes);
  if (kind === 'Uint8Array') return own;
  if (kind === 'Buffer') return Buffer.from(own.buffer);
  const Numbers = NUMBER_ARRAYS.find(({ name }) => name === kind);
  if (Numbers === undefined || own.length % Numbers.BYTES_PER_ELEMENT !== 0) throw notReadable();
  return new Numbers(own.buffer, 0, own.length / Numbers.BYTES_PER_ELEMENT);
}

function unpacked(bytes: Uint8Array): unknown {
  try {
    return unpackr.unpack(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch (cause) {
    throw notReadable(cause);
  }
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function refuse(): never {
  throw notReadable();
}

function notReadable(cause?: unknown): RaftError {
  return new RaftError('RAFT_BAD_REQUEST', 'These bytes are not a state.', { cause });
}

const WHAT_TO_DO =
  'No snapshot was taken, and the log is kept whole: give defineMachine snapshot and restore functions of your own, which write the state in pieces.';

function noState(what: string): RaftError {
  return new RaftError(
    'RAFT_BAD_REQUEST',
    `The state holds ${what}, which would not come back as it is. Keep plain data in it. ${WHAT_TO_DO}`,
  );
}

function tooLarge(): RaftError {
  return new RaftError(
    'RAFT_TOO_LARGE',
    `The state has more than ${STATE_VALUES_MAX} values or ${STATE_BYTES_MAX} bytes, too much to be copied in one step. ${WHAT_TO_DO}`,
  );
}
