/**
 * Draws a laid out chart as SVG, for a light or a dark page. Every state, every arrow and every line about a
 * transition is a group with the id of what it shows, for whoever lights it up: `raft/follower.loyal`,
 * `raft/follower.loyal--entries.received--0`. A line stops before its own words and goes on behind them.
 */
import { PADDING, type PlacedLine, type Point, stack } from './box.ts';
import { type LaidArrow, type Layout, START } from './layout.ts';
import { FACES, type Style, TIE } from './text.ts';
import { type Scheme, scopeOf, styleSheet, type Tone } from './theme.ts';
import { type Item, isLane, type Rectangle } from './ways.ts';

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
    ...layout.items.map(drawItem),
    ...layout.items.map(drawStart),
    ...layout.arrows.map(drawArrow),
    ...layout.notes.map((line) => drawLine(line, 'plain')),
    '</svg>',
  ]
    .filter((line) => line !== '')
    .concat('')
    .join('\n');
}

function drawItem({ id, state, tone, parent, children, box, text }: Item): string {
  const isRegion = parent?.state.type === 'parallel';
  const isFilled = parent?.parent === null || children.length > 0;
  const special = isRegion ? 'region' : state.type === 'everywhere' ? state.type : null;
  const name = special ?? (isFilled ? 'box' : 'leaf');
  const inner = { x: box.x + 3, y: box.y + 3, width: box.width - 6, height: box.height - 6 };
  const rule = `M${box.x + PADDING} ${box.y + (text.ruleAt ?? 0)}H${box.x + box.width - PADDING}`;
  return group([id], '', [
    ...(parent === null ? [] : [rect(`${name} ${tone}`, box, 9)]),
    ...(state.type === 'final' ? [rect(`${name} ${tone}`, inner, 6)] : []),
    ...(text.ruleAt === null ? [] : [`<path class="rule" d="${rule}"/>`]),
    ...text.passages.map(({ ids, lines }) => {
      const placed = lines.map((line) => ({ ...line, x: box.x + line.x, y: box.y + line.y }));
      return group(
        ids,
        '',
        placed.map((line) => drawLine(line, tone)),
      );
    }),
  ]);
}

/** The dot where a state begins. */
function drawStart({ id, state, children }: Item): string {
  const first = children.find((child) => `${state.initial}.`.startsWith(`${child.id}.`));
  if (first === undefined) return '';
  const [x, y] = [first.box.x - START + 6, first.box.y + 20];
  const line = drawLineOf(
    [
      { x, y },
      { x: first.box.x, y },
    ],
    null,
    'plain',
  );
  return group([`${id}--start`], '', [
    `<circle class="dot" cx="${x}" cy="${y}" r="${DOT}"/>`,
    ...line,
  ]);
}

function drawArrow({ way: { arrow, label, to, course }, points, label: place }: LaidArrow): string {
  const line = drawLineOf(points, place, to.tone);
  if (place === null) return group(arrow.ids, '', line);
  const x = isLane(course) ? place.x : place.x + place.width / 2;
  const words = stack(label.lines, { x, y: place.y }).map((each) => drawLine(each, to.tone));
  return group(arrow.ids, isLane(course) ? '' : ' text-anchor="middle"', [...line, ...words]);
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

function drawLine({ spans, x, y }: PlacedLine, tone: Tone): string {
  const drawn = spans.map(({ text, style }) => {
    const name = style === 'name' ? `name ${tone}` : style;
    return `<tspan class="${name}"${font(style)}>${inXml(text)}</tspan>`;
  });
  return `<text x="${round(x)}" y="${round(y)}">${drawn.join('')}</text>`;
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
