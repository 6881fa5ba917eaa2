/** The store on disk keeps the contract of every log store. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from '../../src/storage/database.ts';
import { LevelDatabase } from '../../src/storage/level-database.ts';
import { LevelLogStore } from '../../src/storage/level-log-store.ts';
import { nodeFiles } from '../../src/storage/node-files.ts';
import { cryptoWord } from '../../src/storage/random-word.ts';
import { logStoreContract } from '../contracts/log-store.contract.ts';

logStoreContract({
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
});

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
