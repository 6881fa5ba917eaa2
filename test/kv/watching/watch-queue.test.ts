/** Watches for slow consumers: bounded, complete, and ended with a reason. */
import { deepStrictEqual } from 'node:assert';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeCommand } from '../../../src/kv/commands/command-codec.ts';
import type { KvCommand } from '../../../src/kv/commands/commands.ts';
import { CompactedError } from '../../../src/kv/commands/kv-errors.ts';
import { KvStateMachine } from '../../../src/kv/kv-state-machine.ts';
import type { WatchRevision } from '../../../src/kv/watching/watch-event.ts';
import { WatchQueue } from '../../../src/kv/watching/watch-queue.ts';
import { command, selector } from '../arbitraries.ts';
import { ALL, apply, committed, put } from '../committed.ts';
import { isMalformed, NaiveStore } from '../naive-store.ts';

function puts(count: number): KvCommand[] {
  return new Array<KvCommand>(count).fill(put('a'));
}

async function take(queue: AsyncIterator<WatchRevision>, count: number): Promise<number[]> {
  const revisions: number[] = [];
  while (revisions.length < count) {
    const next = await queue.next();
    if (next.done === true) break;
    revisions.push(next.value.revision);
  }
  return revisions;
}

function numbers(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, at) => first + at);
}

describe('what a queue gives', () => {
  it('[KV19] what happens is given in order, also to a consumer that waits', async () => {
    const machine = new KvStateMachine();
    const queue = new WatchQueue(machine, ALL);
    const revisions = queue[Symbol.asyncIterator]();
    const first = revisions.next();
    apply(machine, put('a'), put('b'));
    expect((await first).value).toMatchObject({ revision: 2 });
    expect(await take(revisions, 1)).toEqual([3]);
    queue.cancel();
  });

  it('[KV19] a past longer than every bound is given whole, and then it goes on live', async () => {
    const machine = new KvStateMachine();
    apply(machine, ...puts(5000));
    const queue = new WatchQueue(machine, { ...ALL, from: 2 }, { eventsMax: 10 });
    const revisions = queue[Symbol.asyncIterator]();
    expect(await take(revisions, 4000)).toEqual(numbers(2, 4000));
    apply(machine, ...puts(3));
    expect(await take(revisions, 1003)).toEqual(numbers(4002, 1003));
    expect(machine.watcherCount).toBe(1);
    apply(machine, ...puts(2));
    expect(await take(revisions, 2)).toEqual(numbers(5005, 2));
    queue.cancel();
  });

  it('[KV19] gives the events of the naive store, whatever happens while it is read', async () => {
    const steps = fc.array(fc.oneof(command, fc.constant('take' as const)), { maxLength: 30 });
    const from = fc.option(fc.nat({ max: 12 }));
    await fc.assert(
      fc.asyncProperty(steps, selector, from, async (all, keys, start) => {
        const machine = new KvStateMachine();
        const naive = new NaiveStore();
        const watched = start === null ? keys : { ...keys, from: start };
        const queue = new WatchQueue(machine, watched);
        const revisions = queue[Symbol.asyncIterator]();
        const got: WatchRevision[] = [];
        const expected = (): WatchRevision[] => naive.events(keys, start ?? 2);
        for (const one of all) {
          if (one !== 'take') {
            if (isMalformed(one)) continue;
            machine.apply(committed([encodeCommand(one)]));
            naive.apply(one);
          } else if (got.length < expected().length) {
            const next = await revisions.next();
            if (next.done !== true) got.push(next.value);
          }
        }
        while (got.length < expected().length) {
          const next = await revisions.next();
          if (next.done === true) break;
          got.push(next.value);
        }
        queue.cancel();
        deepStrictEqual(got, expected());
        deepStrictEqual((await revisions.next()).done, true);
      }),
      { numRuns: 500 },
    );
  });

  it('[KV19] between two pages of history others get their turn', async () => {
    const machine = new KvStateMachine();
    apply(machine, ...puts(5000));
    let pauses = 0;
    const pause = (): Promise<void> => {
      pauses += 1;
      return Promise.resolve();
    };
    const queue = new WatchQueue(machine, { ...ALL, from: 2 }, { pause });
    await take(queue[Symbol.asyncIterator](), 5000);
    queue.cancel();
    expect(pauses).toBe(4);
  });
});

describe('how a queue ends', () => {
  it('[KV19] past its bound of events it gives what it holds and ends with RAFT_WATCH_TOO_SLOW', async () => {
    const machine = new KvStateMachine();
    const queue = new WatchQueue(machine, ALL, { eventsMax: 3 });
    apply(machine, ...puts(3));
    apply(machine, ...puts(2));
    expect(machine.watcherCount).toBe(0);
    const revisions = queue[Symbol.asyncIterator]();
    expect(await take(revisions, 3)).toEqual([2, 3, 4]);
    await expect(revisions.next()).rejects.toMatchObject({
      code: 'RAFT_WATCH_TOO_SLOW',
      retry: 'safe',
    });
    expect(await revisions.next()).toEqual({ done: true, value: undefined });
  });

  it('[KV19] the bound of bytes counts keys and values, and one revision always fits', async () => {
    const machine = new KvStateMachine();
    const queue = new WatchQueue(machine, ALL, { bytesMax: 10 });
    const revisions = queue[Symbol.asyncIterator]();
    apply(machine, put('a', 'far more than the bound'));
    expect(await take(revisions, 1)).toEqual([2]);
    apply(machine, put('a', '1234'), put('b', '1234'));
    expect(await take(revisions, 2)).toEqual([3, 4]);
    apply(machine, put('a', '1234'), put('b', '12345'));
    expect(await take(revisions, 1)).toEqual([5]);
    await expect(revisions.next()).rejects.toMatchObject({ code: 'RAFT_WATCH_TOO_SLOW' });
  });

  it('[KV19] whoever was too slow goes on after the last revision it was given', async () => {
    const machine = new KvStateMachine();
    const slow = new WatchQueue(machine, ALL, { eventsMax: 2 });
    apply(machine, ...puts(9));
    const last = (await take(slow[Symbol.asyncIterator](), 2)).at(-1) ?? 0;
    const queue = new WatchQueue(machine, { ...ALL, from: last + 1 }, { eventsMax: 2 });
    expect(await take(queue[Symbol.asyncIterator](), 7)).toEqual(numbers(4, 7));
    queue.cancel();
  });

  it('[KV19] a watch that cannot begin is refused at once', () => {
    const machine = new KvStateMachine();
    apply(machine, ...puts(3), { type: 'compact', revision: 3 });
    expect(() => new WatchQueue(machine, { ...ALL, from: 2 })).toThrowError(CompactedError);
    expect(() => new WatchQueue(machine, {})).toThrowError(
      expect.objectContaining({ code: 'RAFT_BAD_REQUEST' }),
    );
  });

  it('[KV19] compaction that overtakes a consumer of the past ends it with RAFT_COMPACTED', async () => {
    const machine = new KvStateMachine();
    apply(machine, ...puts(5000));
    const queue = new WatchQueue(machine, { ...ALL, from: 2 });
    apply(machine, { type: 'compact', revision: 4000 });
    const revisions = queue[Symbol.asyncIterator]();
    expect(await take(revisions, 1024)).toEqual(numbers(2, 1024));
    await expect(revisions.next()).rejects.toMatchObject({
      code: 'RAFT_COMPACTED',
      compactedRevision: 4000,
    });
  });

  it('[KV19] cancel ends a consumer that waits; leaving the loop cancels the watch', async () => {
    const machine = new KvStateMachine();
    const queue = new WatchQueue(machine, ALL);
    const waiting = queue[Symbol.asyncIterator]().next();
    queue.cancel();
    expect(await waiting).toEqual({ done: true, value: undefined });

    const other = new WatchQueue(machine, ALL);
    apply(machine, ...puts(3));
    for await (const { revision } of other) if (revision === 3) break;
    expect(machine.watcherCount).toBe(0);
  });
});
