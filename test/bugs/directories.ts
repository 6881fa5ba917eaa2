/** Data directories on simulated disks: the real store, under virtual time, with copies and restored backups. */

import type { DirectoryGround } from '../../src/storage/directory/directory-parts.ts';
import type { Database } from '../../src/storage/disk/database.ts';
import { LevelLogStore } from '../../src/storage/level-log-store.ts';
import type { SimulatedDisk } from '../storage/simulated-disk.ts';

let words = 0;

/** A word that no other start has, as random ones are. */
function newWord(): string {
  words += 1;
  return words.toString(16).padStart(16, '0');
}

/** The real store upon a simulated disk; `changes` replaces parts of what it stands on. */
export function storeOn(
  { database, files }: SimulatedDisk,
  changes: Partial<DirectoryGround> = {},
): LevelLogStore {
  return new LevelLogStore({ directory: 'data', files, database, randomWord: newWord, ...changes });
}

/** A database whose writes reach the page cache and whose syncs fail from the moment that `isDead` says so. */
export function deafToSync(open: (path: string) => Database, isDead: () => boolean) {
  return (path: string): Database => {
    const real = open(path);
    return {
      open: (options) => real.open(options),
      write: (changes, completed) =>
        real.write(changes, (error) => completed(isDead() ? new Error('EIO: sync') : error)),
      scan: (range) => real.scan(range),
      close: () => real.close(),
    };
  };
}
