/** The server's two interfaces over a local replica: without sockets, or on a loopback port. */

import { expect } from 'vitest';
import { encodeCommand } from '../../src/kv/commands/command-codec.ts';
import type { KvCommand } from '../../src/kv/commands/commands.ts';
import type { TlsSource } from '../../src/ports/tls.ts';
import { AccessGuard } from '../../src/server/access/access-guard.ts';
import { tokenIn } from '../../src/server/access/credentials.ts';
import { ALWAYS_FRESH, RightsFreshness } from '../../src/server/access/rights-freshness.ts';
import { Visitor } from '../../src/server/access/visitor.ts';
import { createHeld, type Held } from '../../src/server/admission/held-bytes.ts';
import { ServedHosts } from '../../src/server/admission/host-check.ts';
import { ClientPort } from '../../src/server/client-port/client-port.ts';
import { KnownClientUrls } from '../../src/server/client-urls.ts';
import { documentOf } from '../../src/server/http/description/document.ts';
import { createHttpApi, type HttpApi } from '../../src/server/http/http-api.ts';
import { HttpServer } from '../../src/server/http/http-server.ts';
import { requestListener } from '../../src/server/http/request-listener.ts';
import { routesOf } from '../../src/server/http/route-table.ts';
import { LeaseKeeper } from '../../src/server/leases/lease-keeper.ts';
import { SharedRenewals } from '../../src/server/leases/shared-renewals.ts';
import { DEFAULT_SERVER_LIMITS, type ServerLimits } from '../../src/server/limits.ts';
import { OpenStreams } from '../../src/server/open-streams.ts';
import type { Act } from '../../src/server/operations/audit.ts';
import { ServerCounters } from '../../src/server/operations/server-counters.ts';
import type { ServerContext } from '../../src/server/server-context.ts';
import { connectionClock } from '../../src/wire/ws-clock.ts';
import { cleanUp, closing } from '../clean-up.ts';
import { Described, type Exchanged } from './http/described.ts';
import { LocalReplica } from './local-replica.ts';

export interface LocalOptions {
  readonly replica?: LocalReplica;
  readonly limits?: Partial<ServerLimits>;
  readonly keepAliveMs?: number;
  readonly headersTimeoutMs?: number;
  readonly held?: Held;
  readonly inspection?: ServerContext['inspection'];
  readonly life?: string;
  readonly tls?: TlsSource;
  /** It has to catch up before it carries out changes. */
  readonly hasJustStarted?: true;
}

export interface LocalApi {
  readonly api: HttpApi;
  readonly replica: LocalReplica;
  readonly context: ServerContext;
  readonly streams: OpenStreams;
  readonly faults: unknown[];
  readonly acts: readonly Act[];
  /** Sends a request to the API itself, with the path as given. */
  send(path: string, init?: RequestInit): Promise<Response>;
  /** Puts a key over the API. */
  put(key: string, value?: BodyInit): Promise<Response>;
  /** Straight into the store, past both interfaces. */
  commit(command: KvCommand): Promise<void>;
}

const PROCESS = {
  ...{ residentBytes: 1, heapBytes: 1, processorSeconds: 3, uptimeSeconds: 2 },
  disk: { freeBytes: 4, sizeBytes: 5 },
};

export function localApi(options: LocalOptions = {}): LocalApi {
  const replica = options.replica ?? new LocalReplica();
  const faults: unknown[] = [];
  const acts: Act[] = [];
  const keeper = new LeaseKeeper({ replica, kv: replica.machine, clock: connectionClock });
  cleanUp(() => keeper.stop());
  const renewals = new SharedRenewals({ replica, kv: replica.machine, clock: connectionClock });
  const parts = { replica, kv: replica.machine, clock: connectionClock };
  const freshness = options.hasJustStarted ? new RightsFreshness(parts) : ALWAYS_FRESH;
  const context: ServerContext = {
    replica,
    kv: replica.machine,
    leases: {
      renew: (leases, timeoutMs, completed) => renewals.renew(leases, timeoutMs, completed),
      remainingMs: (lease) => keeper.remainingMs(lease),
    },
    guard: new AccessGuard(replica.machine, { freshness, isIgnored: false }),
    onAct: (act) => acts.push(act),
    limits: { ...DEFAULT_SERVER_LIMITS, ...options.limits },
    clientUrls: new KnownClientUrls({ own: null, given: options.inspection?.peers ?? new Map() }),
    counters: new ServerCounters(),
    held: options.held ?? createHeld(),
    version: '9.9.9',
    process: () => PROCESS,
    onFault: (error) => faults.push(error),
    requestLog: () => null,
    clock: connectionClock,
    keepAliveMs: options.keepAliveMs ?? 60_000,
    inspection: options.inspection ?? null,
    life: options.life ?? 'a1',
  };
  const streams = new OpenStreams();
  const api = createHttpApi(context, streams);
  const described = describedBy(routesOf(context, streams, () => null));
  const send = async (path: string, init?: RequestInit): Promise<Response> => {
    const request = new Request(`http://local.test${path}`, init);
    const sent = typeof init?.body === 'string' ? init.body : null;
    const response = await sendTo(api, request, visitorWith(init?.headers));
    expect(described.faultsOf(await exchanged(request, sent, response))).toEqual([]);
    return response;
  };
  const put = (key: string, value: BodyInit = key): Promise<Response> =>
    send(`/kv/${key}`, { method: 'PUT', body: value });
  const commit = (command: KvCommand): Promise<void> =>
    new Promise((done) =>
      replica.submit(encodeCommand(command), { timeoutMs: 1_000 }, () => done()),
    );
  return { api, replica, context, streams, faults, acts, send, put, commit };
}

/** By its text: what judges answers takes longer to make than most tests do, and is the same for all of one description. */
const DESCRIPTIONS = new Map<string, Described>();

function describedBy(routes: Parameters<typeof documentOf>[0]): Described {
  const text = JSON.stringify(documentOf(routes, '9.9.9'));
  const known = DESCRIPTIONS.get(text) ?? new Described(JSON.parse(text));
  DESCRIPTIONS.set(text, known);
  return known;
}

/** The answer has this status, and its JSON at least these fields. */
export async function expectAnswer(
  asked: Promise<Response>,
  status: number,
  fields: object,
): Promise<void> {
  const response = await asked;
  expect(await response.json()).toMatchObject(fields);
  expect(response.status).toBe(status);
}

/** Every answer of every test is as `/openapi.json` describes it. */
async function exchanged(
  { headers, method, url }: Request,
  sent: string | null,
  response: Response,
): Promise<Exchanged> {
  const isStream = response.headers.get('content-type') === 'text/event-stream';
  const told = isStream ? null : await response.clone().text();
  return { headers, method, url, sent, response, told };
}

/** Whoever shows that token, from nowhere. */
function visitorWith(headers: RequestInit['headers']): Visitor {
  const authorization = new Headers(headers).get('authorization') ?? '';
  return new Visitor(() => ({ token: tokenIn(authorization), user: null, from: 'a test' }));
}

/** As over a socket that takes all at once: an answer is over when the whole of it was read, and a stream of events never. */
async function sendTo(api: HttpApi, request: Request, visitor: Visitor): Promise<Response> {
  const overs: (() => void)[] = [];
  const response = await api.fetch(request, {
    visitor,
    whenOver: (over) => overs.push(over),
    endWithReader: () => {},
    end: () => {},
  });
  if (response.headers.get('content-type') === 'text/event-stream') return response;
  const body = response.body === null ? null : await response.arrayBuffer();
  for (const over of overs) over();
  return new Response(body, response);
}

export interface LocalServer extends LocalApi {
  readonly url: string;
  readonly port: number;
  /** Where a restarted server would listen. */
  readonly clients: ClientPort;
  close(): Promise<void>;
}

/** On port 0 unless given one, so that a test can restart a server where it was. */
export async function localServer(
  options: LocalOptions & { readonly port?: number } = {},
): Promise<LocalServer> {
  const local = localApi(options);
  const http = new HttpServer({
    hosts: new ServedHosts(['allowed.test']),
    tls: options.tls ?? null,
    counters: local.context.counters,
    held: local.context.held,
    connectionsMax: local.context.limits.connectionsMax,
    ...(options.headersTimeoutMs !== undefined && { headersTimeoutMs: options.headersTimeoutMs }),
  });
  const { port } = await http.listen({ host: '127.0.0.1', port: options.port ?? 0 });
  const clients = new ClientPort(local.context);
  http.serve({ listener: requestListener(local.api), clients });
  const close = async (): Promise<void> => {
    await clients.close('the test is over');
    await http.close();
  };
  const scheme = options.tls === undefined ? 'http' : 'https';
  return { ...local, clients, url: `${scheme}://127.0.0.1:${port}`, port, close };
}

/** The same, closed after the test. */
export async function served(
  options: LocalOptions & { readonly port?: number } = {},
): Promise<LocalServer> {
  return closing(await localServer(options));
}
