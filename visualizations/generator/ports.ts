/**
 * Places the ports of arrows that end at the border of a container itself. Nothing inside holds them in place, so
 * they are set where the lines outside cross least: before or behind the ports that lead inside.
 */
import type { Point, Size } from './geometry.ts';
import type { Port, Side } from './routes.ts';

export interface PortOrder {
  /** Whether arrows that lead back come before those that lead on. */
  readonly isTurnedFirst: boolean;
  /** Where the other end of an arrow was in an earlier attempt, by port: lines in that order cross less. */
  readonly farEnds: ReadonlyMap<string, number>;
}

export function inOrder(ports: readonly Port[], { farEnds }: PortOrder): readonly Port[] {
  return [...ports].sort((one, other) => (farEnds.get(one.id) ?? 0) - (farEnds.get(other.id) ?? 0));
}

/** Between neighbours: far enough to tell them apart, near enough to fit. */
const STEP = { min: 14, max: 40 } as const;
const MARGIN = 22;

/** The places of all ports of one container; `fixed` are those that lead inside. */
export function placeFloats(
  ports: readonly Port[],
  fixed: ReadonlyMap<string, Point>,
  size: Size,
  order: PortOrder,
): ReadonlyMap<string, Point> {
  const places = new Map(fixed);
  for (const side of ['NORTH', 'EAST', 'SOUTH', 'WEST'] as const) {
    const onSide = ports.filter((port) => port.side === side);
    const free = inOrder(
      onSide.filter(({ id }) => !fixed.has(id)),
      order,
    );
    const taken = onSide
      .flatMap(({ id }) => fixed.get(id) ?? [])
      .map((point) => along(side, point));
    const first = free.filter(({ isTurned }) => isTurned === order.isTurnedFirst);
    const last = free.filter(({ isTurned }) => isTurned !== order.isTurnedFirst);
    for (const [port, at] of placeAlong(first, last, taken, lengthOf(side, size))) {
      places.set(port.id, onBorder(side, at, size));
    }
  }
  return places;
}

interface Zone {
  readonly from: number;
  readonly to: number;
}

/** Before and behind the places that are taken; all in one of the two if the other is too short. */
function placeAlong(
  first: readonly Port[],
  last: readonly Port[],
  taken: readonly number[],
  length: number,
): readonly (readonly [Port, number])[] {
  const before: Zone = {
    from: MARGIN,
    to: Math.min(length / 2, ...taken.map((at) => at - STEP.min)),
  };
  const behind: Zone = {
    from: Math.max(taken.length > 0 ? 0 : length / 2, ...taken.map((at) => at + STEP.min)),
    to: length - STEP.min,
  };
  if (!fits(last, behind)) return within([...first, ...last], before);
  if (!fits(first, before)) return within([...first, ...last], behind);
  return [...within(first, before), ...within(last, behind)];
}

function fits({ length }: readonly Port[], { from, to }: Zone): boolean {
  return length === 0 || from + (length - 1) * STEP.min <= to;
}

function within(ports: readonly Port[], { from, to }: Zone): readonly (readonly [Port, number])[] {
  const step = Math.min(STEP.max, (to - from) / Math.max(1, ports.length - 1));
  return ports.map((port, number) => [port, from + number * step] as const);
}

function lengthOf(side: Side, { width, height }: Size): number {
  return side === 'EAST' || side === 'WEST' ? height : width;
}

export function onBorder(side: Side, at: number, { width, height }: Size): Point {
  const place = Math.round(at);
  if (side === 'WEST') return { x: 0, y: place };
  if (side === 'EAST') return { x: width, y: place };
  return { x: place, y: side === 'NORTH' ? 0 : height };
}

function along(side: Side, { x, y }: Point): number {
  return side === 'EAST' || side === 'WEST' ? y : x;
}
