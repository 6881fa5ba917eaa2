/**
 * Where the instances of a service are, while they live (CO5). Each registration has a key of its own: who withdraws an address, or dies
 * with it, takes it from nobody else who is there as well.
 */
import type { Lease } from '../leases/lease.ts';
import { COORDINATION_RETRY_MS, COORDINATION_TTL_MS } from '../limits.ts';
import { onAbort } from '../on-abort.ts';
import { giveBack, takeLease } from './own-lease.ts';
import { abortedBy } from './persistence.ts';
import { Place } from './place.ts';
import { followPrefix } from './prefix-view.ts';
import { type CoordinatedStore, prefixOf, segmentOf } from './store.ts';

export interface RegisterOptions {
  /** How long the address stays after its process is gone without a word, in milliseconds; default 10,000. */
  readonly ttlMs?: number;
  /** Withdraws it, as `withdraw` does. */
  readonly signal?: AbortSignal;
}

/** Is there until it is withdrawn: after an outage that outlasted its lease, and when somebody else took it away, it is made anew. */
export class Registration implements AsyncDisposable {
  readonly service: string;
  readonly address: string;
  readonly #store: CoordinatedStore;
  readonly #ttlMs: number;
  /** Of the keys that it has, one after the other. */
  readonly #place: string;
  readonly #ended = new AbortController();
  #lease: Lease | null = null;
  /** `null`: it is being made. */
  #held: Place | null = null;

  constructor(
    store: CoordinatedStore,
    {
      service,
      address,
      ttlMs,
    }: { readonly service: string; readonly address: string; readonly ttlMs: number },
  ) {
    this.service = service;
    this.address = address;
    this.#store = store;
    this.#ttlMs = ttlMs;
    const own = segmentOf('a registration needs an address', address);
    this.#place = `${prefixOf('services', service)}${own}`;
  }

  /** Withdraws it once that is aborted. */
  endWith(signal: AbortSignal): void {
    const release = onAbort(signal, () => void this[Symbol.asyncDispose]());
    onAbort(this.#ended.signal, release);
  }

  /** Once; rejects if it cannot be made now. */
  async begin(): Promise<this> {
    const { signal } = this.#ended;
    const lease = await takeLease(this.#store, this.#ttlMs, signal);
    this.#lease = lease;
    this.#held = null;
    try {
      const key = `${this.#place}/${lease.id}`;
      const { revision } = await this.#store.put(key, this.address, { lease: lease.id, signal });
      // From here on `lost` is listened to; what was aborted before tells nobody.
      if (lease.lost.aborted) throw abortedBy(lease.lost);
      if (signal.aborted) throw abortedBy(signal);
      const own = { key, createRevision: revision, lease, seenAt: revision };
      this.#held = new Place(this.#store, own);
      this.#held.lost.addEventListener('abort', () => void this.#again(), { once: true });
      return this;
    } catch (error) {
      await giveBack(this.#store, lease);
      throw error;
    }
  }

  /** Nobody finds it any more. */
  async withdraw(): Promise<void> {
    this.#ended.abort();
    await (this.#held?.release() ?? this.#lease?.revoke());
  }

  /** As `withdraw`, and never rejects. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.withdraw().catch(() => {});
  }

  async #again(): Promise<void> {
    const { signal } = this.#ended;
    for (let isMade = false; !isMade; ) {
      // Also at first: somebody may take it away again and again.
      await this.#store.pause(COORDINATION_RETRY_MS, signal);
      if (signal.aborted) return;
      isMade = await this.begin().then(
        () => true,
        () => false,
      );
    }
  }
}

export async function registerService(
  store: CoordinatedStore,
  { service, address }: { readonly service: string; readonly address: string },
  { signal, ttlMs = COORDINATION_TTL_MS }: RegisterOptions,
): Promise<Registration> {
  if (signal?.aborted) throw abortedBy(signal);
  const registration = new Registration(store, { service, address, ttlMs });
  if (signal !== undefined) registration.endWith(signal);
  try {
    return await registration.begin();
  } catch (error) {
    // Whoever tells it to end from now on speaks to nobody.
    void registration[Symbol.asyncDispose]();
    throw error;
  }
}

/** The addresses of a service, in order, each once: at once, and whenever they are others. */
export async function* resolveService(
  store: CoordinatedStore,
  service: string,
  signal: AbortSignal,
): AsyncGenerator<readonly string[], void, undefined> {
  // As it was registered, to the first character.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let told: string | null = null;
  for await (const kvs of followPrefix(store, prefixOf('services', service), signal)) {
    const addresses = [...new Set(kvs.map(({ value }) => decoder.decode(value)))].sort();
    const now = JSON.stringify(addresses);
    if (now === told) continue;
    told = now;
    yield addresses;
  }
}
