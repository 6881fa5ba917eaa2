/**
 * Whom to believe (A8–A11, G12). A name proves nothing: an emptied disk, a copied or restored directory and a
 * second process all know it. What a peer says counts only if its directory is the one met
 * before, and no older than it was then.
 */
import { type Hello, PROTOCOL_VERSION } from '../core/hello.ts';
import type { KnownPeer, NodeIdentity } from '../core/identity.ts';
import type { NodeId } from '../core/types.ts';

export interface HelloContext {
  readonly own: NodeIdentity;
  /** The members of the configuration in force. */
  readonly members: readonly NodeId[];
  /** What is on disk about the peer; null if it was never met. */
  readonly known: KnownPeer | null;
  /** The boot of the peer's process that has a live connection at this moment; null if none has. */
  readonly connectedBoot: string | null;
}

export type Verdict =
  | { readonly type: 'accept' }
  /** Accept once this is on disk (ID1). */
  | { readonly type: 'remember'; readonly peer: KnownPeer }
  | { readonly type: 'refuse'; readonly reason: string };

export function judgeHello(
  context: HelloContext,
  { protocolVersion, identity, to }: Hello,
): Verdict {
  const { own, members, known, connectedBoot } = context;
  const name = identity.nodeId;
  if (protocolVersion !== PROTOCOL_VERSION) {
    return refuse(
      `${own.nodeId} speaks protocol ${PROTOCOL_VERSION}, not ${protocolVersion}: run the same version on both`,
    );
  }
  if (identity.clusterId !== own.clusterId) {
    return refuse(
      `${own.nodeId} belongs to cluster ${own.clusterId}, not ${identity.clusterId}: check the addresses and the --peers of both nodes`,
    );
  }
  if (to !== own.nodeId)
    return refuse(`this is ${own.nodeId}, not ${to}: check the address of ${to}`);
  if (name === own.nodeId)
    return refuse(`${name} cannot connect to itself: two nodes run under one --id`);
  if (!members.includes(name)) return refuse(`${name} is not a member of this cluster`);
  const boot = identity.lineage.at(-1) ?? '';
  if (connectedBoot !== null && connectedBoot !== boot) {
    return refuse(`another process is connected as ${name}: stop one of the two`);
  }
  return judgeDirectory(known, identity, boot);
}

/** ID1–ID4: the same directory as before, and not an older state of it. */
function judgeDirectory(known: KnownPeer | null, identity: NodeIdentity, boot: string): Verdict {
  const { nodeId, incarnation, boots, lineage } = identity;
  const peer: KnownPeer = { nodeId, incarnation, boots, boot };
  if (known === null) return { type: 'remember', peer };
  if (known.incarnation !== incarnation) {
    return refuse(
      `${nodeId} comes with another data directory than before and may have forgotten votes and entries: ` +
        `put the old directory back, or leave ${nodeId} stopped: a member cannot be replaced yet`,
    );
  }
  if (known.boot === boot) return { type: 'accept' };
  const isOutOfSight = boots - lineage.length >= known.boots;
  if (boots > known.boots && (lineage.includes(known.boot) || isOutOfSight)) {
    return { type: 'remember', peer };
  }
  return refuse(
    `${nodeId} runs from an older copy of its data directory and may have forgotten votes and entries: ` +
      `put the newest directory back, or leave ${nodeId} stopped: a member cannot be replaced yet`,
  );
}

function refuse(reason: string): Verdict {
  return { type: 'refuse', reason };
}
