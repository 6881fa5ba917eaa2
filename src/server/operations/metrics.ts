/**
 * What `/metrics` shows (SV14): the replica's own account of itself and the server's counters, by names
 * that begin with `raftchart_`. Nothing is measured here; a scrape reads numbers that exist anyway.
 */
import type { Role } from '../../core/effect.ts';
import type { Histogram } from '../../core/histogram.ts';
import type { LinkStatus, Replica, ReplicaStatus, ReplicaTimings } from '../../ports/replica.ts';
import { BOUNDED_EVENTS } from './bounded-log.ts';
import type { DiskSpace } from './disk-space.ts';
import { type Family, histogramSamples, prometheusText, type Sample } from './prometheus-text.ts';
import type { ServerCounters } from './server-counters.ts';

interface StoreGauges {
  readonly revision: number;
  readonly compactedRevision: number;
  readonly keys: number;
  readonly leases: number;
}

export interface ProcessGauges {
  readonly residentBytes: number;
  readonly heapBytes: number;
  /** Of all its threads, since it began. */
  readonly processorSeconds: number;
  readonly uptimeSeconds: number;
  /** Where the data directory lies; `null`: not known. */
  readonly disk: DiskSpace | null;
}

interface HeldGauges {
  readonly total: number;
  readonly closedCount: number;
}

interface MetricsSources {
  readonly replica: Replica;
  readonly counters: ServerCounters;
  readonly held: { readonly outgoing: HeldGauges; readonly incoming: HeldGauges };
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
    ...versionFamilies(status),
    ...logFamilies(status),
    ...linkFamilies(status),
    ...replicaFamilies(sources.replica),
    ...timingFamilies(sources.replica.timings()),
    ...storeFamilies(sources.store()),
    ...snapshotFamilies(sources.counters),
    ...httpFamilies(sources.counters),
    ...clientFamilies(sources.counters),
    ...heldFamilies(sources.held),
    ...processFamilies(sources.process(), sources.counters),
  ]);
}

const numbers =
  (type: 'gauge' | 'counter', ending: string) =>
  (name: string, help: string, value: number | readonly Sample[]): Family => ({
    name: `raftchart_${name}${ending}`,
    type,
    help,
    samples: typeof value === 'number' ? [{ value }] : value,
  });

const gauge = numbers('gauge', '');
const counter = numbers('counter', '_total');

type Labelled = readonly [Histogram, Readonly<Record<string, string>>];

const histograms = (name: string, help: string, all: readonly Labelled[]): Family => ({
  name: `raftchart_${name}`,
  type: 'histogram',
  help,
  samples: all.flatMap(([measured, labels]) => histogramSamples(measured, labels)),
});

const histogram = (name: string, help: string, measured: Histogram): Family =>
  histograms(name, help, [[measured, {}]]);

function identityFamilies(status: ReplicaStatus, version: string): readonly Family[] {
  const roles = ROLES.map((role) => ({ labels: { role }, value: role === status.role ? 1 : 0 }));
  const { id: node, clusterId: cluster } = status;
  return [
    gauge('build_info', 'Constant 1; the labels say what runs here.', [
      { labels: { version, node, cluster }, value: 1 },
    ]),
    gauge('role', 'What this node is: 1 for its role, 0 for the others.', roles),
    gauge('has_leader', '1 while this node knows a leader.', status.leader === null ? 0 : 1),
    gauge('voters', 'Members that vote.', status.members.voters.length),
    gauge('learners', 'Members that only receive.', status.members.learners.length),
  ];
}

function versionFamilies({ versions }: ReplicaStatus): readonly Family[] {
  const { protocol, machine, lowest, machineInUse } = versions;
  return [
    gauge('protocol_version', 'The newest peer protocol that this node speaks.', protocol),
    gauge('machine_version', 'The newest commands of the store that this node knows.', machine),
    gauge(
      'lowest_protocol_version',
      'What every member is known to speak: less than the own one during an upgrade.',
      lowest.protocol,
    ),
    gauge(
      'lowest_machine_version',
      'What every member is known to know of the store: less than the own one during an upgrade.',
      lowest.machine,
    ),
    gauge(
      'machine_version_in_use',
      'The newest version that a committed command has needed: there is no way back behind it.',
      machineInUse,
    ),
  ];
}

function logFamilies(status: ReplicaStatus): readonly Family[] {
  return [
    gauge('term', 'The newest term this node has seen.', status.term),
    gauge('commit_index', 'The last entry known to be committed.', status.commitIndex),
    gauge('applied_index', 'The last entry applied to the store.', status.lastApplied),
    gauge('log_first_index', 'The first entry in the log.', status.firstIndex),
    gauge('log_last_index', 'The last entry in the log.', status.lastIndex),
    gauge('snapshot_index', 'The last entry covered by a snapshot.', status.snapshotIndex),
    gauge('disk_stalled', '1 while a write to the log takes too long.', Number(status.diskStalled)),
  ];
}

function linkFamilies({ links }: ReplicaStatus): readonly Family[] {
  /** `null`: nothing is known of that peer. */
  const perPeer = (value: (link: LinkStatus) => number | null): readonly Sample[] =>
    links.flatMap((link) => {
      const known = value(link);
      return known === null ? [] : [{ labels: { peer: link.peer }, value: known }];
    });
  const isOpen = perPeer(({ state }) => Number(state === 'open'));
  const hasProblem = perPeer(({ problem }) => Number(problem !== null));
  const buffered = perPeer(({ bufferedBytes }) => bufferedBytes);
  const matched = perPeer(({ matchIndex }) => matchIndex);
  return [
    gauge('link_open', '1 while the link to a peer is open.', isOpen),
    gauge('link_buffered_bytes', 'Bytes queued for a peer.', buffered),
    gauge(
      'peer_problem',
      '1 if the peer is refused here, refuses this node, or stalls: the log and /status say why.',
      hasProblem,
    ),
    gauge('peer_match_index', 'While leading: the last entry known to be on a peer.', matched),
  ];
}

function replicaFamilies(replica: Replica): readonly Family[] {
  const counts = replica.counters();
  return [
    counter('proposals', 'Writes handed in at this node.', counts.proposals),
    counter('applied', 'Commands applied to the store.', counts.applied),
    counter('elections', 'Elections this node has started.', counts.elections),
    counter('leader_changes', 'Changes of the leader seen here.', counts.leaderChanges),
    counter('messages_sent', 'Messages sent to peers.', counts.messagesSent),
    counter('messages_received', 'Messages received from peers.', counts.messagesReceived),
    counter(
      'messages_dropped',
      'Messages not sent: no link, or its queue was full.',
      counts.messagesDropped,
    ),
    counter('refusals', 'Calls of other nodes that were refused.', counts.refusals),
    counter(
      'peer_stalls',
      'While leading: times that a connected peer took no entries.',
      counts.peerStalls,
    ),
    counter('bad_frames', 'Frames from peers that broke the protocol.', counts.badFrames),
    counter('disk_writes', 'Synced writes to the log.', counts.diskWrites),
    counter('disk_written_bytes', 'Bytes of those writes.', counts.diskBytes),
    counter('disk_stalls', 'Writes that took too long.', counts.diskStalls),
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

function storeFamilies(store: StoreGauges): readonly Family[] {
  const { revision, compactedRevision, keys, leases } = store;
  return [
    gauge('store_keys', 'Keys in the store.', keys),
    gauge('store_leases', 'Leases that have not ended.', leases),
    gauge('store_revision', 'The revision of the store on this node.', revision),
    gauge('store_compacted_revision', 'Older revisions are gone.', compactedRevision),
  ];
}

function snapshotFamilies({
  snapshots,
  snapshotBytes,
  snapshotsRefused,
}: ServerCounters): readonly Family[] {
  return [
    counter('snapshots', 'Snapshots of its own that this node has taken.', snapshots),
    counter(
      'snapshots_refused',
      'Snapshots that were due and could not be taken.',
      snapshotsRefused,
    ),
    gauge('snapshot_bytes', 'Bytes of the last one taken since the start.', snapshotBytes),
  ];
}

function httpFamilies(counters: ServerCounters): readonly Family[] {
  const requests = [...counters.httpRequests].map(([key, value]) => {
    const [method = '', route = '', status = ''] = key.split(' ');
    return { labels: { method, route, status }, value };
  });
  return [
    counter('http_requests', 'HTTP requests answered.', requests),
    histograms(
      'http_request_duration_seconds',
      'From the request to its answer; for a watch, to its beginning.',
      [...counters.httpDurations].map(([route, measured]) => [measured, { route }]),
    ),
    gauge('http_requests_in_flight', 'HTTP requests under way.', counters.httpInFlight),
    counter(
      'connections_refused',
      'Connections to the client port refused: too many were open.',
      counters.connectionsRefused,
    ),
    counter(
      'tls_handshakes_failed',
      'Connections to the client port on which TLS did not come about.',
      counters.tlsHandshakesFailed,
    ),
    counter(
      'foreign_requests',
      'Requests refused for their Host or Origin.',
      counters.foreignRequests,
    ),
    counter(
      'log_lines_left_out',
      'Lines that others caused, and that were too many to be logged.',
      BOUNDED_EVENTS.map((event) => ({
        labels: { event },
        value: counters.logLinesLeftOut.get(event) ?? 0,
      })),
    ),
    gauge('backups', 'Backups that are being taken.', counters.backups),
    counter(
      'backups_ended',
      'Backups that were taken as a whole, and that were not.',
      ['whole', 'broken'].map((how) => ({
        labels: { how },
        value: counters.backupsEnded.get(how) ?? 0,
      })),
    ),
    gauge('http_watches', 'Open streams of server-sent events.', counters.httpWatches),
  ];
}

function heldFamilies({ outgoing, incoming }: MetricsSources['held']): readonly Family[] {
  return [
    gauge('held_outgoing_bytes', 'Answers and events not taken yet.', outgoing.total),
    gauge('held_incoming_bytes', 'Requests that have begun to arrive.', incoming.total),
    counter(
      'slow_connections_closed',
      'Readers and senders closed because they stood still.',
      outgoing.closedCount + incoming.closedCount,
    ),
  ];
}

function clientFamilies(counters: ServerCounters): readonly Family[] {
  const requests = [...counters.clientRequests].map(([operation, value]) => ({
    labels: { operation },
    value,
  }));
  return [
    gauge('client_connections', 'Open client WebSockets.', counters.clientConnections),
    counter('client_connections', 'Client WebSockets accepted.', counters.clientConnectionsTotal),
    counter('client_requests', 'Requests over client WebSockets.', requests),
    histograms(
      'client_request_duration_seconds',
      'From the arrival of a frame over a client WebSocket until the answer to a request in it is known.',
      [...counters.clientDurations].map(([operation, measured]) => [measured, { operation }]),
    ),
    counter(
      'client_bad_frames',
      'Frames from clients that broke the protocol.',
      counters.clientBadFrames,
    ),
    gauge('client_watches', 'Open watches over client WebSockets.', counters.clientWatches),
    counter(
      'watches_too_slow',
      'Watches ended because their reader lagged.',
      counters.watchesTooSlow,
    ),
  ];
}

function processFamilies(
  { disk, heapBytes, processorSeconds, residentBytes, uptimeSeconds }: ProcessGauges,
  { loopDelay }: ServerCounters,
): readonly Family[] {
  const known = (value: number | undefined): readonly Sample[] =>
    value === undefined ? [] : [{ value }];
  return [
    gauge('disk_free_bytes', 'Room where the data directory lies.', known(disk?.freeBytes)),
    gauge('disk_size_bytes', 'The whole of that.', known(disk?.sizeBytes)),
    histogram('event_loop_delay_seconds', 'How late a timer was, 50 times a second.', loopDelay),
    gauge('process_resident_memory_bytes', 'Memory of the process.', residentBytes),
    gauge('process_heap_bytes', 'Of that, what JavaScript uses.', heapBytes),
    counter('process_cpu_seconds', 'Processor time of the process.', processorSeconds),
    gauge('process_uptime_seconds', 'Age of the process.', uptimeSeconds),
  ];
}
