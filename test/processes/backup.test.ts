/** A cluster that is backed up while it serves, and one that begins from the backup, with processes and disks. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { connect } from '../../src/client/index.ts';
import { cleanUp, closing } from '../clean-up.ts';
import { type CliProcess, endAll, runCliProcess, serveLine, startCli } from '../cli/cli-process.ts';
import { scratch } from '../cli/scratch.ts';
import { eventually, type Member, ProcessCluster } from './process-cluster.ts';

interface Looked {
  readonly clusterId: string;
  readonly links: readonly { readonly peer: string; readonly reason: string | null }[];
  readonly members: { readonly voters: readonly string[] };
}

/** `null`: it does not run yet. */
async function statusOf({ url }: Member): Promise<Looked | null> {
  const response = await fetch(`${url}/status`).catch(() => null);
  return response?.ok === true ? ((await response.json()) as Looked) : null;
}

/** Once all three serve: two of them are a majority. */
async function allLooked({ members }: ProcessCluster): Promise<readonly Looked[]> {
  let looks: readonly Looked[] = [];
  await eventually(30_000, 'three who serve', async () => {
    const all = await Promise.all(members.map(statusOf));
    looks = all.filter((each) => each !== null);
    return looks.length === members.length;
  });
  return looks;
}

/** The old third member comes back in the place of the restored one: nobody takes it for that. */
async function expectOldRefused(
  { members }: ProcessCluster,
  restored: CliProcess | undefined,
  reviveOld: (member: Member) => CliProcess,
): Promise<void> {
  const [first, , third] = members as [Member, Member, Member];
  restored?.kill('SIGKILL');
  await restored?.ended;
  reviveOld(third);
  await eventually(30_000, 'the refusal', async () => {
    const { links = [] } = (await statusOf(first)) ?? {};
    return links.some(({ peer, reason }) => peer === 'n3' && /cluster/.test(reason ?? ''));
  });
}

async function put(url: string, session: string): Promise<unknown> {
  const headers = { 'raftchart-session': session, 'raftchart-sequence': '1' };
  const response = await fetch(`${url}/kv/once`, { method: 'PUT', body: 'x', headers });
  return response.json();
}

it('[BK3] [BK5] [BK6] three processes begin as one new cluster with what a follower gave, and never meet the old one', async () => {
  const cluster = await ProcessCluster.start(3);
  cleanUp(() => cluster[Symbol.asyncDispose]());
  cleanUp(endAll);
  const folder = scratch();
  const endpoints = [...cluster.endpoints];
  const writer = closing(connect({ endpoints, timeoutMs: 60_000 }));
  for (let at = 0; at < 20; at += 1) await writer.put(`k${at}`, `v${at}`);
  const opened = await fetch(`${endpoints[0]}/sessions`, {
    method: 'POST',
    body: '{"ttlMs":600000}',
  });
  const { session } = (await opened.json()) as { session: string };
  const once = await put(`${endpoints[0]}`, session);
  const leader = await cluster.leader();
  const old = await statusOf(cluster.member(leader));
  const follower = cluster.members.find(({ id }) => id !== leader) as Member;
  const file = join(folder, 'orders.backup');
  expect(await runCliProcess(['backup', file, '--endpoints', follower.url])).toMatchObject({
    code: 0,
    output: expect.stringContaining(': revision 22, 21 keys, '),
  });
  await writer.put('later', 'lost');
  await writer.close();
  for (const { id } of cluster.members) await cluster.kill(id);

  const peers = cluster.members.map((each) => `${each.id}=${each.peerAddress}`).join(',');
  const revive = (member: Member, dataDir: string) => {
    const place = ['--listen', new URL(member.url).host, '--peer-listen', member.peerAddress];
    return startCli(serveLine(member.id, dataDir, ...place, '--peers', peers));
  };
  const founding = ['--peers', peers, '--restore-id', 'new'];
  const processes = [];
  for (const member of cluster.members) {
    const dataDir = join(folder, member.id);
    const line = ['restore', file, '--data-dir', dataDir, '--id', member.id, ...founding];
    expect(await runCliProcess(line)).toMatchObject({ code: 0, errors: '' });
    processes.push(revive(member, dataDir));
  }
  const client = closing(connect({ endpoints, timeoutMs: 60_000 }));
  for (let at = 0; at < 20; at += 1) {
    expect(new TextDecoder().decode((await client.get(`k${at}`))?.value)).toBe(`v${at}`);
  }
  expect(await client.get('later')).toBeNull();
  expect(await put(`${endpoints[1]}`, session)).toEqual(once);
  await client.put('after', 'x');
  const looks = await allLooked(cluster);
  expect(new Set(looks.map((each) => each.clusterId)).size).toBe(1);
  expect(looks[0]?.clusterId).not.toBe(old?.clusterId);
  expect(looks[0]?.members.voters).toEqual(['n1', 'n2', 'n3']);
  const [, , third] = cluster.members as [Member, Member, Member];
  await expectOldRefused(cluster, processes[2], (member) => revive(member, member.dataDir));
  await client.put('without it', 'x');
  expect((await statusOf(third))?.clusterId).toBe(old?.clusterId);
});
