/** `POST /transfer`: leadership moves to the member named, or to the fittest; any node takes it (SV29, §3.10). */
import { isNodeId, type NodeId } from '../../../core/types.ts';
import type { Replica } from '../../../ports/replica.ts';
import { badRequest } from '../../errors.ts';
import { TRANSFER_BODY_BYTES_MAX } from '../../limits.ts';
import type { ServerContext } from '../../server-context.ts';
import { fieldsOf, parseJson } from '../request/json-body.ts';
import { readBody } from '../request/request-body.ts';
import { timeoutFrom } from '../request/request-input.ts';
import { readQuery } from '../request/request-query.ts';
import { deadlineOf, left } from './kv-routes.ts';

type TransferParts = Pick<ServerContext, 'replica' | 'held'>;

export async function postTransfer(
  { replica, held }: TransferParts,
  request: Request,
): Promise<Response> {
  const query = readQuery(request.url, ['timeoutMs']);
  const deadline = deadlineOf(timeoutFrom(query));
  const body = await readBody(request, {
    bytesMax: TRANSFER_BODY_BYTES_MAX,
    what: 'a transfer',
    held: held.incoming,
    timeoutMs: left(deadline),
  });
  const leader = await transfer(replica, targetIn(body), left(deadline));
  return Response.json({ leader });
}

/** No body, or none of its fields: whoever is fittest. */
function targetIn(body: Uint8Array): NodeId | null {
  if (body.length === 0) return null;
  const { to } = fieldsOf(parseJson(body), 'The transfer', ['to']);
  if (to === undefined || isNodeId(to)) return to ?? null;
  throw badRequest('to must be the id of a member.');
}

function transfer(replica: Replica, to: NodeId | null, timeoutMs: number): Promise<NodeId> {
  return new Promise((resolve, reject) => {
    replica.transferLeadership(to, { timeoutMs }, (outcome) => {
      if (outcome.type === 'moved') resolve(outcome.leader);
      else reject(outcome.error);
    });
  });
}
