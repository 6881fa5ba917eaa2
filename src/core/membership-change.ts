/** A change of membership as someone asks for it: what shall be so when it is done. */
import type { PerMember } from './per-member.ts';
import type { NodeId } from './types.ts';

export interface MembershipChange {
  /** New members with their addresses, as learners at first; for one that is a member already, its new address. */
  readonly add: PerMember<string>;
  /** Learners, of those added too, that shall vote once they have caught up. */
  readonly promote: readonly NodeId[];
  readonly remove: readonly NodeId[];
}
