/**
 * Gives every box, line and label its place, in whole numbers, at the smallest width that is legible. Nothing is
 * searched for: that no two things lie on each other follows from how they are placed. A box has a strip of its
 * own for each arrow at its right side, the labels of a column stand between its boxes and its lanes, and a gap is as
 * high as the highest label in it.
 */
import { type BoxText, PADDING, type PlacedLine, setBox } from './box.ts';
import type { Arrow, Plan } from './plan.ts';
import { type TextLine, wrap } from './text.ts';
import type { Tone } from './theme.ts';
import {
  assignLanes,
  buildTree,
  findWays,
  groupBy,
  type Item,
  itemsOf,
  type Lanes,
  laneId,
  portsOf,
  type Way,
} from './ways.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Rectangle extends Point {
  readonly width: number;
  readonly height: number;
}

export interface Shape {
  readonly item: Item;
  readonly box: Rectangle;
  readonly text: BoxText;
}

export interface LaidArrow {
  readonly ids: readonly string[];
  readonly from: string;
  readonly to: string;
  /** The colour is that of where it leads. */
  readonly tone: Tone;
  /** From tail to head; at least two. */
  readonly points: readonly Point[];
  /** `null` without words. */
  readonly label:
    | (Rectangle & { readonly lines: readonly TextLine[]; readonly isCentred: boolean })
    | null;
}

export interface Layout {
  readonly plan: Plan;
  readonly width: number;
  readonly height: number;
  readonly shapes: readonly Shape[];
  readonly arrows: readonly LaidArrow[];
  /** Where each compound state begins. */
  readonly starts: readonly LaidArrow[];
  readonly notes: readonly PlacedLine[];
}

/** The column of a README is 838 wide; a picture is wider only where words need it. */
const WIDTHS = [480, 560, 640, 720, 810, 850, 900, 980, 1_400, 2_000];
const COLUMN = 810;
const SIDE = 14;
const START = 28;
const GAP = 18;
const LANE = 13;
const LABEL_GAP = 14;
const REGION_MIN = 215;
const LEAF_MIN = 190;

export function layOut(plan: Plan): Layout {
  let found: Layout | null = null;
  for (const width of WIDTHS) {
    const { layout, isTight } = layOutWithin(plan, width);
    found = layout;
    if (!isTight && (width >= COLUMN || layout.height <= 1.1 * width)) break;
  }
  if (found === null) throw new TypeError(`${plan.root.id} has nothing to lay out`);
  return found;
}

/** What is known while a picture grows. */
interface Draft {
  readonly plan: Plan;
  readonly ways: readonly Way[];
  readonly lanes: Lanes;
  readonly shapes: Map<Item, Shape>;
  readonly ports: Map<string, number>;
  /** Where the strip for labels and lanes begins beside a column. */
  readonly gutters: Map<Item, number>;
}

interface Result {
  readonly layout: Layout;
  readonly isTight: boolean;
}

/** Bound: each round takes at least one arrow out of a gap, so there are no more rounds than arrows. */
function layOutWithin(plan: Plan, width: number): Result {
  const root = buildTree(plan);
  const aside = new Set<Arrow>();
  for (;;) {
    const ways = findWays(plan, root, aside);
    const draft: Draft = {
      plan,
      ways,
      lanes: assignLanes(ways),
      shapes: new Map(),
      ports: new Map(),
      gutters: new Map(),
    };
    place(root, { x: 0, y: 0 }, width, draft);
    const gaps = [
      ...groupBy(
        ways.filter(({ above }) => above !== null),
        ({ above }) => above,
      ).values(),
    ];
    const crowded = gaps.filter((gap) => widthOf(gap) > roomOf(gap, draft).width);
    for (const gap of crowded) for (const { arrow } of gap.slice(-1)) aside.add(arrow);
    if (crowded.length === 0) return finish(root, width, gaps, draft);
  }
}

function finish(
  root: Item,
  width: number,
  gaps: readonly (readonly Way[])[],
  draft: Draft,
): Result {
  const { plan, ways, shapes } = draft;
  const height = boxOf(root, draft).height;
  const notes = plan.notes.flatMap(({ heading, text }) =>
    wrap(
      [
        { text: heading, style: 'mark' },
        { text, style: 'mark' },
      ],
      width - 2 * PADDING,
      PADDING,
    ),
  );
  const placed = notes.map((line, at) => ({
    ...line,
    x: PADDING,
    y: height + 12 + at * line.height,
    ids: [],
  }));
  const beside = ways.filter(({ above }) => above === null).map((way) => besideColumn(way, draft));
  const layout = {
    plan,
    width,
    height:
      height + (notes.length > 0 ? 10 : 0) + notes.reduce((sum, line) => sum + line.height, 0),
    shapes: [...shapes.values()],
    arrows: [...gaps.flatMap((gap) => acrossGap(gap, draft)), ...beside],
    starts: [...itemsOf(root)].flatMap((item) => startOf(item, draft)),
    notes: placed,
  };
  return { layout, isTight: [...shapes.values()].some(isTight) };
}

function isTight({ item, box, text }: Shape): boolean {
  const isNarrow = item.children.length === 0 && box.width < LEAF_MIN;
  return isNarrow || text.lines.some((line) => line.x + line.width > box.width - PADDING / 2);
}

/** Places a box with all that is inside it; the answer is its height. */
function place(item: Item, at: Point, width: number, draft: Draft): number {
  const { key, description } = item.state;
  const style = item.kind === 'root' ? 'title' : item.kind === 'everywhere' ? 'caption' : 'name';
  const lines = item.kind === 'root' ? [] : (draft.plan.lines.get(item.id) ?? []);
  const text = setBox({ heading: { text: key, style }, description, lines, width });
  draft.shapes.set(item, { item, box: { ...at, width, height: 0 }, text });
  const ports = portsOf(item, draft.ways, draft.lanes);
  const needed = ports.reduce((sum, port) => sum + port.height, 8);
  const header = Math.max(text.height, needed);
  let y = at.y + Math.round((header - needed) / 2) + 4;
  for (const port of ports) {
    draft.ports.set(`${item.id} ${port.id}`, Math.round(y + port.height / 2));
    y += port.height;
  }
  const inside =
    item.children.length > 0 ? placeInside(item, { x: at.x, y: at.y + header }, width, draft) : 0;
  const box = { ...at, width, height: header + inside };
  draft.shapes.set(item, { item, box, text });
  return box.height;
}

function placeInside(item: Item, at: Point, width: number, draft: Draft): number {
  const left = SIDE + (item.state.initial === null ? 0 : START);
  const room = width - left - SIDE - gutterOf(item, draft);
  draft.gutters.set(item, at.x + left + room);
  const corner = { x: at.x + left, y: at.y + 2 };
  const height =
    item.state.type === 'parallel'
      ? placeRegions(item, corner, room, draft)
      : placeColumn(item.children, corner, room, draft);
  return height + 2 + SIDE;
}

/** The room that labels and lanes take beside a column. */
function gutterOf(item: Item, { ways, lanes }: Draft): number {
  const own = ways.filter(({ home, above }) => home === item && above === null);
  if (own.length === 0) return 0;
  const lane = Math.max(...own.map((way) => lanes.get(laneId(way)) ?? 0));
  return labelColumn(own) + lane * LANE;
}

function labelColumn(own: readonly Way[]): number {
  return 2 * LABEL_GAP + Math.max(0, ...own.map(({ labelWidth }) => labelWidth));
}

function placeColumn(items: readonly Item[], at: Point, width: number, draft: Draft): number {
  let y = at.y;
  for (const [number, item] of items.entries()) {
    y += place(item, { x: at.x, y }, width, draft);
    if (number === items.length - 1) continue;
    const crossing = draft.ways.filter(({ above }) => above === item);
    y +=
      crossing.length === 0
        ? GAP
        : 2 * GAP + Math.max(...crossing.map(({ labelHeight }) => labelHeight)) + 4;
  }
  return y - at.y;
}

/**
 * Regions stand in columns if there is room. Those that arrows leave or enter stand in the last, so that nothing
 * is in the way; each of the others in the shortest.
 */
function placeRegions(item: Item, at: Point, width: number, draft: Draft): number {
  const count = Math.max(1, Math.min(item.children.length, Math.floor(width / REGION_MIN)));
  const each = Math.floor((width - (count - 1) * SIDE) / count);
  const columns = Array.from({ length: count }, (): Item[] => []);
  const isTied = (region: Item): boolean => draft.ways.some((way) => isLeaving(way, region));
  const heightOf = (column: readonly Item[]): number => placeColumn(column, at, each, draft);
  columns.at(-1)?.push(...item.children.filter(isTied));
  for (const region of item.children.filter((child) => !isTied(child))) {
    const heights = columns.map(heightOf);
    columns[heights.indexOf(Math.min(...heights))]?.push(region);
  }
  const heights = columns.map((column, number) => {
    const inOrder = column.sort((one, other) => one.row - other.row);
    return placeColumn(inOrder, { x: at.x + number * (each + SIDE), y: at.y }, each, draft);
  });
  const height = Math.max(...heights);
  for (const [number, column] of columns.entries())
    stretch(column.at(-1), height - (heights[number] ?? 0), draft);
  return height;
}

function isLeaving({ from, to }: Way, region: Item): boolean {
  const inside = [...itemsOf(region)];
  return inside.includes(from) !== inside.includes(to);
}

function stretch(item: Item | undefined, by: number, draft: Draft): void {
  const shape = item === undefined ? undefined : draft.shapes.get(item);
  if (shape === undefined) return;
  const box = { ...shape.box, height: shape.box.height + by };
  draft.shapes.set(shape.item, { ...shape, box });
}

function boxOf(item: Item, { shapes }: Draft): Rectangle {
  return shapes.get(item)?.box ?? { x: 0, y: 0, width: 0, height: 0 };
}

const BESIDE = 18;

function widthOf(gap: readonly Way[]): number {
  return gap.reduce((sum, { labelWidth }) => sum + Math.max(labelWidth, 10) + BESIDE, BESIDE);
}

/** Where the lines of a gap may run: over and under both ends of each. */
function roomOf(gap: readonly Way[], draft: Draft): Rectangle {
  const ends = gap.flatMap(({ from, to }) => [boxOf(from, draft), boxOf(to, draft)]);
  const x = Math.max(...ends.map((box) => box.x));
  return { x, y: 0, width: Math.min(...ends.map((box) => box.x + box.width)) - x, height: 0 };
}

function acrossGap(gap: readonly Way[], draft: Draft): readonly LaidArrow[] {
  const room = roomOf(gap, draft);
  let left = room.x + Math.round((room.width - widthOf(gap)) / 2) + BESIDE;
  return gap.map((way) => {
    const [from, to] = [boxOf(way.from, draft), boxOf(way.to, draft)];
    const width = Math.max(way.labelWidth, 10);
    const x = left + Math.round(width / 2);
    left += width + BESIDE;
    const ends = from.y < to.y ? [from.y + from.height, to.y] : [from.y, to.y + to.height];
    const above = way.above === null ? from : boxOf(way.above, draft);
    const middle = (above.y + above.height + Math.max(from.y, to.y)) / 2;
    const points = ends.map((y) => ({ x, y }));
    return laid(way, points, { x: x - width / 2, y: middle - way.labelHeight / 2 }, true);
  });
}

function besideColumn(way: Way, draft: Draft): LaidArrow {
  const [from, to] = [boxOf(way.from, draft), boxOf(way.to, draft)];
  const start = draft.ports.get(`${way.from.id} ${way.arrow.ids[0] ?? ''}`) ?? 0;
  const end = draft.ports.get(`${way.to.id} ${laneId(way)}`) ?? 0;
  const gutter = draft.gutters.get(way.home) ?? 0;
  const own = draft.ways.filter(({ home, above }) => home === way.home && above === null);
  const lane = gutter + labelColumn(own) + (draft.lanes.get(laneId(way)) ?? 0) * LANE;
  const points = [
    { x: from.x + from.width, y: start },
    { x: lane, y: start },
    { x: lane, y: end },
    { x: to.x + to.width, y: end },
  ];
  return laid(way, points, { x: gutter + LABEL_GAP, y: start - way.labelHeight / 2 }, false);
}

function laid(way: Way, points: readonly Point[], { x, y }: Point, isCentred: boolean): LaidArrow {
  const size = { width: way.labelWidth, height: way.labelHeight };
  return {
    ids: way.arrow.ids,
    from: way.arrow.from,
    to: way.arrow.to,
    tone: way.to.tone,
    points,
    label:
      way.label.length === 0
        ? null
        : { x: Math.round(x), y: Math.round(y), ...size, lines: way.label, isCentred },
  };
}

function startOf(item: Item, draft: Draft): readonly LaidArrow[] {
  const first = item.children.find(({ id }) => `${item.state.initial}.`.startsWith(`${id}.`));
  if (first === undefined) return [];
  const { x, y } = boxOf(first, draft);
  const points = [
    { x: x - START + 6, y: y + 20 },
    { x, y: y + 20 },
  ];
  return [
    { ids: [`${item.id}--start`], from: item.id, to: first.id, tone: 'plain', points, label: null },
  ];
}
