/** What one command, and one batch of them, may cost: few bytes can ask for much. */

import { describe, expect, it } from 'vitest';
import { encodeCommand } from '../../src/kv/commands/command-codec.ts';
import type { KvCommand, TxnOperation } from '../../src/kv/commands/commands.ts';
import type { KvResult, RangeResult } from '../../src/kv/commands/results.ts';
import type { KeyValue } from '../../src/kv/keys/key-value.ts';
import { KvStateMachine } from '../../src/kv/kv-state-machine.ts';
import {
  CHANGED_KEYS_MAX,
  RANGE_COUNT_LOOKS_MAX,
  TXN_OPERATIONS_MAX,
  TXN_RANGE_BYTES_MAX,
  TXN_RANGE_KEYS_MAX,
  TXN_RANGE_LOOKS_MAX,
} from '../../src/kv/limits.ts';
import { ALL, apply, applyOne, committed, put, txn, utf8 } from './committed.ts';

const EVERYTHING: TxnOperation = { type: 'range', ...ALL };

function keyAt(at: number): string {
  return `key ${String(at).padStart(8, '0')}`;
}

/** Holds so many keys; their revisions begin at 2. */
function machineOf(count: number, value = ''): KvStateMachine {
  const machine = new KvStateMachine();
  apply(machine, ...Array.from({ length: count }, (_, at) => put(keyAt(at), value)));
  return machine;
}

function rangesOf(result: KvResult): readonly RangeResult[] {
  if (result.type !== 'txn') throw new Error(`a ${result.type} instead of a txn`);
  return result.responses.filter((response) => response.type === 'range');
}

function bytesOf(kvs: readonly KeyValue[]): number {
  return kvs.reduce((sum, { key, value }) => sum + key.length + value.length, 0);
}

/** As old logs hold it. */
function version1(command: KvCommand): Uint8Array {
  return Uint8Array.of(1, ...encodeCommand(command).subarray(1));
}

describe('what one transaction reads', () => {
  it('[KV22] a transaction of 1,157 bytes reads no more than one range may', () => {
    const machine = machineOf(TXN_RANGE_KEYS_MAX + 1);
    const command = txn(...new Array<TxnOperation>(TXN_OPERATIONS_MAX).fill(EVERYTHING));
    expect(encodeCommand(command).length).toBeLessThanOrEqual(1157);
    const [first, ...others] = rangesOf(applyOne(machine, command));
    expect(first).toMatchObject({ more: true, count: TXN_RANGE_KEYS_MAX + 1 });
    expect(first?.kvs).toHaveLength(TXN_RANGE_KEYS_MAX);
    expect(others).toHaveLength(TXN_OPERATIONS_MAX - 1);
    for (const { kvs, more, count } of others) {
      expect({ kvs, more, count }).toEqual({ kvs: [], more: true, count: TXN_RANGE_KEYS_MAX + 1 });
    }
  });

  it('[KV22] it returns no more than its bytes, and one key even if that is larger', () => {
    const mebibyte = 'x'.repeat(1024 * 1024);
    const machine = machineOf(8, mebibyte);
    const ranges = rangesOf(applyOne(machine, txn(EVERYTHING, EVERYTHING)));
    expect(ranges.map(({ kvs, more }) => [kvs.length, more])).toEqual([
      [3, true],
      [0, true],
    ]);
    expect(bytesOf(ranges.flatMap(({ kvs }) => kvs))).toBeLessThanOrEqual(TXN_RANGE_BYTES_MAX);
    const [keys] = rangesOf(applyOne(machine, txn({ ...EVERYTHING, keysOnly: true })));
    expect(keys).toMatchObject({ more: false, count: 8 });
    expect(keys?.kvs).toHaveLength(8);
    applyOne(machine, put('large', mebibyte.repeat(5)));
    const [large] = rangesOf(applyOne(machine, txn({ type: 'range', key: utf8('large') })));
    expect(large).toMatchObject({ more: false, count: 1 });
  });

  it('[KV22] it looks at no more keys of the past than its bound, on replicas that freed more or less', () => {
    const keys = Array.from({ length: TXN_RANGE_LOOKS_MAX + 5 }, (_, at) => put(keyAt(at)));
    const revision = TXN_RANGE_LOOKS_MAX + 8;
    const past = txn(
      { ...EVERYTHING, revision, countOnly: true },
      { ...EVERYTHING, revision, limit: 1 },
    );
    const answers = [{ pruneStepsMax: 0 }, {}].map((options) => {
      const machine = new KvStateMachine(options);
      apply(machine, put('a'), { type: 'delete', key: utf8('a') }, ...keys);
      apply(machine, { type: 'compact', revision: 3 });
      return rangesOf(applyOne(machine, past));
    });
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]).toMatchObject([
      { kvs: [], more: true, count: TXN_RANGE_LOOKS_MAX },
      { kvs: [], more: true, count: 0 },
    ]);
  });

  it('[KV22] a read of the past outside finds all it was asked for, and stops counting at its bound', () => {
    const machine = machineOf(RANGE_COUNT_LOOKS_MAX + 5);
    const revision = machine.revision;
    expect(machine.range({ ...ALL, revision, limit: 2 })).toMatchObject({
      more: true,
      count: RANGE_COUNT_LOOKS_MAX,
    });
    const last = machine.range({ ...ALL, revision: machine.revision });
    expect(last).toMatchObject({ more: false, count: RANGE_COUNT_LOOKS_MAX + 5 });
  });
});

describe('what one command changes', () => {
  const tooLarge = { type: 'refused', code: 'RAFT_TOO_LARGE' };

  it('[KV23] a delete of too many keys is refused and changes nothing; a part of them is not', () => {
    const machine = machineOf(CHANGED_KEYS_MAX + 1);
    const before = machine.stateHash();
    const all: KvCommand = { type: 'delete', ...ALL };
    expect(applyOne(machine, all)).toMatchObject(tooLarge);
    const keys: TxnOperation = { type: 'delete', prefix: utf8('key') };
    expect(applyOne(machine, txn(put('a'), keys))).toMatchObject(tooLarge);
    expect(machine.stateHash()).toBe(before);
    const part: KvCommand = { type: 'delete', start: utf8(keyAt(1)) };
    expect(applyOne(machine, part)).toMatchObject({ deleted: CHANGED_KEYS_MAX });
    expect(applyOne(machine, all)).toMatchObject({ deleted: 1 });
    expect(machine.keyCount).toBe(0);
  });

  it('[KV23] the previous values that one command returns are bounded in bytes, of puts and deletes alike', () => {
    const machine = new KvStateMachine();
    const mebibyte = 'x'.repeat(1024 * 1024);
    const five = ['a', 'b', 'c', 'd', 'e'].map((key) => put(key, mebibyte));
    apply(machine, ...five);
    const before = machine.stateHash();
    const asking = (puts: typeof five): KvCommand =>
      txn(
        ...puts.map(
          ({ key, value }) => ({ type: 'put', key, value, returnPrevious: true }) as const,
        ),
      );
    expect(applyOne(machine, asking(five))).toMatchObject(tooLarge);
    expect(
      applyOne(machine, { type: 'delete', start: utf8('a'), end: utf8('f'), returnPrevious: true }),
    ).toMatchObject(tooLarge);
    expect(machine.stateHash()).toBe(before);
    expect(applyOne(machine, asking(five.slice(0, 3)))).toMatchObject({ succeeded: true });
    expect(applyOne(machine, { type: 'delete', start: utf8('a'), end: utf8('f') })).toMatchObject({
      deleted: 5,
    });
  });

  it('[KV23] a command of version 1 is carried out as it was, whatever it changes', () => {
    const machine = machineOf(CHANGED_KEYS_MAX + 1);
    const [result] = machine.apply(committed([version1({ type: 'delete', ...ALL })]));
    expect(result).toMatchObject({ type: 'delete', deleted: CHANGED_KEYS_MAX + 1 });
    expect(machine.keyCount).toBe(0);
  });
});

describe('what one batch costs', () => {
  it('[AP1] nothing is read for nobody, and the state is the same', () => {
    const commands = [
      txn(put('a', '1'), EVERYTHING, { type: 'delete', key: utf8('b'), returnPrevious: true }),
      txn({ ...EVERYTHING, revision: 900 }, put('never')),
      { type: 'delete', ...ALL, returnPrevious: true } as const,
      { ...put('c'), condition: { type: 'present' } } as const,
    ];
    const [asked, unasked] = [true, false].map((wantsResult) => {
      const machine = machineOf(100);
      apply(machine, put('b'));
      const batch = committed(commands.map(encodeCommand));
      const results = machine.apply(batch.map((one) => ({ ...one, wantsResult })));
      return { results, hash: machine.stateHash() };
    });
    expect(asked?.results).toMatchObject([
      { type: 'txn', responses: [{}, { count: 102 }, { deleted: 1, previous: [{}] }] },
      { type: 'refused' },
      { type: 'delete', deleted: 101 },
      { type: 'conditionFailed' },
    ]);
    expect(unasked?.results).toEqual(commands.map(() => undefined));
    expect(unasked?.hash).toBe(asked?.hash);
  });

  it('[KV24] a batch ends once time is up, after any command but a row of quick puts', () => {
    const machine = new KvStateMachine();
    const puts = Array.from({ length: 100 }, (_, at) => put(keyAt(at)));
    expect(machine.apply(committed(puts.map(encodeCommand)), () => true)).toHaveLength(32);
    const others = [puts[0] as KvCommand, txn(EVERYTHING), ...puts];
    expect(machine.apply(committed(others.map(encodeCommand)), () => true)).toHaveLength(2);
  });

  it('[KV24] a batch ends once its results are large', () => {
    const machine = machineOf(8, 'x'.repeat(1024 * 1024));
    const batch = committed(new Array<Uint8Array>(20).fill(encodeCommand(txn(EVERYTHING))));
    const results = machine.apply(batch);
    expect(results).toHaveLength(2);
    const unasked = batch.map((one) => ({ ...one, wantsResult: false }));
    expect(machine.apply(unasked)).toHaveLength(20);
  });

  it('[KV24] memory is freed only while there is time, but for what the batch itself wrote', () => {
    const machine = new KvStateMachine({ pruneStepsMax: 100_000 });
    const again = Array.from({ length: 3_000 }, () => put('a'));
    apply(machine, ...again, { type: 'compact', revision: 3_001 });
    apply(machine, ...again);
    const before = machine.historyLength;
    machine.apply(
      committed([encodeCommand({ type: 'compact', revision: machine.revision })]),
      () => true,
    );
    expect(before - machine.historyLength).toBeLessThanOrEqual(256);
    machine.apply(committed([encodeCommand(put('a'))]));
    expect(machine.historyLength).toBeLessThan(10);
  });
});
