/**
 * What `/metrics` shows (SV14): the replica's own account of itself and the server's counters, by names
 * that begin with `raftchart_`. Nothing is measured here; a scrape reads numbers that exist anyway.
 */

import type { Role } from '../../core/effect.ts';
import type { Histogram } from '../../core/histogram.ts';
import type { Replica, ReplicaStatus, ReplicaTimings } from '../../ports/replica.ts';
import type { Held } from '../admission/held-bytes.ts';
import { type Family, histogramSamples, prometheusText, type Sample } from './prometheus-text.ts';
import type { ServerCounters } from './server-counters.ts';

interface StoreGauges {
  readonly revision: number;
  readonly compactedRevision: number;
  readonly keys: number;
}

export interface ProcessGauges {
  readonly residentBytes: number;
  readonly uptimeSeconds: number;
}

interface MetricsSources {
  readonly replica: Replica;
  readonly counters: ServerCounters;
  readonly held: Held;
  readonly store: () => StoreGauges;
  readonly process: () => ProcessGauges;
  readonly version: string;
}

const ROLES: readonly Role[] = [
  'follower',
  'preCandidate',
  'candidate',
  'leader',
  'learner',
  'halted',
];

export function metricsText(sources: MetricsSources): string {
  const status = sources.replica.status();
  return prometheusText([
    ...identityFamilies(status, sources.version),
    ...logFamilies(status),
    ...linkFamilies(status),
    ...replicaFamilies(sources.replica),
    ...timingFamilies(sources.replica.timings()),
    ...storeFamilies(sources.store()),
    ...httpFamilies(sources.counters),
    ...clientFamilies(sources.counters),
    ...heldFamilies(sources.held),
    ...processFamilies(sources.process(), sources.counters),
  ]);
}

const gauge = (name: string, help: string, samples: readonly Sample[]): Family => ({
  name: `raftchart_${name}`,
  type: 'gauge',
  help,
  samples,
});

const counter = (name: string, help: string, samples: readonly Sample[]): Family => ({
  name: `raftchart_${name}_total`,
  type: 'counter',
  help,
  samples,
});

const histogram = (name: string, help: string, measured: Histogram): Family => ({
  name: `raftchart_${name}`,
  type: 'histogram',
  help,
  samples: histogramSamples(measured, {}),
});

const single = (value: number): readonly Sample[] => [{ value }];

function identityFamilies(status: ReplicaStatus, version: string): readonly Family[] {
  const roles = ROLES.map((role) => ({ labels: { role }, value: role === status.role ? 1 : 0 }));
  const { id: node, clusterId: cluster } = status;
  return [
    gauge('build_info', 'Constant 1; the labels say what runs here.', [
      { labels: { version, node, cluster }, value: 1 },
    ]),
    gauge('role', 'What this node is: 1 for its role, 0 for the others.', roles),
    gauge(
      'has_leader',
      '1 while this node knows a leader.',
      single(status.leader === null ? 0 : 1),
    ),
    gauge('voters', 'Members that vote.', single(status.members.voters.length)),
    gauge('learners', 'Members that only receive.', single(status.members.learners.length)),
  ];
}

function logFamilies(status: ReplicaStatus): readonly Family[] {
  return [
    gauge('term', 'The newest term this node has seen.', single(status.term)),
    gauge('commit_index', 'The last entry known to be committed.', single(status.commitIndex)),
    gauge('applied_index', 'The last entry applied to the store.', single(status.lastApplied)),
    gauge('log_first_index', 'The first entry in the log.', single(status.firstIndex)),
    gauge('log_last_index', 'The last entry in the log.', single(status.lastIndex)),
    gauge('snapshot_index', 'The last entry covered by a snapshot.', single(status.snapshotIndex)),
    gauge(
      'disk_stalled',
      '1 while a write to the log takes too long.',
      single(Number(status.diskStalled)),
    ),
  ];
}

function linkFamilies({ links }: ReplicaStatus): readonly Family[] {
  const perPeer = (value: (link: (typeof links)[number]) => number): readonly Sample[] =>
    links.map((link) => ({ labels: { peer: link.peer }, value: value(link) }));
  const matched = links.flatMap(({ peer, matchIndex }) =>
    matchIndex === null ? [] : [{ labels: { peer }, value: matchIndex }],
  );
  return [
    gauge(
      'link_open',
      '1 while the link to a peer is open.',
      perPeer((link) => Number(link.state === 'open')),
    ),
    gauge(
      'link_buffered_bytes',
      'Bytes queued for a peer.',
      perPeer((link) => link.bufferedBytes),
    ),
    gauge(
      'peer_problem',
      '1 if the peer is refused here, refuses this node, or stalls: the log and /status say why.',
      perPeer((link) => Number(link.problem !== null)),
    ),
    gauge('peer_match_index', 'While leading: the last entry known to be on a peer.', matched),
  ];
}

function replicaFamilies(replica: Replica): readonly Family[] {
  const counts = replica.counters();
  return [
    counter('proposals', 'Writes handed in at this node.', single(counts.proposals)),
    counter('applied', 'Commands applied to the store.', single(counts.applied)),
    counter('elections', 'Elections this node has started.', single(counts.elections)),
    counter('leader_changes', 'Changes of the leader seen here.', single(counts.leaderChanges)),
    counter('messages_sent', 'Messages sent to peers.', single(counts.messagesSent)),
    counter('messages_received', 'Messages received from peers.', single(counts.messagesReceived)),
    counter(
      'messages_dropped',
      'Messages not sent: no link, or its queue was full.',
      single(counts.messagesDropped),
    ),
    counter('refusals', 'Calls of other nodes that were refused.', single(counts.refusals)),
    counter(
      'peer_stalls',
      'While leading: times that a connected peer took no entries.',
      single(counts.peerStalls),
    ),
    counter('bad_frames', 'Frames from peers that broke the protocol.', single(counts.badFrames)),
    counter('disk_writes', 'Synced writes to the log.', single(counts.diskWrites)),
    counter('disk_written_bytes', 'Bytes of those writes.', single(counts.diskBytes)),
    counter('disk_stalls', 'Writes that took too long.', single(counts.diskStalls)),
  ];
}

function timingFamilies({ sync, commit, apply, readRound }: ReplicaTimings): readonly Family[] {
  return [
    histogram('disk_sync_duration_seconds', 'One synced write to the log.', sync),
    histogram(
      'commit_duration_seconds',
      'While leading: from putting a batch of writes into the log until it is committed.',
      commit,
    ),
    histogram('apply_duration_seconds', 'Applying one batch of committed entries.', apply),
    histogram(
      'read_round_duration_seconds',
      'From asking what linearizable reads have to wait for until that is confirmed.',
      readRound,
    ),
  ];
}

function storeFamilies({ revision, compactedRevision, keys }: StoreGauges): readonly Family[] {
  return [
    gauge('store_keys', 'Keys in the store.', single(keys)),
    gauge('store_revision', 'The revision of the store on this node.', single(revision)),
    gauge('store_compacted_revision', 'Older revisions are gone.', single(compactedRevision)),
  ];
}

function httpFamilies(counters: ServerCounters): readonly Family[] {
  const requests = [...counters.httpRequests].map(([key, value]) => {
    const [method = '', route = '', status = ''] = key.split(' ');
    return { labels: { method, route, status }, value };
  });
  const durations = [...counters.httpDurations].flatMap(([route, measured]) =>
    histogramSamples(measured, { route }),
  );
  return [
    counter('http_requests', 'HTTP requests answered.', requests),
    {
      name: 'raftchart_http_request_duration_seconds',
      type: 'histogram',
      help: 'From the request to its answer; for a watch, to its beginning.',
      samples: durations,
    },
    gauge('http_requests_in_flight', 'HTTP requests under way.', single(counters.httpInFlight)),
    counter(
      'connections_refused',
      'Connections to the client port refused: too many were open.',
      single(counters.connectionsRefused),
    ),
    counter(
      'foreign_requests',
      'Requests refused for their Host or Origin.',
      single(counters.foreignRequests),
    ),
    gauge('http_watches', 'Open streams of server-sent events.', single(counters.httpWatches)),
  ];
}

function heldFamilies({ outgoing, incoming }: Held): readonly Family[] {
  return [
    gauge('held_outgoing_bytes', 'Answers and events not taken yet.', single(outgoing.total)),
    gauge('held_incoming_bytes', 'Requests that have begun to arrive.', single(incoming.total)),
    counter(
      'slow_connections_closed',
      'Readers and senders closed because they stood still.',
      single(outgoing.closedCount + incoming.closedCount),
    ),
  ];
}

function clientFamilies(counters: ServerCounters): readonly Family[] {
  const requests = [...counters.clientRequests].map(([operation, value]) => ({
    labels: { operation },
    value,
  }));
  const durations = [...counters.clientDurations].flatMap(([operation, measured]) =>
    histogramSamples(measured, { operation }),
  );
  return [
    gauge('client_connections', 'Open client WebSockets.', single(counters.clientConnections)),
    counter(
      'client_connections',
      'Client WebSockets accepted.',
      single(counters.clientConnectionsTotal),
    ),
    counter('client_requests', 'Requests over client WebSockets.', requests),
    {
      name: 'raftchart_client_request_duration_seconds',
      type: 'histogram',
      help: 'From the arrival of a frame over a client WebSocket until the answer to a request in it is known.',
      samples: durations,
    },
    counter(
      'client_bad_frames',
      'Frames from clients that broke the protocol.',
      single(counters.clientBadFrames),
    ),
    gauge('client_watches', 'Open watches over client WebSockets.', single(counters.clientWatches)),
    counter(
      'watches_too_slow',
      'Watches ended because their reader lagged.',
      single(counters.watchesTooSlow),
    ),
  ];
}

function processFamilies(
  { residentBytes, uptimeSeconds }: ProcessGauges,
  { loopDelay }: ServerCounters,
): readonly Family[] {
  return [
    histogram('event_loop_delay_seconds', 'How late a timer was, 50 times a second.', loopDelay),
    gauge('process_resident_memory_bytes', 'Memory of the process.', single(residentBytes)),
    gauge('process_uptime_seconds', 'Age of the process.', single(uptimeSeconds)),
  ];
}
