/** What this member answers to others that pass on what their callers want. */
import type {
  ChangeMembersReply,
  ProposeReply,
  ReadIndexReply,
  TransferLeadershipReply,
} from '../../core/message.ts';
import type { NodeId, Term } from '../../core/types.ts';
import type { Disk } from '../deeds/disk.ts';
import type { Peers } from '../peers/peers.ts';

/** How long what another member passed on may wait here for its turn, in milliseconds. */
export const FORWARDED_DEADLINE_MS = 5_000;

interface DiskAndPeers {
  readonly disk: Pick<Disk, 'hardState' | 'sendWhenDurable'>;
  readonly peers: Pick<Peers, 'send'>;
}

/** PS1: what names a term that is not on disk yet waits for the disk. A leader's own term is always there. */
export function answerPeer(
  { disk, peers }: DiskAndPeers,
  to: NodeId,
  message: ChangeMembersReply | ProposeReply | ReadIndexReply | TransferLeadershipReply,
): void {
  if (mayNameTerm(disk, message.term)) peers.send(to, message, []);
  else disk.sendWhenDurable({ type: 'send', to, message });
}

/** PS1: whoever may not yet tries again when the disk has it. */
export function mayNameTerm({ hardState }: Pick<Disk, 'hardState'>, term: Term): boolean {
  return hardState.term >= term;
}
