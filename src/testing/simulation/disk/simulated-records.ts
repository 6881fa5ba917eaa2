/**
 * The content of a simulated database: an ordered map of byte keys, with batches that are not on disk yet kept
 * apart, each with the write-ahead file that it went to. A power loss takes from every such file a suffix of what
 * was not synced, so that an older batch may be gone while a newer one is there, as LevelDB loses them.
 */
import { firstPlace } from '../../../core/search.ts';
import type { DatabaseChange, DatabaseRecord } from '../../../storage/disk/database.ts';

interface Batch {
  readonly changes: readonly DatabaseChange[];
  /** Undoes the batch, in this order. */
  readonly undo: readonly DatabaseChange[];
  readonly walFile: number;
  readonly isSynced: boolean;
}

/** How many of the unsynced batches of one write-ahead file a power loss leaves. */
type Survivors = (unsynced: number) => number;

/** A write-ahead file is full after so many batches; the next one goes to a new file. */
const BATCHES_PER_WAL_FILE = 4;

export class SimulatedRecords {
  /** Sorted. Bytes as one character each, so that the order of the texts is the order of the bytes. */
  #names: string[] = [];
  readonly #records = new Map<string, DatabaseRecord>();
  /** The oldest batch that is not on disk for good, and everything after it, in order. */
  #atRisk: Batch[] = [];
  #batches = 0;

  get size(): number {
    return this.#names.length;
  }

  get names(): readonly string[] {
    return this.#names;
  }

  get(name: string): DatabaseRecord | null {
    return this.#records.get(name) ?? null;
  }

  /** All or nothing, in order. `isSynced`: it survives whatever comes, and so does what its file held before. */
  apply(changes: readonly DatabaseChange[], isSynced: boolean): void {
    this.#batches += 1;
    const walFile = Math.floor(this.#batches / BATCHES_PER_WAL_FILE);
    const isAtRisk = !isSynced || this.#atRisk.length > 0;
    const undo = isAtRisk ? changes.map((change) => this.#inverse(change)).reverse() : [];
    for (const change of changes) this.#perform(change);
    if (isAtRisk) this.#atRisk.push({ changes, undo, walFile, isSynced });
  }

  /** What is left after a power loss. */
  losePower(survivors: Survivors): void {
    const batches = this.#atRisk;
    this.#atRisk = [];
    for (const { undo } of [...batches].reverse()) for (const change of undo) this.#perform(change);
    for (const walFile of new Set(batches.map((batch) => batch.walFile))) {
      const inFile = batches.filter((batch) => batch.walFile === walFile);
      const synced = inFile.findLastIndex(({ isSynced }) => isSynced) + 1;
      const left = synced + survivors(inFile.length - synced);
      for (const { changes } of inFile.slice(0, left)) {
        for (const change of changes) this.#perform(change);
      }
    }
  }

  /** The records from this key on, in order, as they are now. */
  from(key: Uint8Array): readonly DatabaseRecord[] {
    const rest = this.#names.slice(this.#position(nameOf(key)));
    return rest.flatMap((name) => this.#records.get(name) ?? []);
  }

  /** Silently changes what lies there, as a disk that rots does; `null` takes the record away. */
  damage(name: string, value: Uint8Array | null): void {
    const record = this.#records.get(name);
    if (record === undefined) return;
    if (value === null) this.#perform({ type: 'del', key: record.key });
    else this.#records.set(name, { key: record.key, value });
  }

  copy(): SimulatedRecords {
    const copy = new SimulatedRecords();
    copy.#names = [...this.#names];
    for (const [name, record] of this.#records) copy.#records.set(name, record);
    return copy;
  }

  #perform(change: DatabaseChange): void {
    const name = nameOf(change.key);
    const isNew = !this.#records.has(name);
    if (change.type === 'put') {
      this.#records.set(name, { key: change.key, value: change.value });
      if (isNew) this.#names.splice(this.#position(name), 0, name);
    } else if (!isNew) {
      this.#records.delete(name);
      this.#names.splice(this.#position(name), 1);
    }
  }

  #inverse({ key }: DatabaseChange): DatabaseChange {
    const before = this.#records.get(nameOf(key));
    return before === undefined ? { type: 'del', key } : { type: 'put', key, value: before.value };
  }

  /** Where this name stands, or would stand. Most writes go to the end. */
  #position(name: string): number {
    const names = this.#names;
    return firstPlace(0, names.length, (place) => (names[place] ?? '') >= name);
  }
}

export function nameOf(key: Uint8Array): string {
  return String.fromCharCode(...key);
}
