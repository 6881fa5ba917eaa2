/**
 * The two plots of the published figure, once for each variant, two side by side: which share of the trials has a leader
 * after how long, on a logarithmic axis. What the paper says in words is marked in the variant that repeats it.
 */
import {
  PAGE,
  type Scheme,
  scoped,
  scopeOf,
  styleSheet,
  TONES,
  type Tone,
} from '../../../visualizations/generator/theme.ts';
import { publishedFor } from './published.ts';
import { countOf, quantile, type Series } from './series.ts';
import {
  BY_CHANCE,
  BY_LENGTH,
  isSame,
  nameOf,
  type TimeoutRange,
  VARIANTS,
  type Variant,
} from './settings.ts';

interface Row {
  readonly title: string;
  readonly ranges: readonly TimeoutRange[];
  readonly tones: readonly Tone[];
  /** The ends of the time axis, in milliseconds. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly top: number;
}

/** Where a curve can be drawn. */
interface Panel {
  readonly row: Row;
  readonly x: number;
  readonly top: number;
}

const WIDTH = 838;
const HEIGHT = 1290;
const LEFT = 66;
const PANEL = { width: 274, height: 200 };
const GAP = { x: 48, y: 86 };
const COLUMNS = 2;
const PANELS = Object.values(VARIANTS);
/** The variants that repeat what was published. */
const REPEATED: readonly Variant[] = [VARIANTS.published, VARIANTS.atOnce];

const ROWS: readonly Row[] = [
  {
    title: 'More chance in a timeout of 150 ms',
    ranges: BY_CHANCE,
    tones: ['trouble', 'candidate', 'preCandidate', 'plain', 'follower', 'leader'],
    fromMs: 10,
    toMs: 100_000,
    top: 150,
  },
  {
    title: 'Shorter timeouts',
    ranges: BY_LENGTH,
    tones: ['trouble', 'candidate', 'preCandidate', 'follower', 'leader'],
    fromMs: 10,
    toMs: 10_000,
    top: 730,
  },
];

export function drawPlots(results: readonly Series[], scheme: Scheme): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="${scopeOf(scheme)}" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-labelledby="elections--title elections--description">`,
    '<title id="elections--title">Elections after the crash of a leader</title>',
    '<desc id="elections--description">The share of trials that have a new leader after a time, for several election timeouts</desc>',
    `<style>\n${styleSheet(scheme)}\n${curveStyles(scheme)}\n</style>`,
    `<rect class="page" width="${WIDTH}" height="${HEIGHT}"/>`,
    text('title', { x: 24, y: 40 }, 'Elections after the crash of a leader', 'start', 20),
    ...subtitleOf(results).map((line, at) => text('note', { x: 24, y: 62 + at * 17 }, line)),
    ...ROWS.flatMap((row) => drawRow(row, results)),
    text(
      'note',
      { x: LEFT, y: HEIGHT - 18 },
      'Time without a leader. ◇ what the paper says in words (§9.3, Figure 16)',
    ),
    '</svg>',
    '',
  ].join('\n');
}

/** What curves and points look like, in the colours of the diagrams. */
function curveStyles(name: Scheme): string {
  const { page } = PAGE[name];
  const rules = [
    '.curve{fill:none;stroke-width:2;stroke-linejoin:round}',
    '.dashed{stroke-dasharray:3 4;stroke-width:1.5}',
    '.point{stroke-width:2}',
    '.halo{paint-order:stroke;stroke-width:4;stroke-linejoin:round}',
    `.point{fill:${page}}`,
    `.halo{stroke:${page}}`,
    ...Object.entries(TONES).flatMap(([tone, shades]) => [
      `.${tone}-curve{stroke:${shades[name].line}}`,
      `.${tone}-ink{fill:${shades[name].ink}}`,
    ]),
  ];
  return rules.map((rule) => scoped(rule, scopeOf(name))).join('\n');
}

function subtitleOf(results: readonly Series[]): readonly string[] {
  const trials = Math.max(...results.map(countOf)).toLocaleString('en-GB');
  return [
    `The share of trials with a new leader by then, of ${trials} for each curve (a tenth for 150–150 ms).`,
    'Five members; two of the four that are left cannot win; a broadcast takes 15 ms.',
  ];
}

function drawRow(row: Row, results: readonly Series[]): readonly string[] {
  const panels = PANELS.map((_, at) => ({
    row,
    x: LEFT + (at % COLUMNS) * (PANEL.width + GAP.x),
    top: row.top + Math.floor(at / COLUMNS) * (PANEL.height + GAP.y),
  }));
  return [
    ...panels.flatMap((panel, at) => {
      const variant = PANELS[at];
      const own = results.filter(({ setting }) => setting.variant === variant?.name);
      return [
        text('caption', { x: panel.x, y: panel.top - 40 }, variant?.title ?? '', 'start', 13),
        text('note', { x: panel.x, y: panel.top - 24 }, variant?.detail ?? ''),
        ...drawAxes(panel, at % COLUMNS === 0),
        ...row.ranges.map((range, place) => drawCurve(panel, place, find(own, range))),
        ...(variant !== undefined && REPEATED.includes(variant) ? drawPublished(panel) : []),
        ...drawUnelected(panel, own),
      ];
    }),
    ...drawLegend(row),
  ];
}

function find(results: readonly Series[], range: TimeoutRange): Series | null {
  return results.find(({ setting }) => isSame(setting.range, range)) ?? null;
}

function drawAxes(panel: Panel, isNamed: boolean): readonly string[] {
  const { row, x, top } = panel;
  const bottom = top + PANEL.height;
  const shares = [0, 0.25, 0.5, 0.75, 1].flatMap((share) => {
    const y = yOf(panel, share);
    const line = `<line class="rule" x1="${x}" y1="${y}" x2="${x + PANEL.width}" y2="${y}"/>`;
    const name = text('note', { x: x - 8, y: y + 4 }, `${share * 100} %`, 'end');
    return isNamed ? [line, name] : [line];
  });
  const decades = [10, 100, 1_000, 10_000, 100_000].filter(
    (ms) => ms >= row.fromMs && ms <= row.toMs,
  );
  const times = decades.flatMap((ms) => {
    const at = xOf(panel, ms);
    return [
      `<line class="rule" x1="${at}" y1="${top}" x2="${at}" y2="${bottom + 5}"/>`,
      text('note', { x: at, y: bottom + 19 }, inUnits(ms), 'middle'),
    ];
  });
  return [...shares, ...times];
}

/** A point for each percent of the trials; nothing where nobody was elected. */
function drawCurve(panel: Panel, place: number, series: Series | null): string {
  const tone = panel.row.tones[place] ?? 'plain';
  if (series === null || series.times.length === 0) return '';
  const points = Array.from({ length: 101 }, (_, at) => {
    const ms = quantile(series, at / 100);
    return ms === null ? [] : [`${xOf(panel, ms)} ${yOf(panel, at / 100)}`];
  }).flat();
  return `<path class="curve ${tone}-curve" d="M${points.join('L')}"/>`;
}

/** Says so where there is no curve. */
function drawUnelected(panel: Panel, results: readonly Series[]): readonly string[] {
  const { row, x } = panel;
  const silent = row.ranges.filter((range) => find(results, range)?.times.length === 0);
  return silent.map((range, at) => {
    const tone = row.tones[row.ranges.indexOf(range)] ?? 'plain';
    const y = yOf(panel, 0.04 + 0.08 * (silent.length - 1 - at));
    const words = `${nameOf(range)}: nobody in 100 s`;
    return text(`${tone}-ink halo`, { x: x + PANEL.width - 6, y }, words, 'end');
  });
}

/** Points of a curve where they belong; a mean, or a bound, as a line of its own. */
function drawPublished(panel: Panel): readonly string[] {
  const { row, top } = panel;
  return row.ranges.flatMap((range, place) => {
    const tone = row.tones[place] ?? 'plain';
    return publishedFor(range).flatMap(({ ms, share, text: words }) => {
      const x = xOf(panel, ms);
      const y = yOf(panel, share ?? 0.94);
      const bar = `<line class="curve dashed ${tone}-curve" x1="${x}" y1="${top}" x2="${x}" y2="${top + PANEL.height}"/>`;
      const [label, anchor] =
        share === 0.5
          ? ([{ x: round(x - 2), y: round(y - 10) }, 'end'] as const)
          : ([{ x: x + 10, y: y + (share === 1 ? -7 : 4) }, 'start'] as const);
      return [
        ...(share === null ? [bar] : []),
        diamond(tone, x, y),
        text(`${tone}-ink halo`, label, words, anchor),
      ];
    });
  });
}

function drawLegend(row: Row): readonly string[] {
  const x = LEFT + COLUMNS * PANEL.width + GAP.x + 20;
  return [
    ...wrapped(row.title, { x, y: row.top + 12 }),
    ...row.ranges.flatMap((range, place) => {
      const y = row.top + 66 + place * 24;
      const tone = row.tones[place] ?? 'plain';
      return [
        `<path class="curve ${tone}-curve" d="M${x} ${y - 4}h22"/>`,
        text('note', { x: x + 30, y }, nameOf(range)),
      ];
    }),
  ];
}

function wrapped(words: string, { x, y }: { x: number; y: number }): readonly string[] {
  const half = words.indexOf(' ', words.length / 2 - 3);
  return [words.slice(0, half), words.slice(half + 1)].map((line, at) =>
    text('caption', { x, y: y + at * 18 }, line, 'start', 13),
  );
}

function diamond(tone: Tone, x: number, y: number): string {
  return `<path class="point ${tone}-curve" d="M${x} ${y - 6}l6 6l-6 6l-6 -6Z"/>`;
}

function xOf({ row, x }: Panel, ms: number): number {
  const share = Math.log(ms / row.fromMs) / Math.log(row.toMs / row.fromMs);
  return round(x + PANEL.width * share);
}

function yOf({ top }: Panel, share: number): number {
  return round(top + PANEL.height * (1 - share));
}

function inUnits(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : `${ms / 1_000} s`;
}

function text(
  name: string,
  { x, y }: { readonly x: number; readonly y: number },
  words: string,
  anchor: 'start' | 'middle' | 'end' = 'start',
  size = 12,
): string {
  const weight = size > 12 ? ' font-weight="600"' : '';
  return `<text class="${name}" x="${x}" y="${y}" text-anchor="${anchor}"${weight} style="font-size:${size}px">${words}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
