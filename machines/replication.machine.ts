/**
 * A leader's view of one peer (§3.5, §10.2.2): probe until both logs are known to agree somewhere, then
 * stream, with a bound on what is under way. It lives as long as one leadership.
 */
import { setup } from 'xstate';
import type { ReplicationEffect } from '../src/core/effect.ts';
import type { ReplicationState } from '../src/core/replication-state.ts';
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
  },
  guards: {
    answersProbe: (_, _answer: Received<'append.accepted'>) => true,
    isProgress: (_, _answer: Received<'append.accepted'>) => true,
    isOpenProbe: (_, _answer: Received<'append.rejected'>) => true,
    isOpenAppend: (_, _answer: Received<'append.rejected'>) => true,
    maySend: () => false,
    isWindowFull: () => false,
    isCaughtUp: () => false,
    owesCommit: () => false,
    owesUrgently: () => false,
  },
  actions: {
    probe: () => {},
    probeAgain: () => {},
    sendEntries: () => {},
    heartbeat: () => {},
    recordSent: (_, _sent: Received<'entries.sent'>) => {},
    recordGrowth: (_, _news: Received<'log.grew'>) => {},
    recordCommit: (_, _news: Received<'commit.advanced'>) => {},
    recordWait: (_, _wait: Received<'peer.waits'>) => {},
    recordRound: (_, _news: Received<'round.began'>) => {},
    recordAcceptance: (_, _answer: Received<'append.accepted'>) => {},
    recordContact: (_, _answer: { round: number }) => {},
    backtrack: (_, _answer: Received<'append.rejected'>) => {},
    restart: () => {},
    reportStall: () => {},
  },
  delays: { progressTimeout: 2_000, commitNoticeDelay: 10 },
}).createMachine({
  id: 'replication',
  description: 'What a leader knows of one peer, and what it sends it next.',
  context: ({ input }) =>
    input ??
    ({
      peer: 'n2',
      term: 1,
      matchIndex: 0,
      nextIndex: 1,
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
    'log.grew': { actions: { type: 'recordGrowth', params: event } },
    'commit.advanced': { actions: { type: 'recordCommit', params: event } },
    'round.began': {
      actions: [{ type: 'recordRound', params: event }, 'heartbeat'],
    },
    'heartbeat.due': { actions: 'heartbeat' },
    'peer.waits': { actions: { type: 'recordWait', params: event } },
    'link.opened': { target: '.probe', actions: 'restart' },
    'link.closed': { target: '.probe.paused', actions: 'restart' },
    'entries.sent': {},
    'entries.dropped': {},
  },
  states: {
    probe: {
      description: 'Looks for the last entry on which both logs agree.',
      initial: 'asking',
      on: {
        'append.accepted': [
          {
            guard: { type: 'answersProbe', params: event },
            target: 'replicate',
            actions: { type: 'recordAcceptance', params: event },
          },
          { actions: { type: 'recordAcceptance', params: event } },
        ],
        'append.rejected': [
          {
            guard: { type: 'isOpenProbe', params: event },
            target: '.asking',
            actions: { type: 'backtrack', params: event },
          },
          { actions: { type: 'recordContact', params: event } },
        ],
      },
      states: {
        asking: {
          description: 'One question at a time; asked again, without entries, at each heartbeat.',
          entry: 'probe',
          on: {
            'heartbeat.due': { actions: 'probeAgain' },
            'entries.dropped': 'paused',
          },
        },
        paused: {
          description: 'The link took nothing; the next heartbeat or its opening asks again.',
          on: { 'heartbeat.due': 'asking' },
        },
      },
    },
    replicate: {
      description: 'Both logs agree up to matchIndex; entries are streamed ahead of the answers.',
      initial: 'deciding',
      on: {
        'entries.sent': { actions: { type: 'recordSent', params: event } },
        'entries.dropped': { target: 'probe.paused', actions: 'restart' },
        'append.accepted': [
          {
            guard: { type: 'isProgress', params: event },
            target: '.deciding',
            actions: { type: 'recordAcceptance', params: event },
          },
          { actions: { type: 'recordAcceptance', params: event } },
        ],
        'append.rejected': [
          {
            guard: { type: 'isOpenAppend', params: event },
            target: 'probe',
            actions: { type: 'backtrack', params: event },
          },
          { actions: { type: 'recordContact', params: event } },
        ],
      },
      states: {
        deciding: {
          description: 'What next?',
          always: [
            { guard: 'maySend', target: 'sending' },
            { guard: 'isWindowFull', target: 'paused' },
            { guard: 'isCaughtUp', target: 'caughtUp' },
            { target: 'awaiting' },
          ],
        },
        sending: {
          description: 'One message of entries is being packed.',
          entry: 'sendEntries',
          on: {
            'entries.sent': {
              target: 'deciding',
              actions: { type: 'recordSent', params: event },
            },
            'append.accepted': {
              actions: { type: 'recordAcceptance', params: event },
            },
          },
        },
        awaiting: {
          description: 'All is sent; answers are outstanding.',
          after: { progressTimeout: { target: '#replication.probe', actions: 'reportStall' } },
          on: {
            'log.grew': {
              target: 'deciding',
              actions: { type: 'recordGrowth', params: event },
            },
          },
        },
        paused: {
          description: 'As much is under way as the bounds allow.',
          after: { progressTimeout: { target: '#replication.probe', actions: 'reportStall' } },
        },
        caughtUp: {
          description: 'The peer holds the whole log.',
          always: [
            { guard: 'owesUrgently', actions: 'heartbeat' },
            { guard: 'owesCommit', target: 'owing' },
          ],
          on: {
            'log.grew': {
              target: 'sending',
              actions: { type: 'recordGrowth', params: event },
            },
            'append.accepted': {
              actions: { type: 'recordAcceptance', params: event },
            },
          },
        },
        owing: {
          description: 'Not told yet what is committed: the next entries will, or a short delay.',
          always: { guard: 'owesUrgently', target: 'caughtUp', actions: 'heartbeat' },
          after: { commitNoticeDelay: { target: 'caughtUp', actions: 'heartbeat' } },
          on: {
            'log.grew': {
              target: 'sending',
              actions: { type: 'recordGrowth', params: event },
            },
            'append.accepted': {
              actions: { type: 'recordAcceptance', params: event },
            },
          },
        },
      },
    },
  },
  options: { maxIterations: 100 },
});
