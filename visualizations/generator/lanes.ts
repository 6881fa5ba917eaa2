/** The arrows between two boxes of a stack: each runs straight, in a lane as wide as its label. */
import type { Block } from './blocks.ts';
import { type Container, labelSize } from './containers.ts';
import type { Point, Rectangle } from './geometry.ts';
import type { Part } from './routes.ts';

/** Straight line above and below a label between two boxes. */
export const RUN = 20;
const LANE_GAP = 14;
/** Where a lane turns aside to meet a narrower box. */
const JOG = 10;
const CORNER = 8;
const NOWHERE: Rectangle = { x: 0, y: 0, width: 0, height: 0 };

/** A stack while it is drawn, from top to bottom. */
export interface Drawing {
  readonly container: Container;
  /** All leaves are made equally wide, for a calm edge. */
  readonly leafWidth: number;
  readonly width: number;
  readonly boxes: Map<string, Rectangle>;
  readonly lines: Map<string, readonly Point[]>;
  readonly labels: Map<string, Rectangle>;
}

export function lanesBetween(
  above: Block | undefined,
  below: Block,
  { parts }: Container,
): readonly Part[] {
  return parts.filter(
    ({ source, target }) => source.owner === above?.id && target.owner === below.id,
  );
}

export function widthOfLanes(lanes: readonly Part[]): number {
  return lanes.reduce((sum, { label }) => sum + labelSize(label).width + LANE_GAP, LANE_GAP);
}

export function gapFor(lanes: readonly Part[]): number {
  return 2 * RUN + Math.max(0, ...lanes.map(({ label }) => labelSize(label).height));
}

export function drawLanes(
  lanes: readonly Part[],
  above: Block,
  below: Block,
  drawing: Drawing,
): void {
  const places = placeLanes(lanes, drawing);
  const upper = drawing.boxes.get(above.id) ?? NOWHERE;
  const lower = drawing.boxes.get(below.id) ?? NOWHERE;
  const top = upper.y + upper.height;
  for (const [at, { id, label }] of lanes.entries()) {
    const x = places[at] ?? 0;
    drawing.lines.set(id, [
      { x: within(x, upper), y: top },
      { x: within(x, upper), y: top + JOG },
      { x, y: top + JOG },
      { x, y: lower.y - JOG },
      { x: within(x, lower), y: lower.y - JOG },
      { x: within(x, lower), y: lower.y },
    ]);
    if (label.length === 0) continue;
    const { width, height } = labelSize(label);
    const middle = { x: Math.round(x - width / 2), y: Math.round((top + lower.y - height) / 2) };
    drawing.labels.set(id, { ...middle, width, height });
  }
}

/** Side by side, around the lanes that are held where they are by what is inside a box. */
function placeLanes(lanes: readonly Part[], drawing: Drawing): readonly number[] {
  const held = lanes.map((lane) => heldAt(lane, drawing));
  const taken = lanes.flatMap((lane, at) => {
    const x = held[at] ?? null;
    return x === null ? [] : [around(x, lane)];
  });
  let cursor = Math.max(CORNER, (drawing.width - widthOfLanes(lanes)) / 2 + LANE_GAP);
  return lanes.map(({ label }, at) => {
    const x = held[at] ?? null;
    if (x !== null) return Math.round(x);
    const { width } = labelSize(label);
    const start = cursor;
    const hit = taken.find(([from, to]) => start < to && from < start + width);
    const left = hit === undefined ? start : hit[1];
    cursor = left + width + LANE_GAP;
    return Math.round(left + width / 2);
  });
}

/** The nearest place on the edge of a box, off its corners. */
function within(x: number, box: Rectangle): number {
  return Math.min(Math.max(x, box.x + CORNER), box.x + box.width - CORNER);
}

function around(x: number, { label }: Part): readonly [number, number] {
  const { width } = labelSize(label);
  return [x - width / 2 - LANE_GAP, x + width / 2 + LANE_GAP];
}

/** Where a line that leads on inside a box holds its lane; `null` if the lane is free. */
function heldAt({ source, target }: Part, { container, boxes }: Drawing): number | null {
  for (const { owner, port } of [source, target]) {
    const inside = container.children.get(owner)?.ports.get(port);
    const isCrossed = container.ports.find(({ id }) => id === port)?.isCrossed === true;
    if (inside !== undefined && isCrossed) return inside.x + (boxes.get(owner)?.x ?? 0);
  }
  return null;
}
