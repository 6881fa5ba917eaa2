/**
 * Members talk over WebSockets, with `ws`. This file listens, dials and closes; `conversation.ts` decides
 * what may be said, `ws-wire.ts` moves the bytes. It resolves an address anew at every dial and never
 * dials by itself.
 *
 * Deviation (RFC 6455 §5.3): the dialling side masks with zeros, which leaves the bytes as they are. Masks
 * guard proxies against web pages that choose what a browser sends; here both ends are members of one
 * cluster, no browser is involved, and a real mask would cost a copy of every run on both sides (TR7).
 */

import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ClientOptions, WebSocket, WebSocketServer } from 'ws';
import { type Address, formatAddress, parseAddress } from '../core/address.ts';
import { RaftError } from '../core/errors.ts';
import { checkOptionNames } from '../core/known-names.ts';
import { HANDSHAKE_TIMEOUT_MS } from '../core/limits.ts';
import type { ConnectionListener, PeerConnection, TransportLimits } from '../ports/transport.ts';
import {
  type Accept,
  Conversation,
  NO_WIRE,
  type PeerTransport,
  type Wire,
} from './conversation.ts';
import { CALLERS_MAX, CALLERS_STRANGERS_SHARE } from './limits.ts';
import { chooseSubprotocol, OFFERED } from './subprotocol.ts';
import { failureText, follow, GOODBYE_TIMEOUT_MS, WebSocketWire } from './ws-wire.ts';

/** Texts in PEM. With `ca`, both ends have to show a certificate that one of these has signed. */
export interface PeerTls {
  readonly key: string | Buffer;
  readonly cert: string | Buffer;
  readonly ca?: string | Buffer;
}

export interface WebSocketTransportOptions {
  /** `host:port`; port 0 takes any free one; `null`: this transport only dials. */
  readonly listen: string | null;
  readonly limits: TransportLimits;
  readonly tls?: PeerTls;
  /** Bound on inbound connections at once; `CALLERS_MAX` unless given. */
  readonly connectionsMax?: number;
}

/** From the first packet of a caller to its acceptance: all handshakes together, and a goodbye. */
const STRANGER_TIMEOUT_MS = HANDSHAKE_TIMEOUT_MS + GOODBYE_TIMEOUT_MS;
const NOT_HTTP = `This port speaks raftchart's peer protocol (WebSocket), not HTTP.
Clients use the address that the node was given with --listen.
`;

/** WebSockets between members, with TLS if `tls` is given; `listen: null` only dials. */
export function webSocketTransport(options: WebSocketTransportOptions): PeerTransport {
  checkOptionNames('webSocketTransport', options, ['listen', 'limits', 'tls', 'connectionsMax']);
  if (options.tls !== undefined) {
    checkOptionNames('tls of webSocketTransport', options.tls, ['key', 'cert', 'ca']);
  }
  return new WebSocketTransport(options);
}

class WebSocketTransport implements PeerTransport {
  readonly #options: WebSocketTransportOptions;
  readonly #upgrades: WebSocketServer;
  readonly #sockets = new Map<WebSocket, Conversation>();
  /** What is connected to the listening socket, also while it has not yet become a WebSocket. */
  readonly #streams = new Set<Socket>();
  /** Those of them that are not accepted yet, by the address they come from, oldest first. */
  readonly #strangers = new Map<string, Stranger>();
  #server: Server | null = null;
  #badFrames = 0;
  #closing: Promise<void> | null = null;
  #wakeWhenEmpty: () => void = () => {};

  constructor(options: WebSocketTransportOptions) {
    this.#options = options;
    this.#upgrades = new WebSocketServer({
      ...socketOptions(options.limits),
      noServer: true,
      clientTracking: false,
      handleProtocols: chooseSubprotocol,
      // Only a browser names an origin, and no web page has any business here.
      verifyClient: ({ req }: { req: IncomingMessage }) => req.headers.origin === undefined,
    });
  }

  async listen(accept: Accept): Promise<string> {
    const { listen } = this.#options;
    if (listen === null) throw new TypeError('this transport was made only to dial');
    if (this.#server !== null) throw new TypeError('this transport listens already');
    const address = parseAddress(listen);
    if (address === null) {
      throw new RaftError('RAFT_BAD_REQUEST', `${listen} is not an address: write host:port`);
    }
    const server = this.#createServer(accept);
    this.#server = server;
    const bound = await bind(server, address).catch((error: unknown) => {
      this.#server = null;
      throw error;
    });
    if (this.#closing === null) return bound;
    server.close();
    throw new RaftError('RAFT_STOPPED', 'the transport was closed before it listened');
  }

  dial(address: string, listener: ConnectionListener): PeerConnection {
    const socket = this.#socketTo(address);
    if (typeof socket === 'string') return this.#deadEnd(socket, listener);
    const wire = new WebSocketWire(socket);
    const conversation = this.#converse(socket, wire, address);
    conversation.attach(listener);
    socket.on('upgrade', (response) => wire.attach(response.socket));
    socket.on('open', () => {
      wire.guard({
        flooded: () => conversation.receivedBroken(FLOODED),
        released: () => {},
      });
      conversation.opened();
    });
    return conversation;
  }

  badFrames(): number {
    return this.#badFrames;
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    const server = this.#server;
    const stopped = new Promise<void>((resolve) => {
      if (server === null || !server.listening) resolve();
      else server.close(() => resolve());
    });
    for (const conversation of this.#sockets.values()) {
      conversation.close('local', STOPPING);
    }
    if (this.#sockets.size > 0) {
      await new Promise<void>((resolve) => {
        this.#wakeWhenEmpty = resolve;
      });
    }
    for (const stream of this.#streams) stream.destroy();
    await stopped;
  }

  #createServer(accept: Accept): Server {
    const options: ServerOptions = {
      headersTimeout: HANDSHAKE_TIMEOUT_MS,
      requestTimeout: HANDSHAKE_TIMEOUT_MS,
      connectionsCheckingInterval: HANDSHAKE_TIMEOUT_MS,
    };
    const { tls } = this.#options;
    const server = tls === undefined ? createServer(options) : secureServer(tls, options);
    server.on('request', answerPlainRequest);
    server.maxConnections = this.#options.connectionsMax ?? CALLERS_MAX;
    server.on('connection', (stream: Socket) => this.#meet(stream));
    server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
      this.#upgrades.handleUpgrade(request, stream, head, (socket) => {
        this.#accept(socket, request.socket, accept);
      });
    });
    server.on('clientError', (error: Error, stream: Duplex) => this.#refuseGarbage(error, stream));
    return server;
  }

  /** TR21: a stranger has little time and takes nobody's place. With TLS the stream is that below it. */
  #meet(stream: Socket): void {
    const from = farEndOf(stream);
    const strangersMax = (this.#options.connectionsMax ?? CALLERS_MAX) / CALLERS_STRANGERS_SHARE;
    this.#streams.add(stream);
    if (this.#strangers.size >= strangersMax) {
      const [oldest] = this.#strangers.values();
      oldest?.stream.destroy();
    }
    const timer = setTimeout(() => stream.destroy(), STRANGER_TIMEOUT_MS);
    this.#strangers.set(from, { stream, timer });
    stream.once('close', () => {
      this.#streams.delete(stream);
      if (this.#strangers.get(from)?.stream === stream) this.#acquainted(from);
    });
  }

  #acquainted(from: string): void {
    clearTimeout(this.#strangers.get(from)?.timer);
    this.#strangers.delete(from);
  }

  #accept(socket: WebSocket, stream: Socket, accept: Accept): void {
    const wire = new WebSocketWire(socket);
    wire.attach(stream);
    const from = farEndOf(stream);
    const conversation = this.#converse(socket, wire, from);
    wire.guard({
      flooded: () => conversation.receivedBroken(FLOODED),
      released: () => this.#acquainted(from),
    });
    if (this.#closing === null) conversation.accepted(accept);
    else conversation.close('local', STOPPING);
  }

  /** A `string` says why there is nothing to dial. */
  #socketTo(address: string): WebSocket | string {
    const target = parseAddress(address);
    if (this.#closing !== null) return STOPPING;
    if (target === null || target.port === 0) return `${address} is not an address: host:port`;
    const { limits, tls } = this.#options;
    const options: ClientOptions = {
      ...socketOptions(limits),
      ...(tls === undefined ? {} : { key: tls.key, cert: tls.cert }),
      ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      generateMask: (mask) => mask.fill(0),
    };
    try {
      const scheme = tls === undefined ? 'ws' : 'wss';
      return new WebSocket(`${scheme}://${formatAddress(target)}`, [...OFFERED], options);
    } catch (error) {
      return `${address}: ${error}`;
    }
  }

  #converse(socket: WebSocket, wire: Wire, address: string): Conversation {
    const conversation = this.#conversation(wire);
    this.#sockets.set(socket, conversation);
    follow(socket, conversation, address);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      if (this.#sockets.size === 0) this.#wakeWhenEmpty();
    });
    return conversation;
  }

  #deadEnd(text: string, listener: ConnectionListener): PeerConnection {
    const conversation = this.#conversation(NO_WIRE);
    conversation.attach(listener);
    conversation.lost(text);
    return conversation;
  }

  #conversation(wire: Wire): Conversation {
    return new Conversation({
      wire,
      limits: this.#options.limits,
      defer: queueMicrotask,
      onBadFrame: () => {
        this.#badFrames += 1;
      },
    });
  }

  /** Bytes that are not even HTTP, counted; other errors are sockets that went away. */
  #refuseGarbage(error: Error, stream: Duplex): void {
    const isGarbage = 'code' in error && String(error.code).startsWith('HPE_');
    if (isGarbage) this.#badFrames += 1;
    if (isGarbage && stream.writable) {
      stream.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    } else {
      stream.destroy();
    }
  }
}

interface Stranger {
  readonly stream: Socket;
  readonly timer: NodeJS.Timeout;
}

const STOPPING = 'this node is stopping';
const FLOODED = 'more than a hello before it was accepted';

function farEndOf({ remoteAddress, remotePort }: Socket): string {
  return formatAddress({ host: remoteAddress ?? '', port: remotePort ?? 0 });
}

/** What both ends ask of `ws`. `closeTimeout` is not in its type declarations yet. */
function socketOptions(limits: TransportLimits): {
  readonly maxPayload: number;
  readonly perMessageDeflate: false;
  readonly closeTimeout: number;
} {
  return {
    maxPayload: limits.frameBytesMax,
    perMessageDeflate: false,
    closeTimeout: GOODBYE_TIMEOUT_MS,
  };
}

function secureServer(tls: PeerTls, options: ServerOptions): Server {
  const isMutual = tls.ca !== undefined;
  try {
    return createSecureServer({
      ...options,
      ...tls,
      requestCert: isMutual,
      rejectUnauthorized: isMutual,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    });
  } catch (error) {
    const text = `The key, certificate or authority for the peer port cannot be read: ${error}. Give PEM texts that belong together.`;
    throw new RaftError('RAFT_BAD_REQUEST', text, { cause: error });
  }
}

function answerPlainRequest(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(426, {
    'content-type': 'text/plain; charset=utf-8',
    upgrade: 'websocket',
    connection: 'close',
  });
  response.end(NOT_HTTP);
}

/** Resolves with the address bound. Rejects with words that say what to do. */
function bind(server: Server, address: Address): Promise<string> {
  return new Promise((resolve, reject) => {
    // Once it listens, an error is one of a single connection that failed to come in: it concerns no one.
    server.on('error', (error) => reject(bindError(error, formatAddress(address))));
    server.listen(address.port, address.host, () => {
      const bound = server.address();
      const port = typeof bound === 'object' && bound !== null ? bound.port : address.port;
      resolve(formatAddress({ host: address.host, port }));
    });
  });
}

function bindError(error: Error, address: string): RaftError {
  const code = 'code' in error ? error.code : '';
  if (code === 'EADDRINUSE') {
    return new RaftError(
      'RAFT_CONFLICT',
      `The peer address ${address} is in use by another process: stop that process, or give this node another peer address (--peer-listen, or its own in peers).`,
      { cause: error },
    );
  }
  const text = `Cannot listen for peers on ${address}: ${failureText(error, address)}. Give --peer-listen an address of this machine.`;
  return new RaftError('RAFT_BAD_REQUEST', text, { cause: error });
}
