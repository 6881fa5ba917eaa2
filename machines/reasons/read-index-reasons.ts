/** Why the guards of the read-index chart say what they say. */
import { leaseMs } from '../../src/rules/timing.ts';
import type { readIndexMachine } from '../read-index.machine.ts';
import type { ReasonsFor } from './words.ts';

export const readIndexReasons: ReasonsFor<typeof readIndexMachine> = {
  servesReads: ({ outcome }) =>
    outcome
      ? 'it leads, and an entry of its term is committed'
      : 'it does not lead, or no entry of its term is committed',
  knowsLeader: (_, { leaderId }) =>
    leaderId === null ? 'no leader can be reached' : `${leaderId} leads, and can be reached`,
  answersQuestion: ({ context }, { requestId }) =>
    requestId === context.requestId
      ? 'it answers the open question'
      : `it answers question ${requestId}, and ${context.requestId} is open`,
  isAskedLeader: ({ context: { leaderId } }, { peer }) =>
    `the link to ${peer} closed, and ${leaderId ?? 'nobody'} was asked`,
  isReadable: (_, { lastApplied, readIndex }) => appliedOf(lastApplied, readIndex),
  isAllReadable: ({ context: { readIndex } }, { lastApplied }) => appliedOf(lastApplied, readIndex),
  grantsLease: ({ context: { askedMs, leases } }) => {
    if (leases === null || leaseMs(leases) === 0) return 'leases are off';
    if (askedMs === null) return 'the round was not asked for in this lead';
    return `a quorum is loyal for ${leaseMs(leases)} ms from when the round was asked for`;
  },
};

function appliedOf(lastApplied: number, readIndex: number): string {
  return `${lastApplied} is applied, ${readIndex} is to be seen`;
}
