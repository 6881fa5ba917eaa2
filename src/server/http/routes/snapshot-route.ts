/** `POST /snapshot`: this node's state goes to its disk, and its next start begins from there (SV31, §5.1). */
import type { Replica, SnapshotOutcome } from '../../../ports/replica.ts';
import { TRANSFER_BODY_BYTES_MAX } from '../../limits.ts';
import type { ServerContext } from '../../server-context.ts';
import { fieldsOf, parseJson } from '../request/json-body.ts';
import { readBody } from '../request/request-body.ts';
import { timeoutFrom } from '../request/request-input.ts';
import { readQuery } from '../request/request-query.ts';
import { deadlineOf, left } from './kv-routes.ts';

export async function postSnapshot(
  { replica, held }: Pick<ServerContext, 'held' | 'replica'>,
  request: Request,
): Promise<Response> {
  const query = readQuery(request.url, ['timeoutMs']);
  const deadline = deadlineOf(timeoutFrom(query));
  const body = await readBody(request, {
    bytesMax: TRANSFER_BODY_BYTES_MAX,
    what: 'a snapshot',
    held: held.incoming,
    timeoutMs: left(deadline),
  });
  if (body.length > 0) fieldsOf(parseJson(body), 'The snapshot', []);
  const outcome = await taken(replica, left(deadline));
  if (outcome.type === 'failed') throw outcome.error;
  return Response.json({ index: outcome.index, bytes: outcome.bytes });
}

function taken(replica: Replica, timeoutMs: number): Promise<SnapshotOutcome> {
  return new Promise((resolve) => replica.snapshot({ timeoutMs }, resolve));
}
