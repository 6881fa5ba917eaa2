/**
 * The newest entry runs, in memory: what a leader sends and what is about to be applied is almost always
 * here. Older runs are read from the store. Bound: `cacheBytesMax`, and never a run that is not on disk yet
 * is let go, since nobody else has it.
 */
import { assert } from '../core/assert.ts';
import { type EntryRun, sliceRun } from '../core/entry-run.ts';
import { INDEX_ZERO, type Index, lesser, previousIndex } from '../core/types.ts';

export interface Selection {
  readonly from: Index;
  readonly through: Index;
  /** Stop once this many bytes are selected; at least one run is. */
  readonly bytesMax: number;
}

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
    while (this.#runs.length > 0) {
      const last = this.#runs.at(-1) as EntryRun;
      if (last.lastIndex < index) return;
      this.#runs.pop();
      this.#bytes -= last.bytes.length;
      if (last.firstIndex < index)
        this.append([sliceRun(last, last.firstIndex, previousIndex(index))]);
    }
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

  /** The runs of `[from, through]`, the first cut to size; null if the tail does not reach back to `from`. */
  select({ from, through, bytesMax }: Selection): readonly EntryRun[] | null {
    const first = this.#runs[0];
    if (first === undefined || from < first.firstIndex) return null;
    const selected: EntryRun[] = [];
    let bytes = 0;
    for (let at = this.#holding(from); at < this.#runs.length; at += 1) {
      const run = this.#runs[at] as EntryRun;
      if (run.firstIndex > through) break;
      if (selected.length > 0 && bytes + run.bytes.length > bytesMax) break;
      selected.push(sliceRun(run, from, through));
      bytes += run.bytes.length;
    }
    return selected;
  }

  /** The end of what has to be read from the store: just before the first run held here. */
  storedThrough(through: Index): Index {
    const first = this.#runs[0];
    return first === undefined ? through : lesser(through, previousIndex(first.firstIndex));
  }

  #holding(index: Index): number {
    let low = 0;
    let high = this.#runs.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#runs[middle] as EntryRun).firstIndex <= index) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
