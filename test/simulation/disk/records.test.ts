/** What a database holds, and what a power loss leaves of it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DatabaseChange } from '../../../src/storage/disk/database.ts';
import { SimulatedRecords } from '../../../src/testing/simulation/disk/simulated-records.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
function put(key: string, value: string): DatabaseChange {
  return { type: 'put', key: encoder.encode(key), value: encoder.encode(value) };
}

function del(key: string): DatabaseChange {
  return { type: 'del', key: encoder.encode(key) };
}

/** In the order of the keys. */
function contentOf(records: SimulatedRecords): readonly string[] {
  const all = records.from(new Uint8Array());
  return all.map(({ key, value }) => `${decoder.decode(key)}=${decoder.decode(value)}`);
}

interface Batch {
  readonly changes: readonly DatabaseChange[];
  readonly isSynced: boolean;
}

const change = fc
  .tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.option(fc.integer({ min: 1, max: 9 })))
  .map(([key, value]) => (value === null ? del(key) : put(key, String(value))));
const batch = fc.record({
  changes: fc.array(change, { minLength: 1, maxLength: 4 }),
  isSynced: fc.boolean(),
});

/** The first file takes three batches, each later one four. */
function survivors(batches: readonly Batch[], kept: number): readonly Batch[] {
  const left: Batch[] = [];
  for (let from = 0, to = 3; from < batches.length; from = to, to += 4) {
    const file = batches.slice(from, to);
    const synced = file.findLastIndex(({ isSynced }) => isSynced) + 1;
    left.push(...file.slice(0, synced + kept));
  }
  return left;
}

describe('records', () => {
  it('[SI3] are kept in the order of their bytes, whatever came first, and read from a key on', () => {
    const records = new SimulatedRecords();
    records.apply([put('b', '1'), put('a', '2'), put('c', '3'), put('ab', '4')], true);
    records.apply([put('b', '5'), del('c'), del('nothing')], true);
    expect(contentOf(records)).toEqual(['a=2', 'ab=4', 'b=5']);
    expect(records.names).toEqual(['a', 'ab', 'b']);
    expect(records.from(encoder.encode('aa')).length).toBe(2);
    expect(records.size).toBe(3);
  });

  it('[SI3] that survive a power loss are those of synced batches, of those before them in their file, and by chance of some after', () => {
    const property = (batches: readonly Batch[], kept: number): void => {
      const records = new SimulatedRecords();
      for (const { changes, isSynced } of batches) records.apply(changes, isSynced);
      records.losePower((unsynced) => Math.min(unsynced, kept));
      const expected = new SimulatedRecords();
      for (const { changes } of survivors(batches, kept)) expected.apply(changes, true);
      expect(contentOf(records)).toEqual(contentOf(expected));
      records.losePower(() => 0);
      expect(contentOf(records)).toEqual(contentOf(expected));
    };
    fc.assert(fc.property(fc.array(batch, { maxLength: 14 }), fc.nat(4), property));
  });

  it('[SI3] are copied apart from each other, and as they are', () => {
    const records = new SimulatedRecords();
    records.apply([put('a', '1')], false);
    const copy = records.copy();
    records.apply([put('a', '2'), put('b', '2')], true);
    copy.losePower(() => 0);
    expect(contentOf(copy)).toEqual(['a=1']);
  });

  it('[SI3] rot in silence: a value changes, a record goes, and nobody is told', () => {
    const records = new SimulatedRecords();
    records.apply([put('a', '1'), put('b', '2')], true);
    records.damage('a', encoder.encode('?'));
    records.damage('b', null);
    records.damage('c', encoder.encode('?'));
    expect(contentOf(records)).toEqual(['a=?']);
  });
});
