/**
 * Who may connect to the client port, and how much a connection may ask at once (SP3). Past the bound on
 * connections a newcomer is told so in words; past a few of those who are being told, it is dropped unheard:
 * then the system has no descriptor to lose. Requests that a client sends ahead of the answers ("pipelining")
 * take turns, so that one connection never has two answers in memory.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server, Socket } from 'node:net';
import { RaftError } from '../../core/errors.ts';
import { PIPELINED_REQUESTS_MAX, READ_AHEAD_BYTES, REFUSED_CONNECTIONS_MAX } from '../limits.ts';
import type { ServerCounters } from '../operations/server-counters.ts';
import type { Account } from './account.ts';
import type { Held, HeldBytes } from './held-bytes.ts';
import { type Refusal, refusalText } from './upgrade-refusal.ts';

/** How long a newcomer that was refused may take to read why, in milliseconds. */
const REFUSED_GRACE_MS = 250;

/** What a request that waits for its turn costs besides its text, and each name and value in its head. */
const WAITING_BYTES = 2048;
const FIELD_BYTES = 64;

/** How often heads that have begun to arrive are counted, in milliseconds. */
const LOOK_INTERVAL_MS = 250;

export interface GateOptions {
  /** Bound: connections of every kind. */
  readonly connectionsMax: number;
  readonly counters: ServerCounters;
  readonly held: Held;
}

interface Admitted {
  /** Of the head that is arriving; while a request is under way, of those that wait behind it. */
  readonly account: Account;
  /** Bytes that had arrived before it. */
  bytesBefore: number;
  /** A request is under way, or it has become a WebSocket: others count what arrives. */
  isBusy: boolean;
}

/** A request that was sent ahead. */
interface Waiting {
  readonly bytes: number;
  readonly run: () => void;
}

export class ConnectionGate {
  readonly #connectionsMax: number;
  readonly #counters: ServerCounters;
  readonly #incoming: HeldBytes;
  readonly #admitted = new Map<Socket, Admitted>();
  #looking: ReturnType<typeof setInterval> | null = null;
  readonly #refused = new WeakSet<Socket>();
  /** What waits for its turn, by connection; a connection without a request under way is not here. */
  readonly #lines = new WeakMap<Socket, Waiting[]>();

  constructor({ connectionsMax, counters, held }: GateOptions) {
    this.#connectionsMax = connectionsMax;
    this.#counters = counters;
    this.#incoming = held.incoming;
  }

  /** `opened`: when a connection counts. Those on which TLS has not come about yet are held by the bound of the server itself. */
  guard(server: Server, opened: 'connection' | 'secureConnection'): void {
    this.#looking = setInterval(() => this.#look(), LOOK_INTERVAL_MS).unref();
    server.maxConnections = this.#connectionsMax + REFUSED_CONNECTIONS_MAX;
    server.on('drop', () => {
      this.#counters.connectionsRefused += 1;
    });
    server.on('tlsClientError', () => {
      this.#counters.tlsHandshakesFailed += 1;
    });
    server.on(opened, (socket: Socket) => {
      if (this.#admitted.size >= this.#connectionsMax) this.#refuse(socket);
      else this.#admit(socket);
    });
  }

  close(): void {
    if (this.#looking !== null) clearInterval(this.#looking);
  }

  /** The connection is a WebSocket's from now on. False: not while requests are under way on it. */
  handOver(socket: Socket): boolean {
    if (this.isUnderWay(socket)) return false;
    this.#headArrived(socket);
    return true;
  }

  /** A request of this connection. */
  isUnderWay(socket: Socket): boolean {
    return this.#lines.has(socket);
  }

  /** False: it was refused, and nothing that it sends is looked at. */
  isAdmitted(socket: Socket): boolean {
    return !this.#refused.has(socket);
  }

  /** Runs when the requests before it on this connection are answered, and their answers taken. */
  takeTurn(request: IncomingMessage, response: ServerResponse, run: () => void): void {
    const { socket } = request;
    response.once('close', () => this.#next(socket, !response.shouldKeepAlive));
    const line = this.#lines.get(socket);
    if (line === undefined) {
      this.#headArrived(socket);
      this.#lines.set(socket, []);
      run();
    } else if (line.length < PIPELINED_REQUESTS_MAX && isCountable(request)) {
      // SP9: it is held as it arrived, and its sender need not read what it waits for.
      const bytes = bytesOf(request);
      line.push({ bytes, run });
      this.#admitted.get(socket)?.account.hold(bytes);
    } else socket.destroy();
  }

  /** Of the last answer of a connection the line stays: what stands there, or comes yet, is not done, since nobody would be told of it (SP15). */
  #next(socket: Socket, isLast: boolean): void {
    if (isLast) return;
    const admitted = this.#admitted.get(socket);
    const waiting = socket.destroyed ? undefined : this.#lines.get(socket)?.shift();
    if (waiting !== undefined) {
      admitted?.account.release(waiting.bytes);
      waiting.run();
      return;
    }
    this.#lines.delete(socket);
    if (admitted === undefined) return;
    admitted.isBusy = false;
    admitted.bytesBefore = socket.bytesRead;
  }

  #headArrived(socket: Socket): void {
    const admitted = this.#admitted.get(socket);
    if (admitted === undefined) return;
    admitted.isBusy = true;
    admitted.account.release(admitted.account.bytes);
  }

  /** SP9: heads are parsed where nobody can count them as they arrive, so they are looked at now and then. */
  #look(): void {
    for (const [socket, { account, bytesBefore, isBusy }] of this.#admitted) {
      if (!isBusy) account.hold(socket.bytesRead - bytesBefore - account.bytes);
    }
  }

  #admit(socket: Socket): void {
    const account = this.#incoming.account(Number.POSITIVE_INFINITY, () => socket.destroy());
    this.#admitted.set(socket, { account, bytesBefore: 0, isBusy: false });
    socket.once('close', () => {
      this.#admitted.delete(socket);
      account.close();
    });
  }

  #refuse(socket: Socket): void {
    this.#counters.connectionsRefused += 1;
    this.#refused.add(socket);
    socket.on('error', () => socket.destroy());
    socket.end(refusalText(tooMany(this.#connectionsMax)));
    const timer = setTimeout(() => socket.destroy(), REFUSED_GRACE_MS);
    socket.once('close', () => clearTimeout(timer));
  }
}

/** A body without a length may come byte by byte, each of which Node keeps as a piece of its own. */
function isCountable({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] === undefined;
}

/** What a request that waits holds, about. */
function bytesOf({ rawHeaders, headers, url = '' }: IncomingMessage): number {
  const body = Number(headers['content-length'] ?? 0);
  const head = rawHeaders.reduce((sum, text) => sum + text.length + FIELD_BYTES, url.length);
  return WAITING_BYTES + head + Math.min(body, READ_AHEAD_BYTES);
}

function tooMany(connectionsMax: number): Refusal {
  const text = `${connectionsMax} connections are open on this node already. Nothing was done; ask another node, or later.`;
  return { error: new RaftError('RAFT_OVERLOADED', text), status: 503 };
}
