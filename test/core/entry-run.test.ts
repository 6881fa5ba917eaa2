/** Entry runs: encoded once, the same bytes everywhere, never trusted when they come back. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  decodeRun,
  ENTRY_KIND,
  type Entry,
  type EntryRun,
  encodeRun,
  entriesOf,
  RUN_HEADER_BYTES,
  sliceRun,
} from '../../src/core/entry-run.ts';
import { COUNTER_MAX } from '../../src/core/limits.ts';
import { index, term } from '../../src/core/types.ts';
import { flipped } from '../flipped.ts';

const entry: fc.Arbitrary<Entry> = fc.record({
  kind: fc.constantFrom(...Object.values(ENTRY_KIND)),
  data: fc.uint8Array({ maxLength: 20 }),
});
const counter = fc.oneof(
  fc.integer({ min: 1, max: 9 }),
  fc.integer({ min: 1, max: COUNTER_MAX - 100 }),
);
const run = fc
  .record({
    of: counter,
    first: counter,
    timeMs: fc.nat(),
    entries: fc.array(entry, { minLength: 1, maxLength: 8 }),
  })
  .map(({ of, first, timeMs, entries }) => ({
    entries,
    run: encodeRun({ term: term(of), firstIndex: index(first), timeMs }, entries),
  }));

const plain = ({ kind, data }: Entry) => [kind, ...data];

function decoded(bytes: Uint8Array): EntryRun {
  const result = decodeRun(bytes);
  if (typeof result === 'string') throw new Error(result);
  return result;
}

it('[LR9] what is encoded comes back as it was, in the very same bytes', () => {
  fc.assert(
    fc.property(run, ({ run: encoded, entries }) => {
      const back = decoded(encoded.bytes);
      expect(back).toEqual(encoded);
      expect(back.bytes).toBe(encoded.bytes);
      expect(back.lastIndex).toBe(back.firstIndex + entries.length - 1);
      expect(entriesOf(back).map(plain)).toEqual(entries.map(plain));
    }),
  );
});

it('[LR9] any part of a run is a run of the same entries, and the whole of it the same object', () => {
  fc.assert(
    fc.property(run, fc.nat(), fc.nat(), ({ run: encoded, entries }, one, other) => {
      const [first, last] = [one % entries.length, other % entries.length].sort((a, b) => a - b);
      if (first === undefined || last === undefined) return;
      const from = index(encoded.firstIndex + first);
      const through = index(encoded.firstIndex + last);
      const part = decoded(sliceRun(encoded, from, through).bytes);
      expect(part).toMatchObject({
        term: encoded.term,
        timeMs: encoded.timeMs,
        firstIndex: from,
        lastIndex: through,
      });
      expect(entriesOf(part).map(plain)).toEqual(entries.slice(first, last + 1).map(plain));
      expect(sliceRun(encoded, index(0), index(COUNTER_MAX))).toBe(encoded);
    }),
  );
});

it('[LR9] a run holds at least one entry, and so does each part of it', () => {
  const first = { term: term(1), firstIndex: index(5), timeMs: 0 };
  expect(() => encodeRun(first, [])).toThrow('LR9: a run holds at least one entry');
  const one = encodeRun(first, [{ kind: ENTRY_KIND.noop, data: new Uint8Array(0) }]);
  expect(() => sliceRun(one, index(6), index(9))).toThrow('LR9: a slice of a run is not empty');
});

it('[ST2] a flipped bit, a cut and an addition are noticed before anything is used', () => {
  fc.assert(
    fc.property(run, fc.nat(), ({ run: { bytes } }, at) => {
      const bit = at % (bytes.length * 8);
      expect(decodeRun(flipped(bytes, bit >>> 3, 1 << (bit & 7)))).toBeTypeOf('string');
      expect(decodeRun(bytes.subarray(0, at % bytes.length))).toBeTypeOf('string');
      expect(decodeRun(new Uint8Array([...bytes, 0]))).toBeTypeOf('string');
    }),
  );
});

it('[ST2] a run is read where it lies in a larger block, at any place', () => {
  fc.assert(
    fc.property(run, fc.integer({ min: 0, max: 9 }), ({ run: { bytes }, entries }, before) => {
      const block = new Uint8Array(before + bytes.length + 3);
      block.set(bytes, before);
      const there = decoded(block.subarray(before, before + bytes.length));
      expect(entriesOf(there).map(plain)).toEqual(entries.map(plain));
    }),
  );
});

it('[ST2] each thing that can be wrong with a header has its own words', () => {
  const { bytes } = encodeRun({ term: term(1), firstIndex: index(1), timeMs: 0 }, [
    { kind: 1, data: new Uint8Array(3) },
  ]);
  const changed = (at: number, value: number) => {
    const copy = bytes.slice();
    copy[at] = value;
    return decodeRun(copy);
  };
  expect(decodeRun(bytes.subarray(0, RUN_HEADER_BYTES - 1))).toBe(
    'an entry run of 39 bytes has no header',
  );
  expect(changed(0, 0)).toBe('the bytes are not an entry run');
  expect(changed(1, 9)).toBe('entry run version 9 is not known');
  expect(changed(2, 1)).toBe('an entry run has reserved bits set');
  expect(changed(36, 99)).toBe('an entry run was cut');
  expect(changed(4, 1)).toBe('an entry run fails its checksum');
});
