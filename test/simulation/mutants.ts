/**
 * Planted bugs: a simulation that has never failed proves nothing until it is shown to fail. Each is one that a
 * real system had, in the smallest form that brings it back.
 */
import type { World } from '../../src/testing/simulation/world.ts';

/** `lying-disk`: says that a write is on disk before it is, so that a loss of power forgets what was promised. */
export const MUTANTS = ['lying-disk'] as const;
export type Mutant = (typeof MUTANTS)[number];

export function plant(world: World, mutant: Mutant | null): void {
  if (mutant === null) return;
  for (const { disk } of world.all) disk.trouble.liesAboutSync = true;
}
