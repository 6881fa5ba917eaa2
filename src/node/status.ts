/**
 * What a node tells of itself when it is asked: read from its charts and parts at that moment, nothing is kept for
 * it. What it says of the log and of its commitment stays true when the node ends (OP1).
 */
import { members } from '../core/configuration.ts';
import { INDEX_ZERO, type NodeId, nextIndex } from '../core/types.ts';
import type { RecoveredLog } from '../ports/log-store.ts';
import type { LinkStatus, ReplicaCounters, ReplicaStatus, RoleEvent } from '../ports/replica.ts';
import type { NodeInspection } from './instruments.ts';
import type { Parts } from './parts.ts';

export interface Standing extends Pick<RoleEvent, 'role' | 'term' | 'leader'> {
  readonly isHalted: boolean;
}

export function statusOf(parts: Parts, recovered: RecoveredLog, standing: Standing): ReplicaStatus {
  const { actors, applying } = parts;
  const raft = actors.lastRaft;
  const log = raft?.log ?? recovered.log;
  const { voters, learners, votersOutgoing } = raft?.configuration ?? recovered.configuration;
  return {
    id: parts.id,
    clusterId: recovered.identity.clusterId,
    ...lifeOf(parts, standing),
    commitIndex: raft?.commitIndex ?? INDEX_ZERO,
    lastApplied: applying.lastApplied,
    firstIndex: nextIndex(log.base.index),
    lastIndex: log.lastIndex,
    snapshotIndex: log.base.index,
    members: {
      voters: [...voters],
      learners: [...learners],
      joint: votersOutgoing.length > 0,
    },
    diskStalled: parts.disk.isStalled,
    links: peersIn(recovered).map((peer) => linkStatus(parts, peer)),
  };
}

export function countersOf(
  { applying, clients, disk, peers, problems }: Parts,
  counts: Pick<ReplicaCounters, 'elections' | 'leaderChanges'>,
): ReplicaCounters {
  return {
    ...counts,
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

export function inspectionOf({ actors, applying }: Parts): NodeInspection {
  return {
    raft: actors.raft,
    leads: actors.hasTag('leads'),
    isLoyal: actors.isLoyal,
    lastApplied: applying.lastApplied,
    lifecycle: actors.lifecycle,
    replication: (peer) => actors.replication(peer),
  };
}

/** Every other member. */
export function peersIn({ configuration, identity }: RecoveredLog): readonly NodeId[] {
  return members(configuration).filter((member) => member !== identity.nodeId);
}

/** Who has ended leads nobody, and follows nobody. */
function lifeOf(
  { actors }: Parts,
  { role, term, leader, isHalted }: Standing,
): Pick<ReplicaStatus, 'lifecycle' | 'role' | 'term' | 'leader'> {
  if (isHalted) return { lifecycle: 'halted', role: 'halted', term, leader: null };
  const { lifecycle } = actors;
  if (lifecycle === 'stopped') return { lifecycle, role: 'follower', term, leader: null };
  return { lifecycle, role, term, leader };
}

/** A link that opens time and again only to be refused is not called open. */
function linkStatus({ actors, peers, problems }: Parts, peer: NodeId): LinkStatus {
  const link = actors.link(peer);
  const { problem, reason } = problems.of(peer) ?? { problem: null, reason: null };
  const state = (link?.state ?? 'closed') as LinkStatus['state'];
  const isRefused = problem === 'refuses' || (problem === 'refused' && state !== 'open');
  return {
    peer,
    state: isRefused ? 'refused' : state,
    reason: reason ?? link?.context.reason ?? null,
    bufferedBytes: peers.bufferedBytes(peer),
    matchIndex: actors.replication(peer)?.matchIndex ?? null,
    problem,
  };
}
