/** Puts a node together from its defaults: LevelDB in `dataDir`, WebSockets between the peers. */
import { DEFAULT_LIMITS, type Limits } from '../core/limits.ts';
import type { RaftTiming } from '../core/raft-state.ts';
import { nodeId } from '../core/types.ts';
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
import { ErrorReports } from './error-reports.ts';
import type { Command, Query } from './machine.ts';
import { RaftchartNode } from './node.ts';
import { checkedNodeOptions, membersOf, type NodeOptions } from './node-options.ts';

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
  const own = checkedNodeOptions(options);
  const { machine } = own;
  const limits = { ...DEFAULT_LIMITS, ...own.limits };
  const timing = { ...DEFAULT_TIMING, ...own.timing };
  refuseContradictions(limits, timing);
  const id = nodeId(own.id);
  const members = membersOf(id, own.peers);
  const errors = new ErrorReports();
  const state = machine.start((error) => errors.report(error));
  const replica = await startRaftNode({
    id,
    members,
    machine: state,
    clusterId: await clusterIdFor(own, members),
    store: storeOf(own),
    transport: own.transport ?? transportOf(own, limits, members[id] ?? null),
    clock: systemClock,
    random: systemRandom,
    timing,
    limits,
  });
  return new RaftchartNode({ replica, machine, state, errors, limits });
}

/** Before anything is touched (CF1, CF3). */
function refuseContradictions(limits: Limits, timing: RaftTiming): void {
  const problem = contradictionInLimits(limits) ?? contradictionInTiming(timing);
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

function storeOf({ store, dataDir }: { store?: LogStore; dataDir?: string }): LogStore {
  if (store !== undefined) return store;
  if (dataDir === undefined) {
    throw new TypeError('give a dataDir, or a store such as memoryLogStore() for a test');
  }
  return levelLogStore({ directory: dataDir });
}

/** A cluster of one that nobody is to join talks to no one, and so needs no port. */
function transportOf(
  { id, listen }: { id: string; listen?: string },
  limits: Limits,
  own: string | null,
): Transport {
  const address = listen ?? own ?? '';
  if (address !== '') return webSocketTransport({ listen: address, limits });
  const network = new MemoryNetwork({ defer: (deliver) => queueMicrotask(deliver) });
  return memoryTransport({ network, address: id, limits });
}
