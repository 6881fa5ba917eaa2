/** Sets of bits, held against sets. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { IndexSet } from '../../../src/testing/linearizability/index-set.ts';

const SIZE = 130;

/** Mostly full below a frontier and empty above it, as in a search. */
const members = fc
  .tuple(fc.integer({ min: 0, max: SIZE }), fc.array(fc.integer({ min: 0, max: SIZE - 1 })))
  .map(([frontier, flips]) => {
    const set = new Set(Array.from({ length: frontier }, (_, at) => at));
    for (const at of flips) if (!set.delete(at)) set.add(at);
    return set;
  });

function indexSetOf(set: ReadonlySet<number>): IndexSet {
  const indexSet = new IndexSet(SIZE);
  for (const at of set) indexSet.toggle(at);
  return indexSet;
}

it('[LZ11] a set of bits holds what was put in and not taken out, and a copy keeps it', () => {
  fc.assert(
    fc.property(members, fc.integer({ min: 0, max: SIZE - 1 }), (set, flipped) => {
      const indexSet = indexSetOf(set);
      const copy = indexSet.copy();
      indexSet.toggle(flipped);
      for (let at = 0; at < SIZE; at += 1) {
        expect(copy.has(at)).toBe(set.has(at));
        expect(indexSet.has(at)).toBe(at === flipped ? !set.has(at) : set.has(at));
      }
      expect(copy.key()).not.toBe(indexSet.key());
      indexSet.toggle(flipped);
      expect(copy.key()).toBe(indexSet.key());
    }),
  );
});

it('[LZ11] sets of bits are equal, or subsets, exactly when the sets are', () => {
  fc.assert(
    fc.property(members, members, (left, right) => {
      const isSubset = [...left].every((at) => right.has(at));
      const isEqual = isSubset && left.size === right.size;
      expect(indexSetOf(left).isSubsetOf(indexSetOf(right))).toBe(isSubset);
      expect(indexSetOf(left).key() === indexSetOf(right).key()).toBe(isEqual);
      const union = indexSetOf(new Set([...left, ...right]));
      expect(indexSetOf(left).isSubsetOf(union)).toBe(true);
    }),
  );
});

it('[LZ11] the key of a set stays short wherever its frontier is', () => {
  const set = new IndexSet(100_000);
  for (let at = 0; at < 90_000; at += 1) set.toggle(at);
  set.toggle(89_990);
  set.toggle(90_003);
  expect(set.key().length).toBeLessThan(40);
});
