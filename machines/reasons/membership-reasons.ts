/** Why the guards of the membership chart say what they say. */
import { isJoint, type Membership, members } from '../../src/core/configuration.ts';
import { CATCH_UP_ROUNDS_MAX } from '../../src/core/limits.ts';
import type { NodeId } from '../../src/core/types.ts';
import { newcomersOf, newVoters } from '../../src/rules/configuration-change.ts';
import { stillBehind } from '../bindings/membership.ts';
import type { MembershipContext, membershipMachine } from '../membership.machine.ts';
import { listOf, type ReasonsFor } from './words.ts';

export const membershipReasons: ReasonsFor<typeof membershipMachine> = {
  bringsLearners: ({ outcome }, { goal, present }) => {
    const newcomers = newcomersOf(present, goal);
    if (newcomers.length > 0) return `${listOf(newcomers)} shall come, as learners first`;
    return outcome ? 'voters stay as they are' : 'no newcomer has to be added first';
  },
  bringsVoters: (_, { goal, present }) => votersToCome(present, goal),
  isJoint: (_, { present }) => jointness(present),
  isJointAndGoes: (_, { goesOn, present }) =>
    `${jointness(present)}; this node ${goesOn ? 'goes on voting' : 'is to vote no more'}`,
  hasReachedGoal: ({ context: { goal } }, { present }) =>
    goal === null
      ? 'nothing was asked for'
      : `members are ${listOf(members(present.configuration))}, to be ${listOf(members(goal.configuration))}; ${jointness(present)}`,
  waitsForVoters: ({ context: { goal } }, { present }) =>
    goal === null ? 'nothing was asked for' : votersToCome(present, goal),
  completesRound: ({ context }, progress) => roundOf(context, progress),
  completesLastRound: ({ context }, progress) =>
    `${roundOf(context, progress)}; round ${context.rounds} of ${CATCH_UP_ROUNDS_MAX}`,
};

function jointness({ configuration }: Membership): string {
  return isJoint(configuration) ? 'the configuration is joint' : 'the configuration is not joint';
}

function votersToCome(present: Membership, goal: Membership): string {
  const coming = newVoters(present, goal);
  return coming.length === 0 ? 'nobody shall vote who does not' : `${listOf(coming)} shall vote`;
}

function roundOf(context: MembershipContext, progress: Parameters<typeof stillBehind>[1]): string {
  const behind: readonly NodeId[] = stillBehind(context, progress);
  return behind.length === 0
    ? `all have come to ${context.targetIndex}`
    : `${listOf(behind)} still behind ${context.targetIndex}; ${progress.peer} is at ${progress.matchIndex}`;
}
