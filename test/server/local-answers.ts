/** What a local replica says: that it has counted, where each number is another, and of a write that was lost. */
import { RaftError } from '../../src/core/errors.ts';
import type { ReplicaCounters } from '../../src/ports/replica.ts';

export const COUNTERS: Omit<ReplicaCounters, 'applied'> = {
  proposals: 1,
  elections: 2,
  leaderChanges: 3,
  messagesSent: 4,
  messagesReceived: 5,
  messagesDropped: 6,
  badFrames: 7,
  refusals: 10,
  peerStalls: 11,
  diskWrites: 8,
  diskBytes: 9,
  diskStalls: 12,
};

export function undecided(): RaftError {
  return new RaftError('RAFT_OUTCOME_UNKNOWN', 'the connection to the leader closed');
}
