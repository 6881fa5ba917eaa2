/**
 * What a node tells of itself when it is asked: read from its charts and parts at that moment, nothing is kept for
 * it. What it says of the log and of its commitment stays true when the node ends (OP1).
 */
import { type NodeId, nextIndex } from '../core/types.ts';
import type { RecoveredLog } from '../ports/log-store.ts';
import type {
  LinkStatus,
  ReplicaCounters,
  ReplicaStatus,
  VersionsStatus,
} from '../ports/replica.ts';
import type { NodeInspection } from './instruments.ts';
import type { Parts } from './parts.ts';

export function statusOf(parts: Parts, recovered: RecoveredLog): ReplicaStatus {
  const { actors, applying } = parts;
  const raft = actors.lastRaft;
  const log = raft?.log ?? recovered.log;
  const { voters, learners, votersOutgoing } = raft?.configuration ?? recovered.configuration;
  return {
    id: parts.id,
    clusterId: recovered.identity.clusterId,
    ...lifeOf(parts, recovered),
    commitIndex: raft?.commitIndex ?? recovered.commitIndex,
    lastApplied: applying.lastApplied,
    timeMs: applying.timeMs,
    firstIndex: nextIndex(log.base.index),
    lastIndex: log.lastIndex,
    snapshotIndex: parts.snapshots.newestIndex ?? log.base.index,
    members: {
      voters: [...voters],
      learners: [...learners],
      joint: votersOutgoing.length > 0,
      addresses: parts.members.addressesOf(parts.members.all),
    },
    isRemoved: parts.members.isRemoved,
    versions: versionsOf(parts),
    diskStalled: actors.isDiskStalled,
    links: parts.members.all
      .filter((member) => member !== parts.id)
      .map((peer) => linkStatus(parts, peer)),
  };
}

function versionsOf({ versions }: Parts): VersionsStatus {
  const { lowest, machineInUse, own } = versions;
  return { ...own, lowest, machineInUse };
}

export function countersOf({
  applying,
  clients,
  disk,
  peers,
  problems,
  roles,
}: Parts): ReplicaCounters {
  return {
    elections: roles.elections,
    leaderChanges: roles.leaderChanges,
    proposals: clients.proposedCount,
    applied: applying.count,
    messagesSent: peers.sent,
    messagesReceived: peers.receivedCount,
    messagesDropped: peers.dropped,
    badFrames: peers.badFrames,
    refusals: problems.refusals,
    peerStalls: problems.stalls,
    diskWrites: disk.counters.writes,
    diskBytes: disk.counters.bytes,
    diskStalls: disk.counters.stalls,
  };
}

/** In the words of the chart, whatever the driver makes of them. */
export function inspectionOf({ actors, applying, clients }: Parts): NodeInspection {
  const { raftSnapshot } = actors;
  return {
    raft: raftSnapshot?.context ?? null,
    lastRaft: actors.lastRaft,
    state: actors.raftState,
    leads: raftSnapshot?.hasTag('leads') ?? false,
    isLoyal: raftSnapshot?.hasTag('loyal') ?? false,
    holdsLease: clients.reads.holdsLease,
    lastApplied: applying.lastApplied,
    lifecycle: actors.lifecycle,
    replication: (peer) => actors.replication(peer),
  };
}

/** Who has ended leads nobody, and follows nobody. */
function lifeOf(
  { actors }: Parts,
  { hardState }: RecoveredLog,
): Pick<ReplicaStatus, 'lifecycle' | 'role' | 'term' | 'leader'> {
  const { lastRaft, lifecycle, role } = actors;
  const term = lastRaft?.term ?? hardState.term;
  if (lifecycle === 'halted') return { lifecycle, role: 'halted', term, leader: null };
  if (lifecycle === 'stopped') return { lifecycle, role: 'follower', term, leader: null };
  return { lifecycle, role, term, leader: lastRaft?.leaderId ?? null };
}

/** A link that opens time and again only to be refused is not called open. */
function linkStatus({ actors, peers, problems, versions }: Parts, peer: NodeId): LinkStatus {
  const link = actors.link(peer);
  const { problem, reason } = problems.of(peer) ?? { problem: null, reason: null };
  const state = (link?.state ?? 'closed') as LinkStatus['state'];
  const isRefused = problem === 'refuses' || (problem === 'refused' && state !== 'open');
  return {
    peer,
    state: isRefused ? 'refused' : state,
    reason: reason ?? link?.context.reason ?? null,
    versions: versions.of(peer),
    bufferedBytes: peers.bufferedBytes(peer),
    matchIndex: actors.replication(peer)?.matchIndex ?? null,
    problem,
  };
}
