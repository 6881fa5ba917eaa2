/**
 * Proves LevelDB's table files before LevelDB reads them. LevelDB as built for Node checks none of the
 * checksums in its tables, and where a damaged one leads it astray it aborts the whole process by an
 * assertion; a node must refuse in a sentence instead (ST15). Reads the formats of LevelDB 1.20:
 * the manifest, which names the live tables, and the blocks of a table. Pure, and trusts no length.
 */

import { crc32c } from '../../core/bytes/checksum.ts';
import { asOnePiece } from '../../core/bytes/joined-bytes.ts';
import { viewOf } from '../../core/bytes/view-of.ts';

const LOG_BLOCK_BYTES = 32 * 1024;
const LOG_HEADER_BYTES = 7;
const LOG_RECORD = { full: 1, first: 2, middle: 3, last: 4 } as const;
const EDIT_TAG = {
  comparator: 1,
  logNumber: 2,
  nextFileNumber: 3,
  lastSequence: 4,
  compactPointer: 5,
  deletedFile: 6,
  newFile: 7,
  previousLogNumber: 9,
} as const;
const FOOTER_BYTES = 48;
const TABLE_MAGIC = 0xdb4775248b80fb57n;
/** Behind each block of a table: its compression (0: none) and its checksum. */
const BLOCK_TRAILER_BYTES = 5;

export class LevelFileDamaged extends Error {
  override readonly name = 'LevelFileDamaged';
}

/** The numbers of the tables that a manifest counts as live. Throws `LevelFileDamaged`. */
export function liveTables(manifest: Uint8Array): readonly number[] {
  const found: LiveTables = { live: new Set(), isBegun: false };
  for (const edit of logRecords(manifest)) applyEdit(found, new Cursor(edit));
  if (!found.isBegun) throw new LevelFileDamaged('its beginning is missing');
  return [...found.live];
}

interface LiveTables {
  readonly live: Set<number>;
  /** It says with which number files go on, as the first record of each does, and LevelDB demands. */
  isBegun: boolean;
}

/**
 * Throws `LevelFileDamaged` unless every block of the table is as it was written. Yields the bytes of each block that it
 * has looked at: tables are large, and whoever drives it pauses in between.
 */
export function* requireSoundTable(table: Uint8Array): Generator<number, void, undefined> {
  if (table.length < FOOTER_BYTES) throw new LevelFileDamaged('it was cut');
  const footer = table.subarray(table.length - FOOTER_BYTES);
  if (viewOf(footer).getBigUint64(FOOTER_BYTES - 8, true) !== TABLE_MAGIC) {
    throw new LevelFileDamaged('its end is not the end of a table');
  }
  const cursor = new Cursor(footer);
  const metaIndex = soundBlock(table, readHandle(cursor));
  const index = soundBlock(table, readHandle(cursor));
  for (const handle of [...handlesIn(metaIndex), ...handlesIn(index)]) {
    yield soundBlock(table, handle).length;
  }
}

interface BlockHandle {
  readonly offset: number;
  readonly size: number;
}

/** A block's content, its checksum proven. */
function soundBlock(table: Uint8Array, { offset, size }: BlockHandle): Uint8Array {
  const end = offset + size;
  if (end + BLOCK_TRAILER_BYTES > table.length) {
    throw new LevelFileDamaged(`a block at ${offset} lies outside the file`);
  }
  const stored = uint32At(table, end + 1);
  if (stored !== masked(crc32c(table, offset, end + 1))) {
    throw new LevelFileDamaged(`the block at ${offset} fails its checksum`);
  }
  return table.subarray(offset, end);
}

/** The values of an index block: where other blocks lie. */
function handlesIn(block: Uint8Array): readonly BlockHandle[] {
  const restarts = block.length < 4 ? 0 : uint32At(block, block.length - 4);
  const end = block.length - 4 * (restarts + 1);
  const handles: BlockHandle[] = [];
  const cursor = new Cursor(block);
  while (cursor.at < end) {
    cursor.varint();
    const keyBytes = cursor.varint();
    const valueBytes = cursor.varint();
    cursor.take(keyBytes);
    handles.push(readHandle(new Cursor(cursor.take(valueBytes))));
  }
  return handles;
}

function readHandle(cursor: Cursor): BlockHandle {
  return { offset: cursor.varint(), size: cursor.varint() };
}

function applyEdit(found: LiveTables, cursor: Cursor): void {
  while (!cursor.isAtEnd) {
    const tag = cursor.varint();
    switch (tag) {
      case EDIT_TAG.comparator:
        cursor.slice();
        break;
      case EDIT_TAG.nextFileNumber:
        cursor.varint();
        found.isBegun = true;
        break;
      case EDIT_TAG.logNumber:
      case EDIT_TAG.lastSequence:
      case EDIT_TAG.previousLogNumber:
        cursor.varint();
        break;
      case EDIT_TAG.compactPointer:
        cursor.varint();
        cursor.slice();
        break;
      case EDIT_TAG.deletedFile:
        cursor.varint();
        found.live.delete(cursor.varint());
        break;
      case EDIT_TAG.newFile:
        found.live.add(readNewFile(cursor));
        break;
      default:
        throw new LevelFileDamaged(`it holds an unknown tag ${tag}`);
    }
  }
}

function readNewFile(cursor: Cursor): number {
  cursor.varint();
  const number = cursor.varint();
  cursor.varint();
  cursor.slice();
  cursor.slice();
  return number;
}

/**
 * The records of a file in LevelDB's log format. One that the end of the file cuts off, or of which a
 * power loss left zeros to the end, was never complete: LevelDB takes it for the end as well.
 */
function* logRecords(file: Uint8Array): Generator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let at = 0;
  while (at + LOG_HEADER_BYTES <= file.length) {
    const blockLeft = LOG_BLOCK_BYTES - (at % LOG_BLOCK_BYTES);
    if (blockLeft < LOG_HEADER_BYTES) {
      at += blockLeft;
      continue;
    }
    const length = (file[at + 4] ?? 0) | ((file[at + 5] ?? 0) << 8);
    const type = file[at + 6];
    const end = at + LOG_HEADER_BYTES + length;
    if (end > file.length || isZeroFrom(file, at)) return;
    if (uint32At(file, at) !== masked(crc32c(file, at + 6, end))) {
      throw new LevelFileDamaged(`the record at ${at} fails its checksum`);
    }
    if (type === LOG_RECORD.full || type === LOG_RECORD.first) parts = [];
    parts.push(file.subarray(at + LOG_HEADER_BYTES, end));
    if (type === LOG_RECORD.full || type === LOG_RECORD.last) yield asOnePiece(parts);
    at = end;
  }
}

function isZeroFrom(file: Uint8Array, at: number): boolean {
  return file[at + 6] === 0 && file.subarray(at).every((byte) => byte === 0);
}

/** Reads forward through bytes, never past their end. */
class Cursor {
  readonly #bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.at >= this.#bytes.length;
  }

  varint(): number {
    let value = 0;
    for (let factor = 1; factor <= 2 ** 49; factor *= 128) {
      const byte = this.#bytes[this.at];
      if (byte === undefined) break;
      this.at += 1;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
    throw new LevelFileDamaged(`a number at ${this.at} makes no sense`);
  }

  take(count: number): Uint8Array {
    if (this.at + count > this.#bytes.length) {
      throw new LevelFileDamaged(`a length at ${this.at} makes no sense`);
    }
    this.at += count;
    return this.#bytes.subarray(this.at - count, this.at);
  }

  slice(): Uint8Array {
    return this.take(this.varint());
  }
}

/** LevelDB stores checksums rotated and shifted, since it sums bytes that hold checksums. */
function masked(checksum: number): number {
  return (((checksum >>> 15) | (checksum << 17)) + 0xa282ead8) >>> 0;
}

function uint32At(bytes: Uint8Array, at: number): number {
  return viewOf(bytes).getUint32(at, true);
}
