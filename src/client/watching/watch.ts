/**
 * A watch that outlives its connections (CL8): it remembers the next revision it has not been told of,
 * and subscribes from there wherever the client is connected. A reader that falls behind does not fill the
 * memory: past the bound the subscription is cancelled, and taken up again once the buffer is empty.
 */

import type { ClientReply } from '../../client-protocol/frame-shapes.ts';
import { RaftError } from '../../core/errors.ts';
import type { KeySelector } from '../../kv/keys/key-selector.ts';
import { bytesOfRevision, type WatchRevision } from '../../kv/watching/watch-event.ts';
import type { Clock } from '../../ports/clock.ts';
import { failureOf } from '../calls/call-registry.ts';
import type { ServerConnection } from '../connection/server-connection.ts';
import { RESUBSCRIBE_MAX_MS, RESUBSCRIBE_MIN_MS, WATCH_BUFFER_BYTES_MAX } from '../limits.ts';
import { ownRevision } from '../values/client-output.ts';
import { RevisionAssembly } from './revision-assembly.ts';

export interface WatchSettings {
  readonly selector: KeySelector;
  /** `null`: from the first revision after now. */
  readonly from: number | null;
  /** Bound: events held for a slow reader. */
  readonly eventsMax: number;
}

/** What a watch asks of its client. */
interface WatchHome {
  readonly clock: Clock;
  /** `null`: not connected. */
  current(): ServerConnection | null;
  newId(): number;
  /** From now on replies to `id` come here. */
  route(id: number, watch: Watch): void;
  unroute(id: number): void;
  closed(watch: Watch): void;
}

export type WatchReply = Extract<
  ClientReply,
  { readonly type: 'watched' | 'part' | 'progress' | 'failed' }
>;

export function isForWatch(reply: ClientReply): reply is WatchReply {
  return WATCH_REPLIES.has(reply.type);
}

const WATCH_REPLIES: ReadonlySet<ClientReply['type']> = new Set<WatchReply['type']>([
  'watched',
  'part',
  'progress',
  'failed',
]);

export class Watch implements AsyncIterableIterator<WatchRevision>, AsyncDisposable {
  readonly #settings: WatchSettings;
  readonly #home: WatchHome;
  #nextRevision: number | null;
  /** The first revision that it may tell of. */
  #first: number | null;
  #subscription: { readonly id: number; readonly connection: ServerConnection } | null = null;
  /** A revision of which the end has yet to come. */
  readonly #begun = new RevisionAssembly(WATCH_BUFFER_BYTES_MAX);
  #buffer: WatchRevision[] = [];
  #taken = 0;
  #bufferedEvents = 0;
  #bufferedBytes = 0;
  #isPaused = false;
  #retry: unknown = null;
  /** In a row. */
  #refusals = 0;
  #failure: RaftError | null = null;
  #isClosed = false;
  /** Callers of `next` that wait. */
  #waiting: (() => void)[] = [];

  constructor(settings: WatchSettings, home: WatchHome) {
    this.#settings = settings;
    this.#home = home;
    this.#nextRevision = settings.from;
    this.#first = settings.from;
  }

  /** Where it would go on after a reconnect; `null` while it is not known where "now" was. */
  get nextRevision(): number | null {
    return this.#nextRevision;
  }

  /**
   * Resolves once a server has it, with the first revision that it may tell of: what is written from then on
   * is told. Rejects as `next` does.
   */
  async started(): Promise<number> {
    while (this.#first === null) {
      if (this.#failure !== null) throw this.#failure;
      if (this.#isClosed) throw new RaftError('RAFT_STOPPED', 'The watch was closed.');
      await this.#news();
    }
    // Not the next one: news may have come with the word that it began.
    return this.#first;
  }

  /** The connection is new, or better than the one before. */
  resubscribe(): void {
    const connection = this.#home.current();
    if (connection === null || this.#isClosed || this.#isPaused || this.#failure !== null) return;
    if (this.#subscription?.connection === connection) return;
    this.#unsubscribe();
    const id = this.#home.newId();
    this.#subscription = { id, connection };
    this.#home.route(id, this);
    const { selector } = this.#settings;
    connection.post({ type: 'watch', id, selector, from: this.#nextRevision });
  }

  connectionLost(connection: ServerConnection): void {
    if (this.#subscription?.connection === connection) this.#forget();
  }

  receive(reply: WatchReply): void {
    if (reply.type === 'failed') return this.#refused(failureOf(reply, this.#nextRevision));
    this.#refusals = 0;
    if (reply.type === 'progress') this.#advance(reply.revision);
    else if (reply.type === 'part') this.#begin(reply.revision);
    else for (const revision of reply.revisions) this.#finish(revision);
  }

  async next(): Promise<IteratorResult<WatchRevision, undefined>> {
    for (;;) {
      const revision = this.#shift();
      if (revision !== null) return { done: false, value: ownRevision(revision) };
      if (this.#failure !== null) throw this.#failure;
      if (this.#isClosed) return { done: true, value: undefined };
      await this.#news();
    }
  }

  async return(): Promise<IteratorResult<WatchRevision, undefined>> {
    this.close();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Ends the iteration; what is buffered is dropped. Harmless twice. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#buffer = [];
    this.#end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  #begin(part: WatchRevision): void {
    if (!this.#isNext(part)) return;
    this.#failure = this.#begun.add(part);
    if (this.#failure !== null) this.#end();
  }

  #finish(revision: WatchRevision): void {
    if (this.#isNext(revision)) this.#take(this.#begun.finish(revision));
  }

  #isNext({ revision }: WatchRevision): boolean {
    const isNext = this.#begun.isNext(revision);
    if (!isNext) {
      this.#subscription?.connection.close('the server broke the protocol: a revision has no end');
    }
    return isNext;
  }

  #take(revision: WatchRevision): void {
    if (this.#nextRevision !== null && revision.revision < this.#nextRevision) return;
    this.#nextRevision = revision.revision + 1;
    this.#buffer.push(revision);
    this.#bufferedEvents += revision.events.length;
    this.#bufferedBytes += bytesOfRevision(revision);
    this.#wake();
    const isFull =
      this.#bufferedEvents >= this.#settings.eventsMax ||
      this.#bufferedBytes >= WATCH_BUFFER_BYTES_MAX;
    if (!isFull || this.#isPaused) return;
    this.#isPaused = true;
    this.#unsubscribe();
  }

  #advance(revision: number): void {
    this.#nextRevision = Math.max(this.#nextRevision ?? 0, revision + 1);
    this.#first ??= this.#nextRevision;
    this.#wake();
  }

  #shift(): WatchRevision | null {
    const revision = this.#buffer[this.#taken];
    if (revision !== undefined) {
      this.#taken += 1;
      this.#bufferedEvents -= revision.events.length;
      this.#bufferedBytes -= bytesOfRevision(revision);
      return revision;
    }
    this.#buffer = [];
    this.#taken = 0;
    if (this.#isPaused) {
      this.#isPaused = false;
      this.resubscribe();
    }
    return null;
  }

  #refused(error: RaftError): void {
    this.#forget();
    if (error.retry === 'safe' || error.retry === 'redirect') {
      const { clock } = this.#home;
      const pauseMs = Math.min(RESUBSCRIBE_MAX_MS, RESUBSCRIBE_MIN_MS * 2 ** this.#refusals);
      this.#refusals += 1;
      clock.clearTimeout(this.#retry);
      this.#retry = clock.setTimeout(() => this.resubscribe(), pauseMs);
      return;
    }
    this.#failure = error;
    this.#end();
  }

  #unsubscribe(): void {
    const subscription = this.#subscription;
    if (subscription === null) return;
    this.#forget();
    subscription.connection.post({ type: 'cancel', id: subscription.id });
  }

  #forget(): void {
    this.#begun.clear();
    if (this.#subscription !== null) this.#home.unroute(this.#subscription.id);
    this.#subscription = null;
  }

  #news(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  #end(): void {
    this.#home.clock.clearTimeout(this.#retry);
    this.#unsubscribe();
    this.#home.closed(this);
    this.#wake();
  }
}
