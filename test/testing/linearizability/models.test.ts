/** What each model answers, one operation after another. */
import { expect, it } from 'vitest';
import { appendList } from '../../../src/testing/linearizability/models/append-list.ts';
import { keyValue } from '../../../src/testing/linearizability/models/key-value.ts';
import { register } from '../../../src/testing/linearizability/models/register.ts';
import { sessionCounter } from '../../../src/testing/linearizability/models/session-counter.ts';
import type { SequentialModel } from '../../../src/testing/linearizability/sequential-model.ts';

/** The fingerprints of the states that a sequence leads through; the last is `null` where an answer is wrong. */
function statesOf<State, Input, Output>(
  model: SequentialModel<State, Input, Output>,
  ...steps: readonly (readonly [Input, Output | null])[]
): readonly (string | null)[] {
  const states: (string | null)[] = [];
  let state = model.initial;
  for (const [input, output] of steps) {
    const next = model.apply(state, input, output);
    states.push(next === null ? null : model.fingerprint(next));
    if (next === null) break;
    if (output !== null && model.isPassive(input, output)) expect(next).toBe(state);
    state = next;
  }
  return states;
}

/** Whether the last answer is right. */
function isRight<State, Input, Output>(
  model: SequentialModel<State, Input, Output>,
  ...steps: readonly (readonly [Input, Output | null])[]
): boolean {
  return statesOf(model, ...steps).at(-1) !== null;
}

const done = { type: 'done' } as const;
const value = (text: string | null) => ({ type: 'value', value: text }) as const;

it('[LZ6] a register reads what was written last, and nothing before that or after a delete', () => {
  const write = [{ type: 'write', value: 'a' }, done] as const;
  const remove = [{ type: 'delete' }, done] as const;
  const read = (text: string | null) => [{ type: 'read' }, value(text)] as const;
  expect(statesOf(register, read(null), write, read('a'), remove, read(null))).toEqual([
    'no value',
    'value a',
    'value a',
    'no value',
    'no value',
  ]);
  expect(isRight(register, read('a'))).toBe(false);
  expect(isRight(register, write, read(null))).toBe(false);
  expect(isRight(register, write, [{ type: 'write', value: 'b' }, done], read('a'))).toBe(false);
  expect(isRight(register, write, remove, read('a'))).toBe(false);
});

it('[LZ6] a register answers a read with a value and a write without, and an unknown one anyhow', () => {
  expect(isRight(register, [{ type: 'read' }, done])).toBe(false);
  expect(isRight(register, [{ type: 'write', value: 'a' }, value('a')])).toBe(false);
  const unknown = [{ type: 'write', value: 'a' }, null] as const;
  expect(statesOf(register, unknown, [{ type: 'read' }, null])).toEqual(['value a', 'value a']);
});

it('[LZ6] no value and a value of that name are two states', () => {
  const states = statesOf(
    register,
    [{ type: 'write', value: 'no value' }, done],
    [{ type: 'delete' }, done],
  );
  expect(new Set(states).size).toBe(2);
});

const key = 'k';
const changed = (is: boolean) => ({ type: 'done', changed: is }) as const;
const put = [{ type: 'put', key, value: 'a' }, changed(true)] as const;
const get = (text: string | null) => [{ type: 'get', key }, value(text)] as const;
const remove = (is: boolean) => [{ type: 'delete', key }, changed(is)] as const;
const create = (is: boolean) => [{ type: 'create', key, value: 'c' }, changed(is)] as const;
const set = (expected: string, is: boolean) =>
  [{ type: 'compareAndSet', key, expected, value: 's' }, changed(is)] as const;

it('[LZ7] a key holds what was put last, until it is deleted', () => {
  expect(statesOf(keyValue, get(null), put, get('a'), remove(true), get(null)).at(-1)).toBe(
    'no value',
  );
  expect(isRight(keyValue, put, get(null))).toBe(false);
  expect(isRight(keyValue, [{ type: 'put', key, value: 'a' }, changed(false)])).toBe(false);
  expect(isRight(keyValue, [{ type: 'put', key, value: 'a' }, value('a')])).toBe(false);
  expect(isRight(keyValue, [{ type: 'get', key }, changed(false)])).toBe(false);
});

it('[LZ7] a delete tells whether there was something to delete', () => {
  expect(isRight(keyValue, remove(false))).toBe(true);
  expect(isRight(keyValue, remove(true))).toBe(false);
  expect(isRight(keyValue, put, remove(false))).toBe(false);
});

it('[LZ7] a create writes only where there is nothing, and tells', () => {
  expect(statesOf(keyValue, create(true), get('c'), create(false)).at(-1)).toBe('value c');
  expect(statesOf(keyValue, put, create(false), get('a')).at(-1)).toBe('value a');
  expect(isRight(keyValue, put, create(true))).toBe(false);
  expect(isRight(keyValue, create(false))).toBe(false);
});

it('[LZ7] a compare-and-set writes only where the value is the expected one, and tells', () => {
  expect(statesOf(keyValue, put, set('a', true), get('s')).at(-1)).toBe('value s');
  expect(statesOf(keyValue, put, set('b', false), get('a')).at(-1)).toBe('value a');
  expect(isRight(keyValue, put, set('a', false))).toBe(false);
  expect(isRight(keyValue, put, set('b', true))).toBe(false);
  expect(isRight(keyValue, set('a', true))).toBe(false);
});

it('[LZ7] an unknown condition decides by the value, and each key is a partition', () => {
  expect(statesOf(keyValue, put, [set('a', true)[0], null])).toEqual(['value a', 'value s']);
  expect(statesOf(keyValue, put, [set('b', true)[0], null])).toEqual(['value a', 'value a']);
  expect(keyValue.partitionOf({ type: 'delete', key: 'x' })).toBe('x');
});

it('[LZ8] a list holds all that was appended, in order, each as often as it was', () => {
  const append = (text: string) => [{ type: 'append', key, value: text }, done] as const;
  const read = (...values: readonly string[]) =>
    [
      { type: 'read', key },
      { type: 'values', values },
    ] as const;
  const two = [append('a'), append('b')] as const;
  expect(isRight(appendList, read())).toBe(true);
  expect(isRight(appendList, ...two, read('a', 'b'))).toBe(true);
  expect(isRight(appendList, ...two, append('a'), read('a', 'b', 'a'))).toBe(true);
  for (const wrong of [['b', 'a'], ['a'], ['a', 'b', 'b'], ['a', 'c'], []]) {
    expect(isRight(appendList, ...two, read(...wrong))).toBe(false);
  }
});

it('[LZ8] a list answers a read with values and an append without, and each key is a partition', () => {
  expect(isRight(appendList, [{ type: 'read', key }, done])).toBe(false);
  const append = { type: 'append', key: 'x', value: 'a' } as const;
  expect(isRight(appendList, [append, { type: 'values', values: ['a'] }])).toBe(false);
  expect(appendList.partitionOf(append)).toBe('x');
  expect(appendList.fingerprint(['a', 'b'])).not.toBe(appendList.fingerprint(['a,b']));
});

const increment = (session: string, sequence: number, count: number) =>
  [{ type: 'increment', session, sequence }, { count }] as const;
const counted = (count: number) => [{ type: 'read' }, { count }] as const;

it('[LZ9] a counter counts each number of each session once', () => {
  const three = [increment('s', 1, 1), increment('s', 2, 2), increment('t', 1, 3)] as const;
  expect(isRight(sessionCounter, counted(0), ...three, counted(3))).toBe(true);
  expect(isRight(sessionCounter, ...three, counted(2))).toBe(false);
  expect(isRight(sessionCounter, ...three, increment('t', 2, 3))).toBe(false);
});

it('[LZ9] a retry is answered as it was, whatever happened since, and changes nothing', () => {
  const two = [increment('s', 1, 1), increment('t', 1, 2)] as const;
  expect(isRight(sessionCounter, ...two, increment('s', 1, 1), counted(2))).toBe(true);
  expect(isRight(sessionCounter, ...two, increment('s', 1, 3))).toBe(false);
  const unknown = [{ type: 'increment', session: 's', sequence: 1 }, null] as const;
  expect(isRight(sessionCounter, unknown, counted(1), increment('s', 1, 1), counted(1))).toBe(true);
});

it('[LZ9] the same answers given in another order are the same state', () => {
  const inOneOrder = { count: 2, answers: { '1 of s': 1, '1 of t': 2 } };
  const inTheOther = { count: 2, answers: { '1 of t': 2, '1 of s': 1 } };
  const swapped = { count: 2, answers: { '1 of s': 2, '1 of t': 1 } };
  expect(sessionCounter.fingerprint(inOneOrder)).toBe(sessionCounter.fingerprint(inTheOther));
  expect(sessionCounter.fingerprint(inOneOrder)).not.toBe(sessionCounter.fingerprint(swapped));
});

it('[LZ11] a list that differs, and a counter that has passed an answer, are given up', () => {
  const values = { type: 'values', values: ['a', 'b'] } as const;
  const leads = [[], ['a'], ['a', 'b'], ['b'], ['a', 'b', 'c']].map((state) =>
    appendList.canLeadTo?.(state, { type: 'read', key }, values),
  );
  expect(leads).toEqual([true, true, true, false, false]);
  const counts = [0, 2, 3].map((count) =>
    sessionCounter.canLeadTo?.({ count, answers: {} }, { type: 'read' }, { count: 2 }),
  );
  expect(counts).toEqual([true, true, false]);
});
