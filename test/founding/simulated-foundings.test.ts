/** Founding by number in worlds of its own, with the chart and the driver of production; `npm run foundings` runs 10,000. */
import { expect, it } from 'vitest';
import { Coverage, everyWay } from '../simulation/runner/coverage.ts';
import type { Deed } from './founding-world.ts';
import { settledWorld, simulateFoundings } from './simulated-foundings.ts';

const WORLDS = 400;

it('[FO12] [FO9] [FO15] whatever befalls three to five nodes, they found one cluster at most, and one where no disk is lost', async () => {
  const coverage = new Coverage();
  const { founded, whole } = await simulateFoundings(WORLDS, coverage);
  expect(whole).toBeGreaterThan(WORLDS / 10);
  expect(founded).toBeGreaterThan(WORLDS / 2);
  const ways = everyWay().filter((way) => way.startsWith('founding'));
  expect(ways.length).toBeGreaterThan(20);
  expect(ways.filter((way) => !coverage.taken.has(way) && !(way in NEVER_TAKEN))).toEqual([]);
});

/** All were told of n3. What n1 says of the foundation is lost, and when the others begin again they know of each other alone. */
const LOST_NEWS: readonly Deed[] = [
  [44, 0, 0],
  [0, 0, 1],
  [44, 469, 0],
  [0, 0, 28],
  [68, 754, 397],
  [0, 0, 0],
  [44, 0, 0],
  [0, 0, 0],
  [0, 0, 0],
  [0, 0, 0],
  [0, 0, 0],
  [0, 0, 161],
  [0, 0, 0],
  [0, 0, 0],
  [44, 325, 0],
  [44, 980, 0],
  [0, 0, 6],
  [0, 0, 0],
  [0, 0, 0],
  [0, 0, 0],
  [0, 0, 101],
  [93, 295, 0],
  [0, 0, 0],
  [0, 0, 1],
  [0, 0, 0],
  [44, 284, 0],
  [0, 0, 0],
  [0, 0, 0],
  [0, 0, 0],
  [0, 0, 0],
  [0, 0, 0],
  [0, 0, 0],
  [0, 0, 0],
  [0, 0, 0],
  [0, 0, 0],
  [0, 0, 0],
  [0, 0, 0],
  [0, 0, 0],
  [40, 0, 0],
  [0, 0, 1],
  [93, 851, 0],
  [0, 0, 0],
  [0, 0, 0],
  [0, 0, 0],
  [0, 0, 0],
  [0, 0, 0],
  [0, 0, 0],
  [0, 0, 0],
  [0, 0, 0],
  [0, 0, 0],
  [44, 0, 0],
  [0, 0, 476],
  [0, 0, 0],
  [0, 0, 43],
  [0, 0, 0],
];

it('[FO10] [FO15] whoever has not heard of the foundation is told again', async () => {
  const world = await settledWorld({ count: 3, hasCluster: false, seed: 2 }, LOST_NEWS);
  expect([world.isWhole, world.members]).toEqual([true, 3]);
});

/** By way, why no world takes it. */
const NEVER_TAKEN: Readonly<Record<string, string>> = {
  'founding: founding.stored → ·': 'one write is under way at a time, and ends once',
  'founding: founding.unstored → ·': 'one write is under way at a time, and ends once',
};
