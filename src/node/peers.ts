/**
 * Connections to the other members, and which of them counts. The link charts say when to dial and when to
 * give up, `introductions.ts` whom to believe; here sockets meet both. A peer's messages count from the
 * moment its hello is accepted and what it proves is on disk (ID1).
 */

import type { LinkEvent } from '../../machines/link.machine.ts';
import type { EntryRun } from '../core/entry-run.ts';
import type { Hello } from '../core/hello.ts';
import { HANDSHAKE_TIMEOUT_MS, SILENT_CHECKS_MAX } from '../core/limits.ts';
import type { Message } from '../core/message.ts';
import type { NodeId, Term } from '../core/types.ts';
import type { Clock } from '../ports/clock.ts';
import type {
  CloseReason,
  ConnectionListener,
  PeerConnection,
  Transport,
} from '../ports/transport.ts';
import { newestBoot, type Refusal } from '../rules/identity.ts';
import { EarlyMessages } from './early-messages.ts';
import { Introductions, type IntroductionsOptions } from './introductions.ts';
import type { PeerProblems } from './peer-problems.ts';

export interface PeersOptions extends IntroductionsOptions {
  readonly clock: Clock;
  readonly transport: Transport;
  /** Looked up at each dial: addresses are not part of the log. Null: not known. */
  readonly addressOf: (peer: NodeId) => string | null;
  readonly tellLink: (peer: NodeId, event: LinkEvent) => void;
  /** The number of the newest connection of a peer's link. */
  readonly attemptOf: (peer: NodeId) => number;
  readonly received: (from: NodeId, message: Message, runs: readonly EntryRun[]) => void;
  /** Told who is refused, who refuses, and when that is over. */
  readonly problems: Pick<PeerProblems, 'refused' | 'refusedBy' | 'accepted' | 'heard'>;
}

interface Connected {
  readonly connection: PeerConnection;
  readonly attempt: number;
  /** Which start of the peer's process this is; null until its hello. */
  boot: string | null;
  /** The peer has accepted this node as well. */
  isAnswered: boolean;
  /** Looks in a row that found nothing said since the one before. */
  silentChecks: number;
}

export class Peers {
  readonly #options: PeersOptions;
  readonly introductions: Introductions;
  /** Every connection that still lives and knows its peer, by peer and attempt. */
  readonly #connections = new Map<NodeId, Map<number, Connected>>();
  /** The one that counts, while the link is open. */
  readonly #open = new Map<NodeId, Connected>();
  sent = 0;
  dropped = 0;
  receivedCount = 0;
  badFrames = 0;

  constructor(options: PeersOptions) {
    this.#options = options;
    this.introductions = new Introductions(options);
    for (const peer of options.members) this.#connections.set(peer, new Map());
  }

  /** For inbound connections: `transport.listen(peers.accept)`. */
  readonly accept = (connection: PeerConnection): ConnectionListener => {
    try {
      return new Inbound(this, connection);
    } catch (error) {
      this.#options.failed(error);
      throw error;
    }
  };

  dial(peer: NodeId, attempt: number): void {
    const { addressOf, transport, tellLink, run } = this.#options;
    const address = addressOf(peer);
    if (address === null) {
      const reason = `the address of ${peer} is not known`;
      run(() => tellLink(peer, { type: 'socket.closed', attempt, reason }));
      return;
    }
    const outbound = new Outbound(this, peer, attempt);
    outbound.connection = transport.dial(address, outbound);
    this.#remember(peer, connected(outbound.connection, { attempt, boot: null }));
  }

  hangUp(peer: NodeId, attempt: number, reason: string): void {
    this.#connections.get(peer)?.get(attempt)?.connection.close('local', reason);
  }

  /** The link chart says that this connection counts from now on. */
  opened(peer: NodeId, attempt: number): void {
    const connected = this.#connections.get(peer)?.get(attempt);
    if (connected !== undefined) this.#open.set(peer, connected);
  }

  closed(peer: NodeId, reason: string): void {
    const connected = this.#open.get(peer);
    this.#open.delete(peer);
    connected?.connection.close('local', reason);
  }

  /** TR19: counts the looks without a word; a stall of this very process counts as one look at most. */
  checkAlive(peer: NodeId, term: Term): void {
    const open = this.#open.get(peer);
    if (open === undefined) return;
    open.silentChecks += 1;
    if (open.silentChecks <= SILENT_CHECKS_MAX) {
      open.connection.send({ type: 'Ping', term }, []);
      return;
    }
    const reason = 'nothing was heard for too long';
    const { attempt } = open;
    this.#options.tellLink(peer, { type: 'socket.silent', attempt, reason });
  }

  isOpen(peer: NodeId): boolean {
    return this.#open.has(peer);
  }

  bufferedBytes(peer: NodeId): number {
    return this.#open.get(peer)?.connection.bufferedBytes() ?? 0;
  }

  /** FS2: nothing is said any more, whatever becomes of the connections. */
  end(): void {
    this.#open.clear();
  }

  /**
   * Returns false if the message was dropped here. A throw halts the node before this returns: what threw may have
   * left all the same, so that nobody may be told that it did not.
   */
  send(to: NodeId, message: Message, runs: readonly EntryRun[]): boolean {
    const isSent = this.#trySend(to, message, runs);
    if (isSent) this.sent += 1;
    else this.dropped += 1;
    return isSent;
  }

  #trySend(to: NodeId, message: Message, runs: readonly EntryRun[]): boolean {
    try {
      return this.#open.get(to)?.connection.send(message, runs) ?? false;
    } catch (error) {
      this.#options.failed(error);
      return true;
    }
  }

  /** Judges a hello; calls back once its proof is on disk, or with the reason to refuse it. */
  judge(hello: Hello, done: (refusal: Refusal | null) => void): void {
    const connectedBoot = this.#open.get(hello.identity.nodeId)?.boot ?? null;
    this.introductions.judge(hello, connectedBoot, done);
  }

  /** Answers an accepted inbound connection and gives it the next number of its link. */
  admitCall(connection: PeerConnection, caller: Hello, answer: Hello): number {
    const { attemptOf, tellLink } = this.#options;
    const peer = caller.identity.nodeId;
    const attempt = attemptOf(peer) + 1;
    this.#remember(
      peer,
      connected(connection, { attempt, boot: newestBoot(caller.identity).word }),
    );
    this.#options.problems.accepted(peer);
    connection.sendHello(answer);
    tellLink(peer, { type: 'hello.accepted', attempt });
    return attempt;
  }

  /** An accepted answer to our own hello, which the peer has accepted before it spoke. */
  helloAccepted(peer: NodeId, attempt: number, boot: string): void {
    const connected = this.#connections.get(peer)?.get(attempt);
    if (connected !== undefined) {
      connected.boot = boot;
      this.#answered(peer, connected);
    }
    this.#options.problems.accepted(peer);
    this.#options.tellLink(peer, { type: 'hello.accepted', attempt });
  }

  tellLink(peer: NodeId, event: LinkEvent): void {
    this.#options.tellLink(peer, event);
  }

  startTimer(delayMs: number, fire: () => void): unknown {
    return this.#options.clock.setTimeout(() => this.run(fire), delayMs);
  }

  stopTimer(timer: unknown): void {
    this.#options.clock.clearTimeout(timer);
  }

  run(input: () => void): void {
    this.#options.run(input);
  }

  /** Passes on what the connection that counts says; anything else is from a dead connection (H5). */
  deliver(peer: NodeId, attempt: number, message: Message, runs: readonly EntryRun[]): void {
    const open = this.#open.get(peer);
    if (open?.attempt !== attempt) return;
    open.silentChecks = 0;
    if (!open.isAnswered) this.#answered(peer, open);
    this.receivedCount += 1;
    this.#options.problems.heard(peer);
    this.#options.received(peer, message, runs);
  }

  /** This node does not accept whoever calls itself so; `null`: it could not say how. */
  refused(peer: string | null, reason: string): void {
    this.#options.problems.refused(peer, reason);
  }

  refusedBy(peer: NodeId, reason: string): void {
    this.#options.problems.refusedBy(peer, reason);
  }

  forget(peer: NodeId, attempt: number): void {
    this.#connections.get(peer)?.delete(attempt);
  }

  #answered(peer: NodeId, connected: Connected): void {
    connected.isAnswered = true;
    this.introductions.answered(peer);
  }

  #remember(peer: NodeId, connected: Connected): void {
    this.#connections.get(peer)?.set(connected.attempt, connected);
  }
}

function connected(
  connection: PeerConnection,
  { attempt, boot }: Pick<Connected, 'attempt' | 'boot'>,
): Connected {
  return { connection, attempt, boot, isAnswered: false, silentChecks: 0 };
}

/** A connection that we asked for. */
class Outbound implements ConnectionListener {
  connection: PeerConnection | null = null;
  readonly #peers: Peers;
  readonly #peer: NodeId;
  readonly #attempt: number;
  readonly #early = new EarlyMessages();

  constructor(peers: Peers, peer: NodeId, attempt: number) {
    this.#peers = peers;
    this.#peer = peer;
    this.#attempt = attempt;
  }

  onOpen(): void {
    const attempt = this.#attempt;
    this.#peers.run(() =>
      this.#peers.introductions.introduce(this.#peer, (hello) => {
        this.connection?.sendHello(hello);
        this.#peers.tellLink(this.#peer, { type: 'socket.opened', attempt });
      }),
    );
  }

  onHello(hello: Hello): void {
    this.connection?.hold();
    this.#peers.run(() => {
      if (hello.identity.nodeId !== this.#peer) {
        const reason = `${hello.identity.nodeId} answers at the address of ${this.#peer}`;
        return this.#refuse({ said: reason, reason });
      }
      this.#peers.judge(hello, (refusal) => {
        if (refusal !== null) return this.#refuse(refusal);
        this.connection?.release();
        this.#peers.helloAccepted(this.#peer, this.#attempt, newestBoot(hello.identity).word);
        this.#peers.run(() => this.#early.release());
      });
    });
  }

  onMessage(message: Message, runs: readonly EntryRun[]): void {
    this.#peers.run(() =>
      this.#early.pass(runs, () => this.#peers.deliver(this.#peer, this.#attempt, message, runs)),
    );
  }

  onClose({ kind, text }: CloseReason): void {
    const attempt = this.#attempt;
    const type = kind === 'refused' ? 'hello.refused' : 'socket.closed';
    this.#peers.run(() => {
      if (kind === 'badFrame') this.#peers.badFrames += 1;
      if (kind === 'refused') this.#peers.refusedBy(this.#peer, text);
      this.#peers.tellLink(this.#peer, { type, attempt, reason: text });
      this.#peers.forget(this.#peer, attempt);
    });
  }

  #refuse({ said, reason }: Pick<Refusal, 'said' | 'reason'>): void {
    this.connection?.close('refused', said);
    this.#peers.refused(this.#peer, reason);
    this.#peers.tellLink(this.#peer, { type: 'hello.refused', attempt: this.#attempt, reason });
  }
}

/** A connection that a peer asked for; whose it is we learn from its hello. */
class Inbound implements ConnectionListener {
  readonly #peers: Peers;
  readonly #connection: PeerConnection;
  readonly #early = new EarlyMessages();
  /** Bound: a caller that never says who it is is not listened to for ever. */
  readonly #helloTimer: unknown;
  #peer: NodeId | null = null;
  #attempt = 0;
  #isClosed = false;

  constructor(peers: Peers, connection: PeerConnection) {
    this.#peers = peers;
    this.#connection = connection;
    this.#helloTimer = peers.startTimer(HANDSHAKE_TIMEOUT_MS, () => {
      connection.close('local', 'no hello in time');
    });
  }

  onOpen(): void {}

  onHello(hello: Hello): void {
    this.#connection.hold();
    this.#peers.stopTimer(this.#helloTimer);
    this.#peers.run(() =>
      this.#peers.judge(hello, (refusal) => {
        const { nodeId } = hello.identity;
        if (refusal !== null) {
          this.#connection.close('refused', refusal.said);
          return this.#peers.refused(nodeId, refusal.reason);
        }
        this.#peers.introductions.introduce(nodeId, (answer) => this.#admit(hello, answer));
      }),
    );
  }

  /** ID8: a connection that has ended while the proof went to disk opens no link. */
  #admit(hello: Hello, answer: Hello): void {
    if (this.#isClosed) return;
    this.#connection.release();
    this.#peer = hello.identity.nodeId;
    this.#attempt = this.#peers.admitCall(this.#connection, hello, answer);
    this.#peers.run(() => this.#early.release());
  }

  onMessage(message: Message, runs: readonly EntryRun[]): void {
    this.#peers.run(() =>
      this.#early.pass(runs, () => {
        if (this.#peer !== null) this.#peers.deliver(this.#peer, this.#attempt, message, runs);
      }),
    );
  }

  onClose({ kind, text }: CloseReason): void {
    this.#peers.stopTimer(this.#helloTimer);
    this.#peers.run(() => {
      this.#isClosed = true;
      if (kind === 'badFrame') this.#peers.badFrames += 1;
      if (kind === 'refused') this.#refusedAfterAll(text);
      if (this.#peer === null) return;
      const event = { type: 'socket.closed', attempt: this.#attempt, reason: text } as const;
      this.#peers.tellLink(this.#peer, event);
      this.#peers.forget(this.#peer, this.#attempt);
    });
  }

  /** The caller does not accept this node; or, before anyone could say a name, the two speak different versions. */
  #refusedAfterAll(text: string): void {
    if (this.#peer === null) this.#peers.refused(null, text);
    else this.#peers.refusedBy(this.#peer, text);
  }
}
