/**
 * Who takes part. The shape is that of joint consensus (§4.3) from the first day, so that membership
 * changes need no new log format: outside a change `votersOutgoing` and `learnersNext` are empty.
 */
import type { NodeId } from './types.ts';

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

export function isVoter(configuration: Configuration, id: NodeId): boolean {
  return configuration.voters.includes(id) || configuration.votersOutgoing.includes(id);
}
