/**
 * Two checksums of one kind: CRC-32 (the polynomial of zip and Ethernet) for what this program writes, and CRC-32C
 * (Castagnoli's) with which LevelDB sums its own blocks. Eight table look-ups for eight bytes at a time. Written here
 * because the core runs without `node:` modules; where there is zlib, whoever puts a program together hands its
 * `crc32` in, which gives the same sums.
 */

import { viewOf } from './view-of.ts';

const CRC32 = tablesOf(0xedb88320);
const CRC32C = tablesOf(0x82f63b78);
/** From so many bytes on, reading words pays for the view that it takes: measured. */
const VIEW_PAYS_BYTES = 512;

/** From so many bytes on, zlib's pays for the call, and is three to eight times as fast: measured. */
const NATIVE_PAYS_BYTES = 1_024;
type Crc32 = (bytes: Uint8Array) => number;
let native: Crc32 | null = null;

/** The checksum of `bytes` in `[from, to)`, an unsigned 32-bit number. */
export function crc32(bytes: Uint8Array, from = 0, to: number = bytes.length): number {
  if (native !== null && to - from >= NATIVE_PAYS_BYTES) return native(bytes.subarray(from, to));
  return sum(CRC32, bytes, from, to);
}

/** Has large parts summed by another CRC-32 from now on: that of zlib. One that is not the same is not taken. */
export function sumWith(other: Crc32): void {
  const sample = Uint8Array.from({ length: NATIVE_PAYS_BYTES }, (_, at) => at % 251);
  if (other(sample) === sum(CRC32, sample, 0, sample.length)) native = other;
}

/** As `crc32`, with LevelDB's polynomial. */
export function crc32c(bytes: Uint8Array, from = 0, to: number = bytes.length): number {
  return sum(CRC32C, bytes, from, to);
}

function sum(tables: Int32Array, bytes: Uint8Array, from: number, to: number): number {
  const wide = to - 7;
  let crc = ~0;
  let at = from;
  if (to - from >= VIEW_PAYS_BYTES) {
    const view = viewOf(bytes);
    for (; at < wide; at += 8) {
      crc = eightBytes(tables, crc ^ view.getInt32(at, true), view.getInt32(at + 4, true));
    }
  }
  for (; at < wide; at += 8) {
    crc = eightBytes(tables, crc ^ fourBytes(bytes, at), fourBytes(bytes, at + 4));
  }
  for (; at < to; at += 1) crc = word(tables, (crc ^ byte(bytes, at)) & 0xff) ^ (crc >>> 8);
  return ~crc >>> 0;
}

function eightBytes(tables: Int32Array, low: number, high: number): number {
  return (
    word(tables, 0x700 + (low & 0xff)) ^
    word(tables, 0x600 + ((low >>> 8) & 0xff)) ^
    word(tables, 0x500 + ((low >>> 16) & 0xff)) ^
    word(tables, 0x400 + (low >>> 24)) ^
    word(tables, 0x300 + (high & 0xff)) ^
    word(tables, 0x200 + ((high >>> 8) & 0xff)) ^
    word(tables, 0x100 + ((high >>> 16) & 0xff)) ^
    word(tables, high >>> 24)
  );
}

function fourBytes(bytes: Uint8Array, at: number): number {
  const low = byte(bytes, at) | (byte(bytes, at + 1) << 8);
  return low | (byte(bytes, at + 2) << 16) | (byte(bytes, at + 3) << 24);
}

/** Typed arrays of known length: the index is always inside, which the type checker cannot see. */
function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] as number;
}

function word(tables: Int32Array, at: number): number {
  return tables[at] as number;
}

/** Eight tables of 256 words, one behind the other: table n is for a byte n places before the last. */
function tablesOf(polynomial: number): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let value = 0; value < 256; value += 1) {
    let crc = value;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    tables[value] = crc;
  }
  for (let at = 256; at < tables.length; at += 1) {
    const shorter = word(tables, at - 256);
    tables[at] = word(tables, shorter & 0xff) ^ (shorter >>> 8);
  }
  return tables;
}
