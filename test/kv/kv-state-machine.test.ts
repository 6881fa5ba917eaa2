/** Each rule of writing and reading by example. The random twin of these is `kv-model.test.ts`. */
import { describe, expect, it } from 'vitest';
import { encodeCommand } from '../../src/kv/command-codec.ts';
import {
  type KvCommand,
  TXN_OPERATIONS_MAX,
  TXN_RANGE_KEYS_MAX,
  type TxnOperation,
} from '../../src/kv/commands.ts';
import { KvStateMachine } from '../../src/kv/kv-state-machine.ts';
import type { KeyValue } from '../../src/kv/results.ts';
import { apply, applyOne, committed, textOf, utf8 } from './committed.ts';

const ALL = { prefix: new Uint8Array(0) };

function put(key: string, value: string): KvCommand & TxnOperation & { readonly type: 'put' } {
  return { type: 'put', key: utf8(key), value: utf8(value) };
}

function machineWith(...keys: string[]): KvStateMachine {
  const machine = new KvStateMachine();
  apply(machine, ...keys.map((key) => put(key, `value of ${key}`)));
  return machine;
}

function keysOf(kvs: readonly KeyValue[]): (string | null)[] {
  return kvs.map(({ key }) => textOf(key));
}

describe('revisions', () => {
  it('[KV2] every mutating command takes one revision, the first one revision 2', () => {
    const machine = new KvStateMachine();
    expect(machine.revision).toBe(1);
    expect(apply(machine, put('a', '1'), put('b', '2'))).toEqual([
      { type: 'put', revision: 2 },
      { type: 'put', revision: 3 },
    ]);
    expect(machine.revision).toBe(3);
  });

  it('[KV2] what changes nothing takes no revision', () => {
    const machine = machineWith('a');
    const results = apply(
      machine,
      { type: 'delete', key: utf8('absent') },
      { type: 'txn', compare: [], success: [{ type: 'range', ...ALL }], failure: [] },
      { type: 'txn', compare: [], success: [{ type: 'delete', key: utf8('x') }], failure: [] },
      { ...put('a', '2'), condition: { type: 'absent' } },
      { type: 'compact', revision: 2 },
    );
    expect(results.map(({ revision }) => revision)).toEqual([2, 2, 2, 2, 2]);
    expect(results[0]).toEqual({ type: 'delete', revision: 2, deleted: 0 });
    expect(machine.revision).toBe(2);
  });

  it('[KV3] a key remembers its creation, its last put and how many there were', () => {
    const machine = machineWith('a', 'b');
    apply(machine, put('a', 'again'));
    const numbers = { createRevision: 2, modRevision: 4, version: 2, lease: null };
    expect(machine.get(utf8('a'))).toEqual({ key: utf8('a'), value: utf8('again'), ...numbers });
  });

  it('[KV3] a key that was deleted begins anew', () => {
    const machine = machineWith('a');
    apply(machine, put('a', '2'), { type: 'delete', key: utf8('a') });
    expect(machine.get(utf8('a'))).toBeNull();
    apply(machine, put('a', '3'));
    expect(machine.get(utf8('a'))).toMatchObject({
      createRevision: 5,
      modRevision: 5,
      version: 1,
    });
  });
});

describe('conditional writes', () => {
  it('[KV4] a put happens only if its condition holds of the key', () => {
    const machine = machineWith('a');
    const miss = { type: 'conditionFailed', code: 'RAFT_CONDITION_FAILED' };
    const conditionally = (key: string, condition: KvCommand & { type: 'put' }['condition']) =>
      condition;
    expect(conditionally).toBeTypeOf('function');
    const onA = (condition: 'absent' | 'present'): KvCommand => ({
      ...put('a', 'x'),
      condition: { type: condition },
    });
    expect(applyOne(machine, onA('absent'))).toEqual({ ...miss, revision: 2, modRevision: 2 });
    expect(applyOne(machine, onA('present'))).toEqual({ type: 'put', revision: 3 });
  });
});

describe('refusals', () => {
  it('placeholder', () => {
    expect(TXN_OPERATIONS_MAX).toBe(128);
    expect(TXN_RANGE_KEYS_MAX).toBe(10_000);
    expect(committed([encodeCommand(put('a', 'b'))])).toHaveLength(1);
    expect(keysOf([])).toEqual([]);
  });
});
