/** The store on disk keeps the contract of every log store, and asks its disk for no less than it must. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Level } from 'level';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { index } from '../../src/core/types.ts';
import type { LogStore } from '../../src/ports/log-store.ts';
import { cryptoWord } from '../../src/storage/directory/random-word.ts';
import type { Database, DatabaseRecord } from '../../src/storage/disk/database.ts';
import type { Files } from '../../src/storage/disk/files.ts';
import { LevelDatabase } from '../../src/storage/disk/level-database.ts';
import { nodeFiles } from '../../src/storage/disk/node-files.ts';
import { LevelLogStore } from '../../src/storage/level-log-store.ts';
import { isSameKey, keyOfRun } from '../../src/storage/records/record.ts';
import {
  append,
  hard,
  OWNER,
  outcome,
  peer,
  run,
  texts,
  truncate,
  write,
} from '../../src/testing/contracts/log-operations.ts';
import { logStoreContract } from '../../src/testing/contracts/log-store-contract.ts';

logStoreContract(
  {
    name: 'levelLogStore',
    async create() {
      const parent = await mkdtemp(join(tmpdir(), 'raftchart-'));
      const directory = join(parent, 'new', 'data');
      let isBroken = false;
      const database = (path: string): Database => breakable(path, () => isBroken);
      return {
        store: () =>
          new LevelLogStore({ directory, files: nodeFiles, database, randomWord: cryptoWord }),
        breakDisk: () => {
          isBroken = true;
        },
        dispose: () => rm(parent, { recursive: true }),
      };
    },
  },
  { describe, it, expect, afterEach },
);

describe('levelLogStore and its disk', () => {
  const events: string[] = [];
  let directory = '';
  let store: LogStore;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'raftchart-'));
    const database = (path: string): Database => observed(path, events);
    const files = observedFiles(events);
    store = new LevelLogStore({ directory, files, database, randomWord: cryptoWord });
    await store.open(OWNER);
    events.length = 0;
  });
  afterEach(async () => {
    await store.close();
    await rm(directory, { recursive: true });
  });

  it('[ST1] a write is one batch, and the marker follows it', async () => {
    await write(store, [hard(1), append(run(1, 1, ['a', 'b', 'c']))]);
    events.length = 0;
    await write(store, [truncate(2), append(run(1, 2, ['B']), run(1, 3, ['C']))]);
    expect(events).toEqual(['batch', 'on disk', 'acknowledged: write']);
  });

  it('[ST4] a changed hard state is in its second place, synced, before the marker', async () => {
    await write(store, [hard(1, 'n2'), append(run(1, 1, ['a']))]);
    const order = [
      'batch',
      'on disk',
      'hard-state: write',
      'hard-state: sync',
      'acknowledged: write',
    ];
    expect(events).toEqual(order);
    events.length = 0;
    await write(store, [hard(1, 'n2')]);
    expect(events).toEqual(['batch', 'on disk', 'acknowledged: write']);
  });

  it('[ST1] every batch that LevelDB gets is a synced one', async () => {
    const batch = Level.prototype.batch;
    const options: unknown[] = [];
    Level.prototype.batch = function (this: unknown, ...given: unknown[]) {
      options.push(given[1]);
      return Reflect.apply(batch, this, given);
    };
    try {
      await write(store, [hard(1), append(run(1, 1, ['a']))]);
      await store.rememberPeer(peer('n2', 1));
    } finally {
      Level.prototype.batch = batch;
    }
    expect(options).toEqual([{ sync: true }, { sync: true }]);
  });

  it('[ST14] a peer is remembered once the batch is on disk and the marker written, not before', async () => {
    let release = (): void => {};
    const onDisk = new Promise<void>((resolve) => {
      gate.pass = (report) => {
        release = report;
        resolve();
      };
    });
    const remembering = store.rememberPeer(peer('n2', 1)).then(() => events.push('remembered'));
    await onDisk;
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
    expect(events).not.toContain('remembered');
    gate.pass = null;
    release();
    await remembering;
    expect(events).toEqual(['batch', 'on disk', 'acknowledged: write', 'remembered']);
  });

  it('[ST12] a log of many runs is cut and read anywhere', async () => {
    const runs = Array.from({ length: 500 }, (_, at) => run(1, 2 * at + 1, [`${at}a`, `${at}b`]));
    await write(store, [hard(2), append(...runs)]);
    expect(await texts(store, 777, 780)).toEqual(['1:388a', '1:388b', '1:389a', '1:389b']);
    await write(store, [truncate(600), append(run(2, 600, ['x']))]);
    expect(await texts(store, 597, 600)).toEqual(['1:298a', '1:298b', '1:299a', '2:x']);
  });

  it('[ST12] a read during a truncation that is on disk, but not yet reported, waits for it', async () => {
    await write(store, [hard(2), append(run(1, 1, ['a', 'b', 'c', 'd']))]);
    let release = (): void => {};
    const onDisk = new Promise<void>((resolve) => {
      gate.pass = (report) => {
        release = report;
        resolve();
      };
    });
    const cut = write(store, [truncate(2), append(run(2, 2, ['B']), run(2, 3, ['C', 'D']))]);
    await onDisk;
    gate.pass = null;
    const read = texts(store, 3, 4);
    release();
    await cut;
    expect(await read).toEqual(['2:C', '2:D']);
  });

  it('[ST2] a run that rots on disk is not handed out, and the store stops', async () => {
    await write(store, [hard(1), append(run(1, 1, ['a']), run(1, 2, ['b']), run(1, 3, ['c']))]);
    rot.key = keyOfRun(index(2));
    const failed = { code: 'RAFT_STORAGE_FAILED', message: expect.stringContaining('index 2') };
    await expect(texts(store, 1, 3)).rejects.toMatchObject(failed);
    rot.key = null;
    await expect(texts(store, 1, 1)).rejects.toMatchObject(failed);
    expect(await outcome(store, [hard(2)])).toMatchObject(failed);
  });
});

describe('a database that throws', () => {
  it('[ST9] at a write fails that write, once, and the store still closes', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'raftchart-'));
    let isBroken = false;
    const database = (path: string): Database => {
      const level = new LevelDatabase(path);
      return {
        open: (options) => level.open(options),
        write: (changes, completed) => {
          if (isBroken) throw new RangeError('Array buffer allocation failed');
          level.write(changes, completed);
        },
        scan: (range) => level.scan(range),
        close: () => level.close(),
      };
    };
    const ground = { directory, files: nodeFiles, database, randomWord: cryptoWord };
    const store = new LevelLogStore(ground);
    await store.open(OWNER);
    await write(store, [hard(1), append(run(1, 1, ['a', 'b']))]);
    isBroken = true;
    const failed = { code: 'RAFT_STORAGE_FAILED' };
    expect(await outcome(store, [truncate(2), append(run(1, 2, ['c']))])).toMatchObject(failed);
    await expect(store.rememberPeer(peer('n2', 1))).rejects.toMatchObject(failed);
    await store.close();
    await rm(directory, { recursive: true });
  });
});

/** What is done with the report of a write that is on disk, instead of passing it on at once. */
const gate: { pass: ((report: () => void) => void) | null } = { pass: null };

/** The key of the record that comes back with one bit flipped. */
const rot: { key: Uint8Array | null } = { key: null };

/** A real database that says what it is asked to do. */
function observed(path: string, events: string[]): Database {
  const level = new LevelDatabase(path);
  return {
    open: (options) => level.open(options),
    write: (changes, completed) => {
      events.push('batch');
      level.write(changes, (error) => {
        events.push('on disk');
        if (gate.pass === null) completed(error);
        else gate.pass(() => completed(error));
      });
    },
    scan: (range) => {
      const scan = level.scan(range);
      const next = async (): Promise<readonly DatabaseRecord[]> => (await scan.next()).map(rotten);
      return { next, close: () => scan.close() };
    },
    close: () => level.close(),
  };
}

function rotten(record: DatabaseRecord): DatabaseRecord {
  if (rot.key === null || !isSameKey(rot.key, record.key)) return record;
  const value = record.value.slice();
  value[value.length - 1] = (value[value.length - 1] ?? 0) ^ 4;
  return { key: record.key, value };
}

/** Real files that say which of them is written in place or synced. */
function observedFiles(events: string[]): Files {
  return {
    ...nodeFiles,
    open: async (path) => {
      const name = basename(path);
      const file = await nodeFiles.open(path);
      return {
        writeAt: (bytes, position) => {
          events.push(`${name}: write`);
          file.writeAt(bytes, position);
        },
        sync: (completed) => {
          events.push(`${name}: sync`);
          file.sync(completed);
        },
        syncSoon: () => file.syncSoon(),
        close: () => file.close(),
      };
    },
  };
}

/** A real database whose disk can be made to refuse writes. */
function breakable(path: string, isBroken: () => boolean): Database {
  const level = new LevelDatabase(path);
  return {
    open: (options) => level.open(options),
    write: (changes, completed) => {
      if (isBroken()) setImmediate(() => completed(new Error('the disk is broken')));
      else level.write(changes, completed);
    },
    scan: (range) => level.scan(range),
    close: () => level.close(),
  };
}
