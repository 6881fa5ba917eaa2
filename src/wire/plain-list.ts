/**
 * Lets through only the plain part of MessagePack: numbers, booleans, null, strings, lists and, where they are
 * expected, byte strings (TR3, SP1). The decoder behind it knows far more (records that are compiled to code,
 * shared references that turn one megabyte into forty, dates, errors, expressions) and none of it shall ever
 * run on bytes from a wire. It looks at each byte of structure once and allocates nothing: a list that claims
 * more than the bytes can hold is refused before anything is made of it. What the values mean is for others.
 */

export interface PlainBounds {
  /** Bound: lists inside lists, the outermost counted. */
  readonly depthMax: number;
  /** Bound: values in all, lists counted: what a decoder makes of a byte is many times its size. */
  readonly valuesMax: number;
  readonly hasBytes: boolean;
}

const REFUSED = -1;

/** True if the bytes from `from` to the end are exactly one list of plain values within the bounds. */
export function isPlainList(bytes: Uint8Array, from: number, bounds: PlainBounds): boolean {
  if (!isList(bytes[from])) return false;
  return new Scan(bytes, bounds).endOfValue(from, 0) === bytes.length;
}

class Scan {
  readonly #bytes: Uint8Array;
  readonly #bounds: PlainBounds;
  #valuesLeft: number;

  constructor(bytes: Uint8Array, bounds: PlainBounds) {
    this.#bytes = bytes;
    this.#bounds = bounds;
    this.#valuesLeft = bounds.valuesMax;
  }

  /** Where the value at `at` ends, or `REFUSED`. Ends past the bytes are found by the caller. */
  endOfValue(at: number, depth: number): number {
    const token = this.#bytes[at];
    if (token === undefined || this.#valuesLeft === 0) return REFUSED;
    this.#valuesLeft -= 1;
    if (token < 0x80 || token >= 0xe0) return at + 1;
    if (token < 0x90) return REFUSED;
    if (token < 0xa0) return this.#endOfList(at + 1, token & 0x0f, depth);
    if (token < 0xc0) return at + 1 + (token & 0x1f);
    return this.#endOfWideValue(token, at + 1, depth);
  }

  /** `at` is behind the token. */
  #endOfWideValue(token: number, at: number, depth: number): number {
    switch (token) {
      case 0xc0: // null
      case 0xc2: // false
      case 0xc3: // true
        return at;
      case 0xc4: // byte strings with a length of 8, 16 and 32 bits
        return this.#bounds.hasBytes ? at + 1 + this.#number(at, 1) : REFUSED;
      case 0xc5:
        return this.#bounds.hasBytes ? at + 2 + this.#number(at, 2) : REFUSED;
      case 0xc6:
        return this.#bounds.hasBytes ? at + 4 + this.#number(at, 4) : REFUSED;
      case 0xcc: // integers of 8 bits, without and with a sign
      case 0xd0:
        return at + 1;
      case 0xcd: // of 16
      case 0xd1:
        return at + 2;
      case 0xca: // a float, and integers of 32
      case 0xce:
      case 0xd2:
        return at + 4;
      case 0xcb: // a double, and integers of 64
      case 0xcf:
      case 0xd3:
        return at + 8;
      case 0xd9: // strings with a length of 8, 16 and 32 bits
        return at + 1 + this.#number(at, 1);
      case 0xda:
        return at + 2 + this.#number(at, 2);
      case 0xdb:
        return at + 4 + this.#number(at, 4);
      case 0xdc: // lists with a length of 16 and of 32 bits
        return this.#endOfList(at + 2, this.#number(at, 2), depth);
      case 0xdd:
        return this.#endOfList(at + 4, this.#number(at, 4), depth);
      default:
        return REFUSED;
    }
  }

  #endOfList(from: number, length: number, depth: number): number {
    if (depth === this.#bounds.depthMax) return REFUSED;
    // An element takes a byte at least.
    if (length > this.#bytes.length - from || length > this.#valuesLeft) return REFUSED;
    let at = from;
    for (let element = 0; element < length; element += 1) {
      at = this.endOfValue(at, depth + 1);
      if (at === REFUSED) return REFUSED;
    }
    return at;
  }

  /** Big-endian, as everything in MessagePack; bytes that are missing count as 0 and are found later. */
  #number(at: number, width: 1 | 2 | 4): number {
    let value = 0;
    for (let offset = 0; offset < width; offset += 1) {
      value = value * 0x100 + (this.#bytes[at + offset] ?? 0);
    }
    return value;
  }
}

function isList(token: number | undefined): boolean {
  return token === 0xdc || token === 0xdd || (token !== undefined && token >= 0x90 && token < 0xa0);
}
