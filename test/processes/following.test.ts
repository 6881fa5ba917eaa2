/** Clients that were given one server follow the members, as processes. */
import { expect, it } from 'vitest';
import { connect } from '../../src/client/index.ts';
import { cleanUp, closing } from '../clean-up.ts';
import { endAll, runCliProcess, startCli } from '../cli/cli-process.ts';
import { eventually, ProcessCluster } from './process-cluster.ts';

async function start(size: number): Promise<ProcessCluster> {
  const cluster = await ProcessCluster.start(size);
  cleanUp(() => cluster[Symbol.asyncDispose]());
  cleanUp(endAll);
  return cluster;
}

/** What the member knows of where members serve clients. */
async function urlsAt(cluster: ProcessCluster, id: string): Promise<unknown> {
  const status = await cluster.status(id);
  return status === null || !('clientUrls' in status) ? null : status.clientUrls;
}

/** Until each member that runs knows of all. */
async function known(cluster: ProcessCluster): Promise<void> {
  const all = Object.fromEntries(cluster.members.map(({ id, url }) => [id, url]));
  for (const { id } of cluster.members) {
    await expect.poll(() => urlsAt(cluster, id)).toEqual(all);
  }
}

it('[CG9] who was given one of three goes on when that one is gone, and so does a watch', async () => {
  const cluster = await start(3);
  await known(cluster);
  const given = cluster.member('n1');
  const kv = closing(connect({ endpoints: [given.url] }));
  await kv.put('a', '1');
  const seen: number[] = [];
  const watching = (async () => {
    for await (const { revision } of kv.watch({ prefix: '', from: 2 })) seen.push(revision);
  })();
  await expect.poll(() => seen).toEqual([2]);
  await expect.poll(() => cluster.status('n1')).toMatchObject({ role: expect.any(String) });
  await cluster.kill(given.id);
  const { revision } = await kv.put('b', '2', { timeoutMs: 20_000 });
  expect(revision).toBe(3);
  expect(kv.connectedTo).not.toBe('n1');
  await expect.poll(() => seen).toEqual([2, 3]);
  await kv.close();
  await watching;
});

it('[CG9] [CL30] a member that joined is known to all, and members shows how far each is, whoever is asked', async () => {
  const cluster = await start(1);
  await cluster.join('n2');
  await known(cluster);
  const leader = await cluster.leader();
  for (const { url } of cluster.members) {
    const answer = await eventually(20_000, 'both to be members', async () => {
      const listed = await runCliProcess(['members', '--endpoints', url, '-o', 'json']);
      const { progress } = JSON.parse(listed.output);
      return progress.length === 2 && progress;
    });
    expect(answer).toEqual(
      cluster.members.map((member) =>
        expect.objectContaining({ id: member.id, clientUrl: member.url, lag: expect.any(Number) }),
      ),
    );
  }
  expect(leader).toBe('n1');
});

it('[CG9] a command that runs for long goes on when its server is gone', async () => {
  const cluster = await start(3);
  await known(cluster);
  const [given, other] = cluster.members;
  if (given === undefined || other === undefined) throw new Error('three were started');
  const watch = startCli(['watch', '--prefix', 'a', '-o', 'json', '--endpoints', given.url]);
  cleanUp(() => watch.kill('SIGKILL'));
  const kv = closing(connect({ endpoints: [other.url] }));
  let last = 0;
  await eventually(20_000, 'the watch to begin', async () => {
    last += 1;
    await kv.put('a', `${last}`);
    return watch.output().includes('"key"');
  });
  await cluster.kill(given.id);
  await kv.put('a2', 'x', { timeoutMs: 20_000 });
  await watch.until((output) => output.includes('a2'));
});
