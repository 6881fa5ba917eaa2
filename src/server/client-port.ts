/** The WebSocket endpoint `/client`, on the port that serves HTTP: takes the upgrades, or says why not. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { CLIENT_FRAME_BYTES_MAX, CLIENT_PATH } from '../client/frame-shapes.ts';
import { WsSocket } from '../client/ws-socket.ts';
import { ClientConnections } from './client-connections.ts';
import type { ServerContext } from './server-context.ts';

/** Bound: fragments of one frame; ours has one. More close the connection. */
const FRAGMENTS_MAX = 64;
/** Bound: pieces in which a frame has arrived so far, each with a cost of its own. More close the connection. */
const CHUNKS_MAX = 16_384;

export class ClientPort {
  readonly #connections: ClientConnections;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: CLIENT_FRAME_BYTES_MAX,
    maxFragments: FRAGMENTS_MAX,
    maxBufferedChunks: CHUNKS_MAX,
  });

  constructor(context: ServerContext) {
    this.#connections = new ClientConnections(context);
  }

  /** For the HTTP server's `upgrade` event. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refusal = this.#refusalOf(request);
    if (refusal !== null) {
      socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      this.#connections.admit(new WsSocket(webSocket));
    });
  }

  /** Breaks every connection without a word, as a network may. For tests. */
  dropAll(): void {
    this.#connections.dropAll();
  }

  /** Sends what is answered, says goodbye, and does not wait long for an answer. */
  close(reason: string): Promise<void> {
    return this.#connections.close(reason);
  }

  #refusalOf(request: IncomingMessage): string | null {
    if (!this.#connections.isAdmitting) return '503 Service Unavailable';
    const path = (request.url ?? '').split('?', 1)[0];
    return path === CLIENT_PATH ? null : '404 Not Found';
  }
}
