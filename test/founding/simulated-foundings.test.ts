/** Founding by number in worlds of its own, with the chart and the driver of production; `npm run foundings` runs 10,000. */
import { expect, it } from 'vitest';
import { Coverage, everyWay } from '../simulation/runner/coverage.ts';
import { simulateFoundings } from './simulated-foundings.ts';

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

/** By way, why no world takes it. */
const NEVER_TAKEN: Readonly<Record<string, string>> = {
  'founding: founding.stored → ·': 'one write is under way at a time, and ends once',
  'founding: founding.unstored → ·': 'one write is under way at a time, and ends once',
};
