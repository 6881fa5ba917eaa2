/** Entry runs of the log: the newest from memory, older ones from disk, which takes until a later step. */
import type { EntryRun } from '../../core/entry-run.ts';
import { RaftError } from '../../core/errors.ts';
import type { ReadRange } from '../../core/run-list.ts';
import { type Index, nextIndex } from '../../core/types.ts';
import type { LogStore } from '../../ports/log-store.ts';
import { storageFailed } from '../tree/failures.ts';
import type { LogTail } from './log-tail.ts';

interface LogReaderOptions {
  readonly tail: LogTail;
  readonly store: Pick<LogStore, 'read'>;
  /** Runs an input of the step loop. */
  readonly run: (input: () => void) => void;
  readonly fail: (error: unknown) => void;
  /**
   * It is read in order, and only what is committed, which is the same whenever it is read: while one part is worked on, the
   * next is read (CM5). Bound: one part beside that which was asked for.
   */
  readonly readsAhead?: boolean;
}

interface Ahead {
  readonly from: Index;
  readonly runs: Promise<readonly EntryRun[]>;
}

type Take = (runs: readonly EntryRun[]) => void;
/** `null`: they were compacted while they were read, or overwritten and nobody needs them any more. */
type TakeLater = (runs: readonly EntryRun[] | null) => void;

export class LogReader {
  readonly #options: LogReaderOptions;
  #ahead: Ahead | null = null;

  constructor(options: LogReaderOptions) {
    this.#options = options;
  }

  /** `take` hears the runs at once if memory holds them; else `takeLater` does, in a later step. */
  read(range: ReadRange, take: Take, takeLater: TakeLater, isNeeded = (): boolean => true): void {
    const { fail, run, tail } = this.#options;
    const runs = tail.select(range);
    if (runs !== null) return take(runs);
    // What is in the tail may not be on disk yet: the store is asked only for what comes before it.
    const stored = { ...range, through: tail.storedThrough(range.through) };
    this.#read(stored).then(
      (read) =>
        run(() => {
          this.#readAhead(stored, read.at(-1));
          takeLater(read);
        }),
      (error: unknown) =>
        run(() => (isGone(error, isNeeded) ? takeLater(null) : fail(storageFailed(error)))),
    );
  }

  #read(range: ReadRange): Promise<readonly EntryRun[]> {
    const ahead = this.#ahead;
    this.#ahead = null;
    return ahead?.from === range.from ? ahead.runs : this.#options.store.read(range);
  }

  #readAhead(range: ReadRange, last: EntryRun | undefined): void {
    const { readsAhead = false, store } = this.#options;
    if (!readsAhead || last === undefined || last.lastIndex >= range.through) return;
    const from = nextIndex(last.lastIndex);
    const runs = store.read({ ...range, from });
    // It fails where it is asked for, if it is.
    runs.catch(() => {});
    this.#ahead = { from, runs };
  }
}

function isGone(error: unknown, isNeeded: () => boolean): boolean {
  if (!(error instanceof RaftError)) return false;
  return error.code === 'RAFT_COMPACTED' || (error.code === 'RAFT_OVERWRITTEN' && !isNeeded());
}
