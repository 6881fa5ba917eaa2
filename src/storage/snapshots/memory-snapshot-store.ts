/**
 * Snapshots in memory, beside the log in memory. It keeps them over `close` and `open`, and those that were received in
 * part as well; checks what the durable one checks when it writes; damage it cannot have.
 */
import { assert } from '../../core/assert.ts';
import { crc32 } from '../../core/bytes/checksum.ts';
import type {
  SnapshotMeta,
  SnapshotStore,
  SnapshotWriter,
  StoredSnapshot,
} from '../../ports/snapshot-store.ts';
import {
  chunkGone,
  inOrder,
  isSoundAndNewer,
  requireChunk,
  requireNewer,
} from './snapshot-checks.ts';
import { isSameSnapshot, SnapshotSum } from './snapshot-sum.ts';

/** A snapshot on its way. */
interface DraftInMemory {
  readonly meta: SnapshotMeta;
  /** What its sender says of the whole; `null`: it is our own. */
  readonly promised: StoredSnapshot | null;
  readonly chunks: Uint8Array[];
  readonly sum: SnapshotSum;
}

interface KeptInMemory {
  readonly snapshot: StoredSnapshot;
  readonly chunks: readonly Uint8Array[];
  pins: number;
}

export class MemorySnapshotStore implements SnapshotStore {
  /** Oldest first; all but the last are pinned. */
  #kept: readonly KeptInMemory[] = [];
  #own: DraftInMemory | null = null;
  #received: DraftInMemory | null = null;
  readonly #refusal: () => Error | null;
  readonly #failure: () => Error | null;

  /** `refusal`: why nothing is done; `failure`: asked once for each write, an error makes it fail. */
  constructor(refusal: () => Error | null, failure: () => Error | null) {
    this.#refusal = refusal;
    this.#failure = failure;
  }

  get newest(): StoredSnapshot | null {
    return this.#kept.at(-1)?.snapshot ?? null;
  }

  get oldest(): StoredSnapshot | null {
    return this.#kept[0]?.snapshot ?? null;
  }

  async begin(meta: SnapshotMeta, base?: StoredSnapshot): Promise<SnapshotWriter> {
    this.#requireOpen();
    assert(this.#own === null, 'SN2: one snapshot of the own machine at a time');
    requireNewer(meta, this.newest);
    this.#own = newDraft(meta, null);
    const kept = base === undefined ? null : this.#find(base);
    const writer = this.#writerOf(this.#own);
    return kept === null ? writer : this.#sharing(writer, this.#own, kept);
  }

  async resume(snapshot: StoredSnapshot): Promise<SnapshotWriter> {
    this.#requireOpen();
    requireNewer(snapshot, this.newest);
    const known = this.#received;
    const isKnown = known?.promised != null && isSameSnapshot(known.promised, snapshot);
    const draft = isKnown ? known : newDraft(snapshot, snapshot);
    this.#received = draft;
    return this.#writerOf(draft);
  }

  async readChunk(snapshot: StoredSnapshot, chunk: number): Promise<Uint8Array> {
    this.#requireOpen();
    const bytes = this.#find(snapshot)?.chunks[chunk];
    if (bytes === undefined) throw chunkGone(snapshot, chunk);
    return bytes.slice();
  }

  async readChunks(snapshot: StoredSnapshot, from: number): Promise<readonly Uint8Array[]> {
    return [await this.readChunk(snapshot, from)];
  }

  pin(snapshot: StoredSnapshot): () => void {
    const kept = this.#find(snapshot);
    assert(kept !== null, 'SN2: only a complete snapshot is pinned');
    kept.pins += 1;
    let isPinned = true;
    return () => {
      if (isPinned) kept.pins -= 1;
      isPinned = false;
      this.#sweep();
    };
  }

  /** A process ends: of what it was doing only what was received so far stays. */
  close(): void {
    this.#own = null;
    for (const kept of this.#kept) kept.pins = 0;
    this.#sweep();
  }

  #writerOf(draft: DraftInMemory): SnapshotWriter {
    return {
      get nextChunk() {
        return draft.sum.chunkCount;
      },
      append: async (...chunks) => {
        this.#requireWritable(draft);
        chunks.forEach(requireChunk);
        draft.chunks.push(...chunks);
        for (const chunk of chunks) draft.sum.add(chunk.length, crc32(chunk));
      },
      finish: async () => {
        this.#requireWritable(draft);
        this.#forget(draft);
        return this.#complete(draft);
      },
      abandon: async () => this.#forget(draft),
    };
  }

  /** SN5 */
  #sharing(
    writer: SnapshotWriter,
    { chunks, sum }: DraftInMemory,
    base: KeptInMemory,
  ): SnapshotWriter {
    const share = async (place: number): Promise<void> => {
      const chunk = base.chunks[place];
      assert(chunk !== undefined, 'SN5: what is shared is there');
      chunks.push(chunk);
      sum.add(chunk.length, crc32(chunk));
    };
    return {
      get nextChunk() {
        return writer.nextChunk;
      },
      append: (...appended) => writer.append(...appended),
      share,
      finish: () => writer.finish(),
      abandon: () => writer.abandon(),
    };
  }

  #complete({ chunks, meta, promised, sum }: DraftInMemory): StoredSnapshot | null {
    const { total } = sum;
    if (!isSoundAndNewer({ meta, promised, total }, this.newest)) return null;
    const { lastEntry, membership, timeMs } = meta;
    const snapshot = { lastEntry, membership, timeMs, ...total };
    this.#kept = inOrder([...this.#kept, { snapshot, chunks, pins: 0 }]);
    this.#sweep();
    return snapshot;
  }

  #requireOpen(): void {
    const refusal = this.#refusal();
    if (refusal !== null) throw refusal;
  }

  #requireWritable(draft: DraftInMemory): void {
    this.#requireOpen();
    assert(draft === this.#own || draft === this.#received, 'SN2: a snapshot ends once');
    const failure = this.#failure();
    if (failure !== null) throw failure;
  }

  #forget(draft: DraftInMemory): void {
    if (this.#own === draft) this.#own = null;
    if (this.#received === draft) this.#received = null;
  }

  #find(snapshot: StoredSnapshot): KeptInMemory | null {
    return this.#kept.find((kept) => isSameSnapshot(kept.snapshot, snapshot)) ?? null;
  }

  #sweep(): void {
    this.#kept = this.#kept.filter(({ pins }, at) => pins > 0 || at === this.#kept.length - 1);
  }
}

function newDraft(meta: SnapshotMeta, promised: StoredSnapshot | null): DraftInMemory {
  return { meta, promised, chunks: [], sum: new SnapshotSum() };
}
