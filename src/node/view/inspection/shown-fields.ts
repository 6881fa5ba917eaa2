/**
 * What of a chart's context is shown to whoever watches: scalars, by name, chart by chart. Nothing else of it leaves the
 * node: a field that is not named here is not shown, whatever it holds.
 */
import type { ApplierContext } from '../../../../machines/applier.machine.ts';
import type { CallContext } from '../../../../machines/call.machine.ts';
import type { ForwardingContext } from '../../../../machines/forwarding.machine.ts';
import type { LinkContext } from '../../../../machines/link.machine.ts';
import type { LogWriterContext } from '../../../../machines/log-writer.machine.ts';
import type { MembershipContext } from '../../../../machines/membership.machine.ts';
import type { NodeContext } from '../../../../machines/node.machine.ts';
import type { ReadIndexContext } from '../../../../machines/read-index.machine.ts';
import type { SnapshotReceiverContext } from '../../../../machines/snapshot-receiver.machine.ts';
import type { SnapshotterContext } from '../../../../machines/snapshotter.machine.ts';
import type { RaftState } from '../../../core/raft-state.ts';
import type { ReplicationState } from '../../../core/replication-state.ts';
import type { Scalar, TransitionRecord } from '../../../ports/inspection.ts';

/** Lists of ids are told as one text. */
type Shown = Scalar | readonly string[];

/** By the id of the chart. */
interface Contexts {
  readonly node: NodeContext;
  readonly raft: RaftState;
  readonly replication: ReplicationState;
  readonly membership: MembershipContext;
  readonly link: LinkContext;
  readonly call: CallContext;
  readonly logWriter: LogWriterContext;
  readonly applier: ApplierContext;
  readonly readIndex: ReadIndexContext;
  readonly forwarding: ForwardingContext;
  readonly snapshotter: SnapshotterContext;
  readonly snapshotReceiver: SnapshotReceiverContext;
}

/** By the name under which it is told. */
type Fields<Context> = Readonly<Record<string, (context: Context) => Shown>>;

const SHOWN: { readonly [Chart in keyof Contexts]: Fields<Contexts[Chart]> } = {
  node: { lastApplied: (node) => node.lastApplied, links: (node) => node.links },
  raft: {
    term: (raft) => raft.term,
    votedFor: (raft) => raft.votedFor,
    leaderId: (raft) => raft.leaderId,
    preVoteRound: (raft) => raft.preVoteRound,
    granted: (raft) => raft.granted,
    passedAhead: (raft) => raft.passedAhead,
    firstIndex: (raft) => raft.log.base.index + 1,
    lastIndex: (raft) => raft.log.lastIndex,
    durableIndex: (raft) => raft.durableIndex,
    commitIndex: (raft) => raft.commitIndex,
    voters: (raft) => raft.configuration.voters,
    votersOutgoing: (raft) => raft.configuration.votersOutgoing,
    learners: (raft) => raft.configuration.learners,
    leaving: (raft) => raft.leaving,
    heardFrom: (raft) => raft.heardFrom,
    round: (raft) => raft.round,
    transferTarget: (raft) => raft.transferTarget,
  },
  replication: {
    nextIndex: (peer) => peer.nextIndex,
    matchIndex: (peer) => peer.matchIndex,
    baseIndex: (peer) => peer.baseIndex,
    lastIndex: (peer) => peer.lastIndex,
    commitIndex: (peer) => peer.commitIndex,
    commitIndexSent: (peer) => peer.commitIndexSent,
    awaitedIndex: (peer) => peer.awaitedIndex,
    round: (peer) => peer.round,
    inflightMessages: (peer) => peer.inflight.length,
    inflightBytes: (peer) => peer.inflightBytes,
  },
  membership: {
    behind: (change) => change.behind,
    rounds: (change) => change.rounds,
    targetIndex: (change) => change.targetIndex,
  },
  link: {
    attempt: (link) => link.attempt,
    failures: (link) => link.failures,
    reason: (link) => link.reason,
  },
  call: { call: ({ call }) => call },
  logWriter: { batch: (writer) => writer.batch, hasMore: (writer) => writer.hasMore },
  applier: {
    commitIndex: (applier) => applier.commitIndex,
    lastApplied: (applier) => applier.lastApplied,
  },
  readIndex: {
    requestId: (reads) => reads.requestId,
    leaderId: (reads) => reads.leaderId,
    readIndex: (reads) => reads.readIndex,
    leaseFromMs: (reads) => reads.leaseFromMs,
  },
  forwarding: { credit: ({ credit }) => credit, pauseMs: ({ pauseMs }) => pauseMs },
  snapshotter: {
    lastApplied: ({ applied }) => applied.lastApplied,
    appliedBytes: ({ applied }) => applied.bytes,
    sinceIndex: ({ since }) => since.lastApplied,
    hasReleased: ({ hasReleased }) => hasReleased,
  },
  snapshotReceiver: { from: ({ from }) => from },
};

type Changes = TransitionRecord['changes'];
const NOTHING: Changes = {};

const FIELDS = new Map(
  Object.entries(SHOWN).map(([chart, fields]) => [
    chart,
    Object.entries(fields as Fields<unknown>),
  ]),
);

/** What is another now, of what is shown. A list that is the same object is the same list. */
export function changesOf(chart: string, before: unknown, after: unknown): Changes {
  if (before === after) return NOTHING;
  const changes: Record<string, readonly [Scalar, Scalar]> = {};
  for (const [field, read] of FIELDS.get(chart) ?? []) {
    const [shown, showing] = [read(before), read(after)];
    if (shown === showing) continue;
    const [was, is] = [scalarOf(shown), scalarOf(showing)];
    if (was !== is) changes[field] = [was, is];
  }
  return changes;
}

function scalarOf(shown: Shown): Scalar {
  return typeof shown === 'object' && shown !== null ? shown.join(', ') : shown;
}
