/** How calls end that were not carried out, or of which nobody knows, in words for those who made them. */
import { unreachable } from '../../core/assert.ts';
import type { Configuration } from '../../core/configuration.ts';
import { passingError, RaftError } from '../../core/errors.ts';
import { TRANSFER_LAG_MAX } from '../../core/limits.ts';
import type { TransferRefusal } from '../../core/transfer-refusal.ts';
import type { EntryId, Index, NodeId } from '../../core/types.ts';

export function overloaded(what: string): RaftError {
  return passingError(
    'RAFT_OVERLOADED',
    `too many ${what} wait already: nothing was done; try again later`,
  );
}

export function tooSlow(waitedMs: number): RaftError {
  return passingError(
    'RAFT_OVERLOADED',
    `what was proposed ${wholeMs(waitedMs)} ago is not carried out yet, so that this would hardly be in time: nothing was done; try again later, or give it more time`,
  );
}

/** Clocks count in fractions; people do not. */
function wholeMs(waitedMs: number): string {
  return `${Math.ceil(waitedMs)} ms`;
}

export function malformed(fault: string): RaftError {
  return new RaftError('RAFT_BAD_REQUEST', `${fault}: nothing was done`);
}

export function notServed(leader: NodeId | null): RaftError {
  if (leader === null) {
    return passingError(
      'RAFT_NO_LEADER',
      'no leader was found in time: nothing was done; try again once a majority of the members is up',
    );
  }
  return passingError(
    'RAFT_TIMED_OUT',
    'the leader did not answer in time: nothing was done; try again',
    {
      retry: 'safe',
      leader,
    },
  );
}

/** RD5: the entry that a read named is not applied here. */
export function notApplied(wanted: Index, lastApplied: Index): RaftError {
  return passingError(
    'RAFT_TIMED_OUT',
    `this member has applied the log through ${lastApplied}, and the read is of entry ${wanted}: nothing was done; try again, or ask another member`,
    { retry: 'safe' },
  );
}

/** RD5: what a read has named is not in the log, and never will be. */
export function notThere({ term, index }: EntryId): RaftError {
  return new RaftError(
    'RAFT_OVERWRITTEN',
    `entry ${index} of the log is not of term ${term}: what was to stand there never took effect, or this is another cluster's; read without naming an entry, or write again`,
    { retry: 'never' },
  );
}

/** SP12: nobody leads, as far as this member knows. */
export function leaderless(waitedMs: number): RaftError {
  return passingError(
    'RAFT_NO_LEADER',
    `this member has known no leader for ${wholeMs(waitedMs)}: nothing was done; ask another member, or try again once a majority of the members is up`,
  );
}

/** SP12: somebody leads, whom this member cannot reach. */
export function disconnected(leader: NodeId, waitedMs: number): RaftError {
  return passingError(
    'RAFT_NO_LEADER',
    `this member has had no connection to the leader ${leader} for ${wholeMs(waitedMs)}: nothing was done; ask ${leader}, or another member`,
    { leader },
  );
}

/** MC7: of a node that was removed nobody takes anything any more. */
export function removedHere(): RaftError {
  return new RaftError(
    'RAFT_STOPPED',
    'this node was removed from its cluster: nothing was done; ask another member',
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
  return passingError(
    'RAFT_TIMED_OUT',
    'the command was proposed but not applied in time: it may yet take effect; read before you repeat it',
  );
}

/** LT5: somebody was asked, and what came of that is not known. */
export function transferUndecided(): RaftError {
  return new RaftError(
    'RAFT_TIMED_OUT',
    'leadership has not moved in time, and may yet: see who leads before you ask again',
  );
}

/** LT1, LT4: leadership stays where it is, and nothing else has changed. */
export function transferRefused(
  reason: TransferRefusal,
  to: NodeId | null,
  { learners, voters }: Configuration,
): RaftError {
  const target = to ?? 'the member that was chosen';
  const [why, advice] =
    reason === 'noVoter'
      ? [withoutVote(target, learners), `name one of ${voters.join(', ')}`]
      : wordsFor(reason, target);
  const text = `${why}: leadership stays where it is; ${advice}`;
  // What else there is passes, and is worth another try.
  return new RaftError(
    'RAFT_TRANSFER_REFUSED',
    text,
    reason === 'noVoter' ? { retry: 'never' } : {},
  );
}

function withoutVote(target: string, learners: readonly string[]): string {
  return learners.includes(target)
    ? `${target} receives only and does not vote`
    : `${target} is no member`;
}

function wordsFor(
  reason: Exclude<TransferRefusal, 'noVoter'>,
  target: string,
): readonly [why: string, advice: string] {
  switch (reason) {
    case 'notConnected':
      return [
        `the leader has no connection to ${target}`,
        'try again when it has, or name another',
      ];
    case 'behind':
      return [
        `${target} lacks more than ${TRANSFER_LAG_MAX} entries of the log`,
        'try again when it has caught up, or name another',
      ];
    case 'nobodyFit':
      return ['no other voter is connected and has caught up', 'try again when one is'];
    case 'underWay':
      return ['a transfer to another member is under way', 'try again in a moment'];
    case 'inVain':
      return [`${target} did not take over in time`, 'try again, or name another'];
    case 'notLeading':
      return ['the member that was asked does not lead', 'try again'];
    default:
      return unreachable(reason);
  }
}
