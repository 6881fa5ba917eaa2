/** What `comparison.test.ts` cannot see of a model: answers of the wrong kind, names of states, partitions. */
import { expect, it } from 'vitest';
import { appendList } from '../../../src/testing/linearizability/models/append-list.ts';
import { keyValue } from '../../../src/testing/linearizability/models/key-value.ts';
import { register } from '../../../src/testing/linearizability/models/register.ts';
import { sessionCounter } from '../../../src/testing/linearizability/models/session-counter.ts';

const A = { value: 'a' };
const NONE = { value: null };
const key = 'k';
const done = { type: 'done' } as const;
const changed = { type: 'done', changed: false } as const;
const value = { type: 'value', value: 'a' } as const;
const values = { type: 'values', values: ['a', 'b'] } as const;

it('[LZ6] [LZ7] [LZ8] an answer of the wrong kind is wrong, and an unknown one is not', () => {
  expect(register.apply(A, { type: 'read' }, done)).toBeNull();
  expect(register.apply(NONE, { type: 'write', value: 'a' }, value)).toBeNull();
  expect(register.apply(NONE, { type: 'write', value: 'a' }, null)).toEqual(A);
  expect(keyValue.apply(A, { type: 'get', key }, changed)).toBeNull();
  expect(keyValue.apply(NONE, { type: 'put', key, value: 'a' }, value)).toBeNull();
  expect(appendList.apply(['a'], { type: 'read', key }, done)).toBeNull();
  expect(appendList.apply([], { type: 'append', key, value: 'a' }, values)).toBeNull();
});

it('[LZ7] [LZ8] each key is a partition', () => {
  expect(keyValue.partitionOf({ type: 'delete', key: 'x' })).toBe('x');
  expect(appendList.partitionOf({ type: 'read', key: 'x' })).toBe('x');
});

it('[LZ6] [LZ8] [LZ9] different states have different names, and equal ones the same', () => {
  expect(register.fingerprint({ value: 'no value' })).not.toBe(register.fingerprint(NONE));
  expect(appendList.fingerprint(['a', 'b'])).not.toBe(appendList.fingerprint(['a,b']));
  const inOneOrder = { count: 2, answers: { '1 of s': 1, '1 of t': 2 } };
  const inTheOther = { count: 2, answers: { '1 of t': 2, '1 of s': 1 } };
  const swapped = { count: 2, answers: { '1 of s': 2, '1 of t': 1 } };
  expect(sessionCounter.fingerprint(inOneOrder)).toBe(sessionCounter.fingerprint(inTheOther));
  expect(sessionCounter.fingerprint(inOneOrder)).not.toBe(sessionCounter.fingerprint(swapped));
});

it('[LZ11] a list that differs, and a counter that has passed an answer, are given up', () => {
  const leads = [[], ['a'], ['a', 'b'], ['b'], ['a', 'b', 'c']].map((state) =>
    appendList.canLeadTo?.(state, { type: 'read', key }, values),
  );
  expect(leads).toEqual([true, true, true, false, false]);
  const counts = [0, 2, 3].map((count) =>
    sessionCounter.canLeadTo?.({ count, answers: {} }, { type: 'read' }, { count: 2 }),
  );
  expect(counts).toEqual([true, true, false]);
});
