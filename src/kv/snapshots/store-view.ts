/**
 * The store as it stood at one moment, for a snapshot (KV26): the numbers of then, and a hold on what `prune` would free.
 * Nothing else ever removes a version, so nothing is copied: commands, and compactions too, go on beside it.
 *
 * Between two compactions what was there stays as it is, and events are added behind it. So all chunks of an earlier
 * snapshot are chunks of this one, but for the first, which is the header, and the last, which goes on (KV28).
 */
import type { MachineSnapshot, SharedChunk } from '../../ports/state-machine.ts';
import { ALL_KEYS, type KeyText } from '../keys/key-order.ts';
import type { AccessCopy } from '../store/access-table.ts';
import type { LeaseCopy } from '../store/lease-table.ts';
import type { MvccStore } from '../store/mvcc-store.ts';
import { ChunkWriter, type SnapshotHeader } from './snapshot-codec.ts';

type Chunks = Generator<Uint8Array, void, undefined>;

/** Where a snapshot goes on behind what another has. */
interface Cut {
  /** The chunk that is written anew, and the event with which it begins. */
  readonly chunk: number;
  readonly event: number;
  /** How many versions there are in those before it. */
  readonly versions: number;
}

interface ViewOptions {
  /** Bound: keys, or events, looked at for one chunk. */
  readonly itemsMax: number;
  /** Hears once that what was held may be freed. */
  readonly released: () => void;
}

export class StoreView implements MachineSnapshot {
  readonly header: SnapshotHeader;
  readonly #identity: symbol;
  readonly #itemsMax: number;
  readonly #eventsFrom: number;
  readonly #eventsEnd: number;
  readonly #leases: LeaseCopy;
  readonly #accessCopy: AccessCopy;
  readonly #released: () => void;
  /** `null`: it was released. */
  #store: MvccStore | null;
  /** Known once it was read to its end. */
  #cut: Cut | null = null;
  /** Keys looked at, and events written, of about so many. */
  #itemsDone = 0;
  readonly #items: number;

  constructor(store: MvccStore, { itemsMax, released }: ViewOptions) {
    const { revision, compactedRevision, times, events } = store;
    const { timeMs, spacingMs, marks } = times;
    this.header = { revision, compactedRevision, timeMs, spacingMs, marks: [...marks] };
    this.#itemsMax = itemsMax;
    this.#identity = store.identity;
    this.#store = store;
    this.#eventsFrom = events.positionOf(compactedRevision);
    this.#eventsEnd = events.end;
    this.#items = this.#keysToLookAt(store.keyCount) + this.#eventsEnd - this.#eventsFrom;
    this.#leases = store.leases.copy();
    this.#accessCopy = store.access.copy();
    const letGo = store.hold(compactedRevision);
    this.#released = () => {
      letGo();
      released();
    };
  }

  release(): void {
    if (this.#store === null) return;
    this.#store = null;
    this.#released();
  }

  progress(): number {
    return this.#items === 0 ? 0 : Math.min(1, this.#itemsDone / this.#items);
  }

  /** Bound: each step looks at so many keys or events at most, or fills a chunk, or those of one value. */
  *chunks(): Chunks {
    const writer = new ChunkWriter(0);
    yield* this.#header(writer);
    const versions = yield* this.#foundation(writer);
    const { chunkNumber: chunk } = writer;
    yield* this.#events(writer, { chunk, event: this.#eventsFrom, versions });
  }

  *chunksFrom(base: MachineSnapshot): Generator<SharedChunk, void, undefined> {
    const cut = this.#cutOf(base);
    if (cut === null) return yield* this.chunks();
    yield* this.#header(new ChunkWriter(0));
    for (let place = 1; place < cut.chunk; place += 1) yield place;
    yield* this.#events(new ChunkWriter(cut.chunk), cut);
  }

  /** `null`: there is nothing in it that is the same here. */
  #cutOf(base: MachineSnapshot): Cut | null {
    const isOfThisStore = base instanceof StoreView && base.#identity === this.#identity;
    if (!isOfThisStore) return null;
    return base.header.compactedRevision === this.header.compactedRevision ? base.#cut : null;
  }

  /** In a chunk of its own: it is another each time. */
  *#header(writer: ChunkWriter): Chunks {
    writer.header(this.header);
    writer.end();
    yield* writer.take();
  }

  /**
   * By the last key that was looked at, since keys come and go meanwhile. Where none is old enough its chunk holds nothing:
   * the step ends all the same.
   */
  *#foundation(writer: ChunkWriter): Generator<Uint8Array, number, undefined> {
    const { compactedRevision } = this.header;
    let count = 0;
    let from: KeyText | null = compactedRevision === 0 ? null : ALL_KEYS.from;
    while (from !== null) {
      const page = this.#held().foundationPage(compactedRevision, from, this.#itemsMax);
      for (const version of page.versions) {
        writer.version(version);
        if (writer.isFilled) yield* writer.take();
      }
      count += page.versions.length;
      from = page.next;
      this.#itemsDone += from === null ? 0 : this.#itemsMax;
      writer.end();
      yield* writer.take();
    }
    return count;
  }

  /** The events from a cut on, and what stands behind them. Their chunks end where they would end in any snapshot. */
  *#events(writer: ChunkWriter, from: Cut): Chunks {
    let cut = from;
    this.#itemsDone = this.#items - (this.#eventsEnd - from.event);
    for (let at = from.event; at < this.#eventsEnd; at += 1) {
      this.#itemsDone += 1;
      writer.event(this.#held().events.at(at));
      if (writer.firstOfItsOwn > cut.chunk)
        cut = { ...cut, chunk: writer.firstOfItsOwn, event: at };
      if (at + 1 - cut.event === this.#itemsMax) writer.end();
      if (writer.isFilled) yield* writer.take();
    }
    this.#cut = cut;
    yield* this.#leasesLeft(writer);
    yield* this.#access(writer);
    writer.footer(from.versions, this.#eventsEnd - this.#eventsFrom);
    writer.end();
    yield* writer.take();
  }

  /** Before the first compaction there is nothing behind the events. */
  #keysToLookAt(keyCount: number): number {
    return this.header.compactedRevision === 0 ? 0 : keyCount;
  }

  /** Behind everything else, in what is written anew each time: renewals change them all the time. */
  *#leasesLeft(writer: ChunkWriter): Chunks {
    const { last, count } = this.#leases;
    if (last === 0) return;
    writer.leases(last, count);
    for (const lease of this.#leases.records()) {
      writer.lease(lease);
      if (writer.isFilled) yield* writer.take();
    }
  }

  *#access(writer: ChunkWriter): Chunks {
    const { revision, changes } = this.#accessCopy;
    if (revision === 0) return;
    writer.access(this.#accessCopy);
    for (const change of changes) {
      writer.accessChange(change);
      if (writer.isFilled) yield* writer.take();
    }
  }

  #held(): MvccStore {
    if (this.#store === null) throw new TypeError('a snapshot that was released is read no more');
    return this.#store;
  }
}
