/**
 * Snapshots on disk, in a database of their own, so that they never stand in the way of the log. Each chunk is a synced
 * write by itself, and so is the end that makes a snapshot complete (SN1); what is no longer needed goes in small batches
 * after that (SN2). The log store opens and closes it, and a failed write here stops both (ST9).
 */
import { assert } from '../../core/assert.ts';
import type { RaftError } from '../../core/errors.ts';
import type {
  SnapshotMeta,
  SnapshotStore,
  SnapshotWriter,
  StoredSnapshot,
} from '../../ports/snapshot-store.ts';
import { type Database, type DatabaseChange, writeDurably } from '../disk/database.ts';
import { SCAN_STEP_BYTES_MAX } from '../limits.ts';
import { encodeRecord, RECORD_KIND } from '../records/record.ts';
import { GrowingDraft, type GrowthBounds, type Replacement } from './growing-draft.ts';
import { chunksIn, countInPlace, type Kept, keptAtStart, type Lot } from './kept-snapshot.ts';
import { chunkKeys, deletionsOf, keyOfChunk, remainsOf, Sweeper } from './remains.ts';
import {
  chunkGone,
  inOrder,
  isSoundAndNewer,
  requireChunk,
  requireNewer,
} from './snapshot-checks.ts';
import type { ProvenSnapshots } from './snapshot-proof.ts';
import { encodeChunk, keyInSnapshot, snapshotRecord } from './snapshot-records.ts';
import { isSameSnapshot, SnapshotSum } from './snapshot-sum.ts';

interface SnapshotAccess {
  readonly database: Database;
  readonly incarnation: string;
  readonly proven: ProvenSnapshots;
  readonly growthBounds: GrowthBounds;
  /** The last write of the log that is on disk. */
  readonly logSequence: () => number;
  /** Why nothing is done any more; `null` while all is well. */
  readonly refusal: () => RaftError | null;
  /** A write or a chunk has failed: the store stops. Returns the error that says so. */
  readonly writeFailed: (cause: unknown) => RaftError;
  readonly readFailed: (snapshot: StoredSnapshot, why: string) => RaftError;
}

interface Draft {
  readonly number: number;
  readonly meta: SnapshotMeta;
  readonly promised: StoredSnapshot | null;
  readonly sum: SnapshotSum;
  /** What a start found under its number. */
  readonly found: readonly Uint8Array[];
}

export class LevelSnapshotStore implements SnapshotStore {
  readonly #closed: () => RaftError;
  #access: SnapshotAccess | null = null;
  /** Oldest first. */
  #kept: readonly Kept[] = [];
  #own: Draft | GrowingDraft | null = null;
  #received: Draft | null = null;
  readonly #sweeper = new Sweeper(
    (changes) => this.#write(changes),
    () => this.#access?.refusal() === null,
  );
  #lastNumber = 0;
  #underWay = 0;
  #idleListeners: (() => void)[] = [];

  /** `closed`: what is said while it is not open. */
  constructor(closed: () => RaftError) {
    this.#closed = closed;
  }

  open(access: SnapshotAccess): void {
    const { lastNumber, received, remains, whole } = access.proven;
    this.#access = access;
    this.#kept = whole.map(keptAtStart);
    this.#lastNumber = lastNumber;
    const sum = received?.head?.sum ?? null;
    if (received?.head != null && sum !== null) {
      const { chunkKeys: found, head, number } = received;
      const promised = { ...head.meta, ...sum };
      this.#received = { number, meta: head.meta, promised, sum: received.sum, found };
    }
    this.#sweep();
    this.#sweeper.add(...remains);
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
    const kept = base === undefined ? null : this.#find(base);
    const mayGrow = kept !== null && kept === this.#kept.at(-1) && kept.lot.mayGrow;
    return mayGrow ? this.#beginFrom(kept, meta) : this.#beginWhole(meta);
  }

  async resume(snapshot: StoredSnapshot): Promise<SnapshotWriter> {
    this.#requireOpen();
    requireNewer(snapshot, this.newest);
    const known = this.#received;
    if (known?.promised != null && isSameSnapshot(known.promised, snapshot)) {
      return this.#writerOf(known);
    }
    if (known !== null) this.#forget(known);
    const draft = this.#newDraft(snapshot, snapshot);
    this.#received = draft;
    await this.#writeHead(draft);
    return this.#writerOf(draft);
  }

  async readChunk(snapshot: StoredSnapshot, place: number): Promise<Uint8Array> {
    const [chunk] = await this.#read(snapshot, place, 1);
    assert(chunk !== undefined, 'SN1: a chunk is read, or there is an error');
    return chunk;
  }

  /** Bound: `SCAN_STEP_BYTES_MAX`, and a chunk more. */
  readChunks(snapshot: StoredSnapshot, from: number): Promise<readonly Uint8Array[]> {
    return this.#read(snapshot, from, SCAN_STEP_BYTES_MAX);
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

  /**
   * What is being written is finished first; what was begun and not finished is found by the next start. Nothing stays behind
   * the end of a whole one: builds that know of no such thing would not read it.
   */
  async close(): Promise<void> {
    const access = this.#access;
    if (access === null) return;
    const stray = this.#own instanceof GrowingDraft ? this.#own : null;
    this.#access = null;
    this.#own = null;
    this.#received = null;
    while (this.#underWay > 0) {
      await new Promise<void>((resolve) => this.#idleListeners.push(resolve));
    }
    if (access.refusal() === null) {
      for (const batch of deletionsOf(stray?.strayKeys ?? [])) {
        await writeDurably(access.database, batch);
      }
    }
    await access.database.close();
  }

  /** At least one. */
  async #read(
    snapshot: StoredSnapshot,
    from: number,
    bytesMax: number,
  ): Promise<readonly Uint8Array[]> {
    const { database, readFailed } = this.#requireOpen();
    const kept = this.#find(snapshot);
    if (kept === null || from >= snapshot.chunkCount) throw chunkGone(snapshot, from);
    const replaced = kept.replaced.get(from);
    if (replaced !== undefined) return [replaced.slice()];
    const { number } = kept.lot;
    // As it is now: what is replaced while this waits was read before.
    const countMax = countInPlace(kept, from);
    const scan = database.scan({ from: keyOfChunk(number, from), bytesMax });
    try {
      const records = (await scan.next()).slice(0, countMax);
      const chunks = chunksIn(records, { number, from });
      if (chunks.length > 0) return chunks;
    } catch (error) {
      throw readFailed(snapshot, String(error));
    } finally {
      await scan.close();
    }
    if (this.#find(snapshot) === null) throw chunkGone(snapshot, from);
    throw readFailed(snapshot, `chunk ${from} is missing or damaged`);
  }

  async #beginWhole(meta: SnapshotMeta): Promise<SnapshotWriter> {
    const draft = this.#newDraft(meta, null);
    this.#own = draft;
    await this.#writeHead(draft);
    return this.#writerOf(draft);
  }

  /** SN5: the base stays for as long as it may be read. */
  #beginFrom(base: Kept, meta: SnapshotMeta): SnapshotWriter {
    const { lot, snapshot, sum } = base;
    const unpin = this.pin(snapshot);
    const draft: GrowingDraft = new GrowingDraft({
      bounds: this.#requireOpen().growthBounds,
      base: { number: lot.number, chunkCount: snapshot.chunkCount, sum },
      meta,
      read: (place) => this.readChunk(snapshot, place),
      write: (changes) => this.#write(changes),
      replace: (replacement) => this.#replace(lot, replacement),
      beginWhole: () => this.#beginWhole(meta),
      ended: (strayKeys) => {
        if (this.#own === draft) this.#own = null;
        if (strayKeys.length > 0) {
          lot.mayGrow = false;
          this.#sweeper.add(strayKeys);
        }
        unpin();
      },
    });
    this.#own = draft;
    return draft;
  }

  #newDraft(meta: SnapshotMeta, promised: StoredSnapshot | null): Draft {
    this.#lastNumber += 1;
    return { number: this.#lastNumber, meta, promised, sum: new SnapshotSum(), found: [] };
  }

  async #writeHead({ number, meta, promised }: Draft): Promise<void> {
    await this.#write([this.#headOf(number, meta, promised)]);
  }

  #headOf(number: number, meta: SnapshotMeta, promised: StoredSnapshot | null): DatabaseChange {
    const { incarnation } = this.#requireOpen();
    const head = snapshotRecord({ incarnation, meta, sum: promised, logSequence: 0 });
    const key = keyInSnapshot(RECORD_KIND.snapshotHead, number);
    return { type: 'put', key, value: encodeRecord(RECORD_KIND.snapshotHead, head) };
  }

  #writerOf(draft: Draft): SnapshotWriter {
    return {
      get nextChunk() {
        return draft.sum.chunkCount;
      },
      append: (...chunks) => this.#append(draft, chunks),
      finish: () => this.#finish(draft),
      abandon: async () => this.#forget(draft),
    };
  }

  /** All in one synced write. */
  async #append(draft: Draft, chunks: readonly Uint8Array[]): Promise<void> {
    this.#requireDraft(draft);
    chunks.forEach(requireChunk);
    const { number, sum } = draft;
    const first = sum.chunkCount;
    const encoded = chunks.map((chunk, at) => encodeChunk({ number, place: first + at }, chunk));
    const puts = encoded.map(({ bytes: value }, at) => {
      return { type: 'put', key: keyOfChunk(number, first + at), value } as const;
    });
    await this.#write(puts);
    for (const [at, { checksum }] of encoded.entries()) sum.add(chunks[at]?.length ?? 0, checksum);
  }

  async #finish(draft: Draft): Promise<StoredSnapshot | null> {
    this.#requireDraft(draft);
    const { number, meta, promised, sum } = draft;
    if (!isSoundAndNewer({ meta, promised, total: sum.total }, this.newest)) {
      this.#forget(draft);
      return null;
    }
    await this.#write([this.#endOf(number, meta, sum)]);
    this.#end(draft);
    const lot = { number, chunksEnd: sum.chunkCount, mayGrow: true };
    return this.#keep(lot, meta, sum);
  }

  /** SN5: those of the same number before it are read from memory where it stands in their place. */
  #replace(
    lot: Lot,
    { changes, meta, replaced, sum }: Replacement,
  ): Promise<StoredSnapshot> | null {
    const { number } = lot;
    const end = this.#endOf(number, meta, sum);
    if (!isSoundAndNewer({ meta, promised: null, total: sum.total }, this.newest)) return null;
    for (const kept of this.#kept.filter((each) => each.lot === lot)) {
      for (const [place, chunk] of replaced) {
        if (!kept.replaced.has(place)) kept.replaced.set(place, chunk);
      }
    }
    lot.chunksEnd = Math.max(lot.chunksEnd, sum.chunkCount);
    const all = [...changes, this.#headOf(number, meta, null), end];
    return this.#write(all).then(() => this.#keep(lot, meta, sum));
  }

  #endOf(number: number, meta: SnapshotMeta, { total }: SnapshotSum): DatabaseChange {
    const { incarnation, logSequence } = this.#requireOpen();
    const record = { incarnation, meta, sum: total, logSequence: logSequence() };
    const value = encodeRecord(RECORD_KIND.snapshotEnd, snapshotRecord(record));
    return { type: 'put', key: keyInSnapshot(RECORD_KIND.snapshotEnd, number), value };
  }

  /** It is whole on disk. */
  #keep(lot: Lot, meta: SnapshotMeta, sum: SnapshotSum): StoredSnapshot {
    const { lastEntry, membership, timeMs } = meta;
    const snapshot = { lastEntry, membership, timeMs, ...sum.total };
    const kept = { lot, snapshot, sum, replaced: new Map<number, Uint8Array>(), pins: 0 };
    this.#kept = inOrder([...this.#kept, kept]);
    this.#sweep();
    return snapshot;
  }

  #requireOpen(): SnapshotAccess {
    if (this.#access === null) throw this.#closed();
    const refusal = this.#access.refusal();
    if (refusal !== null) throw refusal;
    return this.#access;
  }

  #requireDraft(draft: Draft): SnapshotAccess {
    const access = this.#requireOpen();
    assert(draft === this.#own || draft === this.#received, 'SN2: a snapshot ends once');
    return access;
  }

  /** ST9: the first failure of any write is the last thing that happens. */
  async #write(changes: readonly DatabaseChange[]): Promise<void> {
    const { database, writeFailed } = this.#requireOpen();
    this.#underWay += 1;
    try {
      await writeDurably(database, changes);
    } catch (error) {
      throw writeFailed(error);
    } finally {
      this.#underWay -= 1;
      if (this.#underWay === 0) for (const idle of this.#idleListeners.splice(0)) idle();
    }
  }

  #end(draft: Draft): void {
    if (this.#own === draft) this.#own = null;
    if (this.#received === draft) this.#received = null;
  }

  #forget(draft: Draft): void {
    if (draft !== this.#own && draft !== this.#received) return;
    this.#end(draft);
    const { found, number, sum } = draft;
    this.#sweeper.add(remainsOf(number, [...chunkKeys(number, 0, sum.chunkCount), ...found]));
  }

  #find(snapshot: StoredSnapshot): Kept | null {
    return this.#kept.find((kept) => isSameSnapshot(kept.snapshot, snapshot)) ?? null;
  }

  /** SN2: what nobody needs leaves the disk. */
  #sweep(): void {
    const newest = this.#kept.at(-1);
    const needed = this.#kept.filter((kept) => kept.pins > 0 || kept === newest);
    const lots = new Set(this.#kept.map(({ lot }) => lot));
    for (const { lot } of needed) lots.delete(lot);
    this.#kept = needed;
    for (const { chunksEnd, number } of lots) {
      this.#sweeper.add(remainsOf(number, chunkKeys(number, 0, chunksEnd)));
    }
  }
}
