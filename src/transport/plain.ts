/**
 * Lets through only the part of MessagePack that our headers use: numbers, booleans, null, strings and
 * lists, at most two deep (TR3). The decoder behind it knows far more (records that are compiled to
 * code, shared references that print without end, dates, errors, expressions) and none of it shall
 * ever run on bytes from the wire. What the values mean is for `fields.ts`.
 */

/** A header is a list; a hello's lineage is a list inside it. */
const DEPTH_MAX = 2;
const REFUSED = -1;

/** True if the bytes from `from` to the end are exactly one list of plain values. */
export function isPlainList(bytes: Uint8Array, from: number): boolean {
  return isList(bytes[from]) && endOfValue(bytes, from, 0) === bytes.length;
}

/** Where the value at `at` ends, or `REFUSED`. Ends past the bytes are found by the caller. */
function endOfValue(bytes: Uint8Array, at: number, depth: number): number {
  const token = bytes[at];
  if (token === undefined) return REFUSED;
  if (token < 0x80 || token >= 0xe0) return at + 1;
  if (token < 0x90) return REFUSED;
  if (token < 0xa0) return endOfList(bytes, { at: at + 1, length: token & 0x0f, depth });
  if (token < 0xc0) return at + 1 + (token & 0x1f);
  return endOfWideValue(bytes, at, depth);
}

function endOfWideValue(bytes: Uint8Array, at: number, depth: number): number {
  switch (bytes[at]) {
    case 0xc0: // null
    case 0xc2: // false
    case 0xc3: // true
      return at + 1;
    case 0xcc: // integers of 8 bits, without and with a sign
    case 0xd0:
      return at + 2;
    case 0xcd: // of 16
    case 0xd1:
      return at + 3;
    case 0xca: // a float, and integers of 32
    case 0xce:
    case 0xd2:
      return at + 5;
    case 0xcb: // a double, and integers of 64
    case 0xcf:
    case 0xd3:
      return at + 9;
    case 0xd9: // strings with a length of 8 and of 16 bits
      return at + 2 + byteAt(bytes, at + 1);
    case 0xda:
      return at + 3 + wideAt(bytes, at + 1);
    case 0xdc: // a list with a length of 16 bits
      return endOfList(bytes, { at: at + 3, length: wideAt(bytes, at + 1), depth });
    default:
      return REFUSED;
  }
}

interface List {
  /** Where its first element begins. */
  readonly at: number;
  readonly length: number;
  readonly depth: number;
}

function endOfList(bytes: Uint8Array, list: List): number {
  if (list.depth === DEPTH_MAX) return REFUSED;
  let at = list.at;
  for (let element = 0; element < list.length; element += 1) {
    at = endOfValue(bytes, at, list.depth + 1);
    if (at === REFUSED) return REFUSED;
  }
  return at;
}

function isList(token: number | undefined): boolean {
  return token === 0xdc || (token !== undefined && token >= 0x90 && token < 0xa0);
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

/** Sixteen bits, big-endian as everything in MessagePack. */
function wideAt(bytes: Uint8Array, at: number): number {
  return byteAt(bytes, at) * 0x100 + byteAt(bytes, at + 1);
}
