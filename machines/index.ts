/**
 * The catalogue, and the door to the package `raftchart/machines`: the bare charts, which open in a
 * visualizer, and `bindCharts`, which binds every name that they use to its rule, given randomness.
 */
import type { AnyStateMachine } from 'xstate';
import type { Effect } from '../src/core/effect.ts';
import { applierMachine } from './applier.machine.ts';
import { applier } from './bindings/applier.ts';
import { call } from './bindings/call.ts';
import { forwarding } from './bindings/forwarding.ts';
import { bindLink } from './bindings/link.ts';
import { logWriter } from './bindings/log-writer.ts';
import { membership } from './bindings/membership.ts';
import { bindNode, callId } from './bindings/node.ts';
import { bindRaft, type RaftPorts, replicationId, tellingRole } from './bindings/raft.ts';
import { readIndex } from './bindings/read-index.ts';
import { replication } from './bindings/replication.ts';
import { snapshotReceiver } from './bindings/snapshot-receiver.ts';
import { snapshotter } from './bindings/snapshotter.ts';
import { linkId } from './bindings/tellings.ts';
import { callMachine } from './call.machine.ts';
import { forwardingMachine } from './forwarding.machine.ts';
import { foundingMachine } from './founding.machine.ts';
import { type GuardWatch, withGuardWatch } from './guard-watch.ts';
import { linkMachine } from './link.machine.ts';
import { logWriterMachine } from './log-writer.machine.ts';
import { membershipMachine } from './membership.machine.ts';
import { type NodeEvent, nodeMachine } from './node.machine.ts';
import { withOutlet } from './outlet.ts';
import { raftMachine } from './raft.machine.ts';
import { readIndexMachine } from './read-index.machine.ts';
import { replicationMachine } from './replication.machine.ts';
import { snapshotReceiverMachine } from './snapshot-receiver.machine.ts';
import { snapshotterMachine } from './snapshotter.machine.ts';

export type { ReplicationNews } from '../src/core/effect.ts';
export type {
  Founder,
  FoundingMember,
  FoundingState,
  FoundingWord,
  Proposal,
} from '../src/core/founding.ts';
export type { FoundingProgress, HeardWord } from '../src/rules/founding-progress.ts';
export type { ReplicationLesson } from '../src/rules/progress.ts';
export type { AppliedSoFar } from '../src/rules/snapshots.ts';
export type { ApplierContext, ApplierEvent } from './applier.machine.ts';
export type { CallContext, CallEvent } from './call.machine.ts';
export type { ForwardingContext, ForwardingEvent, ForwardingTag } from './forwarding.machine.ts';
export type { FoundingContext, FoundingEvent } from './founding.machine.ts';
export type { LinkContext, LinkEvent } from './link.machine.ts';
export type { LogWriterContext, LogWriterEvent } from './log-writer.machine.ts';
export type * from './membership.machine.ts';
export type { ChartMeta } from './meta.types.ts';
export type { NodeContext, NodeEvent } from './node.machine.ts';
export type { RaftGrant, RaftTag } from './raft.types.ts';
export type * from './read-index.machine.ts';
export type { ReplicationEvent } from './replication.types.ts';
export type {
  SnapshotReceiverContext,
  SnapshotReceiverEvent,
} from './snapshot-receiver.machine.ts';
export type { SnapshotterContext, SnapshotterEvent } from './snapshotter.machine.ts';

/** Every chart there is; what is drawn, checked and tested walks this list. */
export const charts = {
  node: nodeMachine,
  raft: raftMachine,
  replication: replicationMachine,
  membership: membershipMachine,
  link: linkMachine,
  call: callMachine,
  logWriter: logWriterMachine,
  applier: applierMachine,
  readIndex: readIndexMachine,
  forwarding: forwardingMachine,
  snapshotter: snapshotterMachine,
  snapshotReceiver: snapshotReceiverMachine,
  founding: foundingMachine,
} as const;

export interface ChartPorts extends RaftPorts {
  /** Receives every effect of every actor, in order; without it, subscribe to each actor. */
  readonly outlet?: (effect: Effect) => void;
  /** Hears what every guard says. */
  readonly guardAsked?: GuardWatch;
  /** Opens what a node stands on, and tells the node `recovered` or `failed`, later. */
  readonly recover?: (tell: (news: NodeEvent) => void) => void;
}

/** The charts of a node with every name bound, ready for `createActor`; that of founding a node runs before it is one. */
export function bindCharts({ outlet, guardAsked, recover, ...ports }: ChartPorts) {
  type Tell = ((effect: never, after: never) => void) | undefined;
  const led = <Chart extends AnyStateMachine>(chart: Chart, tell: Tell = outlet): Chart =>
    withOutlet(withGuardWatch(chart, guardAsked), tell as ((effect: object) => void) | undefined);
  const peer = led(replication);
  const parts = {
    raft: led(bindRaft(ports, peer), outlet && tellingRole(outlet)),
    logWriter: led(logWriter),
    applier: led(applier),
    readIndex: led(readIndex),
    forwarding: led(forwarding),
    snapshotter: led(snapshotter),
    snapshotReceiver: led(snapshotReceiver),
    membership: led(membership),
    link: led(bindLink(ports.random)),
    call: led(call),
  };
  return { node: led(bindNode(parts, recover)), replication: peer, ...parts } as const;
}

export type { GuardWatch, RaftPorts };
export { callId, linkId, replicationId };
