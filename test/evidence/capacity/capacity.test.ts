/** The judge of what was measured can say no. */
import { expect, it } from 'vitest';
import { atLeast, atMost, findingRow, isMet, told } from './finding.ts';

it('[EX5] a goal is met at its bound and missed past it, and by what is no number', () => {
  const judged = (value: number): readonly boolean[] =>
    [atMost(10, ['a', value, 'ms']), atLeast(10, ['a', value, 'ms'])].map(isMet);
  expect([9, 10, 11, Number.NaN].map(judged)).toEqual([
    [true, false],
    [true, true],
    [false, true],
    [false, false],
  ]);
  expect(isMet(told('a', Number.NaN))).toBe(true);
});

it('[EX5] a row says what was measured, what it should be, and whether it is', () => {
  expect(findingRow('start', atMost(1_000, ['first read', 1_200.4, 'ms']))).toEqual([
    'start',
    'first read',
    '1,200 ms',
    'at most 1,000 ms',
    'MISSED',
  ]);
  expect(findingRow('start', told('keys', 3))).toEqual(['start', 'keys', '3', '', '']);
});
