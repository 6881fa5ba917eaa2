/** What `recover` makes of a data directory: a look, and a cluster of one, on a real LevelDB. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { isClusterId } from '../../src/core/identity.ts';
import { index, term } from '../../src/core/types.ts';
import type { DirectoryAccess } from '../../src/storage/directory/directory-parts.ts';
import type { Files } from '../../src/storage/disk/files.ts';
import { nodeAccess } from '../../src/storage/disk-log-store.ts';
import { type Copied, recoverDirectory } from '../../src/storage/recovery/recover-directory.ts';
import { surveyDirectory } from '../../src/storage/recovery/survey.ts';
import { PART } from '../../src/storage/refusals.ts';
import {
  append,
  configured,
  hard,
  membersOf,
  noteCommitted,
  OWNER,
  run,
  texts,
  write,
} from '../../src/testing/contracts/log-operations.ts';
import { runFake } from '../cli/fake-context.ts';
import { during, fingerprint, Workspace } from './data-directories.ts';

const workspace = new Workspace();
const nobody = { voters: [], votersOutgoing: [], learners: [], learnersNext: [] };

/** n1 of three, and n4 that came for n3: seven entries, of which it knows five to be committed. */
async function survivor(): Promise<DirectoryAccess> {
  const directory = workspace.fresh();
  await during(directory, async (store) => {
    await write(store, [hard(2, 'n2'), append(run(1, 1, ['a', 'b', 'c']))]);
    const changed = {
      ...membersOf(['n1', 'n2', 'n4']),
      removed: membersOf(['n3']).configuration.voters,
    };
    await write(store, [append(configured(2, 4, changed), run(2, 5, ['e', 'f', 'g']))]);
    await write(store, [noteCommitted(5)]);
  });
  return nodeAccess({ directory });
}

/** The same, of which a snapshot covers the first two entries, and the log behind it. */
async function survivorOfSnapshots(): Promise<DirectoryAccess> {
  const access = await survivor();
  await during(access.directory, async (store) => {
    const lastEntry = { term: term(1), index: index(2) };
    const membership = { ...membersOf(['n1', 'n2', 'n3']), index: index(0) };
    const writer = await store.snapshots.begin({ lastEntry, membership, timeMs: 7 });
    for (const byte of [1, 2, 3]) await writer.append(new Uint8Array(100).fill(byte));
    await writer.finish();
    await write(store, [{ type: 'compactThrough', base: lastEntry, membership }]);
  });
  return access;
}

/** Those that are written at each start. The databases have files of their own for each opening. */
function smallFiles({ directory }: DirectoryAccess): readonly string[] {
  const names = [PART.identity, PART.hardState, PART.acknowledged];
  return names.map((name) => readFileSync(`${directory}/${name}`, 'hex'));
}

it('[RC1] a look says what a stopped node holds, and changes none of its records', async () => {
  const access = await survivorOfSnapshots();
  const before = smallFiles(access);
  expect(await surveyDirectory(access)).toEqual({
    clusterId: 'c1',
    nodeId: 'n1',
    term: 2,
    last: { term: 2, index: 7 },
    commitIndex: 5,
    snapshotIndex: 2,
    members: ['n1', 'n2', 'n4'],
  });
  expect(smallFiles(access)).toEqual(before);
  await during(access.directory, async (_, { identity }) => expect(identity.boots).toBe(3));
});

it('[RC1] a look says of a node that is no member that others hold more', async () => {
  const access = await survivor();
  const looked = async () =>
    (await runFake(['recover', '--data-dir', access.directory, '--dry-run'])).output;
  expect(await looked()).not.toContain('others hold more');
  await during(access.directory, async (store) => {
    await write(store, [append(configured(2, 8, membersOf(['n2', 'n4'])))]);
  });
  expect(await looked()).toContain('n1 was removed, or never added: others hold more than it.');
});

it('[RC1] a look refuses a node that runs, and a place where none was', async () => {
  const access = await survivor();
  await during(access.directory, async () => {
    await expect(surveyDirectory(access)).rejects.toThrow('in use');
  });
  const empty = nodeAccess({ directory: workspace.fresh() });
  await expect(surveyDirectory(empty)).rejects.toThrow('No node has run');
});

it.each([0, 1])(
  '[RC1] a node that was started, reached term %s and holds nothing is refused by a look and by a recovery',
  async (reached) => {
    const directory = workspace.fresh();
    await during(directory, async (store) => {
      if (reached > 0) await write(store, [hard(reached, 'n1')]);
    });
    const before = readdirSync(directory);
    const recover = ['recover', '--data-dir', directory];
    for (const argv of [recover, [...recover, '--dry-run']]) {
      const { exitCode, errors, output } = await runFake(argv);
      expect([exitCode, output]).toEqual([78, '']);
      expect(errors).toContain('holds no entry and no snapshot: nothing can be recovered from it');
    }
    expect(readdirSync(directory)).toEqual(before);
    expect(existsSync(`${directory}.recovering`)).toBe(false);
    await during(directory, async (_, { identity }) => expect(identity.boots).toBe(2));
  },
);

it.each([
  { of: 'entries', survive: survivor, first: 1 },
  { of: 'a snapshot and entries', survive: survivorOfSnapshots, first: 3 },
])(
  '[RC2] [RC4] of $of one survivor becomes the only member of a new cluster, with all that it held',
  async ({ survive, first }) => {
    const access = await survive();
    const parts: Copied[] = [];
    const { survey, keptAs } = await recoverDirectory(access, (part) => parts.push(part));
    expect(parts.at(-1)).toEqual({ what: 'entries', done: 7, of: 7 });
    const ofSnapshot = parts.filter(({ what }) => what === 'parts of the snapshot');
    expect(ofSnapshot.map(({ done, of }) => [done, of])).toEqual(
      first === 1 ? [] : [1, 2, 3].map((done) => [done, 3]),
    );
    expect(survey).toMatchObject({ nodeId: 'n1', last: { term: 3, index: 8 }, members: ['n1'] });
    expect(survey.clusterId).toMatch(/^c1-[0-9a-f]{16}$/);
    expect((await surveyDirectory({ ...access, directory: keptAs })).last.index).toBe(7);
    const owner = { ...OWNER, clusterId: survey.clusterId, founding: nobody };
    await during(
      access.directory,
      async (store, recovered) => {
        const held = await texts(store, first, 8);
        expect(held).toHaveLength(9 - first);
        const commands = held.filter((text) => !text.includes('voters'));
        expect(commands).toEqual(['1:a', '1:b', '1:c', '2:e', '2:f', '2:g'].slice(first - 1));
        expect(recovered).toMatchObject({
          commitIndex: 5,
          hardState: { term: 3, votedFor: 'n1' },
          peers: [],
        });
        expect(recovered.configurations.at(-1)).toEqual({
          ...membersOf(['n1']),
          removed: ['n3', 'n2', 'n4'],
          index: 8,
        });
        const { newest } = store.snapshots;
        if (first === 1) return expect(newest).toBeNull();
        if (newest === null) throw new Error('the snapshot is gone');
        expect(newest.membership.configuration.voters).toEqual(['n1']);
        const chunks = [0, 1, 2].map((chunk) => store.snapshots.readChunk(newest, chunk));
        expect((await Promise.all(chunks)).map(([byte]) => byte)).toEqual([1, 2, 3]);
      },
      owner,
    );
  },
);

it('[RC4] however often it is recovered, and however long its name was, the new cluster has a name that members can show', async () => {
  const directory = workspace.fresh();
  const name = 'é🚲'.repeat(64);
  await during(
    directory,
    async (store) => {
      await write(store, [hard(1, 'n1'), append(run(1, 1, ['a']))]);
    },
    { ...OWNER, clusterId: name },
  );
  const access = nodeAccess({ directory });
  const seen = new Set<string>();
  for (let times = 0; times < 3; times += 1) {
    const { survey, keptAs } = await recoverDirectory(access);
    expect(isClusterId(survey.clusterId)).toBe(true);
    expect(survey.clusterId).toMatch(/^(é🚲){10}.*-[0-9a-f]{16}$/u);
    seen.add(survey.clusterId);
    rmSync(keptAs, { recursive: true });
  }
  expect(seen.size).toBe(3);
});

it('[RC3] nothing that lies in the way is touched', async () => {
  const access = await survivor();
  const { keptAs } = await recoverDirectory(access);
  const before = fingerprint(access.directory);
  await expect(recoverDirectory(access)).rejects.toThrow(`${keptAs} is in the way`);
  expect(fingerprint(access.directory)).toEqual(before);
});

it('[RC3] a file in the way is named as a directory would be', async () => {
  const access = await survivor();
  const path = `${access.directory}.recovering`;
  writeFileSync(path, 'mine');
  await expect(recoverDirectory(access)).rejects.toMatchObject({
    code: 'RAFT_LOG_REFUSED',
    message: expect.stringContaining(`${path} is in the way`),
  });
  expect(readFileSync(path, 'utf8')).toBe('mine');
});

it('[RC3] a directory that cannot be renamed stays as it is, and its recovery can be used from beside it', async () => {
  const access = await survivor();
  const before = smallFiles(access);
  const mounted: Files = {
    ...access.files,
    rename: async (from, to) => {
      if (from === access.directory) throw new Error('EBUSY: resource busy or locked');
      await access.files.rename(from, to);
    },
  };
  const draft = `${access.directory}.recovering`;
  await expect(recoverDirectory({ ...access, files: mounted })).rejects.toMatchObject({
    code: 'RAFT_LOG_REFUSED',
    message: expect.stringMatching(/EBUSY.+Nothing in it was changed.+start the node on /s),
  });
  expect(smallFiles(access)).toEqual(before);
  const survey = await surveyDirectory({ ...access, directory: draft });
  expect(survey).toMatchObject({ last: { term: 3, index: 8 }, members: ['n1'] });
});

it('[RC3] a recovery that ends between two names is finished by the next one', async () => {
  const access = await survivor();
  const failing: Files = {
    ...access.files,
    rename: async (from, to) => {
      if (from.endsWith('.recovering')) throw new Error('the power went');
      await access.files.rename(from, to);
    },
  };
  await expect(recoverDirectory({ ...access, files: failing })).rejects.toThrow('the power went');
  expect(readdirSync(`${access.directory}.before-recovery`)).toContain('identity.json');
  const { survey } = await recoverDirectory(access);
  expect(survey).toMatchObject({ last: { term: 3, index: 8 }, members: ['n1'] });
});
