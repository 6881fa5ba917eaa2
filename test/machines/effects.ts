/** Effects as the tests of rules and charts expect them. */
import { N2 } from './harness.ts';

/** For `n2`, from the leader of term 3 with two entries committed, but for `more`. */
export const replicate = (prevIndex: number, throughIndex: number, more: object = {}) => ({
  type: 'replicate',
  to: N2,
  term: 3,
  prevIndex,
  throughIndex,
  bytesMax: 4,
  commitIndex: 2,
  round: 0,
  ...more,
});

export const progressed = (matchIndex: number, round = 0) => ({
  type: 'progressed',
  peer: N2,
  term: 3,
  matchIndex,
  round,
});

/** A write of entries alone. */
export const appended = (append: object, truncateFrom: number | null = null) => ({
  type: 'persist',
  hardState: null,
  truncateFrom,
  append,
});
