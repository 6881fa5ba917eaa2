/**
 * What the disk of a node would return if the node crashed now: hard state and log, kept up to date batch by
 * batch from the very records that the production store writes. Each entry carries a hash of itself and all
 * before it, so that two logs are equal up to an entry exactly if its hashes are.
 */
import { decodeRun, ENTRY_KIND, type EntryRun, entriesOf } from '../../../core/entry-run.ts';
import { HARD_STATE_ZERO, type HardState } from '../../../core/hard-state.ts';
import { type EntryId, INDEX_ZERO, type Index, index, type Term } from '../../../core/types.ts';
import type { DatabaseChange } from '../../../storage/disk/database.ts';
import { decodeRecord, RECORD_KIND } from '../../../storage/records/record.ts';
import { STATE, type StoreState } from '../../../storage/records/stored-values.ts';

export interface DurableEntry {
  readonly term: Term;
  /** Of this entry and all before it; equal hashes: equal logs so far. */
  readonly hash: number;
  /** The term of the entry before it; 0 before the first. */
  readonly termBefore: number;
  /** It says who the members are. */
  readonly isConfiguration?: boolean;
}

interface DurableLogOptions {
  /** An entry has come to this disk. */
  readonly appended?: (at: Index, entry: DurableEntry) => void;
  readonly hardStateChanged?: (before: HardState, after: HardState) => void;
  /** A snapshot has taken the place of the log through there: what it holds, entry by entry; `null`: nobody ever wrote that. */
  readonly historyThrough?: (base: EntryId) => readonly DurableEntry[] | null;
}

export class DurableLog {
  readonly #options: DurableLogOptions;
  /** Those before the base as well, which a snapshot holds: what was promised of them still counts. */
  #entries: DurableEntry[] = [];
  #baseIndex = 0;
  #hardState: HardState = HARD_STATE_ZERO;

  constructor(options: DurableLogOptions = {}) {
    this.#options = options;
  }

  get hardState(): HardState {
    return this.#hardState;
  }

  get lastIndex(): Index {
    return index(this.#entries.length);
  }

  get lastTerm(): number {
    return this.#entries.at(-1)?.term ?? 0;
  }

  /** `null`: not there. */
  at(place: number): DurableEntry | null {
    return this.#entries[place - 1] ?? null;
  }

  /** Where it says who the members are, through this index. */
  configurationsThrough(last: number): readonly number[] {
    const through = this.#entries.slice(0, last);
    return through.flatMap(({ isConfiguration }, at) => (isConfiguration ? [at + 1] : []));
  }

  /** Index 0 with term 0 is always there. */
  holds(place: { readonly index: number; readonly term: number }): boolean {
    if (place.index === INDEX_ZERO) return place.term === 0;
    return this.at(place.index)?.term === place.term;
  }

  /** One batch has become durable. */
  note(changes: readonly DatabaseChange[]): void {
    const states = changes.flatMap((change) => stateIn(change) ?? []);
    for (const { base } of states) this.#noteBase(base, changes);
    for (const change of changes) {
      const state = stateIn(change);
      if (change.key[0] === RECORD_KIND.run) this.#noteRun(change);
      else if (state !== null) this.#noteHardState(state.hardState);
    }
  }

  /** A log that begins behind what it does not hold, nor gets in this batch, begins behind a snapshot of another. */
  #noteBase(base: EntryId, changes: readonly DatabaseChange[]): void {
    this.#baseIndex = base.index;
    const comes = changes.some(
      ({ key, type }) =>
        key[0] === RECORD_KIND.run && type === 'put' && indexOfKey(key) <= base.index,
    );
    if (comes || this.holds(base)) return;
    const held = this.#options.historyThrough?.(base) ?? null;
    if (held === null) throw new Error(`a log begins behind ${base.index}, which nobody wrote`);
    this.#entries = [...held];
  }

  #noteRun(change: DatabaseChange): void {
    const first = indexOfKey(change.key);
    // What was compacted is swept away later, and is held by a snapshot.
    if (change.type === 'del' && first <= this.#baseIndex) return;
    if (this.#entries.length >= first) this.#entries.length = first - 1;
    if (change.type === 'del') return;
    const run = decodeRun(change.value);
    if (typeof run === 'string') throw new Error(`a run is written that cannot be read: ${run}`);
    this.#append(run);
  }

  #append(run: EntryRun): void {
    for (const { kind, data } of entriesOf(run)) {
      const before = this.#entries.at(-1);
      const hash = hashOf(mix(mix(before?.hash ?? 0, run.term), kind), data);
      const isConfiguration = kind === ENTRY_KIND.configuration;
      const entry = { term: run.term, hash, termBefore: before?.term ?? 0, isConfiguration };
      this.#entries.push(entry);
      this.#options.appended?.(index(this.#entries.length), entry);
    }
  }

  #noteHardState(hardState: HardState): void {
    const before = this.#hardState;
    this.#hardState = hardState;
    this.#options.hardStateChanged?.(before, hardState);
  }
}

/** `null`: it is none, or goes. */
function stateIn(change: DatabaseChange): StoreState | null {
  if (change.key[0] !== RECORD_KIND.state || change.type !== 'put') return null;
  const record = decodeRecord(STATE, change.value);
  if (record.type !== 'value') throw new Error('a state is written that cannot be read');
  return record.value;
}

function indexOfKey(key: Uint8Array): number {
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
  return view.getUint32(1) * 2 ** 32 + view.getUint32(5);
}

export function hashOf(start: number, bytes: Uint8Array): number {
  let hash = start;
  for (let at = 0; at < bytes.length; at += 1) {
    hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  }
  return mix(hash, bytes.length);
}

export function mix(hash: number, value: number): number {
  const mixed = Math.imul((hash ^ value) + 0x9e3779b9, 0x85ebca6b);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
