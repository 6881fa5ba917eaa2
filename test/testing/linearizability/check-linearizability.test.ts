/** What no random history has (see `comparison.test.ts`), what a verdict tells, and the bounds of the search. */
import { expect, it } from 'vitest';
import { checkLinearizability } from '../../../src/testing/linearizability/check-linearizability.ts';
import {
  type AppendListInput,
  type AppendListOutput,
  appendList,
} from '../../../src/testing/linearizability/models/append-list.ts';
import { keyValue } from '../../../src/testing/linearizability/models/key-value.ts';
import { register } from '../../../src/testing/linearizability/models/register.ts';
import type { Operation } from '../../../src/testing/linearizability/operation.ts';
import {
  type KeyValueOperation,
  operation,
  type RegisterOperation,
  read,
  type Span,
  storeHistory,
  write,
} from './histories.ts';

type AppendListOperation = Operation<AppendListInput, AppendListOutput>;

function verdictOn(...history: readonly RegisterOperation[]): string {
  const { type } = checkLinearizability(register, history, { stepsMax: 1000 });
  const reversed = checkLinearizability(register, [...history].reverse(), { stepsMax: 1000 });
  expect(reversed.type, 'the order in which a history is listed means nothing').toBe(type);
  return type;
}

const get = (key: string, value: string | null, span: Span): KeyValueOperation =>
  operation(span, { type: 'get', key }, { type: 'value', value });
const put = (key: string, value: string, span: Span): KeyValueOperation =>
  operation(span, { type: 'put', key, value }, { type: 'done', changed: true });

it('[LZ1] nothing at all is linearizable', () => {
  expect(verdictOn()).toBe('linearizable');
});

it('[LZ1] what returns where another is called overlaps it, also if it takes no time', () => {
  expect(verdictOn(write('a', [0, 5]), read(null, [5, 6]))).toBe('linearizable');
  expect(verdictOn(write('a', [0, 5]), read('a', [3, 3]), read(null, [3, 3]))).toBe('linearizable');
  expect(verdictOn(write('a', [0, 5]), read('a', [3, 3]), read(null, [4, 4]))).toBe('violation');
});

it('[LZ1] an operation with an answer took effect, even if it never returned', () => {
  const answered = { ...write('a', [0, 1]), returnedAt: null };
  expect(verdictOn(answered, read(null, [2, 3]), read('a', [4, 5]))).toBe('linearizable');
  const impossible = { ...read('b', [0, 1]), returnedAt: null };
  expect(verdictOn(impossible, write('a', [2, 3]))).toBe('violation');
});

it('[LZ1] an operation that returned before it was called, or nowhere, is refused', () => {
  for (const span of [
    [5, 4],
    [Number.NaN, 4],
    [1, Number.NaN],
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
  ] as const) {
    expect(() => verdictOn(write('a', span))).toThrow(TypeError);
  }
});

it('[LZ2] which of two unknown operations was seen first is left open', () => {
  const unknown = (type: 'put' | 'create', at: number): KeyValueOperation =>
    operation([at], { type, key: 'k', value: 'a' }, { type: 'done', changed: true });
  const seen = [get('k', 'a', [2, 3]), put('k', 'b', [4, 5]), get('k', 'a', [6, 7])];
  for (const types of [
    ['put', 'create'],
    ['create', 'put'],
  ] as const) {
    const history = [...types.map(unknown), ...seen];
    expect(checkLinearizability(keyValue, history, { stepsMax: 1000 }).type).toBe('linearizable');
  }
});

it('[LZ3] what one key shows says nothing about another, and one bad key is enough', () => {
  const good = [put('x', 'a', [0, 1]), get('y', null, [2, 3]), get('x', 'a', [4, 5])];
  expect(checkLinearizability(keyValue, good, { stepsMax: 1000 }).type).toBe('linearizable');
  const bad = [...good, get('y', 'a', [6, 7])];
  expect(checkLinearizability(keyValue, bad, { stepsMax: 1000 })).toMatchObject({
    type: 'violation',
    partition: 'y',
    operations: [good[1], bad[3]],
  });
});

it('[LZ4] a search that meets its bound is undecided, and names the partition', () => {
  const history = [
    put('x', 'a', [0, 1]),
    get('x', 'a', [2, 3]),
    put('y', 'a', [0, 1]),
    get('y', 'a', [2, 3]),
  ];
  const { steps } = checkLinearizability(keyValue, history.slice(0, 2), { stepsMax: 1000 });
  const type = (stepsMax: number) => checkLinearizability(keyValue, history, { stepsMax }).type;
  expect(type(steps)).toBe('linearizable');
  expect(checkLinearizability(keyValue, history, { stepsMax: 1 })).toMatchObject({
    type: 'undecided',
    partition: 'x',
  });
});

it('[LZ4] a violation elsewhere counts although another partition is undecided', () => {
  const many = storeHistory({ seed: 'LZ4', operations: 30, clients: 5, keys: 1, unknown: 0 });
  const bad = get('a key of its own', 'a', [0, 1]);
  const verdict = checkLinearizability(keyValue, [...many, bad], { stepsMax: 5 });
  expect(verdict).toMatchObject({ type: 'violation', partition: 'a key of its own' });
});

it('[LZ5] a violation tells the longest order that works, and what does not fit behind it', () => {
  const history = [
    write('a', [0, 1]),
    write('b', [2, 9]),
    read('b', [4, 5]),
    read('a', [6, 7]),
    read('b', [10, 11]),
  ];
  const [first, second, third, fourth] = history;
  expect(checkLinearizability(register, history, { stepsMax: 1000 })).toMatchObject({
    type: 'violation',
    operations: history,
    longestOrder: [first, second, third],
    misfits: [fourth],
    state: 'value b',
  });
});

const tenClients = { seed: 'LZ11', operations: 2000, clients: 10, keys: 20, unknown: 0.1 };

it('[LZ11] the history of a store that works takes a few steps for each operation', () => {
  const history = storeHistory(tenClients);
  expect(history.filter(({ output }) => output === null).length).toBeGreaterThan(50);
  const verdict = checkLinearizability(keyValue, history, { stepsMax: 10_000 });
  expect(verdict.type).toBe('linearizable');
  expect(verdict.steps).toBeGreaterThan(history.length / 2);
  expect(verdict.steps).toBeLessThan(3 * history.length);
});

it('[LZ11] one wrong answer among two thousand operations is found, with all their keys in one', () => {
  const history = storeHistory({ ...tenClients, keys: 1, clients: 4, unknown: 0 });
  const type = (of: readonly KeyValueOperation[]) =>
    checkLinearizability(keyValue, of, { stepsMax: 100_000 }).type;
  expect(type(history)).toBe('linearizable');
  const last = Math.max(...history.map(({ returnedAt }) => returnedAt ?? 0));
  expect(type([...history, get('key 1', 'value 1', [last + 1, last + 2])])).toBe('violation');
});

it('[LZ11] unknown operations do not double the work each', () => {
  const unknown = Array.from({ length: 40 }, (_, at) => write(`unknown ${at}`, [at]));
  const known = Array.from({ length: 20 }, (_, at) => write(`${at}`, [100 + 2 * at, 101 + 2 * at]));
  const history = [...unknown, ...known, read('19', [200, 201])];
  const verdict = checkLinearizability(register, history, { stepsMax: 1000 });
  expect(verdict.type).toBe('linearizable');
  const bad = [...history, read('18', [202, 203])];
  const badVerdict = checkLinearizability(register, bad, { stepsMax: 100_000 });
  expect(badVerdict.type).toBe('violation');
});

it('[LZ11] unknown appends do not multiply the work by their orders', () => {
  const append = (value: string, span: Span): AppendListOperation =>
    operation(span, { type: 'append', key: 'k', value }, { type: 'done' });
  const readList = (values: readonly string[], span: Span): AppendListOperation =>
    operation(span, { type: 'read', key: 'k' }, { type: 'values', values });
  const unknown = Array.from({ length: 20 }, (_, at) => append(`unknown ${at}`, [at]));
  const two = ['unknown 7', 'unknown 3'];
  const good = [...unknown, append('a', [100, 101]), readList([...two, 'a'], [102, 103])];
  const bad = [...good, readList([...two, 'a', 'nobody appended it'], [104, 105])];
  const verdict = checkLinearizability(appendList, good, { stepsMax: 1000 });
  expect(verdict.type).toBe('linearizable');
  expect(checkLinearizability(appendList, bad, { stepsMax: 1000 }).type).toBe('violation');
});

it('[LZ11] neither reads nor writes that overlap multiply the work by their orders', () => {
  const writes = Array.from({ length: 8 }, (_, at) => write(`${at}`, [at, 100 + at]));
  const reads = Array.from({ length: 20 }, (_, at) => read('7', [20 + at, 80 + at]));
  const history = [...writes, ...reads, read('nobody wrote it', [200, 201])];
  const { type, steps } = checkLinearizability(register, history, { stepsMax: 1_000_000 });
  expect(type).toBe('violation');
  expect(steps).toBeLessThan(40_000);
});
