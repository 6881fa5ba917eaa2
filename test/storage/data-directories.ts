/** Real data directories for the tests of damage: a known history, copies of it, and what became of one. */
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { RaftError } from '../../src/core/errors.ts';
import type { LogStore, LogStoreOwner } from '../../src/ports/log-store.ts';
import { levelLogStore } from '../../src/storage/disk-log-store.ts';
import { append, OWNER, outcome, run, write } from '../../src/testing/contracts/log-operations.ts';
import {
  contentOf,
  type LogModel,
  legalWrite,
  MODEL_EMPTY,
  type RandomWrite,
} from './log-model.ts';

const SESSIONS = 4;
const WRITES_PER_SESSION = 12;
/** Of every write one run is about this long, so that the files have several blocks. */
const PADDING = 'x'.repeat(700);

/** A parent for copies, removed by `dispose`. */
export class Workspace {
  readonly path = mkdtempSync(join(tmpdir(), 'raftchart-'));
  #count = 0;

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

  dispose(): void {
    rmSync(this.path, { recursive: true });
  }
}

/** A reproducible source of numbers below `bound`. */
export function numbers(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
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
  const random = numbers(seed);
  let model = MODEL_EMPTY;
  let killed = '';
  for (let session = 1; session <= SESSIONS; session += 1) {
    const store = levelLogStore({ directory });
    await store.open(OWNER);
    for (let count = 1; count <= WRITES_PER_SESSION; count += 1) {
      const mark = session * 1_000 + count;
      model = await writeRandomly(store, model, { write: drawn(random), mark });
    }
    if (session === SESSIONS) killed = workspace.copy(directory);
    await store.close();
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

function drawn(random: (bound: number) => number): RandomWrite {
  return {
    termsAhead: random(4) === 0 ? 1 : 0,
    votedFor: [null, 'n1', 'n2'][random(3)] ?? null,
    cut: random(3) === 0 ? random(6) : 0,
    runs: Array.from({ length: random(3) }, () => 1 + random(4)),
    peer: [null, null, null, 'n2', 'n3'][random(5)] ?? null,
  };
}

type Verdict =
  | { readonly type: 'intact' }
  | { readonly type: 'refused'; readonly error: RaftError };

/**
 * Opens a directory. `intact`: it holds exactly what the model says, and still does after one more write
 * and a restart, or is then refused. Throws if it opens with anything else, or fails without a plan.
 */
export async function verdictOf(
  directory: string,
  model: LogModel,
  owner: LogStoreOwner = OWNER,
): Promise<Verdict> {
  const store = levelLogStore({ directory });
  try {
    const recovered = await store.open(owner);
    const found = await contentOf(store, recovered);
    requireSame(found, model);
    const next = append(run(Math.max(1, model.term), model.entries.length + 1, ['after']));
    await outcome(store, [next]);
    return { type: 'intact' };
  } catch (error) {
    if (error instanceof RaftError) return { type: 'refused', error };
    throw error;
  } finally {
    await store.close();
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
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => relative(directory, path))
    .sort();
}

/** Changes whenever a name or a byte below the directory does. */
export function fingerprint(directory: string): string {
  const hash = createHash('sha256');
  for (const name of filesIn(directory))
    hash.update(name).update(readFileSync(join(directory, name)));
  return hash.digest('hex');
}
