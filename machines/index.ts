/**
 * The catalogue, and the door to the package `raftchart/machines`: the bare charts, which open in a
 * visualizer, and `bindCharts`, which binds every name that they use to its rule, given randomness.
 */
import { type AnyStateMachine, assign, enqueueActions, fromCallback } from 'xstate';
import type { ApplierEffect, Effect, LogWriterEffect, NodeEffect } from '../src/core/effect.ts';
import { asRaftError } from '../src/core/errors.ts';
import { DRAIN_TIMEOUT_MS } from '../src/core/limits.ts';
import type { RaftState } from '../src/core/raft-state.ts';
import { greater, type NodeId, nextIndex } from '../src/core/types.ts';
import { peersOf } from '../src/rules/leadership.ts';
import { type ApplierContext, type ApplierEvent, applierMachine } from './applier.machine.ts';
import { call } from './bind-call.ts';
import { forwarding } from './bind-forwarding.ts';
import { bindLink } from './bind-link.ts';
import { bindRaft, type RaftPorts, replicationId, tellingRole } from './bind-raft.ts';
import { readIndex } from './bind-read-index.ts';
import { replication } from './bind-replication.ts';
import { callMachine } from './call.machine.ts';
import { forwardingMachine } from './forwarding.machine.ts';
import { type GuardWatch, withGuardWatch } from './guard-watch.ts';
import { linkMachine } from './link.machine.ts';
import {
  type LogWriterContext,
  type LogWriterEvent,
  logWriterMachine,
} from './log-writer.machine.ts';
import { type NodeContext, type NodeEvent, nodeMachine } from './node.machine.ts';
import { withOutlet } from './outlet.ts';
import { performer } from './perform.ts';
import { raftMachine } from './raft.machine.ts';
import { readIndexMachine } from './read-index.machine.ts';
import { replicationMachine } from './replication.machine.ts';

/** Every chart there is; what is drawn, checked and tested walks this list. */
export const charts = {
  node: nodeMachine,
  raft: raftMachine,
  replication: replicationMachine,
  link: linkMachine,
  call: callMachine,
  logWriter: logWriterMachine,
  applier: applierMachine,
  readIndex: readIndexMachine,
  forwarding: forwardingMachine,
} as const;

export interface ChartPorts extends RaftPorts {
  /** Receives every effect of every actor, in order; without it, subscribe to each actor. */
  readonly outlet?: (effect: Effect) => void;
  /** Hears what every guard says. */
  readonly guardAsked?: GuardWatch;
  /** Opens what a node stands on, and tells the node `recovered` or `failed`, later. */
  readonly recover?: (tell: (news: NodeEvent) => void) => void;
}

const boundApplier = bindApplier();
const boundLogWriter = bindLogWriter();

/** The same charts with every name bound, ready for `createActor`. */
export function bindCharts({ outlet, guardAsked, recover, ...ports }: ChartPorts) {
  type Tell = ((effect: never, after: never) => void) | undefined;
  const led = <Chart extends AnyStateMachine>(chart: Chart, tell: Tell = outlet): Chart =>
    withOutlet(withGuardWatch(chart, guardAsked), tell as ((effect: object) => void) | undefined);
  const peer = led(replication);
  const raft = led(bindRaft(ports, peer), outlet && tellingRole(outlet));
  const link = led(bindLink(ports.random));
  const calls = led(call);
  const logWriter = led(boundLogWriter);
  const applier = led(boundApplier);
  const reads = led(readIndex);
  const forwards = led(forwarding);
  const parts = {
    ...{ raft, logWriter, applier, link },
    ...{ readIndex: reads, forwarding: forwards, call: calls },
  };
  return { node: led(bindNode(parts, recover)), replication: peer, ...parts } as const;
}

function bindApplier() {
  const perform = performer<ApplierContext, ApplierEvent, ApplierEffect>();
  return applierMachine.provide({
    guards: {
      isAllApplied: ({ context }, { throughIndex }) => throughIndex >= context.commitIndex,
    },
    actions: {
      recordError: assign((_, { error }) => ({ error })),
      recordCommit: perform((state, { commitIndex }) => ({
        changes: { commitIndex: greater(commitIndex, state.commitIndex) },
        effects: [],
      })),
      recordApplied: perform((_, { throughIndex }) => ({
        changes: { lastApplied: throughIndex },
        effects: [],
      })),
      applyNext: perform(({ lastApplied, commitIndex }) => ({
        changes: {},
        effects: [{ type: 'apply', fromIndex: nextIndex(lastApplied), throughIndex: commitIndex }],
      })),
    },
  });
}

function bindLogWriter() {
  const perform = performer<LogWriterContext, LogWriterEvent, LogWriterEffect>();
  return logWriterMachine.provide({
    guards: {
      isCurrentAndMoreWaits: ({ context }, { batch }) =>
        batch === context.batch && context.waiting > 0,
      isCurrent: ({ context }, { batch }) => batch === context.batch,
    },
    actions: {
      recordError: assign((_, { error }) => ({ error })),
      flush: perform(({ batch }) => ({
        changes: { batch: batch + 1, waiting: 0 },
        effects: [{ type: 'flushLog', batch: batch + 1 }],
      })),
      gather: perform(({ waiting }) => ({ changes: { waiting: waiting + 1 }, effects: [] })),
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
}

interface NodeParts {
  readonly raft: ReturnType<typeof bindRaft>;
  readonly logWriter: typeof boundLogWriter;
  readonly applier: typeof boundApplier;
  readonly readIndex: typeof readIndex;
  readonly forwarding: typeof forwarding;
  readonly link: ReturnType<typeof bindLink>;
  readonly call: typeof call;
}

function bindNode(parts: NodeParts, recover: ChartPorts['recover']) {
  const perform = performer<NodeContext, NodeEvent, NodeEffect>();
  return nodeMachine.provide({
    actors: { ...parts, recovery: fromCallback(({ sendBack }) => recover?.(sendBack)) },
    actions: {
      recordRecovery: assign((_, { state }) => ({ recovered: state })),
      recordError: assign((_, { error }) => ({ error: asRaftError(error) })),
      recordFailure: assign((_, { output }) => ({ error: asRaftError(output.error) })),
      startLinks: enqueueActions(({ context: { recovered }, enqueue }) => {
        for (const peer of peersIn(recovered)) {
          enqueue.spawnChild('link', { id: linkId(peer), input: { peer } });
          const dials = recovered !== null && recovered.id < peer;
          if (dials) enqueue.sendTo(linkId(peer), { type: 'dial' });
        }
      }),
      stopLinks: enqueueActions(({ context: { recovered }, enqueue }) => {
        for (const peer of peersIn(recovered)) enqueue.stopChild(linkId(peer));
      }),
      startCall: enqueueActions(({ enqueue }, { call: number }) => {
        enqueue.spawnChild('call', { id: callId(number), input: { call: number } });
      }),
      stopCall: enqueueActions(({ enqueue }, { call: number }) => {
        enqueue.stopChild(callId(number));
      }),
      announceHalt: perform(({ error }) => ({
        changes: {},
        effects: error === null ? [] : [{ type: 'halted', error }],
      })),
      drain: perform(() => ({ changes: {}, effects: [{ type: 'drain' }] })),
    },
    delays: { drainTimeout: DRAIN_TIMEOUT_MS },
  });
}

function peersIn(recovered: RaftState | null): readonly NodeId[] {
  return recovered === null ? [] : peersOf(recovered);
}

/** The link actor of a peer, as a child of the node actor. */
export function linkId(peer: string): string {
  return `link:${peer}`;
}

/** The call actor of a connection that somebody asked for, as a child of the node actor. */
export function callId(call: number): string {
  return `call:${call}`;
}

export type { GuardWatch, RaftPorts };
export { replicationId };
