/**
 * A request that offers another protocol than WebSocket, as clients of HTTP/2 do (`Upgrade: h2c`), is answered in this one (RFC 9110
 * §7.8). Node has stopped reading such a connection as HTTP: it is handed back, with the request as if nothing had been offered.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

export function offersWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}

/** `behind`: what came after the head; `readHttp`: reads a connection from its beginning. */
export function withoutUpgrade(
  request: IncomingMessage,
  { behind, readHttp }: { readonly behind: Buffer; readonly readHttp: (socket: Socket) => void },
): void {
  const { httpVersion, method, rawHeaders, socket, url } = request;
  const fields = rawHeaders.flatMap((name, at) => {
    const value = at % 2 === 0 ? valueWithout(name, rawHeaders[at + 1] ?? '') : null;
    return value === null ? [] : [`${name}: ${value}\r\n`];
  });
  const head = `${method} ${url} HTTP/${httpVersion}\r\n${fields.join('')}\r\n`;
  readHttp(socket);
  socket.unshift(Buffer.concat([Buffer.from(head, 'latin1'), behind]));
}

/** `null`: it belongs to the offer alone. */
function valueWithout(name: string, value: string): string | null {
  const field = name.toLowerCase();
  if (OFFER.has(field)) return null;
  if (field !== 'connection') return value;
  const options = value.split(',').map((option) => option.trim());
  const others = options.filter((option) => !OFFER.has(option.toLowerCase()));
  return others.length === 0 ? null : others.join(', ');
}

const OFFER: ReadonlySet<string> = new Set(['upgrade', 'http2-settings']);
