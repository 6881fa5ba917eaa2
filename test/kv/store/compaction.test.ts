/** What compaction frees, and how it does so a little at a time. What it keeps readable, `kv-model.test.ts` shows. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALL_KEYS, keyText } from '../../../src/kv/keys/key-order.ts';
import { KvStateMachine } from '../../../src/kv/kv-state-machine.ts';
import { MvccStore } from '../../../src/kv/store/mvcc-store.ts';
import { ReadBudget } from '../../../src/kv/store/read-budget.ts';
import { apply, put as command, utf8 } from '../committed.ts';

const PLENTY = 1_000_000;

/** The turns of an event loop, in the test's hand; each look at the time takes `lookMs`. */
class Turns {
  lookMs = 0;
  readonly waiting: (() => void)[] = [];
  #nowMs = 0;

  now(): number {
    this.#nowMs += this.lookMs;
    return this.#nowMs;
  }

  yield(callback: () => void): void {
    this.waiting.push(callback);
  }

  /** False: nobody waits for a turn. */
  take(): boolean {
    const callback = this.waiting.shift();
    callback?.();
    return callback !== undefined;
  }
}

function put(store: MvccStore, key: string): number {
  store.put(keyText(utf8(key)), utf8('v'));
  return store.commit();
}

function remove(store: MvccStore, key: string): number {
  store.delete(keyText(utf8(key)));
  return store.commit();
}

function eventsKept(store: MvccStore): number {
  return store.events.end - store.events.first;
}

interface Event {
  readonly key: string;
  readonly puts: boolean;
  readonly revision: number;
}

/** Of the versions at or before the compacted revision only the last of each key, unless it is a deletion. */
function expectKept(store: MvccStore, events: readonly Event[]): void {
  const { compactedRevision } = store;
  const existed: string[] = [];
  for (const key of ['a', 'b', 'c']) {
    const own = events.filter((event) => event.key === key);
    const last = own.findLast(({ revision }) => revision <= compactedRevision);
    const later = own.filter(({ revision }) => revision > compactedRevision).length;
    expect(store.versionCount(keyText(utf8(key)))).toBe(later + (last?.puts ? 1 : 0));
    if (last?.puts && last.revision < compactedRevision) existed.push(`${key} ${last.revision}`);
  }
  const foundation: string[] = [];
  store.foundation(({ key, modRevision }) => foundation.push(`${key} ${modRevision}`));
  expect(foundation).toEqual(existed);
  expect(eventsKept(store)).toBe(
    events.filter(({ revision }) => revision >= compactedRevision).length,
  );
}

const UNBOUNDED = {
  keysMax: Number.POSITIVE_INFINITY,
  bytesMax: Number.POSITIVE_INFINITY,
  looksMax: Number.POSITIVE_INFINITY,
  endsLooking: false,
};

function countAt(store: MvccStore, revision: number): number {
  const budget = new ReadBudget(UNBOUNDED);
  return store.read(ALL_KEYS, { limit: null, revision, countOnly: true, keysOnly: false, budget })
    .count;
}

describe('what compaction frees', () => {
  it('[KV14] of a key overwritten a thousand times one version is left', () => {
    const store = new MvccStore();
    for (let count = 0; count < 3000; count += 1) put(store, 'a');
    store.compact(store.revision);
    store.prune(PLENTY);
    expect(eventsKept(store)).toBe(1);
    expect(store.versionCount(keyText(utf8('a')))).toBe(1);
    expect(store.keyCount).toBe(1);
  });

  it('[KV14] keeps what existed at the compacted revision, what came after, and nothing else', () => {
    const steps = fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c'), puts: fc.boolean() }));
    fc.assert(
      fc.property(steps, fc.array(fc.nat({ max: 12 }), { maxLength: 3 }), (all, compactions) => {
        const store = new MvccStore();
        const events: Event[] = [];
        for (const { key, puts } of all) {
          const before = store.revision;
          const revision = puts ? put(store, key) : remove(store, key);
          if (revision > before) events.push({ key, puts, revision });
        }
        for (const by of compactions) {
          const compacted = store.compactedRevision + 1 + by;
          if (compacted > store.revision) break;
          store.compact(compacted);
          store.prune(PLENTY);
          expectKept(store, events);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('[KV21] frees at most as many steps as it is allowed, and the rest later', () => {
    const store = new MvccStore();
    for (let count = 0; count < 10; count += 1) put(store, 'a');
    store.compact(store.revision);
    store.prune(4);
    expect(eventsKept(store)).toBeGreaterThan(1);
    expect(countAt(store, store.revision)).toBe(1);
    store.prune(16);
    expect(eventsKept(store)).toBe(1);
  });

  it('[KV21] with a clock nothing is freed between a command and its answer, but in slices of 2 ms of later turns', () => {
    const turns = new Turns();
    const machine = new KvStateMachine({ clock: turns });
    apply(machine, ...new Array(3000).fill(command('a')));
    expect(turns.waiting).toHaveLength(0);
    apply(machine, { type: 'compact', revision: machine.revision });
    expect(machine.historyLength).toBe(3000);
    // A look at the time after each 256 steps takes 1 ms here.
    turns.lookMs = 1;
    const kept: number[] = [];
    while (turns.take()) kept.push(machine.historyLength);
    const freed = kept.map((length, at) => (kept[at - 1] ?? 3000) - length);
    expect(kept.at(-1)).toBe(1);
    expect(Math.max(...freed)).toBeLessThanOrEqual(2 * 256);
    expect(kept.length).toBeGreaterThan(5);
  });

  it('[KV21] in turns, too, freeing keeps ahead of writing, and begins again by itself', () => {
    const turns = new Turns();
    const machine = new KvStateMachine({ clock: turns });
    const puts = new Array(2000).fill(command('a'));
    for (let count = 0; count < 10; count += 1) {
      apply(machine, ...puts, { type: 'compact', revision: machine.revision + 2000 });
      expect(turns.take()).toBe(true);
      expect(machine.historyLength).toBeLessThan(2 * 2000);
    }
    while (turns.take());
    expect(machine.historyLength).toBe(1);
  });

  it('[KV21] every batch frees more than it adds, however large it is', () => {
    const machine = new KvStateMachine({ pruneStepsMax: 0 });
    const puts = new Array(50).fill(command('a'));
    apply(machine, ...puts);
    apply(machine, { type: 'compact', revision: machine.revision });
    expect(machine.historyLength).toBe(50);
    for (let count = 0; count < 4; count += 1) {
      apply(machine, ...puts.slice(0, 25), { type: 'compact', revision: machine.revision + 25 });
    }
    expect(machine.historyLength).toBeLessThan(50);
  });
});
