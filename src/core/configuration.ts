/**
 * Who takes part. The shape is that of joint consensus (§4.3) from the first day, so that membership
 * changes need no new log format: outside a change `votersOutgoing` and `learnersNext` are empty.
 */
import type { PerMember } from './per-member.ts';
import type { Index, NodeId } from './types.ts';

export interface Configuration {
  /** Elect and commit by majority of this set. Sorted, without repetition. */
  readonly voters: readonly NodeId[];
  /** While joint: the old voters, whose majority is needed as well. */
  readonly votersOutgoing: readonly NodeId[];
  /** Receive the log; never count in a quorum. */
  readonly learners: readonly NodeId[];
  /** Outgoing voters that become learners when the joint configuration is left. */
  readonly learnersNext: readonly NodeId[];
}

export function staticConfiguration(voters: readonly NodeId[]): Configuration {
  return {
    voters: [...new Set(voters)].sort(),
    votersOutgoing: [],
    learners: [],
    learnersNext: [],
  };
}

/** Everyone the configuration names, sorted, each once. */
export function members(configuration: Configuration): readonly NodeId[] {
  const { voters, votersOutgoing, learners, learnersNext } = configuration;
  return [...new Set([...voters, ...votersOutgoing, ...learners, ...learnersNext])].sort();
}

export function isMember(configuration: Configuration, id: NodeId): boolean {
  const { learners, learnersNext } = configuration;
  return isVoter(configuration, id) || learners.includes(id) || learnersNext.includes(id);
}

export function isVoter(configuration: Configuration, id: NodeId): boolean {
  return configuration.voters.includes(id) || configuration.votersOutgoing.includes(id);
}

/** What one entry of the log says of the members. */
export interface Membership {
  readonly configuration: Configuration;
  /** Where to find them, as hints: ids decide. Members whose address nobody told are left out. */
  readonly addresses: PerMember<string>;
  /** Were members once, the latest last. A name is not used again: whoever comes with it has forgotten what it promised (A9). */
  readonly removed: readonly NodeId[];
}

/** The same with its place in the log: of its entry, or of the log's base. */
export interface MembershipAt extends Membership {
  readonly index: Index;
}

/** What holds before the first entry that says otherwise. */
export function foundingMembership(configuration: Configuration, index: Index): MembershipAt {
  return { index, configuration, addresses: {}, removed: [] };
}

/** While a change is under way that needs the majorities of both the old and the new voters (§4.3). */
export function isJoint({ votersOutgoing }: Configuration): boolean {
  return votersOutgoing.length > 0;
}
