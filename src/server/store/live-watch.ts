/**
 * A bounded watch of the store for a consumer over a socket: the store's own `WatchQueue`, and besides it the
 * knowledge whether the consumer has seen everything there is. While it has, the store's revision is a safe
 * place to resume from, even if nothing it watches ever changes (SV15).
 */
import type { WatchOptions, WatchRevision } from '../../kv/watching/watch-event.ts';
import { WatchQueue, type WatchSource } from '../../kv/watching/watch-queue.ts';
import type { ConnectionClock } from '../../ports/clock.ts';
import type { KvReads } from '../server-context.ts';

interface LiveWatchParts {
  readonly kv: KvReads;
  readonly clock: ConnectionClock;
}

export class LiveWatch {
  /** Everything before this revision was there before the watch began. */
  readonly from: number;
  readonly #kv: KvReads;
  readonly #clock: ConnectionClock;
  readonly #permit: () => void;
  readonly #queue: WatchQueue;
  readonly #revisions: AsyncIterator<WatchRevision, void>;
  #isLive = false;
  #isWaiting = false;
  /** A page of history was read and not yet handed out. */
  #isPausing = false;

  /**
   * Throws `CompactedError` or `RAFT_BAD_REQUEST` at once if the watch cannot begin, or what `permit` throws: it is asked again
   * before anything is told (AC7).
   */
  constructor({ kv, clock }: LiveWatchParts, options: WatchOptions, permit: () => void) {
    permit();
    this.#permit = permit;
    this.#kv = kv;
    this.#clock = clock;
    this.from = options.from ?? kv.revision + 1;
    const source: WatchSource = {
      get revision() {
        return kv.revision;
      },
      history: (watched) => kv.history(watched),
      watch: (watched, listener, interrupted) => {
        this.#isLive = true;
        return kv.watch(watched, listener, interrupted);
      },
    };
    this.#queue = new WatchQueue(
      source,
      { ...options, from: this.from },
      {
        pause: () => this.#nextTurn(),
      },
    );
    this.#revisions = this.#queue[Symbol.asyncIterator]();
  }

  /** `null`: cancelled. Rejects with `RAFT_WATCH_TOO_SLOW`, `CompactedError`, or what `permit` throws. */
  async next(): Promise<WatchRevision | null> {
    this.#isWaiting = true;
    try {
      const { done, value } = await this.#revisions.next();
      if (done === true) return null;
      this.#permit();
      return value;
    } finally {
      this.#isWaiting = false;
    }
  }

  /** The revision up to which the consumer has seen all; `null` while it lags. Throws what `permit` throws. */
  progress(): number | null {
    this.#permit();
    const isCurrent = this.#isLive && this.#isWaiting && !this.#isPausing;
    return isCurrent && this.#kv.revision >= this.from - 1 ? this.#kv.revision : null;
  }

  cancel(): void {
    this.#queue.cancel();
  }

  /** Others get their turn between two pages of history. */
  #nextTurn(): Promise<void> {
    this.#isPausing = true;
    return new Promise((resolve) => {
      this.#clock.yield(() => {
        this.#isPausing = false;
        resolve();
      });
    });
  }
}
