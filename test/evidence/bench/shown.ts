/** What was measured as tables, line by line. */
import type { Comparison, OutageComparison } from './comparison.ts';
import type { Cost, CostComparison } from './costs.ts';
import type { Counted } from './embedded.ts';
import type { Results } from './results.ts';
import type { Sample } from './rivals/rival.ts';

/** A table for each kind of figure, its head first; none for what was not measured. */
export function tablesOf(results: Results): readonly (readonly (readonly string[])[])[] {
  return [
    [HEAD, ...results.rows.map(rowOf)],
    [OUTAGE_HEAD, ...results.outages.map(outageRowOf)],
    [MEMORY_HEAD, ...results.memory.map(outageRowOf)],
    [COST_HEAD, ...results.costs.map(costRowOf)],
    [COUNTED_HEAD, ...results.counted.map(countedRowOf)],
  ].filter(({ length }) => length > 1);
}

const HEAD = [
  ...['', 'ours/s', 'p50 / p99 / p99.9 ms', 'etcd/s', 'p50 / p99 / p99.9 ms'],
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
  const { perSecond, p50Ms, p99Ms, p999Ms } = sample;
  const latencies = [p50Ms, p99Ms, p999Ms].map((ms) => ms?.toFixed(2) ?? '–');
  return [Math.round(perSecond).toLocaleString('en'), latencies.join(' / ')];
}

const OUTAGE_HEAD = ['', 'ours ms', 'worst', 'etcd ms', 'worst', 'ratio', 'goal', 'met'];

const MEMORY_HEAD = OUTAGE_HEAD.map((word) => word.replace('ms', 'MiB'));

export function outageRowOf(comparison: OutageComparison): readonly string[] {
  const { name, ours, theirs, ratio, goal, isMet } = comparison;
  return [
    ...[name, ours.median.toFixed(0), ours.worst.toFixed(0)],
    ...(theirs === null ? ['–', '–'] : [theirs.median.toFixed(0), theirs.worst.toFixed(0)]),
    ...[ratio === null ? '–' : `${ratio.toFixed(2)}×`, goal, metText(isMet)],
  ];
}

const COST_HEAD = [
  ...['', 'ours µs', 'disk bytes', 'loopback bytes'],
  ...['etcd µs', 'disk bytes', 'loopback bytes', 'ratios'],
];

export function costRowOf({ name, ours, theirs }: CostComparison): readonly string[] {
  const cells = (cost: Cost | null): readonly string[] =>
    cost === null ? ['–', '–', '–'] : Object.values(cost).map((part) => inThousands(part));
  const ratios = theirs === null ? ['–'] : ratiosOf(ours, theirs).map((each) => `${each}×`);
  return [name, ...cells(ours), ...cells(theirs), ratios.join(', ')];
}

function ratiosOf(ours: Cost, theirs: Cost): readonly string[] {
  return [
    ours.processorUs / theirs.processorUs,
    ours.diskBytes / theirs.diskBytes,
    ours.wireBytes / theirs.wireBytes,
  ].map((ratio) => ratio.toFixed(2));
}

const COUNTED_HEAD = ['', 'ours/s', 'goal', 'met'];

export function countedRowOf({ goal, name, perSecond }: Counted): readonly string[] {
  const shown = goal === null ? '–' : `≥ ${inThousands(goal)}`;
  return [name, inThousands(perSecond), shown, metText(goal === null ? null : perSecond >= goal)];
}

function inThousands(figure: number): string {
  return Math.round(figure).toLocaleString('en');
}

function metText(isMet: boolean | null): string {
  if (isMet === null) return '–';
  return isMet ? 'yes' : 'no';
}
