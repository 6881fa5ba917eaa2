/**
 * Puts what was laid out container by container together into one picture: joins the parts of arrows, leaves
 * out points that bend nothing, and takes out steps that are too small to be meant.
 */
import { type Block, blocksOf } from './blocks.ts';
import { covered, type Laid, overlaps, type Point, type Rectangle } from './geometry.ts';
import type { LaidArrow, Layout } from './layout.ts';
import type { Plan } from './plan.ts';
import type { Route, Routes } from './routes.ts';

export function assemble(plan: Plan, root: Block, laid: Laid, { routes }: Routes): Layout {
  const { width, height } = laid;
  const boxes = new Map([[root.id, { x: 0, y: 0, width, height }], ...laid.boxes]);
  const blocks = [...blocksOf(root)];
  const texts = blocks.flatMap(({ id, text }) => (text === null ? [] : [[id, text] as const]));
  const containers = blocks.filter(({ children }) => children.length > 0);
  return {
    plan,
    width,
    height,
    boxes,
    texts: new Map(texts),
    arrows: routes.map((route) => join(route, laid)),
    leaves: new Set(blocks.filter(({ kind }) => kind === 'leaf').map(({ id }) => id)),
    insides: new Map(
      containers.map((block) => [block.id, new Set([...blocksOf(block)].map(({ id }) => id))]),
    ),
  };
}

function join(route: Route, { lines, labels }: Laid): LaidArrow {
  const points = route.parts.flatMap(({ id }) => {
    const part = lines.get(id) ?? [];
    return route.isTurned ? [...part].reverse() : part;
  });
  const label = route.parts.map(({ id }) => labels.get(id)).find((found) => found !== undefined);
  const straight = straighten(points);
  const smooth = smoothen([...smoothen(straight, label)].reverse(), label);
  return { route, points: straighten([...smooth].reverse()), label: label ?? null };
}

/** A step too small to be meant: the last run moves over, along the edge that it ends on. */
const STEP_MAX = 6;

function smoothen(points: readonly Point[], label: Rectangle | undefined): readonly Point[] {
  const [before, from, to, end] = points.slice(-4);
  if (before === undefined || from === undefined || to === undefined || end === undefined) {
    return points;
  }
  const step = { x: to.x - from.x, y: to.y - from.y };
  const isParallel =
    (step.x === 0) === (before.y === from.y) && (step.x === 0) === (to.y === end.y);
  const isSmall = Math.abs(step.x) + Math.abs(step.y) <= STEP_MAX;
  const isLabelled = label !== undefined && overlaps(covered(to, end), label);
  if (!isParallel || !isSmall || isLabelled) return points;
  return [...points.slice(0, -3), { x: end.x - step.x, y: end.y - step.y }];
}

/** Leaves out repeated points and points on a straight line. */
function straighten(points: readonly Point[]): readonly Point[] {
  const kept: Point[] = [];
  for (const point of points) {
    const last = kept.at(-1);
    if (last?.x === point.x && last.y === point.y) continue;
    const before = kept.at(-2);
    if (before !== undefined && last !== undefined && isStraight(before, last, point)) kept.pop();
    kept.push(point);
  }
  return kept;
}

function isStraight(one: Point, two: Point, three: Point): boolean {
  return (one.x === two.x && two.x === three.x) || (one.y === two.y && two.y === three.y);
}

/** For each port, how far down (or right) the other end of its arrow is. */
export function farEndsOf({ arrows }: Layout): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const { route, points } of arrows) {
    const [tail, head] = [points[0], points.at(-1)];
    if (tail === undefined || head === undefined) continue;
    for (const { id, isTail, side } of route.ports) {
      const { x, y } = isTail ? head : tail;
      found.set(id, side === 'EAST' || side === 'WEST' ? y : x);
    }
  }
  return found;
}
