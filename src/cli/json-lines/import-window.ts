/**
 * The transactions of an import that are under way side by side (CL42). No two of them write one key, so that what stands later
 * wins, whatever becomes of each on its way; and they are bounded in number and in bytes.
 */
import { RaftError } from '../../core/errors.ts';
import { IMPORT_BATCHES_MAX, IMPORT_WINDOW_BYTES_MAX } from '../limits.ts';
import type { Batch } from './batches.ts';

export interface Imported {
  readonly keys: number;
  /** That of the last write; `null`: there was none. */
  readonly revision: number | null;
  /** This line and all before it are in. */
  readonly throughLine: number;
}

interface Failure {
  readonly error: unknown;
}

interface Sent {
  readonly batch: Batch;
  /** How many of its puts are in, from its first on. */
  putsIn: number;
  /** That of the last of these. */
  revision: number | null;
  /** `null`: it has not failed so far. */
  failure: Failure | null;
}

/** All of them or none, in one step. Resolves with its revision. */
type PutAll = (puts: Batch['puts']) => Promise<number>;

interface WindowOptions {
  /** The first that is not in before it begins. */
  readonly fromLine: number;
  /** Told of each batch once it and all before it are in. */
  readonly onIn: (batch: Batch) => void;
}

export class ImportWindow {
  readonly #put: PutAll;
  readonly #onIn: (batch: Batch) => void;
  /** In the order of their lines, from the first that is not wholly in; those behind it may be. */
  readonly #window: Sent[] = [];
  readonly #underWay = new Set<Promise<void>>();
  #in: Imported;
  #onFailure: () => void = () => {};

  constructor(put: PutAll, { fromLine, onIn }: WindowOptions) {
    this.#put = put;
    this.#onIn = onIn;
    this.#in = { keys: 0, revision: null, throughLine: fromLine - 1 };
  }

  /** What is in together with all that stands before it. */
  get imported(): Imported {
    const [first] = this.#window;
    return first === undefined ? this.#in : withPutsOf(first, this.#in);
  }

  /** The first in the order of the lines; `null`: there is none so far. */
  get failure(): Failure | null {
    return this.#window.find(({ failure }) => failure !== null)?.failure ?? null;
  }

  /** Nobody knows what became of some of it. */
  get isUnknown(): boolean {
    return this.#window.some(({ failure }) => isUnknown(failure));
  }

  /** The last line that is in, or may be, though not all before it are; `null`: there is none. */
  get lastInDoubt(): number | null {
    const last = Math.max(...this.#window.map(lastPossiblyIn), 0);
    return last > this.imported.throughLine ? last : null;
  }

  /** Resolves once it may be sent, or one before it has failed. */
  async roomFor(batch: Batch): Promise<void> {
    while (this.failure === null && !this.#hasRoomFor(batch)) {
      await Promise.race(this.#underWay);
    }
  }

  /** What is awaited, or `null` as soon as one has failed. One at a time. */
  unlessFailed<Awaited>(awaited: Promise<Awaited>): Promise<Awaited | null> {
    // No `Promise.race` with one promise that outlives them all: it would keep each of them.
    return new Promise((resolve, reject) => {
      this.#onFailure = () => resolve(null);
      if (this.failure !== null) resolve(null);
      awaited.then(resolve, reject);
    });
  }

  send(batch: Batch): void {
    const sent: Sent = { batch, putsIn: 0, revision: null, failure: null };
    this.#window.push(sent);
    const ended = this.#carryOut(sent).finally(() => this.#underWay.delete(ended));
    this.#underWay.add(ended);
  }

  /** Resolves once nothing is under way any more. Never rejects. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  #hasRoomFor({ bytes, keys }: Batch): boolean {
    if (this.#window.length === 0) return true;
    if (this.#window.length >= IMPORT_BATCHES_MAX) return false;
    const held = this.#window.reduce((sum, { batch }) => sum + batch.bytes, 0);
    if (held + bytes > IMPORT_WINDOW_BYTES_MAX) return false;
    return this.#window.every(({ batch }) => !haveCommon(batch.keys, keys));
  }

  async #carryOut(sent: Sent): Promise<void> {
    try {
      for await (const { count, revision } of inSteps(this.#put, sent.batch)) {
        sent.putsIn += count;
        sent.revision = revision;
      }
      this.#moveOn();
    } catch (error) {
      sent.failure = { error };
      this.#onFailure();
    }
  }

  #moveOn(): void {
    for (let [first] = this.#window; first !== undefined && isIn(first); [first] = this.#window) {
      this.#window.shift();
      this.#in = withPutsOf(first, this.#in);
      this.#onIn(first.batch);
    }
  }
}

function isIn({ batch, putsIn }: Sent): boolean {
  return putsIn === batch.puts.length;
}

function withPutsOf({ batch, putsIn, revision }: Sent, before: Imported): Imported {
  return {
    keys: before.keys + putsIn,
    revision: revision === null ? before.revision : Math.max(revision, before.revision ?? 0),
    throughLine: batch.puts[putsIn - 1]?.line ?? before.throughLine,
  };
}

/** 0: none is. */
function lastPossiblyIn({ batch: { puts }, failure, putsIn }: Sent): number {
  return (isUnknown(failure) ? puts.at(-1) : puts[putsIn - 1])?.line ?? 0;
}

function isUnknown(failure: Failure | null): boolean {
  return failure?.error instanceof RaftError && failure.error.retry === 'outcomeUnknown';
}

function haveCommon(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  for (const each of one) if (other.has(each)) return true;
  return false;
}

interface Step {
  readonly count: number;
  readonly revision: number;
}

/** What is too large together goes one by one, which finds the one that is too large alone. */
async function* inSteps(put: PutAll, { puts }: Batch): AsyncGenerator<Step> {
  try {
    yield { count: puts.length, revision: await put(puts) };
  } catch (error) {
    const isTooLarge = error instanceof RaftError && error.code === 'RAFT_TOO_LARGE';
    if (!isTooLarge || puts.length === 1) throw error;
    for (const each of puts) yield { count: 1, revision: await put([each]) };
  }
}
