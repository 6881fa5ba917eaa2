/**
 * Where a node keeps snapshots of its state machine: in chunks, each proven by itself, complete only with their last
 * record (§5). It comes with a `LogStore`, which opens and closes it and proves that log and snapshot meet (SN1–SN4).
 * Nothing here asks for more than one chunk in memory at a time.
 */
import type { MembershipAt } from '../core/configuration.ts';
import type { EntryId } from '../core/types.ts';

/** What a snapshot is of. */
export interface SnapshotMeta {
  /** The last entry whose effect is in it. It is committed. */
  readonly lastEntry: EntryId;
  /** The members in force there; `membership.index <= lastEntry.index`. */
  readonly membership: MembershipAt;
  /** The time of the log there: what is applied next is never told an earlier one. In milliseconds since 1970. */
  readonly timeMs: number;
}

/** A complete one, as its store describes it, and as one member tells another of it. */
export interface StoredSnapshot extends SnapshotMeta {
  /** Numbered from 0. */
  readonly chunkCount: number;
  /** Of all chunks together. */
  readonly bytes: number;
  /** CRC-32 of the chunks' own CRC-32s, in order, each as `u32` in little-endian. */
  readonly checksum: number;
}

/** One snapshot on its way to the disk. Calls are made one after the other. */
export interface SnapshotWriter {
  /** The chunk that is to be appended next. */
  readonly nextChunk: number;
  /** Each one to `SNAPSHOT_CHUNK_BYTES_MAX` bytes, which the store owns from then on. All are durable when it resolves. */
  append(...chunks: readonly Uint8Array[]): Promise<void>;
  /**
   * The next chunk is chunk `place` of the snapshot that `begin` was told to begin from, byte for byte, and need not be
   * written again (SN5). Absent: that one is not here, or this store writes each one as a whole.
   */
  share?(place: number): Promise<void>;
  /**
   * Complete and durable when it resolves; then it is the newest, and older ones go unless they are pinned. `null`: what was
   * received is not what its sender said it was, and is forgotten; it may be begun again (SN3). Nor is one kept that was
   * overtaken: a newer one is complete by now.
   */
  finish(): Promise<StoredSnapshot | null>;
  /** Gives it up and forgets its chunks. Nothing, if it was finished. */
  abandon(): Promise<void>;
}

export interface SnapshotStore {
  /** The newest complete one; `null`: there is none. */
  readonly newest: StoredSnapshot | null;
  /** The oldest that is kept: one that somebody has pinned, or the newest. */
  readonly oldest: StoredSnapshot | null;
  /**
   * A snapshot of the own state machine, newer than the newest. One at a time: the one before has ended. Of `base`, the
   * newest, it may have chunks.
   */
  begin(meta: SnapshotMeta, base?: StoredSnapshot): Promise<SnapshotWriter>;
  /**
   * One that another member has, newer than the newest. It goes on behind the chunks that came before, also over a
   * restart; the beginning of any other received one is forgotten. One at a time, but beside one of `begin`.
   */
  resume(snapshot: StoredSnapshot): Promise<SnapshotWriter>;
  /** Proven again. Rejects with `RAFT_COMPACTED` if the snapshot is gone: whoever reads it pins it. */
  readChunk(snapshot: StoredSnapshot, chunk: number): Promise<Uint8Array>;
  /** As `readChunk`, with those behind it that are read in the same step: it, and as many as the store thinks fit. */
  readChunks(snapshot: StoredSnapshot, from: number): Promise<readonly Uint8Array[]>;
  /** A complete one stays until the returned function is called, whatever becomes the newest. */
  pin(snapshot: StoredSnapshot): () => void;
}
