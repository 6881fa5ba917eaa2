/**
 * A database that silently forgets: single batches in the middle, the newest ones, single records, or
 * that brings old ones back, as LevelDB does when its files are damaged. Each must be noticed,
 * unless what is left is exactly what was acknowledged.
 */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DatabaseChange, DatabaseRecord } from '../../src/storage/disk/database.ts';
import {
  append,
  hard,
  OWNER,
  outcome,
  peer,
  run,
  truncate,
  write,
} from '../../src/testing/contracts/log-operations.ts';
import { SimulatedRecords } from '../../src/testing/simulation/disk/simulated-records.ts';
import {
  contentOf,
  type LogModel,
  legalWrite,
  MODEL_EMPTY,
  type RandomWrite,
  randomWrite,
} from './log-model.ts';
import { PromptDisk } from './prompt-disk.ts';

const ROUNDS = 600;

type Batch = readonly DatabaseChange[];

interface History {
  readonly disk: PromptDisk;
  readonly model: LogModel;
}

async function historyOf(writes: readonly RandomWrite[]): Promise<History> {
  const disk = new PromptDisk();
  const store = disk.store();
  await store.open(OWNER);
  let model = MODEL_EMPTY;
  for (const [mark, random] of writes.entries()) {
    const legal = legalWrite(model, random, mark);
    expect(await outcome(store, legal.operations)).toBeNull();
    if (legal.peer !== null) await store.rememberPeer(legal.peer);
    model = legal.after;
  }
  await store.close();
  return { disk, model };
}

/** What a database holds after these batches, in the order of its keys. */
function recordsOf(batches: readonly Batch[]): readonly DatabaseRecord[] {
  const records = new SimulatedRecords();
  for (const batch of batches) records.apply(batch, true);
  return records.from(new Uint8Array());
}

/** Opens the disk after its database was rewritten to these batches. */
async function verdict({ disk, model }: History, batches: readonly Batch[]): Promise<string> {
  const store = disk.rewritten(batches).store();
  try {
    const content = await contentOf(store, await store.open(OWNER));
    expect(content).toEqual(model);
    return 'intact';
  } catch (error) {
    expect(error).toMatchObject({ code: 'RAFT_LOG_REFUSED' });
    return 'refused';
  }
}

const someWrites = fc.array(randomWrite, { minLength: 2, maxLength: 8 });
const anywhere = fc.double({ min: 0, max: 0.999, noNaN: true });

describe('a database that forgets', () => {
  it('[ST3] [G3] notices that a batch in the middle is gone, or changes nothing by it', async () => {
    const property = fc.asyncProperty(someWrites, anywhere, async (writes, where) => {
      const history = await historyOf(writes);
      const { batches } = history.disk;
      const from = Math.floor(where * batches.length);
      await verdict(history, batches.toSpliced(from, 1));
    });
    await fc.assert(property, { numRuns: ROUNDS });
  });

  it('[ST7] [G2] notices that the newest batches are gone', async () => {
    const property = fc.asyncProperty(someWrites, anywhere, async (writes, where) => {
      const history = await historyOf(writes);
      const { batches } = history.disk;
      const kept = Math.floor(where * batches.length);
      expect(await verdict(history, batches.slice(0, kept))).toBe('refused');
    });
    await fc.assert(property, { numRuns: ROUNDS });
  });

  it('[ST3] notices a single record that is gone or of an earlier time', async () => {
    const property = fc.asyncProperty(
      someWrites,
      anywhere,
      anywhere,
      fc.boolean(),
      async (writes, where, when, isOlder) => {
        const history = await historyOf(writes);
        const { batches } = history.disk;
        const records = recordsOf(batches);
        const victim = records[Math.floor(where * records.length)];
        const older = recordsOf(batches.slice(0, Math.floor(when * batches.length)));
        const name = String(victim?.key);
        const replacement = isOlder ? older.find(({ key }) => String(key) === name) : undefined;
        const rest = records.filter(({ key }) => String(key) !== name);
        const changed = replacement === undefined ? rest : [...rest, replacement];
        const isSame = String(replacement?.value) === String(victim?.value);
        const expected = isSame ? 'intact' : 'refused';
        const puts = changed.map((record): DatabaseChange => ({ type: 'put', ...record }));
        expect(await verdict(history, [puts])).toBe(expected);
      },
    );
    await fc.assert(property, { numRuns: ROUNDS });
  });

  it('[ST3] notices a run of the same indexes that was overwritten and is back', async () => {
    const disk = new PromptDisk();
    const store = disk.store();
    await store.open(OWNER);
    await write(store, [hard(2), append(run(2, 1, ['old', 'old']))]);
    await write(store, [hard(3), truncate(1), append(run(3, 1, ['new', 'new']))]);
    await write(store, [append(run(3, 3, ['newer']))]);
    await store.close();
    const kept = disk.batches.toSpliced(-2, 1);
    expect(await verdict({ disk, model: MODEL_EMPTY }, kept)).toBe('refused');
  });

  it('[ST14] notices that a remembered peer is forgotten', async () => {
    const disk = new PromptDisk();
    const store = disk.store();
    await store.open(OWNER);
    await store.rememberPeer(peer('n2', 7));
    await write(store, [hard(1)]);
    await store.close();
    const records = recordsOf(disk.batches).filter(({ key }) => key[0] !== 0x70);
    const puts = records.map((record): DatabaseChange => ({ type: 'put', ...record }));
    expect(await verdict({ disk, model: MODEL_EMPTY }, [puts])).toBe('refused');
  });
});
