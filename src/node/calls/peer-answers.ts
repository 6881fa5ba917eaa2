/** What this member answers to others that pass on what their callers want. */
import type { ProposeReply, ReadIndexReply } from '../../core/message.ts';
import type { NodeId, Term } from '../../core/types.ts';
import type { Surroundings } from '../surroundings.ts';

/** How long what another member passed on may wait here for its turn, in milliseconds. */
export const FORWARDED_DEADLINE_MS = 5_000;

type DiskAndPeers = Pick<Surroundings, 'disk' | 'peers'>;

/** PS1: what names a term that is not on disk yet waits for the disk. A leader's own term is always there. */
export function answerPeer(
  parts: DiskAndPeers,
  to: NodeId,
  message: ProposeReply | ReadIndexReply,
): void {
  if (mayNameTerm(parts, message.term)) parts.peers.send(to, message, []);
  else parts.disk.sendWhenDurable({ type: 'send', to, message });
}

/** PS1: whoever may not yet tries again when the disk has it. */
export function mayNameTerm({ disk }: Pick<Surroundings, 'disk'>, term: Term): boolean {
  return disk.hardState.term >= term;
}
