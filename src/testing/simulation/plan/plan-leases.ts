/**
 * What makes a lease that lasts too long show itself: clocks that differ by nearly as much as leases bear, and leaders that are
 * cut off as soon as they have got one, so that the others elect another while it lasts, if they can (S29).
 */
import type { RaftProtocol, RaftTiming } from '../../../core/raft-state.ts';
import type { NodeId } from '../../../core/types.ts';
import type { ClockDrift } from '../runtime/process.ts';
import type { SeededRandom } from '../runtime/random.ts';
import type { Fault } from './plan-faults.ts';

/** The fastest runs by less than `LEASE_CLOCK_BOUND` faster than the slowest. */
const RATES = [0.92, 0.92, 1, 1.09, 1.09] as const;

/** How fast a clock runs; as drawn before where nobody has leases. */
export function withLeaseRate(
  drift: ClockDrift,
  random: SeededRandom,
  { leaseReads = false }: RaftProtocol,
): ClockDrift {
  return leaseReads ? { ...drift, rate: random.pick(RATES) } : drift;
}

/** A member that is told nothing of leases: none may be used while it has a vote (RD9). */
export function planLeaseless(
  random: SeededRandom,
  members: readonly NodeId[],
  { leaseReads = false }: RaftProtocol,
): NodeId | null {
  return leaseReads && random.chance(0.2) ? random.pick(members) : null;
}

interface LeaseScope {
  readonly protocol: RaftProtocol;
  readonly timing: RaftTiming;
  readonly troubleMs: number;
}

/** Long enough for a lease to come, and for an election after that. */
export function planLeaseCuts(
  random: SeededRandom,
  { protocol, timing, troubleMs }: LeaseScope,
): readonly Fault<'cutLease'>[] {
  if (protocol.leaseReads !== true || random.chance(0.3)) return [];
  return Array.from({ length: random.integer(2, 8) }, () => ({
    type: 'cutLease' as const,
    atMs: Math.floor(random.between(0, troubleMs)),
    forMs: Math.floor(timing.electionTimeoutMaxMs * random.between(3, 5)),
    isHard: random.chance(0.5),
  }));
}
