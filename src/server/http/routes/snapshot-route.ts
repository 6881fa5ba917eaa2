/** `POST /snapshot`: this node's state goes to its disk, and its next start begins from there (SV31, §5.1). */
import type { Replica, SnapshotOutcome } from '../../../ports/replica.ts';
import type { ServerContext } from '../../server-context.ts';
import { fieldsOf, parseJson } from '../request/json-body.ts';
import { left } from './kv-routes.ts';
import { readOrder } from './order.ts';

export async function postSnapshot(
  context: Pick<ServerContext, 'held' | 'replica'>,
  request: Request,
): Promise<Response> {
  const { body, deadline } = await readOrder(context, request, 'a snapshot');
  if (body.length > 0) fieldsOf(parseJson(body), 'The snapshot', []);
  const outcome = await taken(context.replica, left(deadline));
  if (outcome.type === 'failed') throw outcome.error;
  return Response.json({ index: outcome.index, bytes: outcome.bytes });
}

function taken(replica: Replica, timeoutMs: number): Promise<SnapshotOutcome> {
  return new Promise((resolve) => replica.snapshot({ timeoutMs }, resolve));
}
