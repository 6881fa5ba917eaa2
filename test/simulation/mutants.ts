/**
 * Planted bugs: a simulation that has never failed proves nothing until it is shown to fail. Each is one that a
 * real system had, or that once lived in this one unseen, in the smallest form that brings it back.
 */

import { Disk } from '../../src/node/deeds/disk.ts';
import { LogTail } from '../../src/node/deeds/log-tail.ts';
import { Peers } from '../../src/node/peers/peers.ts';
import { Clients } from '../../src/node/requests/clients.ts';
import { Actors } from '../../src/node/tree/actors.ts';
import { StepLoop } from '../../src/node/tree/step-loop.ts';
import type { Lease } from '../../src/rules/timing.ts';
import { LeaseCountdown } from '../../src/server/leases/lease-countdown.ts';
import type { World } from '../../src/testing/simulation/world/world.ts';

/** Plants the bug in this whole process; returns what takes it out again. */
type Plant = (world: World) => () => void;

const NOTHING = (): void => {};
const HOUR_MS = 3_600_000;

const PLANTS = {
  /** Says that a write is on disk before it is, so that a loss of power forgets what was promised. */
  'lying-disk': (world) => {
    for (const { disk } of world.all) disk.trouble.liesAboutSync = true;
    return NOTHING;
  },
  /** Lets go of entries that are not on disk yet, and that nobody else here has. */
  'forgetful-cache': () => {
    const { trim } = LogTail.prototype;
    LogTail.prototype.trim = function trimAll(this: LogTail): void {
      trim.call(this, this.lastIndex);
    };
    return () => {
      LogTail.prototype.trim = trim;
    };
  },
  /** Votes against the leader that it hears. */
  disloyal: () => {
    const { hasTag } = Actors.prototype;
    Actors.prototype.hasTag = function hasOther(this: Actors, tag): boolean {
      return tag !== 'loyal' && hasTag.call(this, tag);
    };
    return () => {
      Actors.prototype.hasTag = hasTag;
    };
  },
  /** Halts without a word to those who wait. */
  'silent-halt': () => {
    const { failAll } = Clients.prototype;
    Clients.prototype.failAll = NOTHING;
    return () => {
      Clients.prototype.failAll = failAll;
    };
  },
  /** Performs what is left of a step in which something threw. */
  'going-on': () => {
    const ends = [StepLoop.prototype.end, Disk.prototype.end, Peers.prototype.end] as const;
    const endActors = Actors.prototype.end;
    [StepLoop.prototype.end, Disk.prototype.end, Peers.prototype.end] = [NOTHING, NOTHING, NOTHING];
    Actors.prototype.end = NOTHING;
    return () => {
      [StepLoop.prototype.end, Disk.prototype.end, Peers.prototype.end] = ends;
      Actors.prototype.end = endActors;
    };
  },
  /** A lease lasts half as long again as it may. */
  'long-lease': () => {
    const own = Object.getOwnPropertyDescriptor(Actors.prototype, 'lease');
    const longer = new WeakMap<Actors, Lease>();
    const get = function leaseOf(this: Actors): Lease | null {
      const lease: Lease | null = own?.get?.call(this) ?? null;
      if (lease !== null) longer.set(this, { ...lease, leaseMs: 1.5 * lease.leaseMs });
      else if (!this.hasTag('takesProposals')) longer.delete(this);
      return longer.get(this) ?? null;
    };
    Object.defineProperty(Actors.prototype, 'lease', { ...own, get });
    return () => Object.defineProperty(Actors.prototype, 'lease', own ?? {});
  },
  /** Whoever begins to lead goes on with what it had counted before. */
  'hasty-keeper': () => {
    const { remainingMs } = LeaseCountdown.prototype;
    LeaseCountdown.prototype.remainingMs = function remainingOf(this: LeaseCountdown, lease) {
      return remainingMs.call(this, lease, Number.NEGATIVE_INFINITY);
    };
    return () => {
      LeaseCountdown.prototype.remainingMs = remainingMs;
    };
  },
  /** Refuses every pre-vote for the sake of a leader that it heard once: pre-vote freezes the cluster (L07). */
  'ever-loyal': () => {
    const { tellRaft } = Actors.prototype;
    Actors.prototype.tellRaft = function tellLoyal(this: Actors, event): void {
      const { delays, guards } = this.raftSnapshot?.machine.implementations ?? {};
      Object.assign(delays ?? {}, { electionTimeoutMinimum: () => HOUR_MS });
      Object.assign(guards ?? {}, { isLeaderLink: () => false });
      tellRaft.call(this, event);
    };
    return () => {
      Actors.prototype.tellRaft = tellRaft;
    };
  },
} as const satisfies Record<string, Plant>;

export type Mutant = keyof typeof PLANTS;
export const MUTANTS = Object.keys(PLANTS) as readonly Mutant[];

export function plant(world: World, mutant: Mutant): () => void {
  return PLANTS[mutant](world);
}
