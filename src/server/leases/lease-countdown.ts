/**
 * When leases are over, by the monotonic clock of this node (LE6, LE7). A lease is looked at when it may be over, and not when it
 * is renewed: of ten thousand renewals a second nothing remains here but the time of each.
 */
import type { Lease } from '../../kv/store/lease-table.ts';
import { LEASE_SLOT_MS, LEASES_LOOKED_AT_MAX } from '../limits.ts';

interface Leases {
  readonly size: number;
  get(id: number): Lease | null;
  all(): Iterable<Lease>;
}

export class LeaseCountdown {
  readonly #leases: () => Leases;
  readonly #now: () => number;
  /** When each was granted or renewed last, as this node applied it. */
  readonly #touchedMs = new Map<number, number>();
  /** Those that may be over by the end of a slot of time, and were not before. */
  readonly #slots = new Map<number, number[]>();
  #slot: number;
  /** Their slot is past, and they have not been looked at. */
  #waiting: number[] = [];

  constructor(leases: () => Leases, now: () => number) {
    this.#leases = leases;
    this.#now = now;
    this.#slot = slotOf(now());
    this.replaced();
  }

  touched({ id, ttlMs }: Lease): void {
    const now = this.#now();
    if (!this.#touchedMs.has(id)) {
      this.#forgetEnded();
      this.#place(id, now + ttlMs);
    }
    this.#touchedMs.set(id, now);
  }

  /** All are others; they are counted from now on. */
  replaced(): void {
    this.#touchedMs.clear();
    this.#slots.clear();
    this.#waiting = [];
    for (const lease of this.#leases().all()) this.touched(lease);
  }

  /** How long it lasts from now on, counted from when it was renewed, and not before `sinceMs`; 0: it is over. */
  remainingMs({ id, ttlMs }: Lease, sinceMs: number): number {
    const touchedMs = this.#touchedMs.get(id) ?? this.#now();
    return Math.max(0, Math.max(touchedMs, sinceMs) + ttlMs - this.#now());
  }

  /** At most so many of those that are over; they are named again the next time, unless they have ended. */
  due(sinceMs: number, countMax: number): readonly Lease[] {
    this.#advance();
    const due: Lease[] = [];
    const again: number[] = [];
    for (let looks = LEASES_LOOKED_AT_MAX; looks > 0 && due.length < countMax; looks -= 1) {
      const id = this.#waiting.pop();
      if (id === undefined) break;
      const lease = this.#leases().get(id);
      if (lease === null) {
        this.#touchedMs.delete(id);
        continue;
      }
      const remainingMs = this.remainingMs(lease, sinceMs);
      if (remainingMs > 0) {
        this.#place(id, this.#now() + remainingMs);
        continue;
      }
      due.push(lease);
      again.push(id);
    }
    this.#waiting.push(...again);
    return due;
  }

  /** What was given back would stay until its time is over, and that may be a year. Looks at all once as many have come as there were. */
  #forgetEnded(): void {
    const leases = this.#leases();
    if (this.#touchedMs.size <= 2 * leases.size + LEASES_LOOKED_AT_MAX) return;
    const touchedMs = [...this.#touchedMs];
    this.#touchedMs.clear();
    this.#slots.clear();
    this.#waiting = [];
    for (const [id, sinceMs] of touchedMs) {
      const lease = leases.get(id);
      if (lease === null) continue;
      this.#touchedMs.set(id, sinceMs);
      this.#place(id, sinceMs + lease.ttlMs);
    }
  }

  #place(id: number, dueMs: number): void {
    const slot = Math.max(slotOf(dueMs), this.#slot) + 1;
    const ids = this.#slots.get(slot);
    if (ids === undefined) this.#slots.set(slot, [id]);
    else ids.push(id);
  }

  #advance(): void {
    const slot = slotOf(this.#now());
    for (; this.#slot < slot; this.#slot += 1) {
      const ids = this.#slots.get(this.#slot + 1) ?? [];
      for (const id of ids) this.#waiting.push(id);
      this.#slots.delete(this.#slot + 1);
    }
  }
}

function slotOf(timeMs: number): number {
  return Math.floor(timeMs / LEASE_SLOT_MS);
}
