/**
 * One connection to one peer. Of two members the one with the smaller id dials, the other waits to be called; both
 * then say hello and judge each other's identity before anything else counts (ID1, TR1).
 */
import { setup } from 'xstate';
import type { LinkEffect } from '../src/core/effect.ts';
import type { NodeId } from '../src/core/types.ts';
import type { ChartMeta } from './meta.types.ts';

export interface LinkContext {
  readonly peer: NodeId;
  /** Numbers the connections, inbound and outbound alike; news of another one is stale. */
  readonly attempt: number;
  /** Failures in a row; the wait doubles with each. */
  readonly failures: number;
  /** Why there is no connection; `null` while there is one, and before the first has ended. */
  readonly reason: string | null;
}

export type LinkEvent =
  /** Of the two this side dials: it has the smaller id, or the other may not know it yet. */
  | { readonly type: 'dial' }
  /** The socket is open, and once it was on disk that the peer may know this start, our hello has left. */
  | { readonly type: 'hello.sent'; readonly attempt: number }
  /** The hello with which the peer answered was judged and accepted. */
  | { readonly type: 'hello.accepted'; readonly attempt: number }
  /** The peer calls, and its call was admitted. */
  | { readonly type: 'call.admitted'; readonly call: number }
  | { readonly type: 'hello.refused'; readonly attempt: number; readonly reason: string }
  | { readonly type: 'socket.closed'; readonly attempt: number; readonly reason: string }
  /** Nothing was heard for several checks in a row, although the socket looks open. */
  | { readonly type: 'socket.silent'; readonly attempt: number; readonly reason: string };

/** What a name is given that stands on an arrow: the arrow's event, whole. */
const event = <Event>(heard: { readonly event: Event }): Event => heard.event;

export const linkMachine = setup({
  types: {
    context: {} as LinkContext,
    events: {} as LinkEvent,
    emitted: {} as LinkEffect,
    input: {} as { peer: NodeId } | undefined,
    meta: {} as ChartMeta,
  },
  guards: {
    isCurrent: (_, _news: { attempt: number }) => true,
    wasCalled: () => true,
  },
  actions: {
    dial: () => {},
    checkAlive: () => {},
    hangUp: (_, _why: { reason: string }) => {},
    recordFailure: (_, _why: { reason: string }) => {},
    announceOpen: () => {},
    takeCall: (_, _admitted: { call: number }) => {},
    announceClosed: (_, _why: { reason: string }) => {},
  },
  delays: {
    dialBackoff: 100,
    handshakeTimeout: 2_000,
    refusedBackoff: 1_000,
    livenessInterval: 500,
    callPatience: 1_000,
  },
}).createMachine({
  id: 'link',
  description: 'One connection to one peer, kept up for as long as both live.',
  meta: { rules: ['LR15', 'LR16'] },
  context: ({ input }) => ({
    peer: input?.peer ?? ('n2' as NodeId),
    attempt: 0,
    failures: 0,
    reason: null,
  }),
  initial: 'listener',
  on: {
    dial: {},
    'hello.accepted': {},
    'hello.refused': {},
    'hello.sent': {},
    'socket.closed': {},
    'socket.silent': {},
  },
  states: {
    listener: {
      description: 'Has the larger id of the two: waits to be called.',
      meta: { rules: ['LR15'] },
      initial: 'closed',
      on: { dial: 'dialler' },
      states: {
        closed: {
          description:
            'No connection. Whoever has called and does not any more may have removed this node: it is called.',
          meta: { rules: ['LR15', 'MC11'] },
          after: { callPatience: { guard: 'wasCalled', target: '#link.dialler' } },
          on: {
            'call.admitted': { target: 'open', actions: { type: 'takeCall', params: event } },
          },
        },
        open: {
          description: 'Messages flow both ways; a dead line is noticed by its silence.',
          meta: { rules: ['LR17'] },
          after: { livenessInterval: { target: 'open', reenter: true, actions: 'checkAlive' } },
          on: {
            dial: {},
            'call.admitted': {
              target: 'open',
              reenter: true,
              actions: [
                {
                  type: 'announceClosed',
                  params: { reason: 'a newer call has taken its place' },
                },
                { type: 'takeCall', params: event },
              ],
            },
            'socket.closed': {
              guard: { type: 'isCurrent', params: event },
              target: 'closed',
              actions: { type: 'announceClosed', params: event },
            },
            'socket.silent': {
              guard: { type: 'isCurrent', params: event },
              target: 'closed',
              actions: { type: 'announceClosed', params: event },
            },
          },
        },
      },
    },
    dialler: {
      description: 'Has the smaller id of the two: calls again and again.',
      meta: { rules: ['LR15'] },
      initial: 'connecting',
      on: {
        'call.admitted': { target: '.open', actions: { type: 'takeCall', params: event } },
      },
      states: {
        connecting: {
          description: 'One call, from its first packet to a hello that is accepted.',
          meta: { rules: ['LR15'] },
          initial: 'dialing',
          after: {
            handshakeTimeout: {
              target: 'backingOff',
              actions: { type: 'hangUp', params: { reason: 'no hello in time' } },
            },
          },
          on: {
            'hello.refused': {
              guard: { type: 'isCurrent', params: event },
              target: 'refused',
              actions: { type: 'recordFailure', params: event },
            },
            'socket.closed': {
              guard: { type: 'isCurrent', params: event },
              target: 'backingOff',
              actions: { type: 'recordFailure', params: event },
            },
          },
          states: {
            dialing: {
              description:
                'Opens a socket to the address that the peer has at this moment, and says hello.',
              meta: { rules: ['LR15'] },
              entry: 'dial',
              on: {
                'hello.sent': {
                  guard: { type: 'isCurrent', params: event },
                  target: 'handshaking',
                },
              },
            },
            handshaking: {
              description: 'Both sides say who they are; neither believes anything else yet.',
              meta: { rules: ['ID1', 'ID6', 'TR1'] },
              on: {
                'hello.accepted': {
                  guard: { type: 'isCurrent', params: event },
                  target: '#link.dialler.open',
                  actions: 'announceOpen',
                },
              },
            },
          },
        },
        open: {
          description: 'Messages flow both ways; a dead line is noticed by its silence.',
          meta: { rules: ['LR17'] },
          after: { livenessInterval: { target: 'open', reenter: true, actions: 'checkAlive' } },
          on: {
            'call.admitted': {
              target: 'open',
              reenter: true,
              actions: [
                {
                  type: 'announceClosed',
                  params: { reason: 'a newer call has taken its place' },
                },
                { type: 'takeCall', params: event },
              ],
            },
            'socket.closed': {
              guard: { type: 'isCurrent', params: event },
              target: 'backingOff',
              actions: { type: 'announceClosed', params: event },
            },
            'socket.silent': {
              guard: { type: 'isCurrent', params: event },
              target: 'backingOff',
              actions: { type: 'announceClosed', params: event },
            },
          },
        },
        backingOff: {
          description:
            'Waits before the next call, longer after each failure, and never in step with others.',
          meta: { rules: ['LR15'] },
          after: { dialBackoff: 'connecting' },
        },
        refused: {
          description:
            'One side does not accept the identity of the other; the reason names the repair.',
          meta: { rules: ['OP3'] },
          after: { refusedBackoff: 'connecting' },
        },
      },
    },
  },
});
