/**
 * The comparison as a picture, light and dark: one bar a row, on a scale on which twice as good lies as far to the right of
 * "as good as etcd" as half as good lies to the left. The goal of each row is a diamond.
 */
import { PAGE, type Scheme, TONES } from '../../../visualizations/generator/theme.ts';
import { type Betterment, bettermentOf, bettermentOfOutage } from './betterment.ts';
import type { Results } from './results.ts';

const [WIDTH, NAMES, RIGHT] = [900, 330, 70];
const [TOP, ROW, BAR] = [58, 26, 14];
/** Ends of the scale; what lies beyond is drawn at its end, and its figure says what it is. */
const [LEAST, MOST] = [1 / 4, 32];
const MARKS = [1 / 4, 1 / 2, 1, 2, 4, 8, 16, 32];

type Compared = Pick<Results, 'memory' | 'outages' | 'rows'>;

/** Nothing of what was measured without etcd beside it. */
export function drawChart({ memory, outages, rows }: Compared, scheme: Scheme): string {
  const bars = [
    ...rows.map(bettermentOf),
    ...[...outages, ...memory].map(bettermentOfOutage),
  ].filter((bar) => bar !== null);
  const height = TOP + bars.length * ROW + 16;
  const { page, ink, soft } = PAGE[scheme];
  const title = 'How many times as good as etcd raftchart is, row by row';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${title}" font-family="system-ui, 'DejaVu Sans', sans-serif" font-size="13">`,
    `<rect width="${WIDTH}" height="${height}" fill="${page}"/>`,
    text({ x: 12, y: 22, fill: ink, size: 15 }, 'Times as good as etcd'),
    text({ x: NAMES, y: 22, fill: soft, size: 12 }, 'green: the goal ◇ is met · orange: it is not'),
    ...MARKS.map((mark) => markLine(mark, height, scheme)),
    ...bars.map((bar, at) => drawBar(bar, TOP + at * ROW, scheme)),
    '</svg>',
    '',
  ].join('\n');
}

function markLine(mark: number, height: number, scheme: Scheme): string {
  const { frame, arrow, soft } = PAGE[scheme];
  const x = placeOf(mark);
  const words = mark < 1 ? `1/${1 / mark}` : `${mark}`;
  return [
    `<path d="M${x} ${TOP - 8}V${height - 12}" stroke="${mark === 1 ? arrow : frame}" fill="none"/>`,
    text({ x, y: TOP - 14, fill: soft, size: 12, anchor: 'middle' }, `${words}×`),
  ].join('');
}

function drawBar({ name, times, goal }: Betterment, y: number, scheme: Scheme): string {
  const { ink } = PAGE[scheme];
  const { line } = TONES[times >= goal ? 'leader' : 'candidate'][scheme];
  const [from, to] = [placeOf(1), placeOf(times)].sort((left, right) => left - right);
  const middle = y + ROW / 2;
  const x = placeOf(goal);
  return [
    text({ x: NAMES - 14, y: middle + 4, fill: ink, size: 13, anchor: 'end' }, name),
    `<rect x="${from}" y="${middle - BAR / 2}" width="${Math.max(1, (to ?? 0) - (from ?? 0))}" height="${BAR}" rx="2" fill="${line}"/>`,
    `<path d="M${x - 6} ${middle}L${x} ${middle - 6}L${x + 6} ${middle}L${x} ${middle + 6}Z" fill="${PAGE[scheme].page}" stroke="${ink}"/>`,
    text({ x: WIDTH - 12, y: middle + 4, fill: ink, size: 13, anchor: 'end' }, `${shown(times)}×`),
  ].join('');
}

function placeOf(times: number): number {
  const share = Math.log2(Math.min(MOST, Math.max(LEAST, times)) / LEAST) / Math.log2(MOST / LEAST);
  return Math.round(NAMES + share * (WIDTH - NAMES - RIGHT));
}

function shown(times: number): string {
  return times < 10 ? times.toFixed(2) : times.toFixed(0);
}

interface Placed {
  readonly x: number;
  readonly y: number;
  readonly fill: string;
  readonly size: number;
  readonly anchor?: 'start' | 'middle' | 'end';
}

function text({ x, y, fill, size, anchor = 'start' }: Placed, words: string): string {
  return `<text x="${x}" y="${y}" fill="${fill}" font-size="${size}" text-anchor="${anchor}">${words}</text>`;
}
