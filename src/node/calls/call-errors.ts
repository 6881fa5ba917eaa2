/** How calls end that were not carried out, or of which nobody knows, in words for those who made them. */
import { RaftError } from '../../core/errors.ts';
import type { Index, NodeId } from '../../core/types.ts';

export function overloaded(what: string): RaftError {
  return new RaftError(
    'RAFT_OVERLOADED',
    `too many ${what} wait already: nothing was done; try again later`,
  );
}

export function malformed(fault: string): RaftError {
  return new RaftError('RAFT_BAD_REQUEST', `${fault}: nothing was done`);
}

export function notServed(leader: NodeId | null): RaftError {
  if (leader === null) {
    return new RaftError(
      'RAFT_NO_LEADER',
      'no leader was found in time: nothing was done; try again once a majority of the members is up',
    );
  }
  return new RaftError(
    'RAFT_TIMED_OUT',
    'the leader did not answer in time: nothing was done; try again',
    {
      retry: 'safe',
      leader,
    },
  );
}

export function lostOnTheWay(leader: NodeId): RaftError {
  return new RaftError(
    'RAFT_OUTCOME_UNKNOWN',
    `the connection to the leader ${leader} closed with the command under way: it may have taken effect; read before you repeat it`,
    { leader },
  );
}

export function overwritten(at: Index): RaftError {
  return new RaftError(
    'RAFT_OVERWRITTEN',
    `the command never took effect: a newer leader put another entry at index ${at}; propose it again`,
  );
}

export function unknownOutcome(at: Index): RaftError {
  return new RaftError(
    'RAFT_OUTCOME_UNKNOWN',
    `leadership changed while the command waited at index ${at}: it may have taken effect; read before you repeat it`,
  );
}

export function timedOut(): RaftError {
  return new RaftError(
    'RAFT_TIMED_OUT',
    'the command was proposed but not applied in time: it may yet take effect; read before you repeat it',
  );
}
