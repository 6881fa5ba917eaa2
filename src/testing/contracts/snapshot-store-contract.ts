/**
 * What every `LogStore` has to do with snapshots, and with a log that was compacted behind one, as tests: rules SN1–SN4
 * and ST20 of docs/SPEC.md. It does not look at what only a disk can get wrong.
 */
import { InvariantViolation } from '../../core/assert.ts';
import { SNAPSHOT_CHUNK_BYTES_MAX } from '../../core/limits.ts';
import { index, term } from '../../core/types.ts';
import type { LogOperation, LogStore } from '../../ports/log-store.ts';
import type { SnapshotStore, StoredSnapshot } from '../../ports/snapshot-store.ts';
import {
  append,
  EVERYTHING,
  hard,
  membersOf,
  OWNER,
  run,
  texts,
  truncate,
  write,
} from './log-operations.ts';
import type { LogStoreContract } from './log-store-contract.ts';
import { type StoreHarness, storeHarness } from './store-harness.ts';
import type { TestFramework } from './test-framework.ts';

/** Registers them as `logStoreContract` does its own; an implementation keeps both. */
export function snapshotStoreContract(
  { name, create }: LogStoreContract,
  framework: TestFramework,
): void {
  framework.describe(`${name} as a store of snapshots`, () => {
    const harness = storeHarness(create, framework);
    writingTests(harness);
    receivingTests(harness);
    compactionTests(harness);
    meetingTests(harness);
  });
}

const MEMBERSHIP = { ...membersOf(['n1', 'n2', 'n3']), index: index(0) };

/** Of the state after this entry. */
function metaOf(ofTerm: number, at: number) {
  const lastEntry = { term: term(ofTerm), index: index(at) };
  return { lastEntry, membership: MEMBERSHIP, timeMs: 7 };
}

function chunk(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Takes a snapshot with these chunks. */
async function snapshotAt(
  { snapshots }: LogStore,
  [ofTerm, at]: readonly [term: number, index: number],
  chunks: readonly string[] = [`state at ${at}`],
): Promise<StoredSnapshot> {
  const writer = await snapshots.begin(metaOf(ofTerm, at));
  for (const text of chunks) await writer.append(chunk(text));
  const stored = await writer.finish();
  if (stored === null) throw new Error('its own snapshot is what it wrote');
  return stored;
}

async function chunksOf(
  snapshots: SnapshotStore,
  snapshot: StoredSnapshot,
): Promise<readonly string[]> {
  const read: string[] = [];
  for (let at = 0; at < snapshot.chunkCount; at += 1) {
    read.push(new TextDecoder().decode(await snapshots.readChunk(snapshot, at)));
  }
  return read;
}

function compact(ofTerm: number, at: number): LogOperation {
  const { lastEntry: base, membership } = metaOf(ofTerm, at);
  return { type: 'compactThrough', base, membership };
}

function startAgain(ofTerm: number, at: number): LogOperation {
  const { lastEntry: base, membership } = metaOf(ofTerm, at);
  return { type: 'restart', base, membership };
}

const LOG = [
  hard(3),
  append(run(1, 1, ['a', 'b', 'c']), run(1, 4, ['d']), run(2, 5, ['e', 'f']), run(2, 7, ['g'])),
];

function writingTests({ it, expect, stored }: StoreHarness): void {
  it('[SN1] keeps a finished snapshot over restarts, chunk by chunk, with all that is said of it', async () => {
    const { store, restart } = await stored(LOG);
    expect(store.snapshots.newest).toEqual(null);
    const snapshot = await snapshotAt(store, [1, 4], ['one', 'two', 'three']);
    expect(snapshot).toMatchObject({ ...metaOf(1, 4), chunkCount: 3, bytes: 11 });
    const { store: again, recovered } = await restart();
    expect(recovered.snapshot).toEqual(snapshot);
    expect(again.snapshots.newest).toEqual(snapshot);
    expect(await chunksOf(again.snapshots, snapshot)).toEqual(['one', 'two', 'three']);
    expect(recovered.log.base.index).toBe(0);
    expect(recovered.commitIndex).toBe(4);
  });

  it('[SN1] [SN3] takes several chunks at once as it takes them one by one, and reads several: these and no others', async () => {
    const { store, restart } = await stored(LOG);
    await snapshotAt(store, [1, 2], ['of an older one']);
    const writer = await store.snapshots.begin(metaOf(1, 4));
    await writer.append(chunk('one'), chunk('two'));
    expect(writer.nextChunk).toBe(2);
    await writer.append(chunk('three'));
    const snapshot = await writer.finish();
    const alone = await stored(LOG);
    expect(snapshot).toEqual(await snapshotAt(alone.store, [1, 4], ['one', 'two', 'three']));
    if (snapshot === null) return;
    const { store: again } = await restart();
    await (await again.snapshots.begin(metaOf(2, 6))).append(chunk('of a newer one'));
    for (const from of [0, 1, 2]) {
      const read = await again.snapshots.readChunks(snapshot, from);
      const texts = read.map((bytes) => new TextDecoder().decode(bytes));
      expect(texts.length > 0).toBe(true);
      expect(texts).toEqual(['one', 'two', 'three'].slice(from, from + texts.length));
    }
  });

  it('[SN1] a snapshot that was not finished does not exist, before a restart or after it', async () => {
    const { store, restart } = await stored(LOG);
    const first = await snapshotAt(store, [1, 2]);
    const writer = await store.snapshots.begin(metaOf(1, 4));
    await writer.append(chunk('half'));
    expect(store.snapshots.newest).toEqual(first);
    const { store: again, recovered } = await restart();
    expect(recovered.snapshot).toEqual(first);
    expect(await snapshotAt(again, [1, 4], ['other', 'chunks'])).toMatchObject({ chunkCount: 2 });
  });

  it('[SN1] refuses chunks that are empty or too large, and members from behind its end', async () => {
    const { store } = await stored(LOG);
    const writer = await store.snapshots.begin(metaOf(1, 4));
    const violation = InvariantViolation;
    await expect(writer.append(new Uint8Array(0))).rejects.toBeInstanceOf(violation);
    const large = new Uint8Array(SNAPSHOT_CHUNK_BYTES_MAX + 1);
    await expect(writer.append(large)).rejects.toBeInstanceOf(violation);
    await writer.append(new Uint8Array(SNAPSHOT_CHUNK_BYTES_MAX));
    await writer.abandon();
    const membership = { ...MEMBERSHIP, index: index(5) };
    const early = { ...metaOf(1, 4), membership };
    await expect(store.snapshots.begin(early)).rejects.toBeInstanceOf(violation);
    await expect(store.snapshots.begin(metaOf(0, 0))).rejects.toBeInstanceOf(violation);
  });

  it('[SN2] the newest stands alone, but for one that is pinned until it is let go', async () => {
    const { store } = await stored(LOG);
    const { snapshots } = store;
    const first = await snapshotAt(store, [1, 2]);
    const release = snapshots.pin(first);
    const second = await snapshotAt(store, [1, 4]);
    expect(snapshots.newest).toEqual(second);
    expect(await chunksOf(snapshots, first)).toEqual(['state at 2']);
    release();
    await snapshotAt(store, [2, 6]);
    const gone = { code: 'RAFT_COMPACTED' };
    await expect(snapshots.readChunk(first, 0)).rejects.toMatchObject(gone);
    await expect(snapshots.readChunk(second, 0)).rejects.toMatchObject(gone);
    await expect(snapshots.begin(metaOf(2, 5))).rejects.toBeInstanceOf(InvariantViolation);
  });

  it('[SN2] one that is given up leaves nothing, and another may be begun', async () => {
    const { store } = await stored(LOG);
    const writer = await store.snapshots.begin(metaOf(1, 4));
    await expect(store.snapshots.begin(metaOf(2, 5))).rejects.toBeInstanceOf(InvariantViolation);
    await writer.append(chunk('half'));
    await writer.abandon();
    expect(store.snapshots.newest).toEqual(null);
    await snapshotAt(store, [1, 4]);
  });
}

function receivingTests({ it, expect, stored }: StoreHarness): void {
  const TEXTS = ['one', 'two', 'three'];

  /** What another member offers. */
  async function offered(): Promise<StoredSnapshot> {
    const { store } = await stored([hard(5), append(run(5, 1, Array(12).fill('x')))]);
    return snapshotAt(store, [5, 10], TEXTS);
  }

  it('[SN3] a received one goes on behind the chunks that came, also after a restart', async () => {
    const offer = await offered();
    const { store, restart } = await stored(LOG);
    const writer = await store.snapshots.resume(offer);
    expect(writer.nextChunk).toBe(0);
    await writer.append(chunk('one'));
    await writer.append(chunk('two'));
    const { store: again } = await restart();
    const next = await again.snapshots.resume(offer);
    expect(next.nextChunk).toBe(2);
    await next.append(chunk('three'));
    expect(await next.finish()).toEqual(offer);
    expect(await chunksOf(again.snapshots, offer)).toEqual(TEXTS);
  });

  it('[SN3] one that is not what its sender said is forgotten, and can be begun again', async () => {
    const offer = await offered();
    const { store } = await stored(LOG);
    const wrong = await store.snapshots.resume(offer);
    for (const text of ['one', 'TWO', 'three']) await wrong.append(chunk(text));
    expect(await wrong.finish()).toBe(null);
    expect(store.snapshots.newest).toEqual(null);
    const right = await store.snapshots.resume(offer);
    expect(right.nextChunk).toBe(0);
    for (const text of TEXTS) await right.append(chunk(text));
    expect(await right.finish()).toEqual(offer);
  });

  it('[SN3] another offer begins anew, and the first is forgotten', async () => {
    const offer = await offered();
    const { store } = await stored(LOG);
    await (await store.snapshots.resume(offer)).append(chunk('one'));
    const other = { ...offer, checksum: offer.checksum ^ 1 };
    expect((await store.snapshots.resume(other)).nextChunk).toBe(0);
    expect((await store.snapshots.resume(offer)).nextChunk).toBe(0);
  });
}

function compactionTests({ it, expect, stored }: StoreHarness): void {
  const all = ['1:a', '1:b', '1:c', '1:d', '2:e', '2:f', '2:g'];

  for (const at of [1, 2, 3, 4, 5, 6, 7]) {
    it(`[ST20] compacts through ${at}, and keeps what is behind it, now and after a restart`, async () => {
      const { store, restart } = await stored(LOG);
      await snapshotAt(store, [at > 4 ? 2 : 1, at]);
      await write(store, [compact(at > 4 ? 2 : 1, at)]);
      expect(await texts(store, at + 1, 7)).toEqual(all.slice(at));
      const early = store.read({ from: index(at), through: index(at), bytesMax: EVERYTHING });
      await expect(early).rejects.toMatchObject({ code: 'RAFT_COMPACTED' });
      const { store: again, recovered } = await restart();
      const { log, commitIndex } = recovered;
      expect(log).toMatchObject({ base: { index: at }, lastIndex: 7 });
      expect(commitIndex).toBe(at);
      expect(await texts(again, at + 1, 7)).toEqual(all.slice(at));
      await write(again, [truncate(at + 1), append(run(3, at + 1, ['X', 'Y']))]);
      expect(await texts(again, at + 1, at + 2)).toEqual(['3:X', '3:Y']);
    });
  }

  it('[ST20] [MC1] the members at the base count, and those of entries behind it', async () => {
    const { store, restart } = await stored(LOG);
    const membership = { ...membersOf(['n1', 'n2']), index: index(3) };
    const base = { term: term(1), index: index(4) };
    await snapshotAt(store, [1, 4]);
    await write(store, [{ type: 'compactThrough', base, membership }]);
    const { recovered } = await restart();
    expect(recovered.membership).toEqual(membership);
    expect(recovered.configurations).toEqual([]);
  });

  it('[ST20] refuses what the log does not hold, or would bring back, or truncate', async () => {
    const { store } = await stored(LOG);
    await snapshotAt(store, [1, 4]);
    await write(store, [compact(1, 4)]);
    for (const wrong of [
      compact(1, 3),
      compact(1, 6),
      compact(2, 8),
      startAgain(1, 3),
      truncate(4),
    ]) {
      expect(() => store.write([wrong], () => {})).toThrow(InvariantViolation);
    }
    await write(store, [append(run(3, 8, ['h']))]);
    expect(await texts(store, 5, 8)).toEqual(['2:e', '2:f', '2:g', '3:h']);
  });

  it('[ST20] a restart of the log leaves none of its entries, whatever stood in their places', async () => {
    const { store, restart } = await stored(LOG);
    await snapshotAt(store, [3, 6]);
    await write(store, [startAgain(3, 6)]);
    await write(store, [append(run(3, 7, ['G', 'H']))]);
    const { store: again, recovered } = await restart();
    const base = { term: 3, index: 6 };
    expect(recovered.log).toEqual({ base, lastIndex: 8, termRuns: [{ term: 3, firstIndex: 7 }] });
    expect(await texts(again, 7, 8)).toEqual(['3:G', '3:H']);
  });
}

function meetingTests({ it, expect, stored }: StoreHarness): void {
  it('[SN4] a snapshot of entries that the log holds leaves the log as it is', async () => {
    const { store, restart } = await stored(LOG);
    await snapshotAt(store, [1, 4]);
    const { store: again, recovered } = await restart();
    expect(recovered.log).toMatchObject({ base: { index: 0 }, lastIndex: 7 });
    expect(await texts(again, 1, 7)).toHaveLength(7);
  });

  const beyond = {
    'whose end the log lacks': [3, 20],
    'that contradicts the log': [3, 6],
  } as const;
  for (const [which, [ofTerm, at]] of Object.entries(beyond)) {
    it(`[SN4] the installation of a snapshot ${which} is finished by the next start`, async () => {
      const { store, restart } = await stored(LOG);
      await snapshotAt(store, [ofTerm, at]);
      const { store: again, recovered } = await restart();
      const base = { term: ofTerm, index: at };
      expect(recovered.log).toEqual({ base, lastIndex: at, termRuns: [] });
      expect(recovered).toMatchObject({ commitIndex: at, snapshot: { lastEntry: base } });
      await write(again, [append(run(3, at + 1, ['next']))]);
      expect(await texts(again, at + 1, at + 1)).toEqual(['3:next']);
    });
  }

  it('[SN4] a log that begins behind entries which no snapshot holds is refused', async () => {
    const { place, store } = await stored(LOG, [compact(1, 4)]);
    await store.close();
    await expect(place.store().open(OWNER)).rejects.toMatchObject({
      code: 'RAFT_LOG_REFUSED',
      message: expect.stringContaining('begins behind index 4'),
    });
  });
}
