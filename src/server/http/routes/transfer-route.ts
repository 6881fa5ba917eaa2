/** `POST /transfer`: leadership moves to the member named, or to the fittest; any node takes it (SV29, §3.10). */
import { isNodeId, type NodeId } from '../../../core/types.ts';
import type { Replica } from '../../../ports/replica.ts';
import { badRequest } from '../../errors.ts';
import type { ServerContext } from '../../server-context.ts';
import type { Ask } from '../ask.ts';
import { fieldsOf, parseJson } from '../request/json-body.ts';
import { left } from './kv-routes.ts';
import { readOrder } from './order.ts';

type TransferParts = Pick<ServerContext, 'replica' | 'held'>;

export async function postTransfer(
  context: TransferParts,
  request: Request,
  { tell }: Ask,
): Promise<Response> {
  const { body, deadline } = await readOrder(context, request, 'a transfer');
  const to = targetIn(body);
  tell({ about: { to } });
  const leader = await transfer(context.replica, to, left(deadline));
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
