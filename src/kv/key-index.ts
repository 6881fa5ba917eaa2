/**
 * The keys of the store in byte order (KV1): a list of blocks of sorted keys, a B+tree of two levels. Finding
 * is two binary searches, inserting moves at most one block. Beside it a hash table for single keys, which
 * is what most commands name. Each block counts its live keys, so that counting a range of a
 * million keys, or stepping over keys that are deleted but not yet compacted, goes block by block.
 */

import { assert } from '../core/assert.ts';
import { firstPlace } from '../core/search.ts';
import { itemAt } from './item-at.ts';
import type { KeyBounds, KeyText } from './key-order.ts';
import { KeyTable } from './key-table.ts';
import { isLive, type KeyHistory } from './key-version.ts';
import { INDEX_BLOCK_KEYS_MAX } from './limits.ts';

interface Block {
  /** Sorted; `histories` holds the history of each key at the same place. */
  readonly keys: KeyText[];
  readonly histories: KeyHistory[];
  /** How many of them exist as the store stands. */
  live: number;
}

export class KeyIndex {
  readonly #byKey = new KeyTable<KeyHistory>();
  readonly #blockKeysMax: number;
  /** In key order, none empty. */
  #blocks: Block[] = [];
  #live = 0;

  constructor(blockKeysMax: number = INDEX_BLOCK_KEYS_MAX) {
    this.#blockKeysMax = blockKeysMax;
  }

  /** How many keys exist. */
  get live(): number {
    return this.#live;
  }

  find(key: KeyText): KeyHistory | null {
    return this.#byKey.get(key) ?? null;
  }

  /** The key must be new to the index, and live. */
  add(history: KeyHistory): void {
    const { key } = history;
    assert(isLive(history.newest), 'KV14: a key begins with a put');
    this.#byKey.set(key, history);
    this.#live += 1;
    const place = this.#blockOf(key);
    const block = this.#blocks[place];
    if (block === undefined) {
      this.#blocks.push({ keys: [key], histories: [history], live: 1 });
      return;
    }
    const at = lowerBound(block.keys, key);
    const isAtTheEnd = at === block.keys.length && place === this.#blocks.length - 1;
    if (isAtTheEnd && at >= this.#blockKeysMax) {
      this.#blocks.push({ keys: [key], histories: [history], live: 1 });
      return;
    }
    block.keys.splice(at, 0, key);
    block.histories.splice(at, 0, history);
    block.live += 1;
    if (block.keys.length > this.#blockKeysMax) this.#split(place);
  }

  /** A key of the index was deleted, or put again after that. */
  liveChanged(key: KeyText, change: 1 | -1): void {
    itemAt(this.#blocks, this.#blockOf(key)).live += change;
    this.#live += change;
  }

  /**
   * Calls `retire` for each key within the bounds, in order; it says whether the key was live and is not any more.
   * As `liveChanged` for each of them, without looking for its block.
   */
  retire(bounds: KeyBounds, retire: (history: KeyHistory) => boolean): void {
    this.#walk(bounds, (block, from, end) => {
      for (let at = from; block.live > 0 && at < end; at += 1) {
        if (!retire(itemAt(block.histories, at))) continue;
        block.live -= 1;
        this.#live -= 1;
      }
      return true;
    });
  }

  /** Forgets a key that is not live. */
  remove(key: KeyText): void {
    const place = this.#blockOf(key);
    const block = itemAt(this.#blocks, place);
    const at = lowerBound(block.keys, key);
    assert(block.keys[at] === key, 'KV1: a key of the index lies in its block');
    this.#byKey.delete(key);
    block.keys.splice(at, 1);
    block.histories.splice(at, 1);
    if (block.keys.length === 0) this.#blocks.splice(place, 1);
    else this.#join(place);
  }

  /** How many keys within the bounds exist. */
  count(bounds: KeyBounds): number {
    let count = 0;
    this.#walk(bounds, (block, from, end) => {
      const isWhole = end - from === block.keys.length;
      count += isWhole ? block.live : countLive(block.histories.slice(from, end));
      return true;
    });
    return count;
  }

  /**
   * Calls `visit` for each key within the bounds, in order, until it returns false; the index must
   * not gain or lose keys meanwhile. With `liveOnly` it may pass over keys that do not exist.
   */
  visit(
    bounds: KeyBounds,
    options: { readonly liveOnly: boolean },
    visit: (history: KeyHistory) => boolean,
  ): void {
    this.#walk(bounds, (block, from, end) => {
      if (options.liveOnly && block.live === 0) return true;
      for (let at = from; at < end; at += 1) {
        if (!visit(itemAt(block.histories, at))) return false;
      }
      return true;
    });
  }

  /** Calls `take` with each block and where the bounds lie in it, `[from, end)`, until it returns false. */
  #walk(bounds: KeyBounds, take: (block: Block, from: number, end: number) => boolean): void {
    const first = this.#blockOf(bounds.from);
    for (let place = first; place < this.#blocks.length; place += 1) {
      const block = itemAt(this.#blocks, place);
      const from = place === first ? lowerBound(block.keys, bounds.from) : 0;
      const end = endOf(block, bounds);
      if (!take(block, from, end) || end < block.keys.length) return;
    }
  }

  /** The last block that begins at or below the key, else the first: where the key is or belongs. */
  #blockOf(key: KeyText): number {
    const isBehind = (place: number): boolean => itemAt(itemAt(this.#blocks, place).keys, 0) > key;
    return firstPlace(1, this.#blocks.length, isBehind) - 1;
  }

  #split(place: number): void {
    const block = itemAt(this.#blocks, place);
    const middle = block.keys.length >>> 1;
    const keys = block.keys.splice(middle);
    const histories = block.histories.splice(middle);
    const live = countLive(histories);
    block.live -= live;
    this.#blocks.splice(place + 1, 0, { keys, histories, live });
  }

  #join(place: number): void {
    const block = this.#blocks[place];
    const next = this.#blocks[place + 1];
    if (block === undefined || next === undefined) return;
    if (block.keys.length + next.keys.length > this.#blockKeysMax >>> 1) return;
    block.keys.push(...next.keys);
    block.histories.push(...next.histories);
    block.live += next.live;
    this.#blocks.splice(place + 1, 1);
  }
}

function countLive(histories: readonly KeyHistory[]): number {
  return histories.filter(({ newest }) => isLive(newest)).length;
}

/** How many keys of the block lie below the end of the bounds. */
function endOf(block: Block, { to }: KeyBounds): number {
  const { keys } = block;
  if (to === null || itemAt(keys, keys.length - 1) < to) return keys.length;
  return lowerBound(keys, to);
}

/** The place of the first key that is not below `key`. */
export function lowerBound(keys: readonly KeyText[], key: KeyText): number {
  return firstPlace(0, keys.length, (place) => itemAt(keys, place) >= key);
}
