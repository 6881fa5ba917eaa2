/** What a data directory is refused for as a whole: foreign, half wiped, too new, and what its refusals say (ST5, ST6, ST8, ST16). */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { RaftError } from '../../../src/core/errors.ts';
import type { Files } from '../../../src/storage/disk/files.ts';
import { LevelDatabase } from '../../../src/storage/disk/level-database.ts';
import { nodeFiles } from '../../../src/storage/disk/node-files.ts';
import { encodeRecord, RECORD_KIND } from '../../../src/storage/records/record.ts';
import { PART } from '../../../src/storage/refusals.ts';
import { OWNER } from '../../../src/testing/contracts/log-operations.ts';
import { storeIn, Workspace } from '../data-directories.ts';
import {
  recoveredFrom,
  refusalOf,
  refusedUntouched,
  replaceParts,
  session,
  used,
  writeSlots,
} from './used-directories.ts';

const PARTS = [PART.identity, PART.log, PART.hardState, PART.acknowledged];

const workspace = new Workspace();

describe('a directory of someone else', () => {
  it.each([
    ['cluster', { ...OWNER, clusterId: 'other' }, 'cluster c1'],
    ['node', { ...OWNER, nodeId: 'n2' }, 'node n1'],
  ])('[ST5] of another %s is refused and left alone', async (_, owner, words) => {
    const refusal = await refusedUntouched(await used(workspace), owner);
    expect(refusal.code).toBe('RAFT_WRONG_IDENTITY');
    expect(refusal.message).toContain(words);
  });

  it.each(PARTS.filter((part) => part !== PART.identity))(
    '[ST5] %s from another data directory of the same node is refused',
    async (part) => {
      const directory = await used(workspace);
      replaceParts(directory, await used(workspace), part);
      const refusal = await refusalOf(directory);
      expect(refusal.code).toBe('RAFT_WRONG_IDENTITY');
      expect(refusal.message).toContain(`${directory}/${part} comes from another data directory`);
    },
  );

  it('[ST5] a directory of which a part was restored from an older copy is refused', async () => {
    const directory = await used(workspace);
    const older = workspace.copy(directory);
    for (let term = 3; term <= 5; term += 1) await session(directory, OWNER, term);
    for (const part of PARTS) {
      const mixture = workspace.copy(directory);
      replaceParts(mixture, older, part);
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
      const directory = await used(workspace);
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
      expect((await recoveredFrom(directory)).isNew).toBe(true);
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
    const directory = await used(workspace);
    const log = join(directory, PART.log);
    const victims = readdirSync(log).filter(isVictim);
    expect(victims).not.toEqual([]);
    for (const name of victims) rmSync(join(log, name));
    expect((await refusalOf(directory)).code).toBe('RAFT_LOG_REFUSED');
  });

  it('[ST6] with every file of the log emptied, or a new, empty log, is refused', async () => {
    const directory = await used(workspace);
    const log = join(directory, PART.log);
    for (const name of readdirSync(log)) writeFileSync(join(log, name), '');
    expect((await refusalOf(directory)).code).toBe('RAFT_LOG_REFUSED');
    rmSync(log, { recursive: true });
    const database = new LevelDatabase(log);
    await database.open({ createIfMissing: true });
    await database.close();
    expect((await refusalOf(directory)).code).toBe('RAFT_LOG_REFUSED');
  });
});

describe('a directory of a newer version', () => {
  it('[ST8] is refused by the format in identity.json', async () => {
    const directory = await used(workspace);
    const path = join(directory, PART.identity);
    writeFileSync(path, readFileSync(path, 'utf8').replace('"format": 2', '"format": 3'));
    const { code, message } = await refusedUntouched(directory);
    expect(code).toBe('RAFT_LOG_REFUSED');
    expect(message).toContain('newer version of raftchart (format 3)');
  });

  it.each([
    [PART.hardState, RECORD_KIND.hardState],
    [PART.acknowledged, RECORD_KIND.acknowledged],
  ])('[ST8] is refused by the version in %s', async (part, kind) => {
    const directory = await used(workspace);
    writeSlots(join(directory, part), encodeRecord(kind, { anything: true }, 2));
    expect((await refusalOf(directory)).message).toContain('newer version of raftchart');
  });
});

describe('refusals', () => {
  let directory = '';
  beforeAll(async () => {
    directory = await used(workspace);
  });

  it('[ST16] [ST17] what is no directory, and cannot be one, is told without a word of damage or copies', async () => {
    for (const path of [join(directory, PART.identity), join(directory, PART.identity, 'data')]) {
      const { code, message, cause } = await refusalOf(path);
      expect(code).toBe('RAFT_LOG_REFUSED');
      expect(message).toContain(`The data directory ${path} could not be made: ENOTDIR`);
      expect(message).toMatch(/name a directory, and start again\.$/);
      expect(message).not.toMatch(/damage|copy|votes|replaced/);
      expect(cause).toBeInstanceOf(Error);
    }
  });

  it.each([PART.log, PART.snapshots])(
    '[ST16] a file in the place of %s is not told as if no node had run there',
    async (part) => {
      const path = workspace.copy(directory);
      rmSync(join(path, part), { recursive: true });
      writeFileSync(join(path, part), 'x');
      const { code, message } = await refusalOf(path);
      expect(code).toBe('RAFT_LOG_REFUSED');
      expect(message).toContain(`${path} could not be opened`);
      expect(message).toContain('put back a copy');
      expect(message).not.toContain('No node has run');
    },
  );

  it.each([
    ['ENOSPC', 'Free space on its disk'],
    ['EACCES', 'Let this user read and write there'],
    ['EIO', 'Name a place where a directory can be made'],
  ])(
    '[ST16] %s at a first start: nothing is lost, and what to do is all that is said',
    async (code, advice) => {
      const path = workspace.fresh();
      const { message } = await refusalOf(path, { files: failing(code) });
      expect(message).toContain(`${path} could not be made: ${code}: the system says so. No node`);
      expect(message).toContain(`nothing is lost. ${advice}`);
      expect(message).not.toMatch(/damage|copy|votes|replaced/);
      expect((await recoveredFrom(path)).isNew).toBe(true);
    },
  );

  it('[ST16] of a disk that fails under a directory in use, all that may be wrong is said', async () => {
    const path = workspace.copy(directory);
    const { message } = await refusalOf(path, { files: failing('EIO') });
    expect(message).toContain(`${path} could not be opened: EIO: the system says so. Its entries`);
    expect(message).toMatch(/Check that the disk .* then start again; .* put back a copy/);
  });

  it('[ST16] what LevelDB itself cannot open is told in its own words', async () => {
    const path = workspace.copy(directory);
    rmSync(join(path, PART.log, 'LOCK'));
    mkdirSync(join(path, PART.log, 'LOCK'));
    const { code, message } = await refusalOf(path);
    expect(code).toBe('RAFT_LOG_REFUSED');
    expect(message).toMatch(
      /could not be opened: .*LOCK.*\. Its entries and votes are as they were/,
    );
  });

  it('[ST16] after a refusal the lock is free', async () => {
    const copy = workspace.copy(directory);
    const path = join(copy, PART.acknowledged);
    const bytes = readFileSync(path);
    rmSync(path);
    await using store = storeIn(copy);
    await expect(store.open(OWNER)).rejects.toBeInstanceOf(RaftError);
    writeFileSync(path, bytes);
    expect((await store.open(OWNER)).log.lastIndex).toBe(8);
  });
});

/** File operations of which the writes fail. */
function failing(code: string): Files {
  const failure = Object.assign(new Error(`${code}: the system says so`), { code });
  return { ...nodeFiles, write: () => Promise.reject(failure) };
}
