/** Lays out a block with all that is inside it, the innermost containers first. */
import type { Direction } from './arrangements.ts';
import { type Block, blocksOf, DOT_SIZE } from './blocks.ts';
import type { Container, Placement } from './containers.ts';
import type { Laid } from './geometry.ts';
import { layOutContainer } from './kernel.ts';
import { onBorder, type PortOrder } from './ports.ts';
import { layOutRegions } from './regions.ts';
import type { Routes } from './routes.ts';
import { isStackable, layOutStack } from './stacks.ts';

export interface Choices extends PortOrder {
  readonly directions: ReadonlyMap<string, Direction>;
  readonly placement: Placement;
}

/** What does not depend on the directions further out is laid out once. */
export async function layOutBlock(
  block: Block,
  choices: Choices,
  routes: Routes,
  known: Map<string, Promise<Laid>>,
): Promise<Laid> {
  const inside = new Set([...blocksOf(block)].map(({ id }) => id));
  const ports = new Set(routes.ports.filter(({ owner }) => inside.has(owner)).map(({ id }) => id));
  const key = JSON.stringify([
    block.id,
    choices.placement,
    choices.isTurnedFirst,
    [...choices.farEnds].filter(([id]) => ports.has(id)),
    [...choices.directions].filter(([id]) => inside.has(id)),
    routes.ports.filter(({ owner }) => inside.has(owner)),
  ]);
  const before = known.get(key);
  if (before !== undefined) return before;
  const laid = layOutInside(block, choices, routes, known);
  known.set(key, laid);
  return laid;
}

async function layOutInside(
  block: Block,
  choices: Choices,
  routes: Routes,
  known: Map<string, Promise<Laid>>,
): Promise<Laid> {
  const children = new Map<string, Laid>();
  for (const child of block.children) {
    const laid =
      child.children.length === 0
        ? leafSize(child, routes)
        : await layOutBlock(child, choices, routes, known);
    children.set(child.id, laid);
  }
  const container: Container = {
    block,
    direction: choices.directions.get(block.id) ?? 'RIGHT',
    children,
    parts: routes.routes.flatMap(({ parts }) =>
      parts.filter((part) => part.container === block.id),
    ),
    ports: routes.ports,
    order: choices,
    placement: choices.placement,
  };
  if (block.kind === 'parallel') return layOutRegions(container);
  if (block.kind === 'stack' && isStackable(container)) return layOutStack(container);
  return layOutContainer(container);
}

/** A dot has its ports in the middle of its sides; those of a leaf are free. */
function leafSize({ id, kind, text }: Block, { ports }: Routes): Laid {
  const { width, height } = text ?? { width: DOT_SIZE, height: DOT_SIZE };
  const own = kind === 'dot' ? ports.filter(({ owner }) => owner === id) : [];
  const places = own.map(
    (port) => [port.id, onBorder(port.side, DOT_SIZE / 2, { width, height })] as const,
  );
  return {
    width,
    height,
    ports: new Map(places),
    boxes: new Map(),
    lines: new Map(),
    labels: new Map(),
  };
}
