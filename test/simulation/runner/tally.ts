/** Sums of many runs: what a report of a whole simulation consists of. */
import type { SimulationReport } from '../../../src/testing/simulation/simulate.ts';

export interface Tally {
  readonly seeds: number;
  readonly events: number;
  readonly simulatedMs: number;
  readonly crashes: number;
  readonly partitions: number;
  readonly halts: number;
  readonly refusals: number;
  readonly messages: number;
  readonly operations: number;
  readonly committed: number;
  readonly terms: number;
  /** Histories that were too hard to judge within the bound. */
  readonly undecided: number;
  readonly failures: number;
}

export const NO_RUNS: Tally = {
  seeds: 0,
  events: 0,
  simulatedMs: 0,
  crashes: 0,
  partitions: 0,
  halts: 0,
  refusals: 0,
  messages: 0,
  operations: 0,
  committed: 0,
  terms: 0,
  undecided: 0,
  failures: 0,
};

export function tallyOf(report: SimulationReport): Tally {
  const { events, simulatedMs, crashes, partitions, halts, refusals, messages } = report;
  const { operations, committed, terms, violation, isDecided } = report;
  const counted = { events, simulatedMs, crashes, partitions, halts, refusals, messages };
  return {
    ...counted,
    seeds: 1,
    operations,
    committed,
    terms,
    undecided: isDecided ? 0 : 1,
    failures: violation === null ? 0 : 1,
  };
}

export function addTallies(left: Tally, right: Tally): Tally {
  const names = Object.keys(NO_RUNS) as (keyof Tally)[];
  const sums = names.map((name) => [name, left[name] + right[name]]);
  return Object.fromEntries(sums) as unknown as Tally;
}
