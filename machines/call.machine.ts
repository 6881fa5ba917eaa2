/**
 * One call by somebody, from its first byte to the moment when its messages count. Who it is its hello says; whether to
 * believe it `src/rules/identity.ts` decides, and nothing counts before what it proves is on disk (ID1). What the caller
 * says meanwhile is kept beside the chart and heard in order once the link is open. The dialler's half is `link.machine.ts`.
 */
import { setup } from 'xstate';
import type { CallEffect } from '../src/core/effect.ts';
import type { Hello } from '../src/core/hello.ts';
import type { ChartMeta } from './meta.types.ts';

export interface CallContext {
  /** Numbers the calls of this node's life. */
  readonly call: number;
}

export type CallEvent =
  | { readonly type: 'hello.received'; readonly hello: Hello }
  /** It said something else; what it said lies beside the chart. */
  | { readonly type: 'message.received' }
  | { readonly type: 'socket.closed' }
  /** The hello was judged and accepted, and what it proves is on disk. */
  | { readonly type: 'hello.believed'; readonly hello: Hello }
  /** `said` is what the caller is told. */
  | { readonly type: 'hello.refused'; readonly said: string }
  /** It is on disk that the caller may know this start: `answer` may be said. */
  | { readonly type: 'answer.ready'; readonly hello: Hello; readonly answer: Hello };

type Received<Type extends CallEvent['type']> = Extract<CallEvent, { type: Type }>;

/** What a name is given that stands on an arrow: the arrow's event, whole. */
const event = <Event>(heard: { readonly event: Event }): Event => heard.event;

export const callMachine = setup({
  types: {
    context: {} as CallContext,
    events: {} as CallEvent,
    emitted: {} as CallEffect,
    input: {} as { call: number } | undefined,
    meta: {} as ChartMeta,
  },
  actions: {
    judge: (_, _heard: Received<'hello.received'>) => {},
    introduce: (_, _believed: Received<'hello.believed'>) => {},
    admit: (_, _ready: Received<'answer.ready'>) => {},
    hangUp: (_, _why: { reason: string }) => {},
    refuse: (_, _refusal: Received<'hello.refused'>) => {},
    announceEnd: () => {},
  },
  delays: { helloTimeout: 2_000 },
}).createMachine({
  id: 'call',
  description: 'One call by somebody, until its messages count or it has ended.',
  meta: { rules: ['ID1', 'ID8'] },
  context: ({ input }) => ({ call: input?.call ?? 1 }),
  initial: 'expecting',
  on: {
    'socket.closed': { target: '.ended', meta: { rules: ['ID8'] } },
    'hello.believed': {},
    'hello.refused': {},
    'answer.ready': {},
  },
  states: {
    expecting: {
      description:
        'Nobody yet: a caller that does not say who it is, or that says anything else first, is hung up.',
      meta: { rules: ['TR1', 'ID8'] },
      after: {
        helloTimeout: {
          target: 'ended',
          actions: { type: 'hangUp', params: { reason: 'no hello in time' } },
        },
      },
      on: {
        'hello.received': { target: 'deciding', actions: { type: 'judge', params: event } },
        'message.received': {
          target: 'ended',
          actions: { type: 'hangUp', params: { reason: 'a message before the hello' } },
        },
      },
    },
    deciding: {
      description: 'What it says meanwhile waits beside the chart, bounded.',
      meta: { rules: ['ID1'] },
      initial: 'judging',
      on: {
        'message.received': {},
        'hello.received': {
          target: 'ended',
          actions: { type: 'hangUp', params: { reason: 'a second hello' } },
          meta: { rules: ['TR1'] },
        },
      },
      states: {
        judging: {
          description:
            'Is it the directory that was met before, and no older copy? What it proves goes to disk.',
          meta: { rules: ['ID1', 'ID2', 'ID3', 'ID5', 'ID7'] },
          on: {
            'hello.believed': {
              target: 'introducing',
              actions: { type: 'introduce', params: event },
            },
            'hello.refused': {
              target: '#call.ended',
              actions: { type: 'refuse', params: event },
              meta: { rules: ['ID9'] },
            },
          },
        },
        introducing: {
          description: 'That the caller may know this start goes to disk before it is told.',
          meta: { rules: ['ID6'] },
          on: {
            'answer.ready': {
              target: '#call.admitted',
              actions: { type: 'admit', params: event },
            },
          },
        },
      },
    },
    admitted: {
      description: 'The link of the caller has the connection from here on.',
      meta: { rules: ['ID1', 'LR16'] },
      type: 'final',
      entry: 'announceEnd',
    },
    ended: {
      description: 'The caller has gone, or was sent away.',
      meta: { rules: ['ID8'] },
      type: 'final',
      entry: 'announceEnd',
    },
  },
});
