/**
 * Where stored values live (KV11). A command's bytes are a view into a large block of the log, so a value that
 * is to stay is copied out, once. Small values share slabs: an array buffer of its own for each costs the
 * garbage collector more than the value itself, and with a million keys its pauses come to last
 * longer than an election timeout.
 */

import { SHARED_VALUE_BYTES_MAX, VALUE_SLAB_BYTES } from './limits.ts';

export class ValueArena {
  #slab = new Uint8Array(VALUE_SLAB_BYTES);
  #used = 0;

  /** A copy that nobody else writes to. */
  keep(value: Uint8Array): Uint8Array {
    if (value.length > SHARED_VALUE_BYTES_MAX) return new Uint8Array(value);
    if (this.#used + value.length > VALUE_SLAB_BYTES) {
      this.#slab = new Uint8Array(VALUE_SLAB_BYTES);
      this.#used = 0;
    }
    const from = this.#used;
    this.#used += value.length;
    this.#slab.set(value, from);
    return new Uint8Array(this.#slab.buffer, from, value.length);
  }
}
