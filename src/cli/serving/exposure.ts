/** What a node says at each start that others than this machine can reach, and that too little guards (TL8). */
import { formatAddress, parseAddress } from '../../core/address.ts';
import type { Log } from '../../server/operations/json-log.ts';
import type { RunningServer, ServeOptions } from '../../server/serve.ts';
import { isLoopbackHost } from '../../wire/client-url.ts';

type Exposure = {
  readonly port: 'clients' | 'peers';
  readonly address: string;
  readonly message: string;
};

type Guarded = Pick<ServeOptions, 'listen' | 'peerListen' | 'tls' | 'peerTls' | 'clusterSecret'>;

/** `hasAccess`: whoever asks has to be known. */
export function clientExposures(
  options: Guarded,
  { hasAccess }: { readonly hasAccess: boolean },
): readonly Exposure[] {
  return exposuresAt('clients', formatAddress(options.listen), clientsMessage(options, hasAccess));
}

export function peerExposures(options: Guarded): readonly Exposure[] {
  return exposuresAt('peers', options.peerListen, peersMessage(options));
}

/** Said once it is known whether access is on, or has not become known within so many milliseconds (TL8). */
export async function tellExposures(
  server: RunningServer,
  options: ServeOptions,
  log: Log,
): Promise<void> {
  const hasAccess = await server.hasAccess(ACCESS_KNOWN_MS);
  const exposures = clientExposures(options, { hasAccess: hasAccess === true });
  for (const exposure of exposures) log('warn', 'exposed', exposure);
}

const ACCESS_KNOWN_MS = 5_000;

function exposuresAt(
  port: Exposure['port'],
  address: string,
  message: string | null,
): readonly Exposure[] {
  return message === null || isLoopback(address) ? [] : [{ port, address, message }];
}

function clientsMessage({ tls }: Guarded, hasAccess: boolean): string | null {
  if (tls === undefined) return hasAccess ? TOKENS_OVERHEARD : CLIENTS_IN_THE_OPEN;
  return tls.current.ca === undefined && !hasAccess ? ANY_CLIENT : null;
}

function peersMessage({ clusterSecret, peerTls }: Guarded): string | null {
  if (peerTls !== undefined) return null;
  return clusterSecret === undefined ? ANY_PEER : PEERS_OVERHEARD;
}

export function isLoopback(address: string): boolean {
  return isLoopbackHost(parseAddress(address)?.host ?? '');
}

const CLIENTS_IN_THE_OPEN =
  'WHOEVER REACHES THIS PORT READS AND WRITES EVERYTHING, and whoever is on the way reads along. Give --tls-cert, --tls-key and --tls-client-ca, or turn on access (raftchart access on), or let --listen be a loopback address, with a proxy in front that asks who calls.';
const TOKENS_OVERHEARD =
  'WHOEVER IS ON THE WAY READS ALONG, tokens included, and can then do what they may. Give --tls-cert and --tls-key, or let --listen be a loopback address, with a proxy in front that speaks TLS.';
const ANY_CLIENT =
  'WHOEVER REACHES THIS PORT READS AND WRITES EVERYTHING. Give --tls-client-ca, so that only clients with a certificate of it are served, or turn on access (raftchart access on), or keep the port in a network of your own.';
const ANY_PEER =
  'WHOEVER REACHES THIS PORT CAN TAKE THE NAME OF A MEMBER, and with it what the cluster holds. Give all nodes --peer-tls-cert, --peer-tls-key and --peer-tls-ca, or at least --cluster-secret-file, or keep the port in a network of your own.';
const PEERS_OVERHEARD =
  'What members say to each other is not hidden: whoever is on the way reads along, and can change it. Give all nodes --peer-tls-cert, --peer-tls-key and --peer-tls-ca, or keep the port in a network of your own.';
