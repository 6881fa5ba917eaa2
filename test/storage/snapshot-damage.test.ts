/** One fault in one file of a real database of snapshots, behind which the log begins: whole, or refused in words. */
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RaftError } from '../../src/core/errors.ts';
import { index, term } from '../../src/core/types.ts';
import type { LogStore } from '../../src/ports/log-store.ts';
import {
  append,
  hard,
  membersOf,
  run,
  texts,
  write,
} from '../../src/testing/contracts/log-operations.ts';
import { SeededRandom } from '../../src/testing/simulation/runtime/random.ts';
import { type Damage, describeDamage, fileKindOf, inflict } from '../evidence/disk-trials/kinds.ts';
import { during, filesIn, inMemory, Workspace } from './data-directories.ts';

const workspace = new Workspace(inMemory());
const CHUNK_BYTES = 50_000;
const META = {
  lastEntry: { term: term(1), index: index(3) },
  membership: { ...membersOf(['n1', 'n2']), index: index(1) },
  timeMs: 7,
};

/** Content that tells each place from any other. */
function chunkAt(place: number): Uint8Array {
  return Uint8Array.from({ length: CHUNK_BYTES }, (_, at) => (at * 31 + place * 7) & 0xff);
}

const CHUNKS = [0, 1, 2, 3].map(chunkAt);

async function made(): Promise<string> {
  const directory = workspace.fresh();
  await during(directory, async (store) => {
    await write(store, [hard(1), append(run(1, 1, ['a', 'b', 'c']), run(1, 4, ['d', 'e']))]);
    const writer = await store.snapshots.begin(META);
    for (const chunk of CHUNKS) await writer.append(chunk);
    await writer.finish();
    const { lastEntry: base, membership } = META;
    await write(store, [{ type: 'compactThrough', base, membership }]);
  });
  // A start moves what the last life wrote from LevelDB's log into its tables; what comes after stays in the log.
  await during(directory, async () => {});
  return directory;
}

async function requireWhole(store: LogStore): Promise<void> {
  const { newest } = store.snapshots;
  expect(newest).toMatchObject(META);
  if (newest === null) throw new Error('there is a snapshot');
  for (const [place, chunk] of CHUNKS.entries()) {
    const read = await store.snapshots.readChunk(newest, place);
    expect(Buffer.compare(read, chunk), `chunk ${place}`).toBe(0);
  }
  expect(await texts(store, 4, 5)).toEqual(['1:d', '1:e']);
}

async function verdictOf(directory: string): Promise<'intact' | 'refused'> {
  try {
    await during(directory, requireWhole);
    return 'intact';
  } catch (error) {
    if (!(error instanceof RaftError)) throw error;
    expect(error.code).toBe('RAFT_LOG_REFUSED');
    expect(error.message).toContain(directory);
    return 'refused';
  }
}

function faultsFor(file: string, size: number, random: SeededRandom): readonly Damage[] {
  const fault = (kind: Damage['kind'], at = 0, extent = 0): Damage => {
    return { file, fileKind: fileKindOf(file), kind, size, at, extent };
  };
  if (size === 0) return [fault('deleted')];
  const anywhere = (): number => random.integer(0, size - 1);
  const bits = Array.from({ length: 8 }, () =>
    fault('flipped bit', anywhere(), random.integer(0, 7)),
  );
  const cuts = [0, size - 1, anywhere()].map((length) => fault('cut', length));
  const at = anywhere();
  const block = fault('zeroed block', at - (at % 4096), Math.min(4096, size - (at - (at % 4096))));
  return [...bits, ...cuts, block, fault('deleted')];
}

it('[SN1] [SN4] [ST15] a damaged database of snapshots is whole, or the start is refused', {
  timeout: 300_000,
}, async () => {
  const base = await made();
  expect(await verdictOf(workspace.copy(base))).toBe('intact');
  const random = new SeededRandom(20_261_122);
  const counts = { intact: 0, refused: 0 };
  for (const file of filesIn(base).filter((name) => name.startsWith('snapshots'))) {
    for (const fault of faultsFor(file, statSync(join(base, file)).size, random)) {
      const directory = workspace.copy(base);
      inflict(directory, fault);
      const verdict = await verdictOf(directory).catch((error: unknown) => {
        throw new Error(`after ${describeDamage(fault)}: ${String(error)}`);
      });
      counts[verdict] += 1;
      rmSync(directory, { recursive: true });
    }
  }
  expect(counts.refused).toBeGreaterThan(15);
  expect(counts.intact).toBeGreaterThan(5);
});
