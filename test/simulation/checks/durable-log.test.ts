/** What a disk would return after a crash, kept up to date from the very records that are written. */
import { describe, expect, it } from 'vitest';
import { index } from '../../../src/core/types.ts';
import { run } from '../../../src/testing/contracts/log-operations.ts';
import { DurableLog } from '../../../src/testing/simulation/checks/durable-log.ts';
import { appended, diskOf, N1, truncated, voted } from './examples/example.ts';

describe('the durable log', () => {
  it('[SI6] holds what was appended, and from a truncation or an overwriting run on only what came after', () => {
    const disk = diskOf(appended([1, 1, 2]));
    expect([disk.lastIndex, disk.lastTerm]).toEqual([3, 2]);
    disk.note(truncated(3));
    expect([disk.lastIndex, disk.lastTerm, disk.at(3)]).toEqual([2, 1, null]);
    disk.note(appended([4], 2));
    expect([disk.lastIndex, disk.lastTerm]).toEqual([2, 4]);
  });

  it('[SI6] holds a place by index and term, and the place before the first entry', () => {
    const disk = diskOf(appended([1, 2]));
    const places = [
      { index: 0, term: 0 },
      { index: 2, term: 2 },
      { index: 0, term: 1 },
      { index: 2, term: 1 },
      { index: 3, term: 2 },
    ];
    expect(places.map((place) => disk.holds(place))).toEqual([true, true, false, false, false]);
  });

  it('[SI6] gives two logs the same hash at an entry exactly if they are equal up to it', () => {
    const hashes = (terms: readonly number[]): readonly unknown[] =>
      terms.map((_, at) => diskOf(appended(terms)).at(at + 1)?.hash);
    const [one, other] = [hashes([1, 1, 3, 3]), hashes([1, 2, 3, 3])];
    expect(other.map((hash, at) => hash === one[at])).toEqual([true, false, false, false]);
    expect(hashes([1, 1, 3, 3])).toEqual(one);
    const payload = (text: string): unknown => {
      const disk = diskOf();
      disk.note([{ type: 'put', key: keyAt(1), value: run(1, 1, [text]).bytes }]);
      return disk.at(1)?.hash;
    };
    expect(payload('a')).not.toBe(payload('b'));
  });

  it('[SI6] tells each entry and each hard state as it comes, with the one before', () => {
    const told: string[] = [];
    const disk = new DurableLog({
      appended: (at, { term }) => told.push(`${term}/${at}`),
      hardStateChanged: (before, after) => told.push(`${before.term} → ${after.term}`),
    });
    disk.note([...appended([1]), ...voted(1, N1)]);
    disk.note([...voted(2, null), ...appended([2], 2)]);
    expect(told).toEqual(['1/1', '0 → 1', '1 → 2', '2/2']);
    expect(disk.hardState).toEqual({ term: 2, votedFor: null });
  });

  it('[SI6] refuses records that nobody could read again', () => {
    const damaged = appended([1]).map((change) => ({ ...change, value: new Uint8Array(50) }));
    expect(() => diskOf(damaged)).toThrow('cannot be read');
    const state = voted(1, N1).map((change) => ({ ...change, value: new Uint8Array(9) }));
    expect(() => diskOf(state)).toThrow('cannot be read');
  });
});

function keyAt(firstIndex: number): Uint8Array {
  const [change] = appended([1], index(firstIndex));
  if (change === undefined) throw new Error('there is one change for each term');
  return change.key;
}
