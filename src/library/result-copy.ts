/**
 * A result of a command or a query as its caller gets it: a copy, so that a caller changes nothing but what is its
 * own (OW3). Plain data, `Map`, `Set`, dates, errors and bytes can be copied; of a function or an object of a class no
 * copy would be the same, so they are refused in words.
 */

/** Bound: a result with more values is refused; at this size the copy takes about a tenth of a second. */
const VALUES_MAX = 1_000_000;
/** Bound: what is nested deeper is refused. */
const DEPTH_MAX = 1_000;

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
    if (this.#values > VALUES_MAX) throw new TypeError(`has more than ${VALUES_MAX} values`);
    if (!isChangeable(value)) return value;
    const known = this.#copies.get(value);
    if (known !== undefined) return known;
    if (this.#depth === DEPTH_MAX) throw new TypeError(`is nested deeper than ${DEPTH_MAX} levels`);
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
        return builtInOf(value);
    }
  }

  #items(items: readonly unknown[]): object {
    const copy: unknown[] = [];
    this.#copies.set(items, copy);
    for (let at = 0; at < items.length; at += 1) copy.push(this.copyOf(items[at]));
    return copy;
  }

  #fields(from: Fields, copy: Fields): object {
    this.#copies.set(from, copy);
    for (const name of Object.keys(from)) {
      if (name === '__proto__') throw new TypeError('has a field __proto__');
      copy[name] = this.copyOf(from[name]);
    }
    return copy;
  }

  #pairs(from: ReadonlyMap<unknown, unknown>): object {
    const copy = new Map<unknown, unknown>();
    this.#copies.set(from, copy);
    for (const [key, value] of from) copy.set(this.copyOf(key), this.copyOf(value));
    return copy;
  }

  #members(from: ReadonlySet<unknown>): object {
    const copy = new Set<unknown>();
    this.#copies.set(from, copy);
    for (const member of from) copy.add(this.copyOf(member));
    return copy;
  }
}

/** Dates, errors and patterns have copies of their own; what is left is an object of somebody's class. */
function builtInOf(value: object): object {
  if (value instanceof Date || value instanceof RegExp || value instanceof Error) {
    return structuredClone(value);
  }
  throw new TypeError(`holds an object of class ${classOf(value)}: return plain data instead`);
}

export function classOf(value: object): string {
  const made: unknown = value.constructor;
  return typeof made === 'function' && made.name !== '' ? made.name : 'unknown';
}

/** Only the bytes it shows, not the block that they are a part of. */
function bytesOf(view: ArrayBufferView): object {
  const { buffer, byteOffset, byteLength } = view;
  if (view instanceof DataView)
    return new DataView(buffer.slice(byteOffset, byteOffset + byteLength));
  return Reflect.apply(Uint8Array.prototype.slice, view, []);
}

function isChangeable(value: unknown): value is object {
  if (typeof value === 'function')
    throw new TypeError('holds a function: return plain data instead');
  return typeof value === 'object' && value !== null;
}
