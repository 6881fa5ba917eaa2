/**
 * Where the stored runs begin, and their checksums: 12 bytes a run, so that truncation and reads find
 * their run without walking the log. It holds only what is on disk; a write changes it when it is done.
 */

import { assert } from '../../core/assert.ts';
import { firstPlace } from '../../core/search.ts';
import { type Index, index } from '../../core/types.ts';
import { RUN_INDEX_CAPACITY_MIN } from '../limits.ts';

export class RunIndex {
  #firstIndexes = new Float64Array(RUN_INDEX_CAPACITY_MIN);
  #checksums = new Uint32Array(RUN_INDEX_CAPACITY_MIN);
  /** Places at the beginning of the arrays whose runs are gone. */
  #gone = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  append(firstIndex: Index, checksum: number): void {
    if (this.#gone + this.#length === this.#firstIndexes.length) this.#makeRoom();
    this.#firstIndexes[this.#gone + this.#length] = firstIndex;
    this.#checksums[this.#gone + this.#length] = checksum;
    this.#length += 1;
  }

  truncate(position: number): void {
    assert(position <= this.#length, 'ST3: only runs that are there are forgotten');
    this.#length = position;
  }

  dropFirst(count: number): void {
    assert(count <= this.#length, 'ST3: only runs that are there are forgotten');
    this.#gone += count;
    this.#length -= count;
  }

  /** How many runs begin before `at`: the position of the first run that begins at or behind it. */
  countBefore(at: Index): number {
    return firstPlace(0, this.#length, (position) => this.firstIndexAt(position) >= at);
  }

  firstIndexAt(position: number): Index {
    assert(position < this.#length, 'ST3: a run is looked up inside the log');
    return index(this.#firstIndexes[this.#gone + position] ?? 0);
  }

  checksumAt(position: number): number {
    assert(position < this.#length, 'ST3: a run is looked up inside the log');
    return this.#checksums[this.#gone + position] ?? 0;
  }

  /** Twice the places that are needed, so that each run is moved but a few times. */
  #makeRoom(): void {
    const capacity = Math.max(RUN_INDEX_CAPACITY_MIN, this.#length * 2);
    const [from, to] = [this.#gone, this.#gone + this.#length];
    const firstIndexes = new Float64Array(capacity);
    const checksums = new Uint32Array(capacity);
    firstIndexes.set(this.#firstIndexes.subarray(from, to));
    checksums.set(this.#checksums.subarray(from, to));
    this.#firstIndexes = firstIndexes;
    this.#checksums = checksums;
    this.#gone = 0;
  }
}
