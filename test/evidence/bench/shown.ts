/** A comparison as a line of a table. */
import type { Comparison, OutageComparison } from './comparison.ts';
import type { Sample } from './rivals/rival.ts';

export const HEAD = [
  ...['', 'ours/s', 'p50 / p99 ms', 'etcd/s', 'p50 / p99 ms'],
  ...['ratio', 'p50, p99', 'goal', 'met', 'noise'],
];

export function rowOf(comparison: Comparison): readonly string[] {
  const { name, ours, theirs, ratios, goal, isMet, noise } = comparison;
  return [
    ...[name, ...cellsOf(ours), ...cellsOf(theirs)],
    ratios === null ? '–' : `${ratios.perSecond.toFixed(2)}×`,
    ratios === null ? '–' : `${ratios.p50.toFixed(2)}×, ${ratios.p99.toFixed(2)}×`,
    ...[goal, metText(isMet)],
    `${Math.round(noise * 100)} %`,
  ];
}

function cellsOf(sample: Sample | null): readonly [string, string] {
  if (sample === null) return ['–', '–'];
  const { perSecond, p50Ms, p99Ms } = sample;
  return [Math.round(perSecond).toLocaleString('en'), `${p50Ms.toFixed(2)} / ${p99Ms.toFixed(2)}`];
}

export const OUTAGE_HEAD = ['', 'ours ms', 'worst', 'etcd ms', 'worst', 'ratio', 'goal', 'met'];

export const MEMORY_HEAD = OUTAGE_HEAD.map((word) => word.replace('ms', 'MiB'));

export function outageRowOf(comparison: OutageComparison): readonly string[] {
  const { name, ours, theirs, ratio, goal, isMet } = comparison;
  return [
    ...[name, ours.median.toFixed(0), ours.worst.toFixed(0)],
    ...(theirs === null ? ['–', '–'] : [theirs.median.toFixed(0), theirs.worst.toFixed(0)]),
    ...[ratio === null ? '–' : `${ratio.toFixed(2)}×`, goal, metText(isMet)],
  ];
}

function metText(isMet: boolean | null): string {
  if (isMet === null) return '–';
  return isMet ? 'yes' : 'no';
}
