/**
 * Connections to the other members, and which of them counts. The link charts say when to give up one; those that
 * this node asks for are in `dialler.ts`, those that others ask for in `callers.ts`. A peer's messages count from the moment its hello is accepted and what it proves is on disk (ID1).
 */
import type { LinkEvent } from '../../../machines/link.machine.ts';
import type { LinkOpened } from '../../core/effect.ts';
import type { EntryRun } from '../../core/entry-run.ts';
import { SILENT_CHECKS_MAX } from '../../core/limits.ts';
import type { Message } from '../../core/message.ts';
import type { NodeId, Term } from '../../core/types.ts';
import type { CloseReason, PeerConnection } from '../../ports/transport.ts';
import type { EarlyMessages } from './early-messages.ts';
import type { Introductions } from './introductions.ts';
import type { PeerProblems } from './problems.ts';

export interface PeersOptions {
  readonly introductions: Introductions;
  /** Runs an input of the node's loop. */
  readonly run: (input: () => void) => void;
  readonly failed: (error: unknown) => void;
  readonly tellLink: (peer: NodeId, event: LinkEvent) => void;
  readonly received: (from: NodeId, message: Message, runs: readonly EntryRun[]) => void;
  /** Another member has refused this node, in these words. */
  readonly refused: (text: string) => void;
  /** Told who is refused, who refuses, and when that is over. */
  readonly problems: Pick<PeerProblems, 'refused' | 'refusedBy' | 'accepted' | 'heard'>;
}

/** A connection of which it is known whose it is. */
export interface Connected {
  readonly connection: PeerConnection;
  readonly peer: NodeId;
  /** `null`: this node called. */
  readonly call: number | null;
  /** Its link numbers it; 0 for a call that it is about to take. */
  attempt: number;
  /** What it said before it counted. */
  readonly early: EarlyMessages;
  /** Which start of the peer's process this is; null until its hello. */
  boot: string | null;
  /** The peer has accepted this node as well. */
  isAnswered: boolean;
  /** Looks in a row that found nothing said since the one before. */
  silentChecks: number;
}

/** Hears of each message that has left, and of each that counts, just before it is heard. */
export interface MessageWatch {
  readonly sent: (to: NodeId, message: Message, runs: readonly EntryRun[]) => void;
  readonly received: (from: NodeId, message: Message, runs: readonly EntryRun[]) => void;
}

export class Peers {
  readonly #options: PeersOptions;
  /** Every connection that still lives and knows its peer. */
  readonly #connections = new Map<NodeId, Set<Connected>>();
  /** The one that counts, while the link is open. */
  readonly #open = new Map<NodeId, Connected>();
  sent = 0;
  dropped = 0;
  receivedCount = 0;
  badFrames = 0;

  /** Both are others while somebody watches: while nobody does, nothing asks whether. */
  #say: (to: NodeId, message: Message, runs: readonly EntryRun[]) => boolean;
  #received: PeersOptions['received'];

  constructor(options: PeersOptions) {
    this.#options = options;
    this.#say = this.#trySend;
    this.#received = options.received;
  }

  /** `null`: nobody watches any more. */
  watch(watch: MessageWatch | null): void {
    const { received } = this.#options;
    this.#say = watch === null ? this.#trySend : this.#sayWatched(watch);
    if (watch === null) this.#received = received;
    else {
      this.#received = (from, message, runs) => {
        watch.received(from, message, runs);
        received(from, message, runs);
      };
    }
  }

  hangUp(peer: NodeId, attempt: number, reason: string): void {
    this.#find(peer, (each) => each.attempt === attempt)?.connection.close('local', reason);
  }

  /** The link chart says that this connection counts from now on: what it has said already is heard first. */
  opened({ peer, attempt, call }: LinkOpened): void {
    const connected = this.#find(peer, (each) =>
      call === null ? each.attempt === attempt : each.call === call,
    );
    if (connected === undefined) return;
    connected.attempt = attempt;
    this.#open.set(peer, connected);
    if (!connected.early.isEmpty) this.#options.run(() => this.#hearEarly(connected));
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
      this.#say(peer, { type: 'Ping', term }, []);
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
    const isSent = this.#say(to, message, runs);
    if (isSent) this.sent += 1;
    else this.dropped += 1;
    return isSent;
  }

  #sayWatched(watch: MessageWatch) {
    return (to: NodeId, message: Message, runs: readonly EntryRun[]): boolean => {
      const isSent = this.#trySend(to, message, runs);
      if (isSent) watch.sent(to, message, runs);
      return isSent;
    };
  }

  #trySend(to: NodeId, message: Message, runs: readonly EntryRun[]): boolean {
    try {
      return this.#open.get(to)?.connection.send(message, runs) ?? false;
    } catch (error) {
      this.#options.failed(error);
      return true;
    }
  }

  /** The start of a peer's process that is connected at this moment. */
  connectedBoot(peer: NodeId): string | null {
    return this.#open.get(peer)?.boot ?? null;
  }

  /** From now on this connection can be hung up, and can come to count. */
  add(of: Omit<Connected, 'isAnswered' | 'silentChecks'>): Connected {
    const connected: Connected = { ...of, isAnswered: false, silentChecks: 0 };
    const own = this.#connections.get(of.peer) ?? new Set<Connected>();
    this.#connections.set(of.peer, own.add(connected));
    return connected;
  }

  /** The peer has accepted this node before it spoke. */
  answered(connected: Connected): void {
    connected.isAnswered = true;
    this.#options.introductions.answered(connected.peer);
  }

  /** A message on a connection that counts, or does not yet; what ended is closed and says nothing more (H5). */
  heard(connected: Connected, message: Message, runs: readonly EntryRun[]): void {
    const counts = this.#open.get(connected.peer) === connected;
    if (counts && connected.early.isEmpty) this.#deliver(connected, message, runs);
    else connected.early.hold(message, runs);
  }

  /** Counts those that ended with bytes that are no frame, also of callers that nobody knows. */
  countEnd(kind: CloseReason['kind']): void {
    if (kind === 'badFrame') this.badFrames += 1;
  }

  /** A connection has ended, whoever ended it. */
  lost(connected: Connected, { kind, text }: CloseReason): void {
    const { peer } = connected;
    this.countEnd(kind);
    if (kind === 'refused') {
      this.#options.problems.refusedBy(peer, text);
      this.#options.refused(text);
    }
    const own = this.#connections.get(peer);
    own?.delete(connected);
    if (own?.size === 0) this.#connections.delete(peer);
  }

  /** It is no member any more: whatever connects to it ends. */
  left(peer: NodeId): void {
    for (const { connection } of this.#connections.get(peer) ?? []) {
      connection.close('local', 'no member any more');
    }
    this.#open.delete(peer);
  }

  #find(peer: NodeId, is: (connected: Connected) => boolean): Connected | undefined {
    return [...(this.#connections.get(peer) ?? [])].find(is);
  }

  /** PS1: one message, one step, like those that come later: what the one before it asks of the disk is asked first. */
  #hearEarly(connected: Connected): void {
    const early = connected.early.next();
    if (early === undefined) return;
    this.#deliver(connected, early.message, early.runs);
    this.#options.run(() => this.#hearEarly(connected));
  }

  #deliver(connected: Connected, message: Message, runs: readonly EntryRun[]): void {
    const { peer } = connected;
    if (this.#open.get(peer) !== connected) return;
    connected.silentChecks = 0;
    if (!connected.isAnswered) this.answered(connected);
    this.receivedCount += 1;
    this.#options.problems.heard(peer);
    this.#received(peer, message, runs);
  }
}
