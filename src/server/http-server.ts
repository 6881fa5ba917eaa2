/**
 * The socket behind `--listen`: HTTP for people and programs, upgrades for the client protocol. It starts to
 * listen before the node does, so that a taken port is found out before the node touches its disk; until the
 * node is there, it answers that it is starting.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { RaftError } from '../core/errors.ts';
import type { ClientPort } from './client-port.ts';
import type { HttpApi } from './http-api.ts';
import { badRequest, errorResponse } from './http-errors.ts';

export interface HttpAddress {
  readonly host: string;
  readonly port: number;
}

export interface HttpBackend {
  readonly api: HttpApi;
  readonly clients: ClientPort;
}

/** Room for a key, a prefix and bounds of full length, percent-encoded. */
const HEADER_BYTES_MAX = 64 * 1024;
/** How long requests under way may take once the server closes, in milliseconds. */
const CLOSE_GRACE_MS = 500;
/** `.` and `..`, also percent-encoded: URL parsers remove them, and with them the key that was meant. */
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:[/?#]|$)/i;

export class HttpServer {
  readonly #server: Server;
  #backend: HttpBackend | null = null;

  constructor() {
    const listener = getRequestListener((request) => this.#fetch(request), {
      // Lighter Request and Response objects in this process: a fifth of the cost of a small request.
      overrideGlobalObjects: true,
      errorHandler: () =>
        errorResponse(badRequest('The request line or its Host header is broken.')),
    });
    this.#server = createServer({ maxHeaderSize: HEADER_BYTES_MAX }, (request, response) => {
      if (DOT_SEGMENT.test(pathOf(request))) refuseDots(response);
      else listener(request, response);
    });
    this.#server.on('upgrade', (request, socket: Socket, head) => {
      socket.on('error', () => socket.destroy());
      if (this.#backend !== null) this.#backend.clients.upgrade(request, socket, head);
      else socket.end('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n');
    });
  }

  /** Resolves with the address in use, the port never 0. Rejects with what to do if it cannot be had. */
  listen({ host, port }: HttpAddress): Promise<HttpAddress> {
    return new Promise((resolve, reject) => {
      const refuse = (error: Error): void => reject(bindError(error, { host, port }));
      this.#server.once('error', refuse);
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', refuse);
        const bound = this.#server.address();
        resolve({ host, port: bound instanceof Object ? bound.port : port });
      });
    });
  }

  /** From now on requests are served. */
  serve(backend: HttpBackend): void {
    this.#backend = backend;
  }

  /** Takes no new connection; resolves when the last one is gone, by force after a moment. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeIdleConnections();
    const force = setTimeout(() => this.#server.closeAllConnections(), CLOSE_GRACE_MS);
    await closed;
    clearTimeout(force);
  }

  async #fetch(request: Request): Promise<Response> {
    if (this.#backend !== null) return this.#backend.api.fetch(request);
    if (new URL(request.url).pathname === '/livez') return Response.json({ alive: true });
    return errorResponse(starting());
  }
}

function bindError(error: Error, { host, port }: HttpAddress): RaftError {
  const isTaken = 'code' in error && error.code === 'EADDRINUSE';
  if (isTaken) {
    const text = `The address ${host}:${port} is in use by another process: stop that process, or give this node another --listen address.`;
    return new RaftError('RAFT_CONFLICT', text, { cause: error });
  }
  const text = `Cannot listen for clients on ${host}:${port}: ${error.message}. Give --listen an address of this machine.`;
  return new RaftError('RAFT_BAD_REQUEST', text, { cause: error });
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split('?', 1)[0] ?? '';
}

function refuseDots(response: ServerResponse): void {
  const { code, message, retry } = badRequest(
    "The path has a segment '.' or '..', which programs on the way remove. In a key, write the slash before it as %2F.",
  );
  response.writeHead(400, { 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify({ code, message, retry }));
}

function starting(): RaftError {
  return new RaftError(
    'RAFT_STOPPED',
    'This node is still starting. Nothing was done; try again in a moment, or ask another node.',
  );
}
