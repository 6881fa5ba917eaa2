/**
 * `GET /inspect`: what happens inside the node, as server-sent events, while somebody reads them (SV33). A reader that is slow
 * loses records and is told how many: the node waits for nobody, and the queue of each is bounded. With `?node=` the
 * stream is another member's, passed on (SV34).
 */
import { setTimeout as pause } from 'node:timers/promises';
import { RaftError } from '../../../core/errors.ts';
import { withMissed } from '../../../node/view/inspection/missed-records.ts';
import type { InspectionRecord } from '../../../ports/inspection.ts';
import type { Visitor } from '../../access/visitor.ts';
import type { Account } from '../../admission/account.ts';
import { asRaftError, overloaded } from '../../errors.ts';
import { INSPECT_GATHER_MS, INSPECT_QUEUE_BYTES_MAX, RELAY_SILENCES_MAX } from '../../limits.ts';
import type { OpenStreams } from '../../open-streams.ts';
import type { ServerContext } from '../../server-context.ts';
import type { Ask } from '../ask.ts';
import { readQuery, textParameter } from '../request/request-query.ts';
import { eventId, heardFrom, lastHeardIn } from './event-ids.ts';
import { relay } from './inspect-relay.ts';

type InspectContext = Pick<
  ServerContext,
  'replica' | 'inspection' | 'guard' | 'life' | 'limits' | 'counters' | 'keepAliveMs'
>;

interface InspectParts extends Pick<Ask, 'account' | 'visitor'> {
  readonly streams: OpenStreams;
}

/** What says who calls. */
const SHOWN = 'authorization';

const encoder = new TextEncoder();

export async function getInspect(
  context: InspectContext,
  request: Request,
  parts: InspectParts,
): Promise<Response> {
  const { inspection, life, limits, replica } = context;
  if (inspection === null) throw notShown();
  const query = readQuery(request.url, ['from', 'node']);
  const heard = heardFrom(query, request.headers);
  if (parts.streams.count >= limits.httpWatchesMax) {
    throw overloaded('Too many streams are open on this node. Close one, or ask later.');
  }
  const node = textParameter(query, 'node');
  if (node !== null && node !== replica.id) {
    const { peers, secureContext } = inspection;
    const url = peers.get(node);
    if (url === undefined) throw unknownNode(node, [replica.id, ...peers.keys()]);
    const silenceMsMax = RELAY_SILENCES_MAX * context.keepAliveMs;
    const { signal } = request;
    const authorization = request.headers.get(SHOWN);
    const relayed = { node, url, secureContext, heard, authorization, silenceMsMax, signal };
    return relay(relayed, parts.streams);
  }
  return new Response(new RecordEvents(context, lastHeardIn(life, heard), parts).readable, {
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
  });
}

/** One reader. It ends when that leaves, or with the server. */
class RecordEvents {
  readonly readable: ReadableStream<Uint8Array>;
  readonly #context: InspectContext;
  readonly #account: Account;
  readonly #visitor: Visitor;
  readonly #leave: () => void;
  readonly #stopWatching: () => void;
  readonly #keepAlive: ReturnType<typeof setInterval>;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  /** Told when there is something again for a reader that has taken all. */
  #wake: () => void = () => {};
  #heard: number | null;
  #isOver = false;

  constructor(context: InspectContext, after: number | null, parts: InspectParts) {
    const { account, streams, visitor } = parts;
    this.#context = context;
    this.#account = account;
    this.#visitor = visitor;
    this.#heard = after;
    this.#stopWatching = context.replica.inspect((record) => this.#take(record), after);
    context.counters.httpWatches += 1;
    this.readable = new ReadableStream(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#pull(),
        cancel: () => this.#end(),
      },
      { highWaterMark: 0 },
    );
    this.#keepAlive = setInterval(() => {
      if (this.#queue.length === 0) this.#push(KEEP_ALIVE);
    }, context.keepAliveMs);
    // What the node says as it ends comes a moment later.
    this.#leave = streams.add(() => setImmediate(() => this.#close()));
  }

  /** Bound: past it a record is dropped, and shows as missing before the next one that there is room for. */
  #take(record: InspectionRecord): void {
    if (this.#isOver || this.#queuedBytes >= INSPECT_QUEUE_BYTES_MAX) return;
    for (const due of withMissed(this.#heard ?? record.sequence - 1, record)) {
      this.#push(eventOf(due, this.#context.life));
    }
    this.#heard = record.sequence;
  }

  #push(bytes: Uint8Array): void {
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
    this.#account.hold(bytes.length);
    this.#wake();
  }

  /** All that waits, at once: the socket has taken what it was handed before. */
  async #pull(): Promise<void> {
    this.#account.release(this.#account.bytes - this.#queuedBytes);
    if (this.#queue.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    // Every write to a socket costs the node as much as many records do.
    await pause(INSPECT_GATHER_MS);
    if (this.#isOver) return;
    if (!this.#isPermitted()) return this.#close();
    this.#controller?.enqueue(Buffer.concat(this.#queue));
    this.#queue = [];
    this.#queuedBytes = 0;
  }

  /** AC7: asked again before each piece, as also who only listens hears something now and then. */
  #isPermitted(): boolean {
    try {
      this.#context.guard.mayAct(this.#visitor, 'inspect');
      return true;
    } catch (error) {
      if (asRaftError(error) === null) throw error;
      return false;
    }
  }

  #close(): void {
    if (this.#isOver) return;
    if (this.#queue.length > 0 && this.#isPermitted()) {
      this.#controller?.enqueue(Buffer.concat(this.#queue));
    }
    this.#end();
    this.#controller?.close();
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#context.counters.httpWatches -= 1;
    clearInterval(this.#keepAlive);
    this.#stopWatching();
    this.#leave();
    this.#account.close();
    this.#wake();
  }
}

const KEEP_ALIVE = encoder.encode(': keep-alive\n\n');

const EVENTS = new WeakMap<InspectionRecord, Uint8Array>();

/** Transitions have no name, so that the plainest reader hears them. Made once for all readers. */
function eventOf(record: InspectionRecord, life: string): Uint8Array {
  const known = EVENTS.get(record);
  if (known !== undefined) return known;
  const name = record.type === 'transition' ? '' : `event: ${record.type}\n`;
  const text = `${name}id: ${eventId(life, record.sequence)}\ndata: ${JSON.stringify(record)}\n\n`;
  const bytes = encoder.encode(text);
  EVENTS.set(record, bytes);
  return bytes;
}

function notShown(): RaftError {
  const text = 'This node does not show what happens inside it: start it with --inspect.';
  return new RaftError('RAFT_NOT_FOUND', text);
}

function unknownNode(node: string, known: readonly string[]): RaftError {
  const text = `Where ${JSON.stringify(node.slice(0, 100))} shows itself is not known here, only of ${known.join(', ')}: name it with --inspect-peers ID=URL.`;
  return new RaftError('RAFT_NOT_FOUND', text);
}
