/** The WebSocket endpoint `/client`, on the port that serves HTTP: takes the upgrades, or says why not. */

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { CLIENT_PATH } from '../../client-protocol/frame-shapes.ts';
import { CLIENT_FRAME_BYTES_MAX } from '../../client-protocol/limits.ts';
import { WsSocket } from '../../wire/ws-socket.ts';
import { visitorOf } from '../access/credentials.ts';
import type { Account } from '../admission/account.ts';
import { type Refusal, refuseUpgrade } from '../admission/upgrade-refusal.ts';
import { nothingHere } from '../errors.ts';
import { FRAME_CHUNKS_MAX, FRAME_FRAGMENTS_MAX } from '../limits.ts';
import type { ConnectionParts } from '../server-context.ts';
import { ClientConnections } from './client-connections.ts';

/** What a piece costs besides its bytes. */
const CHUNK_BYTES = 256;
/** The head of a control frame. */
const CONTROL_BYTES = 6;

export class ClientPort {
  readonly #context: ConnectionParts;
  readonly #connections: ClientConnections;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: CLIENT_FRAME_BYTES_MAX,
    maxFragments: FRAME_FRAGMENTS_MAX,
    maxBufferedChunks: FRAME_CHUNKS_MAX,
  });

  constructor(context: ConnectionParts) {
    this.#context = context;
    this.#connections = new ClientConnections(context);
  }

  /** For the HTTP server's `upgrade` event. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refusal = this.#refusalOf(request);
    if (refusal !== null) {
      refuseUpgrade(socket, refusal);
      return;
    }
    const arriving = this.#countArriving(socket);
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('message', () => arriving.release(arriving.bytes));
      webSocket.on('ping', (data) => forget(arriving, data.length));
      webSocket.on('pong', (data) => forget(arriving, data.length));
      this.#connections.admit(new WsSocket(webSocket), visitorOf(request));
    });
  }

  /** SP9: what arrives counts until the frame that it belongs to is whole. */
  #countArriving(socket: Duplex): Account {
    const { incoming } = this.#context.held;
    const account = incoming.account(CLIENT_FRAME_BYTES_MAX, () => socket.destroy());
    // Before the WebSocket's own listener, so that a frame is counted before it is taken off again.
    socket.on('data', (chunk: Buffer) => account.hold(chunk.length + CHUNK_BYTES));
    socket.once('close', () => account.close());
    return account;
  }

  /** Breaks every connection without a word, as a network may. For tests. */
  dropAll(): void {
    this.#connections.dropAll();
  }

  /** Sends what is answered, says goodbye, and does not wait long for an answer. */
  close(reason: string): Promise<void> {
    return this.#connections.close(reason);
  }

  #refusalOf(request: IncomingMessage): Refusal | null {
    const { refusal } = this.#connections;
    if (refusal !== null) return { error: refusal, status: 503 };
    const path = (request.url ?? '').split('?', 1)[0];
    return path === CLIENT_PATH ? null : { error: nothingHere() };
  }
}

/** A control frame may come between the pieces of another: only its own bytes are taken off. */
function forget(arriving: Account, payloadBytes: number): void {
  arriving.release(Math.min(arriving.bytes, payloadBytes + CONTROL_BYTES + CHUNK_BYTES));
}
