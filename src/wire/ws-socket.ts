/** WebSockets as the sockets of client connections: dialled here by the client, accepted by the server. */

import type { SecureContext } from 'node:tls';
import { WebSocket } from 'ws';
import type { DialOptions, FrameSocket, FrameSocketListener } from '../ports/frame-socket.ts';
import { GOODBYE_BYTES_MAX } from './limits.ts';
import { networkFailureNamed } from './network-failure.ts';
import { abruptEndText, tlsFailureText } from './tls-failure.ts';
import { readRefusal } from './ws-refusal.ts';

interface DialedWith {
  /** Whom this end trusts, and who it is; of use where the URL asks for TLS. */
  readonly context?: SecureContext | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

export function dialWebSocket(
  url: string,
  { timeoutMs, frameBytesMax }: DialOptions,
  { context, headers = {} }: DialedWith = {},
): FrameSocket {
  const socket = new WebSocket(url, {
    ...(context !== undefined && { secureContext: context }),
    headers,
    perMessageDeflate: false,
    maxPayload: frameBytesMax,
    handshakeTimeout: timeoutMs,
    // Masks protect careless proxies from scripts in browsers; a mask of zeros costs nothing.
    generateMask: (mask) => mask.fill(0),
  });
  return new WsSocket(socket, timeoutMs);
}

export class WsSocket implements FrameSocket {
  readonly #socket: WebSocket;
  readonly #refusalTimeoutMs: number;
  /** What the server said instead of taking the connection. */
  #refusal: string | null = null;

  /** `refusalTimeoutMs`: how long a server that refuses may take to say why; one that was accepted is never refused. */
  constructor(socket: WebSocket, refusalTimeoutMs = 0) {
    this.#socket = socket;
    this.#refusalTimeoutMs = refusalTimeoutMs;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  listen(listener: FrameSocketListener): void {
    this.#socket.on('message', (data: Buffer) => listener.onFrame(data));
    this.#socket.on('pong', () => listener.onPong());
    this.#socket.on('error', (error) => listener.onBroken(this.#refusal ?? this.#describe(error)));
    this.#socket.on('unexpected-response', (_request, response) =>
      readRefusal(response, this.#refusalTimeoutMs, (why) => {
        this.#refusal = why;
        this.#socket.terminate();
      }),
    );
    this.#socket.on('close', (_code, reason) =>
      listener.onClose(reason.toString() || 'it was closed'),
    );
  }

  send(frame: Uint8Array, taken?: () => void): void {
    this.#socket.send(frame, taken);
  }

  ping(): void {
    this.#socket.ping();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(code?: number, reason = ''): void {
    this.#socket.close(code, goodbye(reason));
  }

  terminate(): void {
    this.#socket.terminate();
  }

  #describe(error: Error & { readonly code?: unknown }): string {
    const words = tlsFailureText(error);
    if (words !== null) return words;
    const { readyState, url } = this.#socket;
    const isOpen = readyState === WebSocket.OPEN;
    if (error.code === 'ECONNRESET' && !isOpen) return abruptEndText(url.startsWith('wss:'));
    const code = String(error.code ?? '');
    return networkFailureNamed(code) ?? (error.message || code || error.name);
  }
}

/** As much of the words as fits. */
export function goodbye(text: string): string {
  let cut = text.slice(0, GOODBYE_BYTES_MAX);
  while (Buffer.byteLength(cut) > GOODBYE_BYTES_MAX) cut = cut.slice(0, -1);
  return cut;
}
