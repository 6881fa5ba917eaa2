/** Arithmetic on term runs, held against an array of terms (§3.5). */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LOG_EMPTY } from '../../src/core/log-shape.ts';
import {
  appendSpan,
  contradicts,
  firstDifference,
  lastLog,
  newestAtMost,
  termAt,
  truncateFrom,
} from '../../src/core/term-runs.ts';
import { ENTRY_ZERO, index, term } from '../../src/core/types.ts';
import { logOf } from '../machines/harness.ts';
import { compacted, type Terms, terms } from '../rules/arbitraries.ts';

const RUNS = { numRuns: 1_000 };

/** A log of which the first entries may have been compacted away. */
const log = fc
  .tuple(terms, fc.nat())
  .map(([of, cut]) => ({ of, base: cut % (of.length + 1) }))
  .map(({ of, base }) => ({ of, base, shape: compacted(of, base) }));

function naiveTermAt(of: Terms, base: number, at: number): number | null {
  if (at === 0) return base === 0 ? 0 : null;
  return at < base ? null : (of[at - 1] ?? null);
}

it('[LR1] a log grows at its end and keeps every term where it was', () => {
  const spans = fc.array(
    fc.record({ rise: fc.nat({ max: 3 }), count: fc.integer({ min: 1, max: 5 }) }),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(log, spans, ({ of, base }, added) => {
      let naive = [...of];
      let shape = compacted(of, base);
      for (const { rise, count } of added) {
        const newTerm = Math.max(1, (naive.at(-1) ?? 0) + rise);
        const firstIndex = index(naive.length + 1);
        naive = [...naive, ...Array<number>(count).fill(newTerm)];
        shape = appendSpan(shape, {
          term: term(newTerm),
          firstIndex,
          lastIndex: index(naive.length),
        });
      }
      expect(shape).toEqual(compacted(naive, base));
    }),
    RUNS,
  );
});

it('[LR1] a hole, an empty span and a falling term are refused, whatever the caller believes', () => {
  const held = logOf([1, 2]);
  const span = (of: number, firstIndex: number, lastIndex: number) => () =>
    appendSpan(held, {
      term: term(of),
      firstIndex: index(firstIndex),
      lastIndex: index(lastIndex),
    });
  expect(span(2, 4, 4)).toThrow('LR1: entries are appended without a hole');
  expect(span(2, 2, 3)).toThrow('LR1: entries are appended without a hole');
  expect(span(2, 3, 2)).toThrow('LR1: a span holds at least one entry');
  expect(span(1, 3, 3)).toThrow('LR1: terms never fall along the log');
  expect(() => truncateFrom(compacted([1, 1, 1], 2), index(2))).toThrow(
    'LR1: a compacted entry is never truncated',
  );
});

it('[LR1] truncation leaves exactly what stood before', () => {
  fc.assert(
    fc.property(log, fc.nat({ max: 15 }), ({ of, base, shape }, cut) => {
      const from = base + 1 + (cut % (of.length - base + 2));
      expect(truncateFrom(shape, index(from))).toEqual(compacted(of.slice(0, from - 1), base));
    }),
    RUNS,
  );
});

it('[LR2] [B6] the term of an entry that is not held is null, never a made-up zero', () => {
  fc.assert(
    fc.property(log, ({ of, base, shape }) => {
      for (let at = 0; at <= of.length + 2; at += 1) {
        expect(termAt(shape, index(at))).toBe(naiveTermAt(of, base, at));
      }
      expect(lastLog(shape)).toEqual({ term: of.at(-1) ?? 0, index: of.length });
    }),
    RUNS,
  );
  expect(termAt(LOG_EMPTY, index(0))).toBe(0);
  expect(termAt(LOG_EMPTY, index(1))).toBeNull();
  expect(termAt(compacted([3, 3, 4], 2), index(1))).toBeNull();
  expect(lastLog(LOG_EMPTY)).toEqual(ENTRY_ZERO);
});

it('[LR7] the newest entry of at most a term is found as by looking at each', () => {
  fc.assert(
    fc.property(log, fc.nat({ max: 15 }), fc.nat({ max: 12 }), ({ of, base, shape }, at, bound) => {
      let found = Math.min(at, of.length);
      while (found > base && (of[found - 1] ?? 0) > bound) found -= 1;
      const isAny = found > base;
      const expected = isAny ? { term: of[found - 1], index: found } : shape.base;
      expect(newestAtMost(shape, index(at), term(bound))).toEqual(expected);
    }),
    RUNS,
  );
});

it('[LR3] the first difference to a span is found as by looking at each entry', () => {
  fc.assert(
    fc.property(
      log,
      fc.nat(),
      fc.nat({ max: 6 }),
      fc.nat({ max: 8 }),
      ({ of, base, shape }, start, more, spanTerm) => {
        const firstIndex = base + 1 + (start % (of.length - base + 1));
        const lastIndex = firstIndex + more;
        let at = firstIndex;
        while (at <= lastIndex && of[at - 1] === spanTerm) at += 1;
        const span = {
          term: term(spanTerm),
          firstIndex: index(firstIndex),
          lastIndex: index(lastIndex),
        };
        expect(firstDifference(shape, span)).toBe(at);
      },
    ),
    RUNS,
  );
});

it('[RD5] an entry is contradicted by another in its place, and behind the beginning only by a newer term', () => {
  fc.assert(
    fc.property(log, fc.nat(), fc.nat({ max: 8 }), ({ of, base, shape }, place, inTerm) => {
      const at = 1 + (place % Math.max(1, of.length));
      fc.pre(at <= of.length);
      const isGone = at < base;
      const expected = isGone ? inTerm > (of[base - 1] ?? 0) : inTerm !== of[at - 1];
      expect(contradicts(shape, { term: term(inTerm), index: index(at) })).toBe(expected);
    }),
    RUNS,
  );
});
