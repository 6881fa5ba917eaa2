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
import {
  type Database,
  type DatabaseChange,
  type DatabaseRecord,
  writeDurably,
} from '../disk/database.ts';
import { SCAN_STEP_BYTES_MAX, SWEPT_RUNS_MAX } from '../limits.ts';
import { encodeRecord, isSameKey, RECORD_KIND } from '../records/record.ts';
import {
  chunkGone,
  inOrder,
  isSoundAndNewer,
  requireChunk,
  requireNewer,
} from './snapshot-checks.ts';
import type { ProvenSnapshots } from './snapshot-proof.ts';
import { decodeChunk, encodeChunk, keyInSnapshot, snapshotRecord } from './snapshot-records.ts';
import { isSameSnapshot, SnapshotSum } from './snapshot-sum.ts';

interface SnapshotAccess {
  readonly database: Database;
  readonly incarnation: string;
  readonly proven: ProvenSnapshots;
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
}

interface Kept {
  readonly number: number;
  readonly snapshot: StoredSnapshot;
  pins: number;
}

export class LevelSnapshotStore implements SnapshotStore {
  readonly #closed: () => RaftError;
  #access: SnapshotAccess | null = null;
  /** Oldest first. */
  #kept: readonly Kept[] = [];
  #own: Draft | null = null;
  #received: Draft | null = null;
  /** Numbers whose records are to go, with how many chunks there may be; `null`: all that are found. */
  #remains: number[] = [];
  #lastNumber = 0;
  #underWay = 0;
  #isSweeping = false;
  #idleListeners: (() => void)[] = [];

  /** `closed`: what is said while it is not open. */
  constructor(closed: () => RaftError) {
    this.#closed = closed;
  }

  open(access: SnapshotAccess): void {
    const { lastNumber, received, remains, whole } = access.proven;
    this.#access = access;
    this.#kept = whole.map((each) => ({ ...each, pins: 0 }));
    this.#remains = [...remains];
    this.#lastNumber = lastNumber;
    const sum = received?.head?.sum ?? null;
    if (received?.head != null && sum !== null) {
      const { meta } = received.head;
      const promised = { ...meta, ...sum };
      this.#received = { number: received.number, meta, promised, sum: received.sum };
    }
    this.#sweep();
  }

  get newest(): StoredSnapshot | null {
    return this.#kept.at(-1)?.snapshot ?? null;
  }

  get oldest(): StoredSnapshot | null {
    return this.#kept[0]?.snapshot ?? null;
  }

  async begin(meta: SnapshotMeta): Promise<SnapshotWriter> {
    this.#requireOpen();
    assert(this.#own === null, 'SN2: one snapshot of the own machine at a time');
    requireNewer(meta, this.newest);
    const draft = this.#newDraft(meta, null);
    this.#own = draft;
    await this.#writeHead(draft);
    return this.#writerOf(draft);
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

  /** What is being written is finished first; what was begun and not finished is found by the next start. */
  async close(): Promise<void> {
    const access = this.#access;
    if (access === null) return;
    this.#access = null;
    this.#own = null;
    this.#received = null;
    while (this.#underWay > 0) {
      await new Promise<void>((resolve) => this.#idleListeners.push(resolve));
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
    const number = this.#find(snapshot)?.number;
    if (number === undefined || from >= snapshot.chunkCount) throw chunkGone(snapshot, from);
    const scan = database.scan({ from: keyOfChunk(number, from), bytesMax });
    try {
      const records = (await scan.next()).slice(0, snapshot.chunkCount - from);
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

  #newDraft(meta: SnapshotMeta, promised: StoredSnapshot | null): Draft {
    this.#lastNumber += 1;
    return { number: this.#lastNumber, meta, promised, sum: new SnapshotSum() };
  }

  async #writeHead({ number, meta, promised }: Draft): Promise<void> {
    const { incarnation } = this.#requireOpen();
    const head = snapshotRecord({ incarnation, meta, sum: promised, logSequence: 0 });
    const key = keyInSnapshot(RECORD_KIND.snapshotHead, number);
    const value = encodeRecord(RECORD_KIND.snapshotHead, head);
    await this.#write([{ type: 'put', key, value }]);
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
    const { incarnation, logSequence } = this.#requireDraft(draft);
    const { number, meta, promised, sum } = draft;
    const { total } = sum;
    if (!isSoundAndNewer({ meta, promised, total }, this.newest)) {
      this.#forget(draft);
      return null;
    }
    const record = { incarnation, meta, sum: total, logSequence: logSequence() };
    const end = snapshotRecord(record);
    const key = keyInSnapshot(RECORD_KIND.snapshotEnd, number);
    await this.#write([{ type: 'put', key, value: encodeRecord(RECORD_KIND.snapshotEnd, end) }]);
    const { lastEntry, membership, timeMs } = meta;
    const snapshot = { lastEntry, membership, timeMs, ...total };
    this.#end(draft);
    this.#kept = inOrder([...this.#kept, { number, snapshot, pins: 0 }]);
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
    this.#remains.push(draft.number);
    this.#sweep();
  }

  #find(snapshot: StoredSnapshot): Kept | null {
    return this.#kept.find((kept) => isSameSnapshot(kept.snapshot, snapshot)) ?? null;
  }

  /** SN2: takes what nobody needs off the disk, a batch at a time. A failure has stopped the store by then. */
  #sweep(): void {
    const isNeeded = ({ pins }: Kept, at: number): boolean =>
      pins > 0 || at === this.#kept.length - 1;
    const needed = this.#kept.filter(isNeeded);
    const old = this.#kept.filter((kept) => !needed.includes(kept));
    this.#kept = needed;
    this.#remains.push(...old.map(({ number }) => number));
    if (this.#isSweeping || this.#remains.length === 0) return;
    this.#isSweeping = true;
    this.#removeRemains().then(
      () => this.#swept(),
      () => this.#swept(),
    );
  }

  #swept(): void {
    this.#isSweeping = false;
    if (this.#access?.refusal() === null) this.#sweep();
  }

  async #removeRemains(): Promise<void> {
    for (;;) {
      const number = this.#remains[0];
      if (number === undefined) return;
      await this.#remove(number);
      this.#remains.shift();
    }
  }

  /** The end goes first: what is cut short here is no snapshot any more. */
  async #remove(number: number): Promise<void> {
    const { end, head } = {
      end: keyInSnapshot(RECORD_KIND.snapshotEnd, number),
      head: keyInSnapshot(RECORD_KIND.snapshotHead, number),
    };
    await this.#write([{ type: 'del', key: end }]);
    for (let from = 0; ; ) {
      const keys = await this.#chunkKeys(number, from);
      if (keys.length === 0) break;
      await this.#write(keys.map((key) => ({ type: 'del', key }) as const));
      from += keys.length;
    }
    await this.#write([{ type: 'del', key: head }]);
  }

  /** Read with their values, a few at a time: whatever lies under the number goes. */
  async #chunkKeys(number: number, from: number): Promise<readonly Uint8Array[]> {
    const { database } = this.#requireOpen();
    const first = keyOfChunk(number, from);
    const scan = database.scan({ from: first, bytesMax: 1 });
    this.#underWay += 1;
    try {
      const records = await scan.next();
      const isOurs = (key: Uint8Array): boolean =>
        key.length === first.length && first.subarray(0, 5).every((byte, at) => byte === key[at]);
      return records
        .slice(0, SWEPT_RUNS_MAX)
        .map(({ key }) => key)
        .filter(isOurs);
    } finally {
      await scan.close();
      this.#underWay -= 1;
      if (this.#underWay === 0) for (const idle of this.#idleListeners.splice(0)) idle();
    }
  }
}

function keyOfChunk(number: number, place: number): Uint8Array {
  return keyInSnapshot(RECORD_KIND.snapshotChunk, number, place);
}

/** As many as are there one behind the other, and sound. */
function chunksIn(
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
