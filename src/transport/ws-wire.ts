/**
 * Carries the frames of one end over one WebSocket, and turns what `ws` and the network say into the
 * few words that a conversation ends with (TR13). Frames go to the socket as they are (TR7). The first message
 * of a turn of the event loop leaves at once, and so does one with runs, since a disk at the far end waits
 * for it; what else is said in that turn leaves together: four times as many small messages in a second.
 * No timer of ours: a dial that never opens and a peer that never says goodbye are ended by `ws` itself.
 */

import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { networkFailureText } from '../wire/network-failure.ts';
import { goodbye } from '../wire/ws-socket.ts';
import type { Conversation, Wire } from './conversation.ts';
import { UNACCEPTED_BYTES_MAX } from './limits.ts';
import { versionSpoken } from './subprotocol.ts';
import { tlsDialText } from './tls-peer-words.ts';
import { isGateText, NO_SECRET_HERE } from './ws-secret-gate.ts';

/** How long a peer may take to answer a goodbye before its socket is destroyed, in milliseconds. */
export const GOODBYE_TIMEOUT_MS = 500;
/** A connection on which nothing moved for this long is probed by the operating system, in milliseconds. */
const KEEPALIVE_DELAY_MS = 10_000;
const STATUS = { ended: 1000, badFrame: 1008 } as const;
const BINARY = { binary: true, compress: false } as const;

export class WebSocketWire implements Wire {
  readonly #socket: WebSocket;
  #stream: Socket | null = null;
  #isCorked = false;
  /** Something was said in this turn of the event loop. */
  #hasSpoken = false;
  #isHeld = false;
  #earlyBytes = 0;
  #flooded: () => void = () => {};
  #released: () => void = () => {};

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  protocolVersion(): number {
    return versionSpoken(this.#socket.protocol);
  }

  /** The connection below the WebSocket, once there is one. */
  attach(stream: Socket): void {
    stream.setNoDelay(true);
    stream.setKeepAlive(true, KEEPALIVE_DELAY_MS);
    this.#stream = stream;
  }

  /**
   * Counts what arrives until the far end is accepted: `flooded` once it is too much, `released` once that is over.
   * To be called when the WebSocket reads already, so that it sees a hello before the count does.
   */
  guard({ flooded, released }: { flooded: () => void; released: () => void }): void {
    this.#flooded = flooded;
    this.#released = released;
    this.#stream?.on('data', this.#countEarly);
  }

  hold(): void {
    this.#isHeld = true;
    this.#socket.pause();
  }

  release(): void {
    this.#isHeld = false;
    this.#stream?.off('data', this.#countEarly);
    this.#released();
    this.#socket.resume();
  }

  /** One text frame, before all others. */
  say(text: string): void {
    this.#socket.send(text);
  }

  write(frames: readonly Uint8Array[]): void {
    const isFirst = !this.#hasSpoken;
    this.#holdBack();
    for (const frame of frames) this.#socket.send(frame, BINARY);
    if (isFirst || frames.length > 1) this.#letGo();
  }

  bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  hangUp(kind: 'ended' | 'badFrame', text: string): void {
    if (this.#isHeld) this.#socket.resume();
    this.#isHeld = false;
    this.#socket.close(STATUS[kind], goodbye(text));
  }

  /** What is said from here to the end of this turn leaves together, unless it is let go before. */
  #holdBack(): void {
    if (this.#stream === null) return;
    if (!this.#isCorked) this.#stream.cork();
    this.#isCorked = true;
    if (this.#hasSpoken) return;
    this.#hasSpoken = true;
    process.nextTick(this.#endTurn);
  }

  #letGo(): void {
    if (!this.#isCorked) return;
    this.#isCorked = false;
    this.#stream?.uncork();
  }

  readonly #countEarly = (bytes: Uint8Array): void => {
    this.#earlyBytes += bytes.length;
    if (this.#isHeld || this.#earlyBytes <= UNACCEPTED_BYTES_MAX) return;
    this.#flooded();
    this.#stream?.destroy();
  };

  /** Made once, not at every message. */
  readonly #endTurn = (): void => {
    this.#hasSpoken = false;
    this.#letGo();
  };
}

/** Whoever has to be heard before the conversation begins: each frame until then, `null` if it is no text. */
export type Gate = (frame: Uint8Array, text: string | null) => void;

/** Passes what happens on the socket on to the conversation, from now to the end; while there is a gate, frames go there. */
export function follow(
  socket: WebSocket,
  conversation: Conversation,
  { address, gate }: { readonly address: string; readonly gate: () => Gate | null },
): void {
  let failure: Error | null = null;
  const isSecure = socket.url?.startsWith('wss:') === true;
  socket.on('message', (data, isBinary) => {
    if (!(data instanceof Uint8Array)) return conversation.received(null);
    const text = isBinary ? null : `${data}`;
    const keeper = gate();
    if (keeper !== null) keeper(data, text);
    else if (text !== null && isGateText(text)) conversation.turnAway(NO_SECRET_HERE);
    else conversation.received(isBinary ? data : null);
  });
  socket.on('error', (error) => {
    failure ??= error;
    if (isBrokenFrame(error)) conversation.receivedBroken(error.message);
  });
  socket.on('close', (code, reason) => {
    conversation.lost(
      failure ? failureText(failure, address, isSecure) : goodbyeText(code, `${reason}`),
    );
  });
}

/** `ws` names with such codes what breaks the WebSocket protocol or is too large. */
function isBrokenFrame(error: Error): boolean {
  return codeOf(error).startsWith('WS_ERR_');
}

function goodbyeText(code: number, reason: string): string {
  if (code === 1006) return 'the connection broke off';
  const words = reason.replace(/\p{Cc}+/gu, ' ');
  return words === '' ? `the peer closed the connection (${code})` : `the peer said: ${words}`;
}

/** How `ws` says that an HTTP server answered, but not as our peers do. */
const FOREIGN_ANSWER =
  /^(?:Unexpected server response|Server sent|Invalid Sec-WebSocket|Invalid Upgrade)/;

/** Words for a failed dial or a broken connection. */
export function failureText(error: Error, address: string, isSecure = false): string {
  const code = codeOf(error);
  const isForeign = code.startsWith('HPE_') || FOREIGN_ANSWER.test(error.message);
  const words = isForeign
    ? 'what answers there does not speak the peer protocol'
    : (tlsDialText(error, isSecure) ??
      networkFailureText(code) ??
      (error.message || code || 'the connection failed'));
  return `${address}: ${words}`;
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
