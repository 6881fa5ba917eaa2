/**
 * Every option of every command, once: its name, environment variable, unit, default, help and parser all
 * come from this one table, and so do the help pages and the errors (CL12, CL13). The order of precedence is
 * flag, environment, configuration file, default (CL14). It reads text; whether options make sense together the commands say.
 */
import { COUNTER_MAX, DEFAULT_LIMITS, MEMBERS_MAX } from '../../core/limits.ts';
import { DEFAULT_SNAPSHOT_THRESHOLDS } from '../../core/snapshot-thresholds.ts';
import { LEASE_TTL_MAX_MS, LEASE_TTL_MIN_MS, RANGE_LIMIT_MAX } from '../../kv/limits.ts';
import { DEFAULT_RETENTION } from '../../kv/store/retention.ts';
import { DEFAULT_TIMING } from '../../rules/timing.ts';
import { LOG_LEVELS } from '../../server/operations/json-log.ts';
import { OPTION_COUNT_MAX, OPTION_MS_MAX } from '../limits.ts';
import { CERTIFICATE_OPTIONS } from './certificate-options.ts';
import {
  address,
  anyText,
  choice,
  clientUrl,
  endpoints,
  hostName,
  hostNames,
  logId,
  members,
  memberUrls,
  msRange,
  multicastGroup,
  names,
  nodeName,
  secretFile,
  text,
  whole,
} from './option-kinds.ts';
import { flag, limit, type OptionSpec, optional, preset } from './option-spec.ts';

export const OPTIONS = {
  config: optional(
    text,
    'FILE',
    'Take options from this file, in YAML or JSON: its fields have the names of these options. A flag and an environment variable win over it.',
  ),
  id: optional(
    nodeName,
    'ID',
    "This node's name, unique in its cluster and never given to another.",
  ),
  'data-dir': optional(
    text,
    'DIR',
    'Where the log is kept, one directory for one node; serve makes it if it is missing.',
  ),
  listen: preset(address, '127.0.0.1:4100', 'HOST:PORT', 'Where clients and HTTP are served.'),
  'allow-host': {
    ...optional(
      hostNames,
      'NAME,…',
      'More names by which clients and web pages may call this node, besides loopback names, addresses and those of --listen and --peers. May be given again.',
    ),
    isRepeatable: true,
  },
  'client-url': optional(
    clientUrl,
    'URL',
    'Where other nodes, and clients that they tell it, reach --listen, as through a port mapping. Without it the address of --listen; where that is all addresses, the host by which the other nodes find this one.',
  ),
  'peer-listen': optional(
    address,
    'HOST:PORT',
    "Where the other nodes connect. Without it, this node's address in --peers, or 127.0.0.1:4200.",
  ),
  'tls-cert': optional(
    text,
    'FILE',
    'Serve clients over TLS, with this certificate in PEM, and what it was signed by below it; with --tls-key. New files are taken within seconds, or at once at SIGHUP.',
  ),
  'tls-key': optional(text, 'FILE', 'The key of --tls-cert, in PEM, without a passphrase.'),
  'tls-client-ca': optional(
    text,
    'FILE',
    'Serve only clients with a certificate of one of these authorities, in PEM.',
  ),
  'peer-tls-cert': optional(
    text,
    'FILE',
    'Speak TLS with the other nodes, with this certificate in PEM, which has the URI raftchart://member/ID among its names; with --peer-tls-key and --peer-tls-ca, on all nodes. New files are taken as with --tls-cert.',
  ),
  'peer-tls-key': optional(
    text,
    'FILE',
    'The key of --peer-tls-cert, in PEM, without a passphrase.',
  ),
  'peer-tls-ca': optional(
    text,
    'FILE',
    'The authorities, in PEM, of one of which the certificate of every node has to be.',
  ),
  'cluster-secret-file': optional(
    text,
    'FILE',
    'The secret of the cluster, of 32 characters at least, which nodes prove to each other before anything else; the same on all nodes. Of use where nodes have no certificates.',
  ),
  'without-access': flag(
    'Let in everybody at this node, whatever the cluster says: to replace a root token that was lost. Only with --listen at a loopback address.',
  ),
  peers: optional(
    members,
    'ID=HOST:PORT,…',
    'The founding members with their peer addresses, this node among them. Without it, a cluster of one.',
  ),
  join: optional(
    endpoints,
    'URL,URL,…',
    'Ask the cluster at URL, where its clients are served, to add this node; it votes once it has caught up. A member that was added before just runs. Other members find it at --peer-listen, or at its own address in --peers.',
  ),
  'discover-srv': optional(
    hostName,
    'NAME',
    'In the place of --join or --endpoints: whom the SRV records of NAME in DNS say that they serve clients, looked up anew whenever somebody is to be asked: _raftchart._tcp.example.org. Over TLS with --cacert; for a command also with --cert, for serve with --tls-cert.',
  ),
  'discover-multicast': flag(
    'As --join, of whoever answers on the network of --listen, and be found there by others: for nodes of one --cluster-id, and of no other, that have this too. With several --peers, only be found. Over TLS as --discover-srv.',
  ),
  'multicast-group': preset(
    multicastGroup,
    '239.255.82.70:4300',
    'GROUP:PORT',
    'Where --discover-multicast asks and answers; the same on all nodes.',
  ),
  'bootstrap-expect': optional(
    whole(2, MEMBERS_MAX),
    'N',
    'Where --join, --discover-srv or --discover-multicast finds no cluster yet, found one of N nodes that were started so, whoever starts first: one cluster, however often they are killed meanwhile. Whoever comes later joins it.',
  ),
  'cluster-id': optional(
    nodeName,
    'NAME',
    'Keeps clusters apart. Without it, derived from --peers; the same on every node. With --bootstrap-expect only nodes of one name found a cluster, which gets an id of its own.',
  ),
  'restore-id': optional(
    nodeName,
    'WORD',
    'Keeps restores of one file apart: the same for every member of the new cluster, and new each time.',
  ),
  'election-timeout-ms': preset(
    msRange(10, OPTION_MS_MAX),
    `${DEFAULT_TIMING.electionTimeoutMinMs}-${DEFAULT_TIMING.electionTimeoutMaxMs}`,
    'FROM-TO',
    'A follower that hears nothing for this long, drawn anew each time, campaigns.',
  ),
  'heartbeat-interval-ms': preset(
    whole(1, OPTION_MS_MAX),
    String(DEFAULT_TIMING.heartbeatIntervalMs),
    'MS',
    'How often a leader speaks to each peer; well below the election timeout.',
  ),
  'suspicion-step-ms': preset(
    whole(0, OPTION_MS_MAX),
    String(DEFAULT_TIMING.suspicionStepMs),
    'MS',
    'When the link to the leader breaks, the n-th survivor waits n such steps before it asks around.',
  ),
  'halt-linger-ms': preset(
    whole(0, OPTION_MS_MAX),
    '1000',
    'MS',
    'How long a halted node goes on answering 503 with the reason before its process ends.',
  ),
  'log-format': preset(
    choice('json', 'text'),
    'json',
    'json|text',
    'How a line of the log is written: for programs, or for people.',
  ),
  'log-level': preset(
    choice(...LOG_LEVELS),
    'info',
    'LEVEL',
    'The least that is logged besides administrative acts: debug, which has a line for each HTTP request, info, warn or error.',
  ),
  'lease-reads': flag(
    'Let reads with consistency=lease do without a round. Of use only on all nodes; it trusts their clocks.',
  ),
  'value-bytes-max': preset(
    whole(1, DEFAULT_LIMITS.commandBytesMax),
    String(1024 * 1024),
    'BYTES',
    'The largest value; a larger one is refused with RAFT_TOO_LARGE.',
  ),
  'command-bytes-max': limit('commandBytesMax', 'The largest write, a whole transaction included.'),
  'proposal-bytes-max': limit(
    'proposalBytesMax',
    'Writes that wait to be appended; past it, RAFT_OVERLOADED.',
  ),
  'unapplied-bytes-max': limit(
    'unappliedBytesMax',
    'Writes appended and not yet applied; past it, RAFT_OVERLOADED.',
  ),
  'run-bytes-max': limit('runBytesMax', 'Writes gathered into one disk record.'),
  'message-bytes-max': limit('messageBytesMax', 'Entries in one message to a peer.'),
  'inflight-messages-max': limit(
    'inflightMessagesMax',
    'Messages under way to one peer; past it, replication to it pauses.',
  ),
  'inflight-bytes-max': limit(
    'inflightBytesMax',
    'Entry bytes under way to one peer; past it, replication to it pauses.',
  ),
  'socket-bytes-max': limit(
    'socketBytesMax',
    "Bytes queued in one peer's socket; past it, messages are dropped.",
  ),
  'frame-bytes-max': limit(
    'frameBytesMax',
    'The largest frame from a peer; a larger one closes the connection.',
  ),
  'cache-bytes-max': limit(
    'cacheBytesMax',
    'Recent entries kept in memory; older ones are read from disk.',
  ),
  'apply-bytes-max': limit('applyBytesMax', 'Entry bytes handed to the store at once.'),
  'pending-reads-max': limit(
    'pendingReadsMax',
    'Reads that wait for the leader; past it, RAFT_OVERLOADED.',
  ),
  'history-revisions': preset(
    whole(0, OPTION_COUNT_MAX),
    String(DEFAULT_RETENTION.revisionsMax),
    'N',
    'Revisions of history that the leader keeps for watches and reads of the past; the rest is compacted. 0: all.',
  ),
  'history-age-ms': preset(
    whole(0, OPTION_COUNT_MAX),
    String(DEFAULT_RETENTION.ageMaxMs),
    'MS',
    'History older than this is compacted, too. 0: no matter how old.',
  ),
  'snapshot-entries': preset(
    whole(0, OPTION_COUNT_MAX),
    String(DEFAULT_SNAPSHOT_THRESHOLDS.entries),
    'N',
    'Take a snapshot after this many entries. 0: not for that reason.',
  ),
  'snapshot-bytes': preset(
    whole(0, OPTION_COUNT_MAX),
    String(DEFAULT_SNAPSHOT_THRESHOLDS.bytes),
    'BYTES',
    'Take a snapshot after entries of this many bytes. 0: not for that reason.',
  ),
  'snapshot-age-ms': preset(
    whole(0, OPTION_MS_MAX),
    '0',
    'MS',
    'Take a snapshot this long after the first entry that is in none. 0: not for that reason.',
  ),
  'snapshot-growth': preset(
    whole(0, OPTION_COUNT_MAX),
    String(DEFAULT_SNAPSHOT_THRESHOLDS.growth),
    'TIMES',
    'For entries or bytes, not before those since the last snapshot take so many times what is written again of it.',
  ),
  'trailing-entries': preset(
    whole(0, OPTION_COUNT_MAX),
    String(DEFAULT_SNAPSHOT_THRESHOLDS.trailingEntries),
    'N',
    'Entries that stay in the log behind a snapshot, for members that are a little behind.',
  ),
  nodes: preset(whole(1, 7), '3', 'N', 'How many nodes the demo starts, 1 to 7.'),
  'base-port': preset(
    whole(1, 65_000),
    '4100',
    'PORT',
    'Clients reach the first node here, the next one a port higher; peers use the ports 100 above, and the live page the port below, or any free one if that is taken.',
  ),

  endpoints: preset(
    endpoints,
    'http://127.0.0.1:4100',
    'URL,URL,…',
    'Where the servers are; any of them takes any request.',
  ),
  cacert: optional(
    text,
    'FILE',
    'The authorities, in PEM, that a server may have its certificate of, where the URL begins with https. Without it, those that Node.js brings along, not those of the system.',
  ),
  cert: optional(
    text,
    'FILE',
    'The certificate to show to a server that wants one, in PEM; with --key.',
  ),
  key: optional(text, 'FILE', 'The key of --cert, in PEM, without a passphrase.'),
  'token-file': {
    ...optional(
      secretFile,
      'FILE',
      'The token by which the servers know the caller, in a file; or itself in RAFTCHART_TOKEN.',
    ),
    orText: 'RAFTCHART_TOKEN',
  },
  role: {
    ...optional(names, 'ROLE,…', 'The roles that it has. May be given again.'),
    isRepeatable: true,
  },
  output: {
    ...preset(choice('table', 'json'), 'table', 'table|json', 'For people or for programs.'),
    short: 'o',
  },
  'timeout-ms': preset(whole(1, 60_000), '5000', 'MS', 'How long a request may take.'),
  'ttl-ms': preset(
    whole(LEASE_TTL_MIN_MS, LEASE_TTL_MAX_MS),
    '10000',
    'MS',
    'How long a lease lasts after its last renewal: so long a lock, or a lead, outlives a holder that is gone without a word.',
  ),
  lease: optional(whole(1, COUNTER_MAX), 'N', 'The key goes when this lease ends.'),
  value: optional(text, 'TEXT', 'What others learn of the leader; host and process unless given.'),
  consistency: optional(
    choice('linearizable', 'lease', 'local'),
    'WORD',
    'linearizable, unless given: the newest state, wherever it is asked for. lease: the same without a round, if the servers allow it. local: what that node has, perhaps old.',
  ),
  'at-least': optional(
    logId,
    'TERM-INDEX',
    "Read that node's own state, once it holds the write that put, del or txn -o json named so.",
  ),
  prefix: optional(anyText, 'P', 'Only keys that begin with P; an empty P means every key.'),
  start: optional(text, 'KEY', 'The first key, inclusive.'),
  after: optional(
    text,
    'KEY',
    'The last key of the part before: begin behind it. What left keys out names it.',
  ),
  end: optional(text, 'KEY', 'The end of the range, exclusive.'),
  limit: optional(whole(1, RANGE_LIMIT_MAX), 'N', 'At most this many keys.'),
  revision: optional(whole(1, COUNTER_MAX), 'N', 'Read the store as it was at this revision.'),
  'if-revision': optional(
    whole(0, COUNTER_MAX),
    'N',
    'Write only if revision N wrote the key last, which range shows as MODIFIED and get -o json as modRevision; 0: only if it is not there.',
  ),
  all: flag('Every key there is.'),
  'keys-only': flag('Leave the values out.'),
  from: optional(whole(1, COUNTER_MAX), 'REVISION', 'Start with the changes of this revision.'),
  'from-line': preset(
    whole(1, COUNTER_MAX),
    '1',
    'N',
    'Begin with this line of the input: those before it are in already.',
  ),
  file: optional(text, 'FILE', 'Read the transaction from this file instead of standard input.'),
  schema: flag('Print the JSON Schema of such files instead.'),
  'dry-run': flag('Only say what would be done.'),
  force: flag('Replace a file that is there.'),
  ui: flag(
    'Serve the live page of the charts at /ui, for reading only; what it shows comes from /inspect, which this implies.',
  ),
  inspect: flag(
    'Serve what happens inside the node, each transition of its charts and why, at /inspect.',
  ),
  'inspect-peers': optional(
    memberUrls,
    'ID=URL,…',
    'Where the clients of other nodes are served: with --inspect, their streams are passed on at /inspect?node=ID.',
  ),
  to: optional(nodeName, 'ID', 'Who shall lead.'),
  ...CERTIFICATE_OPTIONS,
} as const satisfies Record<string, OptionSpec<unknown>>;

export type OptionName = keyof typeof OPTIONS;

type ValueOf<Spec> = Spec extends OptionSpec<infer Value> ? Value : never;
export type OptionValues<Name extends OptionName = OptionName> = {
  readonly [Each in Name]: ValueOf<(typeof OPTIONS)[Each]>;
};

/** `--election-timeout-ms` is `RAFTCHART_ELECTION_TIMEOUT_MS`. */
export function environmentName(name: string): string {
  return `RAFTCHART_${name.replaceAll('-', '_').toUpperCase()}`;
}
