/**
 * Who a node is, beyond its name. A name can be given to an empty disk, to a copy, or to a restored
 * backup; each of them has forgotten votes or entries it once acknowledged (A8–A10, G12). So a data
 * directory is an incarnation, every start of a process is a boot with a word of its own, peers remember
 * on disk the newest boot that they accepted, and a node those of its boots that a peer may remember.
 */
import { CLUSTER_ID_LENGTH_MAX } from './limits.ts';
import type { NodeId } from './types.ts';

/** Printable and bounded, since it ends up in log lines: clusters are named by people. */
const CLUSTER_ID = new RegExp(`^[\\p{L}\\p{N}\\p{P}\\p{S} ]{1,${CLUSTER_ID_LENGTH_MAX}}$`, 'u');

export function isClusterId(value: unknown): value is string {
  return typeof value === 'string' && CLUSTER_ID.test(value);
}

export interface NodeIdentity {
  readonly clusterId: string;
  readonly nodeId: NodeId;
  /** Random, made when the data directory is created. */
  readonly incarnation: string;
  /** How often this data directory was started; 1 the first time. */
  readonly boots: number;
  /**
   * Random words of starts, oldest first, the present one last; at most `LINEAGE_MAX`. In a hello they are those by
   * which its receiver may know this directory (ID6).
   */
  readonly lineage: readonly string[];
}

/** A start of a peer, as its hello proved it. */
export interface PeerBoot {
  readonly incarnation: string;
  readonly boots: number;
  readonly word: string;
}

/** What a node has on disk about a peer. */
export interface KnownPeer {
  readonly nodeId: NodeId;
  /** The newest start of the peer that was accepted here; `null`: none was. */
  readonly met: PeerBoot | null;
  /**
   * Words of this node's own starts that the peer may have accepted as the newest, oldest first (ID6); `null`: it was
   * met before such notes were kept, and may know any start of the lineage.
   */
  readonly shown: readonly string[] | null;
  /**
   * For how long the peer, where it leads, was told that this node stays loyal to it, in milliseconds (RD7); 0: it was told
   * nothing of the kind. A later start keeps that promise, whatever it makes of leases itself.
   */
  readonly loyalMs: number;
}
