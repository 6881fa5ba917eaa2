/**
 * One WebSocket to one server. Requests handed in during one tick leave as one frame (CL1); what arrives
 * is checked before anyone sees it (CL9). It neither retries nor chooses: it reports, once, that it is over.
 */

import {
  CLIENT_PROTOCOL_VERSION,
  type ClientReply,
  type ClientRequest,
  type HelloReply,
} from '../client-protocol/frame-shapes.ts';
import { CLIENT_FRAME_BYTES_MAX, ITEMS_PER_FRAME_MAX } from '../client-protocol/limits.ts';
import { decodeReplies } from '../client-protocol/reply-frame.ts';
import { encodeRequests } from '../client-protocol/request-frame.ts';
import type { ConnectionClock } from '../ports/clock.ts';
import type { FrameSocket } from '../ports/frame-socket.ts';
import type { Call, CallCarrier } from './call.ts';
import type { ClientSettings } from './client-options.ts';
import type { ClientPorts } from './client-ports.ts';
import { REQUEST_FRAME_FILL_BYTES } from './limits.ts';

export interface ConnectionListener {
  /** First, and again whenever the server hears of another leader. */
  onHello(connection: ServerConnection, hello: HelloReply): void;
  onReply(reply: Exclude<ClientReply, HelloReply>): void;
  /** Once, whatever the cause. */
  onClosed(connection: ServerConnection, why: string): void;
}

interface ServerConnectionOptions {
  readonly url: string;
  readonly settings: ClientSettings;
  readonly ports: ClientPorts;
  readonly listener: ConnectionListener;
}

/** The server should give up a little before the client does: its verdict is more exact. */
const SERVER_SHARE = 0.95;

export class ServerConnection implements CallCarrier {
  readonly url: string;
  readonly #socket: FrameSocket;
  readonly #listener: ConnectionListener;
  readonly #clock: ConnectionClock;
  readonly #keepAliveMs: number;
  readonly #helloDeadline: unknown;
  #keepAlive: unknown;
  #hello: HelloReply | null = null;
  #outgoing: (Call | ClientRequest)[] = [];
  #isFlushDue = false;
  #underWay = 0;
  #isRetiring = false;
  #isClosed = false;
  #isSilent = false;

  constructor({ url, settings, ports, listener }: ServerConnectionOptions) {
    const { dialTimeoutMs, keepAliveMs } = settings;
    const { clock, dial } = ports;
    this.url = url;
    this.#listener = listener;
    this.#clock = clock;
    this.#keepAliveMs = keepAliveMs;
    const frameBytesMax = CLIENT_FRAME_BYTES_MAX;
    this.#socket = dial(url, { timeoutMs: dialTimeoutMs, frameBytesMax });
    this.#socket.listen({
      onFrame: (bytes) => this.#receive(bytes),
      onPong: () => this.#heard(),
      onBroken: (why) => this.#over(why),
      onClose: (why) => this.#over(why),
    });
    const late = (): void => this.close('it did not say hello');
    this.#helloDeadline = clock.setTimeout(late, dialTimeoutMs * 2);
    this.#keepAlive = clock.setIdleTimeout(() => this.#probe(), keepAliveMs);
  }

  /** `null` until the server has introduced itself. */
  get hello(): HelloReply | null {
    return this.#hello;
  }

  call(call: Call): void {
    call.connection = this;
    this.#underWay += 1;
    this.#enqueue(call);
  }

  post(request: ClientRequest): void {
    this.#enqueue(request);
  }

  callEnded(): void {
    this.#underWay -= 1;
    if (this.#isRetiring && this.#underWay === 0) this.close('a better connection was found');
  }

  /** Takes no new calls; closes when the last one under way has ended. */
  retire(): void {
    this.#isRetiring = true;
    if (this.#underWay === 0) this.close('a better connection was found');
  }

  close(why: string): void {
    this.#over(why);
  }

  #enqueue(item: Call | ClientRequest): void {
    this.#outgoing.push(item);
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    this.#clock.defer(() => this.#flush());
  }

  #flush(): void {
    this.#isFlushDue = false;
    const items = this.#outgoing;
    this.#outgoing = [];
    if (this.#isClosed || !this.#socket.isOpen) return;
    const now = this.#clock.now();
    let requests: ClientRequest[] = [];
    let bytes = 0;
    for (const item of items) {
      // A call that ended while it waited here is not sent at all.
      if ('requestFor' in item && item.connection !== this) continue;
      requests.push('requestFor' in item ? sending(item, now) : item);
      bytes += 'requestFor' in item ? item.bytes : 0;
      if (bytes < REQUEST_FRAME_FILL_BYTES && requests.length < ITEMS_PER_FRAME_MAX) continue;
      this.#socket.send(encodeRequests(requests));
      requests = [];
      bytes = 0;
    }
    if (requests.length > 0) this.#socket.send(encodeRequests(requests));
  }

  #receive(data: Uint8Array): void {
    if (this.#isClosed) return;
    this.#heard();
    const replies = decodeReplies(data);
    if (typeof replies === 'string') this.close(`the server broke the protocol: ${replies}`);
    else for (const reply of replies) this.#deal(reply);
  }

  #deal(reply: ClientReply): void {
    if (this.#isClosed) return;
    if (reply.type === 'hello') this.#greet(reply);
    else if (this.#hello === null) this.close('the server did not introduce itself');
    else this.#listener.onReply(reply);
  }

  #greet(hello: HelloReply): void {
    this.#clock.clearTimeout(this.#helloDeadline);
    if (hello.protocolVersion !== CLIENT_PROTOCOL_VERSION) {
      this.close(
        `the server speaks client protocol ${hello.protocolVersion}, not ${CLIENT_PROTOCOL_VERSION}`,
      );
      return;
    }
    this.#hello = hello;
    this.#listener.onHello(this, hello);
  }

  #heard(): void {
    this.#isSilent = false;
  }

  /** Silent for one interval: asked. Silent for two: taken for dead. */
  #probe(): void {
    if (this.#isSilent) {
      this.close('the server fell silent');
      this.#socket.terminate();
      return;
    }
    this.#isSilent = true;
    if (this.#socket.isOpen) this.#socket.ping();
    this.#keepAlive = this.#clock.setIdleTimeout(() => this.#probe(), this.#keepAliveMs);
  }

  #hangUp(): void {
    const { isOpen } = this.#socket;
    if (isOpen) this.#socket.close();
    this.#clock.setIdleTimeout(() => this.#socket.terminate(), isOpen ? CLOSE_GRACE_MS : 0);
  }

  #over(why: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#clock.clearTimeout(this.#keepAlive);
    this.#clock.clearTimeout(this.#helloDeadline);
    this.#outgoing = [];
    this.#hangUp();
    this.#listener.onClosed(this, why);
  }
}

/** The server is asked to close, and not waited for. */
const CLOSE_GRACE_MS = 500;

function sending(call: Call, now: number): ClientRequest {
  call.isSent = true;
  const remainingMs = Math.max(1, Math.floor((call.deadline - now) * SERVER_SHARE));
  return call.requestFor(call.id, remainingMs);
}
