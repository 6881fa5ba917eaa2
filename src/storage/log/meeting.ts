/** Whether a log and the newest snapshot beside it make one history (SN4). The same for every store. */
import type { LogShape } from '../../core/log-shape.ts';
import { termAt } from '../../core/term-runs.ts';
import { greater, type Index } from '../../core/types.ts';
import type { LogOperation } from '../../ports/log-store.ts';
import type { StoredSnapshot } from '../../ports/snapshot-store.ts';
import type { LogState } from './log-plan.ts';

/**
 * `met`: the log goes on where the snapshot ends, or holds its last entry. `unfinished`: the log lacks that entry or has
 * another in its place; the snapshot holds only what is committed, so that its installation is to be finished. `apart`:
 * entries between the two are nowhere.
 */
type Meeting = 'met' | 'unfinished' | 'apart';

export function meetingOf(log: LogShape, snapshot: StoredSnapshot | null): Meeting {
  if (snapshot === null) return log.base.index === 0 ? 'met' : 'apart';
  const { index, term } = snapshot.lastEntry;
  if (index < log.base.index) return 'apart';
  if (index === log.base.index) return term === log.base.term ? 'met' : 'apart';
  return termAt(log, index) === term ? 'met' : 'unfinished';
}

/** What finishes an installation. The term of its last entry was known before it was asked for; it never falls. */
export function installation(
  { hardState }: Pick<LogState, 'hardState'>,
  { lastEntry, membership }: StoredSnapshot,
): readonly LogOperation[] {
  const isNewer = lastEntry.term > hardState.term;
  const term: LogOperation = {
    type: 'setHardState',
    hardState: { term: lastEntry.term, votedFor: null },
  };
  const restart: LogOperation = { type: 'restart', base: lastEntry, membership };
  return isNewer ? [term, restart] : [restart];
}

/** What a start knows to be committed: all that a snapshot holds is. */
export function commitIndexAt(commitIndex: Index, snapshot: StoredSnapshot | null): Index {
  return snapshot === null ? commitIndex : greater(commitIndex, snapshot.lastEntry.index);
}
