/**
 * The text format of Prometheus (version 0.0.4): families with HELP and TYPE, samples with escaped labels
 * (SV14). It only writes; what is measured, and what it is called, `metrics.ts` says.
 */
import { HISTOGRAM_BOUNDS_SECONDS, type Histogram } from '../../core/histogram.ts';

type Labels = Readonly<Record<string, string | number>>;

export interface Sample {
  /** Appended to the family's name: `_bucket`, `_sum`, `_count`; empty for the family itself. */
  readonly suffix?: string;
  readonly labels?: Labels;
  readonly value: number;
}

export interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly samples: readonly Sample[];
}

export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export function prometheusText(families: readonly Family[]): string {
  const lines: string[] = [];
  for (const { name, type, help, samples } of families) {
    if (samples.length === 0) continue;
    lines.push(`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`);
    for (const sample of samples) {
      lines.push(`${name}${sample.suffix ?? ''}${labelText(sample.labels)} ${sample.value}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** Buckets counted upwards to the total, as Prometheus wants them. */
export function histogramSamples(histogram: Histogram, labels: Labels): readonly Sample[] {
  const samples: Sample[] = [];
  let total = 0;
  histogram.counts.forEach((count, bucket) => {
    total += count;
    const le = HISTOGRAM_BOUNDS_SECONDS[bucket] ?? '+Inf';
    samples.push({ suffix: '_bucket', labels: { ...labels, le }, value: total });
  });
  samples.push({ suffix: '_sum', labels, value: histogram.sumSeconds });
  samples.push({ suffix: '_count', labels, value: total });
  return samples;
}

function labelText(labels: Labels = {}): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${escapeLabel(String(value))}"`,
  );
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}

function escapeHelp(help: string): string {
  return help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
