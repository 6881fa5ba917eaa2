/** Each rule of reading by example. The random twin of these is `kv-model.test.ts`. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RangeOptions } from '../../src/kv/commands.ts';
import { keyBytes, keyText } from '../../src/kv/key-order.ts';
import { CompactedError, FutureRevisionError } from '../../src/kv/kv-errors.ts';
import { KvStateMachine } from '../../src/kv/kv-state-machine.ts';
import { apply, textOf, utf8 } from './committed.ts';

const ALL = { prefix: new Uint8Array(0) };

function machineWith(...keys: string[]): KvStateMachine {
  const machine = new KvStateMachine();
  apply(
    machine,
    ...keys.map((key) => ({ type: 'put', key: utf8(key), value: utf8('v') }) as const),
  );
  return machine;
}

function keysIn(machine: KvStateMachine, options: RangeOptions): (string | null)[] {
  return machine.range(options).kvs.map(({ key }) => textOf(key));
}

function codeOf(act: () => unknown): string {
  try {
    act();
    return 'none';
  } catch (error) {
    return (error as { readonly code: string }).code;
  }
}

describe('order', () => {
  it('[KV1] a key as a string compares as its bytes do, and comes back as it was', () => {
    const bytes = fc.uint8Array({ maxLength: 6 });
    fc.assert(
      fc.property(bytes, bytes, (left, right) => {
        const order = Math.sign(Buffer.compare(left, right));
        const [a, b] = [keyText(left), keyText(right)];
        expect(Number(a > b) - Number(a < b)).toBe(order);
        expect(keyBytes(a)).toEqual(left);
      }),
      { numRuns: 2000 },
    );
  });

  it('[KV1] long keys come back as they were', () => {
    const long = Uint8Array.from({ length: 60_000 }, (_, at) => at % 251);
    expect(keyBytes(keyText(long))).toEqual(long);
  });

  it('[KV1] a range is half-open and in byte order', () => {
    const machine = machineWith('b', 'é', 'a', 'B', 'ab', 'aé');
    expect(keysIn(machine, { start: utf8('a'), end: utf8('b') })).toEqual(['a', 'ab', 'aé']);
    expect(keysIn(machine, { start: utf8('b') })).toEqual(['b', 'é']);
    expect(keysIn(machine, { end: utf8('a') })).toEqual(['B']);
    expect(keysIn(machine, { start: utf8('b'), end: utf8('a') })).toEqual([]);
  });

  it('[KV1] a prefix of 0xff bytes reaches to the last key', () => {
    const machine = new KvStateMachine();
    const keys = [[0xfe], [0xff], [0xff, 0xff], [0xff, 0xff, 0]].map((key) => Uint8Array.from(key));
    apply(machine, ...keys.map((key) => ({ type: 'put', key, value: key }) as const));
    const found = machine.range({ prefix: Uint8Array.of(0xff, 0xff) }).kvs;
    expect(found.map(({ key }) => key)).toEqual(keys.slice(2));
    expect(machine.range({ prefix: Uint8Array.of(0xfe) }).count).toBe(1);
    expect(machine.range({ prefix: Uint8Array.of(0xff) }).count).toBe(3);
  });

  it('[KV1] prefix, start and end together are what satisfies all of them', () => {
    const machine = machineWith('a1', 'a2', 'a3', 'b1');
    expect(keysIn(machine, { prefix: utf8('a'), start: utf8('a2') })).toEqual(['a2', 'a3']);
    expect(keysIn(machine, { prefix: utf8('a'), end: utf8('a2') })).toEqual(['a1']);
    expect(keysIn(machine, { prefix: utf8('a'), start: utf8('0'), end: utf8('z') })).toHaveLength(
      3,
    );
  });
});

describe('revisions', () => {
  it('[KV13] a read at a revision sees the store as it stood', () => {
    const machine = machineWith('a', 'b');
    apply(machine, { type: 'delete', key: utf8('a') });
    expect(keysIn(machine, { ...ALL, revision: 1 })).toEqual([]);
    expect(keysIn(machine, { ...ALL, revision: 2 })).toEqual(['a']);
    expect(keysIn(machine, { ...ALL, revision: 3 })).toEqual(['a', 'b']);
    expect(keysIn(machine, { ...ALL, revision: 4 })).toEqual(['b']);
    expect(machine.get(utf8('a'), 3)).toMatchObject({ modRevision: 2 });
    expect(machine.range({ ...ALL, revision: 2 })).toMatchObject({ revision: 4, count: 1 });
  });

  it('[KV13] a revision above the newest is refused with the newest', () => {
    const machine = machineWith('a');
    expect(codeOf(() => machine.range({ ...ALL, revision: 3 }))).toBe('RAFT_FUTURE_REVISION');
    expect(() => machine.get(utf8('a'), 3)).toThrowError(FutureRevisionError);
    expect(() => machine.get(utf8('a'), 3)).toThrowError(expect.objectContaining({ revision: 2 }));
  });

  it('[KV13] a revision below the compacted one is refused with the compacted one', () => {
    const machine = machineWith('a', 'b', 'c');
    apply(machine, { type: 'compact', revision: 3 });
    expect(codeOf(() => machine.range({ ...ALL, revision: 2 }))).toBe('RAFT_COMPACTED');
    expect(() => machine.get(utf8('a'), 2)).toThrowError(CompactedError);
    expect(() => machine.get(utf8('a'), 2)).toThrowError(
      expect.objectContaining({ compactedRevision: 3 }),
    );
    expect(keysIn(machine, { ...ALL, revision: 3 })).toEqual(['a', 'b']);
  });

  it.each([0, -1, 1.5, Number.NaN, 2 ** 53])('[KV13] %d is not a revision', (revision) => {
    const machine = machineWith('a');
    expect(codeOf(() => machine.range({ ...ALL, revision }))).toBe('RAFT_BAD_REQUEST');
  });
});

describe('ranges', () => {
  it('[KV15] a limit leaves keys out, says so, and does not change the count', () => {
    const machine = machineWith('a', 'b', 'c');
    expect(machine.range({ ...ALL, limit: 2 })).toMatchObject({ more: true, count: 3 });
    expect(keysIn(machine, { ...ALL, limit: 2 })).toEqual(['a', 'b']);
    expect(machine.range({ ...ALL, limit: 3 })).toMatchObject({ more: false, count: 3 });
    const past = { ...ALL, revision: 3, limit: 1 };
    expect(machine.range(past)).toMatchObject({ more: true, count: 2 });
  });

  it('[KV15] the page after a key starts at that key and a zero byte', () => {
    const machine = machineWith('a', 'b', 'c');
    expect(keysIn(machine, { ...ALL, start: utf8('a\0'), limit: 1 })).toEqual(['b']);
  });

  it('[KV15] keysOnly leaves the values out, countOnly the keys as well', () => {
    const machine = machineWith('a', 'b');
    const { kvs } = machine.range({ ...ALL, keysOnly: true });
    expect(kvs.map(({ value }) => value.length)).toEqual([0, 0]);
    const counted = { kvs: [], more: false, count: 2 };
    expect(machine.range({ ...ALL, countOnly: true, limit: 1 })).toMatchObject(counted);
  });

  it.each<[string, RangeOptions]>([
    ['no keys named', {}],
    ['an empty key', { key: utf8('') }],
    ['a key and a prefix', { key: utf8('a'), prefix: utf8('a') }],
    ['a limit of 0', { ...ALL, limit: 0 }],
    ['half a limit', { ...ALL, limit: 0.5 }],
    ['a key that is too long', { key: new Uint8Array(65_537) }],
    ['a bound that is too long', { start: new Uint8Array(65_538) }],
  ])('[KV15] a read is refused for %s', (_, options) => {
    const machine = machineWith('a');
    expect(codeOf(() => machine.range(options))).toBe('RAFT_BAD_REQUEST');
  });
});
