/** What a data directory is refused for as a whole: foreign, half wiped, mixed, restored, too new (ST5–ST8). */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { RaftError } from '../../../src/core/errors.ts';
import type {
  LogOperation,
  LogStore,
  LogStoreOwner,
  RecoveredLog,
} from '../../../src/ports/log-store.ts';
import { PART } from '../../../src/storage/directory/refusals.ts';
import type { Files } from '../../../src/storage/disk/files.ts';
import { LevelDatabase } from '../../../src/storage/disk/level-database.ts';
import { nodeFiles } from '../../../src/storage/disk/node-files.ts';
import { encodeRecord, RECORD_KIND } from '../../../src/storage/records/record.ts';
import { decodeSlots } from '../../../src/storage/records/slot-file.ts';
import { ACKNOWLEDGED } from '../../../src/storage/records/stored-values.ts';
import {
  append,
  hard,
  OWNER,
  peer,
  run,
  truncate,
  write,
} from '../../../src/testing/contracts/log-operations.ts';
import { during, fingerprint, storeIn, Workspace } from '../data-directories.ts';

const PARTS = [PART.identity, PART.log, PART.hardState, PART.acknowledged];

const workspace = new Workspace();

/** A directory that has been used: two starts, a vote, entries, a truncation, a peer. */
async function used(owner = OWNER): Promise<string> {
  const directory = workspace.fresh();
  await session(directory, owner, 1);
  await session(directory, owner, 2);
  return directory;
}

async function session(directory: string, owner: typeof OWNER, term: number): Promise<void> {
  const deed = async (store: LogStore, { log }: RecoveredLog): Promise<void> => {
    const first = log.lastIndex + 1;
    await write(store, [hard(term, 'n2'), append(run(term, first, ['a', 'b', 'c']))]);
    await write(store, [truncate(first + 1), append(run(term, first + 1, ['B', 'C', 'D']))]);
    await store.rememberPeer(peer('n2', term));
  };
  await during(directory, deed, owner);
}

/** What opening the directory finds. */
function recoveredFrom(directory: string): Promise<RecoveredLog> {
  return during(directory, async (_, recovered) => recovered);
}

/** Puts these parts of another directory in the place of this one's. */
function replaceParts(directory: string, from: string, ...parts: readonly string[]): void {
  for (const part of parts) {
    rmSync(join(directory, part), { recursive: true });
    cpSync(join(from, part), join(directory, part), { recursive: true });
  }
}

/** Writes on through this, and returns a copy of the directory as it was before. */
async function overtaken(
  directory: string,
  ...operations: readonly LogOperation[]
): Promise<string> {
  return during(directory, async (store) => {
    const older = workspace.copy(directory);
    await write(store, operations);
    return older;
  });
}

async function refusalOf(
  directory: string,
  { owner = OWNER, files = nodeFiles }: { owner?: LogStoreOwner; files?: Files } = {},
): Promise<RaftError> {
  await using store = storeIn(directory, { files });
  const error = await store.open(owner).catch((reason: unknown) => reason);
  if (error instanceof RaftError) return error;
  throw new Error(`the directory was not refused: ${error}`);
}

/** Refused, twice, with nothing touched that was there. */
async function refusedUntouched(directory: string, owner = OWNER): Promise<RaftError> {
  const before = fingerprint(directory);
  await refusalOf(directory, { owner });
  const refusal = await refusalOf(directory, { owner });
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
      replaceParts(directory, await used(), part);
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
    const directory = await used();
    const log = join(directory, PART.log);
    const victims = readdirSync(log).filter(isVictim);
    expect(victims).not.toEqual([]);
    for (const name of victims) rmSync(join(log, name));
    expect((await refusalOf(directory)).code).toBe('RAFT_LOG_REFUSED');
  });

  it('[ST6] with every file of the log emptied, or a new, empty log, is refused', async () => {
    const directory = await used();
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

describe('a directory that has forgotten', () => {
  it('[ST7] a log older than the marker is refused, with both ends named', async () => {
    const directory = await used();
    const older = await overtaken(directory, hard(7), append(run(7, 9, ['last'])));
    replaceParts(directory, older, PART.log);
    const { code, message } = await refusalOf(directory);
    expect(code).toBe('RAFT_LOG_REFUSED');
    expect(message).toContain('it ends at index 8 (term 2)');
    expect(message).toContain('index 9 (term 7)');
  });

  it('[ST4] a vote that the log has lost is known to the second copy, even if the marker is as old', async () => {
    const directory = await used();
    const older = await overtaken(directory, hard(7, 'n3'));
    replaceParts(directory, older, PART.log, PART.acknowledged);
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

  it('[ST7] a marker of the last write with another end is refused', async () => {
    const directory = await used();
    const path = join(directory, PART.acknowledged);
    const { newest } = decodeSlots(ACKNOWLEDGED, readFileSync(path));
    if (newest.type !== 'value') throw new Error('the marker cannot be read');
    const last = { term: 2, index: 7 };
    writeSlots(path, encodeRecord(RECORD_KIND.acknowledged, { ...newest.value, last }));
    expect((await refusalOf(directory)).message).toContain(
      'is not what its last write left behind',
    );
  });

  it('[ST4] two votes in one term are refused', async () => {
    const directory = await used();
    writeHardState(directory, 1, { term: 2, votedFor: 'n3' });
    const { message } = await refusalOf(directory);
    expect(message).toMatch(/voted for n2 in term 2, .* says for n3/);
  });

  it('[ST4] a copy of the hard state that is newer than the log is refused', async () => {
    const directory = await used();
    for (const sequence of [1, 1_000]) {
      writeHardState(directory, sequence, { term: 3, votedFor: null });
      expect((await refusalOf(directory)).message).toContain('has lost a vote or a term');
    }
    writeHardState(directory, 1_000, { term: 2, votedFor: 'n2' });
    expect((await refusalOf(directory)).message).toContain('its newest writes are gone');
  });

  it('[ST4] a copy that a crash left one write behind is not refused: the newer one counts', async () => {
    const directory = await used();
    for (const behind of [
      { term: 2, votedFor: null },
      { term: 1, votedFor: 'n3' },
    ]) {
      writeHardState(directory, 1, behind);
      const { hardState } = await recoveredFrom(directory);
      expect(hardState).toEqual({ term: 2, votedFor: 'n2' });
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

  it.each([
    [PART.hardState, RECORD_KIND.hardState],
    [PART.acknowledged, RECORD_KIND.acknowledged],
  ])('[ST8] is refused by the version in %s', async (part, kind) => {
    const directory = await used();
    writeSlots(join(directory, part), encodeRecord(kind, { anything: true }, 2));
    expect((await refusalOf(directory)).message).toContain('newer version of raftchart');
  });
});

describe('refusals', () => {
  let directory = '';
  beforeAll(async () => {
    directory = await used();
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

/** Puts a second copy of the hard state into the directory. */
function writeHardState(
  directory: string,
  sequence: number,
  hardState: { readonly term: number; readonly votedFor: string | null },
): void {
  const { incarnation } = JSON.parse(readFileSync(join(directory, PART.identity), 'utf8'));
  const record = encodeRecord(RECORD_KIND.hardState, { incarnation, sequence, hardState });
  writeSlots(join(directory, PART.hardState), record);
}

/** Puts a record into both slots of a slot file. */
function writeSlots(path: string, record: Uint8Array): void {
  const bytes = Buffer.alloc(8192);
  for (const slot of [0, 4096]) {
    bytes.writeUInt32LE(record.length, slot);
    bytes.set(record, slot + 4);
  }
  writeFileSync(path, bytes);
}
