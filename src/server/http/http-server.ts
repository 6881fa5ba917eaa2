/**
 * The socket behind `--listen`: HTTP for people and programs, upgrades for the client protocol. It starts to
 * listen before the node does, so that a taken port is found out before the node touches its disk; until the
 * node is there, it answers that it is starting.
 */

import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { RaftError } from '../../core/errors.ts';
import type { TlsSource } from '../../ports/tls.ts';
import { webServer } from '../../wire/tls-server.ts';
import { ConnectionGate, type GateOptions } from '../admission/connection-gate.ts';
import type { ServedHosts } from '../admission/host-check.ts';
import { pathOf, refusalOfForm } from '../admission/request-form.ts';
import { type Refusal, refuseUpgrade } from '../admission/upgrade-refusal.ts';
import type { ClientPort } from '../client-port/client-port.ts';
import { badRequest, errorBody, httpStatusOf } from '../errors.ts';
import { HEAD_BYTES_MAX } from '../limits.ts';
import { goOnOnceRead, lastUnlessRead } from './last-answer.ts';
import { offersWebSocket, withoutUpgrade } from './without-upgrade.ts';

export interface HttpAddress {
  readonly host: string;
  readonly port: number;
}

/** Answers one path by itself, whether or not there is a node. */
interface Door {
  readonly path: string;
  readonly listener: RequestListener;
}

interface HttpBackend {
  readonly listener: RequestListener;
  readonly clients: ClientPort;
}

/** How long a connection may take to send the head of a request, from its first byte or its opening (ms). */
const HEADERS_TIMEOUT_MS = 10_000;
/** How long a whole request may take to arrive: longer than any `timeoutMs`, in milliseconds. */
const REQUEST_TIMEOUT_MS = 65_000;
/** How often both are looked at, in milliseconds. */
const TIMEOUT_CHECK_MS = 1_000;
/** How long requests under way may take once the server closes, in milliseconds. */
const CLOSE_GRACE_MS = 500;
export interface HttpServerOptions extends GateOptions {
  readonly hosts: ServedHosts;
  /** `null`: in the open. */
  readonly tls: TlsSource | null;
  /** Shorter in tests. */
  readonly headersTimeoutMs?: number;
}

export class HttpServer {
  readonly #server: Server;
  readonly #gate: ConnectionGate;
  readonly #options: HttpServerOptions;
  #backend: HttpBackend | null = null;
  #door: Door | null = null;
  /** Node's own, which reads a connection as HTTP. */
  readonly #readHttp: (socket: Socket) => void;
  readonly #below = new Set<Socket>();
  /** Requests under way. */
  readonly #answering = new Set<ServerResponse>();
  /** The last connection is gone; `null` while new ones are taken. */
  #retired: Promise<void> | null = null;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    const headersTimeout = options.headersTimeoutMs ?? HEADERS_TIMEOUT_MS;
    this.#server = webServer(
      {
        maxHeaderSize: HEAD_BYTES_MAX,
        headersTimeout,
        handshakeTimeout: headersTimeout,
        requestTimeout: REQUEST_TIMEOUT_MS,
        connectionsCheckingInterval: Math.min(headersTimeout, TIMEOUT_CHECK_MS),
      },
      options.tls,
    );
    // Who has sent all that it has to say, as `nc -N` does, is answered all the same.
    Reflect.set(this.#server, 'httpAllowHalfOpen', true);
    this.#server.on('request', (request, response) => this.#take(request, response));
    // Unheard, Node would answer both by itself, and ask for a body that is refused then.
    this.#server.on('checkContinue', (request, response) => {
      this.#take(request, response, () => this.#goOn(request, response));
    });
    this.#server.on('checkExpectation', (request, response) => {
      this.#take(request, response, () => refuse(request, response, UNEXPECTED));
    });
    const opened = options.tls === null ? 'connection' : 'secureConnection';
    const [readHttp] = this.#server.listeners(opened);
    this.#readHttp = (socket) => readHttp?.call(this.#server, socket);
    this.#gate = new ConnectionGate(options);
    this.#gate.guard(this.#server, opened);
    if (options.tls !== null)
      this.#server.on('connection', (socket: Socket) => this.#track(socket));
    this.#server.on('upgrade', (request, socket: Socket, head) => {
      socket.on('error', () => socket.destroy());
      this.#upgrade(request, socket, head);
    });
  }

  /** Resolves with the address in use, the port never 0. Rejects with what to do if it cannot be had. */
  listen({ host, port }: HttpAddress): Promise<HttpAddress> {
    return new Promise((resolve, reject) => {
      const refuse = (error: Error): void => reject(bindError(error, { host, port }));
      this.#server.once('error', refuse);
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', refuse);
        const bound = this.#server.address();
        resolve({ host, port: bound instanceof Object ? bound.port : port });
      });
    });
  }

  /** From now on requests are served. */
  serve(backend: HttpBackend): void {
    this.#backend = backend;
  }

  /** In the place of the door before; `null`: none. */
  open(door: Door | null): void {
    this.#door = door;
  }

  /** Takes no new connection, and each answer is the last of its own; resolves when the last connection is gone. */
  retire(): Promise<void> {
    // Not as HTTP servers close: that would break idle connections, on which a request may be coming this moment.
    const stopListening = NetServer.prototype.close.bind(this.#server);
    this.#retired ??= new Promise((resolve) => stopListening(() => resolve()));
    for (const response of this.#answering) {
      // Of an answer that has begun, the head may have said otherwise: the next one is the last.
      if (!response.headersSent) response.shouldKeepAlive = false;
    }
    return this.#retired;
  }

  /** The same, by force after a moment. */
  async close(): Promise<void> {
    this.#gate.close();
    const closed = this.retire();
    this.#server.close();
    const force = setTimeout(() => this.#breakOff(), CLOSE_GRACE_MS);
    await closed;
    clearTimeout(force);
  }

  /** What lies below TLS: nothing else knows of a connection on which that has not come about. */
  #track(socket: Socket): void {
    this.#below.add(socket);
    socket.once('close', () => this.#below.delete(socket));
  }

  #breakOff(): void {
    this.#server.closeAllConnections();
    for (const socket of this.#below) socket.destroy();
  }

  /** `first` runs when its turn has come, unless it is refused. */
  #take(request: IncomingMessage, response: ServerResponse, first?: () => void): void {
    if (!this.#gate.isAdmitted(request.socket)) return;
    if (this.#retired !== null) response.shouldKeepAlive = false;
    this.#answering.add(response);
    response.once('close', () => this.#answering.delete(response));
    const refusal = this.#refusalOf(request);
    this.#gate.takeTurn(request, response, () => {
      if (refusal !== null) return refuse(request, response, refusal);
      first?.();
      if (response.writableEnded) return;
      this.#listenerOf(request)(request, response);
    });
  }

  /** A door reads at once, and Node's answer meanwhile nothing. */
  #goOn(request: IncomingMessage, response: ServerResponse): void {
    if (this.#door?.path === pathOf(request)) response.writeContinue();
    else goOnOnceRead(request, response);
  }

  #listenerOf(request: IncomingMessage): RequestListener {
    if (this.#door?.path === pathOf(request)) return this.#door.listener;
    return this.#backend?.listener ?? answerMeanwhile;
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    if (!this.#gate.isAdmitted(socket)) return;
    if (!offersWebSocket(request)) return this.#decline(request, socket, head);
    const refusal = this.#refusalOf(request);
    if (refusal !== null) refuseUpgrade(socket, refusal);
    else if (this.#backend === null) refuseUpgrade(socket, { error: starting() });
    else if (!this.#gate.handOver(socket)) socket.destroy();
    else this.#backend.clients.upgrade(request, socket, head);
  }

  /** Behind another request Node would not give it its turn. */
  #decline(request: IncomingMessage, socket: Socket, behind: Buffer): void {
    if (this.#gate.isUnderWay(socket)) socket.destroy();
    else withoutUpgrade(request, { behind, readHttp: this.#readHttp });
  }

  #refusalOf(request: IncomingMessage): Refusal | null {
    const message = this.#options.hosts.refusalOf(request);
    if (message === null) return refusalOfForm(request);
    this.#options.counters.foreignRequests += 1;
    return { status: 403, error: badRequest(message) };
  }
}

function bindError(error: Error, { host, port }: HttpAddress): RaftError {
  const isTaken = 'code' in error && error.code === 'EADDRINUSE';
  if (isTaken) {
    const text = `The address ${host}:${port} is in use by another process: stop that process, or give this node another --listen address.`;
    return new RaftError('RAFT_CONFLICT', text, { cause: error });
  }
  const text = `Cannot listen for clients on ${host}:${port}: ${error.message}. Give --listen an address of this machine.`;
  return new RaftError('RAFT_BAD_REQUEST', text, { cause: error });
}

const UNEXPECTED: Refusal = {
  status: 417,
  error: badRequest('Of what a request may expect, only 100-continue is understood here.'),
};

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  { error, status }: Refusal,
): void {
  lastUnlessRead(request, response);
  response.shouldKeepAlive = false;
  answerJson(response, status ?? httpStatusOf(error.code), errorBody(error));
}

/** Until there is a node. */
function answerMeanwhile(request: IncomingMessage, response: ServerResponse): void {
  if (pathOf(request) === '/livez') return answerJson(response, 200, { alive: true });
  const error = starting();
  answerJson(response, httpStatusOf(error.code), errorBody(error));
}

function answerJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function starting(): RaftError {
  return new RaftError(
    'RAFT_STOPPED',
    'This node is still starting. Nothing was done; try again in a moment, or ask another node.',
  );
}
