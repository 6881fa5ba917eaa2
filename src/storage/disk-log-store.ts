/** The durable log store of a Node process: the level store upon real files and a real LevelDB. */
import type { LogStore } from '../ports/log-store.ts';
import { LevelDatabase } from './level-database.ts';
import { LevelLogStore } from './level-log-store.ts';
import { nodeFiles } from './node-files.ts';
import { cryptoWord, type RandomWord } from './random-word.ts';

export interface LevelLogStoreOptions {
  /** The data directory. New if it does not exist or is empty; otherwise it must be this node's own. */
  readonly directory: string;
  /** The words of incarnations and boots; a cryptographic source unless given. */
  readonly randomWord?: RandomWord;
}

/** A store on disk; nothing is touched before `open`. */
export function levelLogStore({
  directory,
  randomWord = cryptoWord,
}: LevelLogStoreOptions): LogStore {
  const database = (path: string): LevelDatabase => new LevelDatabase(path);
  return new LevelLogStore({ directory, files: nodeFiles, database, randomWord });
}
