/** Reads runs back from the database, each proven and each where it belongs (ST2, ST3, ST12). */

import { decodeRun, type EntryRun } from '../../core/entry-run.ts';
import type { ReadRange } from '../../core/run-list.ts';
import { type Index, nextIndex } from '../../core/types.ts';
import type { Database, DatabaseRecord } from '../disk/database.ts';
import { SCAN_STEP_BYTES_MAX } from '../limits.ts';
import { isSameKey, keyOfRun } from '../records/record.ts';

export class UnreadableRun extends Error {
  override readonly name = 'UnreadableRun';
  readonly index: Index;

  constructor(index: Index, why: string) {
    super(why);
    this.index = index;
  }
}

/**
 * Whole runs, in order, of which one begins at `from`: the first, and those after it which together fit `bytesMax`. Rejects
 * with `UnreadableRun` if one is missing or damaged. The scan sees the database as it is when this is called.
 */
export async function readRuns(
  database: Database,
  { from, through, bytesMax }: ReadRange,
): Promise<readonly EntryRun[]> {
  const stepBytesMax = Math.min(bytesMax, SCAN_STEP_BYTES_MAX);
  const scan = database.scan({ from: keyOfRun(from), bytesMax: stepBytesMax });
  const runs: EntryRun[] = [];
  let expected = from;
  let bytes = 0;
  try {
    while (expected <= through) {
      const records = await scan.next();
      if (records.length === 0) throw new UnreadableRun(expected, 'the entry run is not there');
      for (const record of records) {
        if (expected > through) return runs;
        const run = requireRun(record, expected);
        bytes += run.bytes.length;
        if (bytes > bytesMax && runs.length > 0) return runs;
        runs.push(run);
        expected = nextIndex(run.lastIndex);
      }
    }
    return runs;
  } finally {
    await scan.close();
  }
}

function requireRun({ key, value }: DatabaseRecord, expected: Index): EntryRun {
  if (!isSameKey(key, keyOfRun(expected))) {
    throw new UnreadableRun(expected, 'the entry run is not there');
  }
  const run = decodeRun(value);
  if (typeof run === 'string') throw new UnreadableRun(expected, run);
  if (run.firstIndex !== expected) {
    throw new UnreadableRun(expected, 'an entry run lies under the key of another');
  }
  return run;
}
