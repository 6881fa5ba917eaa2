/** Leases in the store, beyond what `kv-model.test.ts` proves of every order of commands: bounds, snapshots, versions. */
import { describe, expect, it } from 'vitest';
import {
  decodeCommand,
  encodeCommand,
  LEASE_COMMAND_VERSION,
  storeVersionOf,
} from '../../src/kv/commands/command-codec.ts';
import type { KvCommand, PutCommand } from '../../src/kv/commands/commands.ts';
import { KvStateMachine } from '../../src/kv/kv-state-machine.ts';
import {
  CHANGED_KEYS_MAX,
  LEASE_KEYS_MAX,
  LEASE_TTL_MAX_MS,
  LEASE_TTL_MIN_MS,
  LEASES_IN_COMMAND_MAX,
  LEASES_MAX,
} from '../../src/kv/limits.ts';
import type { Lease } from '../../src/kv/store/lease-table.ts';
import type { WatchRevision } from '../../src/kv/watching/watch-event.ts';
import { ALL, apply, applyOne, committed, put, remove, textOf, txn, utf8 } from './committed.ts';
import { chunksOf, restored } from './snapshots/snapshots-by-hand.ts';

const grant: KvCommand = { type: 'grant', ttlMs: 1_000 };
const BAD_REQUEST = expect.objectContaining({ code: 'RAFT_BAD_REQUEST' });

function bound(key: string, lease: number): PutCommand {
  return { ...put(key), lease };
}

function renew(...leases: number[]): KvCommand {
  return { type: 'renew', leases };
}

function expire(...seen: (readonly [lease: number, renewals: number])[]): KvCommand {
  return { type: 'expire', leases: seen.map(([lease, renewals]) => ({ lease, renewals })) };
}

/** So many keys of one lease, in commands of 128. */
function bindMany(machine: KvStateMachine, lease: number, count: number): void {
  for (let from = 0; from < count; from += 128) {
    const keys = Array.from({ length: Math.min(128, count - from) }, (_, at) => `${from + at}`);
    applyOne(machine, txn(...keys.map((key) => bound(`${lease}/${key}`, lease))));
  }
}

describe('a lease', () => {
  it('[LE3] takes its keys with it in one revision, in their order, and watches hear of it as of any deletion', () => {
    const machine = new KvStateMachine();
    apply(machine, grant, bound('b', 1), put('c'), bound('a', 1), bound('gone', 1), remove('gone'));
    const heard: WatchRevision[] = [];
    machine.watch(ALL, (revisions) => heard.push(...revisions));
    const revision = machine.revision + 1;
    expect(applyOne(machine, { type: 'revoke', lease: 1 })).toEqual({
      type: 'revoke',
      revision,
      deleted: 2,
    });
    expect(heard.map(({ events }) => events.map(({ type, key }) => [type, textOf(key)]))).toEqual([
      [
        ['delete', 'a'],
        ['delete', 'b'],
      ],
    ]);
    expect(machine.history({ ...ALL, from: revision }).revisions).toEqual(heard);
    expect(machine.get(utf8('a'), revision - 1)).toMatchObject({ lease: 1 });
  });

  it('[LE4] that was renewed since somebody looked does not expire, and one number is never given twice', () => {
    const machine = new KvStateMachine();
    apply(machine, grant, grant, bound('a', 1), bound('b', 2), renew(1, 1, 9));
    const { revision } = machine;
    const seenBefore = expire([1, 0], [1, 1], [2, 1], [9, 0]);
    expect(applyOne(machine, seenBefore)).toMatchObject({ revision, deleted: 0, leases: [] });
    const seenNow = expire([2, 0], [1, 2]);
    expect(applyOne(machine, seenNow)).toMatchObject({ deleted: 2, leases: [2, 1] });
    expect(machine.revision).toBe(revision + 1);
    expect(machine.keyCount).toBe(0);
    expect(apply(machine, renew(1, 2), grant)).toMatchObject([{ ttlsMs: [0, 0] }, { lease: 3 }]);
  });

  it('[LE2] binds each key to itself alone, and a put without one lets it go', () => {
    const machine = new KvStateMachine();
    apply(machine, grant, grant, bound('a', 1), bound('a', 2), bound('b', 2), put('b'));
    const refused = { type: 'refused', code: 'RAFT_LEASE_EXPIRED' };
    expect(apply(machine, bound('c', 3), txn(put('d'), bound('e', 3)))).toMatchObject([
      refused,
      refused,
    ]);
    apply(machine, { type: 'revoke', lease: 1 });
    expect(machine.keyCount).toBe(2);
    apply(machine, { type: 'revoke', lease: 2 });
    expect(machine.range(ALL).kvs.map(({ key, lease }) => [textOf(key), lease])).toEqual([
      ['b', null],
    ]);
  });

  it('[LE2] [LE3] holds a bounded number of keys, and what one command ends is bounded, too', () => {
    const machine = new KvStateMachine();
    apply(machine, grant, grant, grant);
    bindMany(machine, 1, LEASE_KEYS_MAX);
    const { revision } = machine;
    const refused = { type: 'refused', code: 'RAFT_TOO_LARGE', revision };
    expect(applyOne(machine, bound('more', 1))).toMatchObject(refused);
    expect(applyOne(machine, bound('1/0', 1))).toMatchObject({ type: 'put' });
    bindMany(machine, 2, 1);
    expect(CHANGED_KEYS_MAX).toBe(LEASE_KEYS_MAX);
    expect(applyOne(machine, expire([3, 0], [2, 0], [1, 0]))).toMatchObject({
      deleted: 1,
      leases: [3, 2],
    });
    expect(applyOne(machine, expire([1, 0]))).toMatchObject({ deleted: LEASE_KEYS_MAX });
  });

  it('[LE1] there are so many at one time, and no more', () => {
    const machine = new KvStateMachine();
    const encoded = encodeCommand(grant);
    machine.apply(committed(new Array(LEASES_MAX).fill(encoded)));
    expect(applyOne(machine, grant)).toMatchObject({ type: 'refused', code: 'RAFT_OVERLOADED' });
    apply(machine, { type: 'revoke', lease: 7 });
    expect(applyOne(machine, grant)).toMatchObject({ type: 'grant', lease: LEASES_MAX + 1 });
  });

  it.each<[what: string, command: KvCommand]>([
    ['too short', { type: 'grant', ttlMs: LEASE_TTL_MIN_MS - 1 }],
    ['too long', { type: 'grant', ttlMs: LEASE_TTL_MAX_MS + 1 }],
    ['half a millisecond', { type: 'grant', ttlMs: 1_000.5 }],
    ['a renewal of none', renew()],
    ['a renewal of too many', renew(...new Array(LEASES_IN_COMMAND_MAX + 1).fill(1))],
    ['number 0', bound('a', 0)],
    ['number 0 in a transaction', txn(bound('a', 0))],
    ['a negative number', { type: 'revoke', lease: -1 }],
    ['renewals that are no number', expire([1, Number.NaN])],
  ])('[LE1] is refused before it enters the log: %s', (_, command) => {
    expect(() => encodeCommand(command)).toThrowError(BAD_REQUEST);
  });

  it('[LE5] comes out of a snapshot as it was when that was asked for, and is told of from then on', async () => {
    const machine = new KvStateMachine({ snapshotItemsMax: 2 });
    apply(
      machine,
      grant,
      grant,
      grant,
      bound('b', 1),
      bound('a', 1),
      bound('c', 3),
      renew(3, 1, 3),
    );
    apply(machine, { type: 'revoke', lease: 2 }, { type: 'compact', revision: 3 });
    const digest = machine.stateHash();
    const view = machine.snapshot();
    apply(machine, renew(1), { type: 'revoke', lease: 3 }, grant);
    const copy = new KvStateMachine();
    const touched: number[] = [];
    let replaced = 0;
    copy.observeLeases({
      touched: ({ id }: Lease) => touched.push(id),
      replaced: () => {
        replaced += 1;
      },
    });
    await restored(await chunksOf(view), copy);
    expect(copy.stateHash()).toBe(digest);
    expect([...copy.leases.all()].map(({ id, renewals }) => [id, renewals])).toEqual([
      [1, 1],
      [3, 2],
    ]);
    expect(replaced).toBe(1);
    expect(apply(copy, renew(1, 2), grant)).toMatchObject([{ ttlsMs: [1_000, 0] }, { lease: 4 }]);
    expect(touched).toEqual([1, 4]);
    expect(applyOne(copy, { type: 'revoke', lease: 1 })).toMatchObject({ deleted: 2 });
  });

  it('[LE5] [UP2] needs the second version of the store, and nothing else does', () => {
    const speaking = [grant, renew(1), expire([1, 0]), bound('a', 1), txn(bound('a', 1))];
    for (const command of speaking) {
      expect(storeVersionOf(encodeCommand(command))).toBe(2);
    }
    const silent = [
      put('a'),
      remove('a'),
      txn(put('a')),
      { type: 'compact', revision: 1 } as const,
    ];
    for (const command of silent) expect(storeVersionOf(encodeCommand(command))).toBe(1);
    for (const command of [...speaking, ...silent]) {
      const bytes = encodeCommand(command);
      bytes[0] =
        bytes[0] === LEASE_COMMAND_VERSION ? LEASE_COMMAND_VERSION - 1 : LEASE_COMMAND_VERSION;
      expect(() => decodeCommand(bytes)).toThrowError(BAD_REQUEST);
    }
  });

  it('[LE5] where none was ever granted, a snapshot is what it was before there were any', async () => {
    const machine = new KvStateMachine();
    apply(machine, put('a'), put('b'), remove('a'));
    const bytes = (await chunksOf(machine.snapshot())).map((chunk) =>
      Buffer.from(chunk).toString('hex'),
    );
    expect(bytes).toEqual([
      '690f9366010000000000040000000000000000000000000000000000000000000000e8030000000000000100000000000000000000000100000000000000',
      '34ba2710010100000002010000006102000000000000000200000000000000010000000000000001000000010000007602010000006203000000000000000300000000000000010000000000000001000000010000007603010000006104000000000000000500000000000000000300000000000000',
    ]);
  });
});
