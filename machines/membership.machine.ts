/**
 * A change of membership, as the leader leads it (§4.2.1, §4.3): new members first as learners, whoever shall vote once it
 * has caught up, in rounds of which the last is shorter than an election timeout; then the joint configuration, then the
 * new one. A leader that finds a joint configuration leaves it, but hands over first if it is to vote no more. What each
 * configuration says the rules work out.
 */
import { setup } from 'xstate';
import type { Membership } from '../src/core/configuration.ts';
import type { MembershipEffect } from '../src/core/effect.ts';
import type { Index, NodeId } from '../src/core/types.ts';
import type { ChartMeta } from './meta.types.ts';

export interface MembershipContext {
  /** The configuration that counts, as the chart heard last; `null` before. */
  readonly present: Membership | null;
  /** How it shall be in the end; `null`: to be left as it is once it is joint no more. */
  readonly goal: Membership | null;
  /** Who has yet to reach the end of this round, and where that is. */
  readonly behind: readonly NodeId[];
  readonly targetIndex: Index;
  /** Rounds begun. */
  readonly rounds: number;
  /** The shortest election timeout, in milliseconds. */
  readonly roundMs: number;
}

/** The configuration that counts, and the end of the log. */
export interface Present {
  readonly present: Membership;
  /** This node votes in it, or in the one that follows while it is joint. */
  readonly goesOn: boolean;
  readonly lastIndex: Index;
}

export type MembershipEvent =
  | ({ readonly type: 'change.requested'; readonly goal: Membership } & Present)
  | ({ readonly type: 'configuration.committed' } & Present)
  /** This node leads, and an entry of its own term is committed. */
  | ({ readonly type: 'lead.established' } & Present)
  | { readonly type: 'lead.lost' }
  | {
      readonly type: 'peer.progressed';
      readonly peer: NodeId;
      readonly matchIndex: Index;
      /** The end of the log: of the next round, if this one is over. */
      readonly lastIndex: Index;
    };

type Progressed = Extract<MembershipEvent, { readonly type: 'peer.progressed' }>;
type Requested = Extract<MembershipEvent, { readonly type: 'change.requested' }>;

export type MembershipTag = 'idle' | 'watchesProgress';

/** What a name is given that stands on an arrow: the arrow's event, whole. */
const event = <Event>(heard: { readonly event: Event }): Event => heard.event;

export const membershipMachine = setup({
  types: {
    context: {} as MembershipContext,
    events: {} as MembershipEvent,
    emitted: {} as MembershipEffect,
    input: {} as { roundMs: number } | undefined,
    tags: {} as MembershipTag,
    meta: {} as ChartMeta,
  },
  guards: {
    bringsLearners: (_, _change: Requested) => false,
    bringsVoters: (_, _change: Requested) => false,
    isJoint: (_, _now: Present) => false,
    isJointAndGoes: (_, _now: Present) => false,
    hasReachedGoal: (_, _now: Present) => false,
    waitsForVoters: (_, _now: Present) => false,
    completesRound: (_, _progress: Progressed) => false,
    completesLastRound: (_, _progress: Progressed) => false,
  },
  actions: {
    remember: (_, _change: Requested) => {},
    recordPresent: (_, _now: Present) => {},
    beginRound: (_, _from: { lastIndex: Index }) => {},
    recordProgress: (_, _progress: Progressed) => {},
    proposeLearners: () => {},
    proposeJoint: () => {},
    proposeNew: () => {},
    yieldLead: () => {},
    announceDone: () => {},
    announceLag: () => {},
    announceLoss: () => {},
  },
  delays: {
    roundLimit: 300,
    catchUpTimeout: 10_000,
    proposalPatience: 1_000,
    yieldPatience: 1_000,
  },
}).createMachine({
  id: 'membership',
  description: 'Who the members are to be, step by step; one change at a time.',
  meta: { rules: ['MC3', 'MC4'] },
  context: ({ input }) => ({
    present: null,
    goal: null,
    behind: [],
    targetIndex: 0 as Index,
    rounds: 0,
    roundMs: input?.roundMs ?? 300,
  }),
  initial: 'idle',
  on: {
    'change.requested': {},
    'configuration.committed': {},
    'lead.established': {},
    'lead.lost': { target: '.idle', actions: 'announceLoss' },
    'peer.progressed': {},
  },
  states: {
    idle: {
      description: 'No change is under way here.',
      meta: { rules: ['MC3'] },
      tags: 'idle',
      on: {
        'lead.lost': {},
        'lead.established': [
          {
            guard: { type: 'isJointAndGoes', params: event },
            target: 'yielding',
            actions: { type: 'recordPresent', params: event },
          },
          {
            guard: { type: 'isJoint', params: event },
            target: 'leaving',
            actions: { type: 'recordPresent', params: event },
            meta: { rules: ['MC9'] },
          },
        ],
        'change.requested': [
          {
            guard: { type: 'bringsLearners', params: event },
            target: 'learning',
            actions: { type: 'remember', params: event },
          },
          {
            guard: { type: 'bringsVoters', params: event },
            target: 'catchingUp',
            actions: [
              { type: 'remember', params: event },
              { type: 'beginRound', params: event },
            ],
          },
          { target: 'joint', actions: { type: 'remember', params: event } },
        ],
      },
    },
    learning: {
      description: 'The configuration with the new learners is on its way to a quorum.',
      meta: { rules: ['MC4'] },
      entry: 'proposeLearners',
      after: { proposalPatience: { target: 'learning', reenter: true } },
      on: {
        'configuration.committed': [
          {
            guard: { type: 'hasReachedGoal', params: event },
            target: 'idle',
            actions: 'announceDone',
          },
          {
            guard: { type: 'waitsForVoters', params: event },
            target: 'catchingUp',
            actions: [
              { type: 'recordPresent', params: event },
              { type: 'beginRound', params: event },
            ],
          },
          { target: 'joint', actions: { type: 'recordPresent', params: event } },
        ],
      },
    },
    catchingUp: {
      description: 'Whoever is to vote first holds what the leader held when the round began.',
      meta: { rules: ['MC10'] },
      tags: 'watchesProgress',
      initial: 'quick',
      on: { 'peer.progressed': { actions: { type: 'recordProgress', params: event } } },
      states: {
        quick: {
          description: 'Less than an election timeout has passed since the round began.',
          meta: { rules: ['MC10'] },
          after: { roundLimit: 'slow' },
          on: {
            'peer.progressed': [
              { guard: { type: 'completesRound', params: event }, target: '#membership.joint' },
              { actions: { type: 'recordProgress', params: event } },
            ],
          },
        },
        slow: {
          description: 'This round takes too long for the last one: another will follow.',
          meta: { rules: ['MC10'] },
          after: { catchUpTimeout: { target: '#membership.idle', actions: 'announceLag' } },
          on: {
            'peer.progressed': [
              {
                guard: { type: 'completesLastRound', params: event },
                target: '#membership.idle',
                actions: 'announceLag',
              },
              {
                guard: { type: 'completesRound', params: event },
                target: 'quick',
                actions: { type: 'beginRound', params: event },
              },
              { actions: { type: 'recordProgress', params: event } },
            ],
          },
        },
      },
    },
    joint: {
      description: 'Old and new voters decide together, until both hold that they do.',
      meta: { rules: ['MC4'] },
      entry: 'proposeJoint',
      after: { proposalPatience: { target: 'joint', reenter: true } },
      on: {
        'configuration.committed': [
          {
            guard: { type: 'isJointAndGoes', params: event },
            target: 'yielding',
            actions: { type: 'recordPresent', params: event },
          },
          {
            guard: { type: 'isJoint', params: event },
            target: 'leaving',
            actions: { type: 'recordPresent', params: event },
          },
        ],
      },
    },
    yielding: {
      description: 'This leader is to vote no more: one of the new voters shall lead on from here.',
      meta: { rules: ['MC12'] },
      entry: 'yieldLead',
      after: { yieldPatience: 'leaving' },
    },
    leaving: {
      description: 'The new voters decide alone; who is none of them goes when they hold it.',
      meta: { rules: ['MC4', 'MC9'] },
      entry: 'proposeNew',
      after: { proposalPatience: { target: 'leaving', reenter: true } },
      on: {
        'configuration.committed': { target: 'idle', actions: 'announceDone' },
      },
    },
  },
});
