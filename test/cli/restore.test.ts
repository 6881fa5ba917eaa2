/** `verify` and `restore` of files: whole ones, and others. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { chunksOf, proveBackup } from '../../src/cli/backup/backup-file.ts';
import { nodeAccess } from '../../src/storage/disk-log-store.ts';
import { type Survey, surveyDirectory } from '../../src/storage/recovery/survey.ts';
import { HEADER, recordsOf } from '../server/backup/backups.ts';
import { served } from '../server/local-server.ts';
import { startCli } from './cli-process.ts';
import { expectFailure, runFake } from './fake-context.ts';
import { scratch } from './scratch.ts';

interface Kept {
  readonly folder: string;
  readonly file: string;
}

async function kept(): Promise<Kept> {
  const server = await served();
  for (const key of ['a', 'b', 'c']) await server.put(key);
  const folder = scratch();
  const file = join(folder, 'orders.backup');
  expect((await runFake(['backup', file, '--endpoints', server.url])).exitCode).toBe(0);
  return { folder, file };
}

function surveyOf(directory: string): Promise<Survey> {
  return surveyDirectory(nodeAccess({ directory }));
}

it('[BK4] verify says what is in a whole backup', async () => {
  const { file } = await kept();
  const table = await runFake(['verify', file]);
  expect([table.exitCode, table.errors]).toEqual([0, '']);
  for (const line of [/^cluster +local$/m, /^revision +4$/m, /^keys +3$/m, /^members then +n1$/m]) {
    expect(table.output).toMatch(line);
  }
  const json = await runFake(['verify', file, '-o', 'json']);
  expect(JSON.parse(json.output)).toMatchObject({
    ...{ file, clusterId: 'local', node: 'n1', revision: 4, keys: 3, compactedRevision: 0 },
    ...{
      fileBytes: readFileSync(file).length,
      lastEntry: { term: 1 },
      members: { voters: ['n1'] },
    },
  });
});

it('[BK4] verify answers no, with the reason, for what is damaged, cut, or says what it does not hold', async () => {
  const { file, folder } = await kept();
  const bytes = readFileSync(file);
  const changed = (name: string, content: Uint8Array): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const flipped = Buffer.from(bytes);
  flipped[bytes.length >> 1] = (flipped[bytes.length >> 1] ?? 0) ^ 1;
  const noState = Buffer.concat(recordsOf([new TextEncoder().encode('no state')], HEADER));
  for (const [name, content, words] of [
    ['flipped', flipped, 'it is damaged'],
    ['cut', bytes.subarray(0, bytes.length - 1), 'it was cut'],
    ['foreign', Buffer.from('{"hello":"world"}'), 'it does not begin as one'],
    ['empty', Buffer.alloc(0), 'it does not begin as one'],
    ['no-state', noState, 'What the backup holds cannot be restored here'],
  ] as const) {
    const path = changed(name, content);
    await expectFailure(runFake(['verify', path]), 1, words);
    const line = ['restore', path, '--data-dir', join(folder, 'n1'), '--id', 'n1'];
    await expectFailure(runFake(line), 78, words);
  }
  expect(readdirSync(folder).filter((name) => name.startsWith('n1'))).toEqual([]);
  await expectFailure(runFake(['verify', join(folder, 'none')]), 64, 'cannot be read: ENOENT');
  await expectFailure(runFake(['verify', folder]), 64, 'is no file');
  const { errors } = await runFake(['verify', join(folder, 'cut'), '-o', 'json']);
  expect(JSON.parse(errors)).toMatchObject({ code: 'RAFT_LOG_REFUSED', retry: 'never' });
});

it('[BK4] what cannot be read is said to be so, and is no fault of the program', async () => {
  // A file by its kind, and no byte of it can be read.
  await expectFailure(runFake(['verify', '/proc/self/mem']), 64, 'cannot be read: EIO');
});

it('[BK5] two restores into one place do not disturb each other: one of them makes it', async () => {
  const { file, folder } = await kept();
  const line = ['restore', file, '--data-dir', join(folder, 'new'), '--id', 'n1'];
  const both = await Promise.all([runFake(line), runFake(line)]);
  const told = both.sort((left, right) => left.exitCode - right.exitCode);
  expect(told.map(({ exitCode }) => exitCode)).toEqual([0, 78]);
  expect(told[1]?.errors).toMatch(/is in the way|could not be made|is not empty/);
  expect(readdirSync(folder).sort()).toEqual(['new', 'orders.backup']);
  expect((await surveyOf(join(folder, 'new'))).nodeId).toBe('n1');
});

it('[BK4] [BK5] Ctrl-C ends them, with nothing made', async () => {
  const { file, folder } = await kept();
  const interrupted = AbortSignal.abort(new Error('stopped by SIGINT'));
  const line = ['restore', file, '--data-dir', join(folder, 'new'), '--id', 'n1'];
  for (const argv of [line, ['verify', file]])
    await expectFailure(runFake(argv, { interrupted }), 75, 'It was stopped before it was done');
  // At each of its steps, of which a terminal is told.
  const control = new AbortController();
  const onError = (): void => control.abort();
  const halfWay = { interrupted: control.signal, isTty: true, onError };
  await expectFailure(runFake(line, halfWay), 75, 'It was stopped before it was done');
  expect(readdirSync(folder)).toEqual(['orders.backup']);
});

it('[BK5] a place where no directory can be is refused as such', async () => {
  const { file } = await kept();
  for (const place of [file, join(file, 'below')]) {
    const line = ['restore', file, '--data-dir', place, '--id', 'n1'];
    await expectFailure(runFake(line), 64, 'cannot be made: ENOTDIR');
  }
});

it('[BK5] what became another backup while it was read is refused', async () => {
  const [one, other] = [await kept(), await kept()];
  const proven = await proveBackup(one.file, () => {});
  const read = async (): Promise<void> => {
    for await (const _ of chunksOf(other.file, proven, () => {}));
  };
  await expect(read()).rejects.toThrow('became another backup while it was read');
});

it('[BK5] restore founds a cluster of one, of another name each time, and says how to start it', async () => {
  const { file, folder } = await kept();
  const names = new Set<string>();
  for (const name of ['one', 'two']) {
    const directory = join(folder, name);
    const run = await runFake(['restore', file, '--data-dir', directory, '--id', 'n7']);
    expect([run.exitCode, run.errors]).toEqual([0, '']);
    expect(run.output).toContain(`raftchart serve --id n7 --data-dir ${directory} --listen`);
    const survey = await surveyOf(directory);
    expect(survey).toMatchObject({ nodeId: 'n7', members: ['n7'], term: 1, last: { term: 1 } });
    names.add(survey.clusterId);
  }
  expect([...names].every((name) => /^local-[0-9a-f]{16,}$/.test(name))).toBe(true);
  expect(names.size).toBe(2);
});

it('[BK6] several members found one cluster if they are told the same word, and none without; another word founds another', async () => {
  const { file, folder } = await kept();
  const founded = async (
    name: string,
    { id, peers, restoreId = null }: { id: string; peers: string; restoreId?: string | null },
  ): Promise<string> => {
    const directory = join(folder, name);
    const line = ['restore', file, '--data-dir', directory, '--id', id, '--peers', peers];
    const untold = await runFake(line);
    expect([untold.exitCode, existsSync(directory)]).toEqual([64, false]);
    const [, madeUp = ''] = /--restore-id ([0-9a-f]{16})/.exec(untold.errors) ?? [];
    const told = [...line, '--restore-id', restoreId ?? madeUp, '-o', 'json'];
    expect((await runFake(told)).exitCode).toBe(0);
    expect((await surveyOf(directory)).members).toEqual(['n1', 'n2']);
    return (await surveyOf(directory)).clusterId;
  };
  const peers = 'n1=127.0.0.1:1,n2=127.0.0.1:2';
  const restoreId = 'first';
  const turned = 'n2=127.0.0.1:2,n1=127.0.0.1:1';
  const one = await founded('n1', { id: 'n1', peers, restoreId });
  expect(await founded('n2', { id: 'n2', peers: turned, restoreId })).toBe(one);
  const others = [
    await founded('again', { id: 'n1', peers }),
    await founded('once more', { id: 'n1', peers }),
    await founded('elsewhere', { id: 'n1', peers: peers.replace(':2', ':3'), restoreId }),
  ];
  expect(new Set([one, ...others]).size).toBe(4);
});

it('[BK5] [BK6] what cannot be is refused before anything is made', async () => {
  const { file, folder } = await kept();
  const directory = join(folder, 'n1');
  const line = ['restore', file, '--data-dir', directory, '--id', 'n1'];
  await expectFailure(runFake([...line, '--peers', 'n2=127.0.0.1:2']), 64, 'not this node, n1');
  await expectFailure(runFake([...line, '--cluster-id', 'local']), 64, 'is the cluster of before');
  const both = ['--cluster-id', 'again', '--restore-id', 'one'];
  await expectFailure(runFake([...line, ...both]), 64, 'give one of the two');
  await expectFailure(runFake(line.slice(0, 4)), 64, '--id is needed');
  expect(existsSync(directory)).toBe(false);
  mkdirSync(directory);
  writeFileSync(join(directory, 'notes'), 'mine');
  await expectFailure(runFake(line), 78, 'is not empty: it holds notes');
  mkdirSync(join(folder, 'n2.restoring'));
  const beside = line.with(3, join(folder, 'n2'));
  await expectFailure(runFake(beside), 78, 'n2.restoring is in the way');
  expect(readdirSync(directory)).toEqual(['notes']);
  const named = [...line.with(3, join(folder, 'n3')), '--cluster-id', 'again'];
  expect((await runFake(named)).exitCode).toBe(0);
  expect((await surveyOf(join(folder, 'n3'))).clusterId).toBe('again');
});

// Windows bounds no file.
it.skipIf(process.platform === 'win32')(
  '[BK5] a disk that is full leaves nothing, and is said with what to do',
  async () => {
    const server = await served();
    for (const key of ['a', 'b', 'c']) await server.put(key, randomBytes(100_000));
    const folder = scratch();
    const file = join(folder, 'orders.backup');
    expect((await runFake(['backup', file, '--endpoints', server.url])).exitCode).toBe(0);
    const wrapper = ['bash', '-c', `trap '' XFSZ; ulimit -f 64; exec "$@"`, 'bash'];
    const line = ['restore', file, '--data-dir', join(folder, 'n1'), '--id', 'n1', '-o', 'json'];
    const cli = startCli(line, { wrapper });
    expect(await cli.ended).toBe(74);
    expect(JSON.parse(cli.errors())).toMatchObject({
      code: 'RAFT_STORAGE_FAILED',
      retry: 'safe',
      message: expect.stringMatching(
        /n1 could not be written, and there is nothing of it .*File too large.*restore again\.$/,
      ),
    });
    expect(readdirSync(folder)).toEqual(['orders.backup']);
  },
);
