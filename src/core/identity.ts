/**
 * Who a node is, beyond its name. A name can be given to an empty disk, to a copy, or to a restored
 * backup; each of them has forgotten votes or entries it once acknowledged (A8–A10, G12). So a data
 * directory is an incarnation, every start of a process adds one boot to its lineage, and peers
 * remember on disk the newest boot they have met.
 */
import type { NodeId } from './types.ts';

export interface NodeIdentity {
  readonly clusterId: string;
  readonly nodeId: NodeId;
  /** Random, made when the data directory is created. */
  readonly incarnation: string;
  /** How often this data directory was started; 1 the first time. */
  readonly boots: number;
  /** One random word for each of the last starts, the present one last; at most `LINEAGE_MAX`. */
  readonly lineage: readonly string[];
}

/** What a node has on disk about a peer: the boot it met last. */
export interface KnownPeer {
  readonly nodeId: NodeId;
  readonly incarnation: string;
  readonly boots: number;
  readonly boot: string;
}

/** Bound: older boots are forgotten; a peer away for more restarts than this is judged by count alone. */
export const LINEAGE_MAX = 256;
