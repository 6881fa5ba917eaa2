/**
 * One end of one client connection, as both programs at its ends see it: whole frames, in order, until it
 * closes. A WebSocket is one (`src/wire/ws-socket.ts`), a simulator's stream another; nothing above this
 * line knows which.
 */

/** Never called during a call to the socket. */
export interface FrameSocketListener {
  onFrame(bytes: Uint8Array): void;
  /** The other side answered a ping. */
  onPong(): void;
  /** Nothing more will arrive; `onClose` still comes. */
  onBroken(why: string): void;
  /** Once, whatever the cause; then nothing more. `why` is for people. */
  onClose(why: string): void;
}

export interface FrameSocket {
  /** True from the end of the handshake until either side begins to close. */
  readonly isOpen: boolean;
  /** Bytes sent here and not yet taken by the operating system. */
  readonly bufferedBytes: number;
  /** Once, before anything can arrive. */
  listen(listener: FrameSocketListener): void;
  /** `taken`: the frame has left this process, or never will. The bytes must not change until then. */
  send(frame: Uint8Array, taken?: () => void): void;
  ping(): void;
  /** Leaves unread what arrives, so that the other side cannot send on for ever. */
  pause(): void;
  resume(): void;
  /** Says so to the other side after what was sent; `code` as in RFC 6455 §7.4. */
  close(code?: number, reason?: string): void;
  /** Closes at once, without a word. Harmless twice. */
  terminate(): void;
}

export interface DialOptions {
  /** The handshake is given up after this, in milliseconds. */
  readonly timeoutMs: number;
  /** Bound: a longer frame that arrives breaks the connection. */
  readonly frameBytesMax: number;
}

/** Begins to connect; a failure is told as `onBroken` and `onClose`. */
export type Dial = (url: string, options: DialOptions) => FrameSocket;
