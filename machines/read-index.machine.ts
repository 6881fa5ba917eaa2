/**
 * What the linearizable reads of one node wait for, without a write to the log (§6.4): a leader asks for a round of
 * heartbeats, any other member asks the leader for the index. All reads that have come by then ask together; those that
 * come later wait for the next question. A read has no effect, so whatever goes wrong it is asked again.
 *
 * Safety: one question is open at a time, and a leader forgets its rounds with its lead. So the round that is confirmed
 * is the one that was asked for, and not one that began before these reads came (RD2).
 */
import { setup } from 'xstate';
import type { ReadIndexEffect } from '../src/core/effect.ts';
import type { RaftState } from '../src/core/raft-state.ts';
import type { Index, NodeId, Term } from '../src/core/types.ts';
import type { ChartMeta } from './meta.types.ts';

export interface ReadIndexContext {
  /** Numbers the questions to leaders: an answer to another one tells nothing (RD2). */
  readonly requestId: number;
  /** Whom the newest of them was put to. */
  readonly leaderId: NodeId | null;
  /** What the state machine has to have seen for the newest of the confirmed reads. Never falls. */
  readonly readIndex: Index;
  /** How long a leader may take to answer, in milliseconds. */
  readonly patienceMs: number;
  /** What a lease takes: how patient followers are, and that leases are on at all; `null`: they are not. */
  readonly leases: Pick<RaftState, 'timing' | 'protocol'> | null;
  /** When the round under way was asked for, on the node's clock. */
  readonly askedMs: number | null;
  /** When the newest confirmed round of this lead was asked for. */
  readonly leaseFromMs: number | null;
}

/** Whom this node can ask right now. */
export interface Askable {
  readonly term: Term;
  /** True for a leader that has committed an entry of its own term (RD1). */
  readonly servesReads: boolean;
  /** Another member that leads, if it can be reached. */
  readonly leaderId: NodeId | null;
  /** On the node's clock. */
  readonly nowMs: number;
}

export type ReadIndexEvent =
  | ({ readonly type: 'reads.gathered' } & Askable)
  | { readonly type: 'round.confirmed'; readonly readIndex: Index }
  | { readonly type: 'leader.answered'; readonly requestId: number; readonly readIndex: Index }
  | { readonly type: 'leader.refused'; readonly requestId: number }
  | { readonly type: 'role.changed' }
  /** This node leads, and begins to hand over. */
  | { readonly type: 'link.closed'; readonly peer: NodeId }
  /** Reads have to see this index; so much is applied here at this moment. */
  | { readonly type: 'reads.confirmed'; readonly readIndex: Index; readonly lastApplied: Index }
  | { readonly type: 'entries.applied'; readonly lastApplied: Index };

export type ReadIndexTag = 'asks' | 'waitsForApplier' | 'holdsLease';

/** What a name is given that stands on an arrow: the arrow's event, whole. */
const event = <Event>(heard: { readonly event: Event }): Event => heard.event;

export const readIndexMachine = setup({
  types: {
    context: {} as ReadIndexContext,
    events: {} as ReadIndexEvent,
    emitted: {} as ReadIndexEffect,
    input: {} as Partial<Pick<ReadIndexContext, 'patienceMs' | 'leases'>> | undefined,
    tags: {} as ReadIndexTag,
    meta: {} as ChartMeta,
  },
  guards: {
    servesReads: (_, _askable: Askable) => false,
    knowsLeader: (_, _askable: Askable) => false,
    answersQuestion: (_, _answer: { requestId: number }) => false,
    isAskedLeader: (_, _link: { peer: NodeId }) => false,
    isReadable: (_, _confirmed: { readIndex: Index; lastApplied: Index }) => true,
    isAllReadable: (_, _applied: { lastApplied: Index }) => false,
    grantsLease: (_, _confirmed: { readIndex: Index }) => true,
  },
  actions: {
    askRound: (_, _askable: Askable) => {},
    askLeader: (_, _askable: Askable) => {},
    confirmReads: (_, _answer: { readIndex: Index }) => {},
    takeReadsBack: () => {},
    recordWait: (_, _confirmed: { readIndex: Index }) => {},
    answerReads: (_, _applied: { lastApplied: Index }) => {},
    recordLease: () => {},
    forgetLease: () => {},
  },
  delays: {
    patience: ({ context }) => context.patienceMs,
    leaseDuration: 250,
  },
}).createMachine({
  id: 'readIndex',
  description: 'What linearizable reads wait for.',
  meta: { rules: ['RD2'] },
  type: 'parallel',
  context: ({ input }) => ({
    requestId: 0,
    leaderId: null,
    readIndex: 0 as Index,
    patienceMs: input?.patienceMs ?? 300,
    leases: input?.leases ?? null,
    askedMs: null,
    leaseFromMs: null,
  }),
  on: {
    'reads.gathered': {},
    'round.confirmed': {},
    'leader.answered': {},
    'leader.refused': {},
    'role.changed': {},
    'link.closed': {},
    'reads.confirmed': {},
    'entries.applied': {},
  },
  states: {
    question: {
      description: 'Which index a read has to see.',
      meta: { rules: ['RD2'] },
      initial: 'idle',
      states: {
        idle: {
          description: 'Nothing is asked; reads that come ask at once, if there is whom to ask.',
          meta: { rules: ['RD4'] },
          on: {
            'reads.gathered': [
              {
                guard: { type: 'servesReads', params: event },
                target: 'askingRound',
                actions: { type: 'askRound', params: event },
              },
              {
                guard: { type: 'knowsLeader', params: event },
                target: 'askingLeader',
                actions: { type: 'askLeader', params: event },
              },
            ],
          },
        },
        askingRound: {
          description: 'A quorum has yet to answer a round that began after these reads came.',
          meta: { rules: ['RD1', 'RD2'] },
          tags: 'asks',
          on: {
            'round.confirmed': {
              target: 'idle',
              actions: { type: 'confirmReads', params: event },
            },
            'role.changed': { target: 'idle', actions: 'takeReadsBack' },
          },
        },
        askingLeader: {
          description: 'The leader has yet to say which index these reads have to see.',
          meta: { rules: ['RD4'] },
          tags: 'asks',
          after: { patience: { target: 'idle', actions: 'takeReadsBack' } },
          on: {
            'leader.answered': {
              guard: { type: 'answersQuestion', params: event },
              target: 'idle',
              actions: { type: 'confirmReads', params: event },
            },
            'leader.refused': {
              guard: { type: 'answersQuestion', params: event },
              target: 'idle',
              actions: 'takeReadsBack',
            },
            'link.closed': {
              guard: { type: 'isAskedLeader', params: event },
              target: 'idle',
              actions: 'takeReadsBack',
            },
            'role.changed': { target: 'idle', actions: 'takeReadsBack' },
          },
        },
      },
    },
    confirmed: {
      description: 'Reads whose index is known.',
      meta: { rules: ['RD3'] },
      initial: 'answered',
      states: {
        answered: {
          description: 'Every confirmed read has been answered.',
          meta: { rules: ['RD3'] },
          on: {
            'reads.confirmed': [
              {
                guard: { type: 'isReadable', params: event },
                actions: { type: 'answerReads', params: event },
              },
              { target: 'waiting', actions: { type: 'recordWait', params: event } },
            ],
          },
        },
        waiting: {
          description: 'The state machine has yet to see what some of them have to see.',
          meta: { rules: ['RD3'] },
          tags: 'waitsForApplier',
          on: {
            'reads.confirmed': [
              {
                guard: { type: 'isReadable', params: event },
                actions: { type: 'answerReads', params: event },
              },
              { actions: { type: 'recordWait', params: event } },
            ],
            'entries.applied': [
              {
                guard: { type: 'isAllReadable', params: event },
                target: 'answered',
                actions: { type: 'answerReads', params: event },
              },
              { actions: { type: 'answerReads', params: event } },
            ],
          },
        },
      },
    },
    lease: {
      description: 'Whether reads may do without a round, since a quorum must still be loyal.',
      meta: { rules: ['RD6', 'RD8'] },
      initial: 'none',
      states: {
        none: {
          description: 'No quorum has confirmed a round of this lead lately, or leases are off.',
          meta: { rules: ['RD6'] },
          on: {
            'round.confirmed': {
              guard: { type: 'grantsLease', params: event },
              target: 'held',
              actions: 'recordLease',
            },
            'role.changed': { actions: 'forgetLease' },
          },
        },
        held: {
          description:
            'A quorum follows for some time yet; the clock is looked at when a read asks.',
          meta: { rules: ['RD6'] },
          tags: 'holdsLease',
          after: { leaseDuration: 'none' },
          on: {
            'round.confirmed': {
              guard: { type: 'grantsLease', params: event },
              target: 'held',
              reenter: true,
              actions: 'recordLease',
            },
            'role.changed': { target: 'none', actions: 'forgetLease' },
          },
        },
      },
    },
  },
});
