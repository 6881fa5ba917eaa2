/**
 * One WebSocket to one server. Requests handed in during one tick leave as one frame (CL1); what arrives
 * is checked before anyone sees it (CL9). It neither retries nor chooses: it reports, once, that it is over.
 */

import {
  CLIENT_PROTOCOL_VERSION,
  type ClientReply,
  type ClientRequest,
  type HelloReply,
} from '../../client-protocol/frame-shapes.ts';
import { CLIENT_FRAME_BYTES_MAX, ITEMS_PER_FRAME_MAX } from '../../client-protocol/limits.ts';
import { decodeReplies } from '../../client-protocol/reply-frame.ts';
import { encodeRequests } from '../../client-protocol/request-frame.ts';
import type { RaftError } from '../../core/errors.ts';
import type { ConnectionClock } from '../../ports/clock.ts';
import type { FrameSocket } from '../../ports/frame-socket.ts';
import type { Call, CallCarrier, CallEnd } from '../calls/call.ts';
import { RequestWindow } from '../calls/request-window.ts';
import { UnsentCalls } from '../calls/unsent-calls.ts';
import type { ClientSettings } from '../client-options.ts';
import type { ClientPorts } from '../client-ports.ts';
import { HOLD_MS_MAX, HOLD_SHARE, REQUEST_FRAME_FILL_BYTES } from '../limits.ts';

export interface ConnectionListener {
  /** First, and again whenever the server hears of another leader. */
  onHello(connection: ServerConnection, hello: HelloReply): void;
  onReply(connection: ServerConnection, reply: Exclude<ClientReply, HelloReply>): void;
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
  readonly #window = new RequestWindow();
  /** Until then nothing that may wait is sent; `null`: nothing is held back. */
  #holding: unknown = null;
  /** What the window has no room for. */
  readonly #unsent = new UnsentCalls(this);
  /** What was handed in during this tick. */
  #outgoing: Outgoing[] = [];
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

  /** Of a call that is not urgent and has so many milliseconds; `null`: it would be in time. */
  refusalOf(timeoutMs: number): RaftError | null {
    return this.#unsent.refusalOf(timeoutMs, this.#clock.now());
  }

  call(call: Call): void {
    call.connection = this;
    this.#underWay += 1;
    this.#enqueue(call);
  }

  post(request: ClientRequest): void {
    this.#enqueue(request);
  }

  callEnded({ bytes, isUrgent, timeoutMs }: Call, how: CallEnd): void {
    const { isServerBehind: isRefused, pace, wasSent } = how;
    this.#underWay -= 1;
    if (!wasSent) this.#unsent.ended();
    else if (!isUrgent) this.#window.ended({ bytes, isRefused, pace, timeoutMs });
    if (wasSent && isRefused) this.#hold(timeoutMs);
    if (this.#isRetiring) this.#closeIfIdle();
    else if (!this.#unsent.isEmpty && this.#hasRoom) this.#flushSoon();
  }

  get #hasRoom(): boolean {
    return this.#holding === null && this.#window.hasRoom;
  }

  /**
   * Who refuses now refuses in a moment, too: to ask again at once would leave it no time for what it has taken. Whoever has little
   * patience is refused soon, and holds up the others as little.
   */
  #hold(timeoutMs: number): void {
    if (this.#isClosed) return;
    this.#holding ??= this.#clock.setIdleTimeout(
      () => {
        this.#holding = null;
        this.#flushSoon();
      },
      Math.min(HOLD_MS_MAX, timeoutMs * HOLD_SHARE),
    );
  }

  /** Takes no new calls, and lets go of those that were not sent; closes when the last one under way has ended. */
  retire(): void {
    this.#isRetiring = true;
    for (const call of this.#unsent.takeAll()) this.#letGo(call);
    for (const item of this.#outgoing) if (isCall(item)) this.#letGo(item);
    this.#closeIfIdle();
  }

  #letGo(call: Call): void {
    if (call.connection !== this) return;
    call.connection = null;
    this.#underWay -= 1;
  }

  #closeIfIdle(): void {
    if (this.#underWay === 0) this.close('a better connection was found');
  }

  close(why: string): void {
    this.#over(why);
  }

  #enqueue(item: Outgoing): void {
    this.#outgoing.push(item);
    this.#flushSoon();
  }

  #flushSoon(): void {
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
    this.#send([...this.#nextUnsent(now), ...this.#withinWindow(items, now)], now);
  }

  *#nextUnsent(now: number): Iterable<Call> {
    while (this.#hasRoom) {
      const call = this.#unsent.take(now);
      if (call === undefined) return;
      this.#window.sent(call.bytes);
      yield call;
    }
  }

  /** What may leave of what was handed in; the rest waits. */
  #withinWindow(items: readonly Outgoing[], now: number): readonly Outgoing[] {
    return items.filter((item) => {
      if (!isCall(item)) return true;
      // A call that ended while it waited here is not sent at all.
      if (item.connection !== this) return false;
      if (item.isUrgent) return true;
      const hasRoom = this.#hasRoom;
      if (hasRoom) this.#window.sent(item.bytes);
      else this.#unsent.add(item, now);
      return hasRoom;
    });
  }

  #send(items: readonly Outgoing[], now: number): void {
    let requests: ClientRequest[] = [];
    let bytes = 0;
    for (const item of items) {
      requests.push(isCall(item) ? sending(item, now) : item);
      bytes += isCall(item) ? item.bytes : 0;
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
    else this.#listener.onReply(this, reply);
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
    this.#clock.clearTimeout(this.#holding);
    this.#clock.clearTimeout(this.#helloDeadline);
    this.#outgoing = [];
    this.#hangUp();
    this.#listener.onClosed(this, why);
  }
}

/** The server is asked to close, and not waited for. */
const CLOSE_GRACE_MS = 500;

type Outgoing = Call | ClientRequest;

function isCall(item: Outgoing): item is Call {
  return 'requestFor' in item;
}

function sending(call: Call, now: number): ClientRequest {
  call.isSent = true;
  call.sentMs = now;
  const remainingMs = Math.max(1, Math.floor((call.deadline - now) * SERVER_SHARE));
  return call.requestFor(call.id, remainingMs);
}
