/** Sums of many runs: what a report of a whole simulation consists of. */
import type { SimulationReport } from '../../../src/testing/simulation/simulate.ts';

const NAMES = [
  'seeds',
  'events',
  'simulatedMs',
  'crashes',
  'partitions',
  'halts',
  'refusals',
  'messages',
  'operations',
  'committed',
  'terms',
  /** Histories that were too hard to judge within the bound. */
  'undecided',
  'failures',
] as const;
type Name = (typeof NAMES)[number];

export type Tally = Readonly<Record<Name, number>>;

export const NO_RUNS = tallyOfEach(() => 0);

export function tallyOf(report: SimulationReport): Tally {
  const undecided = report.isDecided ? 0 : 1;
  const failures = report.violation === null ? 0 : 1;
  const counted = { ...report, seeds: 1, undecided, failures };
  return tallyOfEach((name) => counted[name]);
}

export function addTallies(left: Tally, right: Tally): Tally {
  return tallyOfEach((name) => left[name] + right[name]);
}

function tallyOfEach(numberOf: (name: Name) => number): Tally {
  return Object.fromEntries(NAMES.map((name) => [name, numberOf(name)])) as Record<Name, number>;
}
