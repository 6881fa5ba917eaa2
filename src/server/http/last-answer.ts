/**
 * The end of a connection over a body that nobody waits for any more (SV37). An answer that comes before the body of its request is the
 * last of its connection, and says so. Whoever is still sending has to have it, though: a system that closes with bytes unread resets the
 * connection, and what was answered is lost on the way. So what comes is read on for a moment, and dropped (RFC 9112 §9.6).
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { LINGER_MS } from '../limits.ts';

/** Before the head of its answer is written. What came in one piece with the head of its request is parsed in the same turn. */
export function isStillSent(request: IncomingMessage): boolean {
  return !request.complete && hasBody(request);
}

/** The same. */
export function lastUnlessRead(request: IncomingMessage, response: ServerResponse): void {
  if (!isStillSent(request)) return;
  response.shouldKeepAlive = false;
  const { socket } = request;
  // What Node calls behind the last answer of a connection.
  socket.destroySoon = () => {
    socket.end();
    request.resume();
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => clearTimeout(timer));
  };
}

/**
 * `Expect: 100-continue`: nobody is asked to send what is refused by its head, or by who sends it, so the word is given once somebody
 * begins to read.
 */
export function goOnOnceRead(request: IncomingMessage, response: ServerResponse): void {
  request.once('resume', () => {
    if (!response.headersSent) response.writeContinue();
  });
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
