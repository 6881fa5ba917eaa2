/**
 * A watch for consumers that take their time (KV19): an async iterable of revisions. The past is read in
 * pages, only as fast as it is consumed; once caught up, what happens is queued, and a queue that
 * reaches its bound ends the watch with `RAFT_WATCH_TOO_SLOW` after what it holds. The consumer goes on
 * with a new watch from the revision after the last one it was given.
 */
import { RaftError } from '../../core/errors.ts';
import {
  bytesOfRevision,
  type HistoryPage,
  type WatchHandle,
  type WatchListener,
  type WatchOptions,
  type WatchRevision,
} from './watch-event.ts';

/** The part of `KvStateMachine` that a queue needs. */
export interface WatchSource {
  readonly revision: number;
  watch(
    options: WatchOptions,
    listener: WatchListener,
    interrupted: (nextRevision: number) => void,
  ): WatchHandle;
  history(options: WatchOptions): HistoryPage;
}

interface WatchQueueOptions {
  /** Bound: events waiting. One revision is taken even if it alone is larger. */
  readonly eventsMax: number;
  /** Bound: bytes of their keys and values. One revision is taken even if it alone is larger. */
  readonly bytesMax: number;
  /** Waits between two pages of history, so that a long one does not keep others from working. */
  readonly pause: () => Promise<void>;
}

const DEFAULT_WATCH_QUEUE_OPTIONS: WatchQueueOptions = {
  eventsMax: 16_384,
  bytesMax: 16 * 1024 * 1024,
  pause: () => Promise.resolve(),
};

export class WatchQueue implements AsyncIterable<WatchRevision> {
  readonly #source: WatchSource;
  readonly #options: WatchQueueOptions;
  readonly #watched: WatchOptions;
  /** Newest last. */
  #arrived: WatchRevision[] = [];
  /** Oldest last: what is taken next, without moving the rest. */
  #leaving: WatchRevision[] = [];
  #events = 0;
  #bytes = 0;
  /** Where to read on while there is history left; of no use once live. */
  #nextRevision: number;
  /** `null`: not live yet. */
  #handle: WatchHandle | null = null;
  #failure: RaftError | null = null;
  #isCancelled = false;
  #isIterated = false;
  #wake: () => void = () => {};

  /** Throws `CompactedError` or `RAFT_BAD_REQUEST` at once if the watch cannot begin. */
  constructor(
    source: WatchSource,
    watched: WatchOptions,
    options: Partial<WatchQueueOptions> = {},
  ) {
    this.#source = source;
    this.#watched = watched;
    this.#options = { ...DEFAULT_WATCH_QUEUE_OPTIONS, ...options };
    this.#nextRevision = watched.from ?? source.revision + 1;
    this.#catchUp();
  }

  /** Ends the watch and the iteration; what was queued is dropped. Harmless twice. */
  cancel(): void {
    this.#isCancelled = true;
    this.#handle?.cancel();
    this.#arrived = [];
    this.#leaving = [];
    this.#wake();
  }

  /**
   * Once. Rejects with `RAFT_WATCH_TOO_SLOW`, or with `CompactedError` if compaction overtakes it in the
   * past. Leaving the loop cancels the watch.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<WatchRevision, void, undefined> {
    if (this.#isIterated) throw new TypeError('a watch queue is iterated once');
    this.#isIterated = true;
    try {
      while (!this.#isCancelled) {
        const revision = this.#take();
        if (revision !== null) yield revision;
        else await this.#more();
      }
    } finally {
      this.cancel();
    }
  }

  #take(): WatchRevision | null {
    if (this.#leaving.length === 0) {
      this.#leaving = this.#arrived.reverse();
      this.#arrived = [];
    }
    const revision = this.#leaving.pop();
    if (revision === undefined) return null;
    this.#events -= revision.events.length;
    this.#bytes -= bytesOfRevision(revision);
    return revision;
  }

  async #more(): Promise<void> {
    if (this.#failure !== null) throw this.#failure;
    if (this.#handle === null) {
      this.#catchUp();
      return this.#options.pause();
    }
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Reads one page, or goes live if that was the last. Nothing is applied in between: both are one call. */
  #catchUp(): void {
    const page = this.#source.history({ ...this.#watched, from: this.#nextRevision });
    for (const revision of page.revisions) this.#enqueue(revision);
    this.#nextRevision = page.nextRevision;
    if (page.nextRevision <= this.#source.revision) return;
    const watched = { ...this.#watched, from: page.nextRevision };
    this.#handle = this.#source.watch(
      watched,
      (revisions) => this.#receive(revisions),
      (nextRevision) => this.#interrupted(nextRevision),
    );
  }

  #receive(revisions: readonly WatchRevision[]): void {
    for (const revision of revisions) {
      if (!this.#hasRoomFor(revision)) {
        this.#failure = tooSlow(this.#events);
        this.#handle?.cancel();
        break;
      }
      this.#enqueue(revision);
    }
    this.#wake();
  }

  /** The store was replaced by a newer one: what lies between is read as history is, at the consumer's pace. */
  #interrupted(nextRevision: number): void {
    this.#handle = null;
    this.#nextRevision = nextRevision;
    this.#wake();
  }

  #hasRoomFor(revision: WatchRevision): boolean {
    if (this.#events === 0) return true;
    const events = this.#events + revision.events.length;
    const bytes = this.#bytes + bytesOfRevision(revision);
    return events <= this.#options.eventsMax && bytes <= this.#options.bytesMax;
  }

  #enqueue(revision: WatchRevision): void {
    this.#arrived.push(revision);
    this.#events += revision.events.length;
    this.#bytes += bytesOfRevision(revision);
  }
}

function tooSlow(events: number): RaftError {
  const text = `The watch fell ${events} events behind; watch again after the last one received.`;
  return new RaftError('RAFT_WATCH_TOO_SLOW', text);
}
