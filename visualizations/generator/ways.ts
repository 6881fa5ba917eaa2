/**
 * The tree of boxes, and the way that each arrow takes between them. Boxes stand one below the other. An arrow to a
 * neighbour crosses the gap between the two; any other leaves its box to the right, runs along a lane beside the
 * column, and enters the box of its target from the right. All arrows to one target share its lane, as rivers do.
 */
import { setLabel } from './box.ts';
import type { ChartState } from './chart.ts';
import type { Arrow, Plan } from './plan.ts';
import type { TextLine } from './text.ts';
import { type Tone, toneOf } from './theme.ts';

export interface Item {
  readonly id: string;
  readonly kind: 'root' | 'everywhere' | 'group' | 'region' | 'leaf' | 'final';
  readonly tone: Tone;
  readonly state: ChartState;
  readonly parent: Item | null;
  readonly children: readonly Item[];
  /** Its place among all, from top to bottom. */
  readonly row: number;
}

export interface Way {
  readonly arrow: Arrow;
  readonly label: readonly TextLine[];
  readonly labelWidth: number;
  readonly labelHeight: number;
  readonly from: Item;
  readonly to: Item;
  /** The innermost box around both ends: the lane is beside its column. */
  readonly home: Item;
  /** The box above the gap that it crosses; `null` if it runs along a lane. */
  readonly above: Item | null;
}

export function* itemsOf(item: Item): Generator<Item> {
  yield item;
  for (const child of item.children) yield* itemsOf(child);
}

export function buildTree(plan: Plan): Item {
  const { root, everywhere, arrows, lines } = plan;
  const isNeeded =
    (lines.get(everywhere) ?? []).length > 0 || arrows.some(({ from }) => from === everywhere);
  let rows = 0;
  const build = (state: ChartState, parent: Item | null, inherited: Tone): Item => {
    const children: Item[] = [];
    const tone = parent === null ? 'plain' : toneOf(state.key, inherited);
    const item: Item = {
      id: state.id,
      kind: kindOf(state, parent),
      tone,
      state,
      parent,
      children,
      row: rows,
    };
    rows += 1;
    if (parent === null && isNeeded) {
      children.push({
        id: everywhere,
        kind: 'everywhere',
        tone,
        state: EVERYWHERE,
        parent: item,
        children: [],
        row: rows,
      });
      rows += 1;
    }
    for (const child of state.states) children.push(build(child, item, tone));
    return item;
  };
  return build(root, null, 'plain');
}

/** What the box says that holds for the whole chart. */
const EVERYWHERE: ChartState = {
  id: '',
  key: 'in every state',
  type: 'atomic',
  description: 'unless the state says otherwise',
  entry: [],
  exit: [],
  invokes: [],
  initial: null,
  states: [],
  transitions: [],
  ignores: [],
};

function kindOf({ type, states }: ChartState, parent: Item | null): Item['kind'] {
  if (parent === null) return 'root';
  if (parent.state.type === 'parallel') return 'region';
  if (type === 'final') return 'final';
  return states.length > 0 ? 'group' : 'leaf';
}

/** `aside` are the arrows for which their gap has no room. */
export function findWays(plan: Plan, root: Item, aside: ReadonlySet<Arrow>): readonly Way[] {
  const items = new Map([...itemsOf(root)].map((item) => [item.id, item]));
  return plan.arrows.flatMap((arrow) => {
    const from = items.get(arrow.from);
    const to = items.get(arrow.to);
    if (from === undefined || to === undefined) return [];
    const label = setLabel(arrow.caption);
    const home = homeOf(from, to);
    return {
      arrow,
      label,
      labelWidth: Math.ceil(Math.max(0, ...label.map(({ width }) => width))),
      labelHeight: label.reduce((sum, { height }) => sum + height, 0),
      from,
      to,
      home,
      above: aside.has(arrow) ? null : gapBetween(from, to, home),
    };
  });
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
  if (upper === undefined || lower === undefined || Math.abs(end - start) !== 1) return null;
  const [above, below] = start < end ? [from, to] : [to, from];
  return below === lower && isAtBottom(above, upper) ? upper : null;
}

function isAtBottom(item: Item, outer: Item): boolean {
  if (item === outer) return true;
  const last = outer.state.type === 'parallel' ? undefined : outer.children.at(-1);
  return last !== undefined && isAtBottom(item, last);
}

interface Port {
  /** Of a way that leaves, or of the lane that enters. */
  readonly id: string;
  readonly height: number;
}

/** For each home and target, which lane: short ways inside, long ones further out. */
export type Lanes = ReadonlyMap<string, number>;

export function laneId({ home, to }: Way): string {
  return `${home.id} to ${to.id}`;
}

export function assignLanes(ways: readonly Way[]): Lanes {
  const spans = new Map<string, { home: Item; first: number; last: number }>();
  for (const way of ways.filter(({ above }) => above === null)) {
    const { home, from, to } = way;
    const { first, last } = spans.get(laneId(way)) ?? { first: to.row, last: to.row };
    spans.set(laneId(way), {
      home,
      first: Math.min(first, from.row),
      last: Math.max(last, from.row),
    });
  }
  const lanes = new Map<string, number>();
  const byLength = [...spans].sort(
    ([, one], [, other]) => one.last - one.first - (other.last - other.first),
  );
  for (const [id, { home, first, last }] of byLength) {
    const taken = byLength
      .filter(([, span]) => span.home === home && span.first <= last && first <= span.last)
      .flatMap(([other]) => lanes.get(other) ?? []);
    let lane = 0;
    while (taken.includes(lane)) lane += 1;
    lanes.set(id, lane);
  }
  return lanes;
}

/** On the right side of a box, from top to bottom, so that lines cross least: upwards first, the nearest lane first. */
export function portsOf(item: Item, ways: readonly Way[], lanes: Lanes): readonly Port[] {
  const beside = ways.filter(({ above }) => above === null);
  const leaving = beside.filter(({ from }) => from === item);
  const entering = groupBy(
    beside.filter(({ to }) => to === item),
    laneId,
  );
  const ports = [
    ...leaving.map((way) => portOf(way.arrow.ids[0] ?? '', way, [way.to], way.labelHeight)),
    ...[...entering].flatMap(([id, [way, ...others]]) =>
      way === undefined
        ? []
        : portOf(
            id,
            way,
            [way, ...others].map(({ from }) => from),
            0,
          ),
    ),
  ];
  function portOf(id: string, way: Way, ends: readonly Item[], label: number) {
    const isUp = ends.every(({ row }) => row < item.row);
    const isDown = ends.every(({ row }) => row > item.row);
    const distance = (lanes.get(laneId(way)) ?? 0) - 100 * depthOf(way.home);
    const order = isUp ? -10_000 + distance : isDown ? 10_000 - distance : 0;
    return { id, height: Math.max(18, label + 8), order };
  }
  return ports.sort((one, other) => one.order - other.order);
}

function depthOf({ parent }: Item): number {
  return parent === null ? 0 : depthOf(parent) + 1;
}

export function groupBy<Value, Key>(
  values: readonly Value[],
  keyOf: (value: Value) => Key,
): ReadonlyMap<Key, readonly Value[]> {
  const groups = new Map<Key, Value[]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group === undefined) groups.set(keyOf(value), [value]);
    else group.push(value);
  }
  return groups;
}
