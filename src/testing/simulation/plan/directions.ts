/** From whom to whom: a link between two members has two of them, and each may fail by itself. */
import type { NodeId } from '../../../core/types.ts';

export interface Direction {
  readonly from: NodeId;
  readonly to: NodeId;
}

/** All among these members. */
export function directionsOf(members: readonly NodeId[]): readonly Direction[] {
  return members.flatMap((from) => members.filter((to) => to !== from).map((to) => ({ from, to })));
}
