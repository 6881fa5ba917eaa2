/**
 * A leader's view of one peer (§3.5, §10.2.2): probe until both logs are known to agree somewhere, then
 * stream, with a bound on what is under way. It lives as long as one leadership.
 */
import { setup } from 'xstate';
import type { ReplicationEffect } from '../src/core/effect.ts';
import type { ReplicationState } from '../src/core/replication-state.ts';
import type { ReplicationLesson } from '../src/rules/progress.ts';
import type { ChartMeta } from './meta.types.ts';
import type { ReplicationEvent } from './replication.types.ts';

type Received<Type extends ReplicationEvent['type']> = Extract<ReplicationEvent, { type: Type }>;

/** What a name is given that stands on an arrow: the arrow's event, whole. */
const event = <Event>(heard: { readonly event: Event }): Event => heard.event;

export const replicationMachine = setup({
  types: {
    context: {} as ReplicationState,
    events: {} as ReplicationEvent,
    emitted: {} as ReplicationEffect,
    input: {} as ReplicationState | undefined,
    meta: {} as ChartMeta,
  },
  guards: {
    isOfHeartbeat: (_, _answer: Received<'append.accepted'>) => false,
    isLate: (_, _answer: Received<'append.accepted'>) => false,
    isOpenProbe: (_, _answer: Received<'append.rejected'>) => true,
    isOpenAppend: (_, _answer: Received<'append.rejected'>) => true,
    isOpenProbeBelowBase: (_, _answer: Received<'append.rejected'>) => false,
    isOpenAppendBelowBase: (_, _answer: Received<'append.rejected'>) => false,
    losesNext: (_, _news: Received<'log.compacted'>) => false,
    leavesBaseLacked: (_, _answer: Received<'append.accepted'>) => false,
    leavesMore: (_, _news: ReplicationLesson) => false,
    leavesNoRoom: (_, _news: ReplicationLesson) => false,
    leavesUnanswered: (_, _news: ReplicationLesson) => false,
    leavesCommitAwaited: (_, _news: ReplicationLesson) => false,
    leavesCommitUntold: (_, _news: ReplicationLesson) => false,
  },
  actions: {
    probe: () => {},
    probeAgain: () => {},
    sendEntries: () => {},
    heartbeat: () => {},
    tellAwaited: () => {},
    learn: (_, _news: ReplicationLesson) => {},
    recordAcceptance: (_, _answer: Received<'append.accepted'>) => {},
    recordContact: (_, _answer: { round: number }) => {},
    backtrack: (_, _answer: Received<'append.rejected'>) => {},
    offerSnapshot: () => {},
    restart: () => {},
    reportStall: () => {},
  },
  delays: { progressTimeout: 2_000, commitNoticeDelay: 10 },
}).createMachine({
  id: 'replication',
  description: 'What a leader knows of one peer, and what it sends it next.',
  meta: { rules: ['LR4', 'LR5'] },
  context: ({ input }) =>
    input ??
    ({
      peer: 'n2',
      term: 1,
      matchIndex: 0,
      nextIndex: 1,
      baseIndex: 0,
      lastIndex: 1,
      commitIndex: 0,
      commitIndexSent: 0,
      awaitedIndex: 0,
      round: 0,
      inflight: [],
      inflightBytes: 0,
      limits: {
        messageBytesMax: 1_048_576,
        inflightMessagesMax: 256,
        inflightBytesMax: 16_777_216,
      },
    } as unknown as ReplicationState),
  initial: 'probe',
  on: {
    'log.grew': { actions: { type: 'learn', params: event } },
    'commit.advanced': { actions: { type: 'learn', params: event } },
    'log.compacted': { actions: { type: 'learn', params: event } },
    'round.began': {
      actions: [{ type: 'learn', params: event }, 'heartbeat'],
      meta: { rules: ['RD2'] },
    },
    'heartbeat.due': { actions: 'heartbeat' },
    'peer.waits': { actions: { type: 'learn', params: event } },
    'link.opened': { target: '.probe', actions: 'restart', meta: { rules: ['LR12'] } },
    'link.closed': { target: '.probe.postponed', actions: 'restart', meta: { rules: ['LR12'] } },
    'entries.sent': {},
    'entries.outdated': {},
    'entries.dropped': {},
  },
  states: {
    probe: {
      description: 'Looks for the last entry on which both logs agree.',
      meta: { rules: ['LR10'] },
      initial: 'asking',
      on: {
        'append.accepted': [
          {
            guard: { type: 'isOfHeartbeat', params: event },
            actions: { type: 'recordAcceptance', params: event },
          },
          {
            guard: { type: 'leavesMore', params: event },
            target: 'replicate.sending',
            actions: { type: 'recordAcceptance', params: event },
          },
          {
            guard: { type: 'leavesCommitAwaited', params: event },
            target: 'replicate.caughtUp',
            actions: [{ type: 'recordAcceptance', params: event }, 'heartbeat'],
          },
          {
            guard: { type: 'leavesCommitUntold', params: event },
            target: 'replicate.owing',
            actions: { type: 'recordAcceptance', params: event },
          },
          { target: 'replicate', actions: { type: 'recordAcceptance', params: event } },
        ],
        'log.compacted': [
          {
            guard: { type: 'losesNext', params: event },
            target: 'snapshot',
            actions: { type: 'learn', params: event },
          },
          { actions: { type: 'learn', params: event } },
        ],
        'append.rejected': [
          {
            guard: { type: 'isOpenProbeBelowBase', params: event },
            target: 'snapshot',
            actions: { type: 'backtrack', params: event },
            meta: { rules: ['LR20'] },
          },
          {
            guard: { type: 'isOpenProbe', params: event },
            target: '.asking',
            actions: { type: 'backtrack', params: event },
            meta: { rules: ['LR7'] },
          },
          { actions: { type: 'recordContact', params: event } },
        ],
      },
      states: {
        asking: {
          description: 'One question at a time; asked again, without entries, at each heartbeat.',
          meta: { rules: ['LR10'] },
          entry: 'probe',
          on: {
            'heartbeat.due': { actions: 'probeAgain' },
            'commit.advanced': [
              {
                guard: { type: 'leavesCommitAwaited', params: event },
                actions: [{ type: 'learn', params: event }, 'tellAwaited'],
                meta: { rules: ['LR13'] },
              },
              { actions: { type: 'learn', params: event } },
            ],
            'entries.dropped': 'postponed',
          },
        },
        postponed: {
          description: 'The link took nothing; the next heartbeat or its opening asks again.',
          meta: { rules: ['LR12'] },
          on: { 'heartbeat.due': 'asking' },
        },
      },
    },
    snapshot: {
      description:
        'What the peer lacks next only a snapshot holds: it is offered until it is there.',
      meta: { rules: ['LR20', 'LR21'] },
      entry: 'offerSnapshot',
      on: {
        'heartbeat.due': { actions: ['heartbeat', 'offerSnapshot'] },
        'append.rejected': { actions: { type: 'recordContact', params: event } },
        'append.accepted': [
          {
            guard: { type: 'leavesBaseLacked', params: event },
            actions: { type: 'recordAcceptance', params: event },
          },
          {
            guard: { type: 'leavesMore', params: event },
            target: 'replicate.sending',
            actions: { type: 'recordAcceptance', params: event },
            meta: { rules: ['LR21'] },
          },
          { target: 'replicate.owing', actions: { type: 'recordAcceptance', params: event } },
        ],
      },
    },
    replicate: {
      description: 'Both logs agree up to matchIndex; entries are streamed ahead of the answers.',
      meta: { rules: ['LR10', 'LR11'] },
      initial: 'caughtUp',
      on: {
        'entries.sent': { actions: { type: 'learn', params: event } },
        'entries.dropped': {
          target: 'probe.postponed',
          actions: 'restart',
          meta: { rules: ['LR12'] },
        },
        'append.accepted': { actions: { type: 'recordAcceptance', params: event } },
        'log.compacted': [
          {
            guard: { type: 'losesNext', params: event },
            target: 'snapshot',
            actions: { type: 'learn', params: event },
          },
          { actions: { type: 'learn', params: event } },
        ],
        'append.rejected': [
          {
            guard: { type: 'isOpenAppendBelowBase', params: event },
            target: 'snapshot',
            actions: { type: 'backtrack', params: event },
            meta: { rules: ['LR20'] },
          },
          {
            guard: { type: 'isOpenAppend', params: event },
            target: 'probe',
            actions: { type: 'backtrack', params: event },
            meta: { rules: ['LR7'] },
          },
          { actions: { type: 'recordContact', params: event } },
        ],
      },
      states: {
        sending: {
          description: 'One message of entries is being packed.',
          meta: { rules: ['LR10'] },
          entry: 'sendEntries',
          on: {
            'entries.sent': [
              {
                guard: { type: 'leavesMore', params: event },
                target: 'sending',
                reenter: true,
                actions: { type: 'learn', params: event },
              },
              {
                guard: { type: 'leavesNoRoom', params: event },
                target: 'awaiting.room',
                actions: { type: 'learn', params: event },
              },
              {
                guard: { type: 'leavesUnanswered', params: event },
                target: 'awaiting',
                actions: { type: 'learn', params: event },
              },
              { target: 'owing', actions: { type: 'learn', params: event } },
            ],
            'entries.outdated': [
              {
                guard: { type: 'leavesMore', params: event },
                target: 'sending',
                reenter: true,
                meta: { rules: ['LR11'] },
              },
              { guard: { type: 'leavesNoRoom', params: event }, target: 'awaiting.room' },
              { guard: { type: 'leavesUnanswered', params: event }, target: 'awaiting' },
              { target: 'owing' },
            ],
          },
        },
        awaiting: {
          description: 'Answers to what is under way decide what comes next.',
          meta: { rules: ['LR4'] },
          initial: 'answers',
          after: {
            progressTimeout: {
              target: '#replication.probe',
              actions: 'reportStall',
              meta: { rules: ['LR12'] },
            },
          },
          on: {
            'append.accepted': [
              {
                guard: { type: 'isLate', params: event },
                actions: { type: 'recordAcceptance', params: event },
              },
              {
                guard: { type: 'leavesMore', params: event },
                target: 'sending',
                actions: { type: 'recordAcceptance', params: event },
              },
              {
                guard: { type: 'leavesNoRoom', params: event },
                target: '.room',
                reenter: true,
                actions: { type: 'recordAcceptance', params: event },
              },
              {
                guard: { type: 'leavesUnanswered', params: event },
                target: 'awaiting',
                reenter: true,
                actions: { type: 'recordAcceptance', params: event },
              },
              {
                guard: { type: 'leavesCommitAwaited', params: event },
                target: 'caughtUp',
                actions: [{ type: 'recordAcceptance', params: event }, 'heartbeat'],
              },
              {
                guard: { type: 'leavesCommitUntold', params: event },
                target: 'owing',
                actions: { type: 'recordAcceptance', params: event },
              },
              { target: 'caughtUp', actions: { type: 'recordAcceptance', params: event } },
            ],
          },
          states: {
            answers: {
              description: 'All is sent.',
              meta: { rules: ['LR10'] },
              on: {
                'log.grew': [
                  {
                    guard: { type: 'leavesMore', params: event },
                    target: '#replication.replicate.sending',
                    actions: { type: 'learn', params: event },
                  },
                  { target: 'room', actions: { type: 'learn', params: event } },
                ],
              },
            },
            room: {
              description: 'As much is under way as the bounds allow.',
              meta: { rules: ['LR11'] },
            },
          },
        },
        caughtUp: {
          description: 'The peer holds the whole log.',
          meta: { rules: ['CM3'] },
          on: {
            'log.grew': { target: 'sending', actions: { type: 'learn', params: event } },
            'commit.advanced': [
              {
                guard: { type: 'leavesCommitAwaited', params: event },
                actions: [{ type: 'learn', params: event }, 'heartbeat'],
                meta: { rules: ['LR13'] },
              },
              {
                guard: { type: 'leavesCommitUntold', params: event },
                target: 'owing',
                actions: { type: 'learn', params: event },
              },
            ],
          },
        },
        owing: {
          description: 'Not told yet what is committed: the next entries will, or a short delay.',
          meta: { rules: ['CM3', 'LR13'] },
          after: { commitNoticeDelay: { target: 'caughtUp', actions: 'heartbeat' } },
          on: {
            'log.grew': { target: 'sending', actions: { type: 'learn', params: event } },
            'commit.advanced': {
              guard: { type: 'leavesCommitAwaited', params: event },
              target: 'caughtUp',
              actions: [{ type: 'learn', params: event }, 'heartbeat'],
            },
            'peer.waits': {
              guard: { type: 'leavesCommitAwaited', params: event },
              target: 'caughtUp',
              actions: [{ type: 'learn', params: event }, 'heartbeat'],
            },
          },
        },
      },
    },
  },
});
