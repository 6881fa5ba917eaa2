/** What `connect` may be told, with the defaults and bounds of a client. */

import { CLIENT_PATH } from '../client-protocol/frame-shapes.ts';
import { TIMEOUT_MS_MAX } from '../client-protocol/limits.ts';
import { checkOptionNames } from '../core/known-names.ts';
import { TIMER_MS_MAX } from '../core/limits.ts';
import {
  aBoolean,
  aNumber,
  anObject,
  anything,
  type Kind,
  ownOptions,
} from '../core/option-kinds.ts';
import type { ClientTls } from '../ports/tls.ts';
import type { SrvRecord, SrvService } from '../wire/srv-lookup.ts';

export interface ConnectOptions {
  /** `http://host:port` (or https, ws, wss) of the servers' client ports; any of them takes any request. */
  readonly endpoints?: readonly string[];
  /** In the place of endpoints: whom the SRV records of this name in DNS say, looked up whenever a server is to be found. */
  readonly srv?: string | SrvOptions;
  /**
   * False: only those are asked. Unless told so, servers tell where the other members are, and these are asked where none of
   * those answers.
   */
  readonly followMembers?: boolean;
  /** How long a request may take, in milliseconds, unless it says otherwise; 1 to 60,000. Default 5,000. */
  readonly timeoutMs?: number;
  /** How long one attempt to connect may take, in milliseconds. Default 1,000. */
  readonly dialTimeoutMs?: number;
  /**
   * Fail the requests that wait once every endpoint was tried this often in vain. Not given: they wait
   * until their own timeout.
   */
  readonly dialRoundsMax?: number;
  /** Bound: requests under way. Past it: `RAFT_OVERLOADED`, at once, nothing sent. Default 100,000. */
  readonly pendingRequestsMax?: number;
  /** Bound: bytes of commands under way. Past it: `RAFT_OVERLOADED`, likewise. Default 256 MiB. */
  readonly pendingBytesMax?: number;
  /** Bound: events a watch holds for a slow reader; past it the stream is paused at its source. Default 10,000. */
  readonly watchEventsMax?: number;
  /**
   * False: a write whose outcome is unknown is not sent again. Unless told so, each write has a number in a session of
   * this client, takes effect once, and is sent again until its outcome is known or its time is up.
   */
  readonly sessions?: boolean;
  /** A server silent for twice this long is taken for dead, in milliseconds. Default 2,000. */
  readonly keepAliveMs?: number;
  /** For `https` endpoints: `ca`, `cert` and `key` in PEM. Not given: the authorities that Node.js brings along, and no certificate. */
  readonly tls?: ClientTls;
  /**
   * By which the servers know this client, where access is on; a function is asked for it whenever a connection is made, and one that
   * throws has none. Not given: by its certificate, if at all.
   */
  readonly token?: string | (() => string);
}

export interface SrvOptions {
  /** `_raftchart._tcp.example.org` */
  readonly name: string;
  /** By which they are asked; `https` where `tls` is given, unless told otherwise. */
  readonly scheme?: 'http' | 'https';
  /** In the place of the resolver of this system. */
  readonly lookUp?: (name: string) => Promise<readonly SrvRecord[]>;
}

/** Those that `connect` makes something else of. */
type Means = 'dialRoundsMax' | 'followMembers' | 'srv' | 'tls' | 'token';

export interface ClientSettings extends Required<Omit<ConnectOptions, Means>> {
  /** WebSocket addresses; none: DNS is asked. */
  readonly endpoints: readonly string[];
  readonly dialRoundsMax: number;
}

const MIB = 1024 * 1024;
const UNBOUNDED = Number.POSITIVE_INFINITY;
/** How often deadlines are looked at, in milliseconds; a request may end that much late. */
export const SWEEP_INTERVAL_MS = 20;

const KINDS: Readonly<Record<keyof ConnectOptions, Kind>> = {
  endpoints: anything,
  srv: anything,
  followMembers: aBoolean,
  timeoutMs: aNumber(1, TIMEOUT_MS_MAX),
  dialTimeoutMs: aNumber(1, TIMER_MS_MAX),
  dialRoundsMax: aNumber(1),
  pendingRequestsMax: aNumber(1),
  pendingBytesMax: aNumber(1),
  watchEventsMax: aNumber(1),
  keepAliveMs: aNumber(1, TIMER_MS_MAX),
  sessions: aBoolean,
  tls: anObject,
  token: anything,
};

/** Throws `TypeError` for options that make no sense: that is a fault of the caller's program (EM17). */
export function clientSettings(options: ConnectOptions): ClientSettings {
  const own = ownOptions('connect', options, KINDS);
  return {
    endpoints: endpointsOf(own),
    timeoutMs: own.timeoutMs ?? 5_000,
    dialTimeoutMs: own.dialTimeoutMs ?? 1_000,
    dialRoundsMax: own.dialRoundsMax ?? UNBOUNDED,
    pendingRequestsMax: own.pendingRequestsMax ?? 100_000,
    pendingBytesMax: own.pendingBytesMax ?? 256 * MIB,
    watchEventsMax: own.watchEventsMax ?? 10_000,
    keepAliveMs: own.keepAliveMs ?? 2_000,
    sessions: own.sessions ?? true,
  };
}

function endpointsOf({ endpoints, srv }: ConnectOptions): readonly string[] {
  if (srv === undefined && Array.isArray(endpoints) && endpoints.length > 0) {
    return [...new Set(endpoints.map(socketUrl))];
  }
  if (srv !== undefined && endpoints === undefined) return [];
  throw new TypeError(
    srv === undefined
      ? 'connect needs endpoints: at least one URL such as http://127.0.0.1:4100'
      : 'connect finds servers by endpoints or by srv: give one of the two',
  );
}

/** Of whom DNS is to be asked; `undefined`: of nobody. Throws a `TypeError` for what is none. */
export function srvServiceOf({ srv, tls }: ConnectOptions): SrvService | undefined {
  if (srv === undefined) return undefined;
  const given = typeof srv === 'string' ? { name: srv } : srv;
  checkOptionNames('srv of connect', given, ['name', 'scheme', 'lookUp']);
  const { lookUp, name, scheme = tls === undefined ? 'http' : 'https' } = given;
  if (typeof name !== 'string' || name === '') {
    throw new TypeError('srv of connect needs a name in DNS, such as _raftchart._tcp.example.org');
  }
  if (scheme !== 'http' && scheme !== 'https') {
    throw new TypeError('scheme in srv of connect must be http or https');
  }
  return { name, scheme, ...(lookUp !== undefined && { lookUp }) };
}

export function socketUrl(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : null;
  const scheme = url === null ? undefined : SOCKET_SCHEMES.get(url.protocol);
  if (url === null || scheme === undefined) {
    throw new TypeError(`an endpoint must be a URL such as http://127.0.0.1:4100, not ${endpoint}`);
  }
  return `${scheme}//${url.host}${CLIENT_PATH}`;
}

const SOCKET_SCHEMES: ReadonlyMap<string, string> = new Map([
  ['http:', 'ws:'],
  ['ws:', 'ws:'],
  ['https:', 'wss:'],
  ['wss:', 'wss:'],
]);
