/** One leader at a time among those who campaign (CO4): the first in line, whose key says who it is. */
import { type Bytes, toBytes } from '../client-input.ts';
import type { Lease } from '../lease.ts';
import { COORDINATION_TTL_MS } from '../limits.ts';
import { firstInLine, type Place } from './line.ts';
import type { LockOptions } from './lock.ts';
import { followPrefix } from './prefix-view.ts';
import { type CoordinatedStore, prefixOf } from './store.ts';

/** Who leads, as others see it. */
export interface Elected {
  /** What it says of itself. */
  readonly value: Uint8Array;
  /** Higher than that of every leader before. */
  readonly fencing: number;
}

export class Leadership implements AsyncDisposable {
  readonly name: string;
  readonly fencing: number;
  readonly #store: CoordinatedStore;
  readonly #key: string;
  readonly #lease: Lease;

  constructor(store: CoordinatedStore, name: string, { key, fencing, lease }: Place) {
    this.name = name;
    this.fencing = fencing;
    this.#store = store;
    this.#key = key;
    this.#lease = lease;
  }

  /** Aborted once it does not lead any more for sure, although it did not resign: stop what only a leader may do. */
  get lost(): AbortSignal {
    return this.#lease.lost;
  }

  /** Says something else of itself to those who observe. */
  async proclaim(value: Bytes): Promise<void> {
    const { id: lease, lost: signal } = this.#lease;
    await this.#store.put(this.#key, value, { lease, signal, condition: { type: 'present' } });
  }

  /** The next one leads. */
  resign(): Promise<void> {
    return this.#lease.revoke();
  }

  /** As `resign`, and never rejects. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#lease[Symbol.asyncDispose]();
  }
}

export async function campaignFor(
  store: CoordinatedStore,
  name: string,
  { value, signal, ttlMs = COORDINATION_TTL_MS }: LockOptions & { readonly value: Bytes },
): Promise<Leadership> {
  const prefix = prefixOf('elections', name);
  // Bytes of its own, before it costs a lease.
  const wanted = { prefix, value: new Uint8Array(toBytes(value)), ttlMs, signal };
  return new Leadership(store, name, await firstInLine(store, wanted));
}

/** Each leader, as it comes to lead or says something else; `null`: nobody leads. */
export async function* observeElection(
  store: CoordinatedStore,
  name: string,
  signal: AbortSignal,
): AsyncGenerator<Elected | null, void, undefined> {
  let told: string | null = null;
  for await (const kvs of followPrefix(store, prefixOf('elections', name), signal)) {
    let first: (typeof kvs)[number] | null = null;
    for (const kv of kvs) {
      if (first === null || kv.createRevision < first.createRevision) first = kv;
    }
    const now = first === null ? 'nobody' : `${first.createRevision} ${first.modRevision}`;
    if (now === told) continue;
    told = now;
    yield first === null ? null : { value: first.value, fencing: first.createRevision };
  }
}
