/** Names of members, and messages picked out by what they are. */
import type { Message } from '../../src/core/message.ts';
import { type NodeId, nodeId, term } from '../../src/core/types.ts';
import type { Said } from '../cluster/mini-cluster.ts';

export { N1, N2, N3, N4, N5 } from '../machines/harness.ts';

export function nodeIds(...names: readonly string[]): readonly NodeId[] {
  return names.map(nodeId);
}

/** Empty logs for that many members: `n1`, `n2`, … */
export function emptyLogs(count: number): Readonly<Record<string, readonly number[]>> {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [`n${at + 1}`, []]));
}

/** Someone answers in a newer term, whatever was asked: a node of an older one takes it up. */
export function inTerm(from: NodeId, to: NodeId, newer: number): Said {
  const message = { type: 'RequestVoteReply', term: term(newer), granted: false } as const;
  return { from, to, message, runs: [] };
}

export function isA(...types: readonly Message['type'][]): (envelope: Said) => boolean {
  return ({ message }) => types.includes(message.type);
}
