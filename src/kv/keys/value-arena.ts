/**
 * Where stored values live (KV11). A command's bytes are a view into a large block of the log, so a value that
 * is to stay is copied out, once. Small values share slabs, and are known by their place there alone: an array buffer, or
 * a view, of its own for each costs the garbage collector more than the value itself, and with a million keys its
 * pauses come to last longer than an election timeout.
 */

import { SHARED_VALUE_BYTES_MAX, VALUE_SLAB_BYTES } from '../limits.ts';

/** So many bytes of an array that nobody writes to there any more. */
export interface ValuePlace {
  readonly slab: Uint8Array;
  readonly from: number;
  readonly bytes: number;
}

export class ValueArena {
  #slab = new Uint8Array(VALUE_SLAB_BYTES);
  #used = 0;

  /** Where a copy of it lies. */
  keep(value: Uint8Array): ValuePlace {
    const bytes = value.length;
    if (bytes > SHARED_VALUE_BYTES_MAX) return { slab: new Uint8Array(value), from: 0, bytes };
    if (this.#used + bytes > VALUE_SLAB_BYTES) {
      this.#slab = new Uint8Array(VALUE_SLAB_BYTES);
      this.#used = 0;
    }
    const from = this.#used;
    this.#used += bytes;
    this.#slab.set(value, from);
    return { slab: this.#slab, from, bytes };
  }
}
