import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connect } from '../../src/client/index.ts';
import { cleanUp, closing } from '../clean-up.ts';
import { countTogether } from './count-together.ts';
import { eventually, ProcessCluster } from './process-cluster.ts';
import { quantile } from './quantile.ts';
import { killAllAtOnce, killLeaders } from './rounds.ts';

async function start(size: number, flags: readonly string[] = []): Promise<ProcessCluster> {
  const cluster = await ProcessCluster.start(size, flags);
  cleanUp(() => cluster[Symbol.asyncDispose]());
  return cluster;
}

async function put(url: string, key: string, value: string): Promise<Response> {
  return fetch(`${url}/kv/${key}`, { method: 'PUT', body: value });
}

async function get(url: string, key: string): Promise<string> {
  return (await fetch(`${url}/kv/${key}`)).text();
}

describe('real processes', () => {
  it.each([1, 3, 5])('[EM5] of %i nodes, any takes a put and any other the get', async (size) => {
    const cluster = await start(size);
    await cluster.converged();
    for (const [at, writer] of cluster.members.entries()) {
      const reader = cluster.members[(at + 1) % size] ?? writer;
      const answer = await put(writer.url, `from-${writer.id}`, `value-${at}`);
      expect(answer.status).toBe(200);
      expect(await get(reader.url, `from-${writer.id}`)).toBe(`value-${at}`);
    }
  });

  it('[PS1] [EL9] kill -9 of the leader under load loses nothing, and service is soon back', async () => {
    const cluster = await start(3);
    const { lost, outagesMs, acknowledged } = await killLeaders(cluster, 4);
    expect(lost).toEqual([]);
    expect(acknowledged).toBeGreaterThan(0);
    expect(quantile(outagesMs, 0.5)).toBeLessThan(5_000);
  });

  it('[PS1] [G4] kill -9 of all three at once loses nothing that was acknowledged', async () => {
    const cluster = await start(3);
    const { lost, acknowledged } = await killAllAtOnce(cluster, 2);
    expect(lost).toEqual([]);
    expect(acknowledged).toBeGreaterThan(0);
  });

  it('[OP1] a node that drains tells its true commit and last index', async () => {
    const cluster = await start(3);
    const leader = cluster.member(await cluster.leader());
    const others = cluster.members.filter((member) => member !== leader);
    for (const key of ['a', 'b', 'c']) await put(leader.url, key, '1');
    const { commitIndex } = (await cluster.status(leader.id)) ?? {};
    for (const { id } of others) cluster.signal(id, 'SIGSTOP');
    const waiting = put(leader.url, 'd', '1').catch(() => null);
    await eventually(5_000, 'the write to wait', async () => {
      const status = await cluster.status(leader.id);
      return status !== null && status.lastIndex > status.commitIndex;
    });
    const ended = cluster.kill(leader.id, 'SIGTERM');
    const draining = await eventually(5_000, 'it to drain', async () => {
      const status = await cluster.status(leader.id);
      return status?.lifecycle === 'draining' && status;
    });
    expect(draining).toMatchObject({ commitIndex, lastIndex: Number(commitIndex) + 1 });
    expect(await ended).toBe(0);
    await waiting;
    for (const { id } of others) cluster.signal(id, 'SIGCONT');
  });

  it('[SV30] [LT6] [SV1] SIGTERM ends a leader with 0 and moves the lead on, and no write of a client fails for it', async () => {
    const cluster = await start(3);
    const { endpoints } = cluster;
    const client = closing(connect({ endpoints, timeoutMs: 5_000, sessions: false }));
    let isOver = false;
    let written = 0;
    const writing = Array.from({ length: 4 }, async (_, writer) => {
      for (; !isOver; written += 1) await client.put(`${writer}`, 'x');
    });
    const before = await cluster.leader();
    await eventually(5_000, 'writes', async () => written > 20);
    expect(await cluster.kill(before, 'SIGTERM')).toBe(0);
    const until = written + 20;
    await eventually(5_000, 'writes by another', async () => written > until);
    isOver = true;
    await Promise.all(writing);
    expect(await cluster.leader()).not.toBe(before);
  });
});

const COUNTER = new URL('../../examples/counter.ts', import.meta.url);
const EXAMPLES = [
  ['counter.ts', COUNTER],
  ['described-cluster.ts', new URL('../../examples/described-cluster.ts', import.meta.url)],
] as const;

describe('the examples', () => {
  it.each(EXAMPLES)(
    '[EM9] [EM20] three processes of examples/%s count together',
    async (file, example) => {
      // Inside the repository, where the package finds itself by name.
      const scratch = new URL('../../.raftchart/', import.meta.url).pathname;
      await mkdir(scratch, { recursive: true });
      const directory = await mkdtemp(join(scratch, 'example-'));
      cleanUp(() => rm(directory, { recursive: true, force: true }));
      const tsx = new URL('../../node_modules/tsx/dist/cli.mjs', import.meta.url).pathname;
      const source = await readFile(example, 'utf8');
      await countTogether(source, { directory, file, runner: [process.execPath, tsx] });
    },
  );

  it('[EM9] the first is the one in the README, and no longer than fifteen lines', async () => {
    const source = await readFile(COUNTER, 'utf8');
    const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
    expect(readme).toContain(source);
    expect(source.split('\n').filter((line) => line !== '').length).toBeLessThanOrEqual(15);
  });
});
