/** Binds the names of the link chart: what each arrow records and announces, and how long it waits. */
import type { LinkEffect } from '../../src/core/effect.ts';
import {
  CALL_PATIENCE_MS,
  DIAL_BACKOFF_MAX_MS,
  HANDSHAKE_TIMEOUT_MS,
  LIVENESS_INTERVAL_MS,
} from '../../src/core/limits.ts';
import { dialBackoffMs } from '../../src/rules/timing.ts';
import { type LinkContext, type LinkEvent, linkMachine } from '../link.machine.ts';
import { performer } from './perform.ts';

const perform = performer<LinkContext, LinkEvent, LinkEffect>();

const unported = linkMachine.provide({
  guards: {
    isCurrent: ({ context }, { attempt }) => attempt === context.attempt,
    wasCalled: ({ context }) => context.attempt > 0,
  },
  actions: {
    dial: perform(({ peer, attempt }) => ({
      changes: { attempt: attempt + 1 },
      effects: [{ type: 'dial', peer, attempt: attempt + 1 }],
    })),
    checkAlive: perform(({ peer, attempt }) => ({
      changes: {},
      effects: [{ type: 'checkAlive', peer, attempt }],
    })),
    hangUp: perform(({ peer, attempt, failures }, { reason }) => ({
      changes: { failures: failures + 1, reason },
      effects: [{ type: 'hangUp', peer, attempt, reason }],
    })),
    recordFailure: perform(({ failures }, { reason }) => ({
      changes: { failures: failures + 1, reason },
      effects: [],
    })),
    announceOpen: perform(({ peer, attempt }) => ({
      changes: { failures: 0, reason: null },
      effects: [{ type: 'linkOpened', peer, attempt, call: null }],
    })),
    takeCall: perform(({ peer, attempt }, { call }) => ({
      changes: { attempt: attempt + 1, failures: 0, reason: null },
      effects: [{ type: 'linkOpened', peer, attempt: attempt + 1, call }],
    })),
    announceClosed: perform(({ peer, failures }, { reason }) => ({
      changes: { failures: failures + 1, reason },
      effects: [{ type: 'linkClosed', peer, reason }],
    })),
  },
});

export function bindLink(random: () => number): typeof linkMachine {
  return unported.provide({
    delays: {
      dialBackoff: ({ context }) => dialBackoffMs(context.failures, random()),
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      livenessInterval: LIVENESS_INTERVAL_MS,
      callPatience: CALL_PATIENCE_MS,
      refusedBackoff: ({ context }) =>
        dialBackoffMs(16, random()) + Math.min(context.failures, DIAL_BACKOFF_MAX_MS),
    },
  });
}
