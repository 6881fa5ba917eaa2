/** The database of the snapshots is looked at while the log is opened, and opened while the log is proven. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeId } from '../../../src/core/types.ts';
import {
  DatabaseDamaged,
  DatabaseLocked,
  DatabaseMissing,
} from '../../../src/storage/disk/database.ts';
import { LevelDatabase } from '../../../src/storage/disk/level-database.ts';
import { PART } from '../../../src/storage/refusals.ts';
import { append, hard, OWNER, run, write } from '../../../src/testing/contracts/log-operations.ts';
import { during, storeIn, Workspace } from '../data-directories.ts';

const workspace = new Workspace();

async function used(): Promise<string> {
  const directory = workspace.fresh();
  await during(directory, (store) => write(store, [hard(1), append(run(1, 1, ['a']))]));
  return directory;
}

function tablesIn(place: string): readonly string[] {
  return readdirSync(place).filter((name) => name.endsWith('.ldb'));
}

/** Done twice, it is undone. */
function damage(path: string): void {
  const bytes = readFileSync(path);
  bytes[20] = (bytes[20] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

describe('what is opened while the log is proven', () => {
  it('[ST10] is closed again if the log is refused', async () => {
    const directory = await used();
    writeFileSync(join(directory, PART.acknowledged), '');
    await expect(during(directory, async () => {})).rejects.toThrow(PART.acknowledged);
    const database = new LevelDatabase(join(directory, PART.snapshots));
    await database.open({ createIfMissing: false });
    await database.close();
  });

  it('[ST6] is not made, and what cannot be opened is told by who needs it', async () => {
    const directory = await used();
    rmSync(join(directory, PART.snapshots), { recursive: true });
    const database = new LevelDatabase(join(directory, PART.snapshots));
    await database.beginToOpen()();
    expect(existsSync(join(directory, PART.snapshots))).toBe(false);
    database.beginToOpen();
    await expect(database.open({ createIfMissing: false })).rejects.toThrow(DatabaseMissing);
    database.beginToOpen();
    await database.open({ createIfMissing: true });
    const other = new LevelDatabase(join(directory, PART.snapshots));
    await expect(other.open({ createIfMissing: false })).rejects.toThrow(DatabaseLocked);
    await database.close();
    await other.open({ createIfMissing: false });
    await other.close();
  });

  it('[ST15] what was looked at ahead is looked at again where it has changed since, or was damaged', async () => {
    const place = join(await used(), PART.log);
    const [ahead, other] = [new LevelDatabase(place), new LevelDatabase(place)];
    await ahead.beginToLook();
    const before = tablesIn(place);
    await other.open({ createIfMissing: false });
    await other.close();
    const [made = ''] = tablesIn(place).filter((name) => !before.includes(name));
    damage(join(place, made));
    await expect(ahead.open({ createIfMissing: false })).rejects.toThrow(DatabaseDamaged);
    await ahead.beginToLook();
    await expect(ahead.open({ createIfMissing: false })).rejects.toThrow(DatabaseDamaged);
    damage(join(place, made));
    await ahead.open({ createIfMissing: false });
    await ahead.close();
  });
});

describe('a store whose opening is begun ahead', () => {
  const owner = { nodeId: OWNER.nodeId };

  it('[ST10] opens as any other, and is let go where nobody opens it', async () => {
    const directory = await used();
    const [store, other] = [storeIn(directory), storeIn(directory)];
    await store.beginToOpen(owner);
    await expect(other.open(OWNER)).rejects.toThrow('in use');
    await store.close();
    await store.beginToOpen(owner);
    expect((await store.open(OWNER)).log.lastIndex).toBe(1);
    await store.close();
  });

  it('[ST11] leaves alone what is new, and what is another node’s', async () => {
    const fresh = workspace.fresh();
    await storeIn(fresh).beginToOpen(owner);
    expect(existsSync(fresh)).toBe(false);
    const directory = await used();
    await storeIn(directory).beginToOpen({ nodeId: nodeId('stranger') });
    const database = new LevelDatabase(join(directory, PART.log));
    await database.open({ createIfMissing: false });
    await database.close();
  });
});
