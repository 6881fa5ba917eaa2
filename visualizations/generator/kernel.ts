/**
 * Lays out the children of one container with the Eclipse Layout Kernel: layers, orthogonal lines, labels on the
 * lines. Children that are containers themselves come with their size and with their ports in place.
 */
import elk, { type ElkNode, type ElkPort } from 'elkjs/lib/elk.bundled.js';
import type { Block } from './blocks.ts';
import { type Container, labelSize } from './containers.ts';
import { type Laid, merge, type Point, type Rectangle } from './geometry.ts';
import { placeFloats } from './ports.ts';
import type { TextLine } from './text.ts';

const kernel = new elk.default();

const OPTIONS = {
  'elk.algorithm': 'layered',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.spacing.nodeNode': '28',
  'elk.spacing.nodeSelfLoop': '14',
  'elk.spacing.edgeNode': '18',
  'elk.spacing.edgeEdge': '14',
  'elk.spacing.edgeLabel': '4',
  'elk.spacing.labelLabel': '6',
  'elk.spacing.labelNode': '10',
  'elk.spacing.portPort': '16',
  'elk.layered.spacing.nodeNodeBetweenLayers': '26',
  'elk.layered.spacing.edgeNodeBetweenLayers': '16',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '12',
  'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
  'elk.layered.nodePlacement.favorStraightEdges': 'true',
  'elk.separateConnectedComponents': 'false',
  'elk.portConstraints': 'FIXED_SIDE',
  'elk.nodeSize.constraints': 'MINIMUM_SIZE',
  'elk.contentAlignment': 'H_CENTER V_TOP',
} as const;

export async function layOutContainer(container: Container): Promise<Laid> {
  const { block, direction, parts } = container;
  const text = block.text;
  const [top, side] = text === null ? [0, 0] : [text.height + 14, 18];
  const node: ElkNode = {
    id: block.id,
    layoutOptions: {
      ...OPTIONS,
      'elk.direction': direction,
      'elk.layered.nodePlacement.strategy': container.placement,
      'elk.padding': `[top=${top},left=${side},bottom=${side},right=${side}]`,
      'elk.nodeSize.minimum': `(${text?.width ?? 0}, ${text?.height ?? 0})`,
    },
    ports: portsOf(block.id, container, null).filter(({ id }) => leadsInside(id, container)),
    children: block.children.map((child) => childNode(child, container)),
    edges: parts.map(({ id, source, target, label }) => ({
      id,
      sources: [source.port],
      targets: [target.port],
      labels: label.length === 0 ? [] : [labelBox(label)],
    })),
  };
  const laid = await kernel.layout({
    id: 'page',
    children: [node],
    layoutOptions: { 'elk.algorithm': 'layered' },
  });
  return read(laid.children?.[0] ?? node, container);
}

function childNode(child: Block, container: Container): ElkNode {
  const laid = container.children.get(child.id) ?? null;
  return {
    id: child.id,
    width: laid?.width ?? child.text?.width ?? 0,
    height: laid?.height ?? child.text?.height ?? 0,
    ports: portsOf(child.id, container, laid),
    layoutOptions: { 'elk.portConstraints': child.kind === 'leaf' ? 'FIXED_SIDE' : 'FIXED_POS' },
  };
}

function portsOf(owner: string, { ports }: Container, laid: Laid | null): ElkPort[] {
  return ports
    .filter((port) => port.owner === owner)
    .map(({ id, side }) => ({
      id,
      width: 0,
      height: 0,
      ...laid?.ports.get(id),
      layoutOptions: { 'elk.port.side': side, 'elk.port.borderOffset': '0' },
    }));
}

function leadsInside(id: string, { ports }: Container): boolean {
  return ports.find((port) => port.id === id)?.isCrossed === true;
}

function labelBox(lines: readonly TextLine[]) {
  return {
    text: 'label',
    ...labelSize(lines),
    layoutOptions: { 'elk.edgeLabels.inline': 'true', 'elk.edgeLabels.placement': 'CENTER' },
  };
}

function read(node: ElkNode, container: Container): Laid {
  const boxes = new Map<string, Rectangle>();
  const lines = new Map<string, readonly Point[]>();
  const labels = new Map<string, Rectangle>();
  for (const child of node.children ?? []) {
    const box = rectangle(child);
    boxes.set(child.id, box);
    const laid = container.children.get(child.id);
    if (laid !== undefined) merge({ boxes, lines, labels }, laid, box);
  }
  for (const edge of node.edges ?? []) {
    const [section] = edge.sections ?? [];
    if (section === undefined) continue;
    const { startPoint, bendPoints = [], endPoint } = section;
    lines.set(
      edge.id,
      [startPoint, ...bendPoints, endPoint].map((point) => whole(point)),
    );
    for (const label of edge.labels ?? []) labels.set(edge.id, rectangle(label));
  }
  const fixed = new Map((node.ports ?? []).map((port) => [port.id, whole(port)] as const));
  const size = rectangle(node);
  const own = container.ports.filter(({ owner }) => owner === container.block.id);
  const ports = placeFloats(own, fixed, size, container.order);
  return { ...size, ports, boxes, lines, labels };
}

function rectangle(shape: Partial<Rectangle>): Rectangle {
  return {
    ...whole(shape),
    width: Math.round(shape.width ?? 0),
    height: Math.round(shape.height ?? 0),
  };
}

function whole({ x = 0, y = 0 }: Partial<Point>): Point {
  return { x: Math.round(x), y: Math.round(y) };
}
