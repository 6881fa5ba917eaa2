/** What a data directory is refused for as a whole: foreign, half wiped, mixed, restored, too new (ST5–ST8). */
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RaftError } from '../../../src/core/errors.ts';
import type { LogStore } from '../../../src/ports/log-store.ts';
import { cryptoWord } from '../../../src/storage/directory/random-word.ts';
import { PART } from '../../../src/storage/directory/refusals.ts';
import type { Files } from '../../../src/storage/disk/files.ts';
import { LevelDatabase } from '../../../src/storage/disk/level-database.ts';
import { nodeFiles } from '../../../src/storage/disk/node-files.ts';
import { levelLogStore } from '../../../src/storage/disk-log-store.ts';
import { LevelLogStore } from '../../../src/storage/level-log-store.ts';
import { encodeRecord, RECORD_KIND } from '../../../src/storage/records/record.ts';
import {
  append,
  hard,
  OWNER,
  peer,
  run,
  truncate,
  write,
} from '../../../src/testing/contracts/log-operations.ts';
import { fingerprint, Workspace } from '../data-directories.ts';

const PARTS = [PART.identity, PART.log, PART.hardState, PART.acknowledged];

const workspace = new Workspace();
afterAll(() => workspace.dispose());

/** A directory that has been used: two starts, a vote, entries, a truncation, a peer. */
async function used(owner = OWNER): Promise<string> {
  const directory = workspace.fresh();
  await session(directory, owner, 1);
  await session(directory, owner, 2);
  return directory;
}

async function session(directory: string, owner: typeof OWNER, term: number): Promise<void> {
  const store = levelLogStore({ directory });
  const { log } = await store.open(owner);
  const first = log.lastIndex + 1;
  await write(store, [hard(term, 'n2'), append(run(term, first, ['a', 'b', 'c']))]);
  await write(store, [truncate(first + 1), append(run(term, first + 1, ['B', 'C', 'D']))]);
  await store.rememberPeer(peer('n2', term));
  await store.close();
}

function refusalOf(directory: string, owner = OWNER): Promise<RaftError> {
  return refusalFrom(levelLogStore({ directory }), owner);
}

/** A store whose file operations are those given. */
function storeOn(directory: string, files: Files): LogStore {
  const database = (path: string): LevelDatabase => new LevelDatabase(path);
  return new LevelLogStore({ directory, files, database, randomWord: cryptoWord });
}

async function refusalFrom(store: LogStore, owner = OWNER): Promise<RaftError> {
  try {
    await store.open(owner);
  } catch (error) {
    if (error instanceof RaftError) return error;
    throw error;
  }
  await store.close();
  throw new Error('the directory was not refused');
}

/** Refused, twice, with nothing touched that was there. */
async function refusedUntouched(directory: string, owner = OWNER): Promise<RaftError> {
  const before = fingerprint(directory);
  await refusalOf(directory, owner);
  const refusal = await refusalOf(directory, owner);
  expect(fingerprint(directory)).toBe(before);
  return refusal;
}

describe('a directory of someone else', () => {
  it.each([
    ['cluster', { ...OWNER, clusterId: 'other' }, 'cluster c1'],
    ['node', { ...OWNER, nodeId: 'n2' }, 'node n1'],
  ])('[ST5] of another %s is refused and left alone', async (_, owner, words) => {
    const refusal = await refusedUntouched(await used(), owner);
    expect(refusal.code).toBe('RAFT_WRONG_IDENTITY');
    expect(refusal.message).toContain(words);
  });

  it.each(PARTS.filter((part) => part !== PART.identity))(
    '[ST5] %s from another data directory of the same node is refused',
    async (part) => {
      const directory = await used();
      rmSync(join(directory, part), { recursive: true });
      cpSync(join(await used(), part), join(directory, part), { recursive: true });
      const refusal = await refusalOf(directory);
      expect(refusal.code).toBe('RAFT_WRONG_IDENTITY');
      expect(refusal.message).toContain(`${directory}/${part} comes from another data directory`);
    },
  );

  it('[ST5] a directory of which a part was restored from an older copy is refused', async () => {
    const directory = await used();
    const older = workspace.copy(directory);
    for (let term = 3; term <= 5; term += 1) await session(directory, OWNER, term);
    for (const part of PARTS) {
      const mixture = workspace.copy(directory);
      rmSync(join(mixture, part), { recursive: true });
      cpSync(join(older, part), join(mixture, part), { recursive: true });
      // An older marker or copy of the hard state promises less, so it cannot hide a loss.
      const isHarmless = part === PART.acknowledged || part === PART.hardState;
      if (isHarmless) await session(mixture, OWNER, 6);
      else expect((await refusalOf(mixture)).code).toMatch(/^RAFT_(WRONG_IDENTITY|LOG_REFUSED)$/);
    }
  });
});

describe('a half-wiped directory', () => {
  const combinations = Array.from({ length: 2 ** PARTS.length - 2 }, (_, at) =>
    PARTS.filter((_part, bit) => ((at + 1) >> bit) & 1),
  );

  it.each(combinations.map((parts) => [parts.join(', '), parts] as const))(
    '[ST6] without %s is refused and left alone',
    async (_, parts) => {
      const directory = await used();
      for (const part of parts) rmSync(join(directory, part), { recursive: true });
      const { code, message } = await refusalOf(directory);
      expect(code).toBe('RAFT_LOG_REFUSED');
      expect(message).toMatch(/is missing, and the rest of the directory is not/);
      for (const part of parts) expect(existsSync(join(directory, part))).toBe(false);
    },
  );

  it('[ST6] only a directory that is empty or does not exist is new', async () => {
    const empty = workspace.fresh();
    mkdirSync(empty);
    for (const directory of [empty, join(workspace.fresh(), 'deep', 'er')]) {
      const store = levelLogStore({ directory });
      expect((await store.open(OWNER)).isNew).toBe(true);
      await store.close();
    }
    writeFileSync(join(empty, '..', 'stranger'), '');
    const full = workspace.fresh();
    mkdirSync(full);
    writeFileSync(join(full, 'holiday.jpg'), '');
    expect((await refusedUntouched(full)).message).toContain('it holds holiday.jpg');
  });

  it.each([
    ['every file of the log', () => true],
    ['CURRENT', (name: string) => name === 'CURRENT'],
    ['the manifest', (name: string) => name.startsWith('MANIFEST')],
    ['the write-ahead log', (name: string) => name.endsWith('.log')],
    ['a table', (name: string) => name.endsWith('.ldb')],
  ])('[ST6] with %s deleted is refused', async (_, isVictim) => {
    const directory = await used();
    const log = join(directory, PART.log);
    const victims = readdirSync(log).filter(isVictim);
    expect(victims).not.toEqual([]);
    for (const name of victims) rmSync(join(log, name));
    expect((await refusalOf(directory)).code).toBe('RAFT_LOG_REFUSED');
  });

  it('[ST6] with every file of the log emptied is refused', async () => {
    const directory = await used();
    const log = join(directory, PART.log);
    for (const name of readdirSync(log)) writeFileSync(join(log, name), '');
    expect((await refusalOf(directory)).code).toBe('RAFT_LOG_REFUSED');
  });

  it('[ST6] with a new, empty log in the place of the old one is refused', async () => {
    const directory = await used();
    const other = workspace.fresh();
    mkdirSync(other);
    const database = new LevelDatabase(join(other, PART.log));
    await database.open({ createIfMissing: true });
    await database.close();
    rmSync(join(directory, PART.log), { recursive: true });
    cpSync(join(other, PART.log), join(directory, PART.log), { recursive: true });
    expect((await refusalOf(directory)).code).toBe('RAFT_LOG_REFUSED');
  });
});

describe('a directory that has forgotten', () => {
  it('[ST7] a log older than the marker is refused, with both ends named', async () => {
    const directory = await used();
    const store = levelLogStore({ directory });
    await store.open(OWNER);
    const older = workspace.copy(directory);
    await write(store, [hard(7), append(run(7, 9, ['last']))]);
    await store.close();
    rmSync(join(directory, PART.log), { recursive: true });
    cpSync(join(older, PART.log), join(directory, PART.log), { recursive: true });
    const { code, message } = await refusalOf(directory);
    expect(code).toBe('RAFT_LOG_REFUSED');
    expect(message).toContain('it ends at index 8 (term 2)');
    expect(message).toContain('index 9 (term 7)');
  });

  it('[ST4] a vote that the log has lost is known to the second copy, even if the marker is as old', async () => {
    const directory = await used();
    const store = levelLogStore({ directory });
    await store.open(OWNER);
    const older = workspace.copy(directory);
    await write(store, [hard(7, 'n3')]);
    await store.close();
    for (const part of [PART.log, PART.acknowledged]) {
      rmSync(join(directory, part), { recursive: true });
      cpSync(join(older, part), join(directory, part), { recursive: true });
    }
    expect((await refusalOf(directory)).message).toContain('has lost a vote or a term');
  });

  it.each([PART.acknowledged, PART.hardState])(
    '[ST7] %s with both slots unreadable is refused, with one it opens',
    async (part) => {
      const directory = await used();
      const path = join(directory, part);
      const bytes = readFileSync(path);
      for (const slot of [0, 4096]) {
        writeFileSync(path, Buffer.from(bytes).fill(0, slot, slot + 4096));
        await session(workspace.copy(directory), OWNER, 3);
      }
      writeFileSync(path, Buffer.alloc(bytes.length));
      const refusal = await refusalOf(directory);
      expect(refusal.message).toContain(`${path} is damaged`);
    },
  );

  it('[ST4] two votes in one term are refused', async () => {
    const directory = await used();
    const path = join(directory, PART.hardState);
    const { incarnation } = JSON.parse(readFileSync(join(directory, PART.identity), 'utf8'));
    writeSlot(path, { incarnation, sequence: 1, hardState: { term: 2, votedFor: 'n3' } });
    const { message } = await refusalOf(directory);
    expect(message).toMatch(/voted for n2 in term 2, .* says for n3/);
  });

  it('[ST4] a copy of the hard state that is newer than the log is refused', async () => {
    const directory = await used();
    const path = join(directory, PART.hardState);
    const { incarnation } = JSON.parse(readFileSync(join(directory, PART.identity), 'utf8'));
    for (const sequence of [1, 1_000]) {
      writeSlot(path, { incarnation, sequence, hardState: { term: 3, votedFor: null } });
      expect((await refusalOf(directory)).message).toContain('has lost a vote or a term');
    }
    writeSlot(path, { incarnation, sequence: 1_000, hardState: { term: 2, votedFor: 'n2' } });
    expect((await refusalOf(directory)).message).toContain('its newest writes are gone');
  });

  it('[ST4] a copy that a crash left one write behind is not refused: the newer one counts', async () => {
    const directory = await used();
    const path = join(directory, PART.hardState);
    const { incarnation } = JSON.parse(readFileSync(join(directory, PART.identity), 'utf8'));
    for (const hardState of [
      { term: 2, votedFor: null },
      { term: 1, votedFor: 'n3' },
    ]) {
      writeSlot(path, { incarnation, sequence: 1, hardState });
      const store = levelLogStore({ directory });
      const recovered = await store.open(OWNER);
      await store.close();
      expect(recovered.hardState).toEqual({ term: 2, votedFor: 'n2' });
    }
  });
});

describe('a directory of a newer version', () => {
  it('[ST8] is refused by the format in identity.json', async () => {
    const directory = await used();
    const path = join(directory, PART.identity);
    writeFileSync(path, readFileSync(path, 'utf8').replace('"format": 2', '"format": 3'));
    const { code, message } = await refusedUntouched(directory);
    expect(code).toBe('RAFT_LOG_REFUSED');
    expect(message).toContain('newer version of raftchart (format 3)');
  });

  it.each([PART.hardState, PART.acknowledged])(
    '[ST8] is refused by the version in %s',
    async (part) => {
      const directory = await used();
      const kind = part === PART.hardState ? RECORD_KIND.hardState : RECORD_KIND.acknowledged;
      writeSlot(join(directory, part), { anything: true }, { kind, version: 2 });
      expect((await refusalOf(directory)).message).toContain('newer version of raftchart');
    },
  );
});

describe('creation on a real disk', () => {
  it.each([
    ['nothing in log', []],
    ['a lock', ['LOCK']],
    ['a first manifest', ['LOCK', 'LOG', 'MANIFEST-000001']],
    ['a CURRENT not yet in place', ['LOCK', 'LOG', 'LOG.old', 'MANIFEST-000001', '000001.dbtmp']],
  ])('[ST11] starts anew after a crash that left %s', async (_, names) => {
    const directory = workspace.fresh();
    mkdirSync(join(directory, PART.log), { recursive: true });
    for (const name of names) appendFileSync(join(directory, PART.log, name), '');
    writeFileSync(join(directory, PART.identityDraft), '{"format":');
    const store = levelLogStore({ directory });
    expect((await store.open(OWNER)).isNew).toBe(true);
    await store.close();
  });

  it('[ST11] two nodes that create one directory at once: one wins, the other is refused', async () => {
    const directory = workspace.fresh();
    const stores = [levelLogStore({ directory }), levelLogStore({ directory })];
    const results = await Promise.allSettled(stores.map((store) => store.open(OWNER)));
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    for (const store of stores) await store.close();
  });
});

describe('refusals', () => {
  let directory = '';
  beforeAll(async () => {
    directory = await used();
  });

  it('[ST16] what is no directory, and cannot be one, is told without a word of damage or copies', async () => {
    for (const path of [join(directory, PART.identity), join(directory, PART.identity, 'data')]) {
      const { code, message, cause } = await refusalOf(path);
      expect(code).toBe('RAFT_LOG_REFUSED');
      expect(message).toContain(`The data directory ${path} could not be made: ENOTDIR`);
      expect(message).toMatch(/name a directory, and start again\.$/);
      expect(message).not.toMatch(/damage|copy|votes|replaced/);
      expect(cause).toBeInstanceOf(Error);
    }
  });

  it.each([
    ['ENOSPC', 'Free space on its disk'],
    ['EACCES', 'Let this user read and write there'],
    ['EIO', 'Name a place where a directory can be made'],
  ])(
    '[ST16] %s at a first start: nothing is lost, and what to do is all that is said',
    async (code, advice) => {
      const failure = Object.assign(new Error(`${code}: the system says so`), { code });
      const files = { ...nodeFiles, write: () => Promise.reject(failure) };
      const path = workspace.fresh();
      const { message } = await refusalFrom(storeOn(path, files));
      expect(message).toContain(`${path} could not be made: ${code}: the system says so. No node`);
      expect(message).toContain(`nothing is lost. ${advice}`);
      expect(message).not.toMatch(/damage|copy|votes|replaced/);
      const again = levelLogStore({ directory: path });
      expect((await again.open(OWNER)).isNew).toBe(true);
      await again.close();
    },
  );

  it('[ST16] of a disk that fails under a directory in use, all that may be wrong is said', async () => {
    const failure = Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
    const files = { ...nodeFiles, write: () => Promise.reject(failure) };
    const path = workspace.copy(directory);
    const { message } = await refusalFrom(storeOn(path, files));
    expect(message).toContain(`${path} could not be opened: EIO: i/o error. Its entries and votes`);
    expect(message).toMatch(/Check that the disk .* then start again; .* put back a copy/);
  });

  it('[ST16] after a refusal the lock is free', async () => {
    const copy = workspace.copy(directory);
    const path = join(copy, PART.acknowledged);
    const bytes = readFileSync(path);
    rmSync(path);
    const store = levelLogStore({ directory: copy });
    await expect(store.open(OWNER)).rejects.toBeInstanceOf(RaftError);
    writeFileSync(path, bytes);
    expect((await store.open(OWNER)).log.lastIndex).toBe(8);
    await store.close();
  });
});

/** Puts a record into both slots of a slot file. */
function writeSlot(
  path: string,
  value: unknown,
  { kind = RECORD_KIND.hardState, version = 1 }: { kind?: number; version?: number } = {},
): void {
  const known = Object.values(RECORD_KIND).find((known) => known === kind);
  if (known === undefined) throw new Error('no such kind');
  const record = encodeRecord(known, value, version);
  const bytes = Buffer.alloc(8192);
  for (const slot of [0, 4096]) {
    bytes.writeUInt32LE(record.length, slot);
    bytes.set(record, slot + 4);
  }
  writeFileSync(path, bytes);
}
