/** `POST /txn`: compare, then one branch or the other, as one atomic step (SV13). */
import { TXN_ANSWER_BYTES_MAX, txnBodyBytesMax } from '../../limits.ts';
import { resultBytes, writeTooLarge } from '../../store/result-bytes.ts';
import type { Ask } from '../ask.ts';
import { jsonAnswer, whenRoom } from '../http-answer.ts';
import { parseJson } from '../request/json-body.ts';
import { readBody } from '../request/request-body.ts';
import { encodingFrom, sessionFrom, timeoutFrom } from '../request/request-input.ts';
import { readQuery } from '../request/request-query.ts';
import { deadlineOf, left, refusal, type WriteParts, write, writeHeaders } from './kv-routes.ts';
import { txnFromJson, txnToJson } from './txn-json.ts';

export async function postTxn(
  context: WriteParts,
  request: Request,
  { account, visitor }: Ask,
): Promise<Response> {
  const query = readQuery(request.url, ['timeoutMs', 'encoding']);
  const deadline = deadlineOf(timeoutFrom(query));
  const encoding = encodingFrom(query);
  const session = sessionFrom(request.headers);
  const body = await readBody(request, {
    bytesMax: txnBodyBytesMax(context.limits),
    what: 'a transaction',
    held: context.held.incoming,
    timeoutMs: left(deadline),
  });
  const command = txnFromJson(parseJson(body), encoding);
  const { at, result } = await write(context, command, {
    session,
    timeoutMs: left(deadline),
    visitor,
  });
  if (result.type !== 'txn') return refusal(result);
  const { revision } = result;
  const bytes = resultBytes(result);
  if (bytes > TXN_ANSWER_BYTES_MAX) throw writeTooLarge(revision, bytes);
  return whenRoom(account, bytes, () => {
    const text = JSON.stringify({ revision, ...txnToJson(result, command, encoding) });
    return jsonAnswer(account, text, writeHeaders(at, revision));
  });
}
