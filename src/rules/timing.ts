/**
 * How long the charts wait. Randomness is an argument: a number in `[0, 1)` drawn by the caller, so that
 * timeouts are drawn anew each round (§3.4) and a simulator can choose every one of them.
 */
import { DIAL_BACKOFF_MAX_MS, DIAL_BACKOFF_MIN_MS, LEASE_CLOCK_BOUND } from '../core/limits.ts';
import type { RaftProtocol, RaftState, RaftTiming } from '../core/raft-state.ts';
import { suspicionRank } from './election.ts';
import { isQuorum } from './quorum.ts';

export const DEFAULT_TIMING: RaftTiming = Object.freeze({
  electionTimeoutMinMs: 300,
  electionTimeoutMaxMs: 600,
  heartbeatIntervalMs: 50,
  suspicionStepMs: 25,
});

export const DEFAULT_PROTOCOL: RaftProtocol = { preVote: true, checkQuorum: true };

/** RD6: how long a lease lasts at most, from when its round was asked for; 0: there are none, for want of loyal followers. */
export function leaseMs({ timing, protocol }: Pick<RaftState, 'timing' | 'protocol'>): number {
  if (protocol.leaseReads !== true || !protocol.checkQuorum) return 0;
  return Math.floor(timing.electionTimeoutMinMs / LEASE_CLOCK_BOUND);
}

/** RD6: looked at when a read asks, since a process that stood still hears its timers late. */
export function isWithinLease({ fromMs, leaseMs: lastsMs }: Lease, nowMs: number): boolean {
  return nowMs >= fromMs && nowMs - fromMs < lastsMs;
}

export interface Lease {
  /** When the round was asked for that a quorum has confirmed, on the leader's own clock. */
  readonly fromMs: number;
  readonly leaseMs: number;
}

/** EL12: uniform in `[min, max)`. */
export function electionTimeoutMs(timing: RaftTiming, random: number): number {
  return timing.electionTimeoutMinMs + electionTimeoutRestMs(timing, random);
}

/** EL19: how long who knows no leader waits for one; a sole voter has nobody to wait for. */
export function leaderlessTimeoutMs(
  { configuration, id, timing }: Pick<RaftState, 'configuration' | 'id' | 'timing'>,
  random: number,
): number {
  return isQuorum(configuration, [id]) ? 0 : electionTimeoutMs(timing, random);
}

/** What is left of a drawn election timeout once its shortest length has passed. */
export function electionTimeoutRestMs(timing: RaftTiming, random: number): number {
  return Math.floor((timing.electionTimeoutMaxMs - timing.electionTimeoutMinMs) * random);
}

/** EL9: the first in line asks at once, each next one a step later, so that they do not split the vote. */
export function suspicionDelayMs(state: RaftState, random: number): number {
  const { suspicionStepMs } = state.timing;
  return Math.floor((suspicionRank(state) + random / 4) * suspicionStepMs);
}

/** Doubles with each failure in a row up to a bound, less up to half of it by chance. */
export function dialBackoffMs(failures: number, random: number): number {
  const doubled = DIAL_BACKOFF_MIN_MS * 2 ** Math.min(failures, 16);
  return Math.floor(Math.min(doubled, DIAL_BACKOFF_MAX_MS) * (1 - random / 2));
}
