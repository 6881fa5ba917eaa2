/** Who may do what, as a part of the store: its bytes, its snapshots, its rules, and that it is nothing of the keys. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RaftError } from '../../src/core/errors.ts';
import {
  type AccessChange,
  CALLER_KINDS,
  type Caller,
  isAccessName,
  RIGHT,
  RIGHTS_ALL,
  ROOT,
} from '../../src/kv/commands/access-changes.ts';
import {
  ACCESS_COMMAND_VERSION,
  decodeCommand,
  encodeCommand,
  storeVersionOf,
} from '../../src/kv/commands/command-codec.ts';
import { decodeResult, encodeResult } from '../../src/kv/commands/result-codec.ts';
import type { KvResult } from '../../src/kv/commands/results.ts';
import { firstBeyond, keyText } from '../../src/kv/keys/key-order.ts';
import { KvStateMachine } from '../../src/kv/kv-state-machine.ts';
import { KeyRights } from '../../src/kv/store/key-rights.ts';
import { ALL, apply, applyOne, put, txn, utf8 } from './committed.ts';
import { chunksOf, restored } from './snapshots/snapshots-by-hand.ts';

const HASH = new Uint8Array(32).fill(7);
const name = fc.constantFrom('a', 'b', 'ci@example.org');
const bytes = fc.uint8Array({ maxLength: 3 });
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const roles = fc.array(fc.constantFrom('a', 'b', ROOT), { minLength: 1, maxLength: 3 });
const caller: fc.Arbitrary<Caller> = fc.oneof(
  fc.record({ kind: fc.constant('token' as const), name, roles, hash }),
  fc.record({ kind: fc.constant('user' as const), name, roles, hash: fc.constant(null) }),
);
const change: fc.Arbitrary<AccessChange> = fc.oneof(
  fc.record({ type: fc.constant('turnOn' as const), hash }),
  fc.constant({ type: 'turnOff' as const }),
  fc.record({
    type: fc.constant('grantRole' as const),
    role: name,
    prefix: bytes,
    rights: fc.constantFrom(RIGHT.read, RIGHT.write, RIGHT.read | RIGHT.write),
  }),
  fc.record({ type: fc.constant('revokeRole' as const), role: name, prefix: bytes }),
  fc.record({ type: fc.constant('deleteRole' as const), role: name }),
  fc.record({ type: fc.constant('addCaller' as const), caller }),
  fc.record({
    type: fc.constant('removeCaller' as const),
    kind: fc.constantFrom(...CALLER_KINDS),
    name,
  }),
);

/** Its token is left without any. */
const LAST_ROLE_GONE: AccessChange[] = [
  { type: 'grantRole', role: 'a', prefix: utf8('p'), rights: RIGHT.read },
  { type: 'addCaller', caller: { kind: 'token', name: 'b', roles: ['a'], hash: HASH } },
  { type: 'deleteRole', role: 'a' },
];

const changed = (machine: KvStateMachine, one: AccessChange): KvResult =>
  applyOne(machine, { type: 'access', change: one });

function told({ access }: KvStateMachine): unknown {
  const kept = [...access.roles].map(([role, grants]) => [role, [...grants]]);
  return [access.revision, access.isOn, kept, [...access.callers()]];
}

/** With one role, one token and one user. */
function prepared(): KvStateMachine {
  const machine = new KvStateMachine();
  for (const one of [
    { type: 'grantRole', role: 'builder', prefix: utf8('builds/'), rights: RIGHT.read },
    { type: 'addCaller', caller: { kind: 'token', name: 'ci', roles: ['builder'], hash: HASH } },
    { type: 'addCaller', caller: { kind: 'user', name: 'ops', roles: [ROOT], hash: null } },
    { type: 'turnOn', hash: HASH },
  ] as const) {
    expect(changed(machine, one)).toMatchObject({ type: 'access' });
  }
  return machine;
}

describe('access in the store', () => {
  it('[AC1] each change is one command of its own version, and its bytes are the only ones for it', () => {
    fc.assert(
      fc.property(change, (one) => {
        const encoded = encodeCommand({ type: 'access', change: one });
        expect(decodeCommand(encoded)).toEqual({ type: 'access', change: one });
        expect([encoded[0], storeVersionOf(encoded)]).toEqual([ACCESS_COMMAND_VERSION, 3]);
        const other = new Uint8Array(encoded);
        other[0] = 2;
        expect(() => decodeCommand(other)).toThrow('not of version');
      }),
    );
    const result = { type: 'access', revision: 7, accessRevision: 3 } as const;
    expect(decodeResult(encodeResult(result))).toEqual(result);
  });

  it('[AC1] members that apply the same changes have the same access, and so has who restores a snapshot', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 30 }), async (changes) => {
        const machine = new KvStateMachine();
        for (const one of changes) {
          changed(machine, one);
          if (changes.length % 2 === 0) apply(machine, put('k'));
        }
        const copy = await restored(await chunksOf(machine.snapshot()));
        expect(told(copy)).toEqual(told(machine));
        expect(copy.stateHash()).toBe(machine.stateHash());
      }),
      { examples: [[LAST_ROLE_GONE]] },
    );
  });

  it('[AC3] is no key: nothing that reads, watches or deletes keys meets it, and it takes no revision', async () => {
    const machine = prepared();
    const before = told(machine);
    const heard: unknown[] = [];
    machine.watch({ ...ALL, from: 0 }, (revisions) => heard.push(...revisions));
    expect([machine.revision, machine.keyCount, machine.range(ALL).kvs]).toEqual([1, 0, []]);
    for (const command of [
      { type: 'delete', ...ALL } as const,
      txn({ type: 'range', ...ALL }, { type: 'delete', ...ALL }),
      { type: 'grant', ttlMs: 1_000 } as const,
      { type: 'put', key: utf8('access'), value: HASH, lease: 1 } as const,
      { type: 'revoke', lease: 1 } as const,
      { type: 'delete', start: new Uint8Array([0]), end: new Uint8Array([255, 255]) } as const,
    ]) {
      applyOne(machine, command);
      expect(told(machine)).toEqual(before);
    }
    expect(heard).toHaveLength(2);
  });

  it('[AC4] the last with the role root stays while access is on; a role that goes is taken from all who had it', () => {
    const machine = prepared();
    const remove = (kind: 'token' | 'user', who: string): KvResult =>
      changed(machine, { type: 'removeCaller', kind, name: who });
    expect(remove('user', 'ops')).toMatchObject({ type: 'access' });
    expect(remove('token', ROOT)).toMatchObject({ code: 'RAFT_CONFLICT' });
    changed(machine, { type: 'deleteRole', role: 'builder' });
    changed(machine, { type: 'grantRole', role: 'builder', prefix: utf8(''), rights: RIGHT.read });
    expect(machine.access.caller('token', 'ci')?.roles).toEqual([]);
    changed(machine, { type: 'turnOff' });
    expect(remove('token', ROOT)).toMatchObject({ type: 'access' });
  });

  it('[AC4] what cannot be is refused in words, and changes nothing', () => {
    const machine = prepared();
    const before = told(machine);
    const ci = { kind: 'token', name: 'ci', roles: ['builder'], hash: HASH } as const;
    for (const [one, code] of [
      [{ type: 'turnOn', hash: HASH }, 'RAFT_CONFLICT'],
      [{ type: 'addCaller', caller: ci }, 'RAFT_CONFLICT'],
      [{ type: 'addCaller', caller: { ...ci, name: 'x', roles: ['none'] } }, 'RAFT_NOT_FOUND'],
      [{ type: 'grantRole', role: ROOT, prefix: utf8(''), rights: 1 }, 'RAFT_CONFLICT'],
      [{ type: 'revokeRole', role: 'builder', prefix: utf8('other/') }, 'RAFT_NOT_FOUND'],
      [{ type: 'deleteRole', role: 'none' }, 'RAFT_NOT_FOUND'],
      [{ type: 'removeCaller', kind: 'user', name: 'ci' }, 'RAFT_NOT_FOUND'],
    ] as const) {
      expect(changed(machine, one)).toMatchObject({ type: 'refused', code });
      expect(told(machine)).toEqual(before);
    }
    for (const one of [
      { type: 'turnOn', hash: new Uint8Array(31) },
      { type: 'addCaller', caller: { ...ci, hash: null } },
      { type: 'addCaller', caller: { ...ci, name: 'a b' } },
      { type: 'addCaller', caller: { ...ci, roles: Array(33).fill(ROOT) } },
      { type: 'grantRole', role: 'a', prefix: utf8('p'), rights: RIGHT.admin },
      { type: 'grantRole', role: 'a', prefix: utf8(''), rights: 16 },
    ] as const) {
      expect(() => encodeCommand({ type: 'access', change: one })).toThrow(RaftError);
    }
    expect(['', '-a', 'a/b', 'a\n', 'x'.repeat(65)].map(isAccessName)).toEqual(
      Array(5).fill(false),
    );
  });
});

describe('rights', () => {
  const prefix = fc.array(fc.constantFrom(0, 0x61, 0x62, 0xff), { maxLength: 3 });
  const text = (codes: readonly number[]) => keyText(Uint8Array.from(codes));

  it('[AC2] cover a key if a granted prefix begins it, and a range if one of them begins all of it', () => {
    fc.assert(
      fc.property(fc.array(prefix, { maxLength: 3 }), prefix, prefix, (granted, key, of) => {
        const rights = new KeyRights(granted.map((each) => [text(each), RIGHT.read] as const));
        const begins = (whole: string): boolean =>
          granted.some((each) => whole.startsWith(text(each)));
        const one = { from: text(key), to: text([...key, 0]) };
        expect(rights.covers(one, RIGHT.read)).toBe(begins(text(key)));
        expect(rights.covers(one, RIGHT.write)).toBe(false);
        const all = { from: text(of), to: firstBeyond(text(of)) };
        // Of a prefix that is all 0xff, or empty, there is no end: only the empty prefix, or another such, reaches so far.
        expect(rights.covers(all, RIGHT.read)).toBe(begins(text(of)));
      }),
    );
  });

  it('[AC2] reach no further than the prefix: not to its neighbours, nor to a range that only begins in it', () => {
    const rights = new KeyRights([[keyText(utf8('a/')), RIGHT.read]]);
    const covers = (from: string, to: string | null): boolean =>
      rights.covers({ from: keyText(utf8(from)), to: to === null ? null : keyText(utf8(to)) }, 1);
    expect(covers('a/', 'a0')).toBe(true);
    expect(covers('a/x', 'a/y')).toBe(true);
    for (const [from, to] of [
      ['a/', null],
      ['a/', 'a0\0'],
      ['a', 'a\0'],
      ['a.', 'a/'],
      ['a0', 'a0\0'],
      ['', null],
    ] as const) {
      expect(covers(from, to), `${from} to ${to}`).toBe(false);
    }
    expect(new KeyRights([[keyText(utf8('')), RIGHTS_ALL]]).has(RIGHT.admin)).toBe(true);
  });
});
