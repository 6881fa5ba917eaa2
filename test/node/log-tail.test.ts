/** The newest runs, in memory: what may be let go, and what is nowhere else. */
import { expect, it } from 'vitest';
import { index } from '../../src/core/types.ts';
import { LogTail } from '../../src/node/deeds/log-tail.ts';
import { run } from '../../src/testing/contracts/log-operations.ts';

const EVERYTHING = { bytesMax: 1_000_000 };

function tailOf(bytesMax: number, ...terms: readonly number[]): LogTail {
  const tail = new LogTail(bytesMax);
  tail.append(terms.map((ofTerm, at) => run(ofTerm, at + 1, [`${at + 1}`])));
  return tail;
}

/** The indexes that it holds of `[from, 9]`; `null`: it does not reach back so far. */
function held(tail: LogTail, from: number): readonly number[] | null {
  const runs = tail.select({ from: index(from), through: index(9), ...EVERYTHING });
  return runs === null ? null : runs.map(({ firstIndex }) => firstIndex);
}

it('[LR18] lets go of the oldest runs down to its bound, and of none that is not on disk yet', () => {
  const tail = tailOf(1, 1, 1, 1, 1);
  tail.trim(index(0));
  expect(held(tail, 1)).toEqual([1, 2, 3, 4]);
  tail.trim(index(2));
  expect([held(tail, 2), held(tail, 3)]).toEqual([null, [3, 4]]);
  tail.trim(index(4));
  expect([held(tail, 3), held(tail, 4)]).toEqual([null, [4]]);
});

it('[LR18] below its bound it lets go of nothing', () => {
  const tail = tailOf(1_000_000, 1, 1);
  tail.trim(index(2));
  expect(held(tail, 1)).toEqual([1, 2]);
});

it('[LR18] what was overwritten while it was being written is not taken for durable', () => {
  const tail = tailOf(1, 1, 1, 1);
  tail.truncateFrom(index(2));
  tail.append([run(2, 2, ['b']), run(2, 3, ['c'])]);
  // The write of the first three ends only now: of these places it says nothing any more.
  tail.trim(index(1));
  expect(held(tail, 2)).toEqual([2, 3]);
});
