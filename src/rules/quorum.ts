/**
 * Majorities. While a change of membership is under way the configuration is joint, and everything
 * that needs a quorum needs a majority of both halves (EL5, CM1, §4.3).
 */
import type { Configuration } from '../core/configuration.ts';
import { type Index, lesser, type NodeId } from '../core/types.ts';

export function majority(size: number): number {
  return Math.floor(size / 2) + 1;
}

/** EL5: true if `supporters` hold a majority of each half. Others than voters do not count. */
export function isQuorum(configuration: Configuration, supporters: readonly NodeId[]): boolean {
  return halves(configuration).every(
    (voters) => voters.filter((id) => supporters.includes(id)).length >= majority(voters.length),
  );
}

/** CM1: the largest index that a quorum holds, given the last index that each member holds. */
export function quorumIndex(
  configuration: Configuration,
  heldThrough: (id: NodeId) => Index,
): Index {
  const held = halves(configuration).map((voters) => majorityIndex(voters, heldThrough));
  return held.reduce((left, right) => lesser(left, right));
}

function majorityIndex(voters: readonly NodeId[], heldThrough: (id: NodeId) => Index): Index {
  const descending = voters.map(heldThrough).sort((left, right) => right - left);
  return descending[majority(voters.length) - 1] as Index;
}

/** The voters, and while a change is under way those of before as well. */
export function halves({ voters, votersOutgoing }: Configuration): readonly (readonly NodeId[])[] {
  return votersOutgoing.length === 0 ? [voters] : [voters, votersOutgoing];
}
