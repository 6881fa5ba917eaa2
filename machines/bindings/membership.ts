/** Binds the names of the membership chart to the rules of changes (`src/rules/configuration-change.ts`). */
import { assign } from 'xstate';
import { isJoint, type Membership } from '../../src/core/configuration.ts';
import type { MembershipEffect } from '../../src/core/effect.ts';
import {
  CATCH_UP_ROUNDS_MAX,
  CATCH_UP_TIMEOUT_MS,
  HAND_OVER_TIMEOUT_MS,
  PROPOSAL_PATIENCE_MS,
} from '../../src/core/limits.ts';
import type { Index, NodeId } from '../../src/core/types.ts';
import * as change from '../../src/rules/configuration-change.ts';
import {
  type MembershipContext,
  type MembershipEvent,
  membershipMachine,
} from '../membership.machine.ts';
import { performer } from './perform.ts';

const perform = performer<MembershipContext, MembershipEvent, MembershipEffect>();

type Propose = (present: Membership, goal: Membership) => Membership | null;

/** Asks for the next configuration, worked out from the one that counts. */
const propose = (next: Propose) =>
  perform(({ goal, present }) => {
    const membership = present === null ? null : next(present, goal ?? present);
    return {
      changes: {},
      effects: membership === null ? [] : [{ type: 'proposeConfiguration', membership }],
    };
  });

const end = (outcome: Extract<MembershipEffect, { type: 'changeEnded' }>['outcome']) =>
  perform(({ behind }) => ({
    changes: { goal: null, behind: [] },
    effects: [{ type: 'changeEnded', outcome, behind: outcome === 'behind' ? behind : [] }],
  }));

export const membership = membershipMachine.provide({
  guards: {
    bringsLearners: (_, { present, goal }) => change.learnersFirst(present, goal) !== null,
    bringsVoters: (_, { present, goal }) => change.newVoters(present, goal).length > 0,
    isJoint: (_, { present }) => isJoint(present.configuration),
    isJointAndGoes: (_, { present, goesOn }) => isJoint(present.configuration) && !goesOn,
    hasReachedGoal: ({ context: { goal } }, { present }) =>
      goal !== null && change.isReached(present, goal),
    waitsForVoters: ({ context: { goal } }, { present }) =>
      goal !== null && change.newVoters(present, goal).length > 0,
    completesRound: ({ context }, progress) => stillBehind(context, progress).length === 0,
    completesLastRound: ({ context }, progress) =>
      stillBehind(context, progress).length === 0 && context.rounds >= CATCH_UP_ROUNDS_MAX,
  },
  actions: {
    remember: assign((_, { present, goal }) => ({ present, goal, behind: [], rounds: 0 })),
    recordPresent: assign((_, { present }) => ({ present })),
    beginRound: assign(({ context }, { lastIndex }) => ({
      behind: toCatchUp(context),
      targetIndex: lastIndex,
      rounds: context.rounds + 1,
    })),
    recordProgress: assign(({ context }, progress) => ({
      behind: stillBehind(context, progress),
    })),
    proposeLearners: propose(change.learnersFirst),
    proposeJoint: propose(change.enterJoint),
    proposeNew: propose((present) =>
      isJoint(present.configuration) ? change.leaveJoint(present) : null,
    ),
    yieldLead: perform(() => ({ changes: {}, effects: [{ type: 'yieldLead' }] })),
    announceDone: end('done'),
    announceLag: end('behind'),
    announceLoss: end('leadLost'),
  },
  delays: {
    roundLimit: ({ context }) => context.roundMs,
    catchUpTimeout: CATCH_UP_TIMEOUT_MS,
    proposalPatience: PROPOSAL_PATIENCE_MS,
    yieldPatience: HAND_OVER_TIMEOUT_MS,
  },
});

function toCatchUp({ present, goal }: MembershipContext): readonly NodeId[] {
  return present === null || goal === null ? [] : change.newVoters(present, goal);
}

export function stillBehind(
  { behind, targetIndex }: MembershipContext,
  { peer, matchIndex }: { readonly peer: NodeId; readonly matchIndex: Index },
): readonly NodeId[] {
  return matchIndex < targetIndex ? behind : behind.filter((id) => id !== peer);
}
