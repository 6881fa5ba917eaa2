/**
 * As much of `msgpackr` as the codec of the transport asks for (`src/transport/codec.ts`): lists of numbers, strings, booleans
 * and null, to the same bytes and back. The whole of it weighs a tenth of the cluster that runs in the page, and
 * `isPlainList` keeps the rest of it from what has arrived anyway. The build puts it in the place of `msgpackr` there; the
 * simulator's seeds run with the original.
 */

/** The low bits beside it: how many bytes are left free before the first. */
export const RESERVE_START_SPACE = 2_048;

export type Plain = null | boolean | number | string | readonly Plain[];

interface Span {
  readonly start: number;
  readonly end: number;
}

export class Packr {
  pack(list: readonly Plain[], options: number): Uint8Array {
    const bytes = new Array<number>(options & (RESERVE_START_SPACE - 1)).fill(0);
    write(list, bytes);
    return Uint8Array.from(bytes);
  }

  unpack(bytes: Uint8Array, { start, end }: Span): Plain {
    return new Reader(bytes.subarray(start, end)).value();
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function write(value: Plain, bytes: number[]): void {
  if (value === null) bytes.push(0xc0);
  else if (typeof value === 'boolean') bytes.push(value ? 0xc3 : 0xc2);
  else if (typeof value === 'number') writeNumber(value, bytes);
  else if (typeof value === 'string') writeText(encoder.encode(value), bytes);
  else writeList(value, bytes);
}

function writeNumber(value: number, bytes: number[]): void {
  if (value >>> 0 === value) {
    if (value < 0x80) bytes.push(value);
    else if (value < 0x100) bytes.push(0xcc, value);
    else if (value < 0x1_0000) writeWide(0xcd, value, bytes);
    else writeWide(0xce, value, bytes);
  } else if (value >> 0 === value) {
    if (value >= -0x20) bytes.push(value);
    else if (value >= -0x80) bytes.push(0xd0, value);
    else if (value >= -0x8000) writeWide(0xd1, value, bytes);
    else writeWide(0xd2, value, bytes);
  } else writeDouble(value, bytes);
}

function writeText(text: Uint8Array, bytes: number[]): void {
  if (text.length < 0x20) bytes.push(0xa0 | text.length);
  else if (text.length < 0x100) bytes.push(0xd9, text.length);
  else if (text.length < 0x1_0000) writeWide(0xda, text.length, bytes);
  else writeWide(0xdb, text.length, bytes);
  for (const byte of text) bytes.push(byte);
}

function writeList(list: readonly Plain[], bytes: number[]): void {
  if (list.length < 0x10) bytes.push(0x90 | list.length);
  else writeWide(list.length < 0x1_0000 ? 0xdc : 0xdd, list.length, bytes);
  for (const each of list) write(each, bytes);
}

/** Tokens whose whole number has four bytes; the others have two. */
const OF_FOUR: readonly number[] = [0xce, 0xd2, 0xdb, 0xdd];

function writeWide(token: number, value: number, bytes: number[]): void {
  bytes.push(token);
  if (OF_FOUR.includes(token)) bytes.push(value >> 24, value >> 16);
  bytes.push(value >> 8, value);
}

function writeDouble(value: number, bytes: number[]): void {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  bytes.push(0xcb, ...new Uint8Array(view.buffer));
}

/** Reads what is written above. */
class Reader {
  readonly #bytes: DataView;
  #at = 0;

  constructor({ buffer, byteOffset, length }: Uint8Array) {
    this.#bytes = new DataView(buffer, byteOffset, length);
  }

  value(): Plain {
    const token = this.#bytes.getUint8(this.#after(1));
    if (token < 0x80) return token;
    if (token >= 0xe0) return token - 0x100;
    if (token >= 0x90 && token < 0xa0) return this.#list(token & 0x0f);
    if (token >= 0xa0 && token < 0xc0) return this.#text(token & 0x1f);
    return this.#wide(token);
  }

  #wide(token: number): Plain {
    const bytes = this.#bytes;
    switch (token) {
      case 0xc0:
        return null;
      case 0xc2:
      case 0xc3:
        return token === 0xc3;
      case 0xcb:
        return bytes.getFloat64(this.#after(8));
      case 0xcc:
        return bytes.getUint8(this.#after(1));
      case 0xcd:
        return bytes.getUint16(this.#after(2));
      case 0xce:
        return bytes.getUint32(this.#after(4));
      case 0xd0:
        return bytes.getInt8(this.#after(1));
      case 0xd1:
        return bytes.getInt16(this.#after(2));
      case 0xd2:
        return bytes.getInt32(this.#after(4));
      default:
        return this.#long(token);
    }
  }

  #long(token: number): Plain {
    const bytes = this.#bytes;
    switch (token) {
      case 0xd9:
        return this.#text(bytes.getUint8(this.#after(1)));
      case 0xda:
        return this.#text(bytes.getUint16(this.#after(2)));
      case 0xdb:
        return this.#text(bytes.getUint32(this.#after(4)));
      case 0xdc:
        return this.#list(bytes.getUint16(this.#after(2)));
      case 0xdd:
        return this.#list(bytes.getUint32(this.#after(4)));
      default:
        throw new RangeError(`${token} begins nothing plain`);
    }
  }

  #list(length: number): readonly Plain[] {
    return Array.from({ length }, () => this.value());
  }

  #text(length: number): string {
    const { buffer, byteOffset } = this.#bytes;
    return decoder.decode(new Uint8Array(buffer, byteOffset + this.#after(length), length));
  }

  /** Where the next so many bytes begin. */
  #after(count: number): number {
    const at = this.#at;
    this.#at += count;
    return at;
  }
}
