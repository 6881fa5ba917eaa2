/**
 * A lock that one holder has at a time (CO1–CO3), and a fencing number by which others can tell: the number of each holder is higher than
 * those of all before it. Who holds it may be cut off, and not know yet that it has lost it: what must not happen twice has to
 * refuse a lower number than it has seen.
 */
import { COORDINATION_TTL_MS } from '../limits.ts';
import { firstInLine } from './line.ts';
import type { Place } from './place.ts';
import { type CoordinatedStore, prefixOf } from './store.ts';

export interface LockOptions {
  /** Ends the wait for it, not the holding. */
  readonly signal?: AbortSignal;
  /** How long it stays taken after its holder is gone without a word, in milliseconds; default 10,000. */
  readonly ttlMs?: number;
}

export class Lock implements AsyncDisposable {
  readonly name: string;
  /** Of the store; it is there for as long as the lock is held. */
  readonly key: string;
  readonly fencing: number;
  readonly #place: Place;

  constructor(name: string, place: Place) {
    this.name = name;
    this.key = place.key;
    this.fencing = place.fencing;
    this.#place = place;
  }

  /**
   * Aborted once it may be another's, although nobody released it here: its time is over, or somebody else ended its lease or deleted its
   * key. The reason says which; stop what it is for.
   */
  get lost(): AbortSignal {
    return this.#place.lost;
  }

  /** The next one has it. Rejects if no server says so; then it is free after its time, since nobody renews it. */
  release(): Promise<void> {
    return this.#place.release();
  }

  /** As `release`, and never rejects. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#place[Symbol.asyncDispose]();
  }
}

export async function takeLock(
  store: CoordinatedStore,
  name: string,
  { signal, ttlMs = COORDINATION_TTL_MS }: LockOptions,
): Promise<Lock> {
  const prefix = prefixOf('locks', name);
  return new Lock(name, await firstInLine(store, { prefix, value: '', ttlMs, signal }));
}
