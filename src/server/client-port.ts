/**
 * The WebSocket endpoint `/client`, on the port that serves HTTP: takes the upgrades, keeps the connections,
 * tells all of them when the leader changes. What is said on a connection, `client-connection.ts` knows.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { CLIENT_FRAME_BYTES_MAX, CLIENT_PATH } from '../client/frame-shapes.ts';
import { ClientConnection } from './client-connection.ts';
import type { ServerContext } from './server-context.ts';

/** How long clients that are told to go may take, in milliseconds. */
const GOODBYE_MS = 250;

export class ClientPort {
  readonly #context: ServerContext;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: CLIENT_FRAME_BYTES_MAX,
  });
  readonly #connections = new Set<ClientConnection>();
  readonly #probing: ReturnType<typeof setInterval>;
  readonly #stopListening: () => void;
  #closedBecause: string | null = null;
  #lastHasLeft: () => void = () => {};

  constructor(context: ServerContext) {
    this.#context = context;
    let leader = context.replica.status().leader;
    this.#stopListening = context.replica.onRole((event) => {
      if (event.leader === leader) return;
      leader = event.leader;
      for (const connection of this.#connections) connection.greet();
    });
    context.replica.onHalt((error) => this.#sendAllAway(`the node halted: ${error.code}`));
    this.#probing = setInterval(() => {
      for (const connection of this.#connections) connection.probe();
    }, context.keepAliveMs).unref();
  }

  /** For the HTTP server's `upgrade` event. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refusal = this.#refusalOf(request);
    if (refusal !== null) {
      socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const connection = new ClientConnection(webSocket, this.#context);
      this.#connections.add(connection);
      webSocket.on('close', () => {
        this.#connections.delete(connection);
        if (this.#connections.size === 0) this.#lastHasLeft();
      });
    });
  }

  /** Breaks every connection without a word, as a network may. For tests. */
  dropAll(): void {
    for (const connection of this.#connections) connection.terminate();
  }

  /** Sends what is answered, says goodbye, and does not wait long for an answer. */
  async close(reason: string): Promise<void> {
    clearInterval(this.#probing);
    this.#stopListening();
    this.#sendAllAway(reason);
    await this.#untilEmpty();
    for (const connection of this.#connections) connection.terminate();
  }

  #untilEmpty(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#connections.size === 0 ? 0 : GOODBYE_MS);
      this.#lastHasLeft = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #sendAllAway(reason: string): void {
    this.#closedBecause = reason;
    // After the replies that the same event still brings about.
    setImmediate(() => {
      for (const connection of this.#connections) connection.close(reason);
    });
  }

  #refusalOf(request: IncomingMessage): string | null {
    const isFull = this.#connections.size >= this.#context.limits.clientConnectionsMax;
    if (this.#closedBecause !== null || isFull) return '503 Service Unavailable';
    // Only a browser names an origin, and no web page has any business here.
    if (request.headers.origin !== undefined) return '400 Bad Request';
    const path = (request.url ?? '').split('?', 1)[0];
    return path === CLIENT_PATH ? null : '404 Not Found';
  }
}
