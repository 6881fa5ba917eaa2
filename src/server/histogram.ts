/** How long requests took, in buckets: enough to see a percentile, small enough to keep for each route. */
import type { Labels, Sample } from './prometheus-text.ts';

/** Upper bounds in seconds, inclusive; a last one of +Inf is implied. */
const BOUNDS_SECONDS: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

export interface Histogram {
  /** Not cumulative: one count for each bound, the last for everything above. */
  readonly counts: number[];
  sumSeconds: number;
}

export function emptyHistogram(): Histogram {
  return { counts: new Array<number>(BOUNDS_SECONDS.length + 1).fill(0), sumSeconds: 0 };
}

export function observe(histogram: Histogram, seconds: number): void {
  const found = BOUNDS_SECONDS.findIndex((bound) => seconds <= bound);
  const bucket = found < 0 ? BOUNDS_SECONDS.length : found;
  histogram.counts[bucket] = (histogram.counts[bucket] ?? 0) + 1;
  histogram.sumSeconds += seconds;
}

export function histogramSamples(histogram: Histogram, labels: Labels): readonly Sample[] {
  const samples: Sample[] = [];
  let total = 0;
  histogram.counts.forEach((count, bucket) => {
    total += count;
    const le = BOUNDS_SECONDS[bucket] ?? '+Inf';
    samples.push({ suffix: '_bucket', labels: { ...labels, le }, value: total });
  });
  samples.push({ suffix: '_sum', labels, value: histogram.sumSeconds });
  samples.push({ suffix: '_count', labels, value: total });
  return samples;
}
