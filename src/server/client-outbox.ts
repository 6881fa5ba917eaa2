/**
 * What one client is told. All that is answered in one tick leaves as one frame, so a batch that the node
 * applies costs one frame for each client (SV19). What is large asks for room before it is made, so that a
 * reader who takes nothing holds what fits its own bound, and all of them together what fits theirs (SP5).
 */
import {
  CLIENT_FRAME_BYTES_MAX,
  type ClientReply,
  ITEMS_PER_FRAME_MAX,
} from '../client/frame-shapes.ts';
import { encodeReplies } from '../client/reply-frame.ts';
import { unreachable } from '../core/assert.ts';
import type { WatchEvent } from '../kv/watch-event.ts';
import type { FrameSocket } from '../ports/frame-socket.ts';
import { AnswerTimes } from './answer-times.ts';
import type { Account } from './held-bytes.ts';
import { bytesOfEvent } from './revision-parts.ts';
import type { ServerContext } from './server-context.ts';

/** Bound: a reply above this is not sent; it fails alone. What is left of a frame is for its head. */
export const REPLY_BYTES_MAX: number = CLIENT_FRAME_BYTES_MAX - 64 * 1024;
/** Bound: bytes of replies in one frame, but for a single reply that alone is larger. */
const FRAME_FILL_BYTES = 1024 * 1024;
/** From here on, replies that wait for their frame are counted at once. */
const LARGE_BYTES = 64 * 1024;
const REPLY_BYTES = 64;

export class ClientOutbox {
  readonly #socket: FrameSocket;
  readonly #context: ServerContext;
  readonly #account: Account;
  readonly #taken: () => void;
  readonly #times = new AnswerTimes();
  #replies: ClientReply[] = [];
  /** Bytes of `#replies`, about, and how many of them are counted in the account. */
  #bytes = 0;
  #bytesHeld = 0;
  #isFlushDue = false;
  #isClosed = false;

  /** `taken`: the client has taken something. */
  constructor(socket: FrameSocket, context: ServerContext, taken: () => void) {
    this.#socket = socket;
    this.#context = context;
    this.#taken = taken;
    const { held, limits } = context;
    this.#account = held.outgoing.account(limits.socketBytesMax, () => socket.terminate());
  }

  /** Bound: `socketBytesMax`. Past it, the client is not read, and what is large waits. */
  get isCongested(): boolean {
    const uncounted = this.#bytes - this.#bytesHeld;
    return this.#account.bytes + uncounted > this.#context.limits.socketBytesMax;
  }

  /** Leaves with all else of this tick. */
  reply(reply: ClientReply): void {
    if (this.#isClosed) return;
    this.#replies.push(reply);
    this.#bytes += sizeOf(reply);
    if (this.#bytes - this.#bytesHeld >= LARGE_BYTES) this.#count();
    this.#flushSoon();
  }

  /** What a request of the frame that arrived at `arrivedMs` is to be told is known in this tick (OP7). */
  decided(operation: 'submit' | 'read', arrivedMs: number): void {
    this.#times.add(operation, arrivedMs);
    this.#flushSoon();
  }

  /** Runs once there is room for `bytes`; not at all if the connection ends before. */
  whenRoom(bytes: number, run: () => void): void {
    this.#account.whenRoom(bytes, () => {
      run();
      // The next in line is to see what this one has taken.
      this.#count();
    });
  }

  flush(): void {
    const { clock, counters } = this.#context;
    this.#isFlushDue = false;
    this.#times.observe(counters, clock.now());
    if (this.#isClosed) return;
    this.#count();
    const replies = this.#replies;
    this.#replies = [];
    this.#bytes = 0;
    this.#bytesHeld = 0;
    let from = 0;
    let bytes = 0;
    for (const [at, reply] of replies.entries()) {
      const size = sizeOf(reply);
      const isFull = bytes + size > FRAME_FILL_BYTES || at - from >= ITEMS_PER_FRAME_MAX;
      if (isFull && at > from) {
        this.#send(replies.slice(from, at), bytes);
        from = at;
        bytes = 0;
      }
      bytes += size;
    }
    if (from < replies.length) this.#send(replies.slice(from), bytes);
  }

  close(): void {
    this.#isClosed = true;
    this.#replies = [];
    this.#account.close();
  }

  #flushSoon(): void {
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    this.#context.clock.defer(() => this.flush());
  }

  #count(): void {
    this.#account.hold(this.#bytes - this.#bytesHeld);
    this.#bytesHeld = this.#bytes;
  }

  #send(replies: readonly ClientReply[], bytes: number): void {
    this.#socket.send(encodeReplies(replies), () => {
      this.#account.release(bytes);
      this.#taken();
    });
  }
}

function sizeOf(reply: ClientReply): number {
  switch (reply.type) {
    case 'done':
    case 'read':
      return REPLY_BYTES + reply.result.length;
    case 'watched':
      return reply.revisions.reduce((sum, { events }) => sum + bytesOf(events), REPLY_BYTES);
    case 'part':
      return REPLY_BYTES + bytesOf(reply.revision.events);
    case 'status':
      return REPLY_BYTES + reply.status.length;
    case 'failed':
      return REPLY_BYTES + reply.error.message.length;
    case 'hello':
    case 'progress':
      return REPLY_BYTES;
    default:
      return unreachable(reply);
  }
}

function bytesOf(events: readonly WatchEvent[]): number {
  return events.reduce((sum, event) => sum + bytesOfEvent(event), 0);
}
