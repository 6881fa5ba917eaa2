/** Renewals of the leases of one client, gathered for a moment into one request (LE10): thousands cost what a few do. */

import { LEASES_IN_COMMAND_MAX } from '../../kv/limits.ts';
import type { ConnectionClock } from '../../ports/clock.ts';
import { RENEWALS_GATHERED_MAX_MS, RENEWALS_GATHERED_SHARE } from '../limits.ts';
import { leaseEnded } from '../values/client-output.ts';

/** How long each of them lasts from now on, in their order; 0: it has ended. */
type RenewAll = (leases: readonly number[], timeoutMs: number) => Promise<readonly number[]>;

type RenewalClock = Pick<ConnectionClock, 'now' | 'setIdleTimeout' | 'clearTimeout'>;

interface Waiting {
  readonly lease: number;
  readonly timeoutMs: number;
  readonly resolve: (ttlMs: number) => void;
  readonly reject: (error: unknown) => void;
}

export class LeaseRenewals {
  readonly #renewAll: RenewAll;
  readonly #clock: RenewalClock;
  #waiting: Waiting[] = [];
  #timer: unknown = null;
  #dueMs = Number.POSITIVE_INFINITY;

  constructor(clock: RenewalClock, renewAll: RenewAll) {
    this.#clock = clock;
    this.#renewAll = renewAll;
  }

  /** Rejects with `RAFT_LEASE_EXPIRED` if it has ended, and otherwise as the request of all does. */
  renew(lease: number, timeoutMs: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ lease, timeoutMs, resolve, reject });
      if (this.#waiting.length === LEASES_IN_COMMAND_MAX) this.#send();
      else
        this.#sendWithin(Math.min(timeoutMs * RENEWALS_GATHERED_SHARE, RENEWALS_GATHERED_MAX_MS));
    });
  }

  /** Those that are short are not to wait for those that are long. */
  #sendWithin(patienceMs: number): void {
    const dueMs = this.#clock.now() + patienceMs;
    if (dueMs >= this.#dueMs) return;
    this.#clock.clearTimeout(this.#timer);
    this.#dueMs = dueMs;
    this.#timer = this.#clock.setIdleTimeout(() => this.#send(), patienceMs);
  }

  /** None of them waits for longer than it would alone. */
  async #send(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#clock.clearTimeout(this.#timer);
    this.#dueMs = Number.POSITIVE_INFINITY;
    const leases = waiting.map(({ lease }) => lease);
    const timeoutMs = Math.min(...waiting.map((each) => each.timeoutMs));
    try {
      const ttlsMs = await this.#renewAll(leases, timeoutMs);
      for (const [at, { lease, resolve, reject }] of waiting.entries()) {
        const ttlMs = ttlsMs[at] ?? 0;
        if (ttlMs > 0) resolve(ttlMs);
        else reject(leaseEnded(lease));
      }
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }
}
