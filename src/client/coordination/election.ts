/** One leader at a time among those who campaign (CO4): the first in line, whose key says who it is. */

import { RaftError } from '../../core/errors.ts';
import { COORDINATION_TTL_MS } from '../limits.ts';
import { type Bytes, toBytes } from '../values/client-input.ts';
import { firstInLine } from './line.ts';
import type { LockOptions } from './lock.ts';
import { abortedBy } from './persistence.ts';
import type { Place } from './place.ts';
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
  readonly #place: Place;

  constructor(store: CoordinatedStore, name: string, place: Place) {
    this.name = name;
    this.fencing = place.fencing;
    this.#store = store;
    this.#place = place;
  }

  /**
   * Aborted once another may lead, although it did not resign: its time is over, or somebody else ended its lease or deleted its key. The
   * reason says which; stop what only a leader may do.
   */
  get lost(): AbortSignal {
    return this.#place.lost;
  }

  /** Says something else of itself to those who observe. Rejects with why it was lost if it does not lead any more. */
  async proclaim(value: Bytes): Promise<void> {
    const { fencing, key, lease, lost: signal } = this.#place;
    if (signal.aborted) throw abortedBy(signal);
    const { succeeded } = await this.#store.txn(
      {
        compare: [{ key, target: 'createRevision', operator: '=', value: fencing }],
        success: [{ type: 'put', key, value, lease: lease.id }],
      },
      { signal },
    );
    if (!succeeded) throw leadsNoMore(this.name);
  }

  /** The next one leads. */
  resign(): Promise<void> {
    return this.#place.release();
  }

  /** As `resign`, and never rejects. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#place[Symbol.asyncDispose]();
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

function leadsNoMore(name: string): RaftError {
  const text = `The election ${name} has another leader, or none: nothing was said. Campaign again.`;
  return new RaftError('RAFT_LEASE_EXPIRED', text);
}
