/**
 * The tree of boxes, and the way that each arrow takes between them. Boxes stand one below the other. An arrow to a
 * neighbour crosses the gap between the two; any other leaves its box to the right, runs along a lane beside the
 * column, and enters the box of its target from the right. All arrows to one target share its lane, as rivers do.
 */
import { type BoxText, heightOf, type Point, setLabel } from './box.ts';
import type { ChartState } from './chart.ts';
import type { Arrow, Plan } from './plan.ts';
import type { TextLine } from './text.ts';
import { type Tone, toneOf } from './theme.ts';

export interface Rectangle extends Point {
  readonly width: number;
  readonly height: number;
}

export interface Item {
  readonly id: string;
  readonly state: ChartState;
  readonly tone: Tone;
  readonly parent: Item | null;
  readonly children: readonly Item[];
  /** Its place among all, from top to bottom. */
  readonly row: number;
  /** The layout fills in the rest. */
  box: Rectangle;
  text: BoxText;
  /** Where the strip for labels and lanes begins beside its column. */
  gutter: number;
}

interface Lane {
  /** The innermost box around all that it leads from and to. */
  readonly home: Item;
  readonly to: Item;
  readonly sources: Item[];
  /** From the column outwards: short lanes inside. */
  number: number;
  /** Where it enters its target. */
  end: number;
}

export interface Way {
  readonly arrow: Arrow;
  readonly label: {
    readonly lines: readonly TextLine[];
    readonly width: number;
    readonly height: number;
  };
  readonly from: Item;
  readonly to: Item;
  /** The box above the gap that it crosses, or the lane that it runs along. */
  readonly course: Item | Lane;
  /** Where it leaves its source for a lane. */
  start: number;
}

export function* itemsOf(item: Item): Generator<Item> {
  yield item;
  for (const child of item.children) yield* itemsOf(child);
}

export function isLane(course: Item | Lane): course is Lane {
  return 'home' in course;
}

export function buildTree({ root }: Plan): Item {
  let row = 0;
  const build = (state: ChartState, parent: Item | null, inherited: Tone): Item => {
    const children: Item[] = [];
    const tone = parent === null ? inherited : toneOf(state.key, inherited);
    const unknown = {
      box: { x: 0, y: 0, width: 0, height: 0 },
      text: { height: 0, passages: [], ruleAt: null },
      gutter: 0,
    };
    const item: Item = { id: state.id, state, tone, parent, children, row, ...unknown };
    row += 1;
    for (const child of state.states) children.push(build(child, item, tone));
    return item;
  };
  return build(root, null, 'plain');
}

/** `aside` are the arrows for which their gap has no room. */
export function findWays(plan: Plan, root: Item, aside: ReadonlySet<Arrow>): readonly Way[] {
  const items = new Map([...itemsOf(root)].map((item) => [item.id, item]));
  const lanes = new Map<string, Lane>();
  const ways = plan.arrows.flatMap((arrow): Way[] => {
    const [from, to] = [items.get(arrow.from), items.get(arrow.to)];
    if (from === undefined || to === undefined) return [];
    const home = homeOf(from, to);
    const gap = aside.has(arrow) ? null : gapBetween(from, to, home);
    const key = `${home.id} to ${to.id}`;
    const lane = lanes.get(key) ?? { home, to, sources: [], number: 0, end: 0 };
    if (gap === null) lanes.set(key, lane).get(key)?.sources.push(from);
    const lines = setLabel(arrow.words);
    const width = Math.ceil(Math.max(0, ...lines.map((line) => line.width)));
    return [
      {
        arrow,
        label: { lines, width, height: heightOf(lines) },
        from,
        to,
        course: gap ?? lane,
        start: 0,
      },
    ];
  });
  numberLanes([...lanes.values()]);
  return ways;
}

function homeOf(from: Item, to: Item): Item {
  let home = from.parent ?? from;
  while (home.parent !== null && (home === to || !isIn(to, home))) home = home.parent;
  return home;
}

function isIn(item: Item, outer: Item): boolean {
  return item === outer || (item.parent !== null && isIn(item.parent, outer));
}

function gapBetween(from: Item, to: Item, home: Item): Item | null {
  if (home.state.type === 'parallel') return null;
  const start = home.children.findIndex((child) => isIn(from, child));
  const end = home.children.findIndex((child) => isIn(to, child));
  const [upper, lower] = [home.children[Math.min(start, end)], home.children[Math.max(start, end)]];
  if (upper === undefined || Math.abs(end - start) !== 1) return null;
  const [above, below] = start < end ? [from, to] : [to, from];
  return below === lower && isAtBottom(above, upper) ? upper : null;
}

function isAtBottom(item: Item, outer: Item): boolean {
  if (item === outer) return true;
  const last = outer.state.type === 'parallel' ? undefined : outer.children.at(-1);
  return last !== undefined && isAtBottom(item, last);
}

/** Lanes of one home have one number if they are never beside each other. */
function numberLanes(lanes: readonly Lane[]): void {
  const spans = lanes.map((lane) => {
    const rows = [lane.to, ...lane.sources].map(({ row }) => row);
    return { lane, first: Math.min(...rows), last: Math.max(...rows) };
  });
  spans.sort((one, other) => one.last - one.first - (other.last - other.first));
  for (const [at, { lane, first, last }] of spans.entries()) {
    const taken = spans
      .slice(0, at)
      .filter((each) => each.lane.home === lane.home && each.first <= last && first <= each.last)
      .map((each) => each.lane.number);
    while (taken.includes(lane.number)) lane.number += 1;
  }
}

/** The strip of a box that one arrow leaves from, or one lane enters. */
interface Port {
  readonly height: number;
  readonly put: (y: number) => void;
}

/** From top to bottom, so that lines cross least: what leads up before what leads down, the nearest lane outermost. */
export function portsOf(item: Item, ways: readonly Way[]): readonly Port[] {
  const orderOf = ({ home, number }: Lane, ends: readonly Item[]): number => {
    const distance = number - 100 * depthOf(home);
    if (ends.every(({ row }) => row < item.row)) return -10_000 + distance;
    return ends.every(({ row }) => row > item.row) ? 10_000 - distance : 0;
  };
  const leaving = ways.flatMap((way) => {
    if (way.from !== item || !isLane(way.course)) return [];
    const put = (y: number): void => {
      way.start = y;
    };
    return [
      { order: orderOf(way.course, [way.to]), height: Math.max(18, way.label.height + 8), put },
    ];
  });
  const lanes = new Set(ways.map(({ course }) => course).filter(isLane));
  const entering = [...lanes].flatMap((lane) => {
    const put = (y: number): void => {
      lane.end = y;
    };
    return lane.to === item ? [{ order: orderOf(lane, lane.sources), height: 18, put }] : [];
  });
  return [...leaving, ...entering].sort((one, other) => one.order - other.order);
}

function depthOf({ parent }: Item): number {
  return parent === null ? 0 : depthOf(parent) + 1;
}
