/**
 * Who may use how many of the file descriptors that the system gives the process (SP2). Sockets are the only
 * thing that strangers can make us open, and LevelDB stops the node when it cannot open a file: so the disk
 * takes its share first, then the peers, and clients get what is left. Pure arithmetic; the composition root
 * finds out the limit and hands each adapter its share.
 */

export interface DescriptorShares {
  /** For LevelDB and the files beside it: never lent to a socket. */
  readonly disk: number;
  /** Connections on the peer port, with those that this node dials. */
  readonly peers: number;
  /** Connections on the client port, of every kind. */
  readonly clients: number;
}

/** Standard streams, the event loop's own, listening sockets, signals, what the program reads now and then. */
const OWN = 32;
/** LevelDB maps its tables and holds few open: its log, its manifest, the tables that a compaction reads. */
const DISK_MIN = 64;
const DISK_MAX = 1_000;
const PEERS_MIN = 32;
const PEERS_MAX = 256;
/** Bound: more clients than this have no use of one node. */
const CLIENTS_MAX = 10_000;
/** A server for fewer clients is none. */
const CLIENTS_MIN = 16;

/** Below this no node can be served. */
export const DESCRIPTORS_MIN: number = OWN + DISK_MIN + PEERS_MIN + CLIENTS_MIN;

/** `null`: the limit is too low to serve anybody without risking the disk. */
export function descriptorShares(limit: number): DescriptorShares | null {
  if (limit < DESCRIPTORS_MIN) return null;
  const disk = between(DISK_MIN, Math.floor(limit / 4), DISK_MAX);
  const peers = between(PEERS_MIN, Math.floor(limit / 16), PEERS_MAX);
  return { disk, peers, clients: Math.min(limit - OWN - disk - peers, CLIENTS_MAX) };
}

function between(min: number, value: number, max: number): number {
  return Math.max(min, Math.min(value, max));
}
