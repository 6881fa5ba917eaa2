/**
 * The life of one node: recover, run, hand over, drain, stop; or halt for good at the first broken rule or failed
 * write. A halted node answers no one; the process around it lives on (ST9).
 */
import { fromCallback, setup } from 'xstate';
import type { NodeEffect } from '../src/core/effect.ts';
import type { RaftError } from '../src/core/errors.ts';
import type { RaftState } from '../src/core/raft-state.ts';
import type { SnapshotThresholds } from '../src/core/snapshot-thresholds.ts';
import type { Index, NodeId } from '../src/core/types.ts';
import type { applierMachine } from './applier.machine.ts';
import type { callMachine } from './call.machine.ts';
import type { forwardingMachine } from './forwarding.machine.ts';
import type { linkMachine } from './link.machine.ts';
import type { logWriterMachine } from './log-writer.machine.ts';
import type { membershipMachine } from './membership.machine.ts';
import type { ChartMeta } from './meta.types.ts';
import type { raftMachine } from './raft.machine.ts';
import type { readIndexMachine } from './read-index.machine.ts';
import type { snapshotReceiverMachine } from './snapshot-receiver.machine.ts';
import type { snapshotterMachine } from './snapshotter.machine.ts';

export interface NodeContext {
  readonly diskStallMs: number;
  readonly snapshotThresholds: SnapshotThresholds;
  /** What recovery found; `null` before. */
  readonly recovered: RaftState | null;
  /** How far the state machine had come before it began: through the snapshot that it was restored from. */
  readonly lastApplied: Index;
  /** Peers that have a link. */
  readonly links: readonly NodeId[];
  /** Why the node halted; `null` while it has not. */
  readonly error: RaftError | null;
}

export type NodeEvent =
  | { readonly type: 'recovered'; readonly state: RaftState; readonly lastApplied: Index }
  | { readonly type: 'failed'; readonly error: unknown }
  | { readonly type: 'stop' }
  /** Somebody else leads, or nobody could be found who would. */
  | { readonly type: 'handedOver' }
  | { readonly type: 'drained' }
  /** It is a member now, or knows that this node is one. */
  | {
      readonly type: 'peer.joined';
      readonly peer: NodeId;
      /** It has called itself: so it need not be called now. */
      readonly calls: boolean;
    }
  /** It is no member any more, and has yet to hear of it. */
  | { readonly type: 'peer.leaving'; readonly peer: NodeId }
  /** It has had its time to hear of it. */
  | { readonly type: 'peer.left'; readonly peer: NodeId }
  /** Somebody calls; calls are numbered. */
  | { readonly type: 'call.received'; readonly call: number }
  /** Its chart has come to its end. */
  | { readonly type: 'call.ended'; readonly call: number };

/** Bound to the charts of the parts in `machines/bindings/node.ts`; this file imports nothing but xstate. */
const placeholder = fromCallback(() => {});

/** What a name is given that stands on an arrow: the arrow's event, whole. */
const event = <Event>(heard: { readonly event: Event }): Event => heard.event;

export const nodeMachine = setup({
  types: {
    context: {} as NodeContext,
    events: {} as NodeEvent,
    emitted: {} as NodeEffect,
    input: {} as { diskStallMs: number; snapshotThresholds: SnapshotThresholds } | undefined,
    meta: {} as ChartMeta,
  },
  actors: {
    recovery: placeholder,
    raft: placeholder as unknown as typeof raftMachine,
    logWriter: placeholder as unknown as typeof logWriterMachine,
    applier: placeholder as unknown as typeof applierMachine,
    readIndex: placeholder as unknown as typeof readIndexMachine,
    forwarding: placeholder as unknown as typeof forwardingMachine,
    snapshotter: placeholder as unknown as typeof snapshotterMachine,
    membership: placeholder as unknown as typeof membershipMachine,
    snapshotReceiver: placeholder as unknown as typeof snapshotReceiverMachine,
    link: placeholder as unknown as typeof linkMachine,
    call: placeholder as unknown as typeof callMachine,
  },
  guards: { isUnlinked: (_, _member: { peer: NodeId }) => true },
  actions: {
    recordRecovery: (_, _found: { state: RaftState; lastApplied: Index }) => {},
    recordError: (_, _failure: { error: unknown }) => {},
    recordFailure: (_, _end: { output: { error: unknown } }) => {},
    startLinks: () => {},
    stopLinks: () => {},
    startLink: (_, _member: { peer: NodeId; calls: boolean }) => {},
    keepLink: (_, _member: { peer: NodeId }) => {},
    bidFarewell: (_, _member: { peer: NodeId }) => {},
    stopLink: (_, _member: { peer: NodeId }) => {},
    startCall: (_, _caller: { call: number }) => {},
    stopCall: (_, _caller: { call: number }) => {},
    announceHalt: () => {},
    handOver: () => {},
    drain: () => {},
    applyKnown: () => {},
  },
  delays: { handOverTimeout: 1_000, drainTimeout: 2_000 },
}).createMachine({
  id: 'node',
  description: 'The life of one node, from its disk to its end.',
  meta: { rules: ['PS9'] },
  context: ({ input }) => ({
    diskStallMs: input?.diskStallMs ?? 2_000,
    snapshotThresholds: input?.snapshotThresholds ?? {
      ...{ entries: null, bytes: null, ageMs: null, growth: 0, trailingEntries: null },
    },
    recovered: null,
    lastApplied: 0 as Index,
    links: [],
    error: null,
  }),
  initial: 'recovering',
  on: {
    failed: {
      target: '.halted',
      actions: { type: 'recordError', params: event },
      meta: { rules: ['PS7'] },
    },
    recovered: {},
    stop: {},
    handedOver: {},
    drained: {},
    'peer.joined': {},
    'peer.leaving': {},
    'peer.left': {},
    'call.received': {},
    'call.ended': {},
  },
  states: {
    recovering: {
      description: 'Takes its address, and proves that its disk holds all that it ever promised.',
      meta: { rules: ['PS9'] },
      invoke: { id: 'recovery', src: 'recovery' },
      on: {
        recovered: { target: 'active', actions: { type: 'recordRecovery', params: event } },
        stop: 'stopped',
      },
    },
    active: {
      description: 'Takes part in the cluster.',
      meta: { rules: ['PS7'] },
      entry: 'startLinks',
      exit: 'stopLinks',
      on: {
        'call.received': { actions: { type: 'startCall', params: event } },
        'call.ended': { actions: { type: 'stopCall', params: event } },
        'peer.joined': [
          {
            guard: { type: 'isUnlinked', params: event },
            actions: { type: 'startLink', params: event },
            meta: { rules: ['MC5'] },
          },
          { actions: { type: 'keepLink', params: event }, meta: { rules: ['MC5'] } },
        ],
        'peer.leaving': {
          actions: { type: 'bidFarewell', params: event },
          meta: { rules: ['MC7'] },
        },
        'peer.left': {
          actions: { type: 'stopLink', params: event },
          meta: { rules: ['MC7'] },
        },
      },
      initial: 'running',
      invoke: [
        {
          id: 'logWriter',
          src: 'logWriter',
          input: ({ context }) => ({ stallTimeoutMs: context.diskStallMs }),
          onDone: { target: 'halted', actions: { type: 'recordFailure', params: event } },
          onError: { target: 'halted', actions: { type: 'recordError', params: event } },
        },
        {
          id: 'applier',
          src: 'applier',
          input: ({ context }) => ({ lastApplied: context.lastApplied }),
          onDone: { target: 'halted', actions: { type: 'recordFailure', params: event } },
          onError: { target: 'halted', actions: { type: 'recordError', params: event } },
        },
        {
          id: 'readIndex',
          systemId: 'readIndex',
          src: 'readIndex',
          input: ({ context }) => ({
            patienceMs: context.recovered?.timing.electionTimeoutMinMs ?? 300,
            leases: context.recovered,
          }),
          onError: { target: 'halted', actions: { type: 'recordError', params: event } },
        },
        {
          id: 'forwarding',
          systemId: 'forwarding',
          src: 'forwarding',
          onError: { target: 'halted', actions: { type: 'recordError', params: event } },
        },
        {
          id: 'snapshotter',
          src: 'snapshotter',
          input: ({ context }) => ({
            thresholds: context.snapshotThresholds,
            lastApplied: context.lastApplied,
          }),
          onDone: { target: 'halted', actions: { type: 'recordFailure', params: event } },
          onError: { target: 'halted', actions: { type: 'recordError', params: event } },
        },
        {
          id: 'membership',
          src: 'membership',
          input: ({ context }) => ({
            roundMs: context.recovered?.timing.electionTimeoutMinMs ?? 300,
          }),
          onError: { target: 'halted', actions: { type: 'recordError', params: event } },
        },
        {
          id: 'snapshotReceiver',
          src: 'snapshotReceiver',
          onDone: { target: 'halted', actions: { type: 'recordFailure', params: event } },
          onError: { target: 'halted', actions: { type: 'recordError', params: event } },
        },
        {
          id: 'raft',
          systemId: 'raft',
          src: 'raft',
          input: ({ context }) => context.recovered ?? undefined,
          onError: { target: 'halted', actions: { type: 'recordError', params: event } },
        },
      ],
      states: {
        running: {
          description:
            'Takes proposals and reads; first of all applies what it knew to be committed.',
          meta: { rules: ['EM5', 'CM5'] },
          entry: 'applyKnown',
          on: { stop: 'handingOver' },
        },
        handingOver: {
          description:
            'Gives its lead to another first, if it has it; takes and answers calls meanwhile.',
          meta: { rules: ['LT6'] },
          entry: 'handOver',
          after: { handOverTimeout: 'draining' },
          on: { handedOver: 'draining' },
        },
        draining: {
          description: 'Finishes what it has begun, and takes on nothing new.',
          meta: { rules: ['PS9'] },
          entry: 'drain',
          after: { drainTimeout: '#node.stopped' },
          on: { drained: '#node.stopped' },
        },
      },
    },
    stopped: {
      description: 'Closed in good order; may be started again.',
      meta: { rules: ['OP1', 'PS9'] },
      type: 'final',
    },
    halted: {
      description: 'Stopped for good by a broken rule or a failed write. Answers no one.',
      meta: { rules: ['FS3', 'PS7'] },
      entry: 'announceHalt',
      on: { failed: {} },
    },
  },
});
