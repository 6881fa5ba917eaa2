/** Where the members stand: on a ring, the first at the top, as in RaftScope. */

export interface Place {
  readonly x: number;
  readonly y: number;
}

export interface Ring {
  readonly width: number;
  readonly height: number;
  readonly radius: number;
  readonly places: ReadonlyMap<string, Place>;
}

const WIDTH = 440;
/** More members are drawn smaller. */
export const ROOMY_MAX = 5;

export function ringOf(nodes: readonly string[]): Ring {
  const many = nodes.length > ROOMY_MAX;
  const radius = many ? 38 : 46;
  const spread = nodes.length === 1 ? 0 : many ? 145 : 130;
  const room = radius + 22;
  const turn = (2 * Math.PI) / Math.max(1, nodes.length);
  const ys = nodes.map((_, at) => -spread * Math.cos(turn * at));
  const [top, bottom] = [Math.min(0, ...ys), Math.max(0, ...ys)];
  const places = nodes.map((id, at) => {
    const place = {
      x: WIDTH / 2 + spread * Math.sin(turn * at) * 1.15,
      y: room - top + (ys[at] ?? 0),
    };
    return [id, place] as const;
  });
  return { width: WIDTH, height: bottom - top + 2 * room, radius, places: new Map(places) };
}

/** Between two members, from rim to rim, a little to the right of the straight line: the way back has its own. */
export function wayBetween(from: Place, to: Place, radius: number): readonly [Place, Place] {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy) || 1;
  const [ux, uy] = [dx / length, dy / length];
  const gap = radius + 9;
  const aside = 6;
  const shift = (place: Place, along: number): Place => ({
    x: place.x + ux * along - uy * aside,
    y: place.y + uy * along + ux * aside,
  });
  return [shift(from, gap), shift(to, -gap)];
}

/** Clockwise from the top, for a part from 0 to 1 of the whole circle. */
export function arcPath({ x, y }: Place, radius: number, part: number): string {
  const angle = 2 * Math.PI * Math.min(0.9999, Math.max(0, part));
  const [endX, endY] = [x + radius * Math.sin(angle), y - radius * Math.cos(angle)];
  const isLong = part > 0.5 ? 1 : 0;
  return `M${x} ${y - radius}A${radius} ${radius} 0 ${isLong} 1 ${endX.toFixed(2)} ${endY.toFixed(2)}`;
}
