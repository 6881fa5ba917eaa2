/**
 * A lease that this program holds (LE10). It counts its time from when it *sent* the last renewal that was answered, by a clock that
 * is never set: so it knows that the lease is over before the cluster does, and never holds on to a key that has gone.
 */
import { RaftError } from '../../core/errors.ts';
import type { ConnectionClock, Random } from '../../ports/clock.ts';
import {
  RENEWAL_JITTER,
  RENEWAL_RETRY_MAX_MS,
  RENEWAL_SHARE,
  RENEWAL_TIMEOUT_MAX_MS,
  REVOKED_AGAIN_MS,
  REVOKED_TRY_MIN_MS,
  REVOKED_WITHIN_MAX_MS,
} from '../limits.ts';
import { mayBeRepeated } from '../may-be-repeated.ts';

interface LeaseHome {
  readonly clock: Pick<ConnectionClock, 'now' | 'setIdleTimeout' | 'setTimeout' | 'clearTimeout'>;
  readonly random: Random;
  /** How long it lasts from now on. */
  renew(id: number, timeoutMs: number): Promise<number>;
  revoke(id: number, timeoutMs: number): Promise<unknown>;
}

export interface Granted {
  readonly id: number;
  readonly ttlMs: number;
  /** When it was asked for, on the clock of the client. */
  readonly sentMs: number;
}

export class Lease implements AsyncDisposable {
  /** What a put names to be bound to it. */
  readonly id: number;
  readonly ttlMs: number;
  readonly #home: LeaseHome;
  readonly #lost = new AbortController();
  #endsMs: number;
  #isKept = false;
  /** It was given back, or is lost. */
  #isOver = false;
  #end: unknown;
  #renewal: unknown = null;

  constructor({ id, ttlMs, sentMs }: Granted, home: LeaseHome) {
    this.id = id;
    this.ttlMs = ttlMs;
    this.#home = home;
    this.#endsMs = sentMs + ttlMs;
    this.#end = this.#awaitEnd();
  }

  /** Aborted when the lease has ended although nobody revoked it here: its keys have gone, or will in a moment. */
  get lost(): AbortSignal {
    // Whoever stood still looks at it before its timers have had their turn.
    if (this.#home.clock.now() >= this.#endsMs) this.#lose(notRenewed(this.id));
    return this.#lost.signal;
  }

  /** For how long it holds for sure, in whole milliseconds; 0: it may be over. */
  get remainingMs(): number {
    return this.#isOver ? 0 : Math.max(0, Math.floor(this.#endsMs - this.#home.clock.now()));
  }

  /** Renews it from now on at about a third of its time, until it is revoked or lost. Harmless twice. */
  keepAlive(): this {
    if (this.#isKept || this.#isOver) return this;
    this.#isKept = true;
    this.#renewAfter(this.#pauseMs());
    return this;
  }

  /**
   * Ends it, and its keys go. Resolves also if it has ended before. Where nobody can end it just now it is tried again until its time is
   * over, for half a minute at most, and only then rejects: who waits for what is bound to it need not wait for its time.
   */
  async revoke(): Promise<void> {
    const { clock } = this.#home;
    this.#stop();
    const timeoutMs = Math.max(REVOKED_TRY_MIN_MS, this.#callTimeoutMs());
    const untilMs = Math.min(this.#endsMs, clock.now() + REVOKED_WITHIN_MAX_MS);
    for (;;) {
      try {
        await this.#home.revoke(this.id, timeoutMs);
        return;
      } catch (error) {
        if (error instanceof RaftError && error.code === 'RAFT_LEASE_EXPIRED') return;
        const leftMs = untilMs - clock.now();
        if (leftMs <= 0 || !mayBeRepeated(error)) throw error;
        await this.#pause(Math.min(leftMs, REVOKED_AGAIN_MS));
      }
    }
  }

  /** As `revoke`, and never rejects: what cannot be revoked now ends by itself, since nobody renews it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.revoke().catch(() => {});
  }

  async #renew(): Promise<void> {
    const { clock } = this.#home;
    const sentMs = clock.now();
    try {
      const ttlMs = await this.#home.renew(this.id, this.#callTimeoutMs());
      if (this.#isOver) return;
      this.#endsMs = Math.max(this.#endsMs, sentMs + ttlMs);
      clock.clearTimeout(this.#end);
      this.#end = this.#awaitEnd();
      this.#renewAfter(this.#pauseMs());
    } catch (error) {
      if (this.#isOver) return;
      if (!(error instanceof RaftError) || error.code === 'RAFT_LEASE_EXPIRED') this.#lose(error);
      else this.#renewAfter(this.#retryMs());
    }
  }

  #renewAfter(pauseMs: number): void {
    this.#renewal = this.#home.clock.setIdleTimeout(() => void this.#renew(), pauseMs);
  }

  #callTimeoutMs(): number {
    return Math.max(1, Math.min(this.ttlMs * RENEWAL_SHARE, RENEWAL_TIMEOUT_MAX_MS));
  }

  #pause(pauseMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#home.clock.setTimeout(resolve, pauseMs);
    });
  }

  /** Leases that were granted at one time are renewed at different ones. */
  #pauseMs(): number {
    const spread = 1 - RENEWAL_JITTER * this.#home.random.next();
    return this.ttlMs * RENEWAL_SHARE * spread;
  }

  #retryMs(): number {
    return Math.min(RENEWAL_RETRY_MAX_MS, this.#pauseMs() / 4);
  }

  #awaitEnd(): unknown {
    const { clock } = this.#home;
    const leftMs = Math.max(0, this.#endsMs - clock.now());
    return clock.setIdleTimeout(() => this.#lose(notRenewed(this.id)), leftMs);
  }

  #lose(why: unknown): void {
    if (this.#isOver) return;
    this.#stop();
    this.#lost.abort(why);
  }

  #stop(): void {
    const { clock } = this.#home;
    this.#isOver = true;
    clock.clearTimeout(this.#end);
    clock.clearTimeout(this.#renewal);
  }
}

function notRenewed(id: number): RaftError {
  const text = `The lease ${id} was not renewed in time: what is bound to it may be gone.`;
  return new RaftError('RAFT_LEASE_EXPIRED', text);
}
