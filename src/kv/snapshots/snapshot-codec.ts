/**
 * A snapshot of the store as bytes, version 1: chunks of at most 256 KiB, each with its number and its checksum, and in
 * them records, each whole within its chunk (KV26), the header alone in the first. It is written and read chunk by chunk
 * and never exists as a whole.
 *
 *   chunk       u32 CRC-32 of all behind it, u8 version (1), u32 number from 0, records
 *   record      u8 kind, then                    block: u32 length, bytes   counter: u64   all little-endian
 *   0 header    counters revision, compactedRevision, time and spacing of the marks; u32 n, n marks (counters time, revision)
 *   1 version   that existed at the compacted revision and is older: as 2, in the order of the keys
 *   2 put       block key, counters createRevision, modRevision, version; u32 bytes of the value, block its first piece
 *   3 deletion  block key, counter modRevision
 *   4 piece     block: goes on with the value before it, until all of its bytes are there
 *   5 end       counters: how many of kind 1, and of kinds 2 and 3 (and of 6, and 7)
 *   6 version   as 1, bound to a lease: behind the version its counter
 *   7 put       as 2, likewise
 *   8 leases    before the end, where one was ever granted: counter the last one's number; u32 how many there are, and for each
 *   9 lease     counters number, ttl in milliseconds, renewals; in the order of the numbers
 *  10 access    before the end, where it was ever changed: counter how often, u8 whether it is on, u32 n changes follow
 *  11 change    block: as `access-changes.ts` has it
 */

import { unreachable } from '../../core/assert.ts';
import { crc32 } from '../../core/bytes/checksum.ts';
import { joinedBytes } from '../../core/bytes/joined-bytes.ts';
import { SNAPSHOT_CHUNK_BYTES_MAX } from '../../core/limits.ts';
import {
  type AccessChange,
  faultInAccessChange,
  readAccessChange,
  writeAccessChange,
} from '../commands/access-changes.ts';
import { ByteReader } from '../commands/byte-reader.ts';
import { ByteWriter, encoded } from '../commands/byte-writer.ts';
import { type KeyText, keyBytes, keyText } from '../keys/key-order.ts';
import { isLive, type KeyVersion, type LiveVersion } from '../keys/key-version.ts';
import { MARKS_MAX, PIECE_BYTES_MIN } from '../limits.ts';
import type { AccessCopy } from '../store/access-table.ts';
import type { LeaseRecord } from '../store/lease-table.ts';
import type { RevisionTime } from '../store/revision-times.ts';

export interface SnapshotHeader {
  readonly revision: number;
  readonly compactedRevision: number;
  /** Log time of the newest command. */
  readonly timeMs: number;
  readonly spacingMs: number;
  readonly marks: readonly RevisionTime[];
}

export type SnapshotRecord =
  | { readonly type: 'header'; readonly header: SnapshotHeader }
  | { readonly type: 'version'; readonly version: LiveVersion }
  | { readonly type: 'event'; readonly version: KeyVersion }
  | { readonly type: 'leases'; readonly last: number; readonly count: number }
  | { readonly type: 'lease'; readonly lease: LeaseRecord }
  | {
      readonly type: 'access';
      readonly revision: number;
      readonly isOn: boolean;
      readonly count: number;
    }
  | { readonly type: 'accessChange'; readonly change: AccessChange }
  | { readonly type: 'end'; readonly versions: number; readonly events: number };

const FORMAT_VERSION = 1;
const KINDS = [
  'header',
  'version',
  'put',
  'deletion',
  'piece',
  'end',
  'leasedVersion',
  'leasedPut',
  'leases',
  'lease',
  'access',
  'accessChange',
] as const;
const BOOLEANS = [false, true] as const;
type Kind = (typeof KINDS)[number];
const BOUND = { version: 'leasedVersion', put: 'leasedPut' } as const;
/** Checksum, version, number. */
const CHUNK_HEAD_BYTES = 4 + 1 + 4;
/** Of a put, without its key and its value, and without a lease. */
const PUT_HEAD_BYTES = 1 + 4 + 3 * 8 + 4 + 4;
const LEASE_BYTES = 8;
const PIECE_HEAD_BYTES = 1 + 4;
/** It grows with what it is to hold. */
const FIRST_CHUNK_BYTES = 4 * 1024;
const NOTHING = new Uint8Array(0);

/** Fills one chunk after another. Each is a buffer of its own, which nobody writes to any more. */
export class ChunkWriter {
  #number: number;
  #firstOfItsOwn = 0;
  #bytes = new Uint8Array(FIRST_CHUNK_BYTES);
  #at = CHUNK_HEAD_BYTES;
  #filled: Uint8Array[] = [];

  /** `number`: of the first chunk that it fills. */
  constructor(number: number) {
    this.#number = number;
  }

  /** Of the chunk that is being filled. */
  get chunkNumber(): number {
    return this.#number;
  }

  /** The newest chunk that begins with a record, and not in the middle of a value. */
  get firstOfItsOwn(): number {
    return this.#firstOfItsOwn;
  }

  /** There is a chunk to be taken. */
  get isFilled(): boolean {
    return this.#filled.length > 0;
  }

  /** The chunks that were filled or ended since. */
  take(): readonly Uint8Array[] {
    const filled = this.#filled;
    this.#filled = [];
    return filled;
  }

  /** Ends the chunk that was begun; there may be nothing in it. */
  end(): void {
    const chunk = this.#bytes.subarray(0, this.#at);
    new ByteWriter(chunk, 4).u8(FORMAT_VERSION).u32(this.#number);
    new ByteWriter(chunk, 0).u32(crc32(chunk, 4));
    this.#filled.push(chunk);
    this.#number += 1;
    this.#bytes = new Uint8Array(this.#bytes.length);
    this.#at = CHUNK_HEAD_BYTES;
  }

  header({ revision, compactedRevision, timeMs, spacingMs, marks }: SnapshotHeader): void {
    const bytes = 1 + 4 * 8 + 4 + 16 * marks.length;
    this.#makeRoom(bytes);
    const writer = this.#record('header', bytes).counter(revision).counter(compactedRevision);
    writer.counter(timeMs).counter(spacingMs).u32(marks.length);
    for (const mark of marks) writer.counter(mark.timeMs).counter(mark.revision);
  }

  version(version: LiveVersion): void {
    this.#put('version', version);
  }

  event(version: KeyVersion): void {
    if (isLive(version)) return this.#put('put', version);
    const { key, modRevision } = version;
    const bytes = 1 + 4 + key.length + 8;
    this.#makeRoom(bytes);
    this.#record('deletion', bytes).block(keyBytes(key)).counter(modRevision);
  }

  leases(last: number, count: number): void {
    this.#makeRoom(1 + 8 + 4);
    this.#record('leases', 1 + 8 + 4)
      .counter(last)
      .u32(count);
  }

  lease({ id, ttlMs, renewals }: LeaseRecord): void {
    this.#makeRoom(1 + 3 * 8);
    this.#record('lease', 1 + 3 * 8)
      .counter(id)
      .counter(ttlMs)
      .counter(renewals);
  }

  access({ revision, isOn, changes }: AccessCopy): void {
    const bytes = 1 + 8 + 1 + 4;
    this.#makeRoom(bytes);
    this.#record('access', bytes).counter(revision).u8(Number(isOn)).u32(changes.length);
  }

  accessChange(change: AccessChange): void {
    const block = encoded(writeAccessChange, change);
    this.#makeRoom(1 + 4 + block.length);
    this.#record('accessChange', 1 + 4 + block.length).block(block);
  }

  footer(versions: number, events: number): void {
    this.#makeRoom(1 + 2 * 8);
    this.#record('end', 1 + 2 * 8)
      .counter(versions)
      .counter(events);
  }

  #put(unbound: 'version' | 'put', version: LiveVersion): void {
    const { key, value, createRevision, modRevision, lease } = version;
    const headBytes = PUT_HEAD_BYTES + key.length + (lease === 0 ? 0 : LEASE_BYTES);
    this.#makeRoom(headBytes + Math.min(value.length, PIECE_BYTES_MIN));
    const from = Math.min(value.length, this.#left - headBytes);
    const kind = lease === 0 ? unbound : BOUND[unbound];
    const writer = this.#record(kind, headBytes + from).block(keyBytes(key));
    writer.counter(createRevision).counter(modRevision).counter(version.version);
    if (lease !== 0) writer.counter(lease);
    writer.u32(value.length);
    if (from === value.length) writer.block(value);
    else this.#putInPieces(writer, value, from);
  }

  #putInPieces(first: ByteWriter, value: Uint8Array, firstBytes: number): void {
    first.block(value.subarray(0, firstBytes));
    for (let from = firstBytes; from < value.length; ) {
      this.#makeRoom(PIECE_HEAD_BYTES + Math.min(value.length - from, PIECE_BYTES_MIN));
      const piece = value.subarray(from, from + this.#left - PIECE_HEAD_BYTES);
      this.#record('piece', PIECE_HEAD_BYTES + piece.length).block(piece);
      from += piece.length;
    }
  }

  get #left(): number {
    return SNAPSHOT_CHUNK_BYTES_MAX - this.#at;
  }

  /** Ends the present chunk if it has no room for so many bytes. */
  #makeRoom(bytes: number): void {
    if (bytes > this.#left) this.end();
  }

  /** What is to be filled with a record of so many bytes, its kind included. Small snapshots need no large buffer. */
  #record(kind: Kind, bytes: number): ByteWriter {
    const from = this.#at;
    if (from === CHUNK_HEAD_BYTES && kind !== 'piece') this.#firstOfItsOwn = this.#number;
    this.#at += bytes;
    if (this.#at > this.#bytes.length) {
      const grown = Math.max(this.#at, 2 * this.#bytes.length);
      const larger = new Uint8Array(Math.min(grown, SNAPSHOT_CHUNK_BYTES_MAX));
      larger.set(this.#bytes.subarray(0, from));
      this.#bytes = larger;
    }
    return new ByteWriter(this.#bytes, from).u8(KINDS.indexOf(kind));
  }
}

/**
 * Reads chunks in their order. Every step is checked: the sum and the number of a chunk, the bounds of each record,
 * that values are whole. Throws `RAFT_BAD_REQUEST`. What the records mean, `store-restore.ts` judges.
 */
export class ChunkReader {
  #chunk = new ByteReader(NOTHING, CHUNK);
  #number = 0;
  #unfinished: UnfinishedPut | null = null;
  #isOver = false;

  /** True after the record that ends a snapshot. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The next chunk; of the one before all records were taken. */
  open(chunk: Uint8Array): void {
    const reader = new ByteReader(chunk, CHUNK);
    const sum = reader.u32();
    const version = reader.u8();
    if (version !== FORMAT_VERSION) reader.fail(`its version ${version} is not known`);
    if (sum !== crc32(chunk, 4)) reader.fail('its checksum does not hold');
    if (reader.u32() !== this.#number) reader.fail(`it is not number ${this.#number}`);
    this.#number += 1;
    this.#chunk = reader;
  }

  /** `null`: that was all of this chunk. A value may be a view of the chunk: whoever keeps it makes a copy. */
  next(): SnapshotRecord | null {
    const reader = this.#chunk;
    while (reader.left > 0) {
      if (this.#isOver) reader.fail('something follows the end of the snapshot');
      const record = this.#record(reader);
      if (record !== null) return record;
    }
    return null;
  }

  /** `null`: a value that is not whole yet. */
  #record(reader: ByteReader): SnapshotRecord | null {
    const kind = reader.choice(KINDS, 'a kind of record');
    if ((kind === 'piece') !== (this.#unfinished !== null)) reader.fail('a value is not whole');
    switch (kind) {
      case 'header':
        return { type: 'header', header: readHeader(reader) };
      case 'version':
      case 'leasedVersion':
        return this.#put(reader, 'version', kind === 'leasedVersion');
      case 'put':
      case 'leasedPut':
        return this.#put(reader, 'event', kind === 'leasedPut');
      case 'deletion':
        return { type: 'event', version: readDeletion(reader) };
      case 'piece':
        return this.#goneOn(reader);
      case 'leases':
        return { type: 'leases', last: reader.counter(), count: reader.u32() };
      case 'lease':
        return { type: 'lease', lease: readLease(reader) };
      case 'access': {
        const revision = reader.counter();
        const isOn = reader.choice(BOOLEANS, 'whether access is on');
        return { type: 'access', revision, isOn, count: reader.u32() };
      }
      case 'accessChange':
        return { type: kind, change: readChange(reader) };
      case 'end':
        this.#isOver = true;
        return { type: 'end', versions: reader.counter(), events: reader.counter() };
      default:
        return unreachable(kind);
    }
  }

  #put(reader: ByteReader, type: UnfinishedPut['type'], isBound: boolean): SnapshotRecord | null {
    const key = readKey(reader);
    const createRevision = reader.counter();
    const modRevision = reader.counter();
    const version = reader.counter();
    if (version === 0) reader.fail('a put has the number of a deletion');
    const lease = isBound ? reader.counter() : 0;
    if (isBound && lease === 0) reader.fail('a lease has no number');
    const bytes = reader.u32();
    const value = reader.block();
    const put = { key, value, createRevision, modRevision, version, lease };
    if (value.length === bytes) return { type, version: put };
    if (value.length > bytes) return reader.fail('a value is longer than it says');
    const pieces = [new Uint8Array(value)];
    this.#unfinished = { type, put, pieces, bytesLeft: bytes - value.length };
    return null;
  }

  /** Bound: what has arrived is kept, never what is merely announced. */
  #goneOn(reader: ByteReader): SnapshotRecord | null {
    const unfinished = this.#unfinished;
    const piece = reader.block();
    if (unfinished === null || piece.length === 0)
      return reader.fail('a piece belongs to no value');
    const { type, put, pieces } = unfinished;
    pieces.push(new Uint8Array(piece));
    unfinished.bytesLeft -= piece.length;
    if (unfinished.bytesLeft < 0) reader.fail('a value is longer than it says');
    if (unfinished.bytesLeft > 0) return null;
    this.#unfinished = null;
    return { type, version: { ...put, value: joinedBytes(pieces) } };
  }
}

const CHUNK = 'chunk of a snapshot';

interface UnfinishedPut {
  readonly type: 'version' | 'event';
  /** Its value is the first piece. */
  readonly put: LiveVersion;
  readonly pieces: Uint8Array[];
  bytesLeft: number;
}

function readHeader(reader: ByteReader): SnapshotHeader {
  const head = {
    revision: reader.counter(),
    compactedRevision: reader.counter(),
    timeMs: reader.counter(),
    spacingMs: reader.counter(),
  };
  const count = reader.u32();
  if (count > MARKS_MAX) reader.fail('it has too many marks');
  const marks = Array.from({ length: count }, () => ({
    timeMs: reader.counter(),
    revision: reader.counter(),
  }));
  return { ...head, marks };
}

function readDeletion(reader: ByteReader): KeyVersion {
  const key = readKey(reader);
  const modRevision = reader.counter();
  return { key, value: null, createRevision: 0, modRevision, version: 0, lease: 0 };
}

function readLease(reader: ByteReader): LeaseRecord {
  const id = reader.counter();
  const ttlMs = reader.counter();
  return { id, ttlMs, renewals: reader.counter() };
}

/** A block of its own: what is kept of it must not hold the chunk, nor reach past it. */
function readChange(reader: ByteReader): AccessChange {
  const bytes = new ByteReader(new Uint8Array(reader.block()), 'change of access');
  const change = readAccessChange(bytes);
  bytes.end();
  const fault = faultInAccessChange(change);
  return fault === null ? change : reader.fail(fault);
}

function readKey(reader: ByteReader): KeyText {
  const bytes = reader.block();
  if (bytes.length === 0) reader.fail('a key is empty');
  return keyText(bytes);
}
