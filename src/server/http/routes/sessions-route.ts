/** `/sessions`: sessions in which a write takes effect once, however often it is sent (SE14). */
import { SESSION_TTL_MS, type SessionOperation, sessionIdText } from '../../../core/session.ts';
import { randomSalt } from '../../../library/random-salt.ts';
import type { ServerContext } from '../../server-context.ts';
import { operateSession } from '../../store/replica-calls.ts';
import type { Ask } from '../ask.ts';
import { sessionIdFrom, timeoutFrom } from '../request/request-input.ts';
import { readQuery, wholeParameter } from '../request/request-query.ts';

type SessionParts = Pick<ServerContext, 'guard' | 'replica'>;

export function postSession(
  context: SessionParts,
  request: Request,
  { visitor }: Ask,
): Promise<Response> {
  context.guard.mayWriteSomewhere(visitor);
  const query = readQuery(request.url, ['ttlMs', 'timeoutMs']);
  const ttlMs = wholeParameter(query, 'ttlMs', SESSION_TTL_MS) ?? SESSION_TTL_MS.default;
  const operation = { type: 'open', ttlMs, salt: randomSalt() } as const;
  return answered(context, operation, timeoutFrom(query));
}

/** Renews it, as every write in it does. */
export function renewSession(context: SessionParts, request: Request): Promise<Response> {
  return changed(context, request, 'renew');
}

export function deleteSession(context: SessionParts, request: Request): Promise<Response> {
  return changed(context, request, 'close');
}

function changed(
  context: SessionParts,
  request: Request,
  type: 'renew' | 'close',
): Promise<Response> {
  const query = readQuery(request.url, ['timeoutMs']);
  const session = sessionIdFrom(new URL(request.url).pathname.slice('/sessions/'.length));
  return answered(context, { type, session }, timeoutFrom(query));
}

async function answered(
  { replica }: SessionParts,
  operation: SessionOperation,
  timeoutMs: number,
): Promise<Response> {
  const { session, ttlMs } = await operateSession(replica, operation, timeoutMs);
  return Response.json({ session: sessionIdText(session), ttlMs });
}
