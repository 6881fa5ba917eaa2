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
  ITEMS_PER_FRAME_MAX,
  type ReadRequest,
  type SubmitRequest,
  type WatchRequest,
} from '../client/frame-shapes.ts';
import { encodeReplies } from '../client/reply-frame.ts';
import { decodeRequests } from '../client/request-frame.ts';
import { unreachable } from '../core/assert.ts';
import { RaftError } from '../core/errors.ts';
import { decodeCommand } from '../kv/command-codec.ts';
import { CompactedError } from '../kv/kv-errors.ts';
import { encodeResult } from '../kv/result-codec.ts';
import type { FrameSocket } from '../ports/frame-socket.ts';
import type { ProposalOutcome } from '../ports/replica.ts';
import { boundedRange } from './bounded-range.ts';
import { ClientWatches } from './client-watches.ts';
import { checkCommand, checkCommandBytes, checkSelector } from './command-door.ts';
import { asRaftError } from './http-errors.ts';
import { isKvResult } from './replica-calls.ts';
import type { ServerContext } from './server-context.ts';
import { count } from './server-counters.ts';
import { statusJson } from './status-json.ts';

interface ConfirmedRead {
  readonly request: ReadRequest;
  readonly served: Consistency;
}

/** Bound: bytes of replies in one frame, but for a single reply that alone is larger. */
const FRAME_FILL_BYTES = 4 * 1024 * 1024;
/** RFC 6455 §7.4.1: the other side broke the protocol. */
const PROTOCOL_ERROR = 1002;

export class ClientConnection {
  readonly #socket: FrameSocket;
  readonly #context: ServerContext;
  readonly #watches: ClientWatches;
  #replies: ClientReply[] = [];
  /** Bytes of `#replies`, about. */
  #replyBytes = 0;
  /** Reads that may be answered as soon as there is room for their answers. */
  #confirmed: ConfirmedRead[] = [];
  #isFlushDue = false;
  #inFlight = 0;
  #isPaused = false;
  #isClosed = false;
  /** Something was heard, or taken by its socket, since the last look. */
  #isAlive = true;
  #drained: (() => void)[] = [];

  /** `closed`: the socket is gone for good. */
  constructor(socket: FrameSocket, context: ServerContext, closed: () => void) {
    this.#socket = socket;
    this.#context = context;
    this.#watches = new ClientWatches(context, {
      reply: (reply) => this.#reply(reply),
      fail: (id, error) => this.#fail(id, error),
      known: (error) => this.#known(error),
      room: () => (this.#isCongested() ? this.#untilDrained() : null),
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
        closed();
      },
    });
    this.greet();
  }

  /** Who this is and who leads, at the start and whenever that changes. */
  greet(): void {
    const { id, clusterId, leader } = this.#context.replica.status();
    const protocolVersion = CLIENT_PROTOCOL_VERSION;
    this.#reply({ type: 'hello', protocolVersion, nodeId: id, clusterId, leader });
  }

  /** Sends what has been answered, then closes. */
  close(reason: string): void {
    this.#flush();
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
    const requests = decodeRequests(data);
    if (typeof requests === 'string') this.#refuse(requests);
    else this.#serveAll(requests);
  }

  #serveAll(requests: readonly ClientRequest[]): void {
    const reads: ReadRequest[] = [];
    for (const request of requests) {
      if (request.type === 'read' && request.consistency !== 'local') reads.push(request);
      else this.#serve(request);
    }
    if (reads.length > 0) this.#readTogether(reads);
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
        this.#submit(request);
        break;
      case 'read':
        this.#inFlight += 1;
        this.#confirmed.push({ request, served: 'local' });
        this.#answerReads();
        break;
      case 'watch':
        this.#watch(request);
        break;
      case 'cancel':
        this.#watches.cancel(request.id);
        break;
      case 'status':
        this.#status(request.id);
        break;
      default:
        unreachable(request);
    }
  }

  #submit({ id, timeoutMs, command }: SubmitRequest): void {
    const refusal = this.#refusalOf(command);
    if (refusal !== null) {
      this.#fail(id, refusal);
      return;
    }
    this.#inFlight += 1;
    this.#context.replica.submit(command, { timeoutMs }, (outcome) => {
      this.#inFlight -= 1;
      this.#submitted(id, outcome);
      this.#adjustReading();
    });
  }

  #refusalOf(command: Uint8Array): RaftError | null {
    const { limits } = this.#context;
    try {
      checkCommandBytes(command.length, limits);
      checkCommand(decodeCommand(command), limits);
      return null;
    } catch (error) {
      return this.#known(error);
    }
  }

  #submitted(id: number, outcome: ProposalOutcome): void {
    if (outcome.type === 'failed') this.#fail(id, outcome.error);
    else if (isKvResult(outcome.result)) {
      this.#reply({ type: 'done', id, result: encodeResult(outcome.result) });
    } else this.#fail(id, this.#known(new TypeError('the state machine returned no result')));
  }

  /** One confirmation of the leadership serves all reads of a frame. */
  #readTogether(reads: readonly ReadRequest[]): void {
    count(this.#context.counters.clientRequests, 'read', reads.length);
    const timeoutMs = Math.max(...reads.map((read) => read.timeoutMs));
    this.#inFlight += reads.length;
    this.#context.replica.awaitReadable({ timeoutMs }, (error) => {
      if (error === null) {
        for (const request of reads) this.#confirmed.push({ request, served: 'linearizable' });
        this.#answerReads();
        return;
      }
      this.#inFlight -= reads.length;
      for (const { id } of reads) this.#fail(id, error);
      this.#adjustReading();
    });
  }

  /** Bound: answers to reads are made only while there is room for them; the rest waits for the socket. */
  #answerReads(): void {
    let answered = 0;
    for (const { request, served } of this.#confirmed) {
      if (this.#isCongested()) break;
      answered += 1;
      this.#read(request, served);
    }
    this.#confirmed = this.#confirmed.slice(answered);
    this.#inFlight -= answered;
    this.#adjustReading();
  }

  #read(request: ReadRequest, served: Consistency): void {
    const { id, selector, limit, revision, keysOnly } = request;
    if (this.#isClosed) return;
    try {
      checkSelector(selector, this.#context.limits);
      const question = {
        ...selector,
        keysOnly,
        ...(limit !== null && { limit }),
        ...(revision !== null && { revision }),
      };
      const range = boundedRange(this.#context.kv, question, this.#context.limits);
      this.#reply({ type: 'read', id, served, result: encodeResult(range) });
    } catch (error) {
      this.#fail(id, this.#known(error));
    }
  }

  #status(id: number): void {
    this.#reply({ type: 'status', id, status: JSON.stringify(statusJson(this.#context)) });
  }

  #watch(request: WatchRequest): void {
    if (this.#watches.has(request.id)) this.#refuse('a watch is named twice');
    else this.#watches.begin(request);
  }

  #fail(id: number, error: RaftError): void {
    const compactedRevision = error instanceof CompactedError ? error.compactedRevision : null;
    this.#reply({ type: 'failed', id, error, compactedRevision });
  }

  /** Ours as they are; anything else is a fault of this program, which the log keeps. */
  #known(error: unknown): RaftError {
    const known = asRaftError(error);
    if (known !== null) return known;
    this.#context.onFault(error);
    return new RaftError('RAFT_OUTCOME_UNKNOWN', 'The server failed while answering; see its log.');
  }

  #reply(reply: ClientReply): void {
    if (this.#isClosed) return;
    this.#replies.push(reply);
    this.#replyBytes += sizeOf(reply);
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    this.#context.clock.defer(() => this.#flush());
  }

  #flush(): void {
    this.#isFlushDue = false;
    const replies = this.#replies;
    this.#replies = [];
    this.#replyBytes = 0;
    if (this.#isClosed) return;
    let from = 0;
    let bytes = 0;
    for (const [at, reply] of replies.entries()) {
      bytes += sizeOf(reply);
      const isFull = bytes >= FRAME_FILL_BYTES || at + 1 - from >= ITEMS_PER_FRAME_MAX;
      if (!isFull && at + 1 < replies.length) continue;
      this.#socket.send(encodeReplies(replies.slice(from, at + 1)), () => this.#sent());
      from = at + 1;
      bytes = 0;
    }
  }

  #sent(): void {
    this.#isAlive = true;
    if (this.#isCongested()) return;
    this.#answerReads();
    const drained = this.#drained;
    this.#drained = [];
    for (const resume of drained) resume();
  }

  #isCongested(): boolean {
    return this.#replyBytes + this.#socket.bufferedBytes > this.#context.limits.socketBytesMax;
  }

  #untilDrained(): Promise<void> {
    return new Promise((resolve) => {
      this.#drained.push(resolve);
    });
  }

  /** Bound: requests under way and bytes not taken. Past either, the socket is left unread for a while. */
  #adjustReading(): void {
    const isFull =
      this.#inFlight >= this.#context.limits.requestsInFlightMax || this.#isCongested();
    if (isFull === this.#isPaused || this.#isClosed) return;
    this.#isPaused = isFull;
    if (isFull) this.#socket.pause();
    else this.#socket.resume();
  }

  #over(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#confirmed = [];
    this.#context.counters.clientConnections -= 1;
    this.#watches.cancelAll();
    const drained = this.#drained;
    this.#drained = [];
    for (const resume of drained) resume();
  }
}

function sizeOf(reply: ClientReply): number {
  switch (reply.type) {
    case 'done':
    case 'read':
      return reply.result.length;
    case 'watched':
      return reply.revisions.reduce((sum, { events }) => sum + bytesOf(events), 0);
    default:
      return 64;
  }
}

function bytesOf(
  events: readonly { readonly key: Uint8Array; readonly value: Uint8Array | null }[],
): number {
  return events.reduce((sum, { key, value }) => sum + key.length + (value?.length ?? 0), 0);
}
