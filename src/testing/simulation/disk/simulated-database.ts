/**
 * A database with LevelDB's manners, good and bad: batches are atomic; a write that failed may be there all the
 * same, and none succeeds after it; what rots is handed out without a word. See docs/formats.md for what
 * the log store makes of it.
 */
import {
  type Database,
  type DatabaseChange,
  DatabaseDamaged,
  DatabaseLocked,
  DatabaseMissing,
  type DatabaseRecord,
  type DatabaseScan,
  type ScanRange,
} from '../../../storage/disk/database.ts';
import type { SimulatedProcess } from '../runtime/process.ts';
import { newStore, type SimulatedStore } from './simulated-content.ts';
import { inputOutputError, noSpace, type SimulatedDisk } from './simulated-disk.ts';

const CUT_SHORT_AND_THERE = 'a write that was cut short is there after the restart';
const CUT_SHORT_AND_GONE = 'a write that was cut short is gone after the restart';

export function simulatedDatabase(
  disk: SimulatedDisk,
  process: SimulatedProcess,
  path: string,
): Database {
  return new SimulatedDatabase(disk, process, path);
}

class SimulatedDatabase implements Database {
  readonly #disk: SimulatedDisk;
  readonly #process: SimulatedProcess;
  readonly #path: string;
  #store: SimulatedStore | null = null;
  #failure: Error | null = null;

  constructor(disk: SimulatedDisk, process: SimulatedProcess, path: string) {
    this.#disk = disk;
    this.#process = process;
    this.#path = path;
  }

  open({ createIfMissing }: { readonly createIfMissing: boolean }): Promise<void> {
    const perform = (): void => {
      const { content, trouble } = this.#disk;
      const found = content.get(this.#path);
      if (found === null && !createIfMissing) throw new DatabaseMissing(this.#path);
      if (trouble.isFull) throw noSpace();
      const store = this.#found(createIfMissing);
      if (store.isLocked) throw new DatabaseLocked(this.#path);
      store.isLocked = true;
      content.set(this.#path, store);
      content.syncNames(this.#path);
      this.#store = store;
    };
    return this.#disk.promise(this.#process, perform, () => this.#tearBeginning(createIfMissing));
  }

  /** As LevelDB's beginning is found: whole, or torn and begun anew where one may be made. */
  #found(createIfMissing: boolean): SimulatedStore {
    const found = this.#disk.content.get(this.#path);
    if (found?.type !== 'database') return newStore();
    if (!found.isTorn) return found;
    if (!createIfMissing) throw new DatabaseDamaged(`${this.#path}: its first files are torn`);
    return newStore();
  }

  /** A creation that is cut short leaves some of the first files, or none. */
  #tearBeginning(createIfMissing: boolean): void {
    const { content, random } = this.#disk;
    if (!createIfMissing || content.get(this.#path) !== null || random.chance(0.5)) return;
    content.set(this.#path, { ...newStore(), isTorn: true });
  }

  write(changes: readonly DatabaseChange[], completed: (error: Error | null) => void): void {
    const { trouble } = this.#disk;
    if (trouble.liesAboutSync) {
      this.#opened().records.apply(changes, false);
      this.#disk.later(0, () => this.#process.run('input', () => completed(null)));
      return;
    }
    let error: Error | null = null;
    this.#disk.operate(this.#process, {
      perform: () => {
        error = this.#write(changes);
      },
      interrupt: () => {
        const isDone = this.#failure === null && this.#disk.random.chance(0.5);
        if (isDone) this.#putDown(changes);
        this.#disk.noteSometimes(isDone ? CUT_SHORT_AND_THERE : CUT_SHORT_AND_GONE);
      },
      completed: () => completed(error),
    });
  }

  scan({ from, bytesMax }: ScanRange): DatabaseScan {
    let rest = this.#opened().records.from(from);
    return {
      next: () =>
        this.#disk.promise(this.#process, () => {
          if (this.#disk.trouble.failNextRead) {
            this.#disk.trouble.failNextRead = false;
            throw inputOutputError();
          }
          const count = stepOf(rest, bytesMax);
          const step = rest.slice(0, count);
          rest = rest.slice(count);
          return step;
        }),
      close: () => Promise.resolve(),
    };
  }

  close(): Promise<void> {
    return this.#disk.promise(this.#process, () => {
      if (this.#store !== null) this.#store.isLocked = false;
      this.#store = null;
    });
  }

  #write(changes: readonly DatabaseChange[]): Error | null {
    const { trouble } = this.#disk;
    if (this.#failure === null && trouble.isFull) this.#failure = noSpace();
    if (this.#failure === null && trouble.failNextWrite !== 'no') {
      if (trouble.failNextWrite === 'maybe') {
        this.#putDown(changes);
        this.#disk.noteSometimes('a failed write is there after the restart');
      }
      trouble.failNextWrite = 'no';
      this.#failure = inputOutputError();
    }
    if (this.#failure === null) this.#putDown(changes);
    return this.#failure;
  }

  #putDown(changes: readonly DatabaseChange[]): void {
    this.#opened().records.apply(changes, true);
    this.#disk.noteDurable(changes);
  }

  #opened(): SimulatedStore {
    if (this.#store === null) throw new Error('the database is not open');
    return this.#store;
  }
}

/** How many records make a step: up to and including the one that passes the bound. */
function stepOf(records: readonly DatabaseRecord[], bytesMax: number): number {
  let bytes = 0;
  for (const [at, { value }] of records.entries()) {
    bytes += value.length;
    if (bytes >= bytesMax) return at + 1;
  }
  return records.length;
}
