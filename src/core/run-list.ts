/**
 * Entry runs one behind the other, in memory: cutting the list off at an entry, and selecting a part of it. The same for
 * the log's tail, a plan of a write and the store in memory. A run is encoded anew only where a cut goes through it.
 */
import { type EntryRun, sliceRun } from './entry-run.ts';
import { runsThrough } from './search.ts';
import { type Index, previousIndex } from './types.ts';

export interface ReadRange {
  /** Inclusive. */
  readonly from: Index;
  /** Inclusive. */
  readonly through: Index;
  /** Stop once this many bytes are read; at least one run is returned. */
  readonly bytesMax: number;
}

/** The runs of `[from, through]`, cut to it: the first, and those after it which together fit `bytesMax`. */
export function selectRuns(runs: readonly EntryRun[], range: ReadRange): EntryRun[] {
  const { from, through, bytesMax } = range;
  const selected: EntryRun[] = [];
  let bytes = 0;
  for (let at = Math.max(0, runsThrough(runs, from) - 1); at < runs.length; at += 1) {
    const run = runs[at];
    if (run === undefined || run.firstIndex > through) break;
    bytes += run.bytes.length;
    if (bytes > bytesMax && selected.length > 0) break;
    selected.push(sliceRun(run, from, through));
  }
  return selected;
}

/** Takes the entry at `from` and all behind it off the end of the list. */
export function truncateRuns(runs: EntryRun[], from: Index): void {
  runs.length = runsThrough(runs, previousIndex(from));
  const last = runs.pop();
  if (last !== undefined) runs.push(sliceRun(last, last.firstIndex, previousIndex(from)));
}
