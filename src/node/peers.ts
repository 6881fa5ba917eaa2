/**
 * Connections to the other members: who is whom, and which connection counts. The link charts say when to
 * dial and when to give up, the identity rules whom to believe; here sockets meet both. A peer's messages
 * count from the moment its hello is accepted and what it proves is on disk (ID1).
 */

import type { LinkEvent } from '../../machines/link.machine.ts';
import type { EntryRun } from '../core/entry-run.ts';
import type { Hello } from '../core/hello.ts';
import { PROTOCOL_VERSION } from '../core/hello.ts';
import type { KnownPeer, NodeIdentity } from '../core/identity.ts';
import { HANDSHAKE_TIMEOUT_MS, SILENT_CHECKS_MAX } from '../core/limits.ts';
import type { Message } from '../core/message.ts';
import type { NodeId, Term } from '../core/types.ts';
import type { Clock } from '../ports/clock.ts';
import type { LogStore } from '../ports/log-store.ts';
import type {
  CloseReason,
  ConnectionListener,
  PeerConnection,
  Transport,
} from '../ports/transport.ts';
import { judgeHello } from '../rules/identity.ts';
import type { Troubles } from './troubles.ts';

export interface PeersOptions {
  readonly identity: NodeIdentity;
  readonly members: readonly NodeId[];
  readonly known: readonly KnownPeer[];
  readonly clock: Clock;
  readonly store: LogStore;
  readonly transport: Transport;
  /** Looked up at each dial: addresses are not part of the log. Null: not known. */
  readonly addressOf: (peer: NodeId) => string | null;
  /** Runs an input of the node's loop. */
  readonly run: (input: () => void) => void;
  readonly tellLink: (peer: NodeId, event: LinkEvent) => void;
  /** The number of the newest connection of a peer's link. */
  readonly attemptOf: (peer: NodeId) => number;
  readonly received: (from: NodeId, message: Message, runs: readonly EntryRun[]) => void;
  readonly failed: (error: unknown) => void;
  /** Told who is refused, who refuses, and when that is over. */
  readonly troubles: Pick<Troubles, 'refused' | 'refusedBy' | 'accepted' | 'heard'>;
}

/** Bound: messages that overtake the peer's acceptance here; what exceeds it is dropped, as the network may. */
const EARLY_MESSAGES_MAX = 64;

interface Connected {
  readonly connection: PeerConnection;
  readonly attempt: number;
  /** Which start of the peer's process this is; null until its hello. */
  boot: string | null;
  /** Looks in a row that found nothing said since the one before. */
  silentChecks: number;
}

export class Peers {
  readonly #options: PeersOptions;
  readonly #known = new Map<NodeId, KnownPeer>();
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
    for (const peer of options.known) this.#known.set(peer.nodeId, peer);
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
    this.#remember(peer, { connection: outbound.connection, attempt, boot: null, silentChecks: 0 });
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

  hello(to: NodeId): Hello {
    return { protocolVersion: PROTOCOL_VERSION, identity: this.#options.identity, to };
  }

  /** Judges a hello; calls back once its proof is on disk, or with the reason to refuse it. */
  judge(hello: Hello, done: (refusal: string | null) => void): void {
    const { identity: own, members, store, run, failed } = this.#options;
    const name = hello.identity.nodeId;
    const known = this.#known.get(name) ?? null;
    const connectedBoot = this.#open.get(name)?.boot ?? null;
    const verdict = judgeHello({ own, members, known, connectedBoot }, hello);
    if (verdict.type === 'refuse') return done(verdict.reason);
    if (verdict.type === 'accept') return done(null);
    store.rememberPeer(verdict.peer).then(
      () =>
        run(() => {
          this.#known.set(name, verdict.peer);
          done(null);
        }),
      (error: unknown) => run(() => failed(error)),
    );
  }

  /** Gives an accepted inbound connection the next number of its link. */
  admitCall(peer: NodeId, connection: PeerConnection, boot: string): number {
    const { attemptOf, tellLink } = this.#options;
    const attempt = attemptOf(peer) + 1;
    this.#remember(peer, { connection, attempt, boot, silentChecks: 0 });
    this.#options.troubles.accepted(peer);
    connection.sendHello(this.hello(peer));
    tellLink(peer, { type: 'hello.accepted', attempt });
    return attempt;
  }

  helloAccepted(peer: NodeId, attempt: number, boot: string): void {
    const connected = this.#connections.get(peer)?.get(attempt);
    if (connected !== undefined) connected.boot = boot;
    this.#options.troubles.accepted(peer);
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
    this.receivedCount += 1;
    this.#options.troubles.heard(peer);
    this.#options.received(peer, message, runs);
  }

  /** This node does not accept whoever calls itself so; `null`: it could not say how. */
  refused(peer: string | null, reason: string): void {
    this.#options.troubles.refused(peer, reason);
  }

  refusedBy(peer: NodeId, reason: string): void {
    this.#options.troubles.refusedBy(peer, reason);
  }

  forget(peer: NodeId, attempt: number): void {
    this.#connections.get(peer)?.delete(attempt);
  }

  #remember(peer: NodeId, connected: Connected): void {
    this.#connections.get(peer)?.set(connected.attempt, connected);
  }
}

/** What a peer said before it was accepted here; told once it is. */
class EarlyMessages {
  #held: (() => void)[] | null = [];

  /** Runs `deliver` now, or once `release` was called. */
  pass(deliver: () => void): void {
    if (this.#held === null) deliver();
    else if (this.#held.length < EARLY_MESSAGES_MAX) this.#held.push(deliver);
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const deliver of held) deliver();
  }
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
    this.#peers.run(() => {
      this.connection?.sendHello(this.#peers.hello(this.#peer));
      this.#peers.tellLink(this.#peer, { type: 'socket.opened', attempt });
    });
  }

  onHello(hello: Hello): void {
    this.#peers.run(() => {
      if (hello.identity.nodeId !== this.#peer) {
        return this.#refuse(`${hello.identity.nodeId} answers at the address of ${this.#peer}`);
      }
      this.#peers.judge(hello, (refusal) => {
        if (refusal !== null) return this.#refuse(refusal);
        this.#peers.helloAccepted(this.#peer, this.#attempt, hello.identity.lineage.at(-1) ?? '');
        this.#peers.run(() => this.#early.release());
      });
    });
  }

  onMessage(message: Message, runs: readonly EntryRun[]): void {
    this.#peers.run(() =>
      this.#early.pass(() => this.#peers.deliver(this.#peer, this.#attempt, message, runs)),
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

  #refuse(reason: string): void {
    this.connection?.close('refused', reason);
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

  constructor(peers: Peers, connection: PeerConnection) {
    this.#peers = peers;
    this.#connection = connection;
    this.#helloTimer = peers.startTimer(HANDSHAKE_TIMEOUT_MS, () => {
      connection.close('local', 'no hello in time');
    });
  }

  onOpen(): void {}

  onHello(hello: Hello): void {
    this.#peers.stopTimer(this.#helloTimer);
    this.#peers.run(() =>
      this.#peers.judge(hello, (refusal) => {
        const { nodeId, lineage } = hello.identity;
        if (refusal !== null) {
          this.#connection.close('refused', refusal);
          return this.#peers.refused(nodeId, refusal);
        }
        this.#peer = nodeId;
        this.#attempt = this.#peers.admitCall(nodeId, this.#connection, lineage.at(-1) ?? '');
        this.#peers.run(() => this.#early.release());
      }),
    );
  }

  onMessage(message: Message, runs: readonly EntryRun[]): void {
    this.#peers.run(() =>
      this.#early.pass(() => {
        if (this.#peer !== null) this.#peers.deliver(this.#peer, this.#attempt, message, runs);
      }),
    );
  }

  onClose({ kind, text }: CloseReason): void {
    this.#peers.stopTimer(this.#helloTimer);
    this.#peers.run(() => {
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
