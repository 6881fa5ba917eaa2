/**
 * Lays out the regions of a parallel state as compartments: columns of one height that fill the whole width.
 * Arrows between a region and the outside run straight to the border.
 */
import type { Block } from './blocks.ts';
import type { Container } from './containers.ts';
import { add, type Laid, merge, type Point, type Rectangle, type Size } from './geometry.ts';
import { placeFloats } from './ports.ts';
import type { Port } from './routes.ts';

const GAP = 12;
const BORDER = 16;

interface Column extends Size {
  readonly regions: readonly Block[];
}

interface Drawing {
  readonly container: Container;
  readonly size: Size;
  readonly boxes: Map<string, Rectangle>;
  readonly lines: Map<string, readonly Point[]>;
  readonly labels: Map<string, Rectangle>;
  readonly ports: Map<string, Point>;
}

export function layOutRegions(container: Container): Laid {
  const { block } = container;
  const columns = columnsOf(container);
  const top = (block.text?.height ?? 0) + GAP;
  const inner = Math.max(...columns.map(({ height }) => height));
  const needed = columns.reduce((sum, { width }) => sum + width + GAP, 2 * BORDER - GAP);
  const size = { width: Math.max(block.text?.width ?? 0, needed), height: top + inner + BORDER };
  const maps = { boxes: new Map(), lines: new Map(), labels: new Map(), ports: new Map() };
  const drawing: Drawing = { container, size, ...maps };
  const spare = (size.width - needed) / columns.length;
  let x = BORDER;
  for (const column of columns) {
    const width = column.width + spare;
    fill(column, { x, y: top, width, height: inner }, drawing);
    x += width + GAP;
  }
  const own = container.ports.filter((port) => port.owner === block.id);
  const ports = placeFloats(own, drawing.ports, size, container.order);
  return { ...size, boxes: drawing.boxes, lines: drawing.lines, labels: drawing.labels, ports };
}

function columnsOf({ block, children, direction }: Container): readonly Column[] {
  const inDirection = direction === 'DOWN' ? [block.children] : block.children.map((one) => [one]);
  return (block.columns ?? inDirection).map((regions) => {
    const sizes = regions.flatMap(({ id }) => children.get(id) ?? []);
    return {
      regions,
      width: Math.max(...sizes.map(({ width }) => width)),
      height: sizes.reduce((sum, { height }) => sum + height + GAP, -GAP),
    };
  });
}

/** The regions of a column share what space is left over. */
function fill({ regions, height }: Column, room: Rectangle, drawing: Drawing): void {
  const spare = (room.height - height) / regions.length;
  let y = room.y;
  for (const region of regions) {
    const laid = drawing.container.children.get(region.id);
    if (laid === undefined) continue;
    const box = {
      x: Math.round(room.x),
      y: Math.round(y),
      width: Math.round(room.width),
      height: Math.round(laid.height + spare),
    };
    drawing.boxes.set(region.id, box);
    const at = { x: box.x + Math.round((room.width - laid.width) / 2), y: box.y };
    merge(drawing, laid, at);
    leadOut(region, laid, at, drawing);
    y += laid.height + spare + GAP;
  }
}

function leadOut(region: Block, laid: Laid, at: Point, drawing: Drawing): void {
  const { block, parts, ports } = drawing.container;
  for (const { id, source, target } of parts) {
    if (source.owner !== region.id && target.owner !== region.id) continue;
    const [own, outer] = source.owner === region.id ? [source, target] : [target, source];
    const inside = laid.ports.get(own.port);
    const port = ports.find((candidate) => candidate.id === outer.port);
    if (inside === undefined || port?.owner !== block.id) continue;
    const from = add(inside, at);
    const way = wayOut(port, from, drawing.size);
    drawing.ports.set(port.id, way.at(-1) ?? from);
    drawing.lines.set(id, own === source ? way : [...way].reverse());
  }
}

/** Straight on; upwards along the right border, beside the heading. */
function wayOut({ side }: Port, from: Point, { width, height }: Size): readonly Point[] {
  if (side === 'WEST') return [from, { x: 0, y: from.y }];
  if (side === 'EAST') return [from, { x: width, y: from.y }];
  if (side === 'SOUTH') return [from, { x: from.x, y: height }];
  const beside = width - BORDER / 2;
  return [from, { x: beside, y: from.y }, { x: beside, y: 0 }];
}
