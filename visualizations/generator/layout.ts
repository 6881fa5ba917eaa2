/**
 * Gives every box, line and label its place, in whole numbers, at the smallest width that is legible. Nothing is
 * searched for: that no two things lie on each other follows from how they are placed. A box has a strip of its
 * own for each arrow at its right side, the labels of a column stand between its boxes and its lanes, and a gap is as
 * high as the highest label in it.
 */
import { heightOf, PADDING, type PlacedLine, type Point, setBox } from './box.ts';
import type { Arrow, Plan } from './plan.ts';
import { wrap } from './text.ts';
import {
  buildTree,
  findWays,
  type Item,
  isLane,
  itemsOf,
  portsOf,
  type Rectangle,
  type Way,
} from './ways.ts';

export interface LaidArrow {
  readonly way: Way;
  /** From tail to head; at least two. */
  readonly points: readonly Point[];
  /** `null` without words. */
  readonly label: Rectangle | null;
}

export interface Layout {
  readonly plan: Plan;
  readonly width: number;
  readonly height: number;
  /** The chart itself first, and each box before those inside it. */
  readonly items: readonly Item[];
  readonly arrows: readonly LaidArrow[];
  readonly notes: readonly PlacedLine[];
}

/** The column of a README is 838 wide; a picture is wider only where that helps, and far wider only where words need it. */
const NARROW = [480, 560, 640, 720];
const COLUMN = 810;
const WIDE = [COLUMN, 850, 890, 910, 930, 970];
const WIDEST = [1_400, 2_000];
const SIDE = 14;
/** From the dot where a state begins to its first child. */
export const START = 28;
const GAP = 18;
const LANE = 13;
const LABEL_GAP = 14;
const REGION_MIN = 236;
const LEAF_MIN = 180;

export function layOut(plan: Plan): Layout {
  for (const width of NARROW) {
    const layout = layOutWithin(plan, width);
    if (layout.height <= 1.1 * width && isLegible(layout)) return layout;
  }
  const wide = WIDE.map((width) => layOutWithin(plan, width)).filter(isLegible);
  const [best] = wide.sort((one, other) => costOf(one) - costOf(other));
  return (
    best ??
    WIDEST.map((width) => layOutWithin(plan, width)).find(isLegible) ??
    layOutWithin(plan, 3_000)
  );
}

/** How high it is in a README, and how much its words shrink there. */
function costOf({ width, height }: Layout): number {
  const scale = COLUMN / width;
  return height * scale + 4_000 * (1 - scale);
}

function isLegible({ items }: Layout): boolean {
  return !items.some(isTight);
}

function isTight({ children, box, text }: Item): boolean {
  const isNarrow = children.length === 0 && box.width < LEAF_MIN;
  return (
    isNarrow ||
    text.passages
      .flatMap(({ lines }) => lines)
      .some((line) => line.x + line.width > box.width - PADDING / 2)
  );
}

/** Bound: each round takes at least one arrow out of a gap, so there are no more rounds than arrows. */
function layOutWithin(plan: Plan, width: number): Layout {
  const root = buildTree(plan);
  const items = [...itemsOf(root)];
  const aside = new Set<Arrow>();
  for (;;) {
    const ways = findWays(plan, root, aside);
    const height = place(root, { x: 0, y: 0, width }, { plan, ways });
    const gaps = items.map((item) => ways.filter(({ course }) => course === item));
    const crowded = gaps.filter((gap) => widthOf(gap) > roomOf(gap).width);
    for (const gap of crowded) for (const { arrow } of gap.slice(-1)) aside.add(arrow);
    if (crowded.length > 0) continue;
    const arrows = [...gaps.flatMap(acrossGap), ...ways.flatMap((way) => besideColumn(way, ways))];
    const notes = placeNotes(plan.notes, width, height);
    const below = heightOf(notes) + (notes.length > 0 ? 10 : 0);
    return { plan, width, height: height + below, items, arrows, notes };
  }
}

function placeNotes(notes: readonly string[], width: number, top: number): readonly PlacedLine[] {
  const lines = notes.flatMap((text) =>
    wrap([{ text, style: 'mark' }], width - 2 * PADDING, PADDING),
  );
  return lines.map((line, at) => ({
    ...line,
    x: PADDING,
    y: top + 12 + at * line.height,
    ids: [],
  }));
}

/** The strip beside a column: labels, then lanes. */
function gutterOf(
  item: Item,
  ways: readonly Way[],
): { readonly labels: number; readonly width: number } {
  const own = ways.filter(({ course }) => isLane(course) && course.home === item);
  const labels = 2 * LABEL_GAP + Math.max(0, ...own.map(({ label }) => label.width));
  const lanes = own.map(({ course }) => (isLane(course) ? course.number : 0));
  return { labels, width: own.length === 0 ? 0 : labels + Math.max(...lanes) * LANE };
}

/** Where a box, or a column of them, is to stand. */
interface Spot extends Point {
  readonly width: number;
}

interface Draft {
  readonly plan: Plan;
  readonly ways: readonly Way[];
}

/** Places a box with all that is inside it; the answer is its height. */
function place(item: Item, spot: Spot, draft: Draft): number {
  const { key, description, type } = item.state;
  const { x, y: top, width } = spot;
  const style = item.parent === null ? 'title' : type === 'everywhere' ? 'caption' : 'name';
  const lines = draft.plan.lines.get(item.id) ?? [];
  item.text = setBox({ heading: { text: key, style }, description, lines, width });
  const ports = portsOf(item, draft.ways);
  const needed = ports.reduce((sum, port) => sum + port.height, 8);
  const header = Math.max(item.text.height, needed);
  let y = top + Math.round((header - needed) / 2) + 4;
  for (const { height, put } of ports) {
    put(Math.round(y + height / 2));
    y += height;
  }
  const inside =
    item.children.length === 0 ? 0 : placeInside(item, { x, y: top + header, width }, draft);
  item.box = { x, y: top, width, height: header + inside };
  return item.box.height;
}

function placeInside(item: Item, { x, y, width }: Spot, draft: Draft): number {
  const left = SIDE + (item.state.initial === null ? 0 : START);
  const room = width - left - SIDE - gutterOf(item, draft.ways).width;
  item.gutter = x + left + room;
  const spot = { x: x + left, y: y + 2, width: room };
  const isParallel = item.state.type === 'parallel';
  const height = isParallel
    ? placeRegions(item, spot, draft)
    : placeColumn(item.children, spot, draft);
  return height + 2 + SIDE;
}

function placeColumn(items: readonly Item[], spot: Spot, draft: Draft): number {
  let y = spot.y;
  for (const [at, item] of items.entries()) {
    if (at > 0) y += gapBelow(items[at - 1], draft);
    y += place(item, { ...spot, y }, draft);
  }
  return y - spot.y;
}

function gapBelow(item: Item | undefined, { ways }: Draft): number {
  const labels = ways.filter(({ course }) => course === item).map(({ label }) => label.height);
  return labels.length === 0 ? GAP : 2 * GAP + 4 + Math.max(...labels);
}

/** Regions stand in as many columns as there is room for. */
function placeRegions({ children }: Item, spot: Spot, draft: Draft): number {
  let columns = dealOut(children, children.length, draft);
  const needOf = (regions: readonly Item[]): number =>
    Math.max(...regions.map((region) => needed(region, draft)));
  const spare = (): number =>
    columns.reduce((room, regions) => room - needOf(regions) - SIDE, spot.width + SIDE);
  while (columns.length > 1 && spare() < 0) columns = dealOut(children, columns.length - 1, draft);
  const more = Math.floor(spare() / columns.length);
  let x = spot.x;
  const bottoms = columns.map((regions) => {
    const width = columns.length === 1 ? spot.width : needOf(regions) + more;
    const height = placeColumn(regions, { x, y: spot.y, width }, draft);
    x += width + SIDE;
    return spot.y + height;
  });
  const bottom = Math.max(...bottoms);
  for (const last of columns.flatMap((regions) => regions.slice(-1)))
    last.box = { ...last.box, height: bottom - last.box.y };
  return bottom - spot.y;
}

/** Those that arrows leave or enter stand in the last column, where nothing is in the way; the others spread. */
function dealOut(
  regions: readonly Item[],
  count: number,
  draft: Draft,
): readonly (readonly Item[])[] {
  const columns = Array.from({ length: count }, (): Item[] => []);
  columns.at(-1)?.push(...regions.filter((region) => isLeft(region, draft)));
  for (const region of regions.filter((each) => !isLeft(each, draft))) {
    const sizes = columns.map((column) => column.flatMap((each) => [...itemsOf(each)]).length);
    columns[sizes.indexOf(Math.min(...sizes))]?.push(region);
  }
  const filled = columns.filter((column) => column.length > 0);
  return filled.map((column) => column.sort((one, other) => one.row - other.row));
}

/** How wide a region must be for the words between its states. */
function needed(region: Item, { ways }: Draft): number {
  const gaps = [...itemsOf(region)].map((item) => ways.filter(({ course }) => course === item));
  return Math.max(REGION_MIN, ...gaps.map(widthOf).map((width) => width + 2 * SIDE + START));
}

/** Also by an arrow from within a region to the region itself: its lane lies beside all of them. */
function isLeft(region: Item, { ways }: Draft): boolean {
  const inside = [...itemsOf(region)];
  return ways.some(
    ({ from, to, course }) =>
      isLane(course) &&
      !inside.includes(course.home) &&
      (inside.includes(from) || inside.includes(to)),
  );
}

const BESIDE = 18;

function widthOf(gap: readonly Way[]): number {
  return gap.reduce((sum, { label }) => sum + Math.max(label.width, 10) + BESIDE, BESIDE);
}

/** Where the lines of a gap may run: over and under both ends of each. */
function roomOf(gap: readonly Way[]): { readonly left: number; readonly width: number } {
  const ends = gap.flatMap(({ from, to }) => [from.box, to.box]);
  const left = Math.max(...ends.map(({ x }) => x));
  return { left, width: Math.min(...ends.map(({ x, width }) => x + width)) - left };
}

function acrossGap(gap: readonly Way[]): readonly LaidArrow[] {
  const room = roomOf(gap);
  let left = room.left + Math.round((room.width - widthOf(gap)) / 2) + BESIDE;
  return gap.map((way) => {
    const [from, to] = [way.from.box, way.to.box];
    const width = Math.max(way.label.width, 10);
    const x = left + Math.round(width / 2);
    left += width + BESIDE;
    const [start, end] = from.y < to.y ? [from.y + from.height, to.y] : [from.y, to.y + to.height];
    const above = isLane(way.course) ? from : way.course.box;
    const middle = (above.y + above.height + Math.max(from.y, to.y)) / 2;
    const points = [
      { x, y: start },
      { x, y: end },
    ];
    return { way, points, label: labelAt(way, x - width / 2, middle) };
  });
}

function besideColumn(way: Way, ways: readonly Way[]): readonly LaidArrow[] {
  const { from, to, course, start } = way;
  if (!isLane(course)) return [];
  const { gutter } = course.home;
  const lane = gutter + gutterOf(course.home, ways).labels + course.number * LANE;
  const points = [
    { x: from.box.x + from.box.width, y: start },
    { x: lane, y: start },
    { x: lane, y: course.end },
    { x: to.box.x + to.box.width, y: course.end },
  ];
  return [{ way, points, label: labelAt(way, gutter + LABEL_GAP, start) }];
}

function labelAt(
  { label: { lines, width, height } }: Way,
  x: number,
  middle: number,
): Rectangle | null {
  return lines.length === 0
    ? null
    : { x: Math.round(x), y: Math.round(middle - height / 2), width, height };
}
