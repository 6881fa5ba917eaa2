/** How much is kept of leases that have ended. */
import { expect, it } from 'vitest';
import type { Lease } from '../../../src/kv/store/lease-table.ts';
import { LeaseCountdown } from '../../../src/server/leases/lease-countdown.ts';
import { LEASE_SLOT_MS, LEASES_LOOKED_AT_MAX } from '../../../src/server/limits.ts';

it('[LE6] remembers nothing of leases that were given back long before their time', () => {
  const table = new Map<number, Lease>();
  let [atMs, looks] = [0, 0];
  const leases = {
    size: 0,
    get: (id: number): Lease | null => {
      looks += 1;
      return table.get(id) ?? null;
    },
    all: () => table.values(),
  };
  const countdown = new LeaseCountdown(
    () => ({ ...leases, size: table.size }),
    () => atMs,
  );
  const [kept, ttlMs] = [7, 60_000];
  for (let id = 1; id <= 4 * LEASES_LOOKED_AT_MAX; id += 1) {
    const lease = { id, ttlMs, renewals: 0, keys: new Set<never>() };
    table.set(id, lease);
    countdown.touched(lease);
    if (id !== kept) table.delete(id);
  }
  atMs = ttlMs - 1;
  expect(countdown.due(0, 1)).toEqual([]);
  looks = 0;
  atMs = ttlMs + 2 * LEASE_SLOT_MS;
  let due: readonly Lease[] = [];
  for (let turn = 0; turn < 8; turn += 1) {
    const now = countdown.due(0, 1);
    if (now.length > 0) due = now;
  }
  expect(due.map(({ id }) => id)).toEqual([kept]);
  expect(looks).toBeLessThan(1.5 * LEASES_LOOKED_AT_MAX);
});
