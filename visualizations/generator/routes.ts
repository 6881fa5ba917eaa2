/**
 * Cuts arrows at the borders that they cross, so that every container can be laid out on its own. Each cut is a
 * port on a border; its side follows from the direction in which the arrow travels where it is outermost.
 * Arrows that lead back are handed over turned round: they run between the columns and not around them.
 */
import type { Direction } from './arrangements.ts';
import { type Block, blocksOf, startOf } from './blocks.ts';
import { setLabel } from './box.ts';
import type { Arrow, Plan } from './plan.ts';
import type { TextLine } from './text.ts';
import { statesOf } from './walk.ts';

export type Side = 'NORTH' | 'EAST' | 'SOUTH' | 'WEST';

export interface Port {
  readonly id: string;
  readonly owner: string;
  readonly side: Side;
  /** False for a port that no part inside its owner leads to. */
  readonly isCrossed: boolean;
  /** Where its arrow begins, or on the way out of there. */
  readonly isTail: boolean;
  /** Belongs to an arrow that leads back. */
  readonly isTurned: boolean;
  /** Belongs to an arrow from a state to itself. */
  readonly isLoop: boolean;
}

/** The part of an arrow inside one container, in the direction in which it is laid out. */
export interface Part {
  readonly id: string;
  readonly container: string;
  readonly source: End;
  readonly target: End;
  readonly label: readonly TextLine[];
}

export interface End {
  readonly owner: string;
  readonly port: string;
}

export interface Route {
  readonly from: string;
  readonly to: string;
  /** `null` for the short arrow from a dot. */
  readonly arrow: Arrow | null;
  readonly label: readonly TextLine[];
  readonly isTurned: boolean;
  readonly ports: readonly Port[];
  /** From the arrow's tail to its head. */
  readonly parts: readonly Part[];
}

export interface Routes {
  readonly routes: readonly Route[];
  readonly ports: readonly Port[];
}

interface Journey {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly arrow: Arrow | null;
}

export function routeArrows(
  plan: Plan,
  root: Block,
  directions: ReadonlyMap<string, Direction>,
): Routes {
  const map = new BlockMap(root);
  const starts = [...statesOf(plan.root)].flatMap(({ id, initial }): Journey[] =>
    initial === null ? [] : [{ id: startOf(id), from: startOf(id), to: initial, arrow: null }],
  );
  const arrows = plan.arrows.map(
    (arrow, number): Journey => ({ id: `${number}`, from: arrow.from, to: arrow.to, arrow }),
  );
  const routes = [...starts, ...arrows].map((journey) => cut(journey, map, directions));
  return { routes, ports: routes.flatMap(({ ports }) => ports) };
}

/** Who is inside whom, and in which order. */
class BlockMap {
  readonly #parents = new Map<string, Block>();

  constructor(root: Block) {
    for (const block of blocksOf(root)) {
      for (const child of block.children) this.#parents.set(child.id, block);
    }
  }

  /** The containers that are around both, the innermost first. */
  meet(one: string, other: string): readonly string[] {
    const around = this.#path(other);
    return this.#path(one).filter((id) => around.includes(id));
  }

  /** From the block itself outwards, without `ancestor` and what is around it. */
  pathBelow(id: string, ancestor: string): readonly string[] {
    const path = this.#path(id);
    return path.slice(0, path.indexOf(ancestor));
  }

  #path(id: string): readonly string[] {
    const parent = this.#parents.get(id);
    return parent === undefined ? [id] : [id, ...this.#path(parent.id)];
  }

  /** The order in which a chart names its states is the order in which it is read. */
  isAfter(one: string, other: string): boolean {
    const order = this.#parents.get(one)?.children.map(({ id }) => id) ?? [];
    return order.indexOf(one) > order.indexOf(other);
  }
}

const SIDES = {
  RIGHT: { leave: 'EAST', enter: 'WEST' },
  DOWN: { leave: 'SOUTH', enter: 'NORTH' },
} as const;

function cut(journey: Journey, map: BlockMap, directions: ReadonlyMap<string, Direction>): Route {
  const { from, to, arrow } = journey;
  const [common = '', outside = ''] = map.meet(from, to);
  const label = arrow === null ? [] : setLabel(arrow.caption);
  const route = { from, to, arrow, label };
  if (from === to) {
    return { ...route, isTurned: false, ...loopPart(journey, outside, directions, label) };
  }
  const tails = map.pathBelow(from, common);
  const heads = map.pathBelow(to, common);
  const isTurned = map.isAfter(tails.at(-1) ?? '', heads.at(-1) ?? '');
  const sides = SIDES[directions.get(common) ?? 'RIGHT'];
  const [first, second] = isTurned ? [sides.enter, sides.leave] : [sides.leave, sides.enter];
  const tailPorts = portsAlong(tails, first, { id: `${journey.id} tail`, isTail: true, isTurned });
  const headPorts = portsAlong(heads, second, {
    id: `${journey.id} head`,
    isTail: false,
    isTurned,
  });
  const stops = [...tailPorts, ...[...headPorts].reverse()].map(endAt);
  const containers = [...tails.slice(1), common, ...heads.slice(1).reverse()];
  const parts = containers.flatMap((within, number): Part[] => {
    const [tail, head] = [stops[number], stops[number + 1]];
    if (tail === undefined || head === undefined) return [];
    const [source, target] = isTurned ? [head, tail] : [tail, head];
    const own = within === common ? label : [];
    return [{ id: `${journey.id}.${number}`, container: within, source, target, label: own }];
  });
  return { ...route, isTurned, ports: [...tailPorts, ...headPorts], parts };
}

/** From a state to itself, over its top or beside it. */
function loopPart(
  { id, from }: Journey,
  container: string,
  directions: ReadonlyMap<string, Direction>,
  label: readonly TextLine[],
): Pick<Route, 'ports' | 'parts'> {
  const side = directions.get(container) === 'DOWN' ? 'EAST' : 'NORTH';
  const common = { owner: from, side, isCrossed: false, isTurned: false, isLoop: true } as const;
  const tail: Port = { ...common, id: `${from} ${id} tail`, isTail: true };
  const head: Port = { ...common, id: `${from} ${id} head`, isTail: false };
  const part = { id, container, source: endAt(tail), target: endAt(head), label };
  return { ports: [tail, head], parts: [part] };
}

/** One port on each border, from the end of the arrow outwards. */
function portsAlong(
  owners: readonly string[],
  outermost: Side,
  port: Pick<Port, 'id' | 'isTail' | 'isTurned'>,
): readonly Port[] {
  return owners.map((owner, depth) => ({
    ...port,
    id: `${owner} ${port.id}`,
    owner,
    side: besideHeading(outermost, owners.length - depth),
    isCrossed: depth > 0,
    isLoop: false,
  }));
}

function endAt({ owner, id }: Port): End {
  return { owner, port: id };
}

/** What would lead up through the heading of a container leads past it on the right. */
function besideHeading(side: Side, bordersAround: number): Side {
  return side === 'NORTH' && bordersAround > 1 ? 'EAST' : side;
}
