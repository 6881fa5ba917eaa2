/**
 * The store as it stood at one moment, for a snapshot (KV26): the numbers of then, and a hold on what `prune` would free.
 * Nothing else ever removes a version, so nothing is copied: commands, and compactions too, go on beside it.
 */
import { ALL_KEYS, type KeyText } from './key-order.ts';
import { SNAPSHOT_ITEMS_MAX } from './limits.ts';
import type { MvccStore } from './mvcc-store.ts';
import { ChunkWriter, type SnapshotHeader } from './snapshot-codec.ts';

type Chunks = Generator<Uint8Array, void, undefined>;

export class StoreView {
  readonly header: SnapshotHeader;
  readonly #store: MvccStore;
  readonly #eventsFrom: number;
  readonly #eventsEnd: number;
  readonly #letGo: () => void;
  #isReleased = false;

  constructor(store: MvccStore) {
    const { revision, compactedRevision, times, events } = store;
    const { timeMs, spacingMs, marks } = times;
    this.header = { revision, compactedRevision, timeMs, spacingMs, marks: [...marks] };
    this.#store = store;
    this.#eventsFrom = events.positionOf(compactedRevision);
    this.#eventsEnd = events.end;
    this.#letGo = store.hold(compactedRevision);
  }

  /** What was held may be freed. Harmless twice. */
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#letGo();
  }

  /** Bound: each step looks at so many keys or events at most, or fills a chunk, or those of one value. */
  *chunks(): Chunks {
    const writer = new ChunkWriter();
    writer.header(this.header);
    const versions = yield* this.#foundation(writer);
    yield* this.#events(writer);
    writer.footer(versions, this.#eventsEnd - this.#eventsFrom);
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
      this.#refuseReleased();
      const page = this.#store.foundationPage(compactedRevision, from, SNAPSHOT_ITEMS_MAX);
      for (const version of page.versions) {
        writer.version(version);
        if (writer.isFilled) yield* writer.take();
      }
      count += page.versions.length;
      from = page.next;
      if (from !== null) writer.end();
      yield* writer.take();
    }
    return count;
  }

  *#events(writer: ChunkWriter): Chunks {
    const { events } = this.#store;
    for (let at = this.#eventsFrom; at < this.#eventsEnd; at += 1) {
      this.#refuseReleased();
      writer.event(events.at(at));
      const count = at + 1 - this.#eventsFrom;
      if (count % SNAPSHOT_ITEMS_MAX === 0) writer.end();
      if (writer.isFilled) yield* writer.take();
    }
  }

  #refuseReleased(): void {
    if (this.#isReleased) throw new TypeError('a snapshot that was released is read no more');
  }
}
