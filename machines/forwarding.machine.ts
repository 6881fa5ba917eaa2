/**
 * How many commands a member passes on to a leader that refuses them (SP10). A leader that has too much refuses whole
 * messages, and what was refused is sent again: without a pace a full queue would travel at each look at it, in vain.
 * So a refusal stops everything for a pause, and one message goes first; each that is taken makes room for two.
 */
import { setup } from 'xstate';
import type { Forward } from '../src/core/effect.ts';
import type { ChartMeta } from './meta.types.ts';

export interface ForwardingContext {
  /** So many more messages may go before the next answer. */
  readonly credit: number;
  /** How long the newest refusal stops everything, in milliseconds; 0 once a message was taken. */
  readonly pauseMs: number;
}

export type ForwardingEvent =
  /** A message left; said only where messages count. */
  | { readonly type: 'propose.sent' }
  /** The leader appended what a message held; said only where messages count. */
  | { readonly type: 'propose.taken' }
  | { readonly type: 'propose.refused' }
  | { readonly type: 'role.changed' };

export type ForwardingTag = 'mayForward' | 'countsMessages';

export const forwardingMachine = setup({
  types: {
    context: {} as ForwardingContext,
    events: {} as ForwardingEvent,
    emitted: {} as Forward,
    tags: {} as ForwardingTag,
    meta: {} as ChartMeta,
  },
  guards: {
    spendsLastCredit: () => false,
    earnsTrust: () => false,
  },
  actions: {
    forward: () => {},
    lengthenPause: () => {},
    earnCredit: () => {},
    spendCredit: () => {},
    forget: () => {},
  },
  delays: { pause: 20 },
}).createMachine({
  id: 'forwarding',
  description: 'How many commands are passed on to the leader.',
  meta: { rules: ['SP10'] },
  context: { credit: 0, pauseMs: 0 },
  initial: 'eager',
  on: {
    'propose.sent': {},
    'propose.taken': { target: '.sparing', actions: 'earnCredit' },
    'propose.refused': { target: '.pausing', actions: 'lengthenPause' },
    'role.changed': { target: '.eager', actions: 'forget' },
  },
  states: {
    eager: {
      description: 'Whatever comes is passed on at once, and nothing is counted.',
      meta: { rules: ['SP10'] },
      tags: 'mayForward',
      on: { 'propose.taken': {} },
    },
    pausing: {
      description: 'Nothing is passed on; refusals of what left together are one.',
      meta: { rules: ['SP10'] },
      tags: 'countsMessages',
      after: { pause: 'probing' },
      on: { 'propose.refused': {} },
    },
    probing: {
      description: 'One message may go, to find out whether the leader has room again.',
      meta: { rules: ['SP10'] },
      tags: ['mayForward', 'countsMessages'],
      entry: 'forward',
      on: { 'propose.sent': 'awaiting' },
    },
    awaiting: {
      description: 'The leader has yet to say whether it takes what went last.',
      meta: { rules: ['SP10'] },
      tags: 'countsMessages',
      after: { pause: 'probing' },
    },
    sparing: {
      description: 'The leader takes some: each message that it takes makes room for two.',
      meta: { rules: ['SP10'] },
      tags: ['mayForward', 'countsMessages'],
      on: {
        'propose.sent': [
          { guard: 'spendsLastCredit', target: 'awaiting', actions: 'spendCredit' },
          { actions: 'spendCredit' },
        ],
        'propose.taken': [
          { guard: 'earnsTrust', target: 'eager', actions: 'earnCredit' },
          { actions: 'earnCredit' },
        ],
      },
    },
  },
});
