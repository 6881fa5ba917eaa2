/** Which entries may be read (ST12). The same for every store. */
import { assert } from '../../core/assert.ts';
import { RaftError } from '../../core/errors.ts';
import type { LogShape } from '../../core/log-shape.ts';
import type { ReadRange } from '../../core/run-list.ts';

/**
 * Throws `RAFT_COMPACTED` or `RAFT_OVERWRITTEN` if the log no longer holds the range: a write may have
 * overtaken the reader.
 */
export function requireReadable({ base, lastIndex }: LogShape, { from, through }: ReadRange): void {
  assert(from <= through, 'ST12: a read asks for at least one entry');
  if (from <= base.index) {
    const text = `Entry ${from} is compacted; the log begins behind index ${base.index}.`;
    throw new RaftError('RAFT_COMPACTED', text);
  }
  if (through > lastIndex) {
    const text = `Entry ${through} is not in the log (any more); it ends at index ${lastIndex}.`;
    throw new RaftError('RAFT_OVERWRITTEN', text);
  }
}
