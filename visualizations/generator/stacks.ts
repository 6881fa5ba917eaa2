/**
 * Stacks boxes on top of each other. Arrows between neighbours run straight down or up, each with its label in a
 * lane of its own; arrows to the outside run straight to the left or right border.
 */
import { type Block, DOT_SIZE } from './blocks.ts';
import { type Container, labelSize } from './containers.ts';
import { add, type Laid, merge, type Point, type Rectangle, type Size } from './geometry.ts';
import { type Drawing, drawLanes, gapFor, lanesBetween, RUN, widthOfLanes } from './lanes.ts';
import { inOrder, onBorder } from './ports.ts';
import type { End, Part } from './routes.ts';

const LOOP = { reach: 14, height: 22, fromBottom: 12 } as const;
const DOT_X = 26;

/** False where an arrow would have to pass a box, or leaves up or down: then the kernel has to help. */
export function isStackable({ block, parts, ports }: Container): boolean {
  const members = block.children.filter(({ kind }) => kind !== 'dot').map(({ id }) => id);
  const dots = block.children.filter(({ kind }) => kind === 'dot').map(({ id }) => id);
  return parts.every(({ source, target }) => {
    if (dots.includes(source.owner)) return isFreeAbove(target.owner, { members, parts });
    const outer = [source, target].find(({ owner }) => owner === block.id);
    if (outer === undefined) {
      const steps = members.indexOf(target.owner) - members.indexOf(source.owner);
      return steps === 0 || steps === 1;
    }
    const inner = outer === source ? target.owner : source.owner;
    const side = ports.find(({ id }) => id === outer.port)?.side;
    if (side === 'NORTH') return inner === members[0];
    return side !== 'SOUTH' || inner === members.at(-1);
  });
}

/** A dot stands above its state, where no arrow comes down from the one before. */
function isFreeAbove(
  id: string,
  { members, parts }: { readonly members: readonly string[]; readonly parts: readonly Part[] },
): boolean {
  const above = members[members.indexOf(id) - 1];
  return parts.every(({ source, target }) => source.owner !== above || target.owner !== id);
}

export function layOutStack(container: Container): Laid {
  const members = container.block.children.filter(({ kind }) => kind !== 'dot');
  const leaves = members.filter(({ children }) => children.length === 0);
  const leafWidth = Math.max(
    ...leaves.map((member) => sizeOf(member, container).width),
    ...members.map((member, at) => widthOfLanes(lanesBetween(members[at - 1], member, container))),
  );
  const drawing: Drawing = {
    container,
    leafWidth,
    width: Math.max(leafWidth, ...members.map((member) => sizeOf(member, container).width)),
    boxes: new Map(),
    lines: new Map(),
    labels: new Map(),
  };
  let y = 0;
  for (const [at, member] of members.entries()) {
    const above = members[at - 1];
    const lanes = lanesBetween(above, member, container);
    if (above !== undefined) y += gapFor(lanes);
    y += putDot(member, y, drawing);
    y += putTopLoop(member, y, drawing);
    y += putMember(member, y, drawing);
    if (above !== undefined) drawLanes(lanes, above, member, drawing);
  }
  const right = Math.max(
    drawing.width,
    ...[...drawing.labels.values()].map((label) => label.x + label.width),
  );
  const size = { width: right, height: y };
  const ports = leadOut(drawing, size);
  return { ...size, ports, boxes: drawing.boxes, lines: drawing.lines, labels: drawing.labels };
}

function sizeOf({ id, text }: Block, { children }: Container): Size {
  const { width, height } = children.get(id) ?? text ?? { width: 0, height: 0 };
  return { width, height };
}

function putDot(member: Block, y: number, drawing: Drawing): number {
  const { container, boxes, lines } = drawing;
  const dots = container.block.children.filter(({ kind }) => kind === 'dot').map(({ id }) => id);
  const part = container.parts.find(
    ({ source, target }) => dots.includes(source.owner) && target.owner === member.id,
  );
  if (part === undefined) return 0;
  const left = placeOf(member, drawing).x + DOT_X;
  boxes.set(part.source.owner, { x: left, y, width: DOT_SIZE, height: DOT_SIZE });
  const x = left + DOT_SIZE / 2;
  lines.set(part.id, [
    { x, y: y + DOT_SIZE },
    { x, y: y + DOT_SIZE + RUN },
  ]);
  return DOT_SIZE + RUN;
}

/** A box leads back to itself over its top, where nothing else is. */
function topLoopOf(member: Block, { parts, ports }: Container): Part | undefined {
  const isBusy = ports.some(
    ({ owner, side, isLoop }) => owner === member.id && side === 'NORTH' && !isLoop,
  );
  if (isBusy) return undefined;
  return parts.find(
    ({ source, target }) => source.owner === member.id && target.owner === member.id,
  );
}

function putTopLoop(
  member: Block,
  y: number,
  { container, width, lines, labels }: Drawing,
): number {
  const part = topLoopOf(member, container);
  if (part === undefined) return 0;
  const size = labelSize(part.label);
  const top = y + size.height + 4;
  const foot = top + LOOP.reach;
  const [left, right] = [Math.round(width / 2) - 26, Math.round(width / 2) + 26];
  lines.set(part.id, [
    { x: left, y: foot },
    { x: left, y: top },
    { x: right, y: top },
    { x: right, y: foot },
  ]);
  labels.set(part.id, { x: Math.round((width - size.width) / 2), y, ...size });
  return foot - y;
}

function putMember(member: Block, y: number, drawing: Drawing): number {
  const { container, boxes } = drawing;
  const box = { ...placeOf(member, drawing), y };
  boxes.set(member.id, box);
  const laid = container.children.get(member.id);
  if (laid !== undefined) merge(drawing, laid, box);
  for (const part of container.parts) {
    const isLoop = part.source.owner === member.id && part.target.owner === member.id;
    if (isLoop && part !== topLoopOf(member, container)) loop(part, box, drawing);
  }
  return box.height;
}

/** In the middle, all leaves equally wide. */
function placeOf(member: Block, { container, leafWidth, width }: Drawing): Rectangle {
  const size = sizeOf(member, container);
  const own = member.children.length === 0 ? leafWidth : size.width;
  return { x: Math.round((width - own) / 2), y: 0, width: own, height: size.height };
}

function loop({ id, label }: Part, box: Rectangle, { lines, labels }: Drawing): void {
  const right = box.x + box.width;
  const bottom = box.y + box.height - LOOP.fromBottom;
  const top = bottom - LOOP.height;
  const out = right + LOOP.reach;
  lines.set(id, [
    { x: right, y: bottom },
    { x: out, y: bottom },
    { x: out, y: top },
    { x: right, y: top },
  ]);
  const { width, height } = labelSize(label);
  labels.set(id, { x: out + 4, y: Math.round((top + bottom - height) / 2), width, height });
}

function leadOut(drawing: Drawing, size: Size): ReadonlyMap<string, Point> {
  const { container, lines } = drawing;
  const places = new Map<string, Point>();
  for (const { id, source, target } of container.parts) {
    const isOutward = target.owner === container.block.id;
    if (!isOutward && source.owner !== container.block.id) continue;
    const [own, outer] = isOutward ? [source, target] : [target, source];
    const from = portOf(own, drawing);
    const side = container.ports.find((port) => port.id === outer.port)?.side ?? 'EAST';
    const isAcross = side === 'EAST' || side === 'WEST';
    const to = onBorder(side, isAcross ? from.y : from.x, size);
    places.set(outer.port, to);
    lines.set(id, isOutward ? [from, to] : [to, from]);
  }
  return places;
}

/** A container has its ports in place; those of a leaf are spread over its side. */
function portOf({ owner, port }: End, { container, boxes }: Drawing): Point {
  const box = boxes.get(owner) ?? { x: 0, y: 0, width: 0, height: 0 };
  const inside = container.children.get(owner)?.ports.get(port);
  if (inside !== undefined) return add(inside, box);
  const loops = container.parts.filter(
    ({ source, target }) => source.owner === target.owner && source.owner === owner,
  );
  const own = container.ports.find(({ id }) => id === port);
  const beside = inOrder(
    container.ports.filter(
      (other) => other.owner === owner && other.side === own?.side && !other.isLoop,
    ),
    container.order,
  );
  const place = (beside.findIndex(({ id }) => id === port) + 1) / (beside.length + 1);
  if (own?.side === 'NORTH' || own?.side === 'SOUTH') {
    return add(box, onBorder(own.side, box.width * place, box));
  }
  const hasLoop = own?.side === 'EAST' && loops.length > 0;
  const height = hasLoop ? box.height - LOOP.height - LOOP.fromBottom : box.height;
  return add(box, onBorder(own?.side ?? 'EAST', height * place, box));
}
