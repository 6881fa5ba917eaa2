/**
 * Writes the input of a command, and refuses what would not arrive as it was sent (AD3): a function, a cycle, a
 * `Map`, an object of a class, a hole in an array, half a character. Every value is read once, so that what was
 * checked is what is sent.
 */
import { RaftError } from '../core/errors.ts';
import type { MessagePackWriter } from './message-pack-writer.ts';

/** Bound: what is nested deeper is refused; so is what contains itself. */
const DEPTH_MAX = 100;
/** Bound: of a longer way only the beginning is told. */
const STEPS_SHOWN_MAX = 12;
const EXTENSION = { undefined: 0, bigint: 0x42, set: 0x73, typedArray: 0x74, date: 0xff } as const;
/** In the order of the format's numbers for them; bytes have a form of their own. */
const TYPED_ARRAYS = [
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
];
const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

export class InputWriter {
  readonly #writer: MessagePackWriter;
  /** The way from the input down to the present value; only the first `#depth` steps count. */
  readonly #path: (string | number)[] = [];
  #depth = 0;

  constructor(writer: MessagePackWriter) {
    this.#writer = writer;
  }

  /** Throws `RAFT_BAD_REQUEST` and names the place, or `RAFT_TOO_LARGE`. */
  write(input: unknown): void {
    try {
      this.#value(input);
    } catch (error) {
      throw error instanceof RaftError ? error : this.#refusal('cannot be read', error);
    }
  }

  #value(value: unknown): void {
    switch (typeof value) {
      case 'number':
        return this.#writer.number(value);
      case 'string':
        return this.#text(value);
      case 'boolean':
        return this.#writer.boolean(value);
      case 'undefined':
        return this.#writer.mark(EXTENSION.undefined);
      case 'bigint':
        return this.#bigint(value);
      case 'object':
        return value === null ? this.#writer.null() : this.#object(value);
      default:
        throw this.#refusal(`is a ${typeof value}`);
    }
  }

  #object(value: object): void {
    if (this.#depth === DEPTH_MAX) {
      throw this.#refusal(`is nested deeper than ${DEPTH_MAX} levels, or contains itself`);
    }
    if (Array.isArray(value)) this.#array(value);
    else if (ArrayBuffer.isView(value)) this.#typedArray(value);
    else if (value instanceof Date) this.#date(value);
    else if (value instanceof Set) this.#set(value);
    else this.#fields(value as Readonly<Record<string, unknown>>);
  }

  /** Its keys tell both a hole and a name that is no index, neither of which would arrive. */
  #array(value: readonly unknown[]): void {
    this.#hasPrototype(value, Array.prototype);
    const { length } = value;
    this.#writer.array(length);
    const keys = Object.keys(value);
    if (keys.length !== length || (length > 0 && keys[length - 1] !== String(length - 1))) {
      throw this.#refusal('is an array with a hole, or with names besides its items');
    }
    this.#items(value, length);
  }

  /** As many as were announced, even if reading one of them changes the array. */
  #items(items: readonly unknown[], length: number): void {
    this.#depth += 1;
    for (let at = 0; at < length; at += 1) {
      this.#path[this.#depth - 1] = at;
      this.#value(items[at]);
    }
    this.#depth -= 1;
  }

  #fields(value: Readonly<Record<string, unknown>>): void {
    this.#isPlain(value);
    const names = Object.keys(value);
    this.#writer.fields(names.length);
    this.#depth += 1;
    for (const name of names) {
      this.#path[this.#depth - 1] = name;
      if (name === '__proto__') throw this.#refusal('has a name that stands for something else');
      this.#text(name);
      this.#value(value[name]);
    }
    this.#depth -= 1;
    if (Object.getOwnPropertySymbols(value).length > 0) throw this.#refusal('has a symbol as name');
  }

  /** Marked as a set, and then its items as an array. */
  #set(value: ReadonlySet<unknown>): void {
    this.#hasPrototype(value, Set.prototype);
    const items = [...value];
    this.#writer.mark(EXTENSION.set);
    this.#writer.array(items.length);
    this.#items(items, items.length);
  }

  /** OW2: `Uint8Array` and `Buffer` alike are bytes, and arrive as `Uint8Array`. */
  #typedArray(value: ArrayBufferView): void {
    const name = nameOfTypedArray(value);
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    if (name === 'Uint8Array') return this.#writer.bytes(bytes);
    const number = TYPED_ARRAYS.indexOf(name);
    if (number === -1) throw this.#refusal(`is a ${name}`);
    this.#writer.extension(EXTENSION.typedArray, [Uint8Array.of(number), bytes]);
  }

  /** Seconds since 1970, and nanoseconds from there. */
  #date(value: Date): void {
    this.#hasPrototype(value, Date.prototype);
    const timeMs = value.getTime();
    if (Number.isNaN(timeMs)) return this.#writer.mark(EXTENSION.date, 0xff);
    const seconds = Math.floor(timeMs / 1_000);
    const view = new DataView(new ArrayBuffer(12));
    view.setUint32(0, (timeMs - seconds * 1_000) * 1_000_000);
    view.setBigInt64(4, BigInt(seconds));
    this.#writer.extension(EXTENSION.date, [new Uint8Array(view.buffer)]);
  }

  #text(value: string): void {
    if (!this.#writer.text(value)) throw this.#refusal('holds half a character (a lone surrogate)');
  }

  #bigint(value: bigint): void {
    if (BigInt.asIntN(64, value) === value) return this.#writer.bigint64(value, false);
    if (BigInt.asUintN(64, value) === value) return this.#writer.bigint64(value, true);
    this.#writer.extension(EXTENSION.bigint, [bytesOfBigint(value)]);
  }

  #hasPrototype(value: object, expected: object): void {
    if (Object.getPrototypeOf(value) !== expected) throw this.#notPlain(value);
  }

  #isPlain(value: object): void {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) throw this.#notPlain(value);
  }

  #notPlain(value: object): RaftError {
    const name = classOf(value);
    return this.#refusal(name === '' ? 'is no plain object' : `is an object of class ${name}`);
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

function classOf(value: object): string {
  const made: unknown = value.constructor;
  return typeof made === 'function' ? made.name : '';
}

const typedArrayTag = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)?.get;

/** The kind, whatever class was derived from it: a `Buffer` is a `Uint8Array`. */
function nameOfTypedArray(value: ArrayBufferView): string {
  const name: unknown = typedArrayTag?.call(value);
  return typeof name === 'string' ? name : 'DataView';
}

/** Two's complement, the highest byte first, as many as it needs. */
function bytesOfBigint(value: bigint): Uint8Array {
  const digits = (value < 0n ? ~value : value).toString(16);
  const length = Math.floor(digits.length / 2) + 1;
  const unsigned = BigInt.asUintN(8 * length, value)
    .toString(16)
    .padStart(2 * length, '0');
  return Uint8Array.from({ length }, (_, at) =>
    Number.parseInt(unsigned.slice(2 * at, 2 * at + 2), 16),
  );
}
