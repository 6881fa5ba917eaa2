/** The ordered index against a sorted array. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyIndex } from '../../../src/kv/keys/key-index.ts';
import { boundsOf, isInside, type KeyText, keyText } from '../../../src/kv/keys/key-order.ts';
import {
  addVersion,
  isLive,
  type KeyHistory,
  StoredVersion,
} from '../../../src/kv/keys/key-version.ts';
import { KEYS_PUT_IN_ORDER_MAX } from '../../../src/kv/limits.ts';
import { key, selector } from '../arbitraries.ts';
import { ALL } from '../committed.ts';

const step = fc.record({
  do: fc.constantFrom('put', 'put', 'delete', 'forget', 'remove'),
  key: key.map(keyText),
});

describe('the ordered index', () => {
  it('[KV1] finds, walks and counts like a sorted array, through splits and joins', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 120, size: 'max' }),
        selector,
        fc.integer({ min: 1, max: 9 }),
        (steps, keys, blockKeysMax) => {
          const twins = new IndexTwins(blockKeysMax);
          for (const one of steps) twins.take(one.do, one.key);
          twins.compare(keys);
          twins.empty();
        },
      ),
      { numRuns: 500 },
    );
  });

  it('[KV1] keys that come in order, in the reverse order or in none, all stay to be found', () => {
    const count = 3 * KEYS_PUT_IN_ORDER_MAX;
    for (const stride of [1, count - 1, 1_091]) {
      const twins = new IndexTwins(4);
      for (let at = 0; at < count; at += 1) {
        const place = (at * stride) % count;
        twins.take('put', keyText(Uint8Array.of(place >> 8, place & 255)));
      }
      twins.compare(ALL);
      twins.compare({ start: Uint8Array.of(0, 77), end: Uint8Array.of(1, 5) });
    }
  });
});

class IndexTwins {
  readonly #index: KeyIndex;
  readonly #naive = new Map<KeyText, KeyHistory>();

  constructor(blockKeysMax: number) {
    this.#index = new KeyIndex({ blockKeysMax });
  }

  take(what: string, text: KeyText): void {
    if (what === 'remove') {
      this.take('delete', text);
      this.take('forget', text);
      return;
    }
    const history = this.#naive.get(text);
    const wasLive = history !== undefined && isLive(history.newest);
    if (what === 'put' && history === undefined) {
      const first: KeyHistory = { key: text, newest: version(text, true), older: null };
      this.#naive.set(text, first);
      this.#index.add(first);
    } else if (what === 'forget' && history !== undefined && !wasLive) {
      this.#naive.delete(text);
      this.#index.remove(text);
    } else if (history !== undefined && what !== 'forget' && wasLive !== (what === 'put')) {
      this.#index.liveChanges(text, wasLive ? -1 : 1);
      addVersion(history, version(text, !wasLive));
    }
  }

  /** Removes every other key, then the rest, so that blocks shrink, join and vanish. */
  empty(): void {
    for (const parity of [0, 1]) {
      const doomed = [...this.#naive.keys()].sort().filter((_, at) => at % 2 === parity);
      for (const text of doomed) {
        this.take('remove', text);
        this.compare(ALL);
      }
    }
    for (const text of [...this.#naive.keys()]) this.take('remove', text);
    this.compare(ALL);
  }

  compare(keys: Parameters<typeof boundsOf>[0]): void {
    const bounds = boundsOf(keys);
    const sorted = [...this.#naive.values()]
      .filter((history) => isInside(history.key, bounds))
      .sort((left, right) => (left.key < right.key ? -1 : 1));
    const live = sorted.filter(({ newest }) => isLive(newest));
    expect(this.#walk(bounds, false)).toEqual(sorted);
    expect(this.#walk(bounds, true).filter(({ newest }) => isLive(newest))).toEqual(live);
    expect(this.#index.count(bounds)).toBe(live.length);
    for (const [text, history] of this.#naive) expect(this.#index.find(text)).toBe(history);
  }

  #walk(bounds: ReturnType<typeof boundsOf>, liveOnly: boolean): KeyHistory[] {
    const walked: KeyHistory[] = [];
    this.#index.visit(bounds, { liveOnly }, (history) => {
      walked.push(history);
      return true;
    });
    return walked;
  }
}

function version(text: KeyText, live: boolean): KeyHistory['newest'] {
  const place = live ? { slab: new Uint8Array(1), from: 0, bytes: 1 } : null;
  return new StoredVersion(
    { key: text, createRevision: 2, modRevision: 2, version: live ? 1 : 0, lease: 0 },
    place,
  );
}
