/**
 * Where the processor time of a call goes, as a picture, light and dark: of the threads that run JavaScript, the leader's and a
 * follower's, on one scale. A box is as wide as what it took, with what lies below it, which it called.
 */
import { PAGE, type Scheme, TONES, type Tone } from '../../../../visualizations/generator/theme.ts';
import { samplesOf, shown } from './budget.ts';
import { type Flame, FOLDED, folded } from './flame-tree.ts';
import type { Stage } from './stages.ts';

export interface Panel {
  readonly title: string;
  readonly flames: readonly Flame[];
  /** Microseconds of one call: of the thread that runs JavaScript, and of it those that no sample saw. */
  readonly main: number;
  readonly unseen: number;
}

const [WIDTH, MARGIN, ROW, FONT] = [960, 12, 18, 11];
const [TOP, PANEL_TOP, PANEL_GAP] = [58, 26, 22];
/** Of a letter, on the safe side whatever the font. */
const LETTER = 6.4;
/** Narrower boxes are folded into one; a name shorter than this says nothing. */
const [NARROWEST, LETTERS_LEAST] = [9, 3];
/** Of what was folded, what is narrower shows nothing. */
const LINE = 3;

const LEGEND: readonly (readonly [Tone, words: string, stages: readonly Stage[]])[] = [
  ['follower', 'network', ['socket', 'replication']],
  ['waiting', 'commands', ['request', 'answer', 'sessions', 'store', 'caller']],
  ['leader', 'consensus', ['charts', 'rules', 'driver']],
  ['candidate', 'log and disk', ['log', 'disk']],
  ['trouble', 'snapshots, garbage', ['snapshots', 'collector']],
  ['plain', 'event loop, other', ['loop', 'kernel', 'start', 'rest']],
];

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly tone: Tone;
  readonly words: readonly string[];
}

export function drawFlames(title: string, panels: readonly Panel[], scheme: Scheme): string {
  const widest = Math.max(...panels.map(({ main }) => main));
  const scale = (WIDTH - 2 * MARGIN) / widest;
  let top = TOP;
  const parts = panels.map((panel) => {
    const boxes = boxesOf(panel, scale, top + PANEL_TOP);
    const heading = text({ x: MARGIN, y: top + 14, fill: PAGE[scheme].ink, size: 13 }, panel.title);
    top = Math.max(...boxes.map(({ y }) => y)) + ROW + PANEL_GAP;
    return [heading, ...LEGEND.map(([tone]) => drawTone(tone, boxes, scheme))];
  });
  const { page, ink } = PAGE[scheme];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" width="${WIDTH}" height="${top}" role="img" aria-label="${escaped(title)}" font-family="system-ui, 'DejaVu Sans', sans-serif" font-size="${FONT}">`,
    `<rect width="${WIDTH}" height="${top}" fill="${page}"/>`,
    text({ x: MARGIN, y: 22, fill: ink, size: 15 }, title),
    ...drawLegend(scheme),
    ...parts.flat(),
    '</svg>',
    '',
  ].join('\n');
}

function boxesOf({ flames, main, unseen }: Panel, scale: number, top: number): readonly Box[] {
  const perSample = (main - unseen) / samplesOf(flames);
  const pixels = scale * perSample;
  const boxes: Box[] = [];
  const place = (level: readonly Flame[], from: number, y: number): void => {
    let x = from;
    for (const flame of level) {
      const width = flame.samples * pixels;
      boxes.push({ x, y, width, tone: toneOf(flame), words: wordsOf(flame, perSample) });
      place(flame.callees, x, y + ROW);
      x += width;
    }
  };
  place(folded(flames, NARROWEST / pixels), MARGIN, top);
  const kernel = { x: MARGIN + (main - unseen) * scale, y: top, width: unseen * scale };
  boxes.push({ ...kernel, tone: 'plain', words: [`kernel ${shown(unseen)} µs`, 'kernel'] });
  return boxes.filter(({ width }) => width >= LINE);
}

function toneOf({ name, stage }: Flame): Tone {
  const found = LEGEND.find(([, , stages]) => stages.includes(stage));
  return name === FOLDED || found === undefined ? 'plain' : found[0];
}

/** What may stand in a box, the longest first. */
function wordsOf({ name, place, samples }: Flame, perSample: number): readonly string[] {
  if (name === FOLDED) return [name];
  const short = name.replace('(anonymous)', 'closure').replace(/^\((.*)\)$/, '$1');
  const origin = place
    .replace(/^node:.*/, 'node')
    .replace(/^.*\//, '')
    .replace(/\.ts$/, '');
  if (origin === '') return [`${short} ${shown(samples * perSample)} µs`, short];
  const whole = `${short} · ${origin}`;
  return [`${whole} ${shown(samples * perSample)} µs`, whole, short];
}

function drawTone(tone: Tone, boxes: readonly Box[], scheme: Scheme): string {
  const { fill, ink, line } = TONES[tone][scheme];
  const own = boxes.filter((box) => box.tone === tone);
  if (own.length === 0) return '';
  const drawn = own.map(
    ({ width, words, x, y }) =>
      `<rect x="${round(x)}" y="${y}" width="${round(width)}" height="${ROW}"><title>${escaped(words[0] ?? '')}</title></rect>`,
  );
  const named = own.map(({ width, words, x, y }) => {
    const fitting = fittingIn(width, words);
    if (fitting === '') return '';
    return `<text x="${round(x + 4)}" y="${y + 13}">${escaped(fitting)}</text>`;
  });
  return [
    `<g fill="${fill}" stroke="${line}" stroke-width=".7">${drawn.join('')}</g>`,
    `<g fill="${ink}" pointer-events="none">${named.join('')}</g>`,
  ].join('\n');
}

function fittingIn(width: number, choices: readonly string[]): string {
  const letters = Math.floor((width - 6) / LETTER);
  const whole = choices.find((words) => words.length <= letters);
  if (whole !== undefined) return whole;
  const cut = choices.at(-1)?.slice(0, letters - 1) ?? '';
  return letters < LETTERS_LEAST ? '' : `${cut}…`;
}

function drawLegend(scheme: Scheme): readonly string[] {
  let x = MARGIN;
  return LEGEND.map(([tone, words]) => {
    const { fill, line } = TONES[tone][scheme];
    const swatch = `<rect x="${x}" y="34" width="12" height="12" fill="${fill}" stroke="${line}"/>`;
    const drawn = text({ x: x + 18, y: 44, fill: PAGE[scheme].soft, size: 12 }, words);
    x += 18 + words.length * 7 + 18;
    return `${swatch}${drawn}`;
  });
}

function round(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}

interface Placed {
  readonly x: number;
  readonly y: number;
  readonly fill: string;
  readonly size: number;
}

function text({ x, y, fill, size }: Placed, words: string): string {
  return `<text x="${x}" y="${y}" fill="${fill}" font-size="${size}">${escaped(words)}</text>`;
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
