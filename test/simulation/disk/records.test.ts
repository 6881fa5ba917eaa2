/** What a database holds, and what a power loss leaves of it. */
import { describe, expect, it } from 'vitest';
import type { DatabaseChange } from '../../../src/storage/disk/database.ts';
import { SimulatedRecords } from '../../../src/testing/simulation/disk/simulated-records.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const ALL = (unsynced: number): number => unsynced;
const NONE = (): number => 0;

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

  it('[SI3] that were synced survive a power loss, those after them by chance', () => {
    for (const survivors of [NONE, ALL]) {
      const records = new SimulatedRecords();
      records.apply([put('a', '1'), put('b', '1')], true);
      records.apply([put('a', '2'), del('b'), put('c', '2')], false);
      records.losePower(survivors);
      const isKept = survivors === ALL;
      expect(contentOf(records)).toEqual(isKept ? ['a=2', 'c=2'] : ['a=1', 'b=1']);
    }
  });

  it('[SI3] of one batch are all there or all gone, and a file loses its newest batches', () => {
    for (let kept = 0; kept <= 3; kept += 1) {
      const records = new SimulatedRecords();
      for (const name of ['1', '2', '3']) {
        records.apply([put(`a${name}`, name), put('newest', name)], false);
      }
      records.losePower(() => kept);
      const left = ['1', '2', '3'].slice(0, kept);
      const newest = left.slice(-1).map((name) => `newest=${name}`);
      expect(contentOf(records)).toEqual([...left.map((name) => `a${name}=${name}`), ...newest]);
    }
  });

  it('[SI3] of a batch that writes one key twice go back to what was there before it', () => {
    const records = new SimulatedRecords();
    records.apply([put('a', '1')], true);
    records.apply([put('a', '2'), del('a'), put('a', '3'), put('b', '3')], false);
    records.losePower(NONE);
    expect(contentOf(records)).toEqual(['a=1']);
  });

  it('[SI3] of an older batch may be gone while those of a newer one are there', () => {
    const records = new SimulatedRecords();
    for (let batch = 1; batch <= 10; batch += 1) records.apply([put(`${batch % 10}`, 'x')], false);
    const asked: number[] = [];
    records.losePower((unsynced) => {
      asked.push(unsynced);
      return asked.length === 1 ? 1 : unsynced;
    });
    expect(asked).toEqual([3, 4, 3]);
    expect(records.names).toEqual(['0', '1', '4', '5', '6', '7', '8', '9']);
  });

  it('[SI3] that are synced later survive, whatever was lost before them', () => {
    const records = new SimulatedRecords();
    for (let batch = 1; batch <= 4; batch += 1) records.apply([put('a', `${batch}`)], false);
    records.apply([put('b', 'synced'), put('a', 'synced')], true);
    records.apply([put('b', 'lost')], false);
    records.losePower(NONE);
    expect(contentOf(records)).toEqual(['a=synced', 'b=synced']);
  });

  it('[SI3] are lost once: after a power loss what is left is on disk', () => {
    const records = new SimulatedRecords();
    records.apply([put('a', '1')], false);
    records.losePower(ALL);
    records.losePower(NONE);
    expect(contentOf(records)).toEqual(['a=1']);
  });

  it('[SI3] are copied apart from each other, and as they are', () => {
    const records = new SimulatedRecords();
    records.apply([put('a', '1')], false);
    const copy = records.copy();
    records.apply([put('a', '2'), put('b', '2')], true);
    copy.losePower(NONE);
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
