/**
 * What is rehearsed (SV35): three members in memory write and hand over, by the code of the server itself and with nothing of
 * its disk, its ports or its state.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { DEFAULT_LIMITS } from '../../core/limits.ts';
import { type NodeId, nodeId } from '../../core/types.ts';
import { encodeCommand } from '../../kv/commands/command-codec.ts';
import { KvStateMachine } from '../../kv/kv-state-machine.ts';
import { startRaftNode } from '../../node/raft-node.ts';
import { systemClock, systemRandom } from '../../node/system-clock.ts';
import type { Replica } from '../../ports/replica.ts';
import { memoryLogStore } from '../../storage/memory-log-store.ts';
import { MemoryNetwork } from '../../transport/memory-network.ts';
import { memoryTransport } from '../../transport/memory-transport.ts';
import { HANDOVERS_REHEARSED, ROUNDS_REHEARSED_MAX } from '../limits.ts';

const IDS = ['n1', 'n2', 'n3'].map(nodeId);
/** So short that the first election is soon: whoever is too busy for them elects once more, which is rehearsed as well. */
const TIMING = { electionTimeoutMinMs: 200, electionTimeoutMaxMs: 300, heartbeatIntervalMs: 40 };
const PATIENCE_MS = 2_000;
const COMMAND = encodeCommand({ type: 'put', key: Uint8Array.of(1), value: Uint8Array.of(2) });

/** Resolves with how often the lead has moved, once nothing of it is left. Others have most of the time meanwhile. */
export async function rehearseHandovers(signal: AbortSignal): Promise<number> {
  const network = new MemoryNetwork({ defer: (deliver) => void setImmediate(deliver) });
  const members: Replica[] = [];
  let moved = 0;
  try {
    for (const id of IDS) members.push(await startMember(id, network));
    for (let round = 0; moved < HANDOVERS_REHEARSED && round < ROUNDS_REHEARSED_MAX; round += 1) {
      if (signal.aborted) break;
      const beganMs = systemClock.now();
      if (await Promise.race([handOver(members), ended(signal)])) moved += 1;
      await pause(2 * (systemClock.now() - beganMs), undefined, { ref: false });
    }
    return moved;
  } finally {
    await Promise.all(members.map((member) => member.close()));
  }
}

/** Before it, and not behind it, whoever waits for the end of its server. */
function ended(signal: AbortSignal): Promise<false> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(false)));
}

function startMember(id: NodeId, network: MemoryNetwork): Promise<Replica> {
  return startRaftNode({
    id,
    clusterId: 'rehearsal',
    members: Object.fromEntries(IDS.map((each) => [each, each])),
    machine: new KvStateMachine({ onListenerError: () => {}, clock: systemClock }),
    timing: TIMING,
    limits: DEFAULT_LIMITS,
    store: memoryLogStore(),
    transport: memoryTransport({ network, address: id, limits: DEFAULT_LIMITS }),
    clock: systemClock,
    random: systemRandom,
  });
}

/** With commands of every member on their way: to the leader, and to whoever leads next. */
async function handOver(members: readonly Replica[]): Promise<boolean> {
  await Promise.all(members.map(written));
  const leader = members.find((member) => member.status().role === 'leader');
  if (leader === undefined) return false;
  const moved = new Promise<boolean>((resolve) => {
    leader.transferLeadership(null, { timeoutMs: PATIENCE_MS }, ({ type }) =>
      resolve(type === 'moved'),
    );
  });
  await Promise.all(members.map(written));
  return moved;
}

function written(member: Replica): Promise<void> {
  return new Promise((resolve) => {
    member.submit(COMMAND, { timeoutMs: PATIENCE_MS }, () => resolve());
  });
}
