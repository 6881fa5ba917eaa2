/** Puts a member together for the server: LevelDB in the data directory, WebSockets to the peers, real time. */
import type { DescriptorShares } from '../core/descriptors.ts';
import type { Limits } from '../core/limits.ts';
import type { RaftTiming } from '../core/raft-state.ts';
import type { NodeId } from '../core/types.ts';
import { startRaftNode } from '../node/raft-node.ts';
import { systemClock, systemRandom } from '../node/system-clock.ts';
import type { Replica } from '../ports/replica.ts';
import type { StateMachine } from '../ports/state-machine.ts';
import { levelLogStore } from '../storage/disk-log-store.ts';
import { webSocketTransport } from '../transport/ws-transport.ts';

export interface NodeParts {
  readonly id: NodeId;
  readonly clusterId: string;
  /** Peer addresses by id, this node's own included. */
  readonly members: ReadonlyMap<NodeId, string>;
  readonly dataDir: string;
  /** `host:port` to listen on for peers. */
  readonly peerListen: string;
  readonly machine: StateMachine;
  readonly timing: RaftTiming;
  readonly limits: Limits;
  /** Of the file descriptors that this process may open, those of the disk and of the peers. */
  readonly descriptors: Pick<DescriptorShares, 'disk' | 'peers'>;
}

/** Inbound connections of each member at once: the one that counts, and one that takes its place. */
const CONNECTIONS_PER_PEER = 2;

/** Rejects with a `RaftError` that says what to do. */
export function startNode(parts: NodeParts): Promise<Replica> {
  const { id, clusterId, machine, timing, limits, descriptors } = parts;
  // This node dials some of the peers itself.
  const connectionsMax = Math.max(
    CONNECTIONS_PER_PEER * parts.members.size,
    descriptors.peers - parts.members.size,
  );
  return startRaftNode({
    id,
    clusterId,
    machine,
    timing,
    limits,
    members: Object.fromEntries(parts.members),
    store: levelLogStore({ directory: parts.dataDir, openFilesMax: descriptors.disk }),
    transport: webSocketTransport({ listen: parts.peerListen, limits, connectionsMax }),
    clock: systemClock,
    random: systemRandom,
  });
}
