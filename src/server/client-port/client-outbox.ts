/**
 * What one client is told. All that is answered in one tick leaves as one frame, so a batch that the node
 * applies costs one frame for each client (SV19). What is large asks for room before it is made, so that a
 * reader who takes nothing holds what fits its own bound, and all of them together what fits theirs (SP5);
 * then it is made once, as a frame of its own, since each further copy would be memory that nobody counts.
 */

import type { ClientReply, ResultReply } from '../../client-protocol/frame-shapes.ts';
import { ITEMS_PER_FRAME_MAX } from '../../client-protocol/limits.ts';
import { encodeLargeReply, encodeReplies } from '../../client-protocol/reply-frame.ts';
import { unreachable } from '../../core/assert.ts';
import type { KvAnswer } from '../../kv/commands/result-codec.ts';
import type { WatchEvent } from '../../kv/watching/watch-event.ts';
import type { FrameSocket } from '../../ports/frame-socket.ts';
import type { Account, Attempt } from '../admission/account.ts';
import { REPLY_FRAME_FILL_BYTES } from '../limits.ts';
import type { ServerContext } from '../server-context.ts';
import { AnswerTimes } from './answer-times.ts';
import { frameBytesOf } from './revision-parts.ts';

/** From here on, replies that wait for their frame are counted at once, and a result is a frame of its own. */
export const LARGE_BYTES = 64 * 1024;
const REPLY_BYTES = 64;

type OutboxParts = Pick<ServerContext, 'limits' | 'held' | 'counters' | 'clock'>;

export class ClientOutbox {
  readonly #socket: FrameSocket;
  readonly #context: OutboxParts;
  readonly #account: Account;
  readonly #taken: () => void;
  readonly #times = new AnswerTimes();
  #replies: ClientReply[] = [];
  /** Bytes of `#replies`, about, and how many of them are counted in the account. */
  #bytes = 0;
  #bytesHeld = 0;
  #isFlushDue = false;
  #isStopped = false;

  /** `taken`: the client has taken something. */
  constructor(socket: FrameSocket, context: OutboxParts, taken: () => void) {
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
    if (this.#isStopped) return;
    this.#replies.push(reply);
    this.#bytes += sizeOf(reply);
    if (this.#bytes - this.#bytesHeld >= LARGE_BYTES) this.#count();
    this.#flushSoon();
  }

  /** Leaves at once, after what was said before it. */
  replyLarge(reply: ResultReply, result: KvAnswer): void {
    if (this.#isStopped) return;
    this.#sendReplies();
    const frame = encodeLargeReply(reply, result);
    this.#account.hold(frame.length);
    this.#send(frame, frame.length);
  }

  /** What a request of the frame that arrived at `arrivedMs` is to be told is known in this tick (OP7). */
  decided(operation: 'submit' | 'read', arrivedMs: number): void {
    this.#times.add(operation, arrivedMs);
    this.#flushSoon();
  }

  /** Runs once there is room for `bytes`, and for what it then asks for; not at all if the connection ends before. */
  whenItFits(bytes: number, run: Attempt): void {
    this.#account.whenItFits(bytes, (fits) => {
      const needed = run(fits);
      // The next in line is to see what this one has taken.
      this.#count();
      return needed;
    });
  }

  flush(): void {
    const { clock, counters } = this.#context;
    this.#isFlushDue = false;
    this.#times.observe(counters, clock.now());
    if (!this.#isStopped) this.#sendReplies();
  }

  /** Nothing more is said; what was sent counts until it is taken, or until `close`. */
  stop(): void {
    this.#isStopped = true;
    this.#replies = [];
    this.#account.release(this.#bytesHeld);
    this.#bytes = 0;
    this.#bytesHeld = 0;
    this.#account.stop();
  }

  /** The socket is gone for good. */
  close(): void {
    this.stop();
    this.#account.close();
  }

  #sendReplies(): void {
    this.#count();
    const replies = this.#replies;
    this.#replies = [];
    this.#bytes = 0;
    this.#bytesHeld = 0;
    let from = 0;
    let bytes = 0;
    for (const [at, reply] of replies.entries()) {
      const size = sizeOf(reply);
      const isFull = bytes + size > REPLY_FRAME_FILL_BYTES || at - from >= ITEMS_PER_FRAME_MAX;
      if (isFull && at > from) {
        this.#send(encodeReplies(replies.slice(from, at)), bytes);
        from = at;
        bytes = 0;
      }
      bytes += size;
    }
    if (from < replies.length) this.#send(encodeReplies(replies.slice(from)), bytes);
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

  /** A socket that is closing takes nothing more: what waits for room would be made for nobody, without end. */
  #send(frame: Uint8Array, bytes: number): void {
    this.#socket.send(frame, () => {
      if (!this.#socket.isOpen) this.stop();
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
  return events.reduce((sum, event) => sum + frameBytesOf(event), 0);
}
