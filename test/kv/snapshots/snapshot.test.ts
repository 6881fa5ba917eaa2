/**
 * Snapshots of the store (KV26): what is restored answers as the original did when the snapshot was taken, whatever was
 * written and compacted while it was read; and bytes that are no whole snapshot change nothing.
 */
import { deepStrictEqual } from 'node:assert';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../../../src/core/bytes/checksum.ts';
import { APPLY_SLICE_MS, SNAPSHOT_CHUNK_BYTES_MAX } from '../../../src/core/limits.ts';
import { encodeCommand } from '../../../src/kv/commands/command-codec.ts';
import type { KvCommand } from '../../../src/kv/commands/commands.ts';
import { CompactedError } from '../../../src/kv/commands/kv-errors.ts';
import { KvStateMachine } from '../../../src/kv/kv-state-machine.ts';
import {
  RESTORE_RECORDS_AT_ONCE,
  RESTORE_RECORDS_MAX,
  SNAPSHOT_ITEMS_MAX,
} from '../../../src/kv/limits.ts';
import type { WatchRevision } from '../../../src/kv/watching/watch-event.ts';
import { WatchQueue } from '../../../src/kv/watching/watch-queue.ts';
import { command } from '../arbitraries.ts';
import { ALL, apply, applyOne, committed, put, remove, utf8 } from '../committed.ts';
import { isMalformed } from '../naive-store.ts';
import { LooksPerStep } from './looks-per-step.ts';
import { chunksOf, restored, streamOf } from './snapshots-by-hand.ts';

const commands = fc
  .array(command, { maxLength: 40 })
  .map((all) => all.filter((one) => !isMalformed(one)));

/** Everything that can be asked: each revision, the history, the digest. */
function answersOf(machine: KvStateMachine): unknown {
  const { revision, compactedRevision, keyCount } = machine;
  const leases = [...machine.leases.all()].map((lease) => {
    return { ...lease, keys: [...lease.keys].sort() };
  });
  const reads = [];
  for (let at = Math.max(1, compactedRevision); at <= revision; at += 1) {
    reads.push(machine.range({ ...ALL, revision: at }));
  }
  const history = machine.history({ ...ALL, from: compactedRevision });
  const digest = machine.stateHash();
  return { revision, compactedRevision, keyCount, leases, reads, history, digest };
}

describe('snapshots of the store', () => {
  it('[KV26] what is restored answers every read, watch and compare as the original did, and goes on alike', async () => {
    await fc.assert(
      fc.asyncProperty(commands, commands, commands, async (before, meanwhile, after) => {
        const machine = new KvStateMachine({ pruneStepsMax: 3, blockKeysMax: 3 });
        apply(machine, ...before);
        const expected = answersOf(machine);
        const snapshot = machine.snapshot();
        const chunks: Uint8Array[] = [];
        const rest = [...meanwhile];
        for (const chunk of snapshot.chunks() as Iterable<Uint8Array>) {
          chunks.push(new Uint8Array(chunk));
          apply(machine, ...rest.splice(0, 1));
        }
        const copy = await restored(chunks, new KvStateMachine({ blockKeysMax: 2 }));
        deepStrictEqual(answersOf(copy), expected);
        snapshot.release();
        const twin = new KvStateMachine();
        apply(twin, ...before);
        expect(apply(copy, ...after)).toEqual(apply(twin, ...after));
        deepStrictEqual(answersOf(copy), answersOf(twin));
        expect(copy.historyLength).toBe(twin.historyLength);
      }),
      { numRuns: 300 },
    );
  });

  it('[KV26] writes, deletions and compactions between any two chunks do not show in it', async () => {
    const machine = new KvStateMachine({ pruneStepsMax: 1_000_000 });
    const keyAt = (at: number) => String(at).padStart(6, '0');
    const count = 3 * SNAPSHOT_ITEMS_MAX;
    const puts = Array.from({ length: count }, (_, at) => put(keyAt(at)));
    apply(machine, ...puts, ...puts.filter((_, at) => at % 3 === 0));
    apply(machine, { type: 'compact', revision: machine.revision - 5 }, put('later'));
    const expected = answersOf(machine);
    const snapshot = machine.snapshot();
    const chunks: Uint8Array[] = [];
    for (const chunk of snapshot.chunks() as Iterable<Uint8Array>) {
      chunks.push(chunk);
      apply(machine, put(`between ${chunks.length}`), put(keyAt(count - chunks.length)));
      for (let at = 0; at < 500; at += 1) apply(machine, remove(keyAt(chunks.length * 600 + at)));
      apply(machine, { type: 'compact', revision: machine.revision });
    }
    expect(chunks.length).toBeGreaterThan(3);
    deepStrictEqual(answersOf(await restored(chunks)), expected);
    const held = machine.historyLength;
    snapshot.release();
    apply(machine, put('a'));
    expect(machine.historyLength).toBeLessThan(held / 2);
  });

  it('[KV26] no chunk is larger than its bound or empty, and values of any size cross them', async () => {
    const machine = new KvStateMachine();
    const sizes = [0, 1, 1000, 255 * 1024, 256 * 1024, 1024 * 1024, 3, 262_100];
    apply(machine, ...sizes.map((size, at) => put(`${at}`, 'x'.repeat(size))));
    apply(machine, put('y'.repeat(64 * 1024), 'long'), remove('1'));
    apply(machine, { type: 'compact', revision: 5 });
    const chunks = await chunksOf(machine.snapshot());
    for (const { length } of chunks) {
      expect(length).toBeGreaterThan(9);
      expect(length).toBeLessThanOrEqual(SNAPSHOT_CHUNK_BYTES_MAX);
    }
    deepStrictEqual(answersOf(await restored(chunks)), answersOf(machine));
    const small = await chunksOf(new KvStateMachine().snapshot());
    expect(small).toHaveLength(2);
    expect(small[0]?.buffer.byteLength).toBeLessThanOrEqual(4096);
    expect((await restored(small)).revision).toBe(1);
  });

  it('[E13] [KV26] each step looks at a bounded number of keys, also where none of them is old enough', async () => {
    const machine = new KvStateMachine();
    const count = 3 * SNAPSHOT_ITEMS_MAX;
    const puts = Array.from({ length: count }, (_, at) => put(`${at}`));
    apply(machine, put('old'), put('old'), { type: 'compact', revision: 3 }, ...puts);
    const looks = new LooksPerStep();
    const chunks: Uint8Array[] = [];
    for (const chunk of machine.snapshot().chunks() as Iterable<Uint8Array>) {
      chunks.push(chunk);
      looks.next();
    }
    looks.end();
    expect(looks.total).toBeGreaterThan(count);
    expect(looks.most).toBeLessThanOrEqual(SNAPSHOT_ITEMS_MAX + 1);
    expect((await restored(chunks)).stateHash()).toBe(machine.stateHash());
  });

  it('[KV26] a released snapshot is read no more, and two hold apart', async () => {
    const machine = new KvStateMachine({ pruneStepsMax: 1000 });
    apply(machine, put('a'), put('a'), put('a'));
    const [first, second] = [machine.snapshot(), machine.snapshot()];
    apply(machine, { type: 'compact', revision: 4 });
    first.release();
    first.release();
    expect(() => [...(first.chunks() as Iterable<Uint8Array>)]).toThrow('read no more');
    apply(machine, put('a'));
    expect(
      (await restored(await chunksOf(second))).range({ ...ALL, revision: 2 }).kvs,
    ).toHaveLength(1);
  });
});

describe('what is no snapshot', () => {
  const log: readonly KvCommand[] = [
    put('a'),
    put('b', 'x'.repeat(300_000)),
    put('a', 'w'),
    remove('b'),
    put('c'),
    { type: 'compact', revision: 4 },
    put('b'),
  ];

  async function whole(): Promise<Uint8Array[]> {
    const machine = new KvStateMachine();
    apply(machine, ...log);
    return chunksOf(machine.snapshot());
  }

  const refused = { code: 'RAFT_STATE_MACHINE_FAILED' };

  async function expectRefused(chunks: readonly Uint8Array[]): Promise<void> {
    const machine = new KvStateMachine();
    apply(machine, put('old'));
    const before = machine.stateHash();
    await expect(machine.restore(streamOf(chunks))).rejects.toMatchObject(refused);
    expect(machine.stateHash()).toBe(before);
    applyOne(machine, put('on'));
  }

  it('[KV26] chunks that are missing, repeated, out of order, or cut are refused, and nothing is changed', async () => {
    const chunks = await whole();
    expect(chunks.length).toBeGreaterThan(1);
    const [first = new Uint8Array(), ...rest] = chunks;
    await expectRefused([]);
    await expectRefused(rest);
    await expectRefused([first]);
    await expectRefused([first, first, ...rest]);
    await expectRefused([...rest, first]);
    await expectRefused([...chunks, first]);
    await expectRefused([first.subarray(0, first.length - 1), ...rest]);
    await expectRefused([first.subarray(0, 3), ...rest]);
    await expectRefused([new Uint8Array(0), ...chunks]);
  });

  it('[KV26] one flipped bit anywhere is refused', async () => {
    const machine = new KvStateMachine();
    apply(machine, ...log.filter((one) => one.type !== 'put' || one.value.length < 1000));
    const [chunk = new Uint8Array()] = await chunksOf(machine.snapshot());
    for (let bit = 0; bit < chunk.length * 8; bit += 1) {
      const damaged = new Uint8Array(chunk);
      damaged[bit >>> 3] = Number(damaged[bit >>> 3]) ^ (1 << (bit & 7));
      await expect(restored([damaged])).rejects.toMatchObject(refused);
    }
  });

  it('[KV26] bytes with the right sum that say something else are refused, or are a whole store', async () => {
    const chunks = await whole();
    const [chunk = new Uint8Array()] = chunks.slice(-1);
    let survivors = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: chunk.length - 10 }),
        fc.nat({ max: 255 }),
        async (at, byte) => {
          const changed = new Uint8Array(chunk);
          changed[9 + at] = byte;
          const view = new DataView(changed.buffer);
          view.setUint32(0, crc32(changed, 4), true);
          try {
            const machine = await restored([...chunks.slice(0, -1), changed]);
            survivors += 1;
            deepStrictEqual(
              answersOf(await restored(await chunksOf(machine.snapshot()))),
              answersOf(machine),
            );
          } catch (error) {
            expect(error).toMatchObject(refused);
          }
        },
      ),
      { numRuns: 400 },
    );
    expect(survivors).toBeGreaterThan(0);
  });
});

describe('a store that is restored', () => {
  /** Takes its commands out of one log of puts of 'a', 2 to `revision`. */
  function machineAt(revision: number, compacted: number | null): KvStateMachine {
    const machine = new KvStateMachine();
    for (let at = 2; at <= revision; at += 1) apply(machine, put('a', String(at)));
    if (compacted !== null) apply(machine, { type: 'compact', revision: compacted });
    return machine;
  }

  async function nextOf(queue: AsyncIterator<WatchRevision>): Promise<number | null> {
    const { done, value } = await queue.next();
    return done === true ? null : value.revision;
  }

  it('[KV26] [KV19] its watches go on where they were, through what they missed', async () => {
    const machine = machineAt(5, null);
    const queue = new WatchQueue(machine, { ...ALL, from: 5 });
    const future = new WatchQueue(machine, { ...ALL, from: 12 });
    const revisions = queue[Symbol.asyncIterator]();
    const late = future[Symbol.asyncIterator]();
    expect(await nextOf(revisions)).toBe(5);
    const waiting = nextOf(revisions);
    await restored(await chunksOf(machineAt(10, 6).snapshot()), machine);
    expect(await waiting).toBe(6);
    const told = [];
    for (let count = 0; count < 4; count += 1) told.push(await nextOf(revisions));
    expect(told).toEqual([7, 8, 9, 10]);
    const live = nextOf(revisions);
    apply(machine, put('a'), put('a'));
    expect([await live, await nextOf(late)]).toEqual([11, 12]);
    queue.cancel();
    future.cancel();
  });

  it('[KV26] [KV17] a watch that missed what is gone ends with the revision to begin anew from', async () => {
    const machine = machineAt(5, null);
    const queue = new WatchQueue(machine, ALL);
    const waiting = queue[Symbol.asyncIterator]().next();
    await restored(await chunksOf(machineAt(10, 7).snapshot()), machine);
    const error = await waiting.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CompactedError);
    expect(error).toMatchObject({ compactedRevision: 7 });
  });

  it('[KV26] reads see the old store until the new one is whole, and nothing is applied meanwhile', async () => {
    const machine = machineAt(3, null);
    const chunks = await chunksOf(machineAt(9, 4).snapshot());
    let seen = 0;
    async function* slowly(): AsyncGenerator<Uint8Array> {
      for (const chunk of chunks) {
        yield chunk;
        seen = machine.revision;
        expect(() => apply(machine, put('a'))).toThrow('while it is restored');
        await expect(machine.restore(streamOf(chunks))).rejects.toThrow('once at a time');
      }
    }
    await machine.restore(slowly());
    expect([seen, machine.revision, machine.compactedRevision]).toEqual([3, 9, 4]);
    expect(machine.range({ key: utf8('a') }).kvs[0]?.version).toBe(8);
  });

  /** Restores it; returns how often the time was looked at in each turn, `lookMs` later each time. */
  async function looksInTurns(source: KvStateMachine, lookMs: number): Promise<readonly number[]> {
    const looks = [0];
    let nowMs = 0;
    const clock = {
      now: () => {
        looks.push(Number(looks.pop()) + 1);
        nowMs += lookMs;
        return nowMs;
      },
      yield: (callback: () => void) => {
        looks.push(0);
        queueMicrotask(callback);
      },
    };
    const machine = new KvStateMachine({ clock });
    await restored(await chunksOf(source.snapshot()), machine);
    expect(machine.stateHash()).toBe(source.stateHash());
    return looks;
  }

  it('[E13] [KV26] it takes its turns, a bounded number of records and so much time in each', async () => {
    const source = new KvStateMachine();
    const puts = Array.from({ length: 20_000 }, (_, at) => encodeCommand(put(`${at}`)));
    source.apply(committed(puts));
    const [quick, slow] = [await looksInTurns(source, 0), await looksInTurns(source, 1)];
    // Once more where a turn begins, and where a chunk ends.
    const looksMax = RESTORE_RECORDS_MAX / RESTORE_RECORDS_AT_ONCE + 2;
    expect(Math.max(...quick)).toBeLessThanOrEqual(looksMax);
    expect(quick.length).toBeGreaterThanOrEqual(20_000 / RESTORE_RECORDS_MAX);
    expect(Math.max(...slow)).toBeLessThanOrEqual(APPLY_SLICE_MS + 2);
    expect(slow.length).toBeGreaterThan(20_000 / RESTORE_RECORDS_AT_ONCE / (APPLY_SLICE_MS + 2));
  });
});
