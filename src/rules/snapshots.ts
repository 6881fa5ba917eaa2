/** When it is time for a snapshot (§5.1): what was applied since the last one, or since the last try. */
import type { SnapshotThresholds } from '../core/snapshot-thresholds.ts';
import type { Index } from '../core/types.ts';

/** How far a state machine has come, in entries and in bytes of entries since the start. */
export interface AppliedSoFar {
  readonly lastApplied: Index;
  readonly bytes: number;
  /** Of the newest snapshot on disk, what the next has to write again; 0: there is none. */
  readonly snapshotBytes: number;
}

/** SH1 */
export function isSnapshotDue(
  thresholds: SnapshotThresholds,
  since: AppliedSoFar,
  now: AppliedSoFar,
): boolean {
  const entries = now.lastApplied - since.lastApplied;
  const bytes = now.bytes - since.bytes;
  if (entries <= 0 || bytes < thresholds.growth * now.snapshotBytes) return false;
  return isReached(thresholds.entries, entries) || isReached(thresholds.bytes, bytes);
}

function isReached(threshold: number | null, count: number): boolean {
  return threshold !== null && count >= threshold;
}
