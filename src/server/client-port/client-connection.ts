/**
 * One client over its WebSocket: checked requests in, replies out (SV19–SV23). All that is answered in one
 * tick leaves as one frame, so a batch that the node applies costs one frame for each client. A client that
 * does not read its replies is not read either; its watches end, and nothing here grows past its bounds.
 */
import {
  CLIENT_PROTOCOL_VERSION,
  type ClientReply,
  type ClientRequest,
  type Consistency,
  type ReadRequest,
  type WatchRequest,
} from '../../client-protocol/frame-shapes.ts';
import { decodeRequests } from '../../client-protocol/request-frame.ts';
import { unreachable } from '../../core/assert.ts';
import { RaftError } from '../../core/errors.ts';
import { CompactedError } from '../../kv/commands/kv-errors.ts';
import { encodeResult } from '../../kv/commands/result-codec.ts';
import type { FrameSocket } from '../../ports/frame-socket.ts';
import { checkSelector } from '../admission/size-checks.ts';
import { asRaftError } from '../errors.ts';
import { RANGE_ROOM_BYTES, REPLY_BYTES_MAX, SMALL_ANSWER_BYTES } from '../limits.ts';
import { count } from '../operations/server-counters.ts';
import type { VisitedParts } from '../server-context.ts';
import { boundedRange } from '../store/bounded-range.ts';
import { readTooLarge, resultBytes } from '../store/result-bytes.ts';
import { statusJson } from '../store/status-json.ts';
import { ClientOutbox, LARGE_BYTES } from './client-outbox.ts';
import { ClientSubmits } from './client-submits.ts';
import { ClientWatches } from './client-watches.ts';

/** RFC 6455 §7.4.1: the other side broke the protocol. */
const PROTOCOL_ERROR = 1002;

interface ConnectionHome {
  /** The socket is gone for good. */
  closed(): void;
  /** The requests of the frame that arrived then were looked at, and some of them done. */
  served(arrivedMs: number): void;
}

export class ClientConnection {
  readonly #socket: FrameSocket;
  readonly #home: ConnectionHome;
  readonly #context: VisitedParts;
  readonly #watches: ClientWatches;
  readonly #submits: ClientSubmits;
  readonly #outbox: ClientOutbox;
  /** When the frame arrived whose requests are being served, in milliseconds. */
  #arrivedMs = 0;
  #inFlight = 0;
  #isPaused = false;
  /** Others are to have their turn. */
  #isHeld = false;
  #isClosed = false;
  /** Its token, known once, is known no more: with its next connection it may show another (AC7). */
  #isDismissed = false;
  /** Something was heard, or taken by its socket, since the last look. */
  #isAlive = true;

  constructor(socket: FrameSocket, context: VisitedParts, home: ConnectionHome) {
    this.#socket = socket;
    this.#home = home;
    this.#context = context;
    this.#outbox = new ClientOutbox(socket, context, () => this.#taken());
    this.#watches = new ClientWatches(context, {
      reply: (reply) => this.#outbox.reply(reply),
      fail: (id, error) => this.#fail(id, error),
      known: (error) => this.#known(error),
      tell: (bytes, make) => this.#tell(bytes, make),
    });
    this.#submits = new ClientSubmits(context, {
      reply: (reply) => this.#outbox.reply(reply),
      replyLarge: (reply, result) => this.#outbox.replyLarge(reply, result),
      fail: (id, error) => this.#fail(id, error),
      known: (error) => this.#known(error),
      decided: (arrivedMs) => this.#outbox.decided('submit', arrivedMs),
      answered: () => this.#answered(),
      answer: (bytes, make) => this.#answer(bytes, make),
    });
    context.counters.clientConnections += 1;
    context.counters.clientConnectionsTotal += 1;
    socket.listen({
      onFrame: (bytes) => this.#receive(bytes),
      onPong: () => {
        this.#isAlive = true;
      },
      // Always followed by a close; that is where things are put away.
      onBroken: () => {},
      onClose: () => {
        this.#over();
        this.#outbox.close();
        home.closed();
      },
    });
    this.greet();
  }

  /** Who this is and who leads, at the start and whenever that changes. */
  greet(): void {
    const { id, clusterId, leader } = this.#context.replica.status();
    const protocolVersion = CLIENT_PROTOCOL_VERSION;
    this.#outbox.reply({ type: 'hello', protocolVersion, nodeId: id, clusterId, leader });
  }

  /** Sends what has been answered, then closes. */
  close(reason: string): void {
    this.#outbox.flush();
    this.#socket.close(1001, reason);
  }

  terminate(): void {
    this.#socket.terminate();
  }

  /** Called at intervals: who has not moved since the last one is gone. */
  probe(): void {
    if (!this.#isAlive) this.#socket.terminate();
    this.#isAlive = false;
    this.#socket.ping();
    this.#watches.tellProgress();
  }

  #receive(data: Uint8Array): void {
    if (this.#isClosed) return;
    this.#isAlive = true;
    this.#arrivedMs = this.#context.clock.now();
    this.#submits.newFrame();
    const requests = decodeRequests(data);
    if (typeof requests === 'string') this.#refuse(requests);
    else this.#serveAll(requests);
    this.#home.served(this.#arrivedMs);
  }

  /** It is not read for as long as this is so. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    this.#adjustReading();
  }

  #serveAll(requests: readonly ClientRequest[]): void {
    const reads: ReadRequest[] = [];
    for (const request of requests) {
      if (request.type === 'read' && request.consistency !== 'local') reads.push(request);
      else this.#serve(request);
    }
    for (const wanted of ['linearizable', 'lease'] as const) {
      this.#readTogether(
        reads.filter(({ consistency }) => consistency === wanted),
        wanted,
      );
    }
    this.#adjustReading();
  }

  /** Garbage is counted, answered with a close, and changes nothing (SV20). */
  #refuse(why: string): void {
    this.#context.counters.clientBadFrames += 1;
    this.#socket.close(PROTOCOL_ERROR, why);
    this.#over();
  }

  #serve(request: ClientRequest): void {
    count(this.#context.counters.clientRequests, request.type, 1);
    switch (request.type) {
      case 'submit':
        this.#inFlight += 1;
        this.#submits.take(request, this.#arrivedMs);
        break;
      case 'read':
        this.#inFlight += 1;
        this.#readLocally(request);
        break;
      case 'watch':
        this.#watch(request);
        break;
      case 'cancel':
        this.#watches.cancel(request.id);
        break;
      case 'status':
        this.#inFlight += 1;
        this.#answer(SMALL_ANSWER_BYTES, () => this.#status(request.id));
        break;
      default:
        unreachable(request);
    }
  }

  /** At once, or as soon as this node has applied what the reader names (RD5). */
  #readLocally(request: ReadRequest): void {
    const { atLeast, id, timeoutMs } = request;
    const arrivedMs = this.#arrivedMs;
    if (atLeast === null) {
      this.#outbox.decided('read', arrivedMs);
      return this.#answerRead(request, 'local');
    }
    this.#context.replica.awaitReadable({ timeoutMs, atLeast }, (error) => {
      this.#outbox.decided('read', arrivedMs);
      if (error === null) return this.#answerRead(request, 'local');
      this.#fail(id, error);
      this.#answered();
    });
  }

  /** One confirmation of the leadership serves all such reads of a frame. */
  #readTogether(reads: readonly ReadRequest[], wanted: 'linearizable' | 'lease'): void {
    if (reads.length === 0) return;
    count(this.#context.counters.clientRequests, 'read', reads.length);
    const timeoutMs = Math.max(...reads.map((read) => read.timeoutMs));
    this.#inFlight += reads.length;
    const arrivedMs = this.#arrivedMs;
    const lease = wanted === 'lease';
    this.#context.replica.awaitReadable({ timeoutMs, lease }, (error, by) => {
      for (let at = 0; at < reads.length; at += 1) this.#outbox.decided('read', arrivedMs);
      if (error === null) {
        for (const request of reads) this.#answerRead(request, by ?? 'linearizable');
        return;
      }
      this.#inFlight -= reads.length;
      for (const { id } of reads) this.#fail(id, error);
      this.#adjustReading();
    });
  }

  /** Bound: an answer is made only once there is room for it; until then the request waits. */
  #answerRead(request: ReadRequest, served: Consistency): void {
    const isOneKey = request.selector.key !== undefined;
    const room = isOneKey ? SMALL_ANSWER_BYTES : RANGE_ROOM_BYTES;
    this.#outbox.whenItFits(room, (fits) => {
      const needed = this.#read(request, served, fits);
      if (needed === null) this.#answered();
      return needed;
    });
  }

  /** `make` is called once there is room for `bytes`, and says all there is to say. */
  #answer(bytes: number, make: () => void): void {
    this.#outbox.whenItFits(bytes, () => {
      make();
      this.#answered();
      return null;
    });
  }

  #answered(): void {
    this.#inFlight -= 1;
    this.#leaveIfDismissed();
    this.#adjustReading();
  }

  #tell(bytes: number, make: () => ClientReply | null): Promise<void> | null {
    let isTold = false;
    let resume: (() => void) | null = null;
    this.#outbox.whenItFits(bytes, () => {
      const reply = make();
      if (reply !== null) this.#outbox.reply(reply);
      isTold = true;
      resume?.();
      return null;
    });
    if (isTold) return null;
    return new Promise((resolve) => {
      resume = resolve;
    });
  }

  /** What the answer needs, if that does not fit; it is read again then. `null`: it was given. */
  #read(
    request: ReadRequest,
    served: Consistency,
    fits: (bytes: number) => boolean,
  ): number | null {
    const { id } = request;
    const { guard, kv, limits, visitor } = this.#context;
    try {
      checkSelector(request.selector, limits);
      // With what was read: this member has applied by now what the reader asked for.
      guard.mayRead(visitor, request.selector);
      const range = boundedRange(kv, request, limits);
      const bytes = resultBytes(range);
      if (bytes > REPLY_BYTES_MAX) throw readTooLarge(bytes);
      if (bytes > SMALL_ANSWER_BYTES && !fits(bytes)) return bytes;
      if (bytes >= LARGE_BYTES) this.#outbox.replyLarge({ type: 'read', id, served }, range);
      else this.#outbox.reply({ type: 'read', id, served, result: encodeResult(range) });
    } catch (error) {
      this.#fail(id, this.#known(error));
    }
    return null;
  }

  #status(id: number): void {
    try {
      this.#context.guard.admit(this.#context.visitor);
      const status = JSON.stringify(statusJson(this.#context));
      this.#outbox.reply({ type: 'status', id, status });
    } catch (error) {
      this.#fail(id, this.#known(error));
    }
  }

  #watch(request: WatchRequest): void {
    if (this.#watches.has(request.id)) this.#refuse('a watch is named twice');
    else this.#watches.begin(request);
  }

  #fail(id: number, error: RaftError): void {
    const compactedRevision = error instanceof CompactedError ? error.compactedRevision : null;
    this.#outbox.reply({ type: 'failed', id, error, compactedRevision });
    if (error.code !== 'RAFT_UNAUTHENTICATED' || this.#context.visitor.found === null) return;
    this.#isDismissed = true;
    this.#leaveIfDismissed();
  }

  /** Once what is under way has been answered. */
  #leaveIfDismissed(): void {
    if (this.#isDismissed && this.#inFlight === 0) this.close('who calls is not known any more');
  }

  /** Ours as they are; anything else is a fault of this program, which the log keeps. */
  #known(error: unknown): RaftError {
    const known = asRaftError(error);
    if (known !== null) return known;
    this.#context.onFault(error);
    return new RaftError('RAFT_OUTCOME_UNKNOWN', 'The server failed while answering; see its log.');
  }

  #taken(): void {
    this.#isAlive = true;
    this.#adjustReading();
  }

  /** Bound: requests under way and bytes not taken. Past either, the socket is left unread for a while. */
  #adjustReading(): void {
    const isLeft =
      this.#isHeld ||
      this.#inFlight >= this.#context.limits.requestsInFlightMax ||
      this.#outbox.isCongested;
    if (isLeft === this.#isPaused || this.#isClosed) return;
    this.#isPaused = isLeft;
    if (isLeft) this.#socket.pause();
    else this.#socket.resume();
  }

  #over(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#context.counters.clientConnections -= 1;
    this.#watches.cancelAll();
    this.#outbox.stop();
  }
}
