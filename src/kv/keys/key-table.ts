/**
 * Single keys by name: a hash table in parts, each with open places of its own. Beside what lies in it a part holds the
 * hashes, so that looking for a key that is not there, as each new one is, touches none of those that are: a `Map`
 * compares with them, all over the memory, and takes twice as long. Of the parts each grows by itself: a whole table
 * that is copied within one call stalls the node for as long as an election timeout.
 */
import { assert } from '../../core/assert.ts';
import { KEY_TABLE_PARTS } from '../limits.ts';
import { itemAt } from './item-at.ts';
import { type HashSecret, keyHash } from './key-hash.ts';
import type { KeyText } from './key-order.ts';

interface Keyed {
  readonly key: KeyText;
}

/** Places; a power of two. */
const FIRST_CAPACITY = 16;
const FREE = 0;
/** The parts are chosen by the highest bits of a hash, the places in them by the lowest. */
const PART_SHIFT = 32 - Math.log2(KEY_TABLE_PARTS);

export class KeyTable<Value extends Keyed> {
  readonly #secret: HashSecret;
  /** Of the key that was looked for last: one that is not found is mostly added next. */
  #lastKey: KeyText | null = null;
  #lastHash = FREE;
  readonly #parts = Array.from({ length: KEY_TABLE_PARTS }, () => new Part<Value>());

  constructor(secret: HashSecret) {
    this.#secret = secret;
  }

  get(key: KeyText): Value | null {
    const hash = this.#hashOf(key);
    return this.#partOf(hash).find(key, hash);
  }

  /** Its key must be new to the table. */
  add(value: Value): void {
    const hash = this.#hashOf(value.key);
    this.#partOf(hash).add(value, hash);
  }

  /** The key must be there. */
  delete(key: KeyText): void {
    const hash = this.#hashOf(key);
    this.#partOf(hash).remove(key, hash);
  }

  #hashOf(key: KeyText): number {
    if (key !== this.#lastKey) {
      this.#lastHash = keyHash(key, this.#secret);
      this.#lastKey = key;
    }
    return this.#lastHash;
  }

  #partOf(hash: number): Part<Value> {
    return itemAt(this.#parts, hash >>> PART_SHIFT);
  }
}

/** Linear probing: a value lies at the place of its hash, or behind it with no free place in between. */
class Part<Value extends Keyed> {
  #hashes = new Int32Array(FIRST_CAPACITY);
  #values = emptyPlaces<Value>(FIRST_CAPACITY);
  #count = 0;

  find(key: KeyText, hash: number): Value | null {
    return this.#values[this.#placeOf(key, hash)] ?? null;
  }

  /** Bound: at most half of the places are taken, so that few are looked at. */
  add(value: Value, hash: number): void {
    const { length } = this.#hashes;
    if (2 * this.#count >= length) this.#resize(2 * length);
    this.#put(value, hash);
    this.#count += 1;
  }

  /** What was pushed behind the place moves up, so that nothing has to mark it. */
  remove(key: KeyText, hash: number): void {
    let hole = this.#placeOf(key, hash);
    assert(this.#hashes[hole] !== FREE, 'KV27: what is removed is there');
    for (let at = this.#next(hole); ; at = this.#next(at)) {
      const moved = this.#hashes[at];
      if (moved === undefined || moved === FREE) break;
      if (this.#distance(moved, at) < this.#distance(moved, hole)) continue;
      this.#hashes[hole] = moved;
      this.#values[hole] = this.#values[at];
      hole = at;
    }
    this.#hashes[hole] = FREE;
    this.#values[hole] = undefined;
    this.#count -= 1;
    const { length } = this.#hashes;
    if (length > FIRST_CAPACITY && 8 * this.#count < length) this.#resize(length / 2);
  }

  /** Where it lies, or the free place at which looking for it ends. */
  #placeOf(key: KeyText, hash: number): number {
    for (let at = this.#first(hash); ; at = this.#next(at)) {
      const other = this.#hashes[at];
      if (other === FREE) return at;
      if (other === hash && this.#values[at]?.key === key) return at;
    }
  }

  #put(value: Value, hash: number): void {
    let at = this.#first(hash);
    while (this.#hashes[at] !== FREE) at = this.#next(at);
    this.#hashes[at] = hash;
    this.#values[at] = value;
  }

  #resize(capacity: number): void {
    const [hashes, values] = [this.#hashes, this.#values];
    this.#hashes = new Int32Array(capacity);
    this.#values = emptyPlaces(capacity);
    for (const [at, value] of values.entries()) {
      if (value !== undefined) this.#put(value, itemAt(hashes, at));
    }
  }

  #first(hash: number): number {
    return hash & (this.#hashes.length - 1);
  }

  #next(at: number): number {
    return (at + 1) & (this.#hashes.length - 1);
  }

  /** How far a place lies behind that of a hash, around the end. */
  #distance(hash: number, at: number): number {
    return (at - hash) & (this.#hashes.length - 1);
  }
}

function emptyPlaces<Value>(count: number): (Value | undefined)[] {
  return new Array<Value | undefined>(count).fill(undefined);
}
