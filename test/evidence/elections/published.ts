/** The figures that the paper gives in words (§9.3 there, Figure 16); its curves are pictures, and not read off here. */
import { isSame, type TimeoutRange } from './settings.ts';

interface PublishedFigure {
  readonly range: TimeoutRange;
  readonly text: string;
  readonly ms: number;
  /** The share of trials that it stands for; `null`: no point of a curve. */
  readonly share: number | null;
}

export const PUBLISHED: readonly PublishedFigure[] = [
  { range: { minMs: 150, maxMs: 150 }, text: 'over 10 s', ms: 10_000, share: null },
  { range: { minMs: 150, maxMs: 155 }, text: 'median 287 ms', ms: 287, share: 0.5 },
  { range: { minMs: 150, maxMs: 200 }, text: 'worst 513 ms', ms: 513, share: 1 },
  { range: { minMs: 12, maxMs: 24 }, text: 'mean 35 ms', ms: 35, share: null },
  { range: { minMs: 12, maxMs: 24 }, text: 'worst 152 ms', ms: 152, share: 1 },
];

export function publishedFor(range: TimeoutRange): readonly PublishedFigure[] {
  return PUBLISHED.filter((figure) => isSame(figure.range, range));
}
