/** What a node says at each start that others than this machine can reach, and that too little guards (TL8). */
import { formatAddress, parseAddress } from '../../core/address.ts';
import type { ServeOptions } from '../../server/serve.ts';

type Exposure = {
  readonly port: 'clients' | 'peers';
  readonly address: string;
  readonly message: string;
};

type Guarded = Pick<ServeOptions, 'listen' | 'peerListen' | 'tls' | 'peerTls' | 'clusterSecret'>;

export function exposuresOf(options: Guarded): readonly Exposure[] {
  const [clients, peers] = [clientsMessage(options), peersMessage(options)];
  const at = formatAddress(options.listen);
  return [
    ...(clients === null || isLoopback(at) ? [] : [expose('clients', at, clients)]),
    ...(peers === null || isLoopback(options.peerListen)
      ? []
      : [expose('peers', options.peerListen, peers)]),
  ];
}

function expose(port: Exposure['port'], address: string, message: string): Exposure {
  return { port, address, message };
}

function clientsMessage({ tls }: Guarded): string | null {
  if (tls === undefined) return CLIENTS_IN_THE_OPEN;
  return tls.current.ca === undefined ? ANY_CLIENT : null;
}

function peersMessage({ clusterSecret, peerTls }: Guarded): string | null {
  if (peerTls !== undefined) return null;
  return clusterSecret === undefined ? ANY_PEER : PEERS_OVERHEARD;
}

function isLoopback(address: string): boolean {
  const host = parseAddress(address)?.host ?? '';
  return host === 'localhost' || host === '::1' || /^127\.[0-9.]+$/.test(host);
}

const CLIENTS_IN_THE_OPEN =
  'WHOEVER REACHES THIS PORT READS AND WRITES EVERYTHING, and whoever is on the way reads along. Give --tls-cert, --tls-key and --tls-client-ca, or let --listen be a loopback address, with a proxy in front that asks who calls.';
const ANY_CLIENT =
  'WHOEVER REACHES THIS PORT READS AND WRITES EVERYTHING. Give --tls-client-ca, so that only clients with a certificate of it are served, or keep the port in a network of your own.';
const ANY_PEER =
  'WHOEVER REACHES THIS PORT CAN TAKE THE NAME OF A MEMBER, and with it what the cluster holds. Give all nodes --peer-tls-cert, --peer-tls-key and --peer-tls-ca, or at least --cluster-secret-file, or keep the port in a network of your own.';
const PEERS_OVERHEARD =
  'What members say to each other is not hidden: whoever is on the way reads along, and can change it. Give all nodes --peer-tls-cert, --peer-tls-key and --peer-tls-ca, or keep the port in a network of your own.';
