/**
 * Whom to believe (A8–A11, G12). A name proves nothing: an emptied disk, a copied or restored directory and a
 * second process all know it. What a peer says counts only if its directory is the one met
 * before, and no older than it was then: it must name the very start that was accepted last.
 */

import { type Hello, OLDEST_PROTOCOL_VERSION, PROTOCOL_VERSION } from '../core/hello.ts';
import type { NodeIdentity, PeerBoot } from '../core/identity.ts';
import { LINEAGE_MAX, MEMBERS_MAX } from '../core/limits.ts';
import type { Index, NodeId } from '../core/types.ts';

interface HelloContext {
  readonly own: NodeIdentity;
  /** The members of the configuration in force. */
  readonly members: readonly NodeId[];
  /** Former members. */
  readonly removed: readonly NodeId[];
  /** UP5: the newest version of the state machine that a committed command has needed. */
  readonly machineInUse: number;
  /** Who was believed since the start for a newer configuration, and is no member of this node's yet. */
  readonly newcomers: readonly NodeId[];
  /** Where that configuration stands in the log. */
  readonly configurationIndex: Index;
  /** The start of the peer that was accepted last; `null`: none was. */
  readonly met: PeerBoot | null;
  /** The boot of the peer's process that has a live connection at this moment; null if none has. */
  readonly connectedBoot: string | null;
}

type Verdict =
  | { readonly type: 'accept' }
  /** Accept once this is on disk (ID1). */
  | { readonly type: 'remember'; readonly met: PeerBoot }
  | Refusal;

export interface Refusal {
  readonly type: 'refuse';
  /** What the peer is told. It tells nothing of this node to whoever does not know it already (ID9). */
  readonly said: string;
  /** The same for this node's own operator, with all that is known. */
  readonly reason: string;
}

export function judgeHello(
  context: HelloContext,
  { protocolVersion, machineVersion, identity, to, configurationIndex }: Hello,
): Verdict {
  const { own, members, met, connectedBoot } = context;
  const name = identity.nodeId;
  if (protocolVersion < OLDEST_PROTOCOL_VERSION || protocolVersion > PROTOCOL_VERSION) {
    return refuse(
      `this node speaks protocol ${OLDEST_PROTOCOL_VERSION} to ${PROTOCOL_VERSION}, not ${protocolVersion}: run the same version on both`,
    );
  }
  if (identity.clusterId !== own.clusterId) {
    return {
      type: 'refuse',
      said: 'wrong cluster: check the addresses and the --peers of both nodes',
      reason: `${name} belongs to cluster ${identity.clusterId}, not ${own.clusterId}: check the addresses and the --peers of both nodes`,
    };
  }
  // MC11: whose configuration is newer may be a member that this node has yet to hear of (§4.1).
  if (!members.includes(name) && configurationIndex <= context.configurationIndex) {
    return refuse(noMember(name, context.removed));
  }
  if (!members.includes(name) && isOneTooMany(context.newcomers, name)) {
    return refuse(
      'more nodes than a cluster has call here that are no members yet: try again later',
    );
  }
  if (to !== own.nodeId) {
    return {
      type: 'refuse',
      said: `another node than ${to} listens here: check the address of ${to}`,
      reason: `${name} takes this node for ${to}: check the address that it has for ${to}`,
    };
  }
  if (name === own.nodeId)
    return refuse(`${name} cannot connect to itself: two nodes run under one --id`);
  if (machineVersion < context.machineInUse) {
    return refuse(
      `${name} knows version ${machineVersion} of the state machine, and the log of this cluster needs ${context.machineInUse}: start ${name} with the build that it had, or a later one`,
    );
  }
  const boot = newestBoot(identity);
  if (connectedBoot !== null && connectedBoot !== boot.word) {
    return refuse(`another process is connected as ${name}: stop one of the two`);
  }
  return judgeDirectory(name, met, { boot, lineage: identity.lineage });
}

/** MC11: a newer configuration has so many members at most, and no more are remembered and called. */
function isOneTooMany(newcomers: readonly NodeId[], name: NodeId): boolean {
  return newcomers.length >= MEMBERS_MAX && !newcomers.includes(name);
}

function noMember(name: NodeId, removed: readonly NodeId[]): string {
  return removed.includes(name)
    ? `${removalOf(name)}: stop it; a node with an empty data directory may join under another name (raftchart serve --join)`
    : `${name} is not a member of this cluster`;
}

/**
 * MC11: whether a refusal says for good that this very node was removed. Safety: nobody says so before the configuration
 * without it is committed, since until then the one before may count again, and names it; and no name is used again. The
 * words themselves tell it, since a refusal is the same in every protocol version.
 */
export function saysRemoved(name: NodeId, refusal: string): boolean {
  return refusal.startsWith(`${removalOf(name)}:`);
}

function removalOf(name: NodeId): string {
  return `${name} was removed from this cluster`;
}

/** ID1–ID4: the same directory as before, and not an older state of it. */
function judgeDirectory(
  name: NodeId,
  met: PeerBoot | null,
  { boot, lineage }: { readonly boot: PeerBoot; readonly lineage: readonly string[] },
): Verdict {
  if (met === null) return { type: 'remember', met: boot };
  if (met.incarnation !== boot.incarnation) {
    return refuse(
      `${name} comes with another data directory than before and may have forgotten votes and entries: ` +
        replaced(name, 'put the old directory back'),
    );
  }
  if (met.word === boot.word) return { type: 'accept' };
  if (boot.boots > met.boots && lineage.includes(met.word)) return { type: 'remember', met: boot };
  return refuse(
    `${name} runs from an older copy of its data directory and may have forgotten votes and entries: ` +
      replaced(name, 'put the newest directory back'),
  );
}

/** A name is never given to another directory (A9): whoever has lost its own comes back as another member. */
function replaced(name: NodeId, repair: string): string {
  return (
    `${repair}; or stop it, remove it (raftchart member remove ${name}), and start a node with another name and an ` +
    'empty directory that joins (raftchart serve --join)'
  );
}

/** The start of which a hello speaks. */
export function newestBoot({ incarnation, boots, lineage }: NodeIdentity): PeerBoot {
  return { incarnation, boots, word: lineage.at(-1) ?? '' };
}

/**
 * ID6: the starts that a peer may have accepted, once it is shown the present one. `shown` is what it was shown
 * before; `null`: nothing is noted about it, and it may know any start of the lineage.
 */
export function shownAfter(own: NodeIdentity, shown: readonly string[] | null): readonly string[] {
  const present = newestBoot(own).word;
  const before = (shown ?? own.lineage).filter((word) => word !== present);
  const [first, ...later] = before;
  if (first === undefined) return [present];
  return [first, ...later.slice(Math.max(0, before.length - LINEAGE_MAX + 1)), present];
}

/** ID6: what is left of them once the peer has answered. */
export function shownWhenAnswered(own: NodeIdentity): readonly string[] {
  return [newestBoot(own).word];
}

function refuse(reason: string): Refusal {
  return { type: 'refuse', said: reason, reason };
}
