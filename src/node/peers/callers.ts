/**
 * Connections that others asked for. Each has a call chart, which says what becomes of it until its messages count; here
 * its sockets meet the chart. Whose a call is, is known only once it was admitted: from then on it is one connection of a
 * peer among others (`peers.ts`).
 */
import type { CallEvent } from '../../../machines/call.machine.ts';
import type { EntryRun } from '../../core/entry-run.ts';
import type { Hello } from '../../core/hello.ts';
import type { Message } from '../../core/message.ts';
import type { NodeId } from '../../core/types.ts';
import type { CloseReason, ConnectionListener, PeerConnection } from '../../ports/transport.ts';
import { newestBoot } from '../../rules/identity.ts';
import { EarlyMessages } from './early-messages.ts';
import type { Members } from './members.ts';
import type { Connected, Peers, PeersOptions } from './peers.ts';

/** What becomes of a connection that somebody fetches over. */
export interface ServedConnection {
  heard(message: Message): void;
  closed(): void;
}

interface CallersOptions
  extends Pick<PeersOptions, 'introductions' | 'problems' | 'run' | 'tellLink'> {
  readonly peers: Peers;
  /** Those who come for a snapshot go there. */
  readonly serving: { take(peer: NodeId, connection: PeerConnection): ServedConnection };
  /** Somebody calls: begins its chart. */
  readonly begin: (call: number) => void;
  readonly tellCall: (call: number, event: CallEvent) => void;
  /** Who has no link yet gets one: it was believed, and so it is a member by a newer configuration (MC11). */
  readonly members: Pick<Members, 'takeCaller'>;
  /** This node calls that peer itself at this moment, as it should: of two calls that cross, its own counts. */
  readonly isCalling: (peer: NodeId) => boolean;
}

export class Callers {
  readonly #options: CallersOptions;
  /** Whose hello has not been accepted yet, by the number of the call. Bound: connections, by the transport. */
  readonly #callers = new Map<number, Caller>();
  #calls = 0;

  constructor(options: CallersOptions) {
    this.#options = options;
  }

  /** For the transport: takes inbound connections. */
  readonly accept = (connection: PeerConnection): ConnectionListener => {
    this.#calls += 1;
    const call = this.#calls;
    const caller = new Caller(this.#options, connection, call);
    this.#callers.set(call, caller);
    this.#options.run(() => this.#options.begin(call));
    return caller;
  };

  judge(call: number, hello: Hello): void {
    const { introductions, peers, problems, tellCall } = this.#options;
    const { nodeId: caller } = hello.identity;
    introductions.judge(hello, peers.connectedBoot(caller), (refusal) => {
      if (refusal === null) return tellCall(call, { type: 'hello.believed', hello });
      tellCall(call, { type: 'hello.refused', said: refusal.said });
      problems.refused(caller, refusal.reason);
    });
  }

  /** Whoever calls while this node calls it, as it should, is turned away: of two calls that cross, one has to count. */
  introduce(call: number, hello: Hello): void {
    const { introductions, isCalling, members, tellCall } = this.#options;
    const { nodeId: peer } = hello.identity;
    introductions.introduce(peer, (answer) => {
      if (!this.#callers.has(call)) return;
      if (hello.purpose === 'snapshot')
        return tellCall(call, { type: 'answer.ready', hello, answer });
      if (isCalling(peer)) return this.close(call, 'local', 'this node calls the other itself');
      // Its link takes the call in the step of its admission, and so has to be there before.
      members.takeCaller(peer);
      tellCall(call, { type: 'answer.ready', hello, answer });
    });
  }

  /** Answers; the link of the caller takes the connection in this step, and numbers it. */
  admit(call: number, { identity, purpose }: Hello, answer: Hello): void {
    const { peers, problems, serving } = this.#options;
    const { nodeId: peer } = identity;
    const caller = this.#callers.get(call);
    if (caller === undefined) return;
    const { connection, early } = caller;
    if (purpose === 'snapshot') {
      connection.release();
      connection.sendHello(answer);
      caller.served = serving.take(peer, connection);
      return;
    }
    const boot = newestBoot(identity).word;
    caller.connected = peers.add({ connection, peer, call, attempt: 0, early, boot });
    connection.release();
    connection.sendHello(answer);
    problems.accepted(peer);
  }

  close(call: number, kind: 'refused' | 'local', text: string): void {
    this.#callers.get(call)?.connection.close(kind, text);
  }

  forget(call: number): void {
    this.#callers.delete(call);
  }
}

class Caller implements ConnectionListener {
  readonly connection: PeerConnection;
  readonly early = new EarlyMessages();
  /** What it is as a connection of a peer, once it was admitted. */
  connected: Connected | null = null;
  /** The same, if it came for a snapshot. */
  served: ServedConnection | null = null;
  readonly #options: CallersOptions;
  readonly #call: number;

  constructor(options: CallersOptions, connection: PeerConnection, call: number) {
    this.#options = options;
    this.connection = connection;
    this.#call = call;
  }

  onOpen(): void {}

  onHello(hello: Hello): void {
    this.connection.hold();
    const { run, tellCall } = this.#options;
    run(() => tellCall(this.#call, { type: 'hello.received', hello }));
  }

  onMessage(message: Message, runs: readonly EntryRun[]): void {
    const { peers, run, tellCall } = this.#options;
    run(() => {
      if (this.connected !== null) return peers.heard(this.connected, message, runs);
      if (this.served !== null) return this.served.heard(message);
      this.early.hold(message, runs);
      tellCall(this.#call, { type: 'message.received' });
    });
  }

  onClose(closed: CloseReason): void {
    this.#options.run(() => {
      if (this.served !== null) this.#endedServed(this.served, closed);
      else if (this.connected === null) this.#endedEarly(closed);
      else this.#ended(this.connected, closed);
    });
  }

  /** Before anyone could say a name, the two may have found that they speak different versions. */
  #endedEarly({ kind, text }: CloseReason): void {
    const { peers, problems, tellCall } = this.#options;
    peers.countEnd(kind);
    if (kind === 'refused') problems.refused(null, text);
    tellCall(this.#call, { type: 'socket.closed' });
  }

  #endedServed(served: ServedConnection, { kind }: CloseReason): void {
    this.#options.peers.countEnd(kind);
    served.closed();
  }

  #ended(connected: Connected, closed: CloseReason): void {
    const { peers, tellLink } = this.#options;
    const { peer, attempt } = connected;
    tellLink(peer, { type: 'socket.closed', attempt, reason: closed.text });
    peers.lost(connected, closed);
  }
}
