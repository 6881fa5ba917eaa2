/** Watches by example. That their events are the right ones is also shown by `kv-model.test.ts`. */
import { describe, expect, it } from 'vitest';
import type { KvCommand } from '../../src/kv/commands.ts';
import { CompactedError } from '../../src/kv/kv-errors.ts';
import { KvStateMachine, type KvStateMachineOptions } from '../../src/kv/kv-state-machine.ts';
import type { WatchHandle, WatchOptions, WatchRevision } from '../../src/kv/watch-event.ts';
import { apply, textOf, utf8 } from './committed.ts';

const ALL = { prefix: new Uint8Array(0) };

function put(key: string): KvCommand & { readonly type: 'put' } {
  return { type: 'put', key: utf8(key), value: utf8('v') };
}

interface Spy {
  readonly handle: WatchHandle;
  /** One for each call: `revision:key,key …`. */
  readonly calls: string[];
}

function watch(machine: KvStateMachine, options: WatchOptions): Spy {
  const calls: string[] = [];
  const handle = machine.watch(options, (revisions) => calls.push(revisions.map(show).join(' ')));
  return { handle, calls };
}

function show({ revision, events }: WatchRevision): string {
  const keys = events.map(({ type, key }) => `${type === 'put' ? '' : '-'}${textOf(key)}`);
  return `${revision}:${keys.join(',')}`;
}

function machineWith(options: KvStateMachineOptions, ...keys: string[]): KvStateMachine {
  const machine = new KvStateMachine(options);
  apply(machine, ...keys.map(put));
  return machine;
}

describe('watches', () => {
  it('[KV16] without a revision a watch begins with the next one', () => {
    const machine = machineWith({}, 'a');
    const spy = watch(machine, ALL);
    apply(machine, put('b'));
    expect(spy.calls).toEqual(['3:b']);
  });

  it('[KV16] from a revision of the past the events are replayed, and then it goes on', () => {
    const machine = machineWith({}, 'a', 'b', 'c');
    const spy = watch(machine, { ...ALL, from: 3 });
    expect(spy.calls).toEqual(['3:b 4:c']);
    apply(machine, put('d'), put('e'));
    expect(spy.calls).toEqual(['3:b 4:c', '5:d 6:e']);
  });

  it('[KV16] from a revision of the future it waits for that', () => {
    const machine = machineWith({}, 'a');
    const spy = watch(machine, { ...ALL, from: 4 });
    apply(machine, put('b'), put('c'), put('d'));
    expect(spy.calls).toEqual(['4:c 5:d']);
  });

  it('[KV16] watchers of one range are told the same objects, each from its own revision on', () => {
    const machine = machineWith({}, 'a', 'b');
    const told: unknown[] = [];
    for (const from of [4, 4, 5]) machine.watch({ ...ALL, from }, (all) => told.push(all));
    machine.watch({ start: utf8('d') }, (all) => told.push(all));
    apply(machine, put('c'), put('d'));
    const [one, other, later, part] = told as { revision: number; events: unknown[] }[][];
    expect(one?.map(({ revision }) => revision)).toEqual([4, 5]);
    expect(other?.[0]).toBe(one?.[0]);
    expect(later).toEqual([one?.[1]]);
    expect(part?.[0]?.events[0]).toBe(one?.[1]?.events[0]);
  });

  it('[KV16] the events of a transaction come together, in the order of its operations', () => {
    const machine = machineWith({}, 'x', 'y', 'z');
    const spy = watch(machine, ALL);
    const success = [put('b'), { type: 'delete' as const, start: utf8('y') }, put('a')];
    apply(machine, { type: 'txn', compare: [], success, failure: [] }, put('c'));
    expect(spy.calls).toEqual(['5:b,-y,-z,a 6:c']);
    const again = watch(machine, { ...ALL, from: 5 });
    expect(again.calls).toEqual(['5:b,-y,-z,a 6:c']);
  });

  it('[KV16] an event tells all about the key', () => {
    const machine = machineWith({}, 'a');
    const got: WatchRevision[] = [];
    machine.watch({ key: utf8('a') }, (revisions) => got.push(...revisions));
    apply(machine, put('a'), { type: 'delete', key: utf8('a') });
    const kv = { key: utf8('a'), value: utf8('v'), lease: null };
    expect(got).toEqual([
      {
        revision: 3,
        events: [{ type: 'put', ...kv, createRevision: 2, modRevision: 3, version: 2 }],
      },
      { revision: 4, events: [{ type: 'delete', key: utf8('a'), value: null, modRevision: 4 }] },
    ]);
  });

  it('[KV16] watchers of a key, a prefix and a range hear of theirs only', () => {
    const machine = new KvStateMachine();
    const spies = [
      watch(machine, { key: utf8('a1') }),
      watch(machine, { key: utf8('a1') }),
      watch(machine, { prefix: utf8('a') }),
      watch(machine, { start: utf8('a2'), end: utf8('b2') }),
    ];
    apply(machine, put('a1'), put('a2'), put('b1'), put('b2'));
    const [one, two, prefix, range] = spies.map(({ calls }) => calls);
    expect([one, two]).toEqual([['2:a1'], ['2:a1']]);
    expect(prefix).toEqual(['2:a1 3:a2']);
    expect(range).toEqual(['3:a2 4:b1']);
  });

  it('[KV16] a long past is replayed whole, in order, across every page', () => {
    const machine = new KvStateMachine();
    for (let batch = 0; batch < 5; batch += 1) apply(machine, ...new Array(1000).fill(put('a')));
    const revisions: number[] = [];
    machine.watch({ key: utf8('a'), from: 0 }, (groups) =>
      revisions.push(...groups.map(({ revision }) => revision)),
    );
    expect(revisions).toEqual(Array.from({ length: 5000 }, (_, at) => at + 2));
  });

  it('[KV16] a revision larger than a page is replayed whole and once', () => {
    const machine = new KvStateMachine();
    const keys = Array.from({ length: 1500 }, (_, at) => String(at));
    apply(machine, ...keys.map(put), { type: 'delete', ...ALL }, put('a'));
    const deletion = machine.revision - 1;
    const counts: number[][] = [];
    machine.watch({ ...ALL, from: deletion - 600 }, (groups) =>
      counts.push(...groups.map(({ revision, events }) => [revision, events.length])),
    );
    expect(counts).toHaveLength(602);
    expect(counts.slice(-2)).toEqual([
      [deletion, 1500],
      [deletion + 1, 1],
    ]);
  });

  it('[KV16] who begins or ends a watch while another is told misses and repeats nothing', () => {
    const machine = machineWith({}, 'a');
    const late: string[] = [];
    const dropped: string[] = [];
    const handles: WatchHandle[] = [];
    machine.watch(ALL, ([first]) => {
      if (first?.revision !== 3) return;
      machine.watch({ ...ALL, from: 2 }, (revisions) => late.push(...revisions.map(show)));
      for (const handle of handles) handle.cancel();
    });
    handles.push(machine.watch(ALL, (revisions) => dropped.push(...revisions.map(show))));
    apply(machine, put('b'), put('c'));
    apply(machine, put('d'));
    expect(late).toEqual(['2:a', '3:b', '4:c', '5:d']);
    expect(dropped).toEqual([]);
  });
});

describe('watches and compaction', () => {
  it('[KV17] from below the compacted revision is refused with the compacted revision', () => {
    const machine = machineWith({}, 'a', 'b', 'c');
    apply(machine, { type: 'compact', revision: 3 });
    expect(() => watch(machine, { ...ALL, from: 2 })).toThrowError(CompactedError);
    expect(() => watch(machine, { ...ALL, from: 2 })).toThrowError(
      expect.objectContaining({ code: 'RAFT_COMPACTED', compactedRevision: 3 }),
    );
  });

  it('[KV17] from the compacted revision itself nothing is missing, not even deletions', () => {
    const machine = machineWith({}, 'a', 'b');
    apply(machine, { type: 'delete', key: utf8('a') }, put('c'), { type: 'compact', revision: 4 });
    expect(watch(machine, { ...ALL, from: 4 }).calls).toEqual(['4:-a 5:c']);
  });

  it.each([-1, 0.5, Number.NaN])('[KV17] %d is no revision to watch from', (from) => {
    const machine = machineWith({}, 'a');
    expect(() => watch(machine, { ...ALL, from })).toThrowError(
      expect.objectContaining({ code: 'RAFT_BAD_REQUEST' }),
    );
  });
});

describe('listeners', () => {
  it('[KV18] a listener that throws loses its watch; store and other watchers do not notice', () => {
    const errors: unknown[] = [];
    const machine = machineWith({ onListenerError: (error) => errors.push(error) });
    const broken = machine.watch({ key: utf8('a') }, () => {
      throw new Error('broken');
    });
    const spy = watch(machine, ALL);
    expect(apply(machine, put('a'))).toEqual([{ type: 'put', revision: 2 }]);
    apply(machine, put('a'));
    expect(spy.calls).toEqual(['2:a', '3:a']);
    expect(broken.isActive).toBe(false);
    expect(errors).toEqual([new Error('broken')]);
  });

  it('[KV18] a listener that throws while the past is replayed loses its watch as well', () => {
    const machine = machineWith({}, 'a');
    let calls = 0;
    const broken = machine.watch({ ...ALL, from: 2 }, () => {
      calls += 1;
      throw new Error('broken');
    });
    apply(machine, put('b'));
    expect([broken.isActive, calls, machine.watcherCount]).toEqual([false, 1, 0]);
  });

  it('[KV18] after cancel no call follows, and the store is not kept busy', () => {
    const machine = machineWith({}, 'a');
    const spies = [watch(machine, { key: utf8('a') }), watch(machine, ALL)];
    for (const { handle } of spies) {
      handle.cancel();
      handle.cancel();
    }
    apply(machine, put('a'));
    expect(spies.map(({ calls, handle }) => [calls, handle.isActive])).toEqual([
      [[], false],
      [[], false],
    ]);
    expect(machine.watcherCount).toBe(0);
  });

  it('[KV18] a listener that applies commands is stopped from doing so', () => {
    const errors: unknown[] = [];
    const machine = machineWith({ onListenerError: (error) => errors.push(error) });
    machine.watch(ALL, () => apply(machine, put('b')));
    apply(machine, put('a'));
    expect(errors).toEqual([expect.any(TypeError)]);
    expect(machine.revision).toBe(2);
  });
});
