/** Watches beyond their events, which `kv-model.test.ts` compares: pages, neighbours, listeners that fail or leave. */
import { describe, expect, it } from 'vitest';
import { KvStateMachine } from '../../../src/kv/kv-state-machine.ts';
import type {
  WatchHandle,
  WatchOptions,
  WatchRevision,
} from '../../../src/kv/watching/watch-event.ts';
import { ALL, apply, machineWith, put, textOf, utf8 } from '../committed.ts';

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

describe('watches', () => {
  it('[KV16] watchers of one range are told the same objects, each from its own revision on', () => {
    const machine = machineWith('a', 'b');
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
    apply(machine, ...keys.map((key) => put(key)), { type: 'delete', ...ALL }, put('a'));
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
    const machine = machineWith('a');
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

  it.each([-1, 0.5, Number.NaN])('[KV17] %d is no revision to watch from', (from) => {
    const machine = machineWith('a');
    expect(() => watch(machine, { ...ALL, from })).toThrowError(
      expect.objectContaining({ code: 'RAFT_BAD_REQUEST' }),
    );
  });
});

describe('listeners', () => {
  it('[KV18] a listener that throws loses its watch; store and other watchers do not notice', () => {
    const errors: unknown[] = [];
    const machine = new KvStateMachine({ onListenerError: (error) => errors.push(error) });
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
    const machine = machineWith('a');
    let calls = 0;
    const broken = machine.watch({ ...ALL, from: 2 }, () => {
      calls += 1;
      throw new Error('broken');
    });
    apply(machine, put('b'));
    expect([broken.isActive, calls, machine.watcherCount]).toEqual([false, 1, 0]);
  });

  it('[KV18] after cancel no call follows, and the store is not kept busy', () => {
    const machine = machineWith('a');
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
    const machine = new KvStateMachine({ onListenerError: (error) => errors.push(error) });
    machine.watch(ALL, () => apply(machine, put('b')));
    apply(machine, put('a'));
    expect(errors).toEqual([expect.any(TypeError)]);
    expect(machine.revision).toBe(2);
  });
});
