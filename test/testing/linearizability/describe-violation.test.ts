/** The picture of a violation, as people see it. */
import { expect, it } from 'vitest';
import {
  checkLinearizability,
  type Violation,
} from '../../../src/testing/linearizability/check-linearizability.ts';
import { describeViolation } from '../../../src/testing/linearizability/describe-violation.ts';
import {
  type RegisterInput,
  type RegisterOutput,
  register,
} from '../../../src/testing/linearizability/models/register.ts';
import { type RegisterOperation, read, write } from './histories.ts';

function violationIn(
  history: readonly RegisterOperation[],
): Violation<RegisterInput, RegisterOutput> {
  const verdict = checkLinearizability(register, history, { stepsMax: 100_000 });
  if (verdict.type !== 'violation') throw new Error(`this is ${verdict.type}`);
  return verdict;
}

it('[LZ5] the picture shows who overlaps whom, the order that fits, and what does not', () => {
  const history = [
    write('a', [0, 1000]),
    read('a', [1001, 1004]),
    write('b', [1002]),
    write('never needed', [1003]),
    read('b', [1005, 1006]),
    read('a', [1007, 1007]),
    read('a', [2000, 2001]),
  ];
  expect(describeViolation(register, violationIn(history)).split('\n')).toEqual([
    'no order explains the 7 operations of register',
    '   1 c0     write a → done             ||',
    '   2 c1001  read → a                     |--|',
    '   3 c1002  write b → ?                   |----------------------------------->',
    '     c1003  write never needed → ?         |---------------------------------->',
    '   4 c1005  read → b                         ||',
    '   ✗ c1007  read → a                           |',
    '     c2000  read → a                            ||',
    '4 fit one after another, and lead to: value b',
    '✗ has to come next then, and does not fit',
  ]);
});

it('[LZ5] of many operations the picture shows those around the misfit, in lines of 80 columns at most', () => {
  const before = Array.from({ length: 100 }, (_, at) => write(`value ${at}`, [2 * at, 2 * at + 1]));
  const after = Array.from({ length: 9 }, (_, at) => write('later', [300 + 2 * at, 301 + 2 * at]));
  const last = write('y'.repeat(99), [240, 241]);
  const long = { ...read('x'.repeat(99), [250, 251]), client: 'a\nlong name' };
  const violation = violationIn([...before, last, long, ...after]);
  const lines = describeViolation(register, violation).split('\n');
  expect(lines.length).toBe(24);
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
  expect(lines.filter((line) => line.includes('✗'))).toHaveLength(2);
  expect(lines[1]).toContain('value 82');
  expect(lines[18]).toContain('value 99');
  expect(lines[20]).toContain('✗ a lon… read → xxx');
  expect(lines[21]).toBe('91 operations are left out');
});

it('[LZ5] a picture full of unknown operations keeps to its width', () => {
  const unknown = Array.from({ length: 30 }, (_, at) => write(`${at}`, [at]));
  const wrong = Array.from({ length: 5 }, (_, at) => read('nobody wrote it', [40 + at, 50 + at]));
  const lines = describeViolation(register, violationIn([...unknown, ...wrong])).split('\n');
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
  expect(lines.filter((line) => line.endsWith('>'))).toHaveLength(15);
});
