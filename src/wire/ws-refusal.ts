/** Why a server refused a WebSocket: what the body of its answer says, if it says so in time and in few bytes. */

import type { IncomingMessage } from 'node:http';
import { REFUSAL_BODY_BYTES_MAX } from './limits.ts';

/** Tells once, after `timeoutMs` at the latest. The caller then ends the connection. */
export function readRefusal(
  response: IncomingMessage,
  timeoutMs: number,
  told: (why: string) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let isTold = false;
  const end = (): void => {
    if (isTold) return;
    isTold = true;
    clearTimeout(timer);
    const said = bytes > REFUSAL_BODY_BYTES_MAX ? null : messageIn(Buffer.concat(chunks));
    told(said ?? `Unexpected server response: ${response.statusCode}`);
  };
  const timer = setTimeout(end, timeoutMs);
  response.on('data', (chunk: Buffer) => {
    if (isTold) return;
    bytes += chunk.length;
    chunks.push(chunk);
    if (bytes > REFUSAL_BODY_BYTES_MAX) end();
  });
  for (const event of ['end', 'error', 'close'] as const) response.on(event, end);
}

function messageIn(body: Buffer): string | null {
  try {
    const parsed: unknown = JSON.parse(body.toString());
    const said = parsed instanceof Object && 'message' in parsed ? parsed.message : null;
    return typeof said === 'string' && said !== '' ? said : null;
  } catch {
    return null;
  }
}
