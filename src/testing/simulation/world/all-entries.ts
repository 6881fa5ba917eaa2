/** What the slowest disk of a run may need for each entry of the log once, in milliseconds. */
import type { World } from './world.ts';

/** Applied again after a restart, each may take a read of its own; in a snapshot, a chunk of its own. */
export function allEntriesMs({ plan, all }: World): number {
  const slowestMs = Math.max(plan.diskLatencyMs, ...Object.values(plan.slowDisks));
  const entries = all.map(({ node }) => node?.inspection().raft?.log.lastIndex ?? 0);
  return 3 * slowestMs * Math.max(...entries);
}
