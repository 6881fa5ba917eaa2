/** No to an upgrade, with the reason, in the one way that ends the connection also for a caller who never closes it (SP3). */
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { RaftError } from '../../core/errors.ts';
import { errorBody, httpStatusOf } from '../errors.ts';

export interface Refusal {
  readonly error: RaftError;
  /** Instead of the code's own. */
  readonly status?: number;
}

export function refuseUpgrade(socket: Duplex, refusal: Refusal): void {
  socket.once('finish', () => socket.destroy());
  socket.end(refusalText(refusal));
}

/** The answer of a connection that is nobody's request: as bytes, since Node makes none of it. */
export function refusalText({ error, status }: Refusal): string {
  const code = status ?? httpStatusOf(error.code);
  const body = JSON.stringify(errorBody(error));
  const head = [
    `HTTP/1.1 ${code} ${STATUS_CODES[code]}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}
