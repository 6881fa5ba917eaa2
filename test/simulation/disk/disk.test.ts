/** The disk of one node: what takes how long, what fails how, and what the end of a process or of power leaves. */
import { describe, expect, it } from 'vitest';
import {
  type Database,
  type DatabaseChange,
  writeDurably,
} from '../../../src/storage/disk/database.ts';
import { DiskStage } from './disk-stage.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** Enough that whatever is left to chance goes each way. */
const SEEDS = Array.from({ length: 60 }, (_, seed) => seed);
const BLOCK = 512;

function put(key: string, value: string): DatabaseChange {
  return { type: 'put', key: encoder.encode(key), value: encoder.encode(value) };
}

async function opened(stage: DiskStage): Promise<Database> {
  const database = stage.database();
  await stage.settled(database.open({ createIfMissing: true }));
  return database;
}

async function keysOf(stage: DiskStage, database: Database): Promise<string> {
  const scan = database.scan({ from: new Uint8Array(), bytesMax: 1_000 });
  const records = await stage.settled(scan.next());
  return records.map(({ key }) => decoder.decode(key)).join(' ');
}

async function textAt(stage: DiskStage, path: string): Promise<string | null> {
  const bytes = await stage.settled(stage.files.read(path));
  return bytes === null ? null : decoder.decode(bytes);
}

/** What is met over many seeds, each once, sorted. */
async function met(run: (stage: DiskStage) => Promise<unknown>): Promise<readonly string[]> {
  const results = new Set<string>();
  for (const seed of SEEDS) results.add(String(await run(new DiskStage(seed))));
  return [...results].sort();
}

describe('the database of a simulated disk', () => {
  it('[SI3] takes its time, and says a batch is on disk when it is, and not before', async () => {
    const stage = new DiskStage(1);
    const database = await opened(stage);
    let isDone = false;
    database.write([put('a', '1')], () => {
      isDone = true;
    });
    expect([isDone, stage.batches.length]).toEqual([false, 0]);
    await stage.steps(1);
    expect([isDone, stage.batches.length]).toEqual([true, 1]);
    stage.crash('power');
    expect(await keysOf(stage, await opened(stage))).toBe('a');
  });

  it('[SI3] is locked while it is open, and free after it was closed or its process has ended', async () => {
    const stage = new DiskStage(1);
    const missing = stage.database().open({ createIfMissing: false });
    await expect(stage.settled(missing)).rejects.toThrow('data/log');
    const first = await opened(stage);
    await expect(opened(stage)).rejects.toMatchObject({ name: 'DatabaseLocked' });
    await stage.settled(first.close());
    await opened(stage);
    stage.crash('kill');
    expect(await keysOf(stage, await opened(stage))).toBe('');
    expect(() => stage.database().scan({ from: new Uint8Array(), bytesMax: 1 })).toThrow(
      'not open',
    );
  });

  it('[SI3] hears nothing of a process that has ended: what it had yet to ask for is not done', async () => {
    const stage = new DiskStage(1);
    const late = stage.database();
    stage.crash('kill');
    void late.open({ createIfMissing: true });
    await stage.steps(10);
    await opened(stage);
  });

  it('[SI3] is read in steps, as it was when the walk began', async () => {
    const stage = new DiskStage(1);
    const database = await opened(stage);
    await stage.settled(writeDurably(database, [put('a', '123'), put('b', '4'), put('c', '5')]));
    const scan = database.scan({ from: encoder.encode('a'), bytesMax: 4 });
    await stage.settled(writeDurably(database, [{ type: 'del', key: encoder.encode('c') }]));
    const sizes: number[] = [];
    for (let at = 0; at < 3; at += 1) sizes.push((await stage.settled(scan.next())).length);
    await scan.close();
    expect(sizes).toEqual([2, 1, 0]);
    expect(await keysOf(stage, database)).toBe('a b');
  });

  it('[SI3] a write in flight when the process ends is done or not, whole, and nobody hears of it', async () => {
    for (const kind of ['kill', 'power'] as const) {
      const results = await met(async (stage) => {
        const database = await opened(stage);
        let isTold = false;
        database.write([put('a', '1'), put('b', '1')], () => {
          isTold = true;
        });
        stage.crash(kind);
        await stage.steps(3);
        const isThere = stage.batches.length === 1;
        const [seen] = stage.sometimes.seen;
        expect(seen).toContain(isThere ? 'is there' : 'is gone');
        return `${await keysOf(stage, await opened(stage))}, durable ${isThere}, told ${isTold}`;
      });
      expect(results).toEqual([', durable false, told false', 'a b, durable true, told false']);
    }
  });

  it.each([
    { outcome: 'absent', left: '' },
    { outcome: 'maybe', left: 'a' },
  ] as const)('[SI3] a failed write is $outcome, and none succeeds after it', async (failing) => {
    const stage = new DiskStage(1);
    const database = await opened(stage);
    stage.disk.trouble.failNextWrite = failing.outcome;
    const first = stage.settled(writeDurably(database, [put('a', '1')]));
    await expect(first).rejects.toThrow('Input/output error');
    expect(stage.disk.trouble.failNextWrite).toBe('no');
    const second = stage.settled(writeDurably(database, [put('b', '1')]));
    await expect(second).rejects.toThrow('Input/output error');
    expect(stage.batches.length).toBe(failing.outcome === 'maybe' ? 1 : 0);
    stage.crash('kill');
    const again = await opened(stage);
    expect(await keysOf(stage, again)).toBe(failing.left);
    await stage.settled(writeDurably(again, [put('c', '1')]));
  });

  it('[SI3] what fails is not there after a crash in the middle of the next write either', async () => {
    const results = await met(async (stage) => {
      const database = await opened(stage);
      stage.disk.trouble.failNextWrite = 'absent';
      await stage.settled(writeDurably(database, [put('a', '1')])).catch(() => {});
      database.write([put('b', '1')], () => {});
      stage.crash('kill');
      return keysOf(stage, await opened(stage));
    });
    expect(results).toEqual(['']);
  });

  it('[SI3] a failed read fails once', async () => {
    const stage = new DiskStage(1);
    const database = await opened(stage);
    stage.disk.trouble.failNextRead = true;
    await expect(keysOf(stage, database)).rejects.toThrow('Input/output error');
    expect(await keysOf(stage, database)).toBe('');
  });

  it('[SI3] a full disk refuses to be opened, written and renamed upon, and is itself again with space', async () => {
    const stage = new DiskStage(1);
    const database = await opened(stage);
    stage.disk.trouble.isFull = true;
    const write = (): Promise<void> => stage.settled(writeDurably(database, [put('a', '1')]));
    await expect(write()).rejects.toThrow('No space left');
    const file = stage.settled(stage.files.write('data/file', new Uint8Array(3)));
    await expect(file).rejects.toThrow('No space left');
    stage.disk.trouble.isFull = false;
    await expect(write()).rejects.toThrow('No space left');
    stage.crash('kill');
    stage.disk.trouble.isFull = true;
    await expect(opened(stage)).rejects.toThrow('No space left');
    stage.disk.trouble.isFull = false;
    expect(await keysOf(stage, await opened(stage))).toBe('');
  });

  it('[SI3] a stalled disk completes nothing until it goes on', async () => {
    const stage = new DiskStage(1);
    const database = await opened(stage);
    stage.disk.trouble.stalledUntilMs = stage.clock.now() + 500;
    const fromMs = stage.clock.now();
    await stage.settled(writeDurably(database, [put('a', '1')]));
    expect(stage.clock.now() - fromMs).toBeGreaterThan(500);
    const laterMs = stage.clock.now();
    await stage.settled(writeDurably(database, [put('a', '1')]));
    expect(stage.clock.now() - laterMs).toBeLessThan(50);
  });

  it('[SI3] a disk that lies loses what it said it had, of each file the newest', async () => {
    const results = await met(async (stage) => {
      stage.disk.trouble.liesAboutSync = true;
      const database = await opened(stage);
      for (const key of ['a', 'b', 'c']) {
        await stage.settled(writeDurably(database, [put(key, '1')]));
      }
      expect(stage.batches).toEqual([]);
      stage.crash('power');
      return keysOf(stage, await opened(stage));
    });
    expect(results).toEqual(['', 'a', 'a b', 'a b c']);
  });

  it('[SI3] a disk that lies keeps all of it when only the process ends', async () => {
    const results = await met(async (stage) => {
      stage.disk.trouble.liesAboutSync = true;
      await stage.settled(writeDurably(await opened(stage), [put('a', '1')]));
      stage.crash('kill');
      return keysOf(stage, await opened(stage));
    });
    expect(results).toEqual(['a']);
  });
});

describe('the files of a simulated disk', () => {
  it('[SI3] are listed, read, written and renamed', async () => {
    const stage = new DiskStage(1);
    const { files } = stage;
    expect(await stage.settled(files.list('data'))).toBeNull();
    await stage.settled(files.makeDirectory('data'));
    await stage.settled(files.write('data/b', encoder.encode('b')));
    await stage.settled(files.write('data/a', encoder.encode('a')));
    await stage.settled(files.rename('data/b', 'data/c'));
    expect(await stage.settled(files.list('data'))).toEqual(['a', 'c']);
    expect(await textAt(stage, 'data/c')).toBe('b');
    expect(await textAt(stage, 'data/b')).toBeNull();
    await expect(stage.settled(files.rename('data/b', 'data/d'))).rejects.toThrow('ENOENT');
    await expect(stage.settled(files.open('data/b'))).rejects.toThrow('ENOENT');
  });

  it('[SI3] keep what was written in place when the process ends; without power it is left to chance', async () => {
    const overwrite = async (stage: DiskStage): Promise<void> => {
      await stage.settled(stage.files.write('data/a', encoder.encode('old')));
      await stage.settled(stage.files.syncDirectory('data'));
      const file = await stage.settled(stage.files.open('data/a'));
      file.writeAt(encoder.encode('NEW'), 0);
    };
    const left = (kind: 'kill' | 'power') =>
      met(async (stage) => {
        await overwrite(stage);
        stage.crash(kind);
        return textAt(stage, 'data/a');
      });
    expect(await left('kill')).toEqual(['NEW']);
    expect(await left('power')).toEqual(['NEW', 'old']);
  });

  it('[SI3] lose a small piece that was not synced more often than not', async () => {
    let lost = 0;
    for (const seed of SEEDS) {
      const stage = new DiskStage(seed);
      await stage.settled(stage.files.write('data/a', encoder.encode('old')));
      await stage.settled(stage.files.syncDirectory('data'));
      const file = await stage.settled(stage.files.open('data/a'));
      file.writeAt(encoder.encode('NEW'), 0);
      stage.crash('power');
      if ((await textAt(stage, 'data/a')) === 'old') lost += 1;
    }
    expect(lost).toBeGreaterThan(SEEDS.length / 2);
    expect(lost).toBeLessThan(SEEDS.length * 0.8);
  });

  it.each(['sync', 'syncSoon', 'close'] as const)(
    '[SI3] keep what %s has put down',
    async (how) => {
      const results = await met(async (stage) => {
        await stage.settled(stage.files.write('data/a', encoder.encode('old')));
        await stage.settled(stage.files.syncDirectory('data'));
        const file = await stage.settled(stage.files.open('data/a'));
        file.writeAt(encoder.encode('NEW'), 0);
        if (how === 'close') await stage.settled(file.close());
        else if (how === 'sync') await stage.settled(new Promise((resolve) => file.sync(resolve)));
        else {
          file.syncSoon(() => expect.fail('it does not fail'));
          stage.clock.advance(1_000);
        }
        stage.crash('power');
        return textAt(stage, 'data/a');
      });
      expect(results).toEqual(['NEW']);
    },
  );

  it('[SI3] are torn between sectors, never within one', async () => {
    const results = await met(async (stage) => {
      await stage.settled(stage.files.write('data/a', new Uint8Array(2 * BLOCK)));
      await stage.settled(stage.files.syncDirectory('data'));
      const file = await stage.settled(stage.files.open('data/a'));
      file.writeAt(new Uint8Array(2 * BLOCK).fill(1), 0);
      stage.crash('power');
      const bytes = await stage.settled(stage.files.read('data/a'));
      return bytes?.reduce((sum, byte) => sum + byte, 0);
    });
    expect(results).toEqual(['0', '1024', '512']);
  });

  it('[SI3] have names that a power loss may take back until their directory is synced', async () => {
    const renamed = (isSynced: boolean) =>
      met(async (stage) => {
        await stage.settled(stage.files.write('data/a', encoder.encode('a')));
        await stage.settled(stage.files.syncDirectory('data'));
        await stage.settled(stage.files.rename('data/a', 'data/b'));
        if (isSynced) await stage.settled(stage.files.syncDirectory('data'));
        stage.crash('power');
        return stage.settled(stage.files.list('data'));
      });
    expect(await renamed(true)).toEqual(['b']);
    expect(await renamed(false)).toEqual(['a', 'a,b', 'b', 'null']);
  });

  it('[SI3] are written in part or not at all, and renamed or not, when the process ends in the middle', async () => {
    const contents = await met(async (stage) => {
      stage.files.write('data/a', encoder.encode('abc')).catch(() => {});
      stage.crash('kill');
      return textAt(stage, 'data/a');
    });
    expect(contents).toEqual(['', 'a', 'ab', 'abc', 'null']);
    const names = await met(async (stage) => {
      await stage.settled(stage.files.write('data/a', encoder.encode('a')));
      stage.files.rename('data/a', 'data/b').catch(() => {});
      stage.crash('kill');
      return stage.settled(stage.files.list('data'));
    });
    expect(names).toEqual(['a', 'b']);
  });

  it('[SI3] take no overwriting while the disk is full', async () => {
    const stage = new DiskStage(1);
    await stage.settled(stage.files.write('data/a', encoder.encode('old')));
    const file = await stage.settled(stage.files.open('data/a'));
    stage.disk.trouble.isFull = true;
    expect(() => file.writeAt(encoder.encode('NEW'), 0)).toThrow('No space left');
    expect(await textAt(stage, 'data/a')).toBe('old');
  });
});
