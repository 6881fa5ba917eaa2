/** Of each row one number that grows as raftchart does better: its ratio, or where less is better the ratio turned over. */
import type { Comparison, OutageComparison } from './comparison.ts';

export interface Betterment {
  readonly name: string;
  /** 1: as good as etcd; 2: twice as good. */
  readonly times: number;
  /** On the same scale. */
  readonly goal: number;
}

/** `null`: measured alone. Where the goal is one of latency, the median of that. */
export function bettermentOf({ name, ratios, goals }: Comparison): Betterment | null {
  if (ratios === null) return null;
  if (goals.p50 === null) return { name, times: ratios.perSecond, goal: goals.perSecond };
  return { name: `${name}, p50`, times: 1 / ratios.p50, goal: 1 / goals.p50 };
}

export function bettermentOfOutage(outage: OutageComparison): Betterment | null {
  const { name, ratio, goalRatio } = outage;
  return ratio === null ? null : { name, times: 1 / ratio, goal: 1 / goalRatio };
}
