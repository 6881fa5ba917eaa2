/**
 * What the options of `serve` come to, taken together: those that make no sense with each other are refused before anything is
 * touched (CL16). Times and limits are in `serve-settings.ts`, certificates in `tls-settings.ts`.
 */
import { formatAddress } from '../../core/address.ts';
import type { Log } from '../../server/operations/json-log.ts';
import type { ServeOptions } from '../../server/serve.ts';
import type { Inspection } from '../../server/server-context.ts';
import type { TlsFiles } from '../../wire/tls-files.ts';
import { tlsContext } from '../asking/client-tls.ts';
import { CALLER_OPTIONS } from '../asking/client-token.ts';
import { usageFailure } from '../failures/cli-failure.ts';
import type { ReadOptions } from '../options/read-options.ts';
import { packageVersion } from '../version.ts';
import type { Bootstrap } from './bootstrap.ts';
import { isLoopback } from './exposure.ts';
import { FINDING_OPTIONS, findMembersBy, requireProofOfOthers } from './finding/member-finding.ts';
import type { Joining } from './join-cluster.ts';
import { tellOpenSecrets } from './open-secrets.ts';
import { SETTING_OPTIONS, serveSettings } from './serve-settings.ts';
import { clientPortTls, clusterSecret, PORT_OPTIONS, peerPortTls } from './tls-settings.ts';

/** What may stand in a configuration file, too. */
export const SERVE_FIELDS = [
  'id',
  'data-dir',
  'listen',
  'allow-host',
  'client-url',
  'peer-listen',
  'peers',
  ...FINDING_OPTIONS,
  'bootstrap-expect',
  'cluster-id',
  'halt-linger-ms',
  'log-format',
  'log-level',
  'ui',
  'inspect',
  'inspect-peers',
  ...PORT_OPTIONS,
  'without-access',
  ...CALLER_OPTIONS,
  ...SETTING_OPTIONS,
] as const;
export const SERVE_NEEDED = ['id', 'data-dir'] as const;
export type Given = ReadOptions<
  'config' | (typeof SERVE_FIELDS)[number],
  (typeof SERVE_NEEDED)[number]
>;

export type Checked = Omit<Given['values'], 'config'>;

interface Guards {
  readonly tls?: TlsFiles;
  readonly peerTls?: TlsFiles;
  readonly clusterSecret?: string;
}

/** Who may speak to this node: what its files say, before anything is touched. */
export function guardsOf(values: Checked, log: Log): Guards {
  const [tls, peerTls] = [clientPortTls(values, log), peerPortTls(values, log)];
  const secret = clusterSecret(values);
  tellOpenSecrets(values, log);
  return {
    ...(tls !== null && { tls }),
    ...(peerTls !== null && { peerTls }),
    ...(secret !== null && { clusterSecret: secret }),
  };
}

/** Options that do not make sense together are refused before anything is touched. */
export function serveOptions(values: Checked, log: Log): ServeOptions {
  const { id, peers, listen } = values;
  if (peers !== null && !peers.has(id)) {
    throw usageFailure(
      `--peers names ${[...peers.keys()].join(', ')} and not this node, ${id}. Name every founding member, or correct --id.`,
    );
  }
  const joining = joinOf(values);
  bootstrapOf(values, null);
  const settings = serveSettings(values);
  return {
    id,
    peers,
    listen,
    isJoining: joining !== null,
    allowHosts: values['allow-host'] ?? [],
    clientUrl: values['client-url'],
    log,
    clusterId: values['cluster-id'],
    dataDir: values['data-dir'],
    peerListen: peerListenOf(values),
    ...settings,
    withoutAccess: withoutAccess(values),
    logsRequests: values['log-level'] === 'debug',
    inspection: inspectionOf(values),
    version: packageVersion(),
  };
}

/**
 * What `check-config` asks: whether a start by these options would be refused before it touches anything. Throws as the
 * start would.
 */
export function checkServe(values: Checked, log: Log): void {
  const { peerTls, tls } = guardsOf(values, log);
  peerTls?.close();
  tls?.close();
  serveOptions(values, log);
}

/** AC8: whoever reaches a node that asks nobody for a token may do everything, so that has to be this machine. */
function withoutAccess({ listen, 'without-access': isWithout }: Checked): boolean {
  if (!isWithout || isLoopback(formatAddress(listen))) return isWithout;
  throw usageFailure('--without-access lets in everybody: give --listen a loopback address.');
}

/** `null`: what happens inside is not shown. */
function inspectionOf(values: Checked): Inspection | null {
  const { inspect, ui, 'inspect-peers': peers } = values;
  if (inspect || ui) {
    return { peers: peers ?? new Map(), hasPage: ui, secureContext: tlsContext(values) };
  }
  if (peers === null) return null;
  throw usageFailure(
    '--inspect-peers is of use only with --inspect or --ui: give both, or neither.',
  );
}

function peerListenOf({ id, peers, 'peer-listen': given }: Checked): string {
  return given === null ? (peers?.get(id) ?? DEFAULT_PEER_LISTEN) : formatAddress(given);
}

/** `null`: it does not join. The others have to be told an address at which they find it. */
export function joinOf(values: Checked): Joining | null {
  const { cacert, cert, id, 'data-dir': dataDir, key, peers } = values;
  const { 'token-file': tokenFile } = values;
  const findMembers = findMembersBy(values);
  if (findMembers === null) return null;
  if (!isAlone(values)) {
    if (isOnlyFound(values)) return null;
    throw usageFailure(values['bootstrap-expect'] === null ? FOUNDS_OR_JOINS : FOUNDS_BY_NAME);
  }
  requireProofOfOthers(values);
  const address = peers?.get(id) ?? peerListenOf(values);
  if (/^(0\.0\.0\.0|\[::\]):|:0$/.test(address)) {
    throw usageFailure(
      `The others cannot find this node at ${address}: give --peers ${id}=HOST:PORT with the address by which they reach it.`,
    );
  }
  return {
    id,
    address,
    dataDir,
    findMembers,
    caller: { cacert, cert, key, 'token-file': tokenFile },
  };
}

const FOUNDS_OR_JOINS =
  '--peers founds a cluster, and --join or --discover-srv joins one: give one of the two.';
const FOUNDS_BY_NAME =
  '--peers founds a cluster of those that it names, and --bootstrap-expect of those that it finds: give one of the two, or let --peers name this node alone.';
const NOBODY_TO_FIND =
  '--bootstrap-expect needs to know where the others are: give --join with the URLs of their clients, --discover-srv or --discover-multicast.';

function isAlone({ peers }: Checked): boolean {
  return peers === null || peers.size === 1;
}

/** A founder by name looks for nobody. */
function isOnlyFound(values: Checked): boolean {
  return values['discover-multicast'] && values['bootstrap-expect'] === null;
}

/** `null`: whether there is a cluster is no question. */
export function bootstrapOf(values: Checked, secret: string | null): Bootstrap | null {
  const expected = values['bootstrap-expect'];
  if (expected === null) return null;
  const joining = joinOf(values);
  if (joining === null) throw usageFailure(isAlone(values) ? NOBODY_TO_FIND : FOUNDS_BY_NAME);
  return { joining, expected, cluster: values['cluster-id'] ?? '', secret };
}

const DEFAULT_PEER_LISTEN = '127.0.0.1:4200';
