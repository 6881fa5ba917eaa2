/** Binds the names of the log-writer chart: how batches are numbered, and what is said of them. */
import { assign } from 'xstate';
import type { LogWriterEffect } from '../../src/core/effect.ts';
import {
  type LogWriterContext,
  type LogWriterEvent,
  logWriterMachine,
} from '../log-writer.machine.ts';
import { performer } from './perform.ts';

const perform = performer<LogWriterContext, LogWriterEvent, LogWriterEffect>();

export const logWriter = logWriterMachine.provide({
  guards: {
    isCurrentAndMoreWaits: ({ context }, { batch }) => batch === context.batch && context.hasMore,
    isCurrent: ({ context }, { batch }) => batch === context.batch,
  },
  actions: {
    recordError: assign((_, { error }) => ({ error })),
    flush: perform(({ batch }) => ({
      changes: { batch: batch + 1, hasMore: false },
      effects: [{ type: 'flushLog', batch: batch + 1 }],
    })),
    gather: assign({ hasMore: true }),
    announceDurable: perform(({ batch }) => ({
      changes: {},
      effects: [{ type: 'logDurable', batch }],
    })),
    announceStall: perform(({ stallTimeoutMs }) => ({
      changes: {},
      effects: [{ type: 'diskStalled', stalledForMs: stallTimeoutMs }],
    })),
    announceRecovery: perform(() => ({ changes: {}, effects: [{ type: 'diskRecovered' }] })),
  },
});
