/**
 * The small records of the store, all in one envelope that proves itself (ST2): in the database and in the two-slot files.
 * Entry runs have a format of their own (`src/core/entry-run.ts`). Layout, version 1:
 *
 *   0  u8 kind    1  u8 version    2  JSON text, UTF-8    end − 4  u32 CRC-32 of all before it
 */
import { crc32 } from '../../core/bytes/checksum.ts';
import { viewOf } from '../../core/bytes/view-of.ts';
import type { Index } from '../../core/types.ts';
import type { DatabaseChange } from '../disk/database.ts';
import type { Proof } from './proofs.ts';

/**
 * What a record is; in the database also the first byte of its key, so that the state, which every
 * batch writes, sorts behind the runs: a table of fresh runs then overlaps no older one.
 */
export const RECORD_KIND = {
  acknowledged: 0x61, // a
  membership: 0x62, // b
  configuration: 0x63, // c
  hardState: 0x68, // h
  identity: 0x69, // i
  peer: 0x70, // p
  run: 0x72, // r
  state: 0x73, // s
  // In the database of snapshots.
  snapshotChunk: 0x6b, // k
  snapshotEnd: 0x65, // e
  snapshotHead: 0x6d, // m
} as const;
export type RecordKind = (typeof RECORD_KIND)[keyof typeof RECORD_KIND];

const RECORD_VERSION = 1;
const PREFIX_BYTES = 2;
const CHECKSUM_BYTES = 4;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Why bytes are not the record they should be. */
type RecordFault =
  | { readonly type: 'damaged'; readonly why: string }
  | { readonly type: 'newer'; readonly version: number };

export type Decoded<Value> =
  | { readonly type: 'value'; readonly value: Value; readonly checksum: number }
  | RecordFault;

export interface RecordFormat<Value> {
  readonly kind: RecordKind;
  readonly proof: Proof<Value>;
}

/** `version` is for tests of what a newer program might have written. */
export function encodeRecord(
  kind: RecordKind,
  value: unknown,
  version: number = RECORD_VERSION,
): Uint8Array {
  const text = encoder.encode(JSON.stringify(value));
  const bytes = new Uint8Array(PREFIX_BYTES + text.length + CHECKSUM_BYTES);
  bytes[0] = kind;
  bytes[1] = version;
  bytes.set(text, PREFIX_BYTES);
  const end = bytes.length - CHECKSUM_BYTES;
  viewOf(bytes).setUint32(end, crc32(bytes, 0, end), true);
  return bytes;
}

export function decodeRecord<Value>(
  { kind, proof }: RecordFormat<Value>,
  bytes: Uint8Array,
): Decoded<Value> {
  const end = bytes.length - CHECKSUM_BYTES;
  if (end < PREFIX_BYTES) return damaged(`it has ${bytes.length} bytes`);
  const checksum = viewOf(bytes).getUint32(end, true);
  if (checksum !== crc32(bytes, 0, end)) return damaged('its checksum does not match');
  if (bytes[0] !== kind) return damaged('it is a record of another kind');
  const version = bytes[1] ?? 0;
  if (version > RECORD_VERSION) return { type: 'newer', version };
  const value = proof(parseJson(bytes.subarray(PREFIX_BYTES, end)));
  return value === undefined
    ? damaged('its content makes no sense')
    : { type: 'value', value, checksum };
}

export function checksumOfRecord(bytes: Uint8Array): number {
  return viewOf(bytes).getUint32(bytes.length - CHECKSUM_BYTES, true);
}

/** Writes a record of which there is one, so that its kind is its key. */
export function putRecord(kind: RecordKind, value: unknown): Put {
  return { type: 'put', key: keyOf(kind), value: encodeRecord(kind, value) };
}

type Put = Extract<DatabaseChange, { readonly type: 'put' }>;

/** The key of a record of which there is one. */
export function keyOf(kind: RecordKind): Uint8Array {
  return Uint8Array.of(kind);
}

export function keyOfPeer(nodeId: string): Uint8Array {
  return encoder.encode(String.fromCharCode(RECORD_KIND.peer) + nodeId);
}

/** Big-endian, so that the order of the bytes is the order of the indexes. */
export function keyOfRun(firstIndex: Index): Uint8Array {
  const key = new Uint8Array(9);
  key[0] = RECORD_KIND.run;
  const view = viewOf(key);
  view.setUint32(1, Math.floor(firstIndex / 2 ** 32));
  view.setUint32(5, firstIndex >>> 0);
  return key;
}

export function isSameKey(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}

function damaged(why: string): RecordFault {
  return { type: 'damaged', why };
}

/** `null` for bytes that are no JSON. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch {
    return null;
  }
}
