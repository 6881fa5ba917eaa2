/**
 * Draws a laid out chart as SVG: containers, states, arrows, then the labels on the arrows, each on a patch of
 * background so that no line runs through a word. Every state carries its id, for whoever lights it up.
 */
import { DOT_SIZE, startOf } from './blocks.ts';
import { BASELINE } from './box.ts';
import { contains, type Point, type Rectangle } from './geometry.ts';
import type { LaidArrow, Layout } from './layout.ts';
import { FACES, type Style, type TextLine, TIE, wrap } from './text.ts';
import { styleSheet, type Tone, toneOf } from './theme.ts';
import type { ChartState } from './walk.ts';

const MARGIN = 14;

export function drawSvg(layout: Layout): string {
  const { plan, width } = layout;
  const notes = footnotes(layout);
  const notesHeight =
    notes.reduce((sum, line) => sum + line.height, 0) + (notes.length > 0 ? 8 : 0);
  const total = { width: width + 2 * MARGIN, height: layout.height + notesHeight + 2 * MARGIN };
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${-MARGIN} ${-MARGIN} ${total.width} ${total.height}" width="${total.width}" height="${total.height}" role="img" aria-labelledby="title description">`,
    `<title id="title">${inXml(plan.root.key)}</title>`,
    `<desc id="description">${inXml(plan.root.description)}</desc>`,
    `<style>\n${styleSheet()}\n</style>`,
    `<rect class="page" x="${-MARGIN}" y="${-MARGIN}" width="${total.width}" height="${total.height}"/>`,
    `<rect class="frame" x="0.5" y="0.5" width="${width - 1}" height="${layout.height + notesHeight - 1}" rx="10"/>`,
    ...drawTexts(layout, plan.root.id),
    ...plan.root.states.flatMap((state) => drawState(state, 'plain', layout)),
    ...drawEverywhere(layout),
    ...layout.arrows.flatMap(drawArrow),
    ...layout.arrows.flatMap((arrow) => drawLabel(arrow, layout)),
    ...stack(notes, { x: 18, y: layout.height - 6 }),
    '</svg>',
    '',
  ].join('\n');
}

function footnotes({ plan, width }: Layout): readonly TextLine[] {
  return plan.ignored.flatMap(({ where, events }) =>
    wrap(
      [
        {
          text: where === '' ? 'ignored unless a state takes it:' : `ignored in ${where}:`,
          style: 'mark',
        },
        { text: events.join(', '), style: 'note' },
      ],
      width - 36,
    ),
  );
}

function drawState(state: ChartState, inherited: Tone, layout: Layout): readonly string[] {
  const box = layout.boxes.get(state.id);
  if (box === undefined) return [];
  const tone = toneOf(state.key, inherited);
  return [
    `<g class="${tone}" data-state="${inXml(state.id)}">`,
    ...drawBox(state, box, layout),
    ...drawTexts(layout, state.id),
    ...drawDot(layout.boxes.get(startOf(state.id))),
    ...state.states.flatMap((child) => drawState(child, tone, layout)),
    '</g>',
  ];
}

function drawBox(state: ChartState, box: Rectangle, { plan }: Layout): readonly string[] {
  if (isRegion(state, plan.root)) return [rect('region', box, 8)];
  const name = state.states.length > 0 || plan.root.states.includes(state) ? 'box' : 'leaf';
  if (state.type !== 'final') return [rect(name, box, 9)];
  const inner = { x: box.x + 3, y: box.y + 3, width: box.width - 6, height: box.height - 6 };
  return [rect(name, box, 9), rect(name, inner, 6)];
}

function isRegion(state: ChartState, within: ChartState): boolean {
  if (within.type === 'parallel' && within.states.includes(state)) return true;
  return within.states.some((child) => isRegion(state, child));
}

function drawEverywhere(layout: Layout): readonly string[] {
  const box = layout.boxes.get(layout.plan.everywhere);
  const dot = drawDot(layout.boxes.get(startOf(layout.plan.root.id)));
  if (box === undefined) return dot;
  return [...dot, rect('everywhere', box, 8), ...drawTexts(layout, layout.plan.everywhere)];
}

function drawTexts({ boxes, texts }: Layout, id: string): readonly string[] {
  const box = boxes.get(id);
  const text = texts.get(id);
  if (box === undefined || text === undefined) return [];
  const lines = text.lines.map((line) => drawLine(line, { x: box.x + line.x, y: box.y + line.y }));
  if (text.ruleAt === null) return lines;
  const y = box.y + text.ruleAt;
  return [
    ...lines,
    `<line class="rule" x1="${box.x + 12}" y1="${y}" x2="${box.x + box.width - 12}" y2="${y}"/>`,
  ];
}

function drawDot(box: Rectangle | undefined): readonly string[] {
  if (box === undefined) return [];
  const radius = DOT_SIZE / 2;
  return [`<circle class="dot" cx="${box.x + radius}" cy="${box.y + radius}" r="${radius}"/>`];
}

function drawArrow({ points }: LaidArrow): readonly string[] {
  const head = points.at(-1);
  const before = points.at(-2);
  if (head === undefined || before === undefined) return [];
  const way = { x: Math.sign(head.x - before.x), y: Math.sign(head.y - before.y) };
  const neck = { x: head.x - way.x * 7, y: head.y - way.y * 7 };
  const left = { x: neck.x - way.x * 2 - way.y * 4.5, y: neck.y - way.y * 2 + way.x * 4.5 };
  const right = { x: neck.x - way.x * 2 + way.y * 4.5, y: neck.y - way.y * 2 - way.x * 4.5 };
  return [
    `<path class="arrow" d="${roundedPath([...points.slice(0, -1), neck])}"/>`,
    `<path class="head" d="M${at(head)}L${at(left)}L${at(right)}Z"/>`,
  ];
}

/** Straight runs with a small arc at each bend. */
function roundedPath(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  const steps = rest.map((point, place) => {
    const before = place === 0 ? first : (rest[place - 1] ?? first);
    const after = rest[place + 1];
    if (after === undefined) return `L${at(point)}`;
    const radius = Math.min(8, distance(before, point) / 2, distance(point, after) / 2);
    return `L${at(toward(point, before, radius))}Q${at(point)} ${at(toward(point, after, radius))}`;
  });
  return `M${at(first)}${steps.join('')}`;
}

function distance(from: Point, to: Point): number {
  return Math.abs(from.x - to.x) + Math.abs(from.y - to.y);
}

function toward(from: Point, to: Point, by: number): Point {
  return { x: from.x + Math.sign(to.x - from.x) * by, y: from.y + Math.sign(to.y - from.y) * by };
}

function drawLabel({ route, label }: LaidArrow, layout: Layout): readonly string[] {
  if (label === null) return [];
  const middle = { x: label.x + label.width / 2, y: label.y + 2 };
  return [
    `<g class="${groundOf(label, layout.plan.root.states, 'page', 'plain', layout)}" text-anchor="middle">`,
    rect('label', label, 4),
    ...stack(route.label, middle),
    '</g>',
  ];
}

/** The colour that a label lies on: that of the innermost filled box around it. */
function groundOf(
  label: Rectangle,
  states: readonly ChartState[],
  ground: string,
  inherited: Tone,
  layout: Layout,
): string {
  const around = states.find((state) => {
    const box = layout.boxes.get(state.id);
    return state.states.length > 0 && box !== undefined && contains(box, label);
  });
  if (around === undefined) return ground;
  const tone = toneOf(around.key, inherited);
  return groundOf(label, around.states, tone, tone, layout);
}

function stack(lines: readonly TextLine[], top: Point): readonly string[] {
  let y = top.y;
  return lines.map((line) => {
    const drawn = drawLine(line, { x: top.x, y: y + Math.round(line.height * BASELINE) });
    y += line.height;
    return drawn;
  });
}

function drawLine(line: TextLine, place: Point): string {
  const spans = line.spans.map(
    ({ text, style }) => `<tspan class="${style}"${font(style)}>${inXml(text)}</tspan>`,
  );
  return `<text x="${place.x}" y="${place.y}" xml:space="preserve">${spans.join('')}</text>`;
}

function font(style: Style): string {
  const { size, isBold } = FACES[style];
  const weight = isBold ? ' font-weight="600"' : '';
  return size === 12 ? weight : `${weight} style="font-size:${size}px"`;
}

function rect(name: string, { x, y, width, height }: Rectangle, radius: number): string {
  return `<rect class="${name}" x="${x}" y="${y}" width="${width}" height="${height}" rx="${radius}"/>`;
}

function at({ x, y }: Point): string {
  return `${round(x)} ${round(y)}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function inXml(text: string): string {
  return text
    .replaceAll(TIE, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('"', '&quot;');
}
