/**
 * One connection to one peer. Of two members the one with the smaller id dials, the other waits; both
 * then say hello and judge each other's identity before anything else counts (ID1, TR1).
 */
import { setup } from 'xstate';
import type { LinkEffect } from '../src/core/effect.ts';
import type { NodeId } from '../src/core/types.ts';

export interface LinkContext {
  readonly peer: NodeId;
  /** Numbers the connections, inbound and outbound alike; news of another one is stale. */
  readonly attempt: number;
  /** Failures in a row; the wait doubles with each. */
  readonly failures: number;
  /** Why there is no connection; `null` while there is one, and before the first has ended. */
  readonly reason: string | null;
  readonly isDialler: boolean;
}

export type LinkEvent =
  | { readonly type: 'socket.opened'; readonly attempt: number }
  /** The peer's hello was judged and accepted; on the waiting side this is the first news of a call. */
  | { readonly type: 'hello.accepted'; readonly attempt: number }
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
    input: {} as { peer: NodeId; isDialler: boolean } | undefined,
  },
  guards: {
    isDialler: () => true,
    isCurrent: (_, _news: { attempt: number }) => true,
    isNewCall: (_, _news: { attempt: number }) => false,
  },
  actions: {
    dial: () => {},
    checkAlive: () => {},
    hangUp: (_, _why: { reason: string }) => {},
    recordCall: (_, _news: { attempt: number }) => {},
    recordFailure: (_, _why: { reason: string }) => {},
    announceOpen: () => {},
    announceClosed: (_, _why: { reason: string }) => {},
  },
  delays: {
    dialBackoff: 100,
    handshakeTimeout: 2_000,
    refusedBackoff: 1_000,
    livenessInterval: 500,
  },
}).createMachine({
  id: 'link',
  description: 'One connection to one peer, kept up for as long as both live.',
  context: ({ input }) => ({
    peer: input?.peer ?? ('n2' as NodeId),
    attempt: 0,
    failures: 0,
    reason: null,
    isDialler: input?.isDialler ?? true,
  }),
  initial: 'closed',
  on: {
    'hello.accepted': {
      guard: { type: 'isNewCall', params: event },
      target: '.open',
      actions: { type: 'recordCall', params: event },
    },
    'hello.refused': {},
    'socket.opened': {},
    'socket.closed': {},
    'socket.silent': {},
  },
  states: {
    closed: {
      description: 'No connection. The smaller id dials; the other waits to be called.',
      always: { guard: 'isDialler', target: 'dialing' },
    },
    dialing: {
      description: 'Opens a socket to the address that the peer has at this moment.',
      entry: 'dial',
      after: {
        handshakeTimeout: {
          target: 'backingOff',
          actions: [
            { type: 'hangUp', params: { reason: 'no answer to the call' } },
            { type: 'recordFailure', params: { reason: 'no answer to the call' } },
          ],
        },
      },
      on: {
        'socket.opened': {
          guard: { type: 'isCurrent', params: event },
          target: 'handshaking',
        },
        'socket.closed': {
          guard: { type: 'isCurrent', params: event },
          target: 'backingOff',
          actions: { type: 'recordFailure', params: event },
        },
      },
    },
    handshaking: {
      description: 'Both sides say who they are; neither believes anything else yet.',
      after: {
        handshakeTimeout: {
          target: 'backingOff',
          actions: [
            { type: 'hangUp', params: { reason: 'no hello in time' } },
            { type: 'recordFailure', params: { reason: 'no hello in time' } },
          ],
        },
      },
      on: {
        'hello.accepted': {
          guard: { type: 'isCurrent', params: event },
          target: 'open',
        },
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
    },
    open: {
      description: 'Messages flow both ways.',
      entry: 'announceOpen',
      initial: 'listening',
      states: {
        listening: {
          description: 'Whoever has nothing to say still says it, so that a dead line is noticed.',
          after: {
            livenessInterval: { target: 'listening', reenter: true, actions: 'checkAlive' },
          },
        },
      },
      on: {
        'socket.silent': {
          guard: { type: 'isCurrent', params: event },
          target: 'backingOff',
          actions: [
            { type: 'recordFailure', params: event },
            { type: 'announceClosed', params: event },
          ],
        },
        'hello.accepted': {
          guard: { type: 'isNewCall', params: event },
          target: 'open',
          reenter: true,
          actions: [
            { type: 'announceClosed', params: { reason: 'a newer call has taken its place' } },
            { type: 'recordCall', params: event },
          ],
        },
        'socket.closed': {
          guard: { type: 'isCurrent', params: event },
          target: 'backingOff',
          actions: [
            { type: 'recordFailure', params: event },
            { type: 'announceClosed', params: event },
          ],
        },
      },
    },
    backingOff: {
      description:
        'Waits before the next call, longer after each failure, and never in step with others.',
      after: { dialBackoff: 'closed' },
    },
    refused: {
      description:
        'One side does not accept the identity of the other; the reason names the repair.',
      after: { refusedBackoff: 'closed' },
    },
  },
});
