/** Binds the names of the forwarding chart: how long it pauses, and how fast trust in the leader grows (SP10). */
import { assign, emit } from 'xstate';
import type { Forward } from '../../src/core/effect.ts';
import { FORWARD_PAUSE_MS, FORWARDS_COUNTED_MAX } from '../../src/core/limits.ts';
import {
  type ForwardingContext,
  type ForwardingEvent,
  forwardingMachine,
} from '../forwarding.machine.ts';
import { performer } from './perform.ts';

const perform = performer<ForwardingContext, ForwardingEvent, Forward>();

export const forwarding = forwardingMachine.provide({
  guards: {
    spendsLastCredit: ({ context }) => context.credit <= 1,
    earnsTrust: ({ context }) => context.credit + 2 >= FORWARDS_COUNTED_MAX,
  },
  actions: {
    forward: emit({ type: 'forward' }),
    lengthenPause: assign(({ context }) => ({
      credit: 0,
      pauseMs: Math.min(
        Math.max(context.pauseMs * 2, FORWARD_PAUSE_MS.first),
        FORWARD_PAUSE_MS.max,
      ),
    })),
    earnCredit: perform(({ credit }) => ({
      changes: { credit: credit + 2, pauseMs: 0 },
      effects: [{ type: 'forward' }],
    })),
    spendCredit: assign(({ context }) => ({ credit: context.credit - 1 })),
    forget: perform(() => ({
      changes: { credit: 0, pauseMs: 0 },
      effects: [{ type: 'forward' }],
    })),
  },
  delays: { pause: ({ context }) => pauseOf(context) },
});

function pauseOf({ pauseMs }: ForwardingContext): number {
  return Math.max(pauseMs, FORWARD_PAUSE_MS.first);
}
