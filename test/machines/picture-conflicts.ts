/** Finds what would spoil a picture: words under a line, boxes on top of each other, two arrows on one track. */
import { BASELINE, type Point } from '../../visualizations/generator/box.ts';
import type { LaidArrow, Layout } from '../../visualizations/generator/layout.ts';
import type { Item, Rectangle } from '../../visualizations/generator/ways.ts';

interface Thing {
  readonly name: string;
  readonly area: Rectangle;
  /** Lies inside these, rightly. */
  readonly within: readonly string[];
}

/** One sentence for each; none in a good picture. */
export function conflictsOf(layout: Layout): readonly string[] {
  const boxes = layout.items.map((item) => ({
    name: item.id,
    area: item.box,
    within: around(item),
  }));
  const texts = layout.items.flatMap(textsOf);
  const labels = layout.arrows.flatMap((arrow) =>
    arrow.label === null
      ? []
      : [{ name: `the label of ${nameOf(arrow)}`, area: arrow.label, within: [] }],
  );
  const leaves = boxes.filter(({ name }) => !boxes.some(({ within }) => within.includes(name)));
  const page = { x: 0, y: 0, width: layout.width, height: layout.height };
  return [
    ...pairs([...boxes, ...texts])
      .filter(isBad)
      .map(says('lies on')),
    ...pairs([...labels, ...texts])
      .filter(isBad)
      .map(says('lies on')),
    ...across(labels, leaves).filter(isBad).map(says('lies on')),
    ...across(labels, boxes)
      .filter(([label, box]) => isBad([label, box]) && !contains(box.area, label.area))
      .map(says('lies on the border of')),
    ...[...labels, ...boxes, ...texts]
      .filter(({ area }) => !contains(page, area))
      .map(({ name }) => `${name} is cut off`),
    ...texts.flatMap(({ name, area, within: [box] }) =>
      boxes
        .filter((each) => each.name === box && !contains(each.area, area))
        .map(() => `${name} leaves its box`),
    ),
    ...layout.arrows.flatMap((arrow) => alongArrow(arrow, [...labels, ...texts], leaves)),
    ...sharedTracks(layout.arrows),
  ];
}

function nameOf({ way }: LaidArrow): string {
  return way.arrow.ids[0] ?? '';
}

function around({ parent }: Item): readonly string[] {
  return parent === null ? [] : [parent.id, ...around(parent)];
}

function textsOf(item: Item): readonly Thing[] {
  const { box, text } = item;
  return text.passages
    .flatMap(({ lines }) => lines)
    .map(({ spans, x, y, width, height }) => ({
      name: `"${spans.map((span) => span.text).join('')}"`,
      area: { x: box.x + x, y: box.y + y - Math.round(height * BASELINE), width, height },
      within: [item.id, ...around(item)],
    }));
}

function alongArrow(
  arrow: LaidArrow,
  words: readonly Thing[],
  leaves: readonly Thing[],
): readonly string[] {
  const name = nameOf(arrow);
  const { from, to } = arrow.way;
  const isHeld = isOnEdge(arrow.points[0], from.box) && isOnEdge(arrow.points.at(-1), to.box);
  const own = `the label of ${name}`;
  const obstacles = [...words.filter((thing) => thing.name !== own), ...leaves];
  const hit = segmentsOf(arrow).flatMap((segment) =>
    obstacles.filter(({ area }) => overlaps(segment, shrunk(area))),
  );
  return [
    ...(isHeld ? [] : [`${name} hangs in the air`]),
    ...hit.map((thing) => `the line of ${name} runs through ${thing.name}`),
  ];
}

function isOnEdge(point: Point | undefined, box: Rectangle): boolean {
  if (point === undefined) return false;
  const [right, bottom] = [box.x + box.width, box.y + box.height];
  const isBeside = point.x === box.x || point.x === right;
  const isAbove = point.y === box.y || point.y === bottom;
  return (
    (isBeside && point.y > box.y && point.y < bottom) ||
    (isAbove && point.x > box.x && point.x < right)
  );
}

/** Arrows to one target flow together; any others that share a stretch cannot be told apart. */
function sharedTracks(arrows: readonly LaidArrow[]): readonly string[] {
  return pairs(arrows)
    .filter(([one, other]) => one.way.to !== other.way.to)
    .filter(([one, other]) =>
      segmentsOf(one).some((first) =>
        segmentsOf(other).some(
          (second) => isVertical(first) === isVertical(second) && overlaps(first, second),
        ),
      ),
    )
    .map(([one, other]) => `${nameOf(one)} and ${nameOf(other)} run on one track`);
}

/** A line is as thick as a pixel to each side. */
function segmentsOf({ points }: LaidArrow): readonly Rectangle[] {
  return points.slice(1).map((to, at) => {
    const from = points[at] ?? to;
    const [x, y] = [Math.min(from.x, to.x), Math.min(from.y, to.y)];
    const [width, height] = [Math.abs(to.x - from.x), Math.abs(to.y - from.y)];
    return { x: x - 1, y: y - 1, width: width + 2, height: height + 2 };
  });
}

function isVertical({ width, height }: Rectangle): boolean {
  return height > width;
}

function shrunk({ x, y, width, height }: Rectangle): Rectangle {
  return { x: x + 2, y: y + 2, width: width - 4, height: height - 4 };
}

function isBad([one, other]: readonly [Thing, Thing]): boolean {
  const isNested = one.within.includes(other.name) || other.within.includes(one.name);
  return !isNested && overlaps(one.area, other.area);
}

function overlaps(one: Rectangle, other: Rectangle): boolean {
  return (
    one.x < other.x + other.width &&
    other.x < one.x + one.width &&
    one.y < other.y + other.height &&
    other.y < one.y + one.height
  );
}

function contains(outer: Rectangle, inner: Rectangle): boolean {
  return (
    outer.x <= inner.x &&
    outer.y <= inner.y &&
    inner.x + inner.width <= outer.x + outer.width &&
    inner.y + inner.height <= outer.y + outer.height
  );
}

function pairs<Value>(values: readonly Value[]): readonly (readonly [Value, Value])[] {
  return values.flatMap((one, at) => values.slice(at + 1).map((other) => [one, other] as const));
}

function across(
  ones: readonly Thing[],
  others: readonly Thing[],
): readonly (readonly [Thing, Thing])[] {
  return ones.flatMap((one) => others.map((other) => [one, other] as const));
}

function says(verb: string): (pair: readonly [Thing, Thing]) => string {
  return ([one, other]) => `${one.name} ${verb} ${other.name}`;
}
