/**
 * Connections between members. A transport moves checked messages and closes whatever sends anything
 * else; it decides nothing: the link chart says when to dial, the handshake rules say whom to trust.
 * `transportContract` of `raftchart/testing` is the proof that an implementation has to pass.
 */
import type { EntryRun } from '../core/entry-run.ts';
import type { Hello } from '../core/hello.ts';
import type { Message } from '../core/message.ts';

/** One end of one connection. Its events come in order, none after `onClose`, none during a call to it. */
export interface ConnectionListener {
  /** Dialling side only: the socket is open; the dialling side speaks first. */
  onOpen(): void;
  /** The peer's hello, of proven shape. Comes first and once; messages before it close the connection. */
  onHello(hello: Hello): void;
  /** A message of proven shape with the entry runs beside it, checksums proven, numbering contiguous. */
  onMessage(message: Message, runs: readonly EntryRun[]): void;
  /** Once, whatever the cause: the peer, the network, a bad frame, or `close`. */
  onClose(reason: CloseReason): void;
}

export interface CloseReason {
  /** `refused`: the peer judged our hello and said no. `badFrame`: what arrived broke the protocol. */
  readonly kind: 'closed' | 'unreachable' | 'refused' | 'badFrame' | 'overflow' | 'local';
  /** For people. For `refused`, the peer's own words. */
  readonly text: string;
}

export interface PeerConnection {
  /** Before any message, once. */
  sendHello(hello: Hello): void;
  /**
   * Queues a message; it may never arrive. Returns false, having sent nothing, when more than
   * `socketBytesMax` bytes are queued or the connection is closing. The runs' bytes are not copied
   * and must not change afterwards.
   */
  send(message: Message, runs: readonly EntryRun[]): boolean;
  /** Bytes queued here and not yet taken by the operating system. */
  bufferedBytes(): number;
  /** While a hello is judged: nothing more is read, so that whoever waits for a verdict costs next to nothing. */
  hold(): void;
  /** The peer is believed: from now on what it says is read, in frames of any size. */
  release(): void;
  /** Says why, if the connection is still able to (`refused`), and closes. */
  close(kind: 'refused' | 'local', text: string): void;
}

export interface TransportLimits {
  readonly frameBytesMax: number;
  readonly socketBytesMax: number;
}

export interface Transport {
  /** Accepts connections; resolves with the address bound, `host:port`, the port never 0. */
  listen(accept: (connection: PeerConnection) => ConnectionListener): Promise<string>;
  dial(address: string, listener: ConnectionListener): PeerConnection;
  /** Closes every connection and the listening socket. Resolves when none is left. */
  close(): Promise<void>;
}
