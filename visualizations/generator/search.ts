/**
 * Looks for the best picture of a chart: containers across or down, lines straight or short, over all
 * combinations that the arrangements leave open. The best is shown largest on a screen, with the fewest bends and
 * crossings and no conflict. The same chart gives the same picture.
 */
import { ARRANGEMENTS, type Direction } from './arrangements.ts';
import { assemble, farEndsOf } from './assembly.ts';
import { type Block, blocksOf, buildBlocks } from './blocks.ts';
import { conflictsOf, countCrossings } from './conflicts.ts';
import type { Placement } from './containers.ts';
import { covered, type Laid } from './geometry.ts';
import type { Layout } from './layout.ts';
import { type Choices, layOutBlock } from './nesting.ts';
import type { Plan } from './plan.ts';
import { routeArrows } from './routes.ts';

/** The screen that a picture should fit. */
const SCREEN = { width: 1500, height: 900 };
/** Bound: at most 2^6 combinations are tried; further containers run across. */
const CHOICES_MAX = 6;

export async function layOut(plan: Plan): Promise<Layout> {
  const root = buildBlocks(plan);
  const known = new Map<string, Promise<Laid>>();
  let best: Attempt | null = null;
  for (const choices of combinations(root)) {
    const first = await attempt(plan, root, choices, known);
    const farEnds = farEndsOf(first.layout);
    const second = await attempt(plan, root, { ...choices, farEnds }, known);
    for (const next of [first, second]) if (best === null || next.cost < best.cost) best = next;
  }
  if (best === null) throw new TypeError(`${plan.root.id} has nothing to lay out`);
  return best.layout;
}

interface Attempt {
  readonly layout: Layout;
  readonly cost: number;
}

async function attempt(
  plan: Plan,
  root: Block,
  choices: Choices,
  known: Map<string, Promise<Laid>>,
): Promise<Attempt> {
  const routes = routeArrows(plan, root, choices.directions);
  const laid = await layOutBlock(root, choices, routes, known);
  const layout = assemble(plan, root, laid, routes);
  return { layout, cost: costOf(layout) };
}

const PLACEMENTS: readonly Placement[] = ['BRANDES_KOEPF', 'NETWORK_SIMPLEX'];

function* combinations(root: Block): Generator<Choices> {
  const containers = [...blocksOf(root)].filter(({ children }) => children.length > 0);
  const arranged = arrangedDirections(containers);
  const open = containers
    .filter(({ id, children }) => !arranged.has(id) && hasNeighbours(children))
    .slice(0, CHOICES_MAX);
  for (let choice = 0; choice < 2 ** open.length; choice += 1) {
    const chosen = open.map(({ id }, at) => [id, (choice >> at) & 1 ? 'DOWN' : 'RIGHT'] as const);
    const directions = new Map<string, Direction>([...arranged, ...chosen]);
    for (const placement of PLACEMENTS) {
      for (const isTurnedFirst of [false, true]) {
        yield { directions, placement, isTurnedFirst, farEnds: new Map() };
      }
    }
  }
}

function hasNeighbours(children: readonly Block[]): boolean {
  return children.filter(({ kind }) => kind !== 'dot').length > 1;
}

/** A stack runs across the direction of what it is in. */
function arrangedDirections(containers: readonly Block[]): ReadonlyMap<string, Direction> {
  const arranged = new Map<string, Direction>();
  for (const { id, children } of containers) {
    const direction = ARRANGEMENTS[id]?.direction;
    if (direction === undefined) continue;
    arranged.set(id, direction);
    const across = direction === 'RIGHT' ? 'DOWN' : 'RIGHT';
    for (const child of children) if (child.kind === 'stack') arranged.set(child.id, across);
  }
  return arranged;
}

/** How much the picture must shrink to fit the screen, and a little for long and winding arrows. */
function costOf(layout: Layout): number {
  const { width, height, arrows } = layout;
  const shrink = Math.max(width / SCREEN.width, height / SCREEN.height);
  let length = 0;
  let bends = 0;
  for (const { points } of arrows) {
    bends += points.length - 2;
    for (const [at, point] of points.entries()) {
      const { width: across, height: down } = covered(point, points[at + 1] ?? point);
      length += across + down;
    }
  }
  const flaws = conflictsOf(layout).length + countCrossings(layout) / 20;
  return shrink + length / 100_000 + bends / 500 + flaws;
}
