/**
 * Arrays for what is made for each command and lives shortly: an entry, a request, an answer. An array with a buffer of its
 * own costs more to make and to free than such a command costs to write, and so small ones share a slab: each place of
 * it is given once, and is zero. What stays for long is copied elsewhere, since it would keep its whole slab.
 */
import { SHORT_SLAB_BYTES } from '../limits.ts';

/** Smaller ones lie in the heap, which is as cheap; larger ones leave too much of a slab unused. */
const SHARED_BYTES = { min: 65, max: 1024 } as const;

let slab = new Uint8Array(SHORT_SLAB_BYTES);
let used = 0;

/** All zero, and nobody else's. It may be a part of a larger buffer. */
export function shortBytes(length: number): Uint8Array {
  const { min, max } = SHARED_BYTES;
  if (length < min || length > max) return new Uint8Array(length);
  if (used + length > SHORT_SLAB_BYTES) {
    slab = new Uint8Array(SHORT_SLAB_BYTES);
    used = 0;
  }
  const from = used;
  used += length;
  return new Uint8Array(slab.buffer, from, length);
}
