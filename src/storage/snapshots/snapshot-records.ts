/**
 * The records of the database of snapshots. Each snapshot has a number of its own, never used again: its head says what it
 * is of, its chunks lie under number and place, its end makes it complete (SN1). Layout of a chunk, little-endian:
 *
 *   0  u8 magic 0x4b   1  u8 version   2  u16 zero   4  u32 CRC-32 of [8, 20)
 *   8  u32 number      12  u32 place   16  u32 CRC-32 of the payload   20  payload
 */
import { crc32 } from '../../core/bytes/checksum.ts';
import { viewOf } from '../../core/bytes/view-of.ts';
import type { SnapshotMeta } from '../../ports/snapshot-store.ts';
import { aCounter, aText, objectOf, orAbsent, orNull } from '../records/proofs.ts';
import { RECORD_KIND, type RecordFormat } from '../records/record.ts';
import { aMembership, anEntryId, storedMembership } from '../records/stored-values.ts';
import type { Sum } from './snapshot-sum.ts';

const MAGIC = 0x4b;
const VERSION = 1;
const CHUNK_HEADER_BYTES = 20;
const CHUNK_KEY_BYTES = 9;

export interface SnapshotRecord {
  readonly incarnation: string;
  readonly meta: SnapshotMeta;
  /** Of the head of a received one what its sender promised, `null` in that of an own one. */
  readonly sum: Sum | null;
  /** In an end: the last write of the log that was on disk by then. 0 in heads, and in ends from before it was noted. */
  readonly logSequence: number;
}

export function snapshotRecord({ incarnation, meta, sum, logSequence }: SnapshotRecord): object {
  const { lastEntry, membership, timeMs } = meta;
  const stored = { lastEntry, membership: storedMembership(membership), timeMs };
  if (sum === null) return { incarnation, meta: stored, sum, logSequence };
  const { chunkCount, bytes, checksum } = sum;
  return { incarnation, meta: stored, sum: { chunkCount, bytes, checksum }, logSequence };
}

const proof = objectOf<SnapshotRecord>({
  incarnation: aText,
  meta: objectOf<SnapshotMeta>({ lastEntry: anEntryId, membership: aMembership, timeMs: aCounter }),
  sum: orNull(objectOf<Sum>({ chunkCount: aCounter, bytes: aCounter, checksum: aCounter })),
  logSequence: orAbsent(aCounter, 0),
});

export const SNAPSHOT_HEAD: RecordFormat<SnapshotRecord> = {
  kind: RECORD_KIND.snapshotHead,
  proof,
};
export const SNAPSHOT_END: RecordFormat<SnapshotRecord> = { kind: RECORD_KIND.snapshotEnd, proof };

type SnapshotKind =
  | typeof RECORD_KIND.snapshotChunk
  | typeof RECORD_KIND.snapshotEnd
  | typeof RECORD_KIND.snapshotHead;

/** Big-endian, so that the order of the bytes is the order of the numbers. */
export function keyInSnapshot(kind: SnapshotKind, number: number, place = 0): Uint8Array {
  const isChunk = kind === RECORD_KIND.snapshotChunk;
  const key = new Uint8Array(isChunk ? CHUNK_KEY_BYTES : 5);
  key[0] = kind;
  viewOf(key).setUint32(1, number);
  if (isChunk) viewOf(key).setUint32(5, place);
  return key;
}

/** The number in a key of any length; 0 if there is none. */
export function numberInKey(key: Uint8Array): number {
  return key.length < 5 ? 0 : viewOf(key).getUint32(1);
}

/** The place in the key of a chunk; `null`: there is none. */
export function placeInKey(key: Uint8Array): number | null {
  return key.length === CHUNK_KEY_BYTES ? viewOf(key).getUint32(5) : null;
}

export function encodeChunk(
  { number, place }: { readonly number: number; readonly place: number },
  payload: Uint8Array,
): { readonly bytes: Uint8Array; readonly checksum: number } {
  const bytes = new Uint8Array(CHUNK_HEADER_BYTES + payload.length);
  const view = viewOf(bytes);
  const checksum = crc32(payload);
  bytes.set(payload, CHUNK_HEADER_BYTES);
  view.setUint8(0, MAGIC);
  view.setUint8(1, VERSION);
  view.setUint32(8, number, true);
  view.setUint32(12, place, true);
  view.setUint32(16, checksum, true);
  view.setUint32(4, crc32(bytes, 8, CHUNK_HEADER_BYTES), true);
  return { bytes, checksum };
}

/** `null`: it is not the chunk of that number and place, byte for byte. The payload is a view. */
export function decodeChunk(
  { number, place }: { readonly number: number; readonly place: number },
  bytes: Uint8Array,
): { readonly payload: Uint8Array; readonly checksum: number } | null {
  if (bytes.length <= CHUNK_HEADER_BYTES) return null;
  const view = viewOf(bytes);
  const isOurs = view.getUint8(0) === MAGIC && view.getUint8(1) === VERSION;
  if (!isOurs || view.getUint16(2, true) !== 0) return null;
  if (view.getUint32(4, true) !== crc32(bytes, 8, CHUNK_HEADER_BYTES)) return null;
  if (view.getUint32(8, true) !== number || view.getUint32(12, true) !== place) return null;
  const checksum = view.getUint32(16, true);
  if (checksum !== crc32(bytes, CHUNK_HEADER_BYTES)) return null;
  return { payload: bytes.subarray(CHUNK_HEADER_BYTES), checksum };
}
