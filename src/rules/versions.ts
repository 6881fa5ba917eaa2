/**
 * What may be put into the log while members of several versions run (UP2): only what all of them know, whether they vote
 * or learn, by every configuration that counts or may count again. Who has said nothing counts as the lowest. What stands
 * in the log already is known to whoever can follow it at all, and so it needs nobody's word any more (UP5).
 */
import type { NodeId } from '../core/types.ts';
import { LOWEST_VERSIONS, type Versions } from '../core/versions.ts';

export interface VersionsAbout {
  readonly id: NodeId;
  readonly own: Versions;
  /** Everyone by a configuration that counts or may count again. */
  readonly members: readonly NodeId[];
  /** What others said last. */
  readonly said: ReadonlyMap<NodeId, Versions>;
  /** The newest machine version that a committed command has needed. */
  readonly inUse: number;
}

/** Who does not know what is needed, as far as this member can tell. */
export interface Lacking {
  readonly id: NodeId;
  /** `null`: it has not said what it knows. */
  readonly knows: Versions | null;
}

/** What every member knows, this one at least. */
export function lowestVersions({ id, own, members, said }: VersionsAbout): Versions {
  const others = members.filter((member) => member !== id);
  const all = [own, ...others.map((member) => said.get(member) ?? LOWEST_VERSIONS)];
  return {
    protocol: Math.min(...all.map(({ protocol }) => protocol)),
    machine: Math.min(...all.map(({ machine }) => machine)),
  };
}

/** Nobody need be asked: who knows less is not spoken with. */
export function isKnownToAll(needed: Versions): boolean {
  return knows(LOWEST_VERSIONS, needed);
}

/** `null`: what needs these versions may be proposed. */
export function whoLacks(needed: Versions, about: VersionsAbout): Lacking | null {
  const { id, own, members, said, inUse } = about;
  if (!knows(own, needed)) return { id, knows: own };
  const open = { ...needed, machine: needed.machine <= inUse ? 0 : needed.machine };
  for (const member of members) {
    const known = said.get(member) ?? null;
    if (member !== id && !knows(known ?? LOWEST_VERSIONS, open))
      return { id: member, knows: known };
  }
  return null;
}

function knows(known: Versions, needed: Versions): boolean {
  return known.protocol >= needed.protocol && known.machine >= needed.machine;
}
