/**
 * Snapshots and crashes, on the simulated disk under the production store: the process is killed, or the power lost, before
 * every single operation of the disk in turn, and the next start finds the state before or the state after.
 */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { index, term } from '../../src/core/types.ts';
import type { LogOperation, LogStore, RecoveredLog } from '../../src/ports/log-store.ts';
import type { StoredSnapshot } from '../../src/ports/snapshot-store.ts';
import { GROWTH_BOUNDS, type GrowthBounds } from '../../src/storage/snapshots/growing-draft.ts';
import {
  append,
  hard,
  membersOf,
  OWNER,
  outcome,
  run,
  texts,
  truncate,
  write,
} from '../../src/testing/contracts/log-operations.ts';
import { SeededRandom } from '../../src/testing/simulation/runtime/random.ts';
import { during, storeIn, Workspace } from './data-directories.ts';
import { PromptDisk } from './prompt-disk.ts';

const CHUNKS = ['one', 'two', 'three'];
const KINDS = ['kill', 'power'] as const;

function metaOf(ofTerm: number, at: number) {
  const lastEntry = { term: term(ofTerm), index: index(at) };
  return { lastEntry, membership: { ...membersOf(['n1', 'n2']), index: index(1) }, timeMs: 7 };
}

function behind(type: 'compactThrough' | 'restart', ofTerm: number, at: number): LogOperation {
  const { lastEntry: base, membership } = metaOf(ofTerm, at);
  return { type, base, membership };
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

async function take(store: LogStore, [ofTerm, at]: readonly [number, number]) {
  const writer = await store.snapshots.begin(metaOf(ofTerm, at));
  for (const text of CHUNKS) await writer.append(bytesOf(`${text} of ${at}`));
  return writer.finish();
}

async function contentOf({ snapshots }: LogStore, snapshot: StoredSnapshot): Promise<string[]> {
  const found: string[] = [];
  for (let place = 0; place < snapshot.chunkCount; place += 1) {
    found.push(new TextDecoder().decode(await snapshots.readChunk(snapshot, place)));
  }
  return found;
}

type Deed = (store: LogStore) => Promise<unknown>;
interface Ending {
  readonly isDone: boolean;
  /** How many chunks of snapshots the start found. */
  readonly left: number;
}

type Check = (store: LogStore, recovered: RecoveredLog, ending: Ending) => Promise<void>;

function chunksLeftOn({ disk }: PromptDisk): number {
  const database = disk.content.get('data/snapshots');
  if (database?.type !== 'database') return 0;
  return database.records.from(bytesOf('k')).filter(({ key }) => key[0] === 0x6b).length;
}

/** Kills the process before each operation that `deed` makes of the disk, and looks at what the next start finds. */
async function killedEverywhere(
  prepare: Deed,
  deed: Deed,
  check: Check,
  growthBounds: GrowthBounds = GROWTH_BOUNDS,
): Promise<number> {
  let steps = 0;
  for (let step = 0; ; step += 1) {
    for (const kind of KINDS) {
      const disk = new PromptDisk(new SeededRandom(step));
      const store = disk.store({ growthBounds });
      await store.open(OWNER);
      await prepare(store);
      for (let turn = 0; turn < 40; turn += 1) await Promise.resolve();
      const before = disk.steps;
      disk.crashAt = before + step;
      const result = await Promise.race([deed(store).then(() => 'done'), disk.died]);
      const isDone = result === 'done';
      disk.after(kind);
      const left = chunksLeftOn(disk);
      const next = disk.store({ growthBounds });
      await check(next, await next.open(OWNER), { isDone, left });
      await next.close();
      steps = Math.max(steps, step);
      if (isDone && kind === 'power') return steps;
    }
  }
}

const LOG = [
  hard(2),
  append(run(1, 1, ['a', 'b', 'c']), run(1, 4, ['d']), run(2, 5, ['e', 'f', 'g'])),
];
const ALL = ['1:a', '1:b', '1:c', '1:d', '2:e', '2:f', '2:g'];

describe('a crash anywhere', () => {
  it('[SN1] [SN4] [E4] while a snapshot is taken and the log compacted leaves both, or the state before', async () => {
    const steps = await killedEverywhere(
      (store) => write(store, LOG),
      async (store) => {
        await take(store, [2, 5]);
        await write(store, [behind('compactThrough', 2, 5)]);
      },
      async (store, { log, snapshot }, { isDone }) => {
        const base = log.base.index;
        expect([0, 5]).toContain(base);
        if (isDone) expect(base).toBe(5);
        if (snapshot === null) expect(base).toBe(0);
        else expect(await contentOf(store, snapshot)).toEqual(CHUNKS.map((text) => `${text} of 5`));
        expect(await texts(store, base + 1, 7)).toEqual(ALL.slice(base));
      },
    );
    expect(steps).toBeGreaterThan(6);
  });

  /** The whole log, and a snapshot through 3 behind which it begins. */
  async function beginAtThree(store: LogStore): Promise<void> {
    await write(store, LOG);
    await take(store, [1, 3]);
    await write(store, [behind('compactThrough', 1, 3)]);
  }

  it('[SN2] while a newer one takes the place of an older leaves a whole one that the log meets', async () => {
    await killedEverywhere(
      beginAtThree,
      async (store) => {
        await take(store, [2, 6]);
        await write(store, [behind('compactThrough', 2, 6)]);
      },
      async (store, { log, snapshot }) => {
        const at = snapshot?.lastEntry.index ?? 0;
        expect([3, 6]).toContain(at);
        expect(at).toBeGreaterThanOrEqual(log.base.index);
        if (snapshot !== null) {
          expect(await contentOf(store, snapshot)).toEqual(
            CHUNKS.map((text) => `${text} of ${at}`),
          );
        }
        expect(await texts(store, log.base.index + 1, 7)).toEqual(ALL.slice(log.base.index));
      },
    );
  });

  /** Its second chunk is the one of the snapshot before, its others are not. */
  async function grow(store: LogStore, [ofTerm, at]: readonly [number, number]): Promise<void> {
    const { newest } = store.snapshots;
    const writer = await store.snapshots.begin(metaOf(ofTerm, at), newest ?? expect.fail('a base'));
    await writer.append(bytesOf(`one of ${at}`));
    await writer.share?.(1);
    for (const text of ['three', 'four', 'five']) await writer.append(bytesOf(`${text} of ${at}`));
    await writer.finish();
  }

  const GROWN = ['one of 6', 'two of 3', 'three of 6', 'four of 6', 'five of 6'];

  it.each([
    ['with its end', GROWTH_BOUNDS],
    ['ahead', { ...GROWTH_BOUNDS, heldBytesMax: 0 }],
  ])(
    '[SN5] [SN4] [E4] while one grows out of another, written %s, leaves the one or the other',
    async (_, bounds) => {
      const found = { old: 0, new: 0 };
      await killedEverywhere(
        beginAtThree,
        async (store) => {
          await grow(store, [2, 6]);
          await write(store, [behind('compactThrough', 2, 6)]);
        },
        async (store, { log, snapshot }, { left }) => {
          const isOld = snapshot?.lastEntry.index === 3;
          found[isOld ? 'old' : 'new'] += 1;
          const expected = isOld ? CHUNKS.map((text) => `${text} of 3`) : GROWN;
          expect(await contentOf(store, snapshot ?? expect.fail('there is one'))).toEqual(expected);
          // Builds that know of no such thing read what is there, and nothing else.
          if (bounds === GROWTH_BOUNDS) expect(left).toBe(expected.length);
          expect(snapshot?.lastEntry.index).toBeGreaterThanOrEqual(log.base.index);
          expect(await texts(store, log.base.index + 1, 7)).toEqual(ALL.slice(log.base.index));
        },
        bounds,
      );
      expect(found.old).toBeGreaterThan(2);
      expect(found.new).toBeGreaterThan(2);
    },
  );

  /** A follower of term 2 installs what a leader of term 3 has. */
  async function offered(at: number): Promise<StoredSnapshot> {
    const disk = new PromptDisk();
    const store = disk.store();
    await store.open(OWNER);
    await write(store, [hard(3), append(run(3, 1, Array<string>(20).fill('x')))]);
    const snapshot = await take(store, [3, at]);
    return snapshot ?? expect.fail('its own snapshot is whole');
  }

  it.each([
    ['behind its log', 10],
    ['at a conflicting entry', 6],
  ])(
    '[SN3] [SN4] [E1] [E3] in the middle of an installation %s leaves the old state or the new one',
    async (_, at) => {
      const offer = await offered(at);
      const found = { old: 0, new: 0 };
      await killedEverywhere(
        (store) => write(store, [hard(3), ...LOG.slice(1)]),
        async (store) => {
          const writer = await store.snapshots.resume(offer);
          for (const text of CHUNKS.slice(writer.nextChunk)) {
            await writer.append(bytesOf(`${text} of ${at}`));
          }
          await writer.finish();
          await write(store, [behind('restart', 3, at)]);
        },
        async (store, { commitIndex, configurations, log, membership, snapshot }, { isDone }) => {
          const isNew = snapshot !== null;
          found[isNew ? 'new' : 'old'] += 1;
          if (isDone) expect(isNew).toBe(true);
          if (!isNew) {
            expect(await texts(store, 1, 7)).toEqual(ALL);
            const writer = await store.snapshots.resume(offer);
            for (const text of CHUNKS.slice(writer.nextChunk)) {
              await writer.append(bytesOf(`${text} of ${at}`));
            }
            expect(await writer.finish()).toEqual(offer);
            return;
          }
          expect(log).toEqual({ base: { term: 3, index: at }, lastIndex: at, termRuns: [] });
          expect(membership).toEqual(offer.membership);
          expect([commitIndex, configurations]).toEqual([at, []]);
          await write(store, [append(run(3, at + 1, ['next']))]);
          expect(await texts(store, at + 1, at + 1)).toEqual(['3:next']);
        },
      );
      expect(Math.min(found.old, found.new)).toBeGreaterThan(2);
    },
  );
});

describe('a snapshot and a log', () => {
  async function started(deed: Deed): Promise<{ store: LogStore; recovered: RecoveredLog }> {
    const disk = new PromptDisk();
    const first = disk.store();
    await first.open(OWNER);
    await deed(first);
    const store = disk.after('power').store();
    return { store, recovered: await store.open(OWNER) };
  }

  it('[SN4] [E2] one that is a prefix of the log leaves everything behind it', async () => {
    const { store, recovered } = await started(async (first) => {
      await write(first, LOG);
      await take(first, [1, 3]);
    });
    expect(recovered.log.lastIndex).toBe(7);
    await write(store, [behind('compactThrough', 1, 3)]);
    expect(await texts(store, 4, 7)).toEqual(ALL.slice(3));
  });

  it('[SN2] [ST20] [E5] a stale one is refused, and the log never falls behind what is committed', async () => {
    const { store } = await started(async (first) => {
      await write(first, LOG);
      await take(first, [2, 5]);
    });
    await expect(store.snapshots.begin(metaOf(1, 3))).rejects.toThrow('SN2');
    await write(store, [{ type: 'noteCommitted', index: index(6) }]);
    expect(() => store.write([behind('restart', 2, 5)], () => {})).toThrow('ST20');
    expect(await texts(store, 1, 7)).toEqual(ALL);
  });

  it('[ST9] an old one that cannot be taken off the disk stops the store, which says so unasked', async () => {
    const disk = new PromptDisk();
    const store = disk.store();
    await store.open(OWNER);
    await write(store, LOG);
    const told = new Promise<Error>((resolve) => store.onFailure(resolve));
    const old = await take(store, [1, 3]);
    const release = old === null ? () => {} : store.snapshots.pin(old);
    await take(store, [2, 5]);
    disk.disk.trouble.failNextWrite = 'absent';
    release();
    expect(await told).toMatchObject({ code: 'RAFT_STORAGE_FAILED' });
    expect(await outcome(store, [hard(3)])).toBe(await told);
  });

  it('[ST20] a long log is swept in many batches, and a crash between them is none', async () => {
    const runs = Array.from({ length: 1_500 }, (_, at) => run(1, at + 1, [`${at + 1}`]));
    const disk = new PromptDisk();
    const store = disk.store();
    await store.open(OWNER);
    await write(store, [hard(1), append(...runs)]);
    await take(store, [1, 1_400]);
    const batches = disk.batches.length;
    await write(store, [behind('compactThrough', 1, 1_400)]);
    const next = disk.after('power').store();
    const { log } = await next.open(OWNER);
    expect(log).toMatchObject({ base: { index: 1_400 }, lastIndex: 1_500 });
    expect(await outcome(next, [truncate(1_450)])).toBe(null);
    for (let turn = 0; turn < 400; turn += 1) await Promise.resolve();
    const deletions = disk.batches
      .slice(batches)
      .map((batch) => batch.filter(({ type }) => type === 'del').length);
    expect(Math.max(...deletions)).toBeLessThanOrEqual(512);
    await next.close();
    const { log: last } = await disk.after('kill').store().open(OWNER);
    expect(last).toMatchObject({ base: { index: 1_400 }, lastIndex: 1_449 });
  });
});

describe('damage', () => {
  /** A log that begins behind a snapshot, and a disk on which this is done to the records of the snapshots. */
  async function openedAfter(
    compacted: number,
    damage: (name: string, value: Uint8Array) => Uint8Array | null | undefined,
  ): Promise<RecoveredLog> {
    const disk = new PromptDisk();
    const store = disk.store();
    await store.open(OWNER);
    await write(store, LOG);
    await take(store, [1, 3]);
    const unpin = store.snapshots.pin(store.snapshots.newest ?? expect.fail('there is one'));
    await take(store, [2, 6]);
    if (compacted > 0)
      await write(store, [behind('compactThrough', compacted > 4 ? 2 : 1, compacted)]);
    const found = disk.disk.content.get('data/snapshots');
    if (found?.type !== 'database') throw new Error('there is no database of snapshots');
    void unpin;
    for (const name of [...found.records.names]) {
      const value = found.records.get(name)?.value ?? new Uint8Array();
      const changed = damage(name, value);
      if (changed !== undefined) found.records.damage(name, changed);
    }
    return disk.after('kill').store().open(OWNER);
  }

  const isOf = (name: string, number: number): boolean => name.charCodeAt(4) === number;
  const flipped = (value: Uint8Array): Uint8Array =>
    value.with(value.length - 1, 255 - (value.at(-1) ?? 0));

  it('[SN4] [E11] [G8] an older snapshot is not used after the newest is damaged, if the log begins behind it', async () => {
    const failing = openedAfter(6, (name, value) => (isOf(name, 2) ? flipped(value) : undefined));
    await expect(failing).rejects.toMatchObject({
      code: 'RAFT_LOG_REFUSED',
      message: expect.stringContaining('the newest whole snapshot ends at index 3'),
    });
  });

  it('[SN1] [G8] no changed or missing record of a snapshot is used: the log tells what it was, or the start is refused', async () => {
    const names: string[] = [];
    await openedAfter(3, (name) => void names.push(name));
    expect(names.length).toBeGreaterThan(9);
    for (const victim of names) {
      for (const harm of [flipped, () => null]) {
        const change = (name: string, value: Uint8Array) =>
          name === victim ? harm(value) : undefined;
        const { snapshot } = await openedAfter(3, change);
        expect([3, 6]).toContain(snapshot?.lastEntry.index);
        const refused = await openedAfter(6, change).then(
          (recovered) => recovered.snapshot?.lastEntry.index,
          (error: { code: string }) => error.code,
        );
        expect([6, 'RAFT_LOG_REFUSED']).toContain(refused);
      }
    }
  });

  it('[SN4] [ST7] a log that was put back from an older copy of the same start is no installation that was cut short', async () => {
    const workspace = new Workspace();
    const directory = workspace.fresh();
    const older = await during(directory, async (store) => {
      await write(store, [hard(1), append(run(1, 1, ['a', 'b']))]);
      const copy = workspace.copy(directory);
      await write(store, [append(run(1, 3, ['c']), run(1, 4, ['d']))]);
      await take(store, [1, 4]);
      return copy;
    });
    const mixed = workspace.copy(older);
    rmSync(join(mixed, 'snapshots'), { recursive: true });
    cpSync(join(directory, 'snapshots'), join(mixed, 'snapshots'), { recursive: true });
    await expect(storeIn(mixed).open(OWNER)).rejects.toMatchObject({
      code: 'RAFT_LOG_REFUSED',
      message: expect.stringMatching(/log is older than .*snapshots: its newest writes are gone/),
    });
    const lastIndex = (at: string) => during(at, async (_, { log }) => log.lastIndex);
    expect([await lastIndex(directory), await lastIndex(older)]).toEqual([4, 2]);
  });
});
