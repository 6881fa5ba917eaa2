/** Where a chart stands, as a path below its root. */
import type { AnyMachineSnapshot, AnyStateNode } from 'xstate';

const PLACES = new WeakMap<readonly AnyStateNode[], string>();

/** Its innermost active states: `follower.loyal`; those of regions are joined by a space. */
export function placeOf({ _nodes: nodes }: AnyMachineSnapshot): string {
  const known = PLACES.get(nodes);
  if (known !== undefined) return known;
  const innermost = nodes.filter(({ type }) => type === 'atomic' || type === 'final');
  const place = innermost
    .sort((one, other) => one.order - other.order)
    .map(({ path }) => path.join('.'))
    .join(' ');
  PLACES.set(nodes, place);
  return place;
}
