/** A request that another member leads, as the library and the server make it (LT5, SV29). */
import { RaftError } from '../core/errors.ts';
import type { NodeId } from '../core/types.ts';
import type { MembersStatus, Replica } from '../ports/replica.ts';

interface Transfer {
  /** `null`: the fittest. */
  readonly to: NodeId | null;
  readonly timeoutMs: number;
  readonly resolve: (leader: NodeId) => void;
  readonly reject: (error: RaftError) => void;
}

export function transfer(replica: Replica, { to, timeoutMs, resolve, reject }: Transfer): void {
  replica.transferLeadership(to, { timeoutMs }, (outcome) => {
    if (outcome.type === 'moved') resolve(outcome.leader);
    else reject(inVainIfNoVoter(outcome.error, to, replica.status().members));
  });
}

/** What passes is worth another try; that somebody has no vote does not pass, and whoever asks wants to know who has one. */
function inVainIfNoVoter(
  error: RaftError,
  to: NodeId | null,
  { voters, learners }: MembersStatus,
): RaftError {
  if (error.code !== 'RAFT_TRANSFER_REFUSED' || to === null || voters.includes(to)) return error;
  const why = learners.includes(to) ? 'receives only and does not vote' : 'is no member';
  return new RaftError(
    'RAFT_TRANSFER_REFUSED',
    `${to} ${why}: leadership stays where it is; name one of ${voters.join(', ')}`,
    { retry: 'never' },
  );
}
