/** The store on disk keeps the contract of every log store, and asks its disk for no less than it must. */
import { basename, join } from 'node:path';
import { Level } from 'level';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { index } from '../../src/core/types.ts';
import type { LogStore } from '../../src/ports/log-store.ts';
import type {
  Database,
  DatabaseChange,
  DatabaseScan,
  ScanRange,
} from '../../src/storage/disk/database.ts';
import type { Files } from '../../src/storage/disk/files.ts';
import { LevelDatabase } from '../../src/storage/disk/level-database.ts';
import { nodeFiles } from '../../src/storage/disk/node-files.ts';
import type { LevelLogStore } from '../../src/storage/level-log-store.ts';
import { PENDING_PEERS_MAX } from '../../src/storage/limits.ts';
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
import {
  type LogStoreContract,
  logStoreContract,
} from '../../src/testing/contracts/log-store-contract.ts';
import { snapshotStoreContract } from '../../src/testing/contracts/snapshot-store-contract.ts';
import { closing } from '../clean-up.ts';
import { flipped } from '../flipped.ts';
import { storeIn, Workspace } from './data-directories.ts';

const workspace = new Workspace();

/** The store on a disk that the test watches and disturbs. */
function storeOn(disk: Disturbance, directory = workspace.fresh()): LevelLogStore {
  const database = (path: string): Database => new DisturbedDatabase(path, disk);
  return storeIn(directory, { database, files: watchedFiles(disk) });
}

const onDisk: LogStoreContract = {
  name: 'levelLogStore',
  async create() {
    const directory = join(workspace.fresh(), 'new', 'data');
    const disk = new Disturbance();
    return {
      store: () => storeOn(disk, directory),
      breakDisk: () => {
        disk.instead = (completed) =>
          setImmediate(() => completed(new Error('the disk is broken')));
      },
      dispose: async () => {},
    };
  },
};

for (const contract of [logStoreContract, snapshotStoreContract]) {
  contract(onDisk, { describe, it, expect, afterEach });
}

describe('levelLogStore and its disk', () => {
  let disk = new Disturbance();
  let events = disk.events;
  let store: LogStore;

  beforeEach(async () => {
    disk = new Disturbance();
    events = disk.events;
    store = closing(storeOn(disk));
    await store.open(OWNER);
    events.length = 0;
  });

  it('[ST1] a write is one batch, and the marker follows it', async () => {
    await write(store, [hard(1), append(run(1, 1, ['a', 'b', 'c']))]);
    events.length = 0;
    await write(store, [truncate(2), append(run(1, 2, ['B']), run(1, 3, ['C']))]);
    expect(events).toEqual(['batch', 'on disk', 'acknowledged: write']);
  });

  it('[ST1] LevelDB is told to sync each batch', async () => {
    const batch = vi.spyOn(Level.prototype, 'batch');
    await write(store, [hard(1), append(run(1, 1, ['a']))]);
    await store.rememberPeer(peer('n2', 1));
    expect(batch.mock.calls.map((given: readonly unknown[]) => given[1])).toEqual([
      { sync: true },
      { sync: true },
    ]);
    batch.mockRestore();
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

  it('[ST4] a hard state that changes alone is written to both places at once, and the marker follows both', async () => {
    const onDisk = disk.holdBack();
    const written = write(store, [hard(1, 'n2')]);
    const release = await onDisk;
    await vi.waitFor(() => expect(events).toContain('hard-state: sync'));
    expect(events).not.toContain('acknowledged: write');
    release();
    await written;
    expect(events.slice(-2)).toEqual(['on disk', 'acknowledged: write']);
  });

  it('[ST14] a peer is remembered once the batch is on disk and the marker written, not before', async () => {
    const onDisk = disk.holdBack();
    const remembering = store.rememberPeer(peer('n2', 1)).then(() => events.push('remembered'));
    const release = await onDisk;
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
    expect(events).not.toContain('remembered');
    release();
    await remembering;
    expect(events).toEqual(['batch', 'on disk', 'acknowledged: write', 'remembered']);
  });

  it('[ST14] a store that is closed in the callback of a batch writes what waits behind it first', async () => {
    const closing = new Promise<void>((resolve, reject) => {
      store.write([hard(1)], () => store.close().then(resolve, reject));
    });
    const remembering = store.rememberPeer(peer('n2', 1));
    await Promise.all([closing, remembering]);
    const [last, ...closed] = events.slice(events.lastIndexOf('acknowledged: write'));
    expect([last, closed]).toEqual([
      'acknowledged: write',
      ['hard-state: close', 'acknowledged: close'],
    ]);
  });

  it('[ST14] more peers than may wait for a batch are refused at once, and those that wait are kept', async () => {
    const onDisk = disk.holdBack();
    const written = write(store, [hard(1)]);
    const release = await onDisk;
    const waiting = Array.from({ length: PENDING_PEERS_MAX }, (_, at) =>
      store.rememberPeer(peer('n2', at)),
    );
    const refused = expect.objectContaining({ code: 'RAFT_OVERLOADED', retry: 'safe' });
    await expect(store.rememberPeer(peer('n3', 1))).rejects.toEqual(refused);
    release();
    await Promise.all([written, ...waiting]);
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
    const onDisk = disk.holdBack();
    const cut = write(store, [truncate(2), append(run(2, 2, ['B']), run(2, 3, ['C', 'D']))]);
    const release = await onDisk;
    const read = texts(store, 3, 4);
    release();
    await cut;
    expect(await read).toEqual(['2:C', '2:D']);
  });

  it('[ST2] a run that rots on disk is not handed out, and the store stops', async () => {
    await write(store, [hard(1), append(run(1, 1, ['a']), run(1, 2, ['b']), run(1, 3, ['c']))]);
    disk.rotten = keyOfRun(index(2));
    const failed = { code: 'RAFT_STORAGE_FAILED', message: expect.stringContaining('index 2') };
    await expect(texts(store, 1, 3)).rejects.toMatchObject(failed);
    disk.rotten = null;
    await expect(texts(store, 1, 1)).rejects.toMatchObject(failed);
    expect(await outcome(store, [hard(2)])).toMatchObject(failed);
  });

  it('[ST9] a database that throws at a write fails that write, once, and the store still closes', async () => {
    await write(store, [hard(1), append(run(1, 1, ['a', 'b']))]);
    disk.instead = () => {
      throw new RangeError('Array buffer allocation failed');
    };
    const failed = { code: 'RAFT_STORAGE_FAILED' };
    expect(await outcome(store, [truncate(2), append(run(1, 2, ['c']))])).toMatchObject(failed);
    await expect(store.rememberPeer(peer('n2', 1))).rejects.toMatchObject(failed);
    await store.close();
  });

  it('[ST9] a sync in the background that fails stops the store, which says so unasked', async () => {
    const told = new Promise<Error>((resolve) => store.onFailure(resolve));
    await write(store, [hard(1)]);
    disk.failSync(new Error('EIO: the disk is broken'));
    const failed = { code: 'RAFT_STORAGE_FAILED' };
    expect(await told).toMatchObject(failed);
    expect(await outcome(store, [hard(2)])).toMatchObject(failed);
    await store.close();
  });
});

/** What a test sees of a disk, and how it disturbs it. */
class Disturbance {
  readonly events: string[] = [];
  /** Done instead of a write. */
  instead: ((completed: (error: Error) => void) => void) | null = null;
  /** The key of the record that comes back with one bit flipped. */
  rotten: Uint8Array | null = null;
  /** Tells that the sync in the background failed that was asked for last. */
  failSync: (error: Error) => void = () => {};
  #hold: ((release: () => void) => void) | null = null;

  /** Holds the next report of a write back. Resolves, once that write is on disk, with how to let it go. */
  holdBack(): Promise<() => void> {
    return new Promise((resolve) => {
      this.#hold = resolve;
    });
  }

  pass(report: () => void): void {
    const hold = this.#hold ?? ((release) => release());
    this.#hold = null;
    hold(report);
  }
}

class DisturbedDatabase extends LevelDatabase {
  readonly #disk: Disturbance;

  constructor(path: string, disk: Disturbance) {
    super(path);
    this.#disk = disk;
  }

  override write(changes: readonly DatabaseChange[], completed: (error: Error | null) => void) {
    const { events, instead } = this.#disk;
    if (instead !== null) return instead(completed);
    events.push('batch');
    super.write(changes, (error) => {
      events.push('on disk');
      this.#disk.pass(() => completed(error));
    });
  }

  override scan(range: ScanRange): DatabaseScan {
    const scan = super.scan(range);
    const { rotten } = this.#disk;
    const isRotten = (key: Uint8Array): boolean => rotten !== null && isSameKey(rotten, key);
    return {
      next: async () =>
        (await scan.next()).map(({ key, value }) => ({
          key,
          value: isRotten(key) ? flipped(value, value.length - 1, 4) : value,
        })),
      close: () => scan.close(),
    };
  }
}

/** Real files that say which of them is written in place or synced. */
function watchedFiles(disk: Disturbance): Files {
  const { events } = disk;
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
        syncSoon: (failed) => {
          disk.failSync = failed;
          file.syncSoon(failed);
        },
        close: () => {
          events.push(`${name}: close`);
          return file.close();
        },
      };
    },
  };
}
