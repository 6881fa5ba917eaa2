/** L15: what is kept of the log behind a snapshot, and what may come until the next one is taken, a few times over. */

import { LOG_EMPTY } from '../../../core/log-shape.ts';
import { SERVED_SILENCE_MS } from '../../../node/limits.ts';
import { allEntriesMs } from '../world/all-entries.ts';
import type { SimulatedMember } from '../world/member.ts';
import type { World } from '../world/world.ts';

/** Entries that came since a snapshot was begun, in a cluster that is at rest. */
const LOG_SLACK = 20;
/** Whoever began to fetch a snapshot and went away is waited for, and then the disk: beside what the snapshot takes. */
const PATIENCE_MS = 2 * SERVED_SILENCE_MS;

export async function requireBoundedLogs(world: World): Promise<void> {
  const { snapshotEntries, trailingEntries } = world.plan;
  if (snapshotEntries === null || trailingEntries === null) return;
  const most = 3 * snapshotEntries + trailingEntries + LOG_SLACK;
  const tooLong = (): readonly SimulatedMember[] =>
    world.all.filter((member) => keptBy(member) > most);
  const withinMs = PATIENCE_MS + allEntriesMs(world);
  if (await world.runUntilReached(withinMs, () => tooLong().length === 0)) return;
  for (const member of tooLong()) {
    world.report('L15', `${member.id} keeps ${keptBy(member)} entries, not ${most}`);
  }
}

function keptBy({ node }: SimulatedMember): number {
  const { base, lastIndex } = node?.inspection().raft?.log ?? LOG_EMPTY;
  return lastIndex - base.index;
}
