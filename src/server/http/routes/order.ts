/** What an operator asks for by POST, in a few words of JSON: the body, bounded, and until when there is time. */
import { ORDER_BODY_BYTES_MAX } from '../../limits.ts';
import type { ServerContext } from '../../server-context.ts';
import { readBody } from '../request/request-body.ts';
import { timeoutFrom } from '../request/request-input.ts';
import { readQuery } from '../request/request-query.ts';
import { deadlineOf, left } from './kv-routes.ts';

interface Order {
  readonly body: Uint8Array;
  readonly deadline: number;
}

/** `what`: for the words of a refusal, 'a transfer'. */
export async function readOrder(
  { held }: Pick<ServerContext, 'held'>,
  request: Request,
  what: string,
): Promise<Order> {
  const deadline = deadlineOf(timeoutFrom(readQuery(request.url, ['timeoutMs'])));
  const bounds = { bytesMax: ORDER_BODY_BYTES_MAX, held: held.incoming, timeoutMs: left(deadline) };
  return { body: await readBody(request, { ...bounds, what }), deadline };
}
