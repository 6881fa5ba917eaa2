/**
 * A snapshot that takes over chunks of the newest one (SN5): it is written under the same number, over what changed and
 * behind what stays. What stands in a place of the one before is held back, and goes to the disk in one batch with the
 * end, so that wherever a process ends either the one or the other is there, whole. Where that cannot be, for too much
 * changed or chunks have moved, it is written as a whole after all, under a number of its own.
 */
import { assert } from '../../core/assert.ts';
import type { SnapshotMeta, SnapshotWriter, StoredSnapshot } from '../../ports/snapshot-store.ts';
import type { DatabaseChange } from '../disk/database.ts';
import { HELD_CHUNK_BYTES_MAX, REWRITTEN_CHUNKS_MAX } from '../limits.ts';
import { chunkKeys, keyOfChunk } from './remains.ts';
import { requireChunk } from './snapshot-checks.ts';
import { encodeChunk } from './snapshot-records.ts';
import { SnapshotSum } from './snapshot-sum.ts';

/** How much of a snapshot that grows is in memory at a time, and how much of the one before it may replace. */
export interface GrowthBounds {
  readonly heldBytesMax: number;
  readonly rewrittenChunksMax: number;
}

export const GROWTH_BOUNDS: GrowthBounds = {
  heldBytesMax: HELD_CHUNK_BYTES_MAX,
  rewrittenChunksMax: REWRITTEN_CHUNKS_MAX,
};

/** What it grows out of. */
interface Base {
  readonly number: number;
  readonly chunkCount: number;
  readonly sum: SnapshotSum;
}

/** What takes the place of the one before, in one batch with its end. */
export interface Replacement {
  readonly meta: SnapshotMeta;
  readonly sum: SnapshotSum;
  readonly changes: readonly DatabaseChange[];
  /** The chunks of the one before that it has no more, by their places. */
  readonly replaced: ReadonlyMap<number, Uint8Array>;
}

interface GrowingDraftOptions {
  readonly base: Base;
  readonly bounds: GrowthBounds;
  readonly meta: SnapshotMeta;
  readonly write: (changes: readonly DatabaseChange[]) => Promise<void>;
  /** A chunk of the base. */
  readonly read: (place: number) => Promise<Uint8Array>;
  /** `null`, and nothing is written: it was overtaken. */
  readonly replace: (replacement: Replacement) => Promise<StoredSnapshot> | null;
  /** Begins one that is written as a whole in its place. */
  readonly beginWhole: () => Promise<SnapshotWriter>;
  /** Nothing is read of the base any more. What lies behind its end is of no use. */
  readonly ended: (strayKeys: readonly Uint8Array[]) => void;
}

interface Held {
  readonly place: number;
  readonly payload: Uint8Array;
  readonly record: Uint8Array;
}

export class GrowingDraft implements SnapshotWriter {
  readonly #options: GrowingDraftOptions;
  readonly #sum = new SnapshotSum();
  readonly #shared = new Set<number>();
  /** Bound: `heldBytesMax`, or `rewrittenChunksMax` chunks, and what one call appends. */
  #held: Held[] = [];
  #heldBytes = 0;
  /** Chunks behind those of the base are on disk up to here. */
  #writtenTo: number;
  #whole: SnapshotWriter | null = null;

  constructor(options: GrowingDraftOptions) {
    this.#options = options;
    this.#writtenTo = options.base.chunkCount;
  }

  get nextChunk(): number {
    return this.#whole?.nextChunk ?? this.#sum.chunkCount;
  }

  /** Keys of what was written behind the end of the base. */
  get strayKeys(): readonly Uint8Array[] {
    const { number, chunkCount } = this.#options.base;
    return chunkKeys(number, chunkCount, this.#writtenTo);
  }

  async append(...chunks: readonly Uint8Array[]): Promise<void> {
    if (this.#whole !== null) return this.#whole.append(...chunks);
    chunks.forEach(requireChunk);
    for (const chunk of chunks) this.#hold(chunk);
    if (this.#hasChangedTooMuch) return this.#writeWhole();
    if (this.#heldBytes > this.#options.bounds.heldBytesMax) await this.#writeBehind();
  }

  async share(place: number): Promise<void> {
    const { base, read } = this.#options;
    assert(place < base.chunkCount, 'SN5: what is shared is there');
    const isInPlace = this.#whole === null && place === this.nextChunk;
    if (!isInPlace) return this.append(await read(place));
    this.#sum.addOf(base.sum, place);
    this.#shared.add(place);
  }

  async finish(): Promise<StoredSnapshot | null> {
    try {
      return await this.#finish();
    } finally {
      this.#options.ended(this.strayKeys);
    }
  }

  async abandon(): Promise<void> {
    await this.#whole?.abandon();
    this.#options.ended(this.strayKeys);
  }

  async #finish(): Promise<StoredSnapshot | null> {
    const { base, bounds, meta, replace } = this.#options;
    const lost = this.#lostPlaces();
    const isTooMuch = lost.length > bounds.rewrittenChunksMax || this.#shared.size === 0;
    if (this.#whole === null && isTooMuch) await this.#writeWhole();
    if (this.#whole !== null) return this.#whole.finish();
    const replaced = await this.#read(lost);
    const unused = chunkKeys(base.number, this.#sum.chunkCount, base.chunkCount);
    const deletions = unused.map((key) => ({ type: 'del', key }) as const);
    const changes = [...this.#puts(this.#held), ...deletions];
    const ending = replace({ meta, sum: this.#sum, changes, replaced });
    // On its way: what was written behind the base is behind it no more.
    if (ending !== null) this.#writtenTo = base.chunkCount;
    return ending;
  }

  get #hasChangedTooMuch(): boolean {
    const { base, bounds } = this.#options;
    const isBehind = this.#sum.chunkCount > base.chunkCount;
    if (isBehind && this.#shared.size === 0) return true;
    const decided = Math.min(this.#sum.chunkCount, base.chunkCount);
    return decided - this.#shared.size > bounds.rewrittenChunksMax;
  }

  #hold(payload: Uint8Array): void {
    const place = this.#sum.chunkCount;
    const { bytes: record, checksum } = encodeChunk(
      { number: this.#options.base.number, place },
      payload,
    );
    this.#sum.add(payload.length, checksum);
    this.#held.push({ place, payload: record.subarray(-payload.length), record });
    this.#heldBytes += record.length;
  }

  /** Nobody reads behind the end of the base: what is there is swept unless it comes to belong to an end. */
  async #writeBehind(): Promise<void> {
    const { base, write } = this.#options;
    const behind = this.#held.filter(({ place }) => place >= base.chunkCount);
    this.#held = this.#held.filter(({ place }) => place < base.chunkCount);
    this.#heldBytes = this.#held.reduce((bytes, { record }) => bytes + record.length, 0);
    if (behind.length === 0) return;
    this.#writtenTo = this.#sum.chunkCount;
    await write(this.#puts(behind));
  }

  async #writeWhole(): Promise<void> {
    const { beginWhole, read } = this.#options;
    assert(this.strayKeys.length === 0, 'SN5: it is known by then whether it grows');
    const whole = await beginWhole();
    const held = new Map(this.#held.map(({ place, payload }) => [place, payload]));
    this.#held = [];
    for (let place = 0; place < this.#sum.chunkCount; place += 1) {
      await whole.append(held.get(place) ?? (await read(place)));
    }
    this.#whole = whole;
  }

  #puts(held: readonly Held[]): readonly DatabaseChange[] {
    const { number } = this.#options.base;
    return held.map(({ place, record }) => {
      return { type: 'put', key: keyOfChunk(number, place), value: record } as const;
    });
  }

  #lostPlaces(): readonly number[] {
    const places = Array.from({ length: this.#options.base.chunkCount }, (_, place) => place);
    return places.filter((place) => !this.#shared.has(place));
  }

  async #read(places: readonly number[]): Promise<ReadonlyMap<number, Uint8Array>> {
    const chunks = new Map<number, Uint8Array>();
    for (const place of places) chunks.set(place, await this.#options.read(place));
    return chunks;
  }
}
