/** Entry runs of the log: the newest from memory, older ones from disk, which takes until a later step. */
import type { EntryRun } from '../../core/entry-run.ts';
import { RaftError } from '../../core/errors.ts';
import type { ReadRange } from '../../core/run-list.ts';
import type { LogStore } from '../../ports/log-store.ts';
import { storageFailed } from './failures.ts';
import type { LogTail } from './log-tail.ts';

interface LogReaderOptions {
  readonly tail: LogTail;
  readonly store: Pick<LogStore, 'read'>;
  /** Runs an input of the step loop. */
  readonly run: (input: () => void) => void;
  readonly fail: (error: unknown) => void;
}

type Take = (runs: readonly EntryRun[]) => void;
/** `null`: they were compacted while they were read, or overwritten and nobody needs them any more. */
type TakeLater = (runs: readonly EntryRun[] | null) => void;

export class LogReader {
  readonly #options: LogReaderOptions;

  constructor(options: LogReaderOptions) {
    this.#options = options;
  }

  /** `take` hears the runs at once if memory holds them; else `takeLater` does, in a later step. */
  read(range: ReadRange, take: Take, takeLater: TakeLater, isNeeded = (): boolean => true): void {
    const { fail, run, store, tail } = this.#options;
    const runs = tail.select(range);
    if (runs !== null) return take(runs);
    // What is in the tail may not be on disk yet: the store is asked only for what comes before it.
    store.read({ ...range, through: tail.storedThrough(range.through) }).then(
      (read) => run(() => takeLater(read)),
      (error: unknown) =>
        run(() => (isGone(error, isNeeded) ? takeLater(null) : fail(storageFailed(error)))),
    );
  }
}

function isGone(error: unknown, isNeeded: () => boolean): boolean {
  if (!(error instanceof RaftError)) return false;
  return error.code === 'RAFT_COMPACTED' || (error.code === 'RAFT_OVERWRITTEN' && !isNeeded());
}
