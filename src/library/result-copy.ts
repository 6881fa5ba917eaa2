/**
 * A result of a command or a query as its caller gets it: a copy, so that a caller changes nothing but what is its
 * own (OW3). Plain data, `Map`, `Set`, dates, errors and bytes can be copied; of a function or an object of a class no
 * copy would be the same, so they are refused in words. Nor does copying run a getter, an iterator or a
 * constructor of the machine's: only the member that answers copies, and the state would change there alone (OW7).
 */
import { RESULT_DEPTH_MAX, RESULT_VALUES_MAX } from './limits.ts';
import { NUMBER_ARRAYS } from './number-arrays.ts';

/** Kinds of bytes, of which `slice` makes another of the same kind. In a browser there is no `Buffer`. */
const BYTES: ReadonlySet<unknown> = new Set(
  [globalThis.Buffer, Uint8Array, ...NUMBER_ARRAYS].map((kind) => kind?.prototype),
);

/** Finds own and inherited ones, for less than a property descriptor costs. */
const lookupGetter: (this: object, name: string | number) => unknown = Reflect.get(
  Object.prototype,
  '__lookupGetter__',
);

type Fields = Record<string, unknown>;

/** Throws a `TypeError` whose message goes on after "the result of …". */
export function resultCopy<Value>(value: Value): Value;
export function resultCopy(value: unknown): unknown {
  return isChangeable(value) ? new Copier().copyOf(value) : value;
}

class Copier {
  /** What was copied already: the copy has the same shape, cycles included. */
  readonly #copies = new Map<object, object>();
  #values = 0;
  #depth = 0;

  copyOf(value: unknown): unknown {
    this.#values += 1;
    if (this.#values > RESULT_VALUES_MAX)
      throw new TypeError(`has more than ${RESULT_VALUES_MAX} values`);
    if (!isChangeable(value)) return value;
    const known = this.#copies.get(value);
    if (known !== undefined) return known;
    if (this.#depth === RESULT_DEPTH_MAX)
      throw new TypeError(`is nested deeper than ${RESULT_DEPTH_MAX} levels`);
    this.#depth += 1;
    const copy = this.#copyOfObject(value);
    this.#depth -= 1;
    return copy;
  }

  #copyOfObject(value: object): object {
    if (Array.isArray(value)) return this.#items(value);
    if (ArrayBuffer.isView(value)) return bytesOf(value);
    switch (Object.getPrototypeOf(value)) {
      case Object.prototype:
        return this.#fields(value as Fields, {});
      case null:
        return this.#fields(value as Fields, Object.create(null));
      case Map.prototype:
        return this.#pairs(value as ReadonlyMap<unknown, unknown>);
      case Set.prototype:
        return this.#members(value as ReadonlySet<unknown>);
      default:
        if (isBuiltIn(value)) return this.#builtIn(value);
        throw ofClass(value);
    }
  }

  #items(items: readonly unknown[]): object {
    const copy: unknown[] = [];
    this.#copies.set(items, copy);
    for (let at = 0; at < items.length; at += 1) {
      refuseGetter(items, at);
      copy.push(this.copyOf(items[at]));
    }
    return copy;
  }

  #fields(from: Fields, copy: Fields): object {
    this.#copies.set(from, copy);
    for (const name of Object.keys(from)) {
      if (name === '__proto__') throw new TypeError('has a field __proto__');
      refuseGetter(from, name);
      copy[name] = this.copyOf(from[name]);
    }
    return copy;
  }

  #pairs(from: ReadonlyMap<unknown, unknown>): object {
    const copy = new Map<unknown, unknown>();
    this.#copies.set(from, copy);
    Map.prototype.forEach.call(from, (value, key) => {
      copy.set(this.copyOf(key), this.copyOf(value));
    });
    return copy;
  }

  #members(from: ReadonlySet<unknown>): object {
    const copy = new Set<unknown>();
    this.#copies.set(from, copy);
    Set.prototype.forEach.call(from, (member) => copy.add(this.copyOf(member)));
    return copy;
  }

  /** Dates, errors and patterns have copies of their own; nothing that such a copy is made of may have a getter. */
  #builtIn(from: object): object {
    this.#copies.set(from, from);
    for (const name of [...Object.keys(from), 'name', 'message', 'cause']) {
      refuseGetter(from, name);
      this.copyOf(Reflect.get(from, name));
    }
    const copy: object = structuredClone(from);
    this.#copies.set(from, copy);
    return copy;
  }
}

/** Asked before a field is read: reading it would run its getter. */
export function refuseGetter(holder: object, name: string | number): void {
  if (lookupGetter.call(holder, name) === undefined) return;
  throw new TypeError(`holds a getter (${name}): return plain data instead`);
}

/** What is none is an object of somebody's class. */
function isBuiltIn(value: object): boolean {
  return value instanceof Date || value instanceof RegExp || value instanceof Error;
}

/** Only the bytes it shows, not the block that they are a part of. */
function bytesOf(view: ArrayBufferView): object {
  const isKnown = BYTES.has(Object.getPrototypeOf(view)) && !Object.hasOwn(view, 'constructor');
  if (!isKnown) throw ofClass(view);
  return Reflect.apply(Uint8Array.prototype.slice, view, []);
}

function ofClass(value: object): TypeError {
  return new TypeError(`holds an object of class ${classOf(value)}: return plain data instead`);
}

export function classOf(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  const made: unknown = Object.getOwnPropertyDescriptor(prototype ?? {}, 'constructor')?.value;
  return typeof made === 'function' && made.name !== '' ? made.name : 'unknown';
}

function isChangeable(value: unknown): value is object {
  if (typeof value === 'function')
    throw new TypeError('holds a function: return plain data instead');
  return typeof value === 'object' && value !== null;
}
