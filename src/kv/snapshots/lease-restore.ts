/**
 * The leases out of a snapshot (KV26). The keys come first and say to which they are bound; then the leases come, in the order
 * of their numbers, and there must be each that a key is bound to.
 */

import type { KeyText } from '../keys/key-order.ts';
import type { KeyVersion } from '../keys/key-version.ts';
import { LEASE_TTL_MAX_MS, LEASE_TTL_MIN_MS } from '../limits.ts';
import { type LeaseRecord, LeaseTable } from '../store/lease-table.ts';
import { notRestored } from './not-restored.ts';

export class LeaseRestore {
  readonly table = new LeaseTable();
  /** Those keys whose lease has not come yet. */
  readonly #bound = new Map<number, Set<KeyText>>();
  #newest = 0;
  #previous = 0;
  /** `null`: they were not announced. */
  #left: number | null = null;

  /** A key has another version, and was bound to that lease before; 0: to none. */
  changed({ key, lease }: KeyVersion, before: number): void {
    if (this.#left !== null) throw notRestored('A key follows the leases.');
    if (before !== 0) this.#bound.get(before)?.delete(key);
    if (lease === 0) return;
    this.#newest = Math.max(this.#newest, lease);
    const keys = this.#bound.get(lease);
    if (keys === undefined) this.#bound.set(lease, new Set([key]));
    else keys.add(key);
  }

  begin({ last, count }: { readonly last: number; readonly count: number }): void {
    const isFirst = this.#left === null && last > 0 && this.#newest <= last && count <= last;
    if (!isFirst) throw notRestored('Its leases contradict each other.');
    this.#left = count;
    this.table.restoreLast(last);
  }

  add(lease: LeaseRecord): void {
    const { id, ttlMs } = lease;
    const isNext = this.#left !== null && this.#left > 0;
    if (!isNext || id <= this.#previous || id > this.table.last) {
      throw notRestored('Its leases are not in order.');
    }
    if (ttlMs < LEASE_TTL_MIN_MS || ttlMs > LEASE_TTL_MAX_MS) {
      throw notRestored('A lease cannot be.');
    }
    this.#previous = id;
    this.#left = (this.#left ?? 0) - 1;
    this.table.restore(lease, this.#bound.get(id) ?? new Set());
    this.#bound.delete(id);
  }

  end(): void {
    const isWhole = (this.#left ?? 0) === 0;
    const isBound = [...this.#bound.values()].some(({ size }) => size > 0);
    if (!isWhole || isBound) throw notRestored('A lease is missing.');
  }
}
