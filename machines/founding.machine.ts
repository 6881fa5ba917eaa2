/**
 * How so many nodes that start together found one cluster, though none is told who goes first. It decides when a node asks, when
 * it writes and when it is done; what is to be written `src/rules/founding.ts` says. It runs before there is a node, until there is
 * a foundation, which it tells from then on, or a cluster that is to be joined.
 */
import { setup } from 'xstate';
import type { FoundingEffect } from '../src/core/effect.ts';
import type { FoundingState, FoundingWord } from '../src/core/founding.ts';
import type { NodeId } from '../src/core/types.ts';
import type { FoundingProgress } from '../src/rules/founding-progress.ts';
import type { ChartMeta } from './meta.types.ts';

export interface FoundingContext extends FoundingProgress {
  /** Why the disk failed; `null` while it has not. */
  readonly error: unknown;
}

export type FoundingEvent =
  | { readonly type: 'word.heard'; readonly word: FoundingWord }
  /** A member of a cluster that runs was asked. */
  | { readonly type: 'cluster.met'; readonly clusterId: string }
  /** What was to be written is on disk. */
  | { readonly type: 'founding.stored'; readonly state: FoundingState }
  | { readonly type: 'founding.unstored'; readonly error: unknown };

type Heard<Type extends FoundingEvent['type']> = Extract<FoundingEvent, { type: Type }>;

/** What a name is given that stands on an arrow: the arrow's event, whole. */
const event = <Event>(heard: { readonly event: Event }): Event => heard.event;

export const foundingMachine = setup({
  types: {
    context: {} as FoundingContext,
    events: {} as FoundingEvent,
    emitted: {} as FoundingEffect,
    input: {} as { own: FoundingWord } | undefined,
    output: {} as FoundingContext,
    meta: {} as ChartMeta,
  },
  guards: {
    isMoreToStore: (_, _heard: Heard<'word.heard'>) => true,
    tellsOfCluster: (_, _heard: Heard<'word.heard'>) => true,
    isFoundation: (_, _stored: Heard<'founding.stored'>) => true,
    isOwnProposal: (_, _stored: Heard<'founding.stored'>) => true,
    isPromise: (_, _stored: Heard<'founding.stored'>) => true,
    isOutOfPatience: () => true,
  },
  actions: {
    ask: () => {},
    countQuestion: () => {},
    recordWord: (_, _heard: Heard<'word.heard'>) => {},
    recordCluster: (_, _met: Heard<'cluster.met'>) => {},
    store: () => {},
    recordStored: (_, _stored: Heard<'founding.stored'>) => {},
    recordError: (_, _failure: Heard<'founding.unstored'>) => {},
  },
  delays: { questionPause: 250, newsPause: 5_000 },
}).createMachine({
  id: 'founding',
  description: 'How so many nodes that start together found one cluster.',
  meta: { rules: ['FO1', 'FO10'] },
  context: ({ input }) => ({
    own: input?.own ?? {
      cluster: '',
      expected: 3,
      self: { id: 'n1' as NodeId, incarnation: '0', address: 'localhost:4200' },
      state: { round: 0, promised: null, foundation: null },
    },
    heard: [],
    asked: 0,
    promisedAt: 0,
    met: null,
    error: null,
  }),
  initial: 'storing',
  output: ({ context }) => context,
  on: {
    'word.heard': { actions: { type: 'recordWord', params: event } },
    'cluster.met': { actions: { type: 'recordCluster', params: event } },
    'founding.stored': {},
    'founding.unstored': {},
  },
  states: {
    storing: {
      description: 'What it is to say next goes to disk before it is said, at first who it is.',
      meta: { rules: ['FO1'] },
      entry: 'store',
      on: {
        'founding.stored': [
          {
            guard: { type: 'isFoundation', params: event },
            target: 'founded',
            actions: { type: 'recordStored', params: event },
          },
          {
            guard: { type: 'isOwnProposal', params: event },
            target: 'proposing',
            actions: { type: 'recordStored', params: event },
          },
          {
            guard: { type: 'isPromise', params: event },
            target: 'promised',
            actions: { type: 'recordStored', params: event },
          },
          { target: 'gathering', actions: { type: 'recordStored', params: event } },
        ],
        'founding.unstored': {
          target: 'failed',
          actions: { type: 'recordError', params: event },
        },
      },
    },
    gathering: {
      description: 'Free: too few are known, or a lower one is to propose.',
      meta: { rules: ['FO2', 'FO3'] },
      entry: 'ask',
      after: { questionPause: { target: 'gathering', reenter: true, actions: 'countQuestion' } },
      on: {
        'word.heard': [
          {
            guard: { type: 'isMoreToStore', params: event },
            target: 'storing',
            actions: { type: 'recordWord', params: event },
          },
          {
            guard: { type: 'tellsOfCluster', params: event },
            target: 'late',
            actions: { type: 'recordWord', params: event },
          },
          { actions: { type: 'recordWord', params: event } },
        ],
        'cluster.met': { target: 'late', actions: { type: 'recordCluster', params: event } },
      },
    },
    proposing: {
      description: 'The lowest of those that it knows: it founds once all of them have promised.',
      meta: { rules: ['FO4', 'FO6'] },
      entry: 'ask',
      after: {
        questionPause: [
          { guard: 'isOutOfPatience', target: 'storing', meta: { rules: ['FO4'] } },
          { target: 'proposing', reenter: true, actions: 'countQuestion' },
        ],
      },
      on: {
        'word.heard': [
          {
            guard: { type: 'isMoreToStore', params: event },
            target: 'storing',
            actions: { type: 'recordWord', params: event },
          },
          { actions: { type: 'recordWord', params: event } },
        ],
      },
    },
    promised: {
      description: 'To one founder: until that one has founded, or takes its proposal back.',
      meta: { rules: ['FO5', 'FO7'] },
      entry: 'ask',
      after: { questionPause: { target: 'promised', reenter: true, actions: 'countQuestion' } },
      on: {
        'word.heard': [
          {
            guard: { type: 'isMoreToStore', params: event },
            target: 'storing',
            actions: { type: 'recordWord', params: event },
          },
          { actions: { type: 'recordWord', params: event } },
        ],
      },
    },
    founded: {
      description: 'It is a member of the cluster, for good, and goes on telling the others.',
      meta: { rules: ['FO6', 'FO7', 'FO10'] },
      entry: 'ask',
      after: { newsPause: { target: 'founded', reenter: true, actions: 'countQuestion' } },
    },
    late: {
      description: 'There is a cluster without it: it founds none, and is to join that one.',
      meta: { rules: ['FO8'] },
      type: 'final',
    },
    failed: {
      description: 'The disk failed: what it holds is unknown, and nothing more is said.',
      meta: { rules: ['PS7'] },
      type: 'final',
    },
  },
});
