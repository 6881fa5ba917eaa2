/** How long things took, in buckets: enough to see a percentile, small enough to keep for each kind of thing. */

/** Upper bounds in seconds, inclusive; a last one of +Inf is implied. */
export const HISTOGRAM_BOUNDS_SECONDS: readonly number[] = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

export interface Histogram {
  /** Not cumulative: one count for each bound, the last for everything above. */
  readonly counts: number[];
  sumSeconds: number;
}

export function emptyHistogram(): Histogram {
  return { counts: new Array<number>(HISTOGRAM_BOUNDS_SECONDS.length + 1).fill(0), sumSeconds: 0 };
}

/** `times`: so many things took this long each. */
export function observe(histogram: Histogram, seconds: number, times = 1): void {
  const found = HISTOGRAM_BOUNDS_SECONDS.findIndex((bound) => seconds <= bound);
  const bucket = found < 0 ? HISTOGRAM_BOUNDS_SECONDS.length : found;
  histogram.counts[bucket] = (histogram.counts[bucket] ?? 0) + times;
  histogram.sumSeconds += seconds * times;
}
