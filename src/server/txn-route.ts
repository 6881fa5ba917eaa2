/** `POST /txn`: compare, then one branch or the other, as one atomic step (SV13). */
import { badRequest } from './http-errors.ts';
import { deadlineOf, left, refusal, write, written } from './kv-routes.ts';
import { readBody } from './request-body.ts';
import { encodingFrom, refuseSession, timeoutFrom } from './request-input.ts';
import { decodeUtf8, readQuery } from './request-query.ts';
import type { ServerContext } from './server-context.ts';
import { txnBodyBytesMax } from './server-limits.ts';
import { txnFromJson, txnToJson } from './txn-json.ts';

export async function postTxn(context: ServerContext, request: Request): Promise<Response> {
  const query = readQuery(request.url, ['timeoutMs', 'encoding']);
  const deadline = deadlineOf(timeoutFrom(query));
  const encoding = encodingFrom(query);
  refuseSession(request.headers);
  const body = await readBody(request, {
    bytesMax: txnBodyBytesMax(context.limits),
    what: 'a transaction',
    timeoutMs: left(deadline),
  });
  const command = txnFromJson(parseJson(body), encoding);
  const result = await write(context, command, left(deadline));
  if (result.type !== 'txn') return refusal(result);
  return written(result.revision, txnToJson(result, command, encoding));
}

function parseJson(body: Uint8Array): unknown {
  const text = decodeUtf8(body);
  if (text === null) throw badRequest('The body is not UTF-8. Nothing was written.');
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unreadable';
    throw badRequest(`The body is not JSON (${why}). Nothing was written.`);
  }
}
