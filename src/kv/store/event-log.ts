/**
 * Everything that happened to any key, in order: what watchers replay, and what tells compaction which keys
 * to visit. A queue in chunks: appending and dropping the oldest cost the same however long it is.
 * Positions are absolute and never used again, so that a cursor survives what is dropped before it.
 */
import { assert } from '../../core/assert.ts';
import { firstPlace } from '../../core/search.ts';
import type { StoredVersion } from '../keys/key-version.ts';

/** Events to a chunk: the dropping of one costs a move of the chunks' list, the rest is constant. */
const CHUNK_EVENTS = 1024;

export class EventLog {
  /** Dropped events are `null` in their chunk, so that their values are not kept. */
  readonly #chunks: (StoredVersion | null)[][] = [];
  /** Position of the first event of the first chunk. */
  #base = 0;
  #first = 0;
  #end = 0;

  /** Position of the oldest event kept. */
  get first(): number {
    return this.#first;
  }

  /** Position of the next event to come. */
  get end(): number {
    return this.#end;
  }

  append(event: StoredVersion): void {
    const last = this.#chunks.at(-1);
    if (last === undefined || last.length === CHUNK_EVENTS) this.#chunks.push([event]);
    else last.push(event);
    this.#end += 1;
  }

  at(position: number): StoredVersion {
    const offset = position - this.#base;
    const event = this.#chunks[Math.floor(offset / CHUNK_EVENTS)]?.[offset % CHUNK_EVENTS];
    assert(event !== undefined && event !== null, 'KV16: an event is read while it is kept');
    return event;
  }

  dropFirst(): void {
    const chunk = this.#chunks[0];
    assert(chunk !== undefined && this.#first < this.#end, 'KV14: only kept events are dropped');
    chunk[this.#first - this.#base] = null;
    this.#first += 1;
    if (this.#first - this.#base < CHUNK_EVENTS) return;
    this.#chunks.shift();
    this.#base += CHUNK_EVENTS;
  }

  /** Position of the first event whose revision is `revision` or above; `end` if there is none. */
  positionOf(revision: number): number {
    return firstPlace(this.#first, this.#end, (place) => this.at(place).modRevision >= revision);
  }
}
