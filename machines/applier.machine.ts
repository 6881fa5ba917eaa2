/** Hands committed entries to the state machine, in order, one batch at a time (§3.5). */
import { setup } from 'xstate';
import type { ApplierEffect } from '../src/core/effect.ts';
import type { Index } from '../src/core/types.ts';
import type { ChartMeta } from './meta.types.ts';

export interface ApplierContext {
  /** Invariant: `lastApplied <= commitIndex`; neither falls (CM4). */
  readonly lastApplied: Index;
  readonly commitIndex: Index;
  /** What the state machine threw; `null` while it has not. */
  readonly error: unknown;
}

export type ApplierEvent =
  | { readonly type: 'commit.advanced'; readonly commitIndex: Index }
  | { readonly type: 'apply.completed'; readonly throughIndex: Index }
  | { readonly type: 'apply.failed'; readonly error: unknown }
  /** The log begins anew behind a snapshot: what it holds is to take the place of the state. */
  | { readonly type: 'restore.requested' }
  | { readonly type: 'restore.completed'; readonly throughIndex: Index };

/** What a name is given that stands on an arrow: the arrow's event, whole. */
const event = <Event>(heard: { readonly event: Event }): Event => heard.event;

export const applierMachine = setup({
  types: {
    context: {} as ApplierContext,
    events: {} as ApplierEvent,
    emitted: {} as ApplierEffect,
    input: {} as { lastApplied: Index } | undefined,
    output: {} as { error: unknown },
    meta: {} as ChartMeta,
  },
  guards: { isAllApplied: (_, _done: { throughIndex: Index }) => true },
  actions: {
    recordCommit: (_, _news: { commitIndex: Index }) => {},
    recordApplied: (_, _done: { throughIndex: Index }) => {},
    applyNext: () => {},
    restore: () => {},
    recordError: (_, _failure: { error: unknown }) => {},
  },
}).createMachine({
  id: 'applier',
  description: 'Applies committed entries in order.',
  meta: { rules: ['CM4'] },
  context: ({ input }) => ({
    lastApplied: input?.lastApplied ?? (0 as Index),
    commitIndex: input?.lastApplied ?? (0 as Index),
    error: null,
  }),
  initial: 'idle',
  output: ({ context }) => ({ error: context.error }),
  on: {
    'restore.requested': {},
    'restore.completed': {},
    'apply.failed': { target: '.failed', actions: { type: 'recordError', params: event } },
  },
  states: {
    idle: {
      description: 'Everything committed is applied.',
      meta: { rules: ['CM4'] },
      on: {
        'commit.advanced': {
          target: 'applying',
          actions: { type: 'recordCommit', params: event },
        },
        'apply.completed': {},
        'restore.requested': 'restoring',
      },
    },
    applying: {
      description: 'The state machine works on one batch.',
      meta: { rules: ['CM4'] },
      entry: 'applyNext',
      on: {
        'commit.advanced': { actions: { type: 'recordCommit', params: event } },
        'restore.requested': 'finishing',
        'apply.completed': [
          {
            guard: { type: 'isAllApplied', params: event },
            target: 'idle',
            actions: { type: 'recordApplied', params: event },
          },
          {
            target: 'applying',
            reenter: true,
            actions: { type: 'recordApplied', params: event },
          },
        ],
      },
    },
    finishing: {
      description: 'The batch with the state machine is the last before its state is replaced.',
      meta: { rules: ['IS3'] },
      on: {
        'commit.advanced': { actions: { type: 'recordCommit', params: event } },
        'apply.completed': {
          target: 'restoring',
          actions: { type: 'recordApplied', params: event },
        },
      },
    },
    restoring: {
      description: 'The state of a snapshot takes the place of the old one.',
      meta: { rules: ['IS3'] },
      entry: 'restore',
      on: {
        'commit.advanced': { actions: { type: 'recordCommit', params: event } },
        'apply.completed': {},
        'restore.completed': [
          {
            guard: { type: 'isAllApplied', params: event },
            target: 'idle',
            actions: { type: 'recordApplied', params: event },
          },
          { target: 'applying', actions: { type: 'recordApplied', params: event } },
        ],
      },
    },
    failed: {
      description: 'The state machine threw: applying on would let replicas diverge.',
      meta: { rules: ['CM4', 'EM1'] },
      type: 'final',
    },
  },
});
