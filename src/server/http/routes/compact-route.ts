/** `POST /compact`: lets go of the history below a revision, on every member alike (SV28). */
import { badRequest } from '../../errors.ts';
import type { Ask } from '../ask.ts';
import { counterOf, fieldsOf, parseJson } from '../request/json-body.ts';
import { sessionFrom } from '../request/request-input.ts';
import { left, refusal, type WriteParts, write, written } from './kv-routes.ts';
import { readOrder } from './order.ts';

export async function postCompact(
  context: WriteParts,
  request: Request,
  { tell, visitor }: Ask,
): Promise<Response> {
  const session = sessionFrom(request.headers);
  const { body, deadline } = await readOrder(context, request, 'a compaction');
  const revision = revisionIn(body);
  tell({ about: { revision } });
  const command = { type: 'compact', revision } as const;
  const { at, result } = await write(context, command, {
    session,
    timeoutMs: left(deadline),
    visitor,
  });
  // What does not exist yet can be read later; whoever would compact it has the wrong number.
  if (result.type !== 'compact') return refusal(result, { retry: 'never' });
  return written(at, result.revision, { compactedRevision: result.compactedRevision });
}

function revisionIn(body: Uint8Array): number {
  const where = 'The compaction';
  const { revision } = fieldsOf(parseJson(body), where, ['revision']);
  const value = counterOf(revision, 'revision');
  if (value > 0) return value;
  throw badRequest('revision must be at least 1: what is kept begins there.');
}
