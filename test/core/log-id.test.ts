/** The place of a write as text, and what is none. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { aLogId, logIdText, parseLogId } from '../../src/core/log-id.ts';
import { index, term } from '../../src/core/types.ts';

it('[RD5] the text of an entry reads back as the entry', () => {
  const counter = fc.nat({ max: 2 ** 48 });
  fc.assert(
    fc.property(counter, counter, (inTerm, at) => {
      const id = { term: term(inTerm), index: index(at) };
      expect(parseLogId(logIdText(id))).toEqual(id);
    }),
  );
});

it.each([
  '',
  '3',
  '3-',
  '-3',
  '3.120',
  '3-120-1',
  ' 3-120',
  '3-1e2',
  '-3-120',
  '3-99999999999999999',
  '3-9999999999999999',
])('[RD5] %j names no entry', (text) => {
  expect(parseLogId(text)).toBeNull();
});

it.each([
  null,
  7,
  '3-120',
  {},
  { term: 1 },
  { term: 1, index: -1 },
  { term: 1.5, index: 1 },
  { term: '1', index: 1 },
])('[RD5] %j names no entry either', (value) => {
  expect(aLogId(value)).toBe('the term and index of an entry, { term, index }');
});
