/** Access on three real processes, by the command line: as a new user would begin, and as an attacker would go on. Needs the built files. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cleanUp } from '../clean-up.ts';
import { logLines, runCliProcess, startCli } from '../cli/cli-process.ts';
import { scratch } from '../cli/scratch.ts';
import { ProcessCluster } from './process-cluster.ts';

const DENIED = 77;

async function started(): Promise<ProcessCluster> {
  const cluster = await ProcessCluster.start(3, ['--snapshot-entries', '20']);
  cleanUp(() => cluster[Symbol.asyncDispose]());
  return cluster;
}

/** The token that is shown, and nothing else on standard output. */
async function shown(
  argv: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<string> {
  const { code, errors, output } = await runCliProcess(argv, environment);
  expect([code, errors]).toEqual([0, expect.stringContaining('shown this once')]);
  expect(output).toMatch(/^[a-z0-9]+\.[A-Za-z0-9_-]{43}\n$/);
  return output.trim();
}

it('[AC1] [AC9] three members know the same callers, through kills and snapshots', async () => {
  const cluster = await started();
  const all = ['--endpoints', cluster.endpoints.join(',')];
  const root = await shown(['access', 'on', ...all]);
  const file = join(scratch(), 'root');
  writeFileSync(file, `${root}\n`);
  const asRoot = { RAFTCHART_TOKEN_FILE: file };
  const done = async (...argv: readonly string[]): Promise<string> => {
    const { code, errors, output } = await runCliProcess([...argv, ...all], asRoot);
    expect([code, errors], argv.join(' ')).toEqual([0, '']);
    return output;
  };
  await done('role', 'grant', 'builder', 'builds/', 'read,write');
  const ci = await shown(['token', 'create', 'ci', '--role', 'builder', ...all], asRoot);
  for (const { id } of cluster.members) {
    const { url } = cluster.member(id);
    // A member that lags by a moment does not know a new token yet.
    await expect
      .poll(async () => (await status(`${url}/kv/builds/${id}`, ci, 'PUT')) === 200)
      .toBe(true);
    expect(await status(`${url}/kv/other`, ci, 'PUT')).toBe(403);
    expect(await status(`${url}/kv/builds/${id}`, null)).toBe(401);
    expect(await status(`${url}/kv/builds/${id}?consistency=local`, `${ci}x`)).toBe(401);
    expect(await status(`${url}/readyz`, null)).toBe(200);
  }
  await done('snapshot');
  expect(await done('role', 'list')).toContain('read+write "builds/"');
  expect(await done('token', 'list')).toMatch(/root\s+root\n.*ci\s+builder/);
  expect(await done('members')).toContain('n3');
  expect(await done('status')).toContain('n3');
  await restarted(cluster);
  const asCi = { RAFTCHART_TOKEN: ci };
  for (const [argv, code] of [
    [['put', 'builds/2', 'v'], 0],
    [['get', 'builds/2'], 0],
    [['put', 'other', 'v'], DENIED],
    [['range', '--prefix', ''], DENIED],
    [['export', '--prefix', ''], DENIED],
    [['member', 'remove', 'n3'], DENIED],
    [['backup', join(scratch(), 'copy')], DENIED],
    [['token', 'create', 'mine', '--role', 'root'], DENIED],
    [['access', 'off'], DENIED],
  ] as const) {
    const found = await runCliProcess([...argv, ...all], asCi);
    expect([found.code, found.errors], argv.join(' ')).toEqual([
      code,
      code === 0 ? '' : expect.stringContaining('RAFT_FORBIDDEN'),
    ]);
  }
  const nobody = await runCliProcess(['put', 'builds/2', 'v', ...all]);
  expect([nobody.code, nobody.errors]).toEqual([DENIED, expect.stringContaining('--token-file')]);
  await done('token', 'revoke', 'ci');
  for (const { url } of cluster.members) {
    await expect.poll(() => status(`${url}/kv/builds/2`, ci)).toBe(401);
  }
});

async function status(url: string, token: string | null, method = 'GET'): Promise<number> {
  const headers = token === null ? {} : { authorization: `Bearer ${token}` };
  const body = method === 'PUT' ? { body: 'v' } : {};
  return (await fetch(url, { method, headers, ...body })).status;
}

/** A majority is killed, and comes back. */
async function restarted(cluster: ProcessCluster): Promise<void> {
  await cluster.kill('n1');
  await cluster.kill('n2');
  cluster.run('n1');
  cluster.run('n2');
  const { url } = cluster.member('n1');
  await expect.poll(() => status(`${url}/readyz`, null).catch(() => 0)).toBe(200);
}

it('[AC6] [AC8] a lost root token is replaced at a member that asks nobody, loudly, and the log has no secret', async () => {
  const cluster = await started();
  const all = ['--endpoints', cluster.endpoints.join(',')];
  const lost = await shown(['access', 'on', ...all]);
  await cluster.kill('n3');
  const open = cluster.run('n3', { environment: { RAFTCHART_WITHOUT_ACCESS: 'true' } });
  const { url } = cluster.member('n3');
  await expect.poll(() => status(`${url}/kv/a`, null).catch(() => 0)).toBe(404);
  const root = await shown(['token', 'create', 'root2', '--role', 'root', '--endpoints', url]);
  expect(logLines(open.errors(), 'withoutAccess').map(({ level }) => level)).toEqual(['warn']);
  expect(logLines(open.errors(), 'audit')).toMatchObject([
    {
      ...{ act: 'token create', who: 'nobody', outcome: 'done' },
      about: { name: 'root2', roles: ['root'] },
    },
  ]);
  expect(open.errors()).not.toContain(root.split('.')[1]);
  expect(open.errors()).not.toContain(lost.split('.')[1]);
  const others = ['--endpoints', cluster.endpoints.slice(0, 2).join(',')];
  const asRoot = { RAFTCHART_TOKEN: root };
  const { code, errors } = await runCliProcess(['token', 'revoke', 'root', ...others], asRoot);
  expect([code, errors]).toEqual([0, '']);
  const last = await runCliProcess(['token', 'revoke', 'root2', ...others], asRoot);
  expect([last.code, last.errors]).toEqual([1, expect.stringContaining('the last')]);
});

it('[AC8] a node that others can reach is not started without access', async () => {
  const argv = ['serve', '--id', 'n1', '--data-dir', scratch(), '--listen', '0.0.0.0:0'];
  const node = startCli([...argv, '--without-access']);
  expect(await node.ended).toBe(64);
  expect(node.errors()).toContain('loopback');
});
