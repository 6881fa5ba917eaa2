/** The first place of a line, as its holder has it: until it is given back, or lost (CO3, CO8). */
import type { Lease } from '../leases/lease.ts';
import { followOwnKey, type OwnKey } from './own-key.ts';
import type { CoordinatedStore } from './store.ts';

export class Place implements AsyncDisposable {
  readonly key: string;
  /** The revision that created the key: higher than that of all who were first before. */
  readonly fencing: number;
  readonly lease: Lease;
  readonly #lost = new AbortController();
  /** It was given back, or is lost. */
  readonly #over = new AbortController();

  constructor(store: CoordinatedStore, own: OwnKey) {
    const { createRevision, key, lease } = own;
    this.key = key;
    this.fencing = createRevision;
    this.lease = lease;
    const { lost } = lease;
    lost.addEventListener('abort', () => this.#lose(lost.reason), { once: true });
    followOwnKey(store, own, {
      ended: this.#over.signal,
      onTaken: (why) => {
        this.#lose(why);
        void lease[Symbol.asyncDispose]();
      },
    });
  }

  get lost(): AbortSignal {
    // Looked at before the timers of whoever stood still have had their turn.
    const { aborted, reason } = this.lease.lost;
    if (aborted) this.#lose(reason);
    return this.#lost.signal;
  }

  release(): Promise<void> {
    this.#over.abort();
    return this.lease.revoke();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    return this.lease[Symbol.asyncDispose]();
  }

  #lose(why: unknown): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    this.#lost.abort(why);
  }
}
