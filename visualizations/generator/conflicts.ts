/**
 * Finds what would spoil a picture: words under a line, boxes on top of each other, two arrows on one track. The
 * search for a layout avoids them, and a test proves that no committed picture has any.
 */
import { contains, covered, overlaps, type Point, type Rectangle } from './geometry.ts';
import type { LaidArrow, Layout } from './layout.ts';
import type { Route } from './routes.ts';

interface Item {
  readonly name: string;
  readonly area: Rectangle;
}

/** One sentence for each; none in a good picture. */
export function conflictsOf(layout: Layout): readonly string[] {
  const labels = layout.arrows.flatMap((arrow) => labelOf(arrow));
  const texts = [...layout.texts.keys()].flatMap((id) => textOf(id, layout));
  return [
    ...amongBoxes(layout),
    ...pairs(labels)
      .filter(([one, other]) => overlaps(one.area, other.area))
      .map(says('covers')),
    ...across(labels, texts).map(says('covers')),
    ...across(labels, leavesOf(layout)).map(says('covers')),
    ...across(labels, containersOf(layout))
      .filter(([label, { area }]) => !contains(area, label.area))
      .map(says('lies on the border of')),
    ...layout.arrows
      .filter((arrow) => !reachesItsEnds(arrow, layout))
      .map(({ route }) => `${nameOf(route)} hangs in the air`),
    ...labels.filter(({ area }) => !isInside(area, layout)).map(({ name }) => `${name} is cut off`),
    ...[...layout.boxes].flatMap(([id, box]) =>
      textOf(id, layout)
        .filter(({ area }) => !contains(box, area))
        .map(({ name }) => `${name} leaves its box`),
    ),
    ...layout.arrows.flatMap((arrow) => alongArrow(arrow, labels, texts, layout)),
    ...sharedTracks(layout.arrows),
  ];
}

/** How often arrows cross: no conflict, but the fewer the better. */
export function countCrossings({ arrows }: Layout): number {
  return pairs(arrows).reduce((sum, [one, other]) => sum + crossings(one, other), 0);
}

function labelOf(arrow: LaidArrow): readonly Item[] {
  return arrow.label === null
    ? []
    : [{ name: `the label of ${nameOf(arrow.route)}`, area: arrow.label }];
}

function nameOf({ label, from, to }: Route): string {
  const words = label.map(({ spans }) => spans.map(({ text }) => text).join('')).join(' ');
  return words === '' ? `the arrow from ${from} to ${to}` : `"${words}"`;
}

function textOf(id: string, { texts, boxes }: Layout): readonly Item[] {
  const box = boxes.get(id);
  const text = texts.get(id);
  if (box === undefined || text === undefined) return [];
  return text.lines.map(({ x, y, width, height }) => ({
    name: `the text of ${id}`,
    area: { x: box.x + x, y: box.y + y - height + 4, width, height },
  }));
}

function leavesOf({ boxes, leaves }: Layout): readonly Item[] {
  return [...boxes].filter(([id]) => leaves.has(id)).map(([name, area]) => ({ name, area }));
}

function containersOf({ boxes, insides }: Layout): readonly Item[] {
  return [...boxes].filter(([id]) => insides.has(id)).map(([name, area]) => ({ name, area }));
}

/** An arrow begins and ends on the edge of its boxes. */
function reachesItsEnds({ route, points }: LaidArrow, { boxes }: Layout): boolean {
  const [tail, head] = [boxes.get(route.from), boxes.get(route.to)];
  const [first, last] = [points[0], points.at(-1)];
  if (tail === undefined || head === undefined || first === undefined || last === undefined) {
    return false;
  }
  return isOnEdge(first, tail) && isOnEdge(last, head);
}

function isOnEdge({ x, y }: Point, { x: left, y: top, width, height }: Rectangle): boolean {
  const isBeside = Math.min(Math.abs(x - left), Math.abs(x - left - width)) <= 1;
  const isAbove = Math.min(Math.abs(y - top), Math.abs(y - top - height)) <= 1;
  const isWithin = x >= left - 1 && x <= left + width + 1 && y >= top - 1 && y <= top + height + 1;
  return isWithin && (isBeside || isAbove);
}

function amongBoxes({ boxes, insides }: Layout): readonly string[] {
  const items = [...boxes].map(([name, area]) => ({ name, area }));
  const isNested = (one: Item, other: Item): boolean =>
    insides.get(one.name)?.has(other.name) === true ||
    insides.get(other.name)?.has(one.name) === true;
  return pairs(items)
    .filter(([one, other]) => !isNested(one, other) && overlaps(one.area, other.area))
    .map(says('covers'));
}

function alongArrow(
  arrow: LaidArrow,
  labels: readonly Item[],
  texts: readonly Item[],
  layout: Layout,
): readonly string[] {
  const name = nameOf(arrow.route);
  const foreign = labels.filter((label) => label.area !== arrow.label);
  const containers = [...layout.boxes]
    .filter(([id]) => !isEndInside(id, arrow, layout))
    .map(([id, area]) => ({ name: id, area }));
  const obstacles = [...foreign, ...texts, ...containers];
  return segmentsOf(arrow).flatMap((segment) =>
    obstacles
      .filter(({ area }) => overlaps(thick(segment), shrunk(area)))
      .map((obstacle) => `the line of ${name} runs through ${obstacle.name}`),
  );
}

/** A container that an arrow begins or ends in, or at, may be crossed. */
function isEndInside(id: string, { route }: LaidArrow, { insides }: Layout): boolean {
  const inside = insides.get(id);
  return inside !== undefined && (inside.has(route.from) || inside.has(route.to));
}

function sharedTracks(arrows: readonly LaidArrow[]): readonly string[] {
  return pairs(arrows)
    .filter(([one, other]) =>
      across(named(segmentsOf(one)), named(segmentsOf(other))).some(
        ([first, second]) => isVertical(first.area) === isVertical(second.area),
      ),
    )
    .map(([one, other]) => `${nameOf(one.route)} and ${nameOf(other.route)} run on one track`);
}

function crossings(one: LaidArrow, other: LaidArrow): number {
  return across(named(segmentsOf(one)), named(segmentsOf(other))).filter(
    ([first, second]) => isVertical(first.area) !== isVertical(second.area),
  ).length;
}

function segmentsOf({ points }: LaidArrow): readonly Rectangle[] {
  return points.slice(1).map((point, at) => covered(points[at] ?? point, point));
}

function named(areas: readonly Rectangle[]): readonly Item[] {
  return areas.map((area) => ({ name: '', area: thick(area) }));
}

function isVertical({ width, height }: Rectangle): boolean {
  return height > width;
}

/** A line takes part in overlaps with half a pixel to each side. */
function thick({ x, y, width, height }: Rectangle): Rectangle {
  return { x: x - 0.5, y: y - 0.5, width: width + 1, height: height + 1 };
}

/** A line that only touches the edge is no conflict. */
function shrunk({ x, y, width, height }: Rectangle): Rectangle {
  return { x: x + 1, y: y + 1, width: width - 2, height: height - 2 };
}

function isInside(area: Rectangle, { width, height }: Layout): boolean {
  const end: Point = { x: area.x + area.width, y: area.y + area.height };
  return area.x >= 0 && area.y >= 0 && end.x <= width && end.y <= height;
}

function pairs<Value>(values: readonly Value[]): readonly (readonly [Value, Value])[] {
  return values.flatMap((one, at) => values.slice(at + 1).map((other) => [one, other] as const));
}

function across(
  ones: readonly Item[],
  others: readonly Item[],
): readonly (readonly [Item, Item])[] {
  return ones.flatMap((one) =>
    others.filter((other) => overlaps(one.area, other.area)).map((other) => [one, other] as const),
  );
}

function says(verb: string): (pair: readonly [Item, Item]) => string {
  return ([one, other]) => `${one.name} ${verb} ${other.name}`;
}
