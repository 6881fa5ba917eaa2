/** `/lease`: keys that go when their holder does (LE9). Any node takes any of it; how long a lease still lasts the leader alone knows. */

import type { KvResult } from '../../../kv/commands/results.ts';
import { keyBytes } from '../../../kv/keys/key-order.ts';
import { LEASES_IN_COMMAND_MAX } from '../../../kv/limits.ts';
import type { Lease } from '../../../kv/store/lease-table.ts';
import { errorResponse, leaseExpired } from '../../errors.ts';
import {
  LEASE_KEYS_TOLD_MAX,
  LEASES_BODY_BYTES_MAX,
  LEASES_TOLD_MAX,
  REVISION_BOUNDS,
} from '../../limits.ts';
import type { ServerContext } from '../../server-context.ts';
import { renewLeases } from '../../store/replica-calls.ts';
import type { Ask } from '../ask.ts';
import { counterOf, fieldsOf, leasesOf, parseJson } from '../request/json-body.ts';
import { bytesField, type JsonEncoding } from '../request/json-bytes.ts';
import { readBody } from '../request/request-body.ts';
import { encodingFrom, leaseFromPath, sessionFrom, timeoutFrom } from '../request/request-input.ts';
import { readQuery, wholeParameter } from '../request/request-query.ts';
import {
  deadlineOf,
  left,
  readHeaders,
  readyToRead,
  refusal,
  type WriteParts,
  write,
  written,
} from './kv-routes.ts';
import { readOrder } from './order.ts';

type LeaseParts = Pick<ServerContext, 'replica' | 'guard' | 'kv' | 'leases'>;

const LIST_BOUNDS = { min: 1, max: LEASES_TOLD_MAX };

/** `{"ttlMs": 10000}` */
export async function postLease(
  context: WriteParts,
  request: Request,
  { visitor }: Ask,
): Promise<Response> {
  const session = sessionFrom(request.headers);
  const { body, deadline } = await readOrder(context, request, 'a lease');
  const { ttlMs } = fieldsOf(parseJson(body), 'The lease', ['ttlMs']);
  const command = { type: 'grant', ttlMs: counterOf(ttlMs, 'ttlMs') } as const;
  const { at, result } = await write(context, command, {
    session,
    timeoutMs: left(deadline),
    visitor,
  });
  if (result.type !== 'grant') return refusal(result);
  return written(at, result.revision, { lease: result.lease, ttlMs: result.ttlMs });
}

/** `{"leases": [1, 2]}`; those that have ended are named, and are no error: the others were renewed. */
export async function renewLease(
  context: WriteParts & Pick<ServerContext, 'leases'>,
  request: Request,
  { visitor }: Ask,
): Promise<Response> {
  const deadline = deadlineOf(timeoutFrom(readQuery(request.url, ['timeoutMs'])));
  const body = await readBody(request, {
    bytesMax: LEASES_BODY_BYTES_MAX,
    what: 'a list of leases',
    held: context.held.incoming,
    timeoutMs: left(deadline),
  });
  const fields = fieldsOf(parseJson(body), 'The renewal', ['leases']);
  const leases = leasesOf(fields.leases, LEASES_IN_COMMAND_MAX);
  context.guard.mayDo(visitor, { type: 'renew', leases });
  const { at, result } = await renewLeases(context.leases, leases, left(deadline));
  if (result.type !== 'renew') return refusal(result);
  return written(at, result.revision, renewed(leases, result));
}

/** Its keys go with it. */
export async function deleteLease(
  context: WriteParts,
  request: Request,
  { visitor }: Ask,
): Promise<Response> {
  const timeoutMs = timeoutFrom(readQuery(request.url, ['timeoutMs']));
  const session = sessionFrom(request.headers);
  const command = { type: 'revoke', lease: leaseFromPath(request.url) } as const;
  const { at, result } = await write(context, command, { session, timeoutMs, visitor });
  if (result.type !== 'revoke') return refusal(result);
  return written(at, result.revision, { deleted: result.deleted });
}

/** In the order in which they were granted, from a number on. */
export async function getLeases(
  context: LeaseParts,
  request: Request,
  { visitor }: Ask,
): Promise<Response> {
  const query = readQuery(request.url, [
    ...['start', 'limit'],
    ...['consistency', 'atLeast', 'timeoutMs'],
  ]);
  const start = wholeParameter(query, 'start', REVISION_BOUNDS) ?? 1;
  const limit = wholeParameter(query, 'limit', LIST_BOUNDS) ?? LEASES_TOLD_MAX;
  const served = await readyToRead(context, query);
  context.guard.admit(visitor);
  const leases: object[] = [];
  let more = false;
  for (const lease of context.kv.leases.all()) {
    if (lease.id < start) continue;
    more = leases.length === limit;
    if (more) break;
    leases.push(summaryOf(context, lease));
  }
  const { revision } = context.kv;
  return Response.json({ revision, leases, more }, { headers: readHeaders(revision, served) });
}

/** One lease, with the first of its keys. */
export async function getLease(
  context: LeaseParts,
  request: Request,
  { visitor }: Ask,
): Promise<Response> {
  const query = readQuery(request.url, ['encoding', 'consistency', 'atLeast', 'timeoutMs']);
  const encoding = encodingFrom(query);
  const id = leaseFromPath(request.url);
  const served = await readyToRead(context, query);
  context.guard.mayReadLease(visitor, id);
  const { revision, leases } = context.kv;
  const headers = readHeaders(revision, served);
  const lease = leases.get(id);
  if (lease === null) return errorResponse(leaseExpired(id), { fields: { revision }, headers });
  const keys = keysOf(lease, encoding);
  const more = keys.length < lease.keys.size;
  return Response.json({ revision, ...summaryOf(context, lease), keys, more }, { headers });
}

function summaryOf({ leases }: LeaseParts, lease: Lease): object {
  const { id, ttlMs, keys } = lease;
  return { lease: id, ttlMs, remainingMs: leases.remainingMs(lease), keyCount: keys.size };
}

function keysOf({ keys }: Lease, encoding: JsonEncoding): readonly object[] {
  const first = [...keys].sort().slice(0, LEASE_KEYS_TOLD_MAX);
  return first.map((key) => bytesField('key', keyBytes(key), encoding));
}

function renewed(
  leases: readonly number[],
  { ttlsMs }: Extract<KvResult, { readonly type: 'renew' }>,
): Readonly<Record<string, unknown>> {
  const all = leases.map((lease, at) => ({ lease, ttlMs: ttlsMs[at] ?? 0 }));
  return {
    renewed: all.filter(({ ttlMs }) => ttlMs > 0),
    ended: all.filter(({ ttlMs }) => ttlMs === 0).map(({ lease }) => lease),
  };
}
