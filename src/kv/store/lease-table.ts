/**
 * The leases that there are, and which keys go with each (LE1–LE5). It knows no time: how long a lease lasts is a number that
 * the leader's server counts down, and how often it was renewed tells whether that count is still right.
 */
import { assert } from '../../core/assert.ts';
import type { KeyText } from '../keys/key-order.ts';

/** Changed in place by the table alone. */
export interface Lease {
  readonly id: number;
  readonly ttlMs: number;
  readonly renewals: number;
  readonly keys: ReadonlySet<KeyText>;
}

/** A lease without its keys: these say themselves to which they are bound. */
export type LeaseRecord = Omit<Lease, 'keys'>;

/** Hears of each lease that begins or is renewed. */
type LeaseListener = (lease: Lease) => void;

interface KeptLease extends Lease {
  renewals: number;
  readonly keys: Set<KeyText>;
}

export class LeaseTable {
  /** In the order in which they were granted, which is that of their numbers. */
  readonly #leases = new Map<number, KeptLease>();
  /** The newest that was ever granted: no number is given twice. */
  #last = 0;
  #listener: LeaseListener = () => {};

  get last(): number {
    return this.#last;
  }

  get size(): number {
    return this.#leases.size;
  }

  /** At most one listens. */
  listen(listener: LeaseListener): void {
    this.#listener = listener;
  }

  /** `null`: it has ended, or was never granted. */
  get(id: number): Lease | null {
    return this.#leases.get(id) ?? null;
  }

  all(): Iterable<Lease> {
    return this.#leases.values();
  }

  grant(ttlMs: number): Lease {
    this.#last += 1;
    return this.#begin({ id: this.#last, ttlMs, renewals: 0, keys: new Set() });
  }

  /** `null`: it has ended. */
  renew(id: number): Lease | null {
    const lease = this.#leases.get(id);
    if (lease === undefined) return null;
    lease.renewals += 1;
    this.#listener(lease);
    return lease;
  }

  /** Its keys must have gone before. */
  end(id: number): void {
    assert(this.#leases.get(id)?.keys.size === 0, 'LE3: a lease ends with all of its keys');
    this.#leases.delete(id);
  }

  /** 0: to none. */
  bind(key: KeyText, id: number): void {
    if (id === 0) return;
    const lease = this.#leases.get(id);
    assert(lease !== undefined, 'LE2: a key is bound to a lease that there is');
    lease.keys.add(key);
  }

  unbind(key: KeyText, id: number): void {
    if (id !== 0) this.#leases.get(id)?.keys.delete(key);
  }

  /** As they stand; renewals go on beside it. */
  copy(): LeaseCopy {
    return new LeaseCopy(this.#last, [...this.#leases.values()]);
  }

  /** As it was in a snapshot, in the order of the numbers. */
  restore({ id, ttlMs, renewals }: LeaseRecord, keys: Set<KeyText>): void {
    this.#begin({ id, ttlMs, renewals, keys });
  }

  /** As it was in a snapshot. */
  restoreLast(last: number): void {
    this.#last = last;
  }

  #begin(lease: KeptLease): Lease {
    this.#leases.set(lease.id, lease);
    this.#listener(lease);
    return lease;
  }
}

/** What a snapshot tells of leases. Numbers alone: a hundred thousand of them are copied in a millisecond or two. */
export class LeaseCopy {
  readonly last: number;
  readonly #leases: readonly LeaseRecord[];
  readonly #renewals: Float64Array;

  constructor(last: number, leases: readonly LeaseRecord[]) {
    this.last = last;
    this.#leases = leases;
    this.#renewals = Float64Array.from(leases, ({ renewals }) => renewals);
  }

  get count(): number {
    return this.#leases.length;
  }

  *records(): Generator<LeaseRecord> {
    for (const [at, { id, ttlMs }] of this.#leases.entries()) {
      yield { id, ttlMs, renewals: this.#renewals[at] ?? 0 };
    }
  }
}
