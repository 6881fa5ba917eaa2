/** What the random twin (`kv-model.test.ts`) does not reach: sizes, bounds, and what is no revision or range. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeCommand } from '../../src/kv/commands/command-codec.ts';
import type { RangeOptions } from '../../src/kv/commands/commands.ts';
import { keyBytes, keyText } from '../../src/kv/keys/key-order.ts';
import { KvStateMachine } from '../../src/kv/kv-state-machine.ts';
import { TXN_OPERATIONS_MAX } from '../../src/kv/limits.ts';
import { ALL, committed, machineWith, put, remove, utf8 } from './committed.ts';

const BAD_REQUEST = expect.objectContaining({ code: 'RAFT_BAD_REQUEST' });

describe('keys', () => {
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
});

describe('reads', () => {
  it.each([0, -1, 1.5, Number.NaN, 2 ** 53])('[KV13] %d is not a revision', (revision) => {
    expect(() => machineWith('a').range({ ...ALL, revision })).toThrowError(BAD_REQUEST);
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
    expect(() => machineWith('a').range(options)).toThrowError(BAD_REQUEST);
  });
});

describe('commands', () => {
  it('[KV8] compares and the operations of a branch are bounded, each', () => {
    const compare = { key: utf8('a'), target: 'version', operator: '=', value: 0 } as const;
    const most = {
      compare: new Array(TXN_OPERATIONS_MAX).fill(compare),
      success: new Array(TXN_OPERATIONS_MAX).fill(remove('a')),
      failure: new Array(TXN_OPERATIONS_MAX).fill(remove('a')),
    };
    expect(encodeCommand({ type: 'txn', ...most })).toBeInstanceOf(Uint8Array);
    for (const part of ['compare', 'success', 'failure'] as const) {
      const more = { ...most, [part]: [...most[part], most[part][0]] };
      expect(() => encodeCommand({ type: 'txn', ...more })).toThrowError(BAD_REQUEST);
    }
  });

  it('[KV9] a command of an unknown version stops the machine before anything of its batch', () => {
    const machine = machineWith('a');
    const before = machine.stateHash();
    const newer = encodeCommand(put('b'));
    newer[0] = 5;
    const batch = committed([encodeCommand(put('c')), newer]);
    expect(() => machine.apply(batch)).toThrowError(
      expect.objectContaining({ code: 'RAFT_STATE_MACHINE_FAILED' }),
    );
    expect(machine.stateHash()).toBe(before);
  });

  it.each([0, 1, 512, 513, 5000])(
    '[KV11] a stored value of %i bytes is a copy, and of Node buffers too',
    (length) => {
      const machine = new KvStateMachine();
      const value = new Uint8Array(length).fill(7);
      const batch = committed(
        ['a', 'b', 'c'].map((key) => encodeCommand({ ...put(key), value })),
      ).map((command) => ({ ...command, data: Buffer.from(command.data) }));
      machine.apply(batch);
      for (const { data } of batch) data.fill(9);
      for (const key of ['a', 'b', 'c']) expect(machine.get(utf8(key))?.value).toEqual(value);
    },
  );
});
