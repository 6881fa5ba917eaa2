/** `access`, `role`, `token` and `user`, as an administrator meets them; the last test needs the built files. */
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { cleanUp } from '../clean-up.ts';
import { type LocalServer, served } from '../server/local-server.ts';
import {
  ANY_PORTS,
  endAll,
  leading,
  QUICK,
  runCliProcess,
  serveLine,
  startCli,
} from './cli-process.ts';
import { type CliRun, expectFailure, runFake } from './fake-context.ts';
import { scratch } from './scratch.ts';

const DENIED = 77;

let server: LocalServer;
beforeEach(async () => {
  server = await served();
});

function run(token: string | null, ...argv: readonly string[]): Promise<CliRun> {
  const shown = token === null ? {} : { RAFTCHART_TOKEN: token };
  return runFake(argv, { environment: { RAFTCHART_ENDPOINTS: server.url, ...shown } });
}

async function told(token: string | null, ...argv: readonly string[]): Promise<string> {
  const { errors, exitCode, output } = await run(token, ...argv);
  expect([exitCode, errors], argv.join(' ')).toEqual([0, '']);
  return output;
}

/** What was shown once, and nothing else on standard output. */
async function shown(token: string | null, ...argv: readonly string[]): Promise<string> {
  const { errors, exitCode, output } = await run(token, ...argv);
  expect([exitCode, errors]).toEqual([0, expect.stringContaining('shown this once')]);
  return output.trimEnd();
}

it('[AC9] says what is on, who has which roles, and what these may do', async () => {
  expect(await told(null, 'access', 'status')).toBe('access is off: 0 roles, 0 tokens, 0 users\n');
  expect(await told(null, 'role', 'list')).toBe('none\n');
  const root = await shown(null, 'access', 'on');
  expect(root).toMatch(/^root\.[\w-]{43}$/);
  expect(await told(root, 'role', 'grant', 'builder', 'builds/', 'read,write')).toBe(
    'builder has the right to read,write what begins with "builds/"\n',
  );
  await told(root, 'role', 'grant', 'builder', 'shared/', 'read');
  await told(root, 'role', 'grant', 'keeper', '', 'admin,inspect');
  const ci = await shown(root, 'token', 'create', 'ci', '--role', 'builder,keeper');
  expect(await told(root, 'user', 'create', 'billing', '--role', 'builder')).toBe(
    'billing has the roles builder\n',
  );
  expect(await told(root, 'role', 'show', 'builder')).toMatch(
    /^NAME +HAS\nbuilder +read\+write "builds\/", read "shared\/"\n$/,
  );
  expect(await told(root, 'token', 'list')).toMatch(/root +root\nci +builder, keeper\n$/);
  expect(await told(root, 'user', 'list')).toMatch(/billing +builder\n$/);
  expect(await told(root, 'access', 'status')).toBe('access is on: 2 roles, 2 tokens, 1 user\n');
  expect(JSON.parse(await told(ci, 'access', 'status', '-o', 'json'))).toMatchObject({
    isOn: true,
    users: [{ name: 'billing', roles: ['builder'] }],
  });
  expect(await told(root, 'role', 'revoke', 'builder', 'shared/')).toContain('has no right');
  expect(await told(root, 'role', 'delete', 'keeper')).toBe('keeper is gone\n');
  await expectFailure(run(ci, 'access', 'status'), DENIED, 'no right to admin');
  expect(await told(ci, 'put', 'builds/1', 'v')).toContain('revision');
  expect(await told(root, 'token', 'revoke', 'ci')).toBe('ci is gone\n');
  await expectFailure(run(ci, 'put', 'builds/1', 'v'), DENIED, 'was revoked');
  expect(await told(root, 'access', 'off')).toContain('everybody may do everything');
});

it('[AC9] says what is wrong with a change, and makes none', async () => {
  const root = await shown(null, 'access', 'on');
  for (const [argv, exitCode, words] of [
    [['access', 'up'], 64, 'access takes one of on, off, status'],
    [['access', 'on'], 1, 'on already'],
    [['role', 'grant', 'builder', 'builds/'], 64, 'Usage: raftchart role grant'],
    [['role', 'grant', 'builder', 'builds/', 'fly'], 64, 'rights must be a list of read, write'],
    [['role', 'grant', 'builder', 'builds/', 'admin'], 64, 'empty prefix'],
    [['role', 'grant', 'root', 'a', 'read'], 1, 'every right, and is not changed'],
    [['role', 'grant', 'no name', 'a', 'read'], 64, 'role must name'],
    [['role', 'show', 'builder'], 1, 'There is no role builder'],
    [['role', 'delete', 'builder'], 1, 'There is no role builder'],
    [['token', 'create', 'ci'], 64, '--role is needed'],
    [['token', 'create', 'ci', '--role', 'builder'], 1, 'There is no role builder'],
    [['token', 'create', 'root', '--role', 'root'], 1, 'There is a token root already'],
    [['token', 'revoke', 'root'], 1, 'the last with the role root'],
    [['user', 'revoke', 'billing'], 1, 'There is no user billing'],
    [['user', 'create', 'a', 'b', '--role', 'root'], 64, ''],
  ] as const) {
    await expectFailure(run(root, ...argv), exitCode, words);
  }
  expect(await told(root, 'access', 'status')).toBe('access is on: 0 roles, 1 token, 0 users\n');
});

it('[AC9] a token comes out of a file or the environment, and is shown in no failure', async () => {
  const root = await shown(null, 'access', 'on');
  const file = join(scratch(), 'token');
  writeFileSync(file, `${root}\n`);
  expect(await told(null, 'put', 'a', 'v', '--token-file', file)).toContain('revision');
  await expectFailure(run(null, 'put', 'a', 'v'), DENIED, '--token-file');
  await expectFailure(run(root, 'put', 'a', 'v', '--token', root), 64, '--token');
  for (const text of ['two words', '', root.replace('.', '\n')]) {
    writeFileSync(file, text);
    const { errors, exitCode } = await run(null, 'put', 'a', 'v', '--token-file', file);
    expect([exitCode, errors]).toEqual([64, expect.stringContaining('The token is none')]);
    expect(errors).not.toContain(root.split('.')[1]);
  }
  await expectFailure(run(null, 'get', 'a', '--token-file', '/nowhere'), 64, 'cannot be read');
});

it('[AC1] [BK3] a backup keeps who may do what, without a token, and a cluster restored from it goes by that', async () => {
  cleanUp(endAll);
  const first = startCli(serveLine('n1', join(scratch(), 'data'), ...ANY_PORTS, ...QUICK));
  const at = async (node: ReturnType<typeof startCli>) => ['--endpoints', await leading(node)];
  const made = await runCliProcess(['access', 'on', ...(await at(first))]);
  const root = made.output.trim();
  const asRoot = { RAFTCHART_TOKEN: root };
  expect((await runCliProcess(['put', 'a', 'v', ...(await at(first))], asRoot)).code).toBe(0);
  const file = join(scratch(), 'copy');
  const backup = await runCliProcess(['backup', file, ...(await at(first))], asRoot);
  expect([backup.code, backup.errors]).toEqual([0, '']);
  expect(statSync(file).mode & 0o077).toBe(0);
  const again = join(scratch(), 'restored');
  for (const line of [
    ['verify', file],
    ['restore', file, '--data-dir', again, '--id', 'n1'],
  ]) {
    expect([line[0], (await runCliProcess(line)).code]).toEqual([line[0], 0]);
  }
  const restored = startCli(serveLine('n1', again, ...ANY_PORTS, ...QUICK));
  const there = await at(restored);
  const stranger = await runCliProcess(['put', 'a', 'w', ...there]);
  expect([stranger.code, stranger.errors]).toEqual([
    DENIED,
    expect.stringContaining('--token-file'),
  ]);
  expect((await runCliProcess(['get', 'a', ...there], asRoot)).output).toBe('v');
  expect((await runCliProcess(['role', 'grant', 'a', 'a', 'read', ...there], asRoot)).code).toBe(0);
});

it('[AC9] [TL7] a secret that is given where its file belongs is shown to nobody', async () => {
  const secret = 'a-secret-that-somebody-took-for-its-file';
  for (const argv of [
    ['members', '--token-file', secret],
    ['serve', '--id', 'n1', '--data-dir', 'gone', '--cluster-secret-file', secret],
  ]) {
    const { errors, exitCode, output } = await run(null, ...argv);
    expect(errors).toMatch(/-file cannot be read: ENOENT: no such file or directory\.(?:\n$|")/);
    expect([errors.includes(secret), exitCode === 0, output]).toEqual([false, false, '']);
  }
});
