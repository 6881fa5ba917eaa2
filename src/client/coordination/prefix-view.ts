/** All keys of a prefix as they are and as they change, without a gap between the two (CO5). */
import type { RangeResult } from '../../kv/commands/results.ts';
import type { KeyValue } from '../../kv/keys/key-value.ts';
import type { WatchRevision } from '../../kv/watching/watch-event.ts';
import { isCompacted, persistently } from './persistence.ts';
import type { CoordinatedStore } from './store.ts';

/** Tells all of them at first, and again after each revision that changes any; until the signal is aborted. */
export async function* followPrefix(
  store: CoordinatedStore,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<readonly KeyValue[], void, undefined> {
  while (!signal.aborted) {
    const { kvs, revision } = await persistently(store, signal, () =>
      readAll(store, prefix, signal),
    );
    const view = new Map(kvs.map((kv) => [nameOf(kv.key), kv]));
    yield [...view.values()];
    try {
      for await (const change of store.watch({ prefix, from: revision + 1, signal })) {
        apply(view, change);
        yield [...view.values()];
      }
      return;
    } catch (error) {
      if (!isCompacted(error)) throw error;
    }
  }
}

function apply(view: Map<string, KeyValue>, { events }: WatchRevision): void {
  for (const event of events) {
    if (event.type === 'delete') view.delete(nameOf(event.key));
    else view.set(nameOf(event.key), event);
  }
}

async function readAll(
  store: CoordinatedStore,
  prefix: string,
  signal: AbortSignal,
): Promise<Pick<RangeResult, 'kvs' | 'revision'>> {
  const kvs: KeyValue[] = [];
  let start: Uint8Array | null = null;
  let at: number | null = null;
  for (;;) {
    const page: Pick<RangeResult, 'kvs' | 'more' | 'revision'> = await store.range({
      prefix,
      signal,
      ...(start !== null && { start }),
      ...(at !== null && { revision: at }),
    });
    at ??= page.revision;
    kvs.push(...page.kvs);
    const last = page.kvs.at(-1);
    if (!page.more || last === undefined) return { kvs, revision: at };
    start = Uint8Array.of(...last.key, 0);
  }
}

/** One character for each byte. */
function nameOf(key: Uint8Array): string {
  return String.fromCharCode(...key);
}
