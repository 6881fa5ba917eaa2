/** L15: what is kept of the log behind a snapshot, and what may come until the next one is taken, a few times over. */
import { LOG_EMPTY } from '../../../core/log-shape.ts';
import type { World } from '../world/world.ts';

/** Entries that came since a snapshot was begun, in a cluster that is at rest. */
const LOG_SLACK = 20;

export function requireBoundedLogs({ plan, all, report }: World): void {
  const { snapshotEntries, trailingEntries } = plan;
  if (snapshotEntries === null || trailingEntries === null) return;
  const most = 3 * snapshotEntries + trailingEntries + LOG_SLACK;
  for (const { id, node } of all) {
    const { base, lastIndex } = node?.inspect().raft?.log ?? LOG_EMPTY;
    if (lastIndex - base.index <= most) continue;
    report('L15', `${id} keeps ${lastIndex - base.index} entries, not ${most}`);
  }
}
