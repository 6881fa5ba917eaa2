/**
 * The input of a command as it goes into the log: a copy of plain data, and a refusal of what would not arrive as it
 * was sent (AD3): a function, a cycle, a `Map`, an object of a class, a hole in an array, half a character. Every
 * value is read once, so that what was checked is what is sent. What a caller gets back is `result-copy.ts`'s.
 */

import { RaftError } from '../core/errors.ts';
import { INPUT_BYTES_PER_OBJECT_MIN, INPUT_DEPTH_MAX, STEPS_SHOWN_MAX } from './limits.ts';
import { NUMBER_ARRAYS } from './number-arrays.ts';
import { classOf } from './result-copy.ts';

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

type Fields = Record<string, unknown>;

/** Throws `RAFT_BAD_REQUEST` and names the place, or `RAFT_TOO_LARGE`. */
export function inputCopy(input: unknown, bytesMax: number): unknown {
  if (typeof input === 'number' || typeof input === 'boolean' || input === undefined) return input;
  return new InputCopier(bytesMax).copyOfInput(input);
}

export function tooLarge(bytesMax: number): RaftError {
  return new RaftError(
    'RAFT_TOO_LARGE',
    `the command is over the limit of ${bytesMax} bytes: nothing was sent; split it`,
  );
}

function tooManyObjects(bytesMax: number): RaftError {
  const objectsMax = Math.floor(bytesMax / INPUT_BYTES_PER_OBJECT_MIN);
  return new RaftError(
    'RAFT_TOO_LARGE',
    `the command holds more than ${objectsMax} lists, objects and sets, one for every ${INPUT_BYTES_PER_OBJECT_MIN} bytes of its limit: nothing was sent; split it`,
  );
}

class InputCopier {
  readonly #bytesMax: number;
  /** What was read so far takes at least. Bound: past `bytesMax` nothing more is read. */
  #bytes = 0;
  #objects = 0;
  /** The way from the input down to the present value; only the first `#depth` steps count. */
  readonly #path: (string | number)[] = [];
  #depth = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  copyOfInput(input: unknown): unknown {
    try {
      return this.#copyOf(input);
    } catch (error) {
      throw error instanceof RaftError ? error : this.#refusal('cannot be read', error);
    }
  }

  #copyOf(value: unknown): unknown {
    switch (typeof value) {
      case 'string':
        return this.#text(value);
      case 'bigint':
        return this.#bigint(value);
      case 'object':
        return value === null ? null : this.#copyOfObject(value);
      case 'function':
      case 'symbol':
        throw this.#refusal(`is a ${typeof value}`);
      default:
        return value;
    }
  }

  #copyOfObject(value: object): object {
    this.#objects += 1;
    if (this.#objects * INPUT_BYTES_PER_OBJECT_MIN > this.#bytesMax)
      throw tooManyObjects(this.#bytesMax);
    if (this.#depth === INPUT_DEPTH_MAX) {
      throw this.#refusal(`is nested deeper than ${INPUT_DEPTH_MAX} levels, or contains itself`);
    }
    if (Array.isArray(value)) return this.#items(value);
    if (ArrayBuffer.isView(value)) return this.#seenAnew(value);
    switch (Object.getPrototypeOf(value)) {
      case Object.prototype:
      case null:
        return this.#fields(value as Fields);
      case Set.prototype:
        return this.#members(value as ReadonlySet<unknown>);
      case Date.prototype:
        return new Date(Date.prototype.getTime.call(value));
      default:
        throw this.#refusal(`is an object of class ${classOf(value)}`);
    }
  }

  /** Its keys tell both a hole and a name that is no index, neither of which would arrive. */
  #items(value: readonly unknown[]): unknown[] {
    if (Object.getPrototypeOf(value) !== Array.prototype) {
      throw this.#refusal(`is an object of class ${classOf(value)}`);
    }
    const { length } = value;
    this.#count(length);
    const keys = Object.keys(value);
    if (keys.length !== length || (length > 0 && keys[length - 1] !== String(length - 1))) {
      throw this.#refusal('is an array with a hole, or with names besides its items');
    }
    const copy = new Array<unknown>(length);
    this.#depth += 1;
    for (let at = 0; at < length; at += 1) copy[at] = this.#inner(at, value[at]);
    this.#depth -= 1;
    return copy;
  }

  #fields(value: Fields): Fields {
    const names = Object.keys(value);
    this.#count(2 * names.length);
    const copy: Fields = {};
    this.#depth += 1;
    for (const name of names) {
      this.#path[this.#depth - 1] = name;
      if (name === '__proto__') throw this.#refusal('has a name that stands for something else');
      copy[this.#text(name)] = this.#inner(name, value[name]);
    }
    this.#depth -= 1;
    if (Object.getOwnPropertySymbols(value).length > 0) throw this.#refusal('has a symbol as name');
    return copy;
  }

  #members(value: ReadonlySet<unknown>): Set<unknown> {
    const copy = new Set<unknown>();
    this.#depth += 1;
    let at = 0;
    for (const member of value) {
      this.#count(1);
      copy.add(this.#inner(at, member));
      at += 1;
    }
    this.#depth -= 1;
    return copy;
  }

  #inner(step: string | number, value: unknown): unknown {
    this.#path[this.#depth - 1] = step;
    return this.#copyOf(value);
  }

  /** A view of the same bytes: they are copied when they are written, before the caller goes on. */
  #seenAnew(value: ArrayBufferView): ArrayBufferView {
    const { buffer, byteOffset, byteLength } = value;
    const kind = kindOf(value);
    // OW2: `Uint8Array` and `Buffer` alike are bytes, and a `Buffer` is what `msgpackr` writes as such.
    if (kind === 'Uint8Array') return this.#counted(Buffer.from(buffer, byteOffset, byteLength));
    const Numbers = NUMBER_ARRAYS.find(({ name }) => name === kind);
    if (Numbers === undefined) throw this.#refusal(`is a ${kind}`);
    const length = byteLength / Numbers.BYTES_PER_ELEMENT;
    return this.#counted(new Numbers(buffer, byteOffset, length));
  }

  #counted(bytes: ArrayBufferView): ArrayBufferView {
    this.#count(bytes.byteLength);
    return bytes;
  }

  #text(value: string): string {
    this.#count(value.length);
    if (!value.isWellFormed()) throw this.#refusal('holds half a character (a lone surrogate)');
    return value;
  }

  /** Two digits are a byte. What is far too long is not made into digits. */
  #bigint(value: bigint): bigint {
    if (BigInt.asIntN(64, value) === value) return value;
    const bitsMax = Math.min(8 * this.#bytesMax, Number.MAX_SAFE_INTEGER);
    if (BigInt.asIntN(bitsMax, value) !== value) throw tooLarge(this.#bytesMax);
    this.#count(value.toString(16).length >> 1);
    return value;
  }

  /** Every letter, item and field takes a byte or more, and is counted before it is looked at. */
  #count(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#bytesMax) throw tooLarge(this.#bytesMax);
  }

  #refusal(what: string, cause?: unknown): RaftError {
    return new RaftError(
      'RAFT_BAD_REQUEST',
      `${this.#place()} ${what}, and would not arrive as it is: nothing was sent; send plain data`,
      { cause },
    );
  }

  #place(): string {
    const path = this.#path.slice(0, this.#depth);
    const steps = path.slice(0, STEPS_SHOWN_MAX).map((step) => {
      if (typeof step === 'number') return `[${step}]`;
      return IDENTIFIER.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
    });
    return `input${steps.join('')}${path.length > STEPS_SHOWN_MAX ? '…' : ''}`;
  }
}

const typedArrayTag = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)?.get;

/** The kind, whatever class was derived from it: a `Buffer` is a `Uint8Array`. */
function kindOf(value: ArrayBufferView): string {
  const name: unknown = typedArrayTag?.call(value);
  return typeof name === 'string' ? name : 'DataView';
}
