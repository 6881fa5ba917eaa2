/**
 * Members talk over WebSockets, with `ws`. This file listens, dials and closes; `conversation.ts` decides
 * what may be said, `ws-wire.ts` moves the bytes. It resolves an address anew at every dial and never
 * dials by itself.
 *
 * Deviation (RFC 6455 §5.3): the dialling side masks with zeros, which leaves the bytes as they are. Masks
 * guard proxies against web pages that choose what a browser sends; here both ends are members of one
 * cluster, no browser is involved, and a real mask would cost a copy of every run on both sides (TR7).
 */

import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { type ClientOptions, WebSocket, WebSocketServer } from 'ws';
import { formatAddress, parseAddress } from '../core/address.ts';
import { RaftError } from '../core/errors.ts';
import { checkOptionNames } from '../core/known-names.ts';
import { HANDSHAKE_TIMEOUT_MS } from '../core/limits.ts';
import type { TlsSource } from '../ports/tls.ts';
import type { ConnectionListener, PeerConnection, TransportLimits } from '../ports/transport.ts';
import { problemWithTls } from '../wire/tls-material.ts';
import { webServer } from '../wire/tls-server.ts';
import { decodeFrame } from './codec.ts';
import {
  type Accept,
  Conversation,
  NO_WIRE,
  type PeerTransport,
  type Wire,
} from './conversation.ts';
import { CALLERS_MAX, CALLERS_STRANGERS_SHARE, SECRET_LENGTH_MIN } from './limits.ts';
import { chooseSubprotocol, OFFERED } from './subprotocol.ts';
import { dialContext } from './tls-dial.ts';
import { FarEnd } from './tls-far-end.ts';
import { isSource, type PeerTls, sourceOf } from './tls-peer.ts';
import { tlsCallText } from './tls-peer-words.ts';
import { type ClientUrls, ToldUrl, tellingHead } from './told-url.ts';
import { answerPlainRequest, bind } from './ws-listening.ts';
import { type PeerSecret, SecretGate } from './ws-secret-gate.ts';
import { follow, type Gate, GOODBYE_TIMEOUT_MS, WebSocketWire } from './ws-wire.ts';

export interface WebSocketTransportOptions {
  /** `host:port`; port 0 takes any free one; `null`: this transport only dials. */
  readonly listen: string | null;
  readonly limits: TransportLimits;
  /** Fixed, or what `tlsFiles` reads again when it changes. */
  readonly tls?: PeerTls | TlsSource;
  /** What both ends have to prove before either says who it is. */
  readonly secret?: PeerSecret;
  /** Bound on inbound connections at once; `CALLERS_MAX` unless given. */
  readonly connectionsMax?: number;
  /** Where members serve their clients, which they tell each other. */
  readonly clientUrls?: ClientUrls;
}

/** From the first packet of a caller to its acceptance: all handshakes together, and a goodbye. */
const STRANGER_TIMEOUT_MS = HANDSHAKE_TIMEOUT_MS + GOODBYE_TIMEOUT_MS;

/** WebSockets between members, with TLS if `tls` is given; `listen: null` only dials. */
export function webSocketTransport(options: WebSocketTransportOptions): PeerTransport {
  checkOptionNames('webSocketTransport', options, OPTION_NAMES);
  const { secret, tls } = options;
  if (tls !== undefined && !isSource(tls)) {
    checkOptionNames('tls of webSocketTransport', tls, ['key', 'cert', 'ca']);
  }
  if (secret !== undefined) {
    checkOptionNames('secret of webSocketTransport', secret, ['secret', 'id', 'clusterId']);
    if (secret.secret.length < SECRET_LENGTH_MIN) {
      throw new TypeError(`a secret of a cluster has at least ${SECRET_LENGTH_MIN} characters`);
    }
  }
  return new WebSocketTransport(options);
}

const OPTION_NAMES = ['listen', 'limits', 'tls', 'secret', 'connectionsMax', 'clientUrls'];

class WebSocketTransport implements PeerTransport {
  readonly #options: WebSocketTransportOptions;
  /** `null`: in the open. */
  readonly #tls: TlsSource | null;
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
    this.#tls = options.tls === undefined ? null : sourceOf(options.tls);
    this.#upgrades = new WebSocketServer({
      ...socketOptions(options.limits),
      noServer: true,
      clientTracking: false,
      handleProtocols: chooseSubprotocol,
      // Only a browser names an origin, and no web page has any business here.
      verifyClient: ({ req }: { req: IncomingMessage }) => req.headers.origin === undefined,
    });
    const head = Object.entries(tellingHead(options.clientUrls)).map((each) => each.join(': '));
    this.#upgrades.on('headers', (heads) => heads.push(...head));
  }

  async listen(accept: Accept): Promise<string> {
    const { listen } = this.#options;
    if (listen === null) throw new TypeError('this transport was made only to dial');
    if (this.#server !== null) throw new TypeError('this transport listens already');
    const address = parseAddress(listen);
    if (address === null) {
      throw new RaftError('RAFT_BAD_REQUEST', `${listen} is not an address: write host:port`);
    }
    const unfit = this.#tls === null ? null : problemWithTls(this.#tls.current);
    if (unfit !== null) {
      const text = `The peer port cannot speak TLS: ${unfit}. Give PEM texts that belong together.`;
      throw new RaftError('RAFT_BAD_REQUEST', text);
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
    const met = this.#converse(socket, address);
    const { conversation, farEnd, toldUrl, wire } = met;
    conversation.attach(listener);
    socket.on('upgrade', (response) => {
      wire.attach(response.socket);
      farEnd.attach(response.socket);
      toldUrl.read(response);
    });
    socket.on('open', () => {
      wire.guard({
        flooded: () => conversation.receivedBroken(FLOODED),
        released: () => toldUrl.believed(conversation),
      });
      this.#admit('caller', met, {
        proven: () => conversation.opened(),
        refused: (text) => conversation.turnAway(text),
        turnedAway: (text) => conversation.turnedAway(text),
      });
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
    const options = {
      headersTimeout: HANDSHAKE_TIMEOUT_MS,
      requestTimeout: HANDSHAKE_TIMEOUT_MS,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      connectionsCheckingInterval: HANDSHAKE_TIMEOUT_MS,
    };
    const server = webServer(options, this.#tls);
    server.on('tlsClientError', (error: Error, stream: TLSSocket) => {
      const text = tlsCallText(error, stream);
      if (text !== null && this.#closing === null) this.#tellOfStranger(text, accept);
    });
    server.on('request', answerPlainRequest);
    server.maxConnections = this.#options.connectionsMax ?? CALLERS_MAX;
    server.on('connection', (stream: Socket) => this.#meet(stream));
    server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
      this.#upgrades.handleUpgrade(request, stream, head, (socket) => {
        this.#accept(socket, request, accept);
      });
    });
    server.on('clientError', (error: Error, stream: Duplex) => this.#refuseGarbage(error, stream));
    return server;
  }

  /** TR21: a stranger has little time and takes nobody's place. With TLS the stream is that below it. */
  #meet(stream: Socket): void {
    const from = addressOf(stream);
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

  #accept(socket: WebSocket, request: IncomingMessage, accept: Accept): void {
    const from = addressOf(request.socket);
    const met = this.#converse(socket, from);
    const { conversation, farEnd, toldUrl, wire } = met;
    wire.attach(request.socket);
    farEnd.attach(request.socket);
    toldUrl.read(request);
    wire.guard({
      flooded: () => conversation.receivedBroken(FLOODED),
      released: () => {
        this.#acquainted(from);
        toldUrl.believed(conversation);
      },
    });
    if (this.#closing !== null) return conversation.close('local', STOPPING);
    // Nobody hears of a caller before it has proven what there is to prove, unless as of one that was turned away.
    const heardOf = (): void => conversation.accepted(accept);
    this.#admit('called', met, {
      proven: heardOf,
      refused: (text) => {
        heardOf();
        conversation.turnAway(text);
      },
      turnedAway: (text) => {
        heardOf();
        conversation.turnedAway(text);
      },
    });
  }

  /** Both ends prove the secret of the cluster, if there is one; then the conversation begins (TL7). */
  #admit(side: 'caller' | 'called', met: Met, outcome: Outcome): void {
    const { secret: own } = this.#options;
    if (own === undefined) return outcome.proven();
    const end = (tell: () => void): void => {
      met.gate = null;
      tell();
    };
    const gate = new SecretGate(side, {
      own,
      say: (text) => met.wire.say(text),
      refused: (text) => end(() => outcome.refused(text)),
      opened: (id) => {
        met.farEnd.proven(id);
        end(outcome.proven);
      },
    });
    met.gate = (frame, text) => {
      const decoded = text === null ? decodeFrame(frame, met.wire.protocolVersion()) : '';
      const isRefusal = typeof decoded !== 'string' && decoded.type === 'refusal';
      if (isRefusal) end(() => outcome.turnedAway(decoded.text));
      else gate.take(text);
    };
    if (side === 'caller') gate.call();
  }

  /** It never got as far as a conversation: an operator hears of it as of any that is refused. */
  #tellOfStranger(text: string, accept: Accept): void {
    const conversation = this.#conversation(NO_WIRE, new FarEnd(false));
    conversation.accepted(accept);
    conversation.turnAway(text);
  }

  /** A `string` says why there is nothing to dial. */
  #socketTo(address: string): WebSocket | string {
    const target = parseAddress(address);
    if (this.#closing !== null) return STOPPING;
    if (target === null || target.port === 0) return `${address} is not an address: host:port`;
    try {
      const options: ClientOptions = {
        ...socketOptions(this.#options.limits),
        ...(this.#tls !== null && dialContext(this.#tls.current)),
        headers: tellingHead(this.#options.clientUrls),
        handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
        generateMask: (mask) => mask.fill(0),
      };
      const scheme = this.#tls === null ? 'ws' : 'wss';
      return new WebSocket(`${scheme}://${formatAddress(target)}`, [...OFFERED], options);
    } catch (error) {
      return `${address}: ${error}`;
    }
  }

  #converse(socket: WebSocket, address: string): Met {
    const wire = new WebSocketWire(socket);
    const farEnd = new FarEnd(this.#tls?.current.ca !== undefined);
    const conversation = this.#conversation(wire, farEnd);
    const toldUrl = new ToldUrl(this.#options.clientUrls);
    const met: Met = { conversation, farEnd, toldUrl, wire, gate: null };
    this.#sockets.set(socket, conversation);
    follow(socket, conversation, { address, gate: () => met.gate });
    socket.on('close', () => {
      this.#sockets.delete(socket);
      if (this.#sockets.size === 0) this.#wakeWhenEmpty();
    });
    return met;
  }

  #deadEnd(text: string, listener: ConnectionListener): PeerConnection {
    const conversation = this.#conversation(NO_WIRE, new FarEnd(false));
    conversation.attach(listener);
    conversation.lost(text);
    return conversation;
  }

  #conversation(wire: Wire, { impostorText }: FarEnd): Conversation {
    return new Conversation({
      wire,
      impostorText,
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

/** One connection, whoever began it. */
interface Met {
  readonly conversation: Conversation;
  readonly farEnd: FarEnd;
  readonly toldUrl: ToldUrl;
  readonly wire: WebSocketWire;
  /** Hears each frame while there is one; then the conversation does. */
  gate: Gate | null;
}

/** What becomes of a connection once it is known whether both ends know the secret. */
interface Outcome {
  readonly proven: () => void;
  readonly refused: (text: string) => void;
  /** The far end has refused this one. */
  readonly turnedAway: (text: string) => void;
}

interface Stranger {
  readonly stream: Socket;
  readonly timer: NodeJS.Timeout;
}

const STOPPING = 'this node is stopping';
const FLOODED = 'more than a hello before it was accepted';

function addressOf({ remoteAddress, remotePort }: Socket): string {
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
