/**
 * What a member had promised when it ended, read from the two small files that it writes before it says anything:
 * the last batch it acknowledged, and its term and vote. Its log may be one batch ahead of them, never behind.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RecordFormat } from '../../../src/storage/records/record.ts';
import { decodeSlots, type Sequenced } from '../../../src/storage/records/slot-file.ts';
import { ACKNOWLEDGED, HARD_STATE_COPY } from '../../../src/storage/records/stored-values.ts';

export interface Promises {
  /** Number of the last acknowledged batch. */
  readonly sequence: number;
  readonly lastIndex: number;
  readonly lastTerm: number;
  readonly term: number;
  readonly votedFor: string | null;
}

/** Of an undamaged directory; throws for any other. */
export function promisesIn(directory: string): Promises {
  const { sequence, last } = newestIn(join(directory, 'acknowledged'), ACKNOWLEDGED);
  const { hardState } = newestIn(join(directory, 'hard-state'), HARD_STATE_COPY);
  const { term, votedFor } = hardState;
  return { sequence, lastIndex: last.index, lastTerm: last.term, term, votedFor };
}

function newestIn<Value extends Sequenced>(path: string, format: RecordFormat<Value>): Value {
  const { newest } = decodeSlots(format, readFileSync(path));
  if (newest.type !== 'value') throw new Error(`${path} cannot be read`);
  return newest.value;
}
