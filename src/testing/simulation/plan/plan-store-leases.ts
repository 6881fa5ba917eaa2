/** What a seed says of leases in the key-value store: who holds some, which locks they want with them, how long they last. */
import type { SeededRandom } from '../runtime/random.ts';
import type { KeyValueWorkload } from '../subjects/key-value-subject.ts';

export interface StoreLeasePlan {
  readonly holders: number;
  /** 1 makes each holder meet every other. */
  readonly locks: number;
  readonly ttlMs: number;
  /** The average pause between two calls of one holder, in milliseconds. */
  readonly pauseMs: number;
}

/** They are there in so large a share of the runs of the key-value store. */
const SHARE = 0.35;

export function planStoreLeases(
  random: SeededRandom,
  { machine }: KeyValueWorkload & { readonly machine: 'keyValue' | 'appendList' },
): StoreLeasePlan | null {
  if (machine !== 'keyValue' || !random.chance(SHARE)) return null;
  return {
    holders: random.pick([1, 2, 4]),
    locks: random.pick([1, 1, 2]),
    // Below, at and above what an election takes.
    ttlMs: random.pick([500, 1_500, 4_000]),
    pauseMs: random.pick([100, 300, 1_000]),
  };
}
