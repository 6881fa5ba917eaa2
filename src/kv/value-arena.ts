/**
 * Where stored values live (KV11). A command's bytes are a view into a large block of the log, so a value that
 * is to stay is copied out, once. Small values share slabs: an array buffer of its own for each costs the
 * garbage collector more than the value itself, and with a million keys its pauses come to last
 * longer than an election timeout.
 */

/** Bound: what one small value can keep from being freed after all others in its slab are gone. */
const SLAB_BYTES = 2048;
/** Larger values get a buffer of their own. */
const SHARED_VALUE_BYTES_MAX = 512;

export class ValueArena {
  #slab = new Uint8Array(SLAB_BYTES);
  #used = 0;

  /** A copy that nobody else writes to. */
  keep(value: Uint8Array): Uint8Array {
    if (value.length > SHARED_VALUE_BYTES_MAX) return new Uint8Array(value);
    if (this.#used + value.length > SLAB_BYTES) {
      this.#slab = new Uint8Array(SLAB_BYTES);
      this.#used = 0;
    }
    const from = this.#used;
    this.#used += value.length;
    this.#slab.set(value, from);
    return this.#slab.subarray(from, this.#used);
  }
}
