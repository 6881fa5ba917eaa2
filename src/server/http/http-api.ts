/**
 * The HTTP API as a pure function from `Request` to `Response`: which route answers what, how errors look
 * and what is counted (SV1–SV18). It opens no socket; `http-server.ts` does. Any node takes any
 * request, since the replica passes on what only the leader can do.
 */

import { Hono } from 'hono';
import { RaftError } from '../../core/errors.ts';
import type { AccessGuard } from '../access/access-guard.ts';
import type { Visitor } from '../access/visitor.ts';
import type { Account } from '../admission/account.ts';
import { asRaftError, errorResponse, nothingHere, overloaded } from '../errors.ts';
import { LEAST_ANSWER_BYTES } from '../limits.ts';
import type { OpenStreams } from '../open-streams.ts';
import { type Deed, outcomeOf, tellAct } from '../operations/audit.ts';
import { countHttp } from '../operations/server-counters.ts';
import { traceOf } from '../operations/trace-context.ts';
import type { ServerContext } from '../server-context.ts';
import { haltedError } from '../stopping.ts';
import { untilFresh } from '../store/replica-calls.ts';
import type { Ask } from './ask.ts';
import type { Exchange } from './http-answer.ts';
import { timeoutIn } from './request/request-input.ts';
import type { Route } from './route.ts';
import { routesOf } from './route-table.ts';
import { notReady } from './routes/status-routes.ts';

export interface HttpApi {
  readonly fetch: (request: Request, exchange: Exchange) => Promise<Response>;
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

const NOWHERE: Route = { pattern: 'none', methods: {}, serves: 'everybody' };

/** What every answer takes, whatever its route. */
type AnswerParts = Pick<
  ServerContext,
  'clock' | 'counters' | 'guard' | 'held' | 'limits' | 'onAct' | 'onFault' | 'requestLog'
>;

interface Incoming {
  readonly request: Request;
  readonly halted: RaftError | null;
  readonly exchange: Exchange;
}

async function answer(context: AnswerParts, route: Route, incoming: Incoming): Promise<Response> {
  const { method } = incoming.request;
  const startedAt = performance.now();
  const account = accountOf(context, route, incoming.exchange);
  const { visitor } = incoming.exchange;
  let told: Partial<Deed> = {};
  const tell = (deed: Partial<Deed>): void => {
    told = deed;
  };
  const asked = { ...incoming, ask: { account, visitor, tell } };
  const response = await answerSafely(context, route, asked);
  const act = route.acts?.[askedMethod(route, method)];
  if (act !== undefined) {
    const outcome = await outcomeOf(response);
    tellAct(context.onAct, visitor, { act, about: null, ...told, outcome });
  }
  if (account.bytes === 0 && route.isStream !== true) account.hold(LEAST_ANSWER_BYTES);
  if (route.isStream === true) begun(context, response, incoming.exchange);
  const ms = performance.now() - startedAt;
  const facts = {
    method: KNOWN_METHODS.has(method) ? method : 'other',
    route: route.pattern,
    status: response.status,
  };
  countHttp(context.counters, { ...facts, seconds: ms / 1000 });
  context.requestLog()?.({ ...facts, ms, trace: traceOf(incoming.request.headers) });
  return response;
}

const ANSWER_TYPE = 'content-type';

/** A backup comes to its end also where its reader has said all there is to say; events do not. */
function begun({ counters }: AnswerParts, { headers }: Response, exchange: Exchange): void {
  counters.httpInFlight -= 1;
  if (headers.get(ANSWER_TYPE) === 'text/event-stream') exchange.endWithReader();
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
  { request, halted, ask }: Incoming & { readonly ask: Ask },
): Promise<Response> {
  try {
    if (route.isProbe !== true) {
      if (halted !== null) return haltedResponse(route, halted);
      if (context.counters.httpInFlight > context.limits.httpRequestsMax) {
        context.held.outgoing.relieve();
        throw overloaded(TOO_MANY_REQUESTS);
      }
    }
    const method = askedMethod(route, request.method);
    const handler = route.methods[method];
    if (handler === undefined) return unroutable(route, request);
    const known = knowing(context, route, { method, url: request.url });
    if (known !== null) await known;
    permit(context.guard, route, { method, visitor: ask.visitor });
    return await handler.answer(request, ask);
  } catch (error) {
    const known = asRaftError(error);
    if (known !== null) return errorResponse(known, { headers: challengeOf(known, route) });
    context.onFault(error);
    return errorResponse(faultError(), { status: 500 });
  }
}

/** What is answered to `HEAD` is what `GET` would be, and no more of it may be asked for. */
function askedMethod({ isStream }: Route, method: string): string {
  return method === 'HEAD' && isStream !== true ? 'GET' : method;
}

/** AC10: whatever changes something waits until this node knows who may. */
function knowing(
  { clock, guard: { freshness } }: Pick<ServerContext, 'clock' | 'guard'>,
  { isLocal }: Route,
  { method, url }: { readonly method: string; readonly url: string },
): Promise<void> | null {
  if (isLocal === true || method === 'GET' || freshness.isFresh(clock.now())) return null;
  return untilFresh(freshness, timeoutIn(url));
}

/** Before the body is read: whoever is not known sends it in vain. */
function permit(
  guard: AccessGuard,
  route: Route,
  { method, visitor }: { readonly method: string; readonly visitor: Visitor },
): void {
  if (route.acts?.[method] !== undefined) guard.mayAct(visitor, 'admin');
  else if (route.serves === 'inspectors') guard.mayAct(visitor, 'inspect');
  else if (route.serves !== 'everybody') guard.admit(visitor);
}

/** RFC 9110 §11.6.1. A browser asks its user only if it is asked for a password: the token is that. */
function challengeOf({ code }: RaftError, { serves }: Route): Readonly<Record<string, string>> {
  if (code !== 'RAFT_UNAUTHENTICATED') return {};
  const scheme = serves === 'inspectors' ? 'Basic' : 'Bearer';
  return { 'www-authenticate': `${scheme} realm="raftchart"` };
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
