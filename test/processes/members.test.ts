/** Members that come, go and are replaced, as processes, while clients write. */
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { cleanUp } from '../clean-up.ts';
import { endAll, logLines, runCliProcess, serveLine, startCli } from '../cli/cli-process.ts';
import { freePorts } from '../free-ports.ts';
import { counting } from './counting.ts';
import { type Member, ProcessCluster } from './process-cluster.ts';

async function start(size: number): Promise<ProcessCluster> {
  const cluster = await ProcessCluster.start(size);
  cleanUp(() => cluster[Symbol.asyncDispose]());
  cleanUp(endAll);
  return cluster;
}

/** As an operator would: `raftchart WORDS`, at any of the members that run. */
async function raftchart(cluster: ProcessCluster, ...words: readonly string[]): Promise<string> {
  const running = cluster.members.filter(({ id }) => cluster.isRunning(id));
  const endpoints = running.map(({ url }) => url).join(',');
  const line = [...words, '--endpoints', endpoints, '--timeout-ms', '20000'];
  const { code, output, errors } = await runCliProcess(line);
  expect([code, errors]).toEqual([0, '']);
  return output.trim();
}

/** A place for a node that is yet to be started. */
async function placed(cluster: ProcessCluster, id: string): Promise<Member> {
  const [port, peerPort] = await freePorts(2);
  const [url, peerAddress] = [`http://127.0.0.1:${port}`, `127.0.0.1:${peerPort}`];
  const dataDir = join(dirname(cluster.member('n1').dataDir), `${id}-${port}`);
  return { id, url, peerAddress, dataDir };
}

/** Starts a node that joins, and waits until it votes. */
async function joined(cluster: ProcessCluster, id: string): Promise<void> {
  const node = await cluster.join(id);
  await node.until((_, errors) => logLines(errors, 'joined').length > 0);
}

it('[CL32] [MC4] [MC7] one node grows to three and to five and shrinks to three, without its founder, and no write fails', async () => {
  const cluster = await start(1);
  const first = counting('a', cluster);
  for (const id of ['n2', 'n3']) await joined(cluster, id);
  const second = counting('b', cluster);
  await first.end();
  for (const id of ['n4', 'n5']) await joined(cluster, id);
  const listed = await raftchart(cluster, 'members');
  expect(listed.match(/^n\d +voter/gm)).toHaveLength(5);
  expect(listed).toMatch(/^n1 +voter, leads +127\.0\.0\.1:\d+ +- +\d+ +0$/m);
  const third = counting('c', cluster);
  await third.more();
  await second.end();
  // The leader and another, at once.
  const leader = await cluster.leader();
  const other = leader === 'n5' ? 'n4' : 'n5';
  const said = await raftchart(cluster, 'member', 'remove', leader, other);
  expect(said).toMatch(/^voters: n\d, n\d, n\d$/);
  for (const id of [leader, other]) {
    const [code, lastLine] = await cluster.end(id);
    expect([code, lastLine]).toEqual([78, expect.stringContaining('was removed from its cluster')]);
  }
  await third.more();
  await third.end();
  await cluster.converged();
  // Whoever was removed says so again when it is started, and disturbs nobody.
  const term = (await cluster.status(await cluster.leader()))?.term;
  await cluster.join(other);
  expect((await cluster.end(other))[0]).toBe(78);
  expect((await cluster.status(await cluster.leader()))?.term).toBe(term);
});

it('[CL32] [A8] [A9] a node whose disk is lost is refused with the command that repairs it, and that command works', async () => {
  const cluster = await start(3);
  await cluster.converged();
  const lost = cluster.member('n3');
  await cluster.kill(lost.id);
  const load = counting('a', cluster);
  await rm(lost.dataDir, { recursive: true });
  const again = cluster.run(lost.id);
  const advice = await again.until((_, errors) => {
    const refused = logLines(errors, 'peer').find(({ problem }) => problem === 'refuses');
    return refused === undefined ? null : String(refused.reason);
  });
  const [, words = ''] = /\(raftchart ([a-z0-9 ]+)\)/.exec(advice) ?? [];
  expect(words).toBe('member remove n3');
  expect(advice).toContain('raftchart serve --join');
  await cluster.kill(lost.id);
  expect(await raftchart(cluster, ...words.split(' '))).toBe('voters: n1, n2');
  await joined(cluster, 'n4');
  await load.end();
  await cluster.converged();
  // The name is not given to another directory.
  await rm(lost.dataDir, { recursive: true });
  await cluster.join(lost.id);
  const [code, lastLine] = await cluster.end(lost.id);
  expect([code, lastLine]).toEqual([78, expect.stringContaining('its name is not used again')]);
});

it('[CL32] [ID1] who joins again without its disk is not told to have joined, but why not', async () => {
  const cluster = await start(1);
  await joined(cluster, 'n2');
  await cluster.kill('n2');
  await rm(cluster.member('n2').dataDir, { recursive: true });
  const again = await cluster.join('n2');
  const reason = await again.until((_, errors) => logLines(errors, 'joining')[0]?.message ?? null);
  expect(reason).toContain('another data directory than before');
  expect(reason).toContain('raftchart member remove n2');
  expect(logLines(again.errors(), 'joined')).toEqual([]);
});

it('[CL32] [MC11] a node that was removed while it was down says so and ends when it is started again', async () => {
  const cluster = await start(3);
  await cluster.converged();
  await cluster.kill('n3');
  expect(await raftchart(cluster, 'member', 'remove', 'n3')).toBe('voters: n1, n2');
  cluster.run('n3');
  const [code, lastLine] = await cluster.end('n3');
  expect([code, lastLine]).toEqual([78, expect.stringContaining('was removed from its cluster')]);
});

it('[CL32] a node that joins starts again with the same line, and asks nothing then', async () => {
  const cluster = await start(1);
  await joined(cluster, 'n2');
  for (const id of ['n1', 'n2']) expect(await cluster.kill(id, 'SIGTERM')).toBe(0);
  cluster.run('n1');
  const node = await cluster.join('n2');
  await cluster.leader();
  await cluster.converged();
  expect(logLines(node.errors(), 'joined')).toEqual([]);
  const { status } = await fetch(`${cluster.member('n2').url}/kv/a`, { method: 'PUT', body: 'x' });
  expect(status).toBe(200);
});

it('[CL32] [MC8] who was added to receive only stays a learner when it joins', async () => {
  const cluster = await start(1);
  const place = await placed(cluster, 'n2');
  cluster.members.push(place);
  await raftchart(cluster, 'member', 'add', 'n2', place.peerAddress);
  await joined(cluster, 'n2');
  await cluster.converged();
  expect(await raftchart(cluster, 'members')).toMatch(/^n2 +learner +127\.0\.0\.1:\d+ /m);
});

it('[CL32] [MC15] [A9] of two that join at once under one name one becomes a member and the other ends', async () => {
  const cluster = await start(1);
  const { url } = cluster.member('n1');
  const places = [await placed(cluster, 'n2'), await placed(cluster, 'n2')];
  const both = places.map((place) => {
    const at = ['--listen', new URL(place.url).host, '--peer-listen', place.peerAddress];
    return startCli(serveLine('n2', place.dataDir, ...at, '--join', url));
  });
  const first = await Promise.race(
    both.map(({ ended }, at) => ended.then((code) => ({ at, code }))),
  );
  expect(first.code).toBe(78);
  expect(both[first.at]?.errors()).toContain('n2 is a member already');
  const stays = 1 - first.at;
  await both[stays]?.until((_, errors) => logLines(errors, 'joined').length > 0);
  expect(await raftchart(cluster, 'members')).toMatch(
    new RegExp(`^n2 +voter +${places[stays]?.peerAddress} `, 'm'),
  );
});

it('[CL32] [A9] a node that comes with the name of a member takes neither its place nor its address', async () => {
  const cluster = await start(1);
  await joined(cluster, 'n2');
  const { url } = cluster.member('n1');
  const member = cluster.member('n2');
  const place = await placed(cluster, 'n2');
  const at = ['--listen', new URL(place.url).host, '--peer-listen', place.peerAddress];
  const other = startCli(serveLine('n2', place.dataDir, ...at, '--join', url));
  expect(await other.ended).toBe(78);
  expect(other.errors()).toContain('n2 is a member already');
  expect(other.errors()).toContain(`raftchart member add n2 ${place.peerAddress}`);
  expect(await raftchart(cluster, 'members')).toContain(member.peerAddress);
});
