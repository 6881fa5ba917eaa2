/**
 * The newest entry runs, in memory: what a leader sends and what is about to be applied is almost always
 * here. Older runs are read from the store. Bound: `cacheBytesMax`, and never a run that is not on disk yet
 * is let go, since nobody else has it.
 */
import { assert } from '../../core/assert.ts';
import type { EntryRun } from '../../core/entry-run.ts';
import { type ReadRange, selectRuns, truncateRuns } from '../../core/run-list.ts';
import { INDEX_ZERO, type Index, lesser, previousIndex } from '../../core/types.ts';

export class LogTail {
  #runs: EntryRun[] = [];
  #bytes = 0;
  readonly #bytesMax: number;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The last index held here; 0 if none is. */
  get lastIndex(): Index {
    return this.#runs.at(-1)?.lastIndex ?? INDEX_ZERO;
  }

  /** The first index held here; `null`: none is. */
  get firstIndex(): Index | null {
    return this.#runs[0]?.firstIndex ?? null;
  }

  append(runs: readonly EntryRun[]): void {
    for (const run of runs) {
      const last = this.#runs.at(-1);
      assert(
        last === undefined || run.firstIndex === last.lastIndex + 1,
        'LR1: the tail has no hole',
      );
      this.#runs.push(run);
      this.#bytes += run.bytes.length;
    }
  }

  truncateFrom(index: Index): void {
    truncateRuns(this.#runs, index);
    this.#bytes = this.#runs.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  /** The log begins anew elsewhere. */
  clear(): void {
    this.#runs = [];
    this.#bytes = 0;
  }

  /** Lets the oldest runs go, down to the bound; all of them must be durable and end at or before `durable`. */
  trim(durable: Index): void {
    let gone = 0;
    while (this.#bytes > this.#bytesMax && gone < this.#runs.length - 1) {
      const oldest = this.#runs[gone] as EntryRun;
      if (oldest.lastIndex > durable) break;
      this.#bytes -= oldest.bytes.length;
      gone += 1;
    }
    if (gone > 0) this.#runs = this.#runs.slice(gone);
  }

  /** The runs of the range; null if the tail does not reach back to its beginning. */
  select(range: ReadRange): readonly EntryRun[] | null {
    const first = this.#runs[0];
    if (first === undefined || range.from < first.firstIndex) return null;
    return selectRuns(this.#runs, range);
  }

  /** The end of what has to be read from the store: just before the first run held here. */
  storedThrough(through: Index): Index {
    const first = this.#runs[0];
    return first === undefined ? through : lesser(through, previousIndex(first.firstIndex));
  }
}
