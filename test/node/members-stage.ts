import type { NodeId } from '../../src/core/types.ts';
import { nodeId } from '../../src/core/types.ts';
import { VirtualCluster, type VirtualMember } from '../../src/testing/virtual-cluster.ts';
import { decodeFrame } from '../../src/transport/codec.ts';
import type { CarriedMessage } from '../../src/transport/memory-network.ts';

export const at = (...ids: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(ids.map((id) => [id, `at-${id}`]));
export const names = (...ids: readonly string[]): readonly NodeId[] => ids.map(nodeId);

/** Which messages get through; all of them, unless a test says otherwise. */
export const gate = { isOpen: (_message: CarriedMessage): boolean => true };

export function typeIn(frame: Uint8Array): string | null {
  const decoded = decodeFrame(frame);
  return typeof decoded === 'object' && 'message' in decoded ? decoded.message.type : null;
}

/** A leader with so many others, and new members that have joined but belong to nobody. */
export async function scene(
  size: number,
  ...joining: readonly string[]
): Promise<{
  readonly cluster: VirtualCluster;
  readonly leader: VirtualMember;
  readonly others: readonly VirtualMember[];
}> {
  gate.isOpen = () => true;
  const cluster = await VirtualCluster.start(size, { carry: (message) => gate.isOpen(message) });
  const leader = await cluster.leader();
  await cluster.submit(leader.id, 'first');
  for (const id of joining) await cluster.join(id);
  const others = [...cluster.members.values()].filter((member) => member !== leader);
  return { cluster, leader, others };
}

/** They close while time passes: whoever leads hands over first. */
export async function closed(cluster: VirtualCluster, ...ids: readonly string[]): Promise<void> {
  const closing = ids.map((id) => cluster.member(id).node.close());
  await Promise.all([...closing, cluster.pass(4_000)]);
}

export function members(cluster: VirtualCluster, id: string) {
  const { voters, learners, joint } = cluster.member(id).node.status().members;
  return { voters, learners, joint };
}

export const PATIENT = { timeoutMs: 30_000 };
export const CHANGED = { type: 'changed' };
export const failed = (code: string, retry: string) => ({ type: 'failed', error: { code, retry } });
