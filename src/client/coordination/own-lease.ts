/** The lease of whoever waits or holds: asked for, and given back, by somebody who may lose patience at any moment. */
import type { Lease } from '../leases/lease.ts';
import { GIVEN_BACK_WITHIN_MS } from '../limits.ts';
import { onAbort } from '../on-abort.ts';
import { abortedBy } from './persistence.ts';
import type { CoordinatedStore } from './store.ts';

/**
 * Kept alive from the beginning. A request that was aborted on its way may be carried out all the same, and nobody would know the number
 * of what it granted: so it is not aborted, and what nobody waits for any more is given back.
 */
export async function takeLease(
  store: CoordinatedStore,
  ttlMs: number,
  signal: AbortSignal | undefined,
): Promise<Lease> {
  if (signal?.aborted) throw abortedBy(signal);
  const granting = store.grantLease({ ttlMs });
  const lease = await (signal === undefined ? granting : unlessAborted(granting, signal));
  return lease.keepAlive();
}

function unlessAborted(granting: Promise<Lease>, signal: AbortSignal): Promise<Lease> {
  return new Promise((resolve, reject) => {
    const release = onAbort(signal, () => {
      reject(abortedBy(signal));
      granting.then(
        (lease) => lease[Symbol.asyncDispose](),
        () => {},
      );
    });
    granting.finally(release).then(resolve, reject);
  });
}

/** Never rejects. While nobody can take it back nobody waits for long: it goes on by itself, or the lease ends, since nobody renews it. */
export async function giveBack(store: CoordinatedStore, lease: Lease): Promise<void> {
  const done = new AbortController();
  lease[Symbol.asyncDispose]().then(() => done.abort());
  await store.pause(GIVEN_BACK_WITHIN_MS, done.signal);
}
