/**
 * What the level store asks of the database below it: an ordered map with atomic, synced batches. It trusts it with very
 * little (docs/formats.md): records may vanish, come back or change silently; what it relies on stands at each method.
 */
import { promised } from '../promised.ts';

export type DatabaseChange =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: Uint8Array };

export interface DatabaseRecord {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** A walk over the records as they were when the scan was made, in byte order of their keys. */
export interface DatabaseScan {
  /** The next records, about `bytesMax` bytes of them and at least one; none: the end was reached. */
  next(): Promise<readonly DatabaseRecord[]>;
  close(): Promise<void>;
}

export interface ScanRange {
  /** Inclusive. */
  readonly from: Uint8Array;
  /** Bound on the bytes of one step: a step ends with the record that passes it. */
  readonly bytesMax: number;
}

export interface OpenOptions {
  readonly createIfMissing: boolean;
}

export interface Database {
  /**
   * Takes the lock on its directory, then opens what is there. Rejects with `DatabaseLocked` if another
   * handle has the lock; with `DatabaseMissing`, having touched nothing, if there is no database and none
   * may be created; with `DatabaseDamaged` if its own files are. Never creates one in the place of the
   * remains of another.
   */
  open(options: OpenOptions): Promise<void>;
  /**
   * A hint: `open` will be called. What it only looks at may be looked at already, beside another database that is being
   * opened: nothing is changed, no lock is taken. Resolves in any case, once it has looked; nobody need wait for it.
   */
  beginToLook?(): Promise<void>;
  /**
   * A hint: `open` is about to be called, and what takes long of it may begin. It makes no database and tells of no
   * failure. Returns how to do without `open`; harmless after it.
   */
  beginToOpen?(): () => Promise<void>;
  /**
   * Makes all the changes, in order, or none, and calls back once, never during the call: `null` means
   * that they are on disk. After an error they may be there or not, and no later write succeeds.
   */
  write(changes: readonly DatabaseChange[], completed: (error: Error | null) => void): void;
  scan(range: ScanRange): DatabaseScan;
  close(): Promise<void>;
}

/**
 * All records from a place on, step by step; while one is looked at, the next is read. Bound: two steps in memory. Whoever
 * stops early leaves nothing behind.
 */
export async function* stepsOf(
  database: Database,
  range: ScanRange,
): AsyncGenerator<readonly DatabaseRecord[], void, undefined> {
  const scan = database.scan(range);
  let ahead = scan.next();
  try {
    for (let step = await ahead; step.length > 0; step = await ahead) {
      ahead = scan.next();
      // It fails where it is awaited, if anybody still wants it.
      ahead.catch(() => {});
      yield step;
    }
  } finally {
    await ahead.catch(() => {});
    await scan.close();
  }
}

export function writeDurably(
  database: Database,
  changes: readonly DatabaseChange[],
): Promise<void> {
  return promised((completed) => database.write(changes, completed));
}

/** The directory is in use by this process or another. */
export class DatabaseLocked extends Error {
  override readonly name = 'DatabaseLocked';
}

/** There is no database at that place, or one that lacks the file by which it is found. */
export class DatabaseMissing extends Error {
  override readonly name = 'DatabaseMissing';
}

/** The database's own files are not what it wrote into them. The message says which and how. */
export class DatabaseDamaged extends Error {
  override readonly name = 'DatabaseDamaged';
}
