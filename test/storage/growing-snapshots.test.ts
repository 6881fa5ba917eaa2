/**
 * Snapshots that take over chunks of the one before (SN5), against a model of what must be there: on the simulated disk
 * below the production store, with every bound small, in memory, and on a real LevelDB.
 */
import { describe, expect, it } from 'vitest';
import { index, term } from '../../src/core/types.ts';
import type { LogStore } from '../../src/ports/log-store.ts';
import type { SnapshotWriter, StoredSnapshot } from '../../src/ports/snapshot-store.ts';
import { memoryLogStore } from '../../src/storage/memory-log-store.ts';
import {
  append,
  hard,
  membersOf,
  OWNER,
  run,
  write,
} from '../../src/testing/contracts/log-operations.ts';
import { SeededRandom } from '../../src/testing/simulation/runtime/random.ts';
import { storeIn, Workspace } from './data-directories.ts';
import { PromptDisk } from './prompt-disk.ts';

const ENTRIES = 60;
const FULL_LOG = [hard(1), append(run(1, 1, Array<string>(ENTRIES).fill('x')))];
const SNAPSHOTS = 'data/snapshots';
const HELD = { heldBytesMax: 1_000_000, rewrittenChunksMax: 4 };
const WRITTEN_AHEAD = { heldBytesMax: 0, rewrittenChunksMax: 4 };

function metaOf(at: number) {
  const lastEntry = { term: term(1), index: index(at) };
  return { lastEntry, membership: { ...membersOf(['n1', 'n2']), index: index(1) }, timeMs: 7 };
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A chunk of its own, or a place of the base. */
type Piece = string | number;

async function writePieces(writer: SnapshotWriter, pieces: readonly Piece[]): Promise<void> {
  for (const piece of pieces) {
    if (typeof piece === 'string') await writer.append(bytesOf(piece));
    else if (writer.share === undefined) expect.fail('chunks may be shared');
    else await writer.share(piece);
  }
}

async function take(
  { snapshots }: LogStore,
  at: number,
  pieces: readonly Piece[],
): Promise<StoredSnapshot> {
  const base = snapshots.newest;
  const writer = await (base === null
    ? snapshots.begin(metaOf(at))
    : snapshots.begin(metaOf(at), base));
  await writePieces(writer, pieces);
  return (await writer.finish()) ?? expect.fail('nothing overtakes it');
}

async function contentOf(
  { snapshots }: LogStore,
  snapshot: StoredSnapshot | null,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (let place = 0; snapshot !== null && place < snapshot.chunkCount; ) {
    const chunks = await snapshots.readChunks(snapshot, place);
    found.push(...chunks.map((chunk) => new TextDecoder().decode(chunk)));
    place += chunks.length;
  }
  return found;
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 60; turn += 1) await Promise.resolve();
}

/** Chunks on disk by number, in the order of their keys. */
function placesOn({ disk }: PromptDisk): Record<number, number[]> {
  const database = disk.content.get(SNAPSHOTS);
  if (database?.type !== 'database') return {};
  const places: Record<number, number[]> = {};
  for (const { key } of database.records.from(bytesOf('k'))) {
    if (key[0] !== 0x6b) break;
    const view = new DataView(key.buffer, key.byteOffset);
    const ofNumber = places[view.getUint32(1)] ?? [];
    places[view.getUint32(1)] = [...ofNumber, view.getUint32(5)];
  }
  return places;
}

function disk(bounds = HELD) {
  const prompt = new PromptDisk();
  return { prompt, open: () => prompt.store({ growthBounds: bounds }) };
}

const FIRST = ['head 1', 'a', 'b', 'tail 1'];
const NEXT = ['head 2', 1, 2, 'tail 2', 'c'];
const GROWN = ['head 2', 'a', 'b', 'tail 2', 'c'];

describe.each([
  ['held back', HELD],
  ['written ahead', WRITTEN_AHEAD],
])('a snapshot whose chunks are %s', (_, bounds) => {
  it('[SN5] has the chunks of the one before in its own place, and nothing else is written of them', async () => {
    const { prompt, open } = disk(bounds);
    const store = open();
    await store.open(OWNER);
    await write(store, FULL_LOG);
    await take(store, 3, FIRST);
    const whole = await take(store, 5, NEXT);
    await settled();
    expect(await contentOf(store, whole)).toEqual(GROWN);
    expect(placesOn(prompt)).toEqual({ 1: [0, 1, 2, 3, 4] });
    await store.close();
    const again = open();
    const { snapshot } = await again.open(OWNER);
    expect(snapshot).toEqual(whole);
    expect(await contentOf(again, snapshot)).toEqual(GROWN);
  });

  it('[SN5] the sum of one that grew is that of one that was written as a whole', async () => {
    const [grown, whole] = [disk(bounds).open(), disk(bounds).open()];
    for (const store of [grown, whole]) {
      await store.open(OWNER);
      await write(store, FULL_LOG);
      await take(store, 3, FIRST);
    }
    const writer = await whole.snapshots.begin(metaOf(5));
    await writePieces(writer, GROWN);
    expect(await take(grown, 5, NEXT)).toEqual(await writer.finish());
  });

  it('[SN2] [SN5] one that is pinned is read as it was, however often it is grown out of', async () => {
    const store = disk(bounds).open();
    await store.open(OWNER);
    await write(store, FULL_LOG);
    const first = await take(store, 3, FIRST);
    const release = store.snapshots.pin(first);
    const second = await take(store, 5, NEXT);
    const releaseSecond = store.snapshots.pin(second);
    const third = await take(store, 7, ['head 3', 1, 2, 3, 'c and d', 'e']);
    expect(await contentOf(store, first)).toEqual(FIRST);
    expect(await contentOf(store, second)).toEqual(GROWN);
    const last = ['head 3', 'a', 'b', 'tail 2', 'c and d', 'e'];
    expect(await contentOf(store, third)).toEqual(last);
    expect(store.snapshots.oldest).toEqual(first);
    releaseSecond();
    await settled();
    expect(await contentOf(store, first)).toEqual(FIRST);
    release();
    await settled();
    await expect(store.snapshots.readChunk(first, 0)).rejects.toMatchObject({
      code: 'RAFT_COMPACTED',
    });
    expect(await contentOf(store, third)).toEqual(last);
  });

  it('[SN5] one that is given up, or cut short by an orderly end, leaves the base and nothing behind it', async () => {
    const { prompt, open } = disk(bounds);
    const store = open();
    await store.open(OWNER);
    await write(store, FULL_LOG);
    const first = await take(store, 3, FIRST);
    const given = await store.snapshots.begin(metaOf(5), first);
    await writePieces(given, NEXT);
    await given.abandon();
    await settled();
    expect(placesOn(prompt)).toEqual({ 1: [0, 1, 2, 3] });
    const other = await store.snapshots.begin(metaOf(6), first);
    if (bounds === WRITTEN_AHEAD) expect(other.share).toBe(undefined);
    await other.abandon();
    await settled();
    await store.close();
    const again = open();
    const { snapshot } = await again.open(OWNER);
    const cut = await again.snapshots.begin(metaOf(5), snapshot ?? expect.fail('it is there'));
    await writePieces(cut, NEXT);
    await again.close();
    expect(placesOn(prompt)).toEqual({ 1: [0, 1, 2, 3] });
    const last = open();
    expect(await contentOf(last, (await last.open(OWNER)).snapshot)).toEqual(FIRST);
  });

  it('[SN5] where too much has changed, or nothing is shared, it is written as a whole', async () => {
    const { prompt, open } = disk(bounds);
    const store = open();
    await store.open(OWNER);
    await write(store, FULL_LOG);
    const long = Array.from({ length: 12 }, (_, at) => `chunk ${at}`);
    await take(store, 3, long);
    const changed = [0, 'B', 'C', 'D', 'E', 'F', 6, 7, 8, 9, 10, 11, 'G'];
    await take(store, 5, changed);
    await settled();
    const expected = changed.map((piece) => (typeof piece === 'string' ? piece : long[piece]));
    expect(await contentOf(store, store.snapshots.newest)).toEqual(expected);
    expect(placesOn(prompt)).toEqual({ 2: expected.map((_, place) => place) });
    await take(store, 7, ['nothing', 'of', 'it']);
    await take(store, 9, ['short', 1]);
    await settled();
    expect(await contentOf(store, store.snapshots.newest)).toEqual(['short', 'of']);
    expect(placesOn(prompt)).toEqual({ 3: [0, 1] });
    await take(store, 11, ['more in front', 'short', 1, 'end']);
    expect(await contentOf(store, store.snapshots.newest)).toEqual([
      'more in front',
      'short',
      'of',
      'end',
    ]);
  });
});

describe('a base', () => {
  it('[SN5] behind which a crash has left chunks is not grown out of: they are being swept', async () => {
    const { prompt, open } = disk(WRITTEN_AHEAD);
    const store = open();
    await store.open(OWNER);
    await write(store, FULL_LOG);
    await writePieces(await store.snapshots.begin(metaOf(5), await take(store, 3, FIRST)), NEXT);
    prompt.after('kill');
    const again = open();
    await again.open(OWNER);
    const base = again.snapshots.newest ?? expect.fail('it is there');
    const writer = await again.snapshots.begin(metaOf(5), base);
    expect(writer.share).toBe(undefined);
    await writePieces(writer, GROWN);
    await writer.finish();
    await settled();
    expect(await contentOf(again, again.snapshots.newest)).toEqual(GROWN);
    expect(placesOn(prompt)).toEqual({ 2: [0, 1, 2, 3, 4] });
  });

  it('[SN5] is the newest: what another has taken the place of is not grown out of', async () => {
    const store = disk().open();
    await store.open(OWNER);
    await write(store, FULL_LOG);
    const first = await take(store, 3, FIRST);
    store.snapshots.pin(first);
    await take(store, 5, NEXT);
    expect((await store.snapshots.begin(metaOf(7), first)).share).toBe(undefined);
  });

  it('[SN5] of which too many chunks are gone at the end is not read for them: the next is written as a whole', async () => {
    const { prompt, open } = disk();
    const store = open();
    await store.open(OWNER);
    await write(store, FULL_LOG);
    await take(
      store,
      3,
      Array.from({ length: 12 }, (_, at) => `chunk ${at}`),
    );
    await take(store, 5, [0]);
    await settled();
    expect(placesOn(prompt)).toEqual({ 2: [0] });
  });

  it('[SN2] [SN5] stays readable while one grows out of it, though a newer one is received meanwhile', async () => {
    const [store, other] = [disk().open(), disk().open()];
    for (const each of [store, other]) {
      await each.open(OWNER);
      await write(each, FULL_LOG);
    }
    const growing = await store.snapshots.begin(metaOf(5), await take(store, 3, FIRST));
    await growing.append(bytesOf('one more in front'));
    const received = await store.snapshots.resume(await take(other, 9, ['all of it']));
    await writePieces(received, ['all of it']);
    await received.finish();
    await settled();
    await growing.share?.(2);
    expect(await growing.finish()).toBe(null);
    expect(await contentOf(store, store.snapshots.newest)).toEqual(['all of it']);
  });
});

const workspace = new Workspace();
const PLACES = {
  memory: () => {
    const store = memoryLogStore();
    return () => store;
  },
  'a simulated disk': (seed: number) => {
    const bounds = { heldBytesMax: seed % 3 === 0 ? 0 : 40 * (seed % 4), rewrittenChunksMax: 3 };
    return disk(bounds).open;
  },
  LevelDB: () => {
    const directory = workspace.fresh();
    return () => storeIn(directory, { growthBounds: { heldBytesMax: 60, rewrittenChunksMax: 3 } });
  },
};

describe.each([
  ['memory', 60],
  ['a simulated disk', 60],
  ['LevelDB', 3],
] as const)('in %s', (place, seeds) => {
  it('[SN2] [SN3] [SN5] holds what was written, whatever grows, is received, given up, pinned and started anew', async () => {
    for (let seed = 1; seed <= seeds; seed += 1) {
      await live(PLACES[place](seed), new SeededRandom(seed)).catch((error: unknown) => {
        throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
      });
    }
  });
});

interface Pinned {
  readonly snapshot: StoredSnapshot;
  readonly content: readonly string[];
  readonly release: () => void;
}

async function live(open: () => LogStore, random: SeededRandom): Promise<void> {
  let store = open();
  await store.open(OWNER);
  await write(store, FULL_LOG);
  let content: readonly string[] = [];
  let pinned: Pinned[] = [];
  for (let at = 2; at < ENTRIES; at += 1) {
    const { newest } = store.snapshots;
    if (newest !== null && random.chance(0.2)) {
      pinned.push({ snapshot: newest, content, release: store.snapshots.pin(newest) });
    }
    const pieces = drawPieces(random, at, newest === null ? 0 : content.length);
    const next = pieces.map((piece) =>
      typeof piece === 'string' ? piece : (content[piece] ?? expect.fail('it has that chunk')),
    );
    const kind = random.pick(['grows', 'grows', 'grows', 'given up', 'received', 'starts anew']);
    const isBase = newest !== null && kind !== 'received';
    const writer = isBase
      ? await store.snapshots.begin(metaOf(at), newest)
      : await store.snapshots.begin(metaOf(at));
    const isShared = writer.share !== undefined;
    const isCut = kind === 'given up' || kind === 'starts anew';
    const cut = isCut ? pieces.slice(0, random.integer(0, pieces.length)) : pieces;
    await writePieces(writer, isShared ? cut : next.slice(0, cut.length));
    if (kind === 'starts anew') {
      pinned = [];
      await store.close();
      store = open();
      await store.open(OWNER);
    } else if (kind === 'given up') {
      await writer.abandon();
    } else {
      await writer.finish();
      content = next;
    }
    expect(await contentOf(store, store.snapshots.newest)).toEqual(content);
    for (const each of pinned) expect(await contentOf(store, each.snapshot)).toEqual(each.content);
    if (random.chance(0.2)) pinned.shift()?.release();
  }
  await store.close();
}

/** Mostly a new head, what was there, and something behind it; now and then anything else. */
function drawPieces(random: SeededRandom, at: number, count: number): readonly Piece[] {
  const shared = Array.from({ length: count }, (_, place) => place);
  const own = Array.from(
    { length: random.integer(1, 4) },
    (_, place) => `${place} of ${at} ${'.'.repeat(random.integer(0, 30))}`,
  );
  if (random.chance(0.7)) return [`head of ${at}`, ...shared.slice(1, -1), ...own];
  const some = shared.filter(() => random.chance(0.7));
  return random.chance(0.5) ? [...some, ...own] : [...own, ...some];
}
