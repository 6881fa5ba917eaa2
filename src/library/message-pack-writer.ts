/**
 * Bytes of MessagePack, one value after the other, in the forms that `msgpackr` reads. It knows no types of ours
 * and refuses nothing but size; what may be sent is `input-writer.ts`'s to say.
 */
import { RaftError } from '../core/errors.ts';

/** The first block; most commands need no other. */
const BLOCK_BYTES = 4_096;
/** Text up to this length is written letter by letter: a call of the encoder costs more. */
const SHORT_TEXT = 64;

/** How a length is written: inside the first byte up to `within`, else in one, two or four bytes behind it. */
interface LengthForm {
  readonly fixed: number;
  readonly within: number;
  readonly in8: number | null;
  readonly in16: number;
  readonly in32: number;
}

/** Memory to write into. */
export interface Block {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

const TEXT: LengthForm = { fixed: 0xa0, within: 31, in8: 0xd9, in16: 0xda, in32: 0xdb };
const ARRAY: LengthForm = { fixed: 0x90, within: 15, in8: null, in16: 0xdc, in32: 0xdd };
const FIELDS: LengthForm = { fixed: 0x80, within: 15, in8: null, in16: 0xde, in32: 0xdf };
const BYTES: LengthForm = { fixed: 0, within: -1, in8: 0xc4, in16: 0xc5, in32: 0xc6 };
const EXTENSION: LengthForm = { fixed: 0, within: -1, in8: 0xc7, in16: 0xc8, in32: 0xc9 };

const encoder = new TextEncoder();
const HALF_A_CHARACTER = /\p{Surrogate}/u;

export class MessagePackWriter {
  readonly #bytesMax: number;
  #bytes: Uint8Array;
  #view: DataView;
  #at = 0;

  /** Bound: past `bytesMax` it throws `RAFT_TOO_LARGE`. It begins in `block`, and leaves it when that is full. */
  constructor(bytesMax: number, block: Block) {
    this.#bytesMax = bytesMax;
    this.#bytes = block.bytes;
    this.#view = block.view;
  }

  /** What was written, in bytes of its own. */
  written(): Uint8Array {
    if (this.#at > this.#bytesMax) throw this.#tooLarge();
    return this.#bytes.slice(0, this.#at);
  }

  null(): void {
    this.#room(1);
    this.#byte(0xc0);
  }

  boolean(value: boolean): void {
    this.#room(1);
    this.#byte(value ? 0xc3 : 0xc2);
  }

  /** Whole numbers in as few bytes as they need; all others, −0 among them, in eight. */
  number(value: number): void {
    this.#room(9);
    if (value >>> 0 === value && !Object.is(value, -0)) return this.#unsigned(value);
    if (value >> 0 === value && value < 0) return this.#negative(value);
    this.#byte(0xcb);
    this.#view.setFloat64(this.#at, value);
    this.#at += 8;
  }

  /** Returns false if it holds half a character, which no encoding keeps. */
  text(value: string): boolean {
    const { length } = value;
    this.#expect(length);
    this.#room(5 + 3 * length);
    const start = this.#at + headBytes(TEXT, length);
    const bytes = this.#encodeText(value, start);
    const isWhole = bytes === length || !HALF_A_CHARACTER.test(value);
    const moved = this.#at + headBytes(TEXT, bytes);
    if (moved !== start) this.#bytes.copyWithin(moved, start, start + bytes);
    this.#length(TEXT, bytes);
    this.#at += bytes;
    return isWhole;
  }

  array(length: number): void {
    this.#expect(length);
    this.#room(5);
    this.#length(ARRAY, length);
  }

  fields(count: number): void {
    this.#expect(count);
    this.#room(5);
    this.#length(FIELDS, count);
  }

  bytes(value: Uint8Array): void {
    this.#expect(value.length);
    this.#room(5 + value.length);
    this.#length(BYTES, value.length);
    this.#raw(value);
  }

  /** An extension of one byte, or the mark before a value that is read differently. */
  mark(type: number, filler = 0): void {
    this.#room(3);
    this.#byte(0xd4);
    this.#byte(type);
    this.#byte(filler);
  }

  extension(type: number, parts: readonly Uint8Array[]): void {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    this.#expect(length);
    this.#room(6 + length);
    this.#length(EXTENSION, length);
    this.#byte(type);
    for (const part of parts) this.#raw(part);
  }

  /** A whole number of 64 bits, two's complement; `false`: with a sign. */
  bigint64(value: bigint, isUnsigned: boolean): void {
    this.#room(9);
    this.#byte(isUnsigned ? 0xcf : 0xd3);
    this.#view.setBigUint64(this.#at, BigInt.asUintN(64, value));
    this.#at += 8;
  }

  #unsigned(value: number): void {
    if (value < 0x80) return this.#byte(value);
    if (value < 0x100) {
      this.#byte(0xcc);
      this.#byte(value);
    } else if (value < 0x1_0000) {
      this.#number16(0xcd, value);
    } else {
      this.#number32(0xce, value);
    }
  }

  #negative(value: number): void {
    if (value >= -0x20) return this.#byte(value);
    if (value >= -0x80) {
      this.#byte(0xd0);
      this.#byte(value);
    } else if (value >= -0x8000) {
      this.#number16(0xd1, value);
    } else {
      this.#number32(0xd2, value);
    }
  }

  #encodeText(value: string, start: number): number {
    const { length } = value;
    if (length <= SHORT_TEXT) {
      let at = 0;
      for (; at < length; at += 1) {
        const unit = value.charCodeAt(at);
        if (unit >= 0x80) break;
        this.#bytes[start + at] = unit;
      }
      if (at === length) return length;
    }
    return encoder.encodeInto(value, this.#bytes.subarray(start)).written;
  }

  #length({ fixed, within, in8, in16, in32 }: LengthForm, length: number): void {
    if (length <= within) return this.#byte(fixed | length);
    if (in8 !== null && length < 0x100) {
      this.#byte(in8);
      this.#byte(length);
    } else if (length < 0x1_0000) {
      this.#number16(in16, length);
    } else {
      this.#number32(in32, length);
    }
  }

  #number16(form: number, value: number): void {
    this.#byte(form);
    this.#view.setUint16(this.#at, value);
    this.#at += 2;
  }

  #number32(form: number, value: number): void {
    this.#byte(form);
    this.#view.setUint32(this.#at, value);
    this.#at += 4;
  }

  #raw(value: Uint8Array): void {
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
  }

  #byte(value: number): void {
    this.#bytes[this.#at] = value;
    this.#at += 1;
  }

  /** Asked for once for each value, before any of its bytes. */
  #room(bytes: number): void {
    if (this.#at + bytes > this.#bytes.length) this.#grow(bytes);
  }

  #grow(bytes: number): void {
    if (this.#at > this.#bytesMax) throw this.#tooLarge();
    const larger = newBlock(2 * this.#bytes.length + bytes);
    larger.bytes.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger.bytes;
    this.#view = larger.view;
  }

  /** Every letter, item and field takes a byte or more: what is too long already is not looked at. */
  #expect(length: number): void {
    if (length > this.#bytesMax) throw this.#tooLarge();
  }

  #tooLarge(): RaftError {
    return new RaftError(
      'RAFT_TOO_LARGE',
      `the command is over the limit of ${this.#bytesMax} bytes: nothing was sent; split it`,
    );
  }
}

export function newBlock(length = BLOCK_BYTES): Block {
  const bytes = new Uint8Array(length);
  return { bytes, view: new DataView(bytes.buffer) };
}

function headBytes({ within, in8 }: LengthForm, length: number): number {
  if (length <= within) return 1;
  if (in8 !== null && length < 0x100) return 2;
  return length < 0x1_0000 ? 3 : 5;
}
