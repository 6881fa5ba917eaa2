/**
 * The catalogue, and the door to the package `raftchart/machines`: the bare charts, which open in a
 * visualizer, and `bindCharts`, which binds every name that they use to its rule, given randomness.
 */
import { type AnyStateMachine, assign, enqueueActions } from 'xstate';
import type { ApplierEffect, Effect, LogWriterEffect, NodeEffect } from '../src/core/effect.ts';
import { greater, nextIndex } from '../src/core/types.ts';
import { type ApplierContext, type ApplierEvent, applierMachine } from './applier.machine.ts';
import { bindLink } from './bind-link.ts';
import { bindRaft, type RaftPorts, replicationId } from './bind-raft.ts';
import { replication } from './bind-replication.ts';
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
import { replicationMachine } from './replication.machine.ts';

/** Every chart there is; what is drawn, checked and tested walks this list. */
export const charts = {
  node: nodeMachine,
  raft: raftMachine,
  replication: replicationMachine,
  link: linkMachine,
  logWriter: logWriterMachine,
  applier: applierMachine,
} as const;

export interface ChartPorts extends RaftPorts {
  /** Receives every effect of every actor, in order; without it, subscribe to each actor. */
  readonly outlet?: (effect: Effect) => void;
  /** Hears what every guard says. */
  readonly guardAsked?: GuardWatch;
}

const boundApplier = bindApplier();
const boundLogWriter = bindLogWriter();

/** The same charts with every name bound, ready for `createActor`. */
export function bindCharts({ outlet, guardAsked, ...ports }: ChartPorts) {
  const led = <Chart extends AnyStateMachine>(chart: Chart): Chart =>
    withOutlet(withGuardWatch(chart, guardAsked), outlet as ((effect: object) => void) | undefined);
  const peer = led(replication);
  const raft = led(bindRaft(ports, peer));
  const link = led(bindLink(ports.random));
  const logWriter = led(boundLogWriter);
  const applier = led(boundApplier);
  const node = led(bindNode({ raft, logWriter, applier, link }));
  return { node, raft, replication: peer, link, logWriter, applier } as const;
}

function bindApplier() {
  const perform = performer<ApplierContext, ApplierEvent, ApplierEffect>();
  return applierMachine.provide({
    guards: {
      isAllApplied: ({ context }, { throughIndex }) => throughIndex >= context.commitIndex,
    },
    actions: {
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
  readonly link: ReturnType<typeof bindLink>;
}

function bindNode(parts: NodeParts) {
  const perform = performer<NodeContext, NodeEvent, NodeEffect>();
  return nodeMachine.provide({
    actors: parts,
    actions: {
      recordRecovery: assign((_, { state }) => ({ recovered: state })),
      recordError: assign((_, { error }) => ({ error })),
      startLinks: enqueueActions(({ context, enqueue }) => {
        for (const peer of context.peers) {
          enqueue.spawnChild('link', { id: linkId(peer), input: { peer } });
          if (context.id < peer) enqueue.sendTo(linkId(peer), { type: 'dial' });
        }
      }),
      stopLinks: enqueueActions(({ context, enqueue }) => {
        for (const peer of context.peers) enqueue.stopChild(linkId(peer));
      }),
      announceHalt: perform(({ error }) => ({ changes: {}, effects: [{ type: 'halted', error }] })),
      drain: perform(() => ({ changes: {}, effects: [{ type: 'drain' }] })),
    },
  });
}

/** The link actor of a peer, as a child of the node actor. */
export function linkId(peer: string): string {
  return `link:${peer}`;
}

export type { GuardWatch, RaftPorts };
export { replicationId };
