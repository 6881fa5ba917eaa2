/** Worlds of founding by number, many of them: never two clusters of fewer directories than two would need (FO9, FO12). */
import fc from 'fast-check';
import type { Coverage } from '../simulation/runner/coverage.ts';
import { type Deed, EXPECTED, FoundingWorld } from './founding-world.ts';

const aDeed: fc.Arbitrary<Deed> = fc.tuple(fc.nat(99), fc.nat(1_000), fc.nat(1_000));
/** So many nodes; in one world of five there is a cluster already. In three to five of ten all were told of the same one alone. */
const aWorld = fc.tuple(fc.integer({ min: 3, max: 5 }), fc.nat(4), fc.nat(9));
const deeds = fc.array(aDeed, { minLength: 50, maxLength: 400 });

interface Foundings {
  runs: number;
  /** Of those without a lost disk: each has to come to one cluster of all. */
  whole: number;
  founded: number;
}

/** Rejects with the seed and the fewest deeds with which a world goes wrong. */
export async function simulateFoundings(
  runs: number,
  coverage: Coverage | null = null,
): Promise<Foundings> {
  const seen: Foundings = { runs, whole: 0, founded: 0 };
  const property = fc.asyncProperty(aWorld, deeds, async ([count, kind, who], all) => {
    const setting = { count, hasCluster: kind === 0, seed: who < count ? who : null };
    const world = await settledWorld(setting, all, coverage);
    if (world.isWhole) seen.whole += 1;
    if (world.foundations.size > 0) seen.founded += 1;
  });
  await fc.assert(property, { numRuns: runs });
  return seen;
}

interface Setting {
  readonly count: number;
  readonly hasCluster: boolean;
  /** The one that all were told of; `null`: each was told of all. */
  readonly seed: number | null;
}

/** A world in which this has happened, and which then came to rest. Rejects if it went wrong. */
export async function settledWorld(
  setting: Setting,
  all: readonly Deed[],
  coverage: Coverage | null = null,
): Promise<FoundingWorld> {
  const world = new FoundingWorld({ ...setting, coverage });
  for (const deed of all) await world.take(deed);
  await world.settle();
  const problem = problemWith(world, setting);
  if (problem !== null) throw new Error(problem);
  return world;
}

/** `null`: all is as it has to be. */
function problemWith(world: FoundingWorld, { count, hasCluster }: Setting): string | null {
  const { failures, foundations, isWhole, joined, members } = world;
  if (failures.length > 0) return String(failures[0]);
  if (foundations.size > 1) return `${foundations.size} clusters: ${[...foundations.keys()]}`;
  const isOne = members === EXPECTED || (hasCluster && members === 0);
  if (!isWhole || (isOne && members + joined === count)) return null;
  return `of ${count} that kept their disks ${members} are founded, and ${joined} have joined a cluster`;
}
