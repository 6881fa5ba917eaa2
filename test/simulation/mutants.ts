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
import type { World } from '../../src/testing/simulation/world/world.ts';

/** Plants the bug in this whole process; returns what takes it out again. */
type Plant = (world: World) => () => void;

const NOTHING = (): void => {};

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
} as const satisfies Record<string, Plant>;

export type Mutant = keyof typeof PLANTS;
export const MUTANTS = Object.keys(PLANTS) as readonly Mutant[];

export function plant(world: World, mutant: Mutant): () => void {
  return PLANTS[mutant](world);
}
