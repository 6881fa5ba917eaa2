/**
 * A place in a line, as locks and elections have it (CO1–CO3). Whoever comes puts a key of its own, bound to a lease of its own, and the
 * revision that creates it is its place: whoever has the lowest is first. Each of the others waits for the one before it alone, so that
 * one who leaves wakes one, and not all. A key that is bound to no lease, as an import or a hand leaves it, would stand there for ever: whoever
 * finds it in the way takes it away (CO10).
 */
import { RaftError } from '../../core/errors.ts';
import type { RangeResult } from '../../kv/commands/results.ts';
import type { KeyValue } from '../../kv/keys/key-value.ts';
import { LINE_PAGE_KEYS, PLACE_TRIES_MAX } from '../limits.ts';
import type { Bytes } from '../values/client-input.ts';
import { giveBack, takeLease } from './own-lease.ts';
import { abortedBy, isCompacted, persistently } from './persistence.ts';
import { Place } from './place.ts';
import type { CoordinatedStore } from './store.ts';

interface Wanted {
  readonly prefix: string;
  readonly value: Bytes;
  readonly ttlMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Resolves once it is first. What it has taken is given back if it is aborted, or fails. */
export async function firstInLine(store: CoordinatedStore, wanted: Wanted): Promise<Place> {
  const { prefix, signal, ttlMs, value } = wanted;
  const lease = await takeLease(store, ttlMs, signal);
  const ended = signal === undefined ? lease.lost : AbortSignal.any([signal, lease.lost]);
  try {
    const key = `${prefix}${lease.id}`;
    const fencing = await placed(store, { key, value, lease: lease.id, ended });
    const seenAt = await untilFirst(store, { prefix, fencing, ended });
    if (lease.lost.aborted) throw abortedBy(lease.lost);
    return new Place(store, { key, createRevision: fencing, lease, seenAt });
  } catch (error) {
    await giveBack(store, lease);
    throw ended.aborted ? abortedBy(ended) : error;
  }
}

interface Coming {
  readonly key: string;
  readonly value: Bytes;
  readonly lease: number;
  readonly ended: AbortSignal;
}

/** Resolves with the revision that created the key. One that is there already is nobody's: no other has this lease. */
async function placed(
  store: CoordinatedStore,
  { key, value, lease, ended: signal }: Coming,
): Promise<number> {
  for (let tries = 0; tries < PLACE_TRIES_MAX; tries += 1) {
    const { revision, succeeded } = await store.txn(
      {
        compare: [{ key, target: 'version', operator: '=', value: 0 }],
        success: [{ type: 'put', key, value, lease }],
        failure: [{ type: 'delete', key }],
      },
      { signal },
    );
    if (succeeded) return revision;
  }
  throw new RaftError('RAFT_CONFLICT', `Somebody else puts the key ${key} again and again.`);
}

interface Waiting {
  readonly prefix: string;
  readonly fencing: number;
  readonly ended: AbortSignal;
}

/**
 * Who was before it may have left without having been first: then the one before that is waited for. Resolves with a revision at
 * which it was first.
 */
async function untilFirst(store: CoordinatedStore, waiting: Waiting): Promise<number> {
  const { ended } = waiting;
  for (;;) {
    const { before, revision } = await persistently(store, ended, () => lookAhead(store, waiting));
    if (before === null) return revision;
    if (before.lease === null) await takeAway(store, before, ended);
    else await untilGone(store, { key: before.key, from: revision + 1, ended });
  }
}

interface Ahead {
  /** The last of those before it; `null`: there is none. */
  readonly before: KeyValue | null;
  readonly revision: number;
}

/** At one revision, a page at a time. */
async function lookAhead(
  store: CoordinatedStore,
  { prefix, fencing, ended: signal }: Waiting,
): Promise<Ahead> {
  let before: KeyValue | null = null;
  let isThere = false;
  let start: Uint8Array | null = null;
  let at: number | null = null;
  for (;;) {
    const page: Pick<RangeResult, 'kvs' | 'more' | 'revision'> = await store.range({
      prefix,
      keysOnly: true,
      limit: LINE_PAGE_KEYS,
      signal,
      ...(start !== null && { start }),
      ...(at !== null && { revision: at }),
    });
    at ??= page.revision;
    for (const kv of page.kvs) {
      isThere ||= kv.createRevision === fencing;
      if (kv.createRevision < fencing && kv.createRevision > (before?.createRevision ?? 0)) {
        before = kv;
      }
    }
    const last = page.kvs.at(-1);
    if (!page.more || last === undefined) break;
    start = Uint8Array.of(...last.key, 0);
  }
  if (!isThere) throw missing();
  return { before, revision: at };
}

/** Unless it has changed meanwhile. Its holder, if it has one, hears of it. */
async function takeAway(
  store: CoordinatedStore,
  { key, modRevision }: KeyValue,
  ended: AbortSignal,
): Promise<void> {
  await persistently(store, ended, () =>
    store.txn(
      {
        compare: [{ key, target: 'modRevision', operator: '=', value: modRevision }],
        success: [{ type: 'delete', key }],
      },
      { signal: ended },
    ),
  );
}

interface Leaving {
  readonly key: Uint8Array;
  readonly from: number;
  readonly ended: AbortSignal;
}

/** A history that was compacted meanwhile says nothing: the line is looked at once more. */
async function untilGone(store: CoordinatedStore, { key, from, ended }: Leaving): Promise<void> {
  try {
    for await (const { events } of store.watch({ key, from, signal: ended })) {
      if (events.some((event) => event.type === 'delete' || event.lease === null)) return;
    }
  } catch (error) {
    if (!isCompacted(error)) throw error;
    return;
  }
  if (ended.aborted) throw abortedBy(ended);
  throw new RaftError('RAFT_STOPPED', 'The client was closed.');
}

function missing(): RaftError {
  const text = 'The place in line is gone: its lease has ended, or somebody deleted its key.';
  return new RaftError('RAFT_LEASE_EXPIRED', text);
}
