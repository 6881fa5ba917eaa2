/** The durable log store of a Node process: the level store upon real files and a real LevelDB. */

import { checkOptionNames } from '../core/known-names.ts';
import type { LogStore, LogStoreOwner } from '../ports/log-store.ts';
import type { DirectoryAccess } from './directory/directory-parts.ts';
import { cryptoWord, type RandomWord } from './directory/random-word.ts';
import { LevelDatabase } from './disk/level-database.ts';
import { nodeFiles } from './disk/node-files.ts';
import { LevelLogStore } from './level-log-store.ts';
import { OPEN_FILES_MAX } from './limits.ts';

export interface LevelLogStoreOptions {
  /** The data directory. New if it does not exist or is empty; otherwise it must be this node's own. */
  readonly directory: string;
  /** The words of incarnations and boots; a cryptographic source unless given. */
  readonly randomWord?: RandomWord;
  /** Bound on the files that LevelDB keeps open; it takes 74 at least, and 1,000 unless given. */
  readonly openFilesMax?: number;
}

interface NodeAccessOptions extends LevelLogStoreOptions {
  /** What it promised while it founded may lie there before anything else does (FO11). */
  readonly isFounded?: boolean;
}

/** A store on disk; nothing is touched before `open`. */
export function levelLogStore(options: LevelLogStoreOptions): LogStore {
  checkOptionNames('levelLogStore', options, ['directory', 'randomWord', 'openFilesMax']);
  const { directory } = options;
  if (typeof directory !== 'string' || directory === '') {
    throw new TypeError('levelLogStore needs a directory: a path that is not empty');
  }
  return new LevelLogStore(nodeAccess(options));
}

/** The same, of which what takes long is begun when it resolves: `open` is about to be called for this node. */
export async function openingLogStore(
  options: NodeAccessOptions,
  owner: Pick<LogStoreOwner, 'nodeId'>,
): Promise<LogStore> {
  const store = new LevelLogStore(nodeAccess(options));
  await store.beginToOpen(owner);
  return store;
}

/** A data directory of this process, upon real files and a real LevelDB. */
export function nodeAccess({
  directory,
  randomWord = cryptoWord,
  openFilesMax = OPEN_FILES_MAX,
  isFounded = false,
}: NodeAccessOptions): DirectoryAccess {
  const database = (path: string): LevelDatabase => new LevelDatabase(path, openFilesMax);
  return { directory, files: nodeFiles, database, randomWord, isFounded };
}
