/** A change of membership as someone asks for it: what shall be so when it is done, and why it cannot be. */
import type { PerMember } from './per-member.ts';
import type { NodeId } from './types.ts';

export interface MembershipChange {
  /** New members with their addresses, as learners at first; for one that is a member already, its new address. */
  readonly add: PerMember<string>;
  /** Learners, of those added too, that shall vote once they have caught up. */
  readonly promote: readonly NodeId[];
  readonly remove: readonly NodeId[];
}

/** Said to a node that comes with the name of a member which is found at another address than its own (MC15). */
export function takenNameText(id: string, address: string): string {
  return (
    `${id} is a member already and is found elsewhere: give this node a name that nobody had. ` +
    `If it is that member, which has moved: raftchart member add ${id} ${address}, and start it again`
  );
}
