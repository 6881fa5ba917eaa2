/** Puts a node together from its defaults: LevelDB in `dataDir`, WebSockets between the peers. */
import { DEFAULT_LIMITS, type Limits } from '../core/limits.ts';
import type { RaftTiming } from '../core/raft-state.ts';
import { type NodeId, nodeId } from '../core/types.ts';
import { startRaftNode } from '../node/raft-node.ts';
import { systemClock, systemRandom } from '../node/system-clock.ts';
import type { LogStore } from '../ports/log-store.ts';
import type { Transport } from '../ports/transport.ts';
import { contradictionInLimits, contradictionInTiming } from '../rules/contradictions.ts';
import { DEFAULT_TIMING } from '../rules/timing.ts';
import { levelLogStore } from '../storage/disk-log-store.ts';
import { MemoryNetwork } from '../transport/memory-network.ts';
import { memoryTransport } from '../transport/memory-transport.ts';
import { webSocketTransport } from '../transport/ws-transport.ts';
import { foundingClusterId, storedClusterId } from './cluster-identity.ts';
import type { Command, Query } from './define-machine.ts';
import { type NodeOptions, RaftchartNode } from './node.ts';

/**
 * Starts a member and resolves once it takes part; `ready()` waits for a leader. Rejects with a `RaftError`
 * that says what to do if the data directory is damaged or another node's, or the address is taken.
 */
export async function createNode<
  State,
  Commands extends Readonly<Record<string, Command<State>>>,
  Queries extends Readonly<Record<string, Query<State>>>,
>(
  options: NodeOptions<State, Commands, Queries>,
): Promise<RaftchartNode<State, Commands, Queries>> {
  const id = nodeId(options.id);
  refuseContradictions(options);
  const members = membersOf(id, options.peers);
  const machine = options.machine.start();
  const replica = await startRaftNode({
    id,
    members,
    machine,
    clusterId: await clusterIdFor(options, members),
    store: storeOf(options),
    transport: options.transport ?? transportOf(options, members[id] ?? null),
    clock: systemClock,
    random: systemRandom,
    ...(options.timing === undefined ? {} : { timing: options.timing }),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  return new RaftchartNode(replica, machine);
}

/** Before anything is touched (CF1, CF3). */
function refuseContradictions({
  limits,
  timing,
}: {
  readonly limits?: Partial<Limits>;
  readonly timing?: Partial<RaftTiming>;
}): void {
  const problem =
    contradictionInLimits({ ...DEFAULT_LIMITS, ...limits }) ??
    contradictionInTiming({ ...DEFAULT_TIMING, ...timing });
  if (problem !== null) throw new TypeError(problem);
}

/** A data directory keeps the cluster it was made for, so that addresses may change between starts (SV25). */
async function clusterIdFor(
  { clusterId, dataDir }: { clusterId?: string; dataDir?: string },
  members: Readonly<Record<string, string>>,
): Promise<string> {
  if (clusterId !== undefined) return clusterId;
  const stored = dataDir === undefined ? null : await storedClusterId(dataDir);
  return stored ?? foundingClusterId(new Map(Object.entries(members)));
}

function membersOf(
  id: NodeId,
  peers: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> {
  if (peers === undefined) return { [id]: '' };
  for (const peer of Object.keys(peers)) nodeId(peer);
  if (peers[id] === undefined) {
    throw new TypeError(`peers must name every founding member, and ${id} is missing from it`);
  }
  return peers;
}

function storeOf({ store, dataDir }: { store?: LogStore; dataDir?: string }): LogStore {
  if (store !== undefined) return store;
  if (dataDir === undefined) {
    throw new TypeError('give a dataDir, or a store such as memoryLogStore() for a test');
  }
  return levelLogStore({ directory: dataDir });
}

/** A cluster of one that nobody is to join talks to no one, and so needs no port. */
function transportOf(
  { id, listen, limits }: { id: string; listen?: string; limits?: Partial<Limits> },
  own: string | null,
): Transport {
  const all = { ...DEFAULT_LIMITS, ...limits };
  const address = listen ?? own ?? '';
  if (address !== '') return webSocketTransport({ listen: address, limits: all });
  const network = new MemoryNetwork({ defer: (deliver) => queueMicrotask(deliver) });
  return memoryTransport({ network, address: id, limits: all });
}
