/**
 * A disk that does what it is told, when it is told: writes wait in line, complete in order, in groups if a
 * test says so, and a crash keeps any number of them and loses the rest (§3.8).
 */
import { assert } from '../../src/core/assert.ts';
import { HARD_STATE_ZERO, type HardState } from '../../src/core/hard-state.ts';
import { ENTRY_ZERO, type EntryId, type Index, index, type Term } from '../../src/core/types.ts';

/** An entry with something that tells it from any other of the same index and term. */
export interface StoredEntry {
  readonly term: Term;
  readonly data: string;
}

export interface Write {
  readonly hardState: HardState | null;
  readonly truncateFrom: Index | null;
  readonly append: readonly StoredEntry[];
}

export interface Durable {
  readonly hardState: HardState;
  readonly entry: EntryId;
}

export class TestDisk {
  hardState: HardState;
  #entries: readonly StoredEntry[];
  #waiting: { readonly write: Write; readonly durable: Durable }[] = [];
  #latest: Durable;
  /** How many writes were asked for, and how many of them are on disk. */
  requested = 0;
  completed = 0;

  constructor(hardState: HardState = HARD_STATE_ZERO, entries: readonly StoredEntry[] = []) {
    this.hardState = hardState;
    this.#entries = entries;
    this.#latest = { hardState, entry: lastOf(entries) };
  }

  /** What a crash at this moment would leave. */
  get entries(): readonly StoredEntry[] {
    return this.#entries;
  }

  get waitingCount(): number {
    return this.#waiting.length;
  }

  request(write: Write, entriesAfter: readonly StoredEntry[]): void {
    const { append } = write;
    this.#latest = {
      hardState: write.hardState ?? this.#latest.hardState,
      entry: append.length > 0 ? lastOf(entriesAfter) : this.#latest.entry,
    };
    this.#waiting.push({ write, durable: this.#latest });
    this.requested += 1;
  }

  /** Writes the oldest `count` requests as one batch; says what is durable with it, `null` if none waited. */
  complete(count: number): Durable | null {
    const batch = this.#waiting.splice(0, count);
    for (const { write } of batch) this.#perform(write);
    this.completed += batch.length;
    return batch.at(-1)?.durable ?? null;
  }

  /** The machine stops: the oldest `kept` requests had reached the disk unreported, the others are lost. */
  crash(kept: number): void {
    this.complete(kept);
    this.#waiting = [];
    this.requested = this.completed;
    this.#latest = { hardState: this.hardState, entry: lastOf(this.#entries) };
  }

  #perform({ hardState, truncateFrom, append }: Write): void {
    if (hardState !== null) this.hardState = hardState;
    if (truncateFrom !== null) this.#entries = this.#entries.slice(0, truncateFrom - 1);
    this.#entries = [...this.#entries, ...append];
  }
}

export function lastOf(entries: readonly StoredEntry[]): EntryId {
  const last = entries.at(-1);
  return last === undefined ? ENTRY_ZERO : { term: last.term, index: index(entries.length) };
}

/** The entry at an index that must be there. */
export function entryAt(entries: readonly StoredEntry[], at: number): StoredEntry {
  const entry = entries[at - 1];
  assert(entry !== undefined, `there is no entry ${at}`);
  return entry;
}
