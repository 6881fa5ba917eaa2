/**
 * Draws a laid out chart as SVG, for a light or a dark page. Every state, every arrow and every line about a
 * transition is a group with the id of what it shows, for whoever lights it up: `raft/follower.loyal`,
 * `raft/follower.loyal--entries.received--0`. A line stops before its own words and goes on behind them.
 */
import { BASELINE, PADDING } from './box.ts';
import type { LaidArrow, Layout, Point, Rectangle, Shape } from './layout.ts';
import { FACES, type Style, type TextLine, TIE } from './text.ts';
import { type Scheme, scopeOf, styleSheet, type Tone } from './theme.ts';
import { groupBy } from './ways.ts';

const MARGIN = 14;
const DOT = 5.5;

export function drawSvg(layout: Layout, scheme: Scheme): string {
  const { root } = layout.plan;
  const [titleId, descriptionId] = [`${root.id}--title`, `${root.id}--description`];
  const page = {
    x: -MARGIN,
    y: -MARGIN,
    width: layout.width + 2 * MARGIN,
    height: layout.height + 2 * MARGIN,
  };
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="${scopeOf(scheme)}" viewBox="${Object.values(page).join(' ')}" width="${page.width}" height="${page.height}" role="img" aria-labelledby="${titleId} ${descriptionId}" xml:space="preserve">`,
    `<title id="${titleId}">${inXml(root.key)}</title>`,
    `<desc id="${descriptionId}">${inXml(root.description)}</desc>`,
    `<style>\n${styleSheet(scheme)}\n</style>`,
    rect('page', page, 0),
    rect('frame', { x: 0.5, y: 0.5, width: layout.width - 1, height: layout.height - 1 }, 10),
    ...layout.shapes.map(drawShape),
    ...layout.starts.map(drawStart),
    ...layout.arrows.map(drawArrow),
    ...layout.notes.map((line) => drawLine(line, line, 'plain')),
    '</svg>',
    '',
  ].join('\n');
}

function drawShape({ item: { id, kind, tone, parent, children }, box, text }: Shape): string {
  const isFilled = parent?.parent === null || children.length > 0;
  const name = kind === 'everywhere' || kind === 'region' ? kind : isFilled ? 'box' : 'leaf';
  const inner = { x: box.x + 3, y: box.y + 3, width: box.width - 6, height: box.height - 6 };
  const ruleAt = box.y + (text.ruleAt ?? 0);
  const parts = [
    ...(kind === 'root' ? [] : [rect(`${name} ${tone}`, box, 9)]),
    ...(kind === 'final' ? [rect(`${name} ${tone}`, inner, 6)] : []),
    ...(text.ruleAt === null
      ? []
      : [`<path class="rule" d="M${box.x + PADDING} ${ruleAt}H${box.x + box.width - PADDING}"/>`]),
    ...[...groupBy(text.lines, ({ ids }) => ids)].map(([ids, lines]) => {
      const words = lines.map((line) =>
        drawLine(line, { x: box.x + line.x, y: box.y + line.y }, tone),
      );
      return group(ids, '', words);
    }),
  ];
  return group([id], '', parts);
}

function drawStart({ ids, points: [tail, head] }: LaidArrow): string {
  if (tail === undefined || head === undefined) return '';
  const dot = `<circle class="dot" cx="${tail.x}" cy="${tail.y}" r="${DOT}"/>`;
  return group(ids, '', [dot, ...drawLineOf([tail, head], null, 'plain')]);
}

function drawArrow({ ids, points, label, tone }: LaidArrow): string {
  let y = label?.y ?? 0;
  const words = (label?.lines ?? []).map((line) => {
    const baseline = y + Math.round(line.height * BASELINE);
    y += line.height;
    const x = label === null ? 0 : label.isCentred ? label.x + label.width / 2 : label.x;
    return drawLine(line, { x, y: baseline }, tone);
  });
  const anchor = label?.isCentred === true ? ' text-anchor="middle"' : '';
  return group(ids, anchor, [...drawLineOf(points, label, tone), ...words]);
}

/** The last stretch ends in the neck of the head. */
function drawLineOf(
  points: readonly Point[],
  label: Rectangle | null,
  tone: Tone,
): readonly string[] {
  const [before, head] = points.slice(-2);
  if (before === undefined || head === undefined) return [];
  const way = { x: Math.sign(head.x - before.x), y: Math.sign(head.y - before.y) };
  const neck = { x: head.x - way.x * 7, y: head.y - way.y * 7 };
  const back = { x: head.x - way.x * 9, y: head.y - way.y * 9 };
  const left = { x: back.x - way.y * 4.5, y: back.y + way.x * 4.5 };
  const right = { x: back.x + way.y * 4.5, y: back.y - way.x * 4.5 };
  const d = pathOf([...points.slice(0, -1), neck], label);
  return [
    `<path class="arrow ${tone}" d="${d}"/>`,
    `<path class="head ${tone}" d="M${at(head)}L${at(left)}L${at(right)}Z"/>`,
  ];
}

/** Straight runs with a small arc at each bend; the first run is left out under the words. */
function pathOf(points: readonly Point[], label: Rectangle | null): string {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  const steps = rest.map((point, place) => {
    const before = rest[place - 1] ?? first;
    const after = rest[place + 1];
    const gap = place === 0 && label !== null ? breakAt(first, point, label) : '';
    if (after === undefined) return `${gap}L${at(point)}`;
    const radius = Math.min(8, distance(before, point) / 2, distance(point, after) / 2);
    return `${gap}L${at(toward(point, before, radius))}Q${at(point)} ${at(toward(point, after, radius))}`;
  });
  return `M${at(first)}${steps.join('')}`;
}

function breakAt(from: Point, to: Point, { x, y, width, height }: Rectangle): string {
  if (from.x === to.x) {
    const [near, far] = to.y > from.y ? [y - 1, y + height + 1] : [y + height + 1, y - 1];
    return `V${round(near)}M${round(from.x)} ${round(far)}`;
  }
  return `H${round(x - 5)}M${round(x + width + 5)} ${round(from.y)}`;
}

function distance(from: Point, to: Point): number {
  return Math.abs(from.x - to.x) + Math.abs(from.y - to.y);
}

function toward(from: Point, to: Point, by: number): Point {
  return { x: from.x + Math.sign(to.x - from.x) * by, y: from.y + Math.sign(to.y - from.y) * by };
}

function drawLine(line: TextLine, { x, y }: Point, tone: Tone): string {
  const spans = line.spans.map(({ text, style }) => {
    const name = style === 'name' ? `name ${tone}` : style;
    return `<tspan class="${name}"${font(style)}>${inXml(text)}</tspan>`;
  });
  return `<text x="${round(x)}" y="${round(y)}">${spans.join('')}</text>`;
}

function font(style: Style): string {
  const { size, isBold } = FACES[style];
  const weight = isBold ? ' font-weight="600"' : '';
  return size === 12 ? weight : `${weight} style="font-size:${size}px"`;
}

/** Inside one group for each id: a picture of several transitions can be found by each. */
function group(ids: readonly string[], attributes: string, parts: readonly string[]): string {
  const [id, ...others] = ids;
  if (id === undefined) return parts.join('');
  const inside = others.length > 0 ? [group(others, '', parts)] : parts;
  return [`<g id="${inXml(id)}"${attributes}>`, ...inside, '</g>'].join('');
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
