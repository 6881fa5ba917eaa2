/**
 * Writes the layouts of `command-codec.ts` and `result-codec.ts`: fixed-width little-endian numbers
 * and blocks with their length in front. Everything is written twice, first into nothing to learn the
 * size, then into one array of exactly that size, so that no value is copied more than once.
 */
import { assert } from '../../core/assert.ts';
import { shortBytes } from '../../core/bytes/short-bytes.ts';
import { isCounter } from '../../core/types.ts';

interface EncodedOptions {
  /** Left for the caller in front, so that a frame needs no copy of what it carries. */
  readonly headBytes?: number;
  /** Nobody keeps them for long, so that they may share a buffer with others. */
  readonly isShort?: boolean;
}

/** Encodes what `write` writes; it is called twice and must write the same both times. */
export function encoded<Value>(
  write: (writer: ByteWriter, value: Value) => unknown,
  value: Value,
  { headBytes = 0, isShort = false }: EncodedOptions = {},
): Uint8Array {
  const measure = new ByteWriter(null, headBytes);
  write(measure, value);
  const bytes = isShort ? shortBytes(measure.length) : new Uint8Array(measure.length);
  write(new ByteWriter(bytes, headBytes), value);
  return bytes;
}

export class ByteWriter {
  readonly #bytes: Uint8Array | null;
  #at: number;

  /** `null`: only measure. */
  constructor(bytes: Uint8Array | null, from: number) {
    this.#bytes = bytes;
    this.#at = from;
  }

  get length(): number {
    return this.#at;
  }

  u8(value: number): this {
    if (this.#bytes !== null) this.#bytes[this.#at] = value;
    this.#at += 1;
    return this;
  }

  u32(value: number): this {
    const bytes = this.#bytes;
    if (bytes !== null) {
      bytes[this.#at] = value;
      bytes[this.#at + 1] = value >>> 8;
      bytes[this.#at + 2] = value >>> 16;
      bytes[this.#at + 3] = value >>> 24;
    }
    this.#at += 4;
    return this;
  }

  /** A revision, version or count, in eight bytes. */
  counter(value: number): this {
    assert(isCounter(value), 'KV10: only counters are encoded as counters');
    return this.u32(value >>> 0).u32(Math.floor(value / 2 ** 32));
  }

  block(value: Uint8Array): this {
    this.u32(value.length);
    this.#bytes?.set(value, this.#at);
    this.#at += value.length;
    return this;
  }
}
