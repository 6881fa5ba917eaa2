/**
 * A backup as bytes, format 1: what `GET /backup` streams and `raftchart backup` keeps (BK1, BK2). It is written and read
 * record by record and never exists as a whole; each record proves itself, and the last one that nothing is missing.
 *
 *   file     the 8 bytes `RAFTBKUP`, then records: a header, chunks, an end. Numbers are little-endian
 *   record   u32 length of its body, u32 CRC-32 of kind and body, u8 kind, body
 *   H header    JSON: `BackupHeader`
 *   C chunk     u32 number from 0, u16 thousandths of the whole that are there with it, about, bytes of a snapshot
 *   F failure   JSON: `code`, `message`, `retry`. Nothing follows, and it is no backup
 *   E end       JSON: `chunks`, `bytes` of the snapshot, `checksum`: over the sums of all chunks, one after the other
 */
import { crc32 } from '../../core/bytes/checksum.ts';
import { viewOf } from '../../core/bytes/view-of.ts';
import type { RaftError } from '../../core/errors.ts';
import type { PerMember } from '../../core/per-member.ts';
import type { EntryId, NodeId } from '../../core/types.ts';

export const BACKUP_FORMAT = 1;
export const BACKUP_MAGIC: Uint8Array = new TextEncoder().encode('RAFTBKUP');
export const BACKUP_KIND = { header: 0x48, chunk: 0x43, failure: 0x46, end: 0x45 } as const;
/** Length, checksum, kind. */
export const RECORD_HEAD_BYTES: number = 4 + 4 + 1;
/** Number, thousandths. */
export const CHUNK_HEAD_BYTES: number = 4 + 2;

export interface BackupHeader {
  readonly format: number;
  /** Random: no other backup has it. */
  readonly word: string;
  /** Which lineage it is of: a restored cluster has another name. */
  readonly clusterId: string;
  /** The member that made it. */
  readonly node: NodeId;
  /** The last entry whose effect is in it. */
  readonly lastEntry: EntryId;
  /** The time of the log there, in milliseconds since 1970. */
  readonly logTimeMs: number;
  readonly revision: number;
  readonly compactedRevision: number;
  readonly keys: number;
  /** Who took part there. For information: a restored cluster has the members that it is told. */
  readonly members: {
    readonly voters: readonly NodeId[];
    readonly learners: readonly NodeId[];
    readonly addresses: PerMember<string>;
  };
  /** When, by the clock of that member, in milliseconds since 1970. */
  readonly takenMs: number;
  /** Of the program that made it. */
  readonly version: string;
}

export interface BackupEnd {
  readonly chunks: number;
  readonly bytes: number;
  readonly checksum: number;
}

/** Makes the records of one backup, in their order. */
export class BackupWriter {
  readonly #sum = new ChunkSum();

  header(header: BackupHeader): Uint8Array {
    const record = jsonRecord(BACKUP_KIND.header, header);
    const bytes = new Uint8Array(BACKUP_MAGIC.length + record.length);
    bytes.set(BACKUP_MAGIC);
    bytes.set(record, BACKUP_MAGIC.length);
    return bytes;
  }

  /** `done`: how much of the whole is there with it, about, from 0 to 1. */
  chunk(chunk: Uint8Array, done: number): Uint8Array {
    const record = new Uint8Array(RECORD_HEAD_BYTES + CHUNK_HEAD_BYTES + chunk.length);
    const view = viewOf(record);
    view.setUint32(RECORD_HEAD_BYTES, this.#sum.chunks, true);
    view.setUint16(RECORD_HEAD_BYTES + 4, Math.round(1000 * done), true);
    record.set(chunk, RECORD_HEAD_BYTES + CHUNK_HEAD_BYTES);
    this.#sum.add(chunk.length, seal(record, BACKUP_KIND.chunk));
    return record;
  }

  failure({ code, message, retry }: RaftError): Uint8Array {
    return jsonRecord(BACKUP_KIND.failure, { code, message, retry });
  }

  end(): Uint8Array {
    return jsonRecord(BACKUP_KIND.end, this.#sum.end);
  }
}

/** What the end says of the chunks before it. */
export class ChunkSum {
  #chunks = 0;
  #bytes = 0;
  readonly #sums = new Uint8Array(8);

  get chunks(): number {
    return this.#chunks;
  }

  get end(): BackupEnd {
    const checksum = viewOf(this.#sums).getUint32(0, true);
    return { chunks: this.#chunks, bytes: this.#bytes, checksum };
  }

  add(bytes: number, checksum: number): void {
    const sums = viewOf(this.#sums);
    sums.setUint32(4, checksum, true);
    sums.setUint32(0, crc32(this.#sums), true);
    this.#chunks += 1;
    this.#bytes += bytes;
  }
}

function jsonRecord(kind: number, value: object): Uint8Array {
  const body = new TextEncoder().encode(JSON.stringify(value));
  const record = new Uint8Array(RECORD_HEAD_BYTES + body.length);
  record.set(body, RECORD_HEAD_BYTES);
  seal(record, kind);
  return record;
}

/** Fills in the head; returns the checksum. */
function seal(record: Uint8Array, kind: number): number {
  const view = viewOf(record);
  view.setUint8(8, kind);
  const checksum = crc32(record, 8);
  view.setUint32(0, record.length - RECORD_HEAD_BYTES, true);
  view.setUint32(4, checksum, true);
  return checksum;
}
