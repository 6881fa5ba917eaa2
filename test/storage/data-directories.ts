/** Real data directories for the tests of damage: a known history, copies of it, and what became of one. */
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { RaftError } from '../../src/core/errors.ts';
import type { LogStore, LogStoreOwner, RecoveredLog } from '../../src/ports/log-store.ts';
import type { DirectoryAccess } from '../../src/storage/directory/directory-parts.ts';
import { cryptoWord } from '../../src/storage/directory/random-word.ts';
import { LevelDatabase } from '../../src/storage/disk/level-database.ts';
import { nodeFiles } from '../../src/storage/disk/node-files.ts';
import { LevelLogStore } from '../../src/storage/level-log-store.ts';
import { append, OWNER, outcome, run, write } from '../../src/testing/contracts/log-operations.ts';
import { SeededRandom } from '../../src/testing/simulation/runtime/random.ts';
import {
  contentOf,
  drawWrite,
  type LogModel,
  legalWrite,
  MODEL_EMPTY,
  type RandomWrite,
} from './log-model.ts';

const SESSIONS = 4;
const WRITES_PER_SESSION = 12;
/** Of every write one run is about this long, so that the files have several blocks. */
const PADDING = 'x'.repeat(700);

/** Room that all copies of a directory together may take there: they go one by one. */
const MEMORY_BYTES_MIN = 2 ** 28;

/**
 * Files in memory, where the system has a place for them: what is spoiled, opened and thrown away hundreds of times is
 * about bytes, and to make and remove it on a disk takes longer than all else.
 */
export function inMemory(): string {
  const place = '/dev/shm';
  if (!existsSync(place)) return tmpdir();
  const { bavail, bsize } = statfsSync(place);
  return bavail * bsize > MEMORY_BYTES_MIN ? place : tmpdir();
}

/** A parent for data directories and their copies, removed when the tests of the file, or of the suite, are done. */
export class Workspace {
  readonly path: string;
  #count = 0;

  constructor(parent = tmpdir()) {
    this.path = mkdtempSync(join(parent, 'raftchart-'));
    afterAll(() => rmSync(this.path, { recursive: true }));
  }

  /** A path that does not exist yet. */
  fresh(): string {
    this.#count += 1;
    return join(this.path, `${this.#count}`);
  }

  copy(directory: string): string {
    const path = this.fresh();
    cpSync(directory, path, { recursive: true });
    return path;
  }
}

/** The store on disk; `changes` replaces parts of what it stands on. */
export function storeIn(directory: string, changes: Partial<DirectoryAccess> = {}): LevelLogStore {
  const database = (path: string): LevelDatabase => new LevelDatabase(path);
  const access = { directory, files: nodeFiles, database, randomWord: cryptoWord };
  return new LevelLogStore({ ...access, ...changes });
}

/** Opens a directory, does this with it, and closes it again. */
export async function during<Result>(
  directory: string,
  deed: (store: LogStore, recovered: RecoveredLog) => Promise<Result>,
  owner: LogStoreOwner = OWNER,
): Promise<Result> {
  await using store = storeIn(directory);
  return await deed(store, await store.open(owner));
}

export interface History {
  readonly model: LogModel;
  /** As a kill leaves it: copied while the store was open and idle. */
  readonly killed: string;
  /** After a close. */
  readonly closed: string;
}

/** Several sessions of random writes with truncations, votes and peers, the same for the same seed. */
export async function makeHistory(workspace: Workspace, seed: number): Promise<History> {
  const directory = workspace.fresh();
  const random = new SeededRandom(seed);
  let model = MODEL_EMPTY;
  let killed = '';
  for (let session = 1; session <= SESSIONS; session += 1) {
    await during(directory, async (store) => {
      for (let count = 1; count <= WRITES_PER_SESSION; count += 1) {
        const mark = session * 1_000 + count;
        const peer = random.pick([null, null, null, 'n2', 'n3']);
        const drawn = { ...drawWrite(random), peer };
        model = await writeRandomly(store, model, { write: drawn, mark });
      }
      if (session === SESSIONS) killed = workspace.copy(directory);
    });
  }
  return { model, killed, closed: directory };
}

async function writeRandomly(
  store: LogStore,
  model: LogModel,
  next: { readonly write: RandomWrite; readonly mark: number },
): Promise<LogModel> {
  const { operations, peer, after } = legalWrite(model, next.write, next.mark);
  await write(store, operations);
  if (peer !== null) await store.rememberPeer(peer);
  const text = `${next.mark}${PADDING}`;
  await write(store, [append(run(after.term, after.entries.length + 1, [text]))]);
  return { ...after, entries: [...after.entries, `${after.term}:${text}`] };
}

type Verdict =
  | { readonly type: 'intact' }
  | { readonly type: 'refused'; readonly error: RaftError };

/**
 * Opens a directory. `intact`: it holds exactly what the model says, and still does after one more write
 * and a restart, or is then refused. Throws if it opens with anything else, or fails without a plan.
 */
export async function verdictOf(directory: string, model: LogModel): Promise<Verdict> {
  const next = append(run(Math.max(1, model.term), model.entries.length + 1, ['after']));
  const check = async (store: LogStore, recovered: RecoveredLog): Promise<void> => {
    requireSame(await contentOf(store, recovered), model);
    await outcome(store, [next]);
  };
  try {
    await during(directory, check);
    return { type: 'intact' };
  } catch (error) {
    if (error instanceof RaftError) return { type: 'refused', error };
    throw error;
  }
}

function requireSame(found: LogModel, expected: LogModel): void {
  const [left, right] = [JSON.stringify(found), JSON.stringify(expected)];
  if (left !== right)
    throw new Error(`silently wrong: ${left.slice(0, 300)} for ${right.slice(0, 300)}`);
}

/** Every file below a directory, relative to it, sorted. */
export function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(directory, name)).isFile())
    .sort();
}

/** Changes whenever a name or a byte below the directory does. */
export function fingerprint(directory: string): string {
  const hash = createHash('sha256');
  for (const name of filesIn(directory))
    hash.update(name).update(readFileSync(join(directory, name)));
  return hash.digest('hex');
}
