/**
 * Reads the log for whoever takes it in order: while one part is worked on, the next is read (CM5). Safety: only what is
 * committed is read so, which is the same whenever it is read. Bound: one part beside that which was asked for.
 */
import type { EntryRun } from '../../core/entry-run.ts';
import type { ReadRange } from '../../core/run-list.ts';
import { type Index, nextIndex } from '../../core/types.ts';
import type { LogStore } from '../../ports/log-store.ts';

interface Ahead {
  readonly from: Index;
  readonly runs: Promise<readonly EntryRun[]>;
}

export class ReadAhead implements Pick<LogStore, 'read'> {
  readonly #store: Pick<LogStore, 'read'>;
  #ahead: Ahead | null = null;

  constructor(store: Pick<LogStore, 'read'>) {
    this.#store = store;
  }

  async read(range: ReadRange): Promise<readonly EntryRun[]> {
    const ahead = this.#ahead;
    this.#ahead = null;
    const runs = await (ahead?.from === range.from ? ahead.runs : this.#store.read(range));
    const last = runs.at(-1);
    if (last !== undefined && last.lastIndex < range.through) {
      this.#begin({ ...range, from: nextIndex(last.lastIndex) });
    }
    return runs;
  }

  #begin(range: ReadRange): void {
    const runs = this.#store.read(range);
    // It fails where it is asked for, if it is.
    runs.catch(() => {});
    this.#ahead = { from: range.from, runs };
  }
}
