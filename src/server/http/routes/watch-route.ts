/**
 * `GET /watch`: changes as server-sent events, one message for each revision with all that it changed, so
 * that a resume by `Last-Event-ID` never lands inside one (SV15). The stream is pulled: a reader that stops
 * reading fills its bounded queue and is ended with an `error` event that says from where to go on.
 */
import { RaftError } from '../../../core/errors.ts';
import type { Account } from '../../admission/account.ts';
import { checkSelector } from '../../admission/size-checks.ts';
import { asRaftError, badRequest, errorBody, overloaded } from '../../errors.ts';
import type { OpenStreams } from '../../open-streams.ts';
import type { ServerContext } from '../../server-context.ts';
import { LiveWatch } from '../../store/live-watch.ts';
import { untilReadable } from '../../store/replica-calls.ts';
import type { Ask } from '../ask.ts';
import type { JsonEncoding } from '../request/json-bytes.ts';
import {
  encodingFrom,
  revisionFrom,
  SELECTOR_PARAMETERS,
  selectorFrom,
  timeoutFrom,
} from '../request/request-input.ts';
import { type Query, readQuery } from '../request/request-query.ts';
import { type EventPiece, eventPieces, type LastPiece } from './event-text.ts';

const encoder = new TextEncoder();

type WatchContext = Pick<
  ServerContext,
  'replica' | 'kv' | 'guard' | 'limits' | 'counters' | 'clock' | 'keepAliveMs' | 'onFault'
>;

interface WatchParts extends Pick<Ask, 'account' | 'visitor'> {
  readonly streams: OpenStreams;
  readonly lastPiece: LastPiece;
}

export async function getWatch(
  context: WatchContext,
  request: Request,
  parts: WatchParts,
): Promise<Response> {
  const query = readQuery(request.url, [...SELECTOR_PARAMETERS, 'from', 'encoding', 'timeoutMs']);
  const encoding = encodingFrom(query);
  const selector = selectorFrom(query, encoding);
  checkSelector(selector, context.limits);
  const permit = (): void => context.guard.mayRead(parts.visitor, selector);
  permit();
  const from = startFrom(query, request.headers);
  const timeoutMs = timeoutFrom(query);
  const { count } = parts.streams;
  if (count >= context.limits.httpWatchesMax) {
    throw overloaded(`${count} watches are open on this node already. Ask another node, or later.`);
  }
  // "After now" means after all that was committed before the call, wherever it was.
  if (from === null) await untilReadable(context.replica, { timeoutMs });
  const watch = new LiveWatch(context, { ...selector, ...(from !== null && { from }) }, permit);
  const body = new EventStream(context, watch, { ...parts, encoding }).readable;
  return new Response(body, {
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
  });
}

/** The header wins: it is what a client that reconnects knows best. */
function startFrom(query: Query, headers: Headers): number | null {
  const from = revisionFrom(query, 'from');
  const last = headers.get('last-event-id');
  if (last === null || last === '') return from;
  if (/^[0-9]{1,14}$/.test(last)) return Number(last) + 1;
  throw badRequest('Last-Event-ID must be a revision, as the id of an event was.');
}

interface StreamOptions extends WatchParts {
  readonly encoding: JsonEncoding;
}

/** One open stream. It ends when its reader leaves, when it fails, or with the server. */
class EventStream {
  readonly readable: ReadableStream<Uint8Array>;
  readonly #context: WatchContext;
  readonly #watch: LiveWatch;
  readonly #encoding: JsonEncoding;
  readonly #account: Account;
  readonly #lastPiece: LastPiece;
  /** Of the revision that is being told; `null` between two of them. */
  #pieces: Iterator<EventPiece, void> | null = null;
  readonly #keepAlive: ReturnType<typeof setInterval>;
  readonly #leave: () => void;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  #isOver = false;

  constructor(context: WatchContext, watch: LiveWatch, options: StreamOptions) {
    const { streams, account, lastPiece, encoding } = options;
    this.#account = account;
    this.#lastPiece = lastPiece;
    this.#context = context;
    this.#watch = watch;
    this.#encoding = encoding;
    context.counters.httpWatches += 1;
    const source: UnderlyingDefaultSource<Uint8Array> = {
      start: (controller) => {
        this.#controller = controller;
        // An id without data is remembered by EventSource: a resume loses nothing even before any event.
        this.#write(
          encoder.encode(`id: ${watch.from - 1}\n: watching from revision ${watch.from}\n\n`),
        );
      },
      pull: () => this.#pull(),
      cancel: () => this.#end(),
    };
    // Nothing is made ahead: a piece is asked for when the socket has taken the one before.
    this.readable = new ReadableStream(source, { highWaterMark: 0 });
    this.#keepAlive = setInterval(() => this.#comment(), context.keepAliveMs);
    this.#leave = streams.add((error) => this.#fail(error));
  }

  async #pull(): Promise<void> {
    this.#account.release(this.#account.bytes);
    try {
      while (!this.#isOver && !(await this.#tellPiece())) await this.#nextRevision();
    } catch (error) {
      this.#broken(error);
    }
  }

  #broken(error: unknown): void {
    const known = asRaftError(error);
    if (known === null) this.#context.onFault(error);
    this.#fail(known ?? failed());
  }

  async #nextRevision(): Promise<void> {
    const revision = await this.#watch.next();
    // Cancelled: then the stream is over, or about to be.
    if (revision === null) this.#end();
    else this.#pieces = eventPieces(revision, this.#encoding, this.#lastPiece);
  }

  /** Bound: room is asked for before a piece is made. False: there is no piece left. */
  async #tellPiece(): Promise<boolean> {
    const next = this.#pieces?.next();
    if (next === undefined || next.done === true) {
      this.#pieces = null;
      return false;
    }
    const { bytes, encoded } = next.value;
    await new Promise<void>((resolve) => {
      this.#account.whenRoom(bytes, () => {
        this.#write(encoded());
        resolve();
      });
    });
    return true;
  }

  #comment(): void {
    // Never inside an event, and never a second one that nobody has read.
    if (this.#pieces !== null || this.#controller?.desiredSize !== 0) return;
    try {
      const progress = this.#watch.progress();
      const id = progress === null ? '' : `id: ${progress}\n`;
      // Not counted: the socket takes it without asking for more, so nobody would say when it is gone.
      this.#controller.enqueue(encoder.encode(`${id}: keep-alive\n\n`));
    } catch (error) {
      this.#broken(error);
    }
  }

  #fail(error: RaftError): void {
    if (this.#isOver) return;
    if (error.code === 'RAFT_WATCH_TOO_SLOW') this.#context.counters.watchesTooSlow += 1;
    const text = `event: error\ndata: ${JSON.stringify(errorBody(error))}\n\n`;
    this.#write(encoder.encode(text));
    this.#end();
    this.#controller?.close();
  }

  #write(bytes: Uint8Array): void {
    if (this.#isOver) return;
    this.#account.hold(bytes.length);
    this.#controller?.enqueue(bytes);
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#context.counters.httpWatches -= 1;
    clearInterval(this.#keepAlive);
    this.#leave();
    this.#account.close();
    this.#watch.cancel();
  }
}

function failed(): RaftError {
  return new RaftError(
    'RAFT_STOPPED',
    'The watch failed on this node. Resume it, here or elsewhere.',
  );
}
