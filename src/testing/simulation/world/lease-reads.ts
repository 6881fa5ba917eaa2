/**
 * Where leases are on, somebody reads by lease at whoever leads, so often that a lease is nearly always held: then each
 * time that a leader is cut off, or stands still, it is with a lease that must be over before another leads (S29).
 */
import type { World } from './world.ts';

/** So many reads in the shortest election timeout. */
const READS_IN_TIMEOUT = 4;

export function readByLease(world: World): void {
  const { protocol, timing } = world.plan;
  if (protocol.leaseReads !== true) return;
  const { electionTimeoutMinMs: timeoutMs } = timing;
  const read = (): void => {
    for (const { node, process, isForeign } of world.members.values()) {
      if (isForeign || node === null || !node.inspection().leads) continue;
      process?.run('input', () => node.awaitReadable({ timeoutMs, lease: true }, () => {}));
    }
    world.clock.setTimeout(read, timeoutMs / READS_IN_TIMEOUT);
  };
  world.clock.setTimeout(read, timeoutMs);
}
