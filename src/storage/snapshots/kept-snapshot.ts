/** A whole snapshot on disk, as the store knows it while it is open, and what is read of it. */
import type { StoredSnapshot } from '../../ports/snapshot-store.ts';
import type { DatabaseRecord } from '../disk/database.ts';
import { isSameKey } from '../records/record.ts';
import { keyOfChunk } from './remains.ts';
import type { WholeSnapshot } from './snapshot-proof.ts';
import { decodeChunk } from './snapshot-records.ts';
import type { SnapshotSum } from './snapshot-sum.ts';

/** Snapshots of one number have chunks in common: the chunks lie there until all of them are gone. */
export interface Lot {
  readonly number: number;
  /** So many were ever written. */
  chunksEnd: number;
  /** False: there are chunks behind its end, which are being swept. */
  mayGrow: boolean;
}

export interface Kept {
  readonly lot: Lot;
  readonly snapshot: StoredSnapshot;
  readonly sum: SnapshotSum;
  /** Chunks that stand no more where they stood, but somebody may read. Bound: those that newer ones have replaced. */
  readonly replaced: Map<number, Uint8Array>;
  pins: number;
}

export function keptAtStart({ hasStrays, number, snapshot, sum }: WholeSnapshot): Kept {
  const lot = { number, chunksEnd: sum.chunkCount, mayGrow: !hasStrays };
  return { lot, snapshot, sum, replaced: new Map(), pins: 0 };
}

/** So many chunks from a place on stand where they stood when it was written. */
export function countInPlace({ replaced, snapshot }: Kept, from: number): number {
  const later = [...replaced.keys()].filter((place) => place > from);
  return Math.min(snapshot.chunkCount, ...later) - from;
}

/** As many as are there one behind the other, and sound. */
export function chunksIn(
  records: readonly DatabaseRecord[],
  { number, from }: { readonly number: number; readonly from: number },
): readonly Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (const { key, value } of records) {
    const place = from + chunks.length;
    if (!isSameKey(key, keyOfChunk(number, place))) break;
    const chunk = decodeChunk({ number, place }, value);
    if (chunk === null) break;
    chunks.push(chunk.payload);
  }
  return chunks;
}
