/** Each rule of writing by example. The random twin of these is `kv-model.test.ts`. */

import { describe, expect, it } from 'vitest';
import { RaftError } from '../../src/core/errors.ts';
import { encodeCommand } from '../../src/kv/command-codec.ts';
import type {
  Compare,
  KeyCondition,
  KvCommand,
  PutOperation,
  TxnOperation,
} from '../../src/kv/commands.ts';
import { KvStateMachine } from '../../src/kv/kv-state-machine.ts';
import { TXN_OPERATIONS_MAX } from '../../src/kv/limits.ts';
import { apply, applyOne, committed, utf8 } from './committed.ts';

const ALL = { prefix: new Uint8Array(0) };

function put(key: string, value: string): PutOperation {
  return { type: 'put', key: utf8(key), value: utf8(value) };
}

function remove(key: string): TxnOperation & { readonly type: 'delete' } {
  return { type: 'delete', key: utf8(key) };
}

function onCompare(compare: readonly Compare[]): KvCommand {
  return { type: 'txn', compare, success: [], failure: [] };
}

/** Holds each key with the value 'v', the first at revision 2. */
function machineWith(...keys: string[]): KvStateMachine {
  const machine = new KvStateMachine();
  apply(machine, ...keys.map((key) => put(key, 'v')));
  return machine;
}

describe('revisions', () => {
  it('[KV2] every command that changes something takes one revision; the first takes 2', () => {
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
      remove('absent'),
      { type: 'txn', compare: [], success: [{ type: 'range', ...ALL }], failure: [] },
      { type: 'txn', compare: [], success: [remove('absent')], failure: [put('b', '')] },
      { ...put('a', '2'), condition: { type: 'absent' } },
      { type: 'compact', revision: 2 },
    );
    expect(results.map(({ revision }) => revision)).toEqual([2, 2, 2, 2, 2]);
    expect(machine.revision).toBe(2);
  });

  it('[KV3] a key knows the revisions of its creation and last put, and how many there were', () => {
    const machine = machineWith('a', 'b');
    apply(machine, put('a', 'again'));
    expect(machine.get(utf8('a'))).toEqual({
      key: utf8('a'),
      value: utf8('again'),
      createRevision: 2,
      modRevision: 4,
      version: 2,
      lease: null,
    });
  });

  it('[KV3] a deleted key begins anew', () => {
    const machine = machineWith('a');
    apply(machine, put('a', '2'), remove('a'));
    expect(machine.get(utf8('a'))).toBeNull();
    apply(machine, put('a', '3'));
    const numbers = { createRevision: 5, modRevision: 5, version: 1 };
    expect(machine.get(utf8('a'))).toMatchObject(numbers);
  });

  it('[KV3] a put says, where asked, what the key held before', () => {
    const machine = machineWith('a');
    const held = machine.get(utf8('a'));
    const asked = { returnPrevious: true };
    expect(apply(machine, { ...put('a', 'w'), ...asked }, { ...put('b', ''), ...asked })).toEqual([
      { type: 'put', revision: 3, previous: held },
      { type: 'put', revision: 4, previous: null },
    ]);
  });
});

describe('conditions', () => {
  const holding: readonly [KeyCondition, string][] = [
    [{ type: 'modRevision', modRevision: 2 }, 'a'],
    [{ type: 'modRevision', modRevision: 0 }, 'absent'],
    [{ type: 'present' }, 'a'],
    [{ type: 'absent' }, 'absent'],
  ];
  const missing: readonly [KeyCondition, string, number][] = [
    [{ type: 'modRevision', modRevision: 3 }, 'a', 2],
    [{ type: 'modRevision', modRevision: 1 }, 'a', 2],
    [{ type: 'modRevision', modRevision: 2 }, 'absent', 0],
    [{ type: 'present' }, 'absent', 0],
    [{ type: 'absent' }, 'a', 2],
  ];

  it.each(holding)(
    '[KV4] a write whose condition holds is carried out: %j of %s',
    (condition, key) => {
      expect(applyOne(machineWith('a'), { ...put(key, 'w'), condition })).toMatchObject({
        type: 'put',
        revision: 3,
      });
      expect(applyOne(machineWith('a'), { ...remove(key), condition })).toMatchObject({
        type: 'delete',
        deleted: key === 'a' ? 1 : 0,
      });
    },
  );

  it.each(missing)(
    '[KV4] a write whose condition fails changes nothing and says so: %j of %s',
    (condition, key, modRevision) => {
      const machine = machineWith('a');
      const before = machine.stateHash();
      const code = 'RAFT_CONDITION_FAILED';
      const miss = { type: 'conditionFailed', code, revision: 2, modRevision };
      expect(applyOne(machine, { ...put(key, 'w'), condition })).toEqual(miss);
      expect(applyOne(machine, { ...remove(key), condition })).toEqual(miss);
      expect(machine.stateHash()).toBe(before);
    },
  );
});

describe('deletes', () => {
  it('[KV5] deletes one key, or all of a range under one revision, and counts them', () => {
    const machine = machineWith('a', 'b1', 'b2', 'c');
    expect(apply(machine, remove('a'), { type: 'delete', prefix: utf8('b') })).toEqual([
      { type: 'delete', revision: 6, deleted: 1 },
      { type: 'delete', revision: 7, deleted: 2 },
    ]);
    expect(machine.keyCount).toBe(1);
  });

  it('[KV5] says, where asked, what it deleted, in key order', () => {
    const machine = machineWith('b', 'a');
    const previous = machine.range(ALL).kvs;
    expect(applyOne(machine, { type: 'delete', ...ALL, returnPrevious: true })).toEqual({
      type: 'delete',
      revision: 4,
      deleted: 2,
      previous,
    });
  });
});

describe('transactions', () => {
  const number = { key: utf8('a'), value: 2 } as const;
  const text = { key: utf8('a'), target: 'value' } as const;

  it.each<Compare>([
    { ...number, target: 'modRevision', operator: '=' },
    { ...number, target: 'createRevision', operator: '=' },
    { ...number, target: 'version', operator: '<' },
    { ...number, target: 'version', operator: '!=' },
    { ...number, target: 'lease', operator: '<' },
    { ...number, target: 'modRevision', operator: '>', value: 1 },
    { ...text, operator: '=', value: utf8('v') },
    { ...text, operator: '!=', value: utf8('w') },
    { ...text, operator: '<', value: utf8('va') },
    { ...text, operator: '>', value: utf8('') },
  ])('[KV6] holds of a key that was put once: %j', (compare) => {
    expect(applyOne(machineWith('a'), onCompare([compare]))).toMatchObject({ succeeded: true });
  });

  it.each(['version', 'createRevision', 'modRevision', 'lease'] as const)(
    '[KV6] the %s of an absent key is 0',
    (target) => {
      const compare = { key: utf8('absent'), target, operator: '=', value: 0 } as const;
      expect(applyOne(machineWith('a'), onCompare([compare]))).toMatchObject({ succeeded: true });
    },
  );

  it.each(['=', '!=', '<', '>'] as const)(
    '[KV6] no compare of the value of an absent key holds, not even %s',
    (operator) => {
      const compare = { key: utf8('absent'), target: 'value', operator, value: utf8('') } as const;
      expect(applyOne(machineWith('a'), onCompare([compare]))).toMatchObject({ succeeded: false });
    },
  );

  it('[KV6] one compare that fails sends the transaction to its other branch', () => {
    const machine = machineWith('a');
    const compare: Compare[] = [
      { key: utf8('a'), target: 'version', operator: '=', value: 1 },
      { key: utf8('a'), target: 'version', operator: '>', value: 1 },
    ];
    const success = [put('yes', '')];
    const failure = [put('no', '')];
    expect(applyOne(machine, { type: 'txn', compare, success, failure })).toEqual({
      type: 'txn',
      revision: 3,
      succeeded: false,
      responses: [{ type: 'put', revision: 3 }],
    });
    expect(machine.get(utf8('yes'))).toBeNull();
    expect(machine.get(utf8('no'))).not.toBeNull();
  });

  it('[KV7] a transaction takes one revision, and each operation sees the ones before it', () => {
    const machine = machineWith('a', 'b');
    const count: TxnOperation = { type: 'range', ...ALL, countOnly: true };
    const counted = { type: 'range', kvs: [], more: false };
    const success = [count, remove('a'), count, put('c', ''), put('d', ''), count];
    expect(applyOne(machine, { type: 'txn', compare: [], success, failure: [] })).toEqual({
      type: 'txn',
      revision: 4,
      succeeded: true,
      responses: [
        { ...counted, revision: 3, count: 2 },
        { type: 'delete', revision: 4, deleted: 1 },
        { ...counted, revision: 4, count: 1 },
        { type: 'put', revision: 4 },
        { type: 'put', revision: 4 },
        { ...counted, revision: 4, count: 3 },
      ],
    });
    expect(machine.get(utf8('d'))).toMatchObject({ createRevision: 4, modRevision: 4, version: 1 });
  });
});

describe('bounds', () => {
  function refusalOf(command: KvCommand): string {
    try {
      encodeCommand(command);
      return 'none';
    } catch (error) {
      return error instanceof RaftError ? error.code : 'not a RaftError';
    }
  }

  function onSuccess(...success: TxnOperation[]): KvCommand {
    return { type: 'txn', compare: [], success, failure: [] };
  }

  it('[KV8] a branch that puts a key twice, or puts and deletes it, is refused in any order', () => {
    expect(refusalOf(onSuccess(put('a', '1'), put('a', '2')))).toBe('RAFT_BAD_REQUEST');
    expect(refusalOf(onSuccess(put('a', '1'), remove('a')))).toBe('RAFT_BAD_REQUEST');
    expect(refusalOf(onSuccess({ type: 'delete', ...ALL }, put('a', '')))).toBe('RAFT_BAD_REQUEST');
    expect(refusalOf(onSuccess(put('a', '1'), put('b', '1'), remove('c')))).toBe('none');
  });

  it('[KV8] the same key may be put in both branches: only one of them runs', () => {
    const branch = [put('a', '1')];
    expect(refusalOf({ type: 'txn', compare: [], success: branch, failure: branch })).toBe('none');
  });

  it('[KV8] compares and the operations of a branch are bounded, each', () => {
    const compare = { key: utf8('a'), target: 'version', operator: '=', value: 0 } as const;
    const most = {
      compare: new Array(TXN_OPERATIONS_MAX).fill(compare),
      success: new Array(TXN_OPERATIONS_MAX).fill(remove('a')),
      failure: new Array(TXN_OPERATIONS_MAX).fill(remove('a')),
    };
    expect(refusalOf({ type: 'txn', ...most })).toBe('none');
    for (const part of ['compare', 'success', 'failure'] as const) {
      const more = { ...most, [part]: [...most[part], most[part][0]] };
      expect(refusalOf({ type: 'txn', ...more })).toBe('RAFT_BAD_REQUEST');
    }
  });
});

describe('refusals', () => {
  it('[KV9] bytes in the log that are no command are answered, not thrown, and change nothing', () => {
    const machine = machineWith('a');
    const before = machine.stateHash();
    const cut = encodeCommand(put('b', 'v')).slice(0, -1);
    const twice = encodeCommand({
      type: 'txn',
      compare: [],
      success: [put('x', ''), put('y', '')],
      failure: [],
    }).map((byte) => (byte === utf8('y')[0] ? (utf8('x')[0] ?? 0) : byte));
    const results = machine.apply(committed([new Uint8Array(0), cut, twice]));
    const refused = {
      type: 'refused',
      code: 'RAFT_BAD_REQUEST',
      revision: 2,
      compactedRevision: 0,
    };
    expect(results).toEqual(results.map(() => expect.objectContaining(refused)));
    expect(machine.stateHash()).toBe(before);
  });

  it('[KV9] a transaction that reads a revision it cannot see is refused as a whole', () => {
    const machine = machineWith('a', 'b');
    apply(machine, { type: 'compact', revision: 3 });
    const before = machine.stateHash();
    const reading = (revision: number): KvCommand => {
      const success: TxnOperation[] = [put('c', ''), { type: 'range', ...ALL, revision }];
      return { type: 'txn', compare: [], success, failure: [] };
    };
    const refused = { type: 'refused', revision: 3, compactedRevision: 3 };
    expect(apply(machine, reading(2), reading(4))).toMatchObject([
      { ...refused, code: 'RAFT_COMPACTED' },
      { ...refused, code: 'RAFT_FUTURE_REVISION' },
    ]);
    expect(machine.stateHash()).toBe(before);
    expect(applyOne(machine, reading(3))).toMatchObject({ type: 'txn', revision: 4 });
  });

  it('[KV9] a command of an unknown version stops the machine before anything of its batch', () => {
    const machine = machineWith('a');
    const before = machine.stateHash();
    const newer = encodeCommand(put('b', 'v'));
    newer[0] = 3;
    const batch = committed([encodeCommand(put('c', 'v')), newer]);
    expect(() => machine.apply(batch)).toThrowError(
      expect.objectContaining({ code: 'RAFT_STATE_MACHINE_FAILED' }),
    );
    expect(machine.stateHash()).toBe(before);
  });
});

describe('bytes', () => {
  it.each([0, 1, 512, 513, 5000])(
    '[KV11] a stored value of %i bytes is a copy, and of Node buffers too',
    (length) => {
      const machine = new KvStateMachine();
      const value = new Uint8Array(length).fill(7);
      const batch = committed(
        ['a', 'b', 'c'].map((key) => encodeCommand({ ...put(key, ''), value })),
      ).map((command) => ({ ...command, data: Buffer.from(command.data) }));
      machine.apply(batch);
      for (const { data } of batch) data.fill(9);
      for (const key of ['a', 'b', 'c']) expect(machine.get(utf8(key))?.value).toEqual(value);
    },
  );
});
