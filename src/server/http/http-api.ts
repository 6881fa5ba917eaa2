/**
 * The HTTP API as a pure function from `Request` to `Response`: which route answers what, how errors look
 * and what is counted (SV1–SV18). It opens no socket; `http-server.ts` does. Any node takes any
 * request, since the replica passes on what only the leader can do.
 */

import { Hono } from 'hono';
import { RaftError } from '../../core/errors.ts';
import type { Account } from '../admission/account.ts';
import { asRaftError, errorResponse, nothingHere, overloaded } from '../errors.ts';
import { LEAST_ANSWER_BYTES } from '../limits.ts';
import { countHttp } from '../operations/server-counters.ts';
import type { OpenStreams, ServerContext } from '../server-context.ts';
import { haltedError } from '../stopping.ts';
import type { Exchange } from './http-answer.ts';
import { traceOf } from './request/trace-context.ts';
import { getBackup } from './routes/backup-route.ts';
import { postCompact } from './routes/compact-route.ts';
import { LastPiece } from './routes/event-text.ts';
import { getInspect } from './routes/inspect-route.ts';
import { deleteKey, getKey, getRange, putKey } from './routes/kv-routes.ts';
import { deleteLease, getLease, getLeases, postLease, renewLease } from './routes/lease-routes.ts';
import { deleteMember, getMembers, postMembers, promoteMember } from './routes/members-routes.ts';
import { deleteSession, postSession, renewSession } from './routes/sessions-route.ts';
import { postSnapshot } from './routes/snapshot-route.ts';
import { getLivez, getMetrics, getReadyz, getStatus, notReady } from './routes/status-routes.ts';
import { postTransfer } from './routes/transfer-route.ts';
import { postTxn } from './routes/txn-route.ts';
import { getUi, getUiFile } from './routes/ui-route.ts';
import { getWatch } from './routes/watch-route.ts';

export interface HttpApi {
  readonly fetch: (request: Request, exchange: Exchange) => Promise<Response>;
}

/** The account is of what the answer holds. */
type Answer = (request: Request, account: Account) => Response | Promise<Response>;

interface Route {
  readonly pattern: string;
  readonly methods: Readonly<Record<string, Answer>>;
  /** Answers even when the node has halted, or has too much to do. */
  readonly isProbe?: true;
  /** A stream has no end that `HEAD` could wait for. */
  readonly isStream?: true;
}

export function createHttpApi(context: ServerContext, streams: OpenStreams): HttpApi {
  let halted: RaftError | null = null;
  context.replica.onHalt((error) => {
    halted = error;
    streams.endAll(haltedError(error));
  });
  const isHalted = (): RaftError | null => halted;
  const app = new Hono<{ Bindings: { readonly exchange: Exchange } }>();
  for (const route of routesOf(context, streams, isHalted)) {
    app.all(route.pattern, ({ req, env: { exchange } }) =>
      answer(context, route, { request: req.raw, halted, exchange }),
    );
  }
  app.notFound(({ req, env: { exchange } }) =>
    answer(context, NOWHERE, { request: req.raw, halted, exchange }),
  );
  return { fetch: async (request, exchange) => app.fetch(request, { exchange }) };
}

function routesOf(
  context: ServerContext,
  streams: OpenStreams,
  halted: () => RaftError | null,
): readonly Route[] {
  const lastPiece = new LastPiece();
  return [
    // Before the pattern below, which Hono lets match this path as well.
    { pattern: '/kv', methods: { GET: (request, account) => getRange(context, request, account) } },
    {
      pattern: '/kv/*',
      methods: {
        PUT: (request) => putKey(context, request),
        GET: (request, account) => getKey(context, request, account),
        DELETE: (request) => deleteKey(context, request),
      },
    },
    {
      pattern: '/txn',
      methods: { POST: (request, account) => postTxn(context, request, account) },
    },
    {
      pattern: '/watch',
      methods: {
        GET: (request, account) => getWatch(context, request, { streams, account, lastPiece }),
      },
      isStream: true,
    },
    ...administrativeRoutes(context, streams),
    {
      pattern: '/status',
      methods: { GET: (request) => getStatus(context, request) },
      isProbe: true,
    },
    {
      pattern: '/livez',
      methods: { GET: (request) => getLivez(request, halted()) },
      isProbe: true,
    },
    { pattern: '/readyz', methods: { GET: (request) => getReadyz(context, request) } },
    {
      pattern: '/metrics',
      methods: { GET: (request) => getMetrics(context, request) },
      isProbe: true,
    },
    {
      pattern: '/inspect',
      methods: { GET: (request, account) => getInspect(context, request, { streams, account }) },
      isProbe: true,
      isStream: true,
    },
    ...sessionRoutes(context),
    ...leaseRoutes(context),
    ...memberRoutes(context),
    ...pageRoutes(context),
  ];
}

function administrativeRoutes(context: ServerContext, streams: OpenStreams): readonly Route[] {
  return [
    { pattern: '/transfer', methods: { POST: (request) => postTransfer(context, request) } },
    { pattern: '/snapshot', methods: { POST: (request) => postSnapshot(context, request) } },
    { pattern: '/compact', methods: { POST: (request) => postCompact(context, request) } },
    {
      pattern: '/backup',
      methods: { GET: (request, account) => getBackup(context, request, { streams, account }) },
      isStream: true,
    },
  ];
}

/** Also of a node that has halted: the page shows that it has. */
function pageRoutes(context: ServerContext): readonly Route[] {
  const methods: Route['methods'] = {
    GET: (request, account) => getUiFile(context, request, account),
  };
  return [
    { pattern: '/ui', methods: { GET: () => getUi(context) }, isProbe: true },
    { pattern: '/ui/', methods, isProbe: true },
    { pattern: '/ui/:file', methods, isProbe: true },
    { pattern: '/ui/pictures/:file', methods, isProbe: true },
  ];
}

function sessionRoutes(context: ServerContext): readonly Route[] {
  return [
    { pattern: '/sessions', methods: { POST: (request) => postSession(context, request) } },
    {
      pattern: '/sessions/:id',
      methods: {
        POST: (request) => renewSession(context, request),
        DELETE: (request) => deleteSession(context, request),
      },
    },
  ];
}

function leaseRoutes(context: ServerContext): readonly Route[] {
  return [
    {
      pattern: '/lease',
      methods: {
        GET: (request) => getLeases(context, request),
        POST: (request) => postLease(context, request),
      },
    },
    // Before the pattern below, which matches this path as well.
    { pattern: '/lease/renew', methods: { POST: (request) => renewLease(context, request) } },
    {
      pattern: '/lease/:id',
      methods: {
        GET: (request) => getLease(context, request),
        DELETE: (request) => deleteLease(context, request),
      },
    },
  ];
}

function memberRoutes(context: ServerContext): readonly Route[] {
  return [
    {
      pattern: '/members',
      methods: {
        GET: (request) => getMembers(context, request),
        POST: (request) => postMembers(context, request),
      },
    },
    {
      pattern: '/members/:id',
      methods: { DELETE: (request) => deleteMember(context, request) },
    },
    {
      pattern: '/members/:id/promote',
      methods: { POST: (request) => promoteMember(context, request) },
    },
  ];
}

const NOWHERE: Route = { pattern: 'none', methods: {} };

/** What every answer takes, whatever its route. */
type AnswerParts = Pick<ServerContext, 'counters' | 'held' | 'limits' | 'onFault' | 'onRequest'>;

interface Incoming {
  readonly request: Request;
  readonly halted: RaftError | null;
  readonly exchange: Exchange;
}

async function answer(context: AnswerParts, route: Route, incoming: Incoming): Promise<Response> {
  const { method } = incoming.request;
  const startedAt = performance.now();
  const account = accountOf(context, route, incoming.exchange);
  const response = await answerSafely(context, route, { ...incoming, account });
  if (account.bytes === 0 && route.isStream !== true) account.hold(LEAST_ANSWER_BYTES);
  if (route.isStream === true) context.counters.httpInFlight -= 1;
  const ms = performance.now() - startedAt;
  const facts = {
    method: KNOWN_METHODS.has(method) ? method : 'other',
    route: route.pattern,
    status: response.status,
  };
  countHttp(context.counters, { ...facts, seconds: ms / 1000 });
  context.onRequest?.({ ...facts, ms, trace: traceOf(incoming.request.headers) });
  return response;
}

/** Under way until its answer is taken; a stream has bounds of its own and counts only until it begins. */
function accountOf(context: AnswerParts, route: Route, exchange: Exchange): Account {
  const { counters, held, limits } = context;
  counters.httpInFlight += 1;
  const account = held.outgoing.account(limits.socketBytesMax, () => exchange.end());
  exchange.whenOver(() => {
    account.close();
    if (route.isStream !== true) counters.httpInFlight -= 1;
  });
  return account;
}

const KNOWN_METHODS = new Set(['GET', 'HEAD', 'PUT', 'POST', 'DELETE']);

async function answerSafely(
  context: AnswerParts,
  route: Route,
  { request, halted, account }: Incoming & { readonly account: Account },
): Promise<Response> {
  try {
    if (route.isProbe !== true) {
      if (halted !== null) return haltedResponse(route, halted);
      if (context.counters.httpInFlight > context.limits.httpRequestsMax) {
        context.held.outgoing.relieve();
        throw overloaded(TOO_MANY_REQUESTS);
      }
    }
    const isHead = request.method === 'HEAD' && route.isStream !== true;
    const handler = route.methods[isHead ? 'GET' : request.method];
    if (handler === undefined) return unroutable(route, request);
    return await handler(request, account);
  } catch (error) {
    const known = asRaftError(error);
    if (known !== null) return errorResponse(known);
    context.onFault(error);
    return errorResponse(faultError(), { status: 500 });
  }
}

function haltedResponse(route: Route, halted: RaftError): Response {
  const error = haltedError(halted);
  return route.pattern === '/readyz' ? notReady(error.message) : errorResponse(error);
}

function unroutable(route: Route, request: Request): Response {
  const methods = Object.keys(route.methods).flatMap((method) =>
    method === 'GET' && route.isStream !== true ? ['GET', 'HEAD'] : [method],
  );
  if (methods.length === 0) return errorResponse(nothingHere());
  const text = `${request.method} is not possible here. Possible: ${methods.join(', ')}.`;
  const error = new RaftError('RAFT_BAD_REQUEST', text);
  return errorResponse(error, { headers: { allow: methods.join(', ') }, status: 405 });
}

const TOO_MANY_REQUESTS =
  'Too many HTTP requests are under way on this node. Nothing was done; ask another node, or later.';

function faultError(): RaftError {
  return new RaftError(
    'RAFT_OUTCOME_UNKNOWN',
    'The server failed while answering; its log says why. A write may have taken effect: read before you repeat it.',
  );
}
