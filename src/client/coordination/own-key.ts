/**
 * The key that stands for what is held (CO8). Whoever holds learns at once when somebody else takes it away, by a watch on this key alone:
 * the next one has it from that moment. A watch that is cut goes on elsewhere, and tells what happened meanwhile; if it cannot, the key is
 * looked at. What cannot be found out is no loss: the lease says for how long it is held at least.
 */
import { RaftError } from '../../core/errors.ts';
import type { Lease } from '../leases/lease.ts';
import { OWN_KEY_AGAIN_MS } from '../limits.ts';
import { isCompacted, persistently } from './persistence.ts';
import type { CoordinatedStore } from './store.ts';

export interface OwnKey {
  readonly key: string;
  /** The revision that created it. */
  readonly createRevision: number;
  readonly lease: Lease;
  /** A revision at which it was there. */
  readonly seenAt: number;
}

interface Following {
  /** What follows of it is of no interest any more: it was given back, or is lost. */
  readonly ended: AbortSignal;
  /** Called at most once, with what happened and what to do. */
  readonly onTaken: (why: RaftError) => void;
}

export function followOwnKey(
  store: CoordinatedStore,
  own: OwnKey,
  { ended, onTaken }: Following,
): void {
  store.followedKeys.whenFree(ended, async () => {
    const revision = await whenTaken(store, own, ended);
    if (revision !== null && !ended.aborted) onTaken(takenAway(own, revision));
  });
}

/** Resolves with the revision since which it is not there, as far as is known; `null`: that came first. */
async function whenTaken(
  store: CoordinatedStore,
  own: OwnKey,
  ended: AbortSignal,
): Promise<number | null> {
  let from = own.seenAt + 1;
  while (!ended.aborted) {
    const found = await watched(store, own, { from, ended }).catch((error: unknown) =>
      isCompacted(error) ? looked(store, own, ended).catch(() => null) : null,
    );
    if (found?.isThere === false) return found.revision;
    // Rights may have been withdrawn, or the client is closed: its keys are there all the same.
    if (found === null) await store.pause(OWN_KEY_AGAIN_MS, ended);
    else from = found.revision + 1;
  }
  return null;
}

interface Found {
  readonly isThere: boolean;
  readonly revision: number;
}

/** `null`: the watch was closed. */
async function watched(
  store: CoordinatedStore,
  { key, createRevision }: OwnKey,
  { from, ended: signal }: { readonly from: number; readonly ended: AbortSignal },
): Promise<Found | null> {
  for await (const { events, revision } of store.watch({ key, from, signal })) {
    const isThere = events.every(
      (event) => event.type === 'put' && event.createRevision === createRevision,
    );
    if (!isThere) return { isThere, revision };
  }
  return null;
}

async function looked(
  store: CoordinatedStore,
  { key, createRevision }: OwnKey,
  signal: AbortSignal,
): Promise<Found> {
  const { kvs, revision } = await persistently(store, signal, () =>
    store.range({ key, keysOnly: true, signal }),
  );
  return { isThere: kvs[0]?.createRevision === createRevision, revision };
}

function takenAway({ key, lease }: OwnKey, revision: number): RaftError {
  const what = `The key ${key} is gone at revision ${revision}, and was not given back here: somebody deleted it, or ended the lease ${lease.id}.`;
  const next = 'Others may have what it stood for: stop what needs that, and ask for it anew.';
  return new RaftError('RAFT_LEASE_EXPIRED', `${what} ${next}`);
}
