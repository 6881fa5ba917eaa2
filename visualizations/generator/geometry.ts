/** Points and rectangles of a picture: x grows to the right, y downwards. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Rectangle extends Point, Size {}

/** What one container contains, relative to its own corner. */
export interface Laid extends Size {
  /** Where its ports ended up. */
  readonly ports: ReadonlyMap<string, Point>;
  /** Everything inside, at any depth. */
  readonly boxes: ReadonlyMap<string, Rectangle>;
  /** The parts of arrows inside, from source to target. */
  readonly lines: ReadonlyMap<string, readonly Point[]>;
  readonly labels: ReadonlyMap<string, Rectangle>;
}

export function add(one: Point, other: Point): Point {
  return { x: one.x + other.x, y: one.y + other.y };
}

function moved<Shape extends Point>(shape: Shape, by: Point): Shape {
  return { ...shape, x: shape.x + by.x, y: shape.y + by.y };
}

/** Puts what a child contains into the maps of its container. */
export function merge(
  into: {
    readonly boxes: Map<string, Rectangle>;
    readonly lines: Map<string, readonly Point[]>;
    readonly labels: Map<string, Rectangle>;
  },
  child: Laid,
  at: Point,
): void {
  for (const [id, box] of child.boxes) into.boxes.set(id, moved(box, at));
  for (const [id, points] of child.lines)
    into.lines.set(
      id,
      points.map((point) => add(point, at)),
    );
  for (const [id, label] of child.labels) into.labels.set(id, moved(label, at));
}

export function overlaps(one: Rectangle, other: Rectangle): boolean {
  return (
    one.x < other.x + other.width &&
    other.x < one.x + one.width &&
    one.y < other.y + other.height &&
    other.y < one.y + one.height
  );
}

/** The thin rectangle that a straight line covers. */
export function covered(from: Point, to: Point): Rectangle {
  return {
    x: Math.min(from.x, to.x),
    y: Math.min(from.y, to.y),
    width: Math.abs(to.x - from.x),
    height: Math.abs(to.y - from.y),
  };
}

export function contains(outer: Rectangle, inner: Rectangle): boolean {
  return (
    outer.x <= inner.x &&
    outer.y <= inner.y &&
    inner.x + inner.width <= outer.x + outer.width &&
    inner.y + inner.height <= outer.y + outer.height
  );
}
