/**
 * The keys of the store in byte order (KV1): a list of blocks of sorted keys, a B+tree of two levels. Finding
 * is two binary searches, inserting moves at most one block. Beside it a hash table for single keys, which
 * is what most commands name. New keys wait to be put in order until there are many, or somebody looks: what is restored
 * or applied again comes in masses. Each block counts its live keys, so that counting a range of a
 * million keys, or stepping over keys that are deleted but not yet compacted, goes block by block.
 */

import { assert } from '../../core/assert.ts';
import { firstPlace } from '../../core/search.ts';
import { INDEX_BLOCK_KEYS_MAX, KEYS_PUT_IN_ORDER_MAX } from '../limits.ts';
import { itemAt } from './item-at.ts';
import { type HashSecret, NO_SECRET } from './key-hash.ts';
import type { KeyBounds, KeyText } from './key-order.ts';
import { KeyTable } from './key-table.ts';
import { isLive, type KeyHistory } from './key-version.ts';

interface Block {
  /** Sorted; `histories` holds the history of each key at the same place. */
  readonly keys: KeyText[];
  readonly histories: KeyHistory[];
  /** How many of them exist as the store stands. */
  live: number;
}

export interface KeyIndexOptions {
  /** For tests: smaller than `INDEX_BLOCK_KEYS_MAX`. */
  readonly blockKeysMax?: number | undefined;
  /** What no client knows (KV27). Without it all clients are trusted. */
  readonly hashSecret?: HashSecret | undefined;
}

export class KeyIndex {
  readonly #byKey: KeyTable<KeyHistory>;
  readonly #blockKeysMax: number;
  /** In key order, none empty. */
  #blocks: Block[] = [];
  /** Keys that are new, and in no block yet. Bound: `KEYS_PUT_IN_ORDER_MAX`. */
  #added: KeyHistory[] = [];
  #live = 0;

  constructor({
    blockKeysMax = INDEX_BLOCK_KEYS_MAX,
    hashSecret = NO_SECRET,
  }: KeyIndexOptions = {}) {
    this.#blockKeysMax = blockKeysMax;
    this.#byKey = new KeyTable(hashSecret);
  }

  /** How many keys exist. */
  get live(): number {
    return this.#live;
  }

  find(key: KeyText): KeyHistory | null {
    return this.#byKey.get(key);
  }

  /** The key must be new to the index, and live. */
  add(history: KeyHistory): void {
    assert(isLive(history.newest), 'KV14: a key begins with a put');
    this.#byKey.add(history);
    this.#live += 1;
    this.#added.push(history);
    if (this.#added.length >= KEYS_PUT_IN_ORDER_MAX) this.#putInOrder();
  }

  /** A key of the index is about to be deleted, or to be put again after that. */
  liveChanges(key: KeyText, change: 1 | -1): void {
    this.#putInOrder();
    itemAt(this.#blocks, this.#blockOf(key)).live += change;
    this.#live += change;
  }

  /**
   * Calls `retire` for each key within the bounds, in order; it says whether the key was live and is not any more.
   * As `liveChanges` for each of them, without looking for its block.
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
    this.#putInOrder();
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
    this.#putInOrder();
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

  /** What comes together mostly lies together: each block takes its new keys at once. */
  #putInOrder(): void {
    if (this.#added.length === 0) return;
    const added = this.#added.sort((left, right) => (left.key < right.key ? -1 : 1));
    this.#added = [];
    if (this.#blocks.length === 0) this.#blocks.push(newBlock(added.splice(0, 1)));
    for (let from = 0; from < added.length; ) {
      const place = this.#blockOf(itemAt(added, from).key);
      const next = this.#blocks[place + 1]?.keys[0];
      const isBeyond = (at: number): boolean => next !== undefined && itemAt(added, at).key > next;
      const end = firstPlace(from + 1, added.length, isBeyond);
      const block = itemAt(this.#blocks, place);
      take(block, added.slice(from, end));
      if (block.keys.length > this.#blockKeysMax) this.#cut(place);
      from = end;
    }
  }

  /** Into pieces of the same size, so that each is half full at least. */
  #cut(place: number): void {
    const { histories } = itemAt(this.#blocks, place);
    const pieces = Math.ceil(histories.length / this.#blockKeysMax);
    const size = Math.ceil(histories.length / pieces);
    const blocks: Block[] = [];
    for (let from = 0; from < histories.length; from += size) {
      blocks.push(newBlock(histories.slice(from, from + size)));
    }
    this.#blocks.splice(place, 1, ...blocks);
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

/** Not of an empty list: no block is. */
function newBlock(histories: KeyHistory[]): Block {
  return { keys: histories.map(({ key }) => key), histories, live: countLive(histories) };
}

/** Keys in order that are new to the block, and live; the last one first, so that each of its own moves once at most. */
function take(block: Block, added: readonly KeyHistory[]): void {
  const { keys, histories } = block;
  let end = keys.length;
  keys.push(...added.map(({ key }) => key));
  histories.push(...added);
  for (let left = added.length; left > 0; left -= 1) {
    const history = itemAt(added, left - 1);
    const isBehind = (place: number): boolean => itemAt(keys, place) > history.key;
    const at = firstPlace(0, end, isBehind);
    for (let place = end - 1; place >= at; place -= 1) {
      keys[place + left] = itemAt(keys, place);
      histories[place + left] = itemAt(histories, place);
    }
    keys[at + left - 1] = history.key;
    histories[at + left - 1] = history;
    end = at;
  }
  block.live += added.length;
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
