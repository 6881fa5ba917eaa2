/** What a row came to: the medians of its rounds, each ratio taken within one round, since the machine is not always the same. */
import { quantile } from '../../processes/quantile.ts';
import type { Outage } from './outages.ts';
import type { Sample } from './rivals/rival.ts';
import type { Row } from './rows.ts';

/** One round of a row: all that were asked, one right after the other. */
export interface Round {
  readonly ours: Sample;
  /** `null`: measured alone. */
  readonly theirs: Sample | null;
  /** Before each turn, the loudest. */
  readonly noise: number;
}

export interface Comparison {
  readonly name: string;
  readonly ours: Sample;
  readonly theirs: Sample | null;
  /** Ours to theirs. */
  readonly ratios: Ratios | null;
  readonly goal: string;
  readonly goals: Goals;
  readonly isMet: boolean | null;
  readonly noise: number;
}

interface Goals {
  readonly perSecond: number;
  /** `null`: the goal is one of throughput. */
  readonly p50: number | null;
}

interface Ratios {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

export function comparisonOf(row: Row, rounds: readonly Round[]): Comparison {
  const theirs = rounds.flatMap((round) => round.theirs ?? []);
  const ratios = ratiosOf(rounds);
  return {
    name: row.name,
    ours: medianSample(rounds.map(({ ours }) => ours)),
    theirs: theirs.length === 0 ? null : medianSample(theirs),
    ratios,
    goal: goalText(row),
    goals: { perSecond: row.goal, p50: row.latencyGoals?.p50 ?? null },
    isMet: ratios === null ? null : meets(row, ratios),
    noise: Math.max(...rounds.map(({ noise }) => noise)),
  };
}

/** Of what is better the less it is: an outage in milliseconds, memory in MiB. */
export interface OutageComparison {
  readonly name: string;
  readonly ours: Spread;
  readonly theirs: Spread | null;
  readonly ratio: number | null;
  readonly goal: string;
  readonly goalRatio: number;
  readonly isMet: boolean | null;
}

interface Spread {
  readonly median: number;
  readonly worst: number;
}

export function outageComparison(
  { name, goal }: Pick<Outage, 'name' | 'goal'>,
  rounds: readonly { readonly ours: number; readonly theirs: number | null }[],
): OutageComparison {
  const pairs = rounds.flatMap(({ ours, theirs }) => (theirs === null ? [] : [{ ours, theirs }]));
  const ratio = pairs.length === 0 ? null : median(pairs.map((pair) => pair.ours / pair.theirs));
  return {
    ...{
      name,
      ratio,
      goal: `≤ ${goal}×`,
      goalRatio: goal,
      isMet: ratio === null ? null : ratio <= goal,
    },
    ours: spreadOf(rounds.map(({ ours }) => ours)),
    theirs: pairs.length === 0 ? null : spreadOf(pairs.map(({ theirs }) => theirs)),
  };
}

function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), worst: Math.max(...values) };
}

function medianSample(samples: readonly Sample[]): Sample {
  return {
    perSecond: median(samples.map(({ perSecond }) => perSecond)),
    p50Ms: median(samples.map(({ p50Ms }) => p50Ms)),
    p99Ms: median(samples.map(({ p99Ms }) => p99Ms)),
    p999Ms: samples.some(({ p999Ms }) => p999Ms === null)
      ? null
      : median(samples.map(({ p999Ms }) => p999Ms ?? Number.NaN)),
  };
}

function ratiosOf(rounds: readonly Round[]): Ratios | null {
  const pairs = rounds.flatMap(({ ours, theirs }) => (theirs === null ? [] : [{ ours, theirs }]));
  if (pairs.length === 0) return null;
  const ratio = (pick: (sample: Sample) => number): number =>
    median(pairs.map(({ ours, theirs }) => pick(ours) / pick(theirs)));
  return {
    perSecond: ratio(({ perSecond }) => perSecond),
    p50: ratio(({ p50Ms }) => p50Ms),
    p99: ratio(({ p99Ms }) => p99Ms),
  };
}

function goalText({ goal, latencyGoals }: Row): string {
  if (latencyGoals === undefined) return `≥ ${goal}×`;
  return `p50 ≤ ${latencyGoals.p50}×, p99 ≤ ${latencyGoals.p99}×`;
}

function meets({ goal, latencyGoals }: Row, { perSecond, p50, p99 }: Ratios): boolean {
  if (latencyGoals === undefined) return perSecond >= goal;
  return p50 <= latencyGoals.p50 && p99 <= latencyGoals.p99;
}

function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}
