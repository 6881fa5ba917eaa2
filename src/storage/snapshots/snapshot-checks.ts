/** What every store of snapshots asks before it does what it is told. */
import { assert } from '../../core/assert.ts';
import { RaftError } from '../../core/errors.ts';
import { SNAPSHOT_CHUNK_BYTES_MAX } from '../../core/limits.ts';
import type { SnapshotMeta, StoredSnapshot } from '../../ports/snapshot-store.ts';
import { isSameSum } from './snapshot-sum.ts';

export function requireChunk(chunk: Uint8Array): void {
  const fits = chunk.length > 0 && chunk.length <= SNAPSHOT_CHUNK_BYTES_MAX;
  assert(fits, `SN1: a chunk has 1 to ${SNAPSHOT_CHUNK_BYTES_MAX} bytes`);
}

/** Of an empty log there is no snapshot. */
export function requireNewer(
  { lastEntry, membership }: SnapshotMeta,
  newest: StoredSnapshot | null,
): void {
  const known = newest?.lastEntry.index ?? 0;
  assert(lastEntry.index > known, 'SN2: a snapshot is newer than the last');
  assert(
    membership.index <= lastEntry.index,
    'SN1: the members of a snapshot are those at its end',
  );
}

export function chunkGone({ lastEntry }: StoredSnapshot, chunk: number): RaftError {
  const text = `Chunk ${chunk} of the snapshot at index ${lastEntry.index} is gone; a newer one took its place.`;
  return new RaftError('RAFT_COMPACTED', text);
}

interface Written {
  readonly meta: SnapshotMeta;
  /** What its sender says of the whole; `null`: it is our own. */
  readonly promised: StoredSnapshot | null;
  readonly total: Pick<StoredSnapshot, 'bytes' | 'checksum' | 'chunkCount'>;
}

/** SN2, SN3: what came is what was promised, and nothing newer was complete before it. */
export function isSoundAndNewer(
  { meta, promised, total }: Written,
  newest: StoredSnapshot | null,
): boolean {
  const isSound = promised === null || isSameSum(promised, total);
  return isSound && meta.lastEntry.index > (newest?.lastEntry.index ?? 0);
}

/** Oldest first, whichever was complete first: an own one may end while one that was received does. */
export function inOrder<Kept extends { readonly snapshot: StoredSnapshot }>(
  kept: readonly Kept[],
): readonly Kept[] {
  return [...kept].sort(
    (left, right) => left.snapshot.lastEntry.index - right.snapshot.lastEntry.index,
  );
}
