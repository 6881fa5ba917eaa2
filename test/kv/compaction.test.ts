/** What compaction forgets, what it keeps, and how it frees memory a little at a time. */
import { describe, expect, it } from 'vitest';
import { ALL_KEYS, keyText } from '../../src/kv/key-order.ts';
import { KvStateMachine } from '../../src/kv/kv-state-machine.ts';
import { MvccStore } from '../../src/kv/mvcc-store.ts';
import { ReadBudget } from '../../src/kv/read-budget.ts';
import { apply, applyOne, utf8 } from './committed.ts';

const ALL = { prefix: new Uint8Array(0) };
const PLENTY = 1_000_000;

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

describe('what compaction keeps', () => {
  it('[KV14] reads at the compacted revision and above answer as before', () => {
    const machine = new KvStateMachine();
    for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) {
      apply(machine, { type: 'put', key: utf8(key), value: utf8(key) });
    }
    apply(machine, { type: 'delete', key: utf8('c') });
    const revisions = [5, 6, 7, 8];
    const before = revisions.map((revision) => machine.range({ ...ALL, revision }).kvs);
    expect(applyOne(machine, { type: 'compact', revision: 5 })).toEqual({
      type: 'compact',
      revision: 8,
      compactedRevision: 5,
    });
    expect(revisions.map((revision) => machine.range({ ...ALL, revision }).kvs)).toEqual(before);
    expect(machine.compactedRevision).toBe(5);
  });

  it('[KV14] compaction goes forward only, and not past the newest revision', () => {
    const machine = new KvStateMachine();
    apply(machine, { type: 'put', key: utf8('a'), value: utf8('') });
    const compact = (revision: number): unknown => applyOne(machine, { type: 'compact', revision });
    expect(compact(0)).toMatchObject({ type: 'refused', code: 'RAFT_COMPACTED' });
    expect(compact(3)).toMatchObject({ type: 'refused', code: 'RAFT_FUTURE_REVISION' });
    expect(compact(2)).toMatchObject({ type: 'compact' });
    expect(compact(2)).toMatchObject({ code: 'RAFT_COMPACTED', compactedRevision: 2 });
  });
});

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

  it('[KV14] a deleted key is forgotten wholly once its deletion is compacted', () => {
    const store = new MvccStore();
    put(store, 'a');
    put(store, 'b');
    const deletion = remove(store, 'a');
    store.compact(deletion - 1);
    store.prune(PLENTY);
    expect(store.versionCount(keyText(utf8('a')))).toBe(2);
    store.compact(deletion);
    store.prune(PLENTY);
    expect(store.versionCount(keyText(utf8('a')))).toBe(0);
    expect(countAt(store, deletion)).toBe(1);
  });

  it('[KV14] a deletion that lies between two lives of a key goes with the first', () => {
    const store = new MvccStore();
    put(store, 'a');
    const deletion = remove(store, 'a');
    put(store, 'a');
    store.compact(deletion);
    store.prune(PLENTY);
    expect(store.versionCount(keyText(utf8('a')))).toBe(1);
  });

  it('[KV14] what is left is what existed, and the events from the compacted revision on', () => {
    const store = new MvccStore();
    for (const key of ['c', 'a', 'b', 'a']) put(store, key);
    remove(store, 'c');
    put(store, 'd');
    store.compact(5);
    const existed: string[] = [];
    store.foundation(({ key, modRevision }) => existed.push(`${key} ${modRevision}`));
    expect(existed).toEqual(['b 4', 'c 2']);
    expect(store.events.at(store.events.positionOf(5))).toMatchObject({ key: 'a', modRevision: 5 });
  });

  it('[KV14] what one compaction spared, the next one takes', () => {
    const store = new MvccStore();
    put(store, 'a');
    const spared = put(store, 'b');
    const over = put(store, 'b');
    store.compact(spared);
    store.prune(PLENTY);
    expect(store.versionCount(keyText(utf8('b')))).toBe(2);
    store.compact(over);
    store.prune(PLENTY);
    expect(store.versionCount(keyText(utf8('b')))).toBe(1);
    expect(eventsKept(store)).toBe(1);
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

  it('[KV21] every batch frees more than it adds, however large it is', () => {
    const machine = new KvStateMachine({ pruneStepsMax: 0 });
    const puts = new Array(50).fill({ type: 'put', key: utf8('a'), value: utf8('v') } as const);
    apply(machine, ...puts);
    apply(machine, { type: 'compact', revision: machine.revision });
    expect(machine.historyLength).toBe(50);
    for (let count = 0; count < 4; count += 1) {
      apply(machine, ...puts.slice(0, 25), { type: 'compact', revision: machine.revision + 25 });
    }
    expect(machine.historyLength).toBeLessThan(50);
  });
});
