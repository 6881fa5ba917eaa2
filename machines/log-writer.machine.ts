/**
 * The order to the disk: one synced batch under way, everything that comes meanwhile gathers for the next
 * (group commit). No timers set the pace, the disk does. A failed write is never tried again (ST9).
 */
import { setup } from 'xstate';
import type { LogWriterEffect } from '../src/core/effect.ts';
import type { ChartMeta } from './meta.types.ts';

export interface LogWriterContext {
  /** Numbers the batches; a completion of another one is stale. */
  readonly batch: number;
  /** Something was asked for since the batch under way began. */
  readonly hasMore: boolean;
  readonly stallTimeoutMs: number;
  /** Why a write failed; `null` while none has. */
  readonly error: unknown;
}

export type LogWriterEvent =
  | { readonly type: 'write.requested' }
  | { readonly type: 'write.completed'; readonly batch: number }
  | { readonly type: 'write.failed'; readonly error: unknown };

/** What a name is given that stands on an arrow: the arrow's event, whole. */
const event = <Event>(heard: { readonly event: Event }): Event => heard.event;

export const logWriterMachine = setup({
  types: {
    context: {} as LogWriterContext,
    events: {} as LogWriterEvent,
    emitted: {} as LogWriterEffect,
    input: {} as { stallTimeoutMs: number } | undefined,
    output: {} as { error: unknown },
    meta: {} as ChartMeta,
  },
  guards: {
    isCurrentAndMoreWaits: (_, _done: { batch: number }) => false,
    isCurrent: (_, _done: { batch: number }) => true,
  },
  actions: {
    flush: () => {},
    gather: () => {},
    announceDurable: () => {},
    announceStall: () => {},
    announceRecovery: () => {},
    recordError: (_, _failure: { error: unknown }) => {},
  },
  delays: { stallTimeout: ({ context }) => context.stallTimeoutMs },
}).createMachine({
  id: 'logWriter',
  description: 'Group commit: one synced write at a time.',
  meta: { rules: ['PS6'] },
  context: ({ input }) => ({
    batch: 0,
    hasMore: false,
    stallTimeoutMs: input?.stallTimeoutMs ?? 2_000,
    error: null,
  }),
  initial: 'idle',
  output: ({ context }) => ({ error: context.error }),
  on: {
    'write.failed': { target: '.failed', actions: { type: 'recordError', params: event } },
  },
  states: {
    idle: {
      description: 'Everything asked for is on disk.',
      meta: { rules: ['PS6'] },
      on: { 'write.requested': 'writing', 'write.completed': {} },
    },
    writing: {
      description: 'A synced batch is under way.',
      meta: { rules: ['PS4', 'PS6'] },
      entry: 'flush',
      initial: 'prompt',
      on: {
        'write.requested': { actions: 'gather' },
        'write.completed': [
          {
            guard: { type: 'isCurrentAndMoreWaits', params: event },
            target: 'writing',
            reenter: true,
            actions: 'announceDurable',
          },
          {
            guard: { type: 'isCurrent', params: event },
            target: 'idle',
            actions: 'announceDurable',
          },
        ],
      },
      states: {
        prompt: {
          description: 'Within the time that a healthy disk takes.',
          meta: { rules: ['PS6'] },
          after: { stallTimeout: 'stalled' },
        },
        stalled: {
          description: 'The disk hangs; a leader gives up its lead.',
          meta: { rules: ['PS8'] },
          entry: 'announceStall',
          on: {
            'write.completed': [
              {
                guard: { type: 'isCurrentAndMoreWaits', params: event },
                target: 'prompt',
                actions: ['announceRecovery', 'announceDurable', 'flush'],
              },
              {
                guard: { type: 'isCurrent', params: event },
                target: '#logWriter.idle',
                actions: ['announceRecovery', 'announceDurable'],
              },
            ],
          },
        },
      },
    },
    failed: {
      description: 'A write failed: what is on disk is unknown, and the node halts.',
      meta: { rules: ['PS7', 'ST9'] },
      type: 'final',
    },
  },
});
