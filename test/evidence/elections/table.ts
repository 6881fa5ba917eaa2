/** The results as a table of `docs/EVIDENCE.md`. */
import { publishedFor } from './published.ts';
import { meanOf, quantile, type Series } from './series.ts';
import { isSame, nameOf, type TimeoutRange, type Variant } from './settings.ts';

/** One row for each range, one column for each variant. */
export function drawTable(
  ranges: readonly TimeoutRange[],
  variants: readonly Variant[],
  results: readonly Series[],
): string {
  const heads = ['Timeouts', 'Published', ...variants.map(({ title }) => title)];
  const rows = ranges.map((range) => [
    nameOf(range),
    publishedFor(range)
      .map(({ text }) => text)
      .join(', '),
    ...variants.map((variant) => {
      const series = results.find(
        ({ setting }) => setting.variant === variant.name && isSame(setting.range, range),
      );
      return series === undefined ? '' : cellOf(series);
    }),
  ]);
  return [heads, heads.map(() => '---'), ...rows].map(rowOf).join('\n');
}

function rowOf(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`.replaceAll('|  |', '| |');
}

/** Median, mean and worst, in milliseconds. */
function cellOf(series: Series): string {
  const { times, unelected } = series;
  if (times.length === 0) return 'nobody in 100 s';
  const figures = [quantile(series, 0.5), meanOf(series), quantile(series, 1)].map(inWords);
  return unelected === 0 ? figures.join(' · ') : `${figures.join(' · ')}; nobody ${unelected}×`;
}

function inWords(ms: number | null): string {
  return ms === null ? '—' : Math.round(ms).toLocaleString('en-GB');
}
