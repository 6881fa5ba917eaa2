/** Names of members, and messages picked out by what they are. */
import type { Message } from '../../src/core/message.ts';
import { type NodeId, nodeId } from '../../src/core/types.ts';
import type { Envelope } from '../machines/member.ts';

export { N1, N2, N3, N4, N5 } from '../machines/harness.ts';

export function nodeIds(...names: readonly string[]): readonly NodeId[] {
  return names.map(nodeId);
}

/** Empty logs for that many members: `n1`, `n2`, … */
export function emptyLogs(count: number): Readonly<Record<string, readonly number[]>> {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [`n${at + 1}`, []]));
}

export function isA(...types: readonly Message['type'][]): (envelope: Envelope) => boolean {
  return ({ message }) => types.includes(message.type);
}
