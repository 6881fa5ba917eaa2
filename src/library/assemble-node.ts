/**
 * Puts a member together for a running program, in one place for the library and the server: which cluster it belongs
 * to, LevelDB in its data directory, WebSockets to its peers, real time.
 */

import { crc32 } from 'node:zlib';
import { sumWith } from '../core/bytes/checksum.ts';
import type { Limits } from '../core/limits.ts';
import type { RaftTiming } from '../core/raft-state.ts';
import {
  DEFAULT_SNAPSHOT_THRESHOLDS,
  type SnapshotThresholds,
} from '../core/snapshot-thresholds.ts';
import type { NodeId } from '../core/types.ts';
import { startRaftNode } from '../node/raft-node.ts';
import { systemClock, systemRandom } from '../node/system-clock.ts';
import type { LogStore } from '../ports/log-store.ts';
import type { Replica } from '../ports/replica.ts';
import type { StateMachine } from '../ports/state-machine.ts';
import type { TlsSource } from '../ports/tls.ts';
import type { Transport } from '../ports/transport.ts';
import { levelLogStore } from '../storage/disk-log-store.ts';
import { MemoryNetwork } from '../transport/memory-network.ts';
import { memoryTransport } from '../transport/memory-transport.ts';
import type { PeerTls } from '../transport/tls-peer.ts';
import type { ClientUrls } from '../transport/told-url.ts';
import { webSocketTransport } from '../transport/ws-transport.ts';
import { clusterIdOf } from './cluster-identity.ts';
import type { DescriptorShares } from './descriptor-limits.ts';

interface MemberParts {
  readonly id: NodeId;
  /** Peer addresses by id, this node's own included. */
  readonly members: Readonly<Record<string, string>>;
  /** It is no member yet, and `members` only tells addresses. */
  readonly isJoining?: boolean;
  /** Where members were at the founding. */
  readonly founders?: Readonly<Record<string, string>>;
  readonly machine: StateMachine;
  readonly timing: RaftTiming;
  /** On all members or on none (§6.4.1). */
  readonly leaseReads?: boolean;
  readonly limits: Limits;
  /** Those not given are the usual ones. */
  readonly snapshots?: Partial<SnapshotThresholds>;
  /** Not given: as the data directory has it, or of the founding members. */
  readonly clusterId?: string;
  /** One of these two; a store beside its directory is the one that lies there. */
  readonly dataDir?: string;
  readonly store?: LogStore;
  /** Where to listen for peers, `host:port`; by default the node's own address among the members. */
  readonly listen?: string;
  /** Between members; without it in the open. */
  readonly tls?: PeerTls | TlsSource;
  /** What members prove to each other. */
  readonly clusterSecret?: string;
  /** Where members serve their clients; not given: it tells nobody, and does not listen to that. */
  readonly clientUrls?: ClientUrls;
  /** Instead of WebSockets. */
  readonly transport?: Transport;
  /** Of the file descriptors that this process may open, those of the disk and of the peers. */
  readonly descriptors?: Pick<DescriptorShares, 'disk' | 'peers'>;
}

/** Inbound connections of each member at once: the one that counts, and one that takes its place. */
const CONNECTIONS_PER_PEER = 2;

/** Rejects with a `RaftError` that says what to do. */
export async function assembleNode(parts: MemberParts): Promise<Replica> {
  const { founders = {}, id, isJoining = false, leaseReads = false, members } = parts;
  const { limits, machine, timing } = parts;
  sumWith(crc32);
  const clusterId = await clusterIdOf(parts);
  return startRaftNode({
    id,
    members,
    isJoining,
    founders,
    machine,
    timing,
    protocol: { leaseReads },
    limits,
    snapshots: { ...DEFAULT_SNAPSHOT_THRESHOLDS, ...parts.snapshots },
    clusterId,
    store: storeOf(parts),
    transport: parts.transport ?? transportOf(parts, clusterId),
    clock: systemClock,
    random: systemRandom,
  });
}

function storeOf({ store, dataDir, descriptors }: MemberParts): LogStore {
  if (store !== undefined) return store;
  if (dataDir === undefined) {
    throw new TypeError('give a dataDir, or a store such as memoryLogStore() for a test');
  }
  const openFiles = descriptors && { openFilesMax: descriptors.disk };
  return levelLogStore({ directory: dataDir, ...openFiles });
}

/** A cluster of one that nobody is to join talks to no one, and so needs no port. */
function transportOf(parts: MemberParts, clusterId: string): Transport {
  const { clientUrls, clusterSecret, descriptors, id, limits, listen, members, tls } = parts;
  const address = listen ?? members[id] ?? '';
  if (address === '') {
    const network = new MemoryNetwork({ defer: (deliver) => queueMicrotask(deliver) });
    return memoryTransport({ network, address: id, limits });
  }
  const count = Object.keys(members).length;
  // This node dials some of the peers itself.
  const connections = descriptors && {
    connectionsMax: Math.max(CONNECTIONS_PER_PEER * count, descriptors.peers - count),
  };
  return webSocketTransport({
    listen: address,
    limits,
    ...(tls !== undefined && { tls }),
    ...(clusterSecret !== undefined && { secret: { secret: clusterSecret, id, clusterId } }),
    ...(clientUrls !== undefined && { clientUrls }),
    ...connections,
  });
}
