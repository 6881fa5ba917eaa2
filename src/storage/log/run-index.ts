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
  #length = 0;

  get length(): number {
    return this.#length;
  }

  append(firstIndex: Index, checksum: number): void {
    if (this.#length === this.#firstIndexes.length) this.#grow();
    this.#firstIndexes[this.#length] = firstIndex;
    this.#checksums[this.#length] = checksum;
    this.#length += 1;
  }

  truncate(position: number): void {
    assert(position <= this.#length, 'ST3: only runs that are there are forgotten');
    this.#length = position;
  }

  /** How many runs begin before `at`: the position of the first run that begins at or behind it. */
  countBefore(at: Index): number {
    return firstPlace(0, this.#length, (position) => this.firstIndexAt(position) >= at);
  }

  firstIndexAt(position: number): Index {
    assert(position < this.#length, 'ST3: a run is looked up inside the log');
    return index(this.#firstIndexes[position] ?? 0);
  }

  checksumAt(position: number): number {
    assert(position < this.#length, 'ST3: a run is looked up inside the log');
    return this.#checksums[position] ?? 0;
  }

  #grow(): void {
    const capacity = this.#length * 2;
    const firstIndexes = new Float64Array(capacity);
    const checksums = new Uint32Array(capacity);
    firstIndexes.set(this.#firstIndexes);
    checksums.set(this.#checksums);
    this.#firstIndexes = firstIndexes;
    this.#checksums = checksums;
  }
}
