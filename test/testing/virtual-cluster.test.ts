/** The virtual cluster as users meet it: the example of `docs/TESTING.md`, and what it promises of time. */
import { expect, it } from 'vitest';
import { VirtualCluster } from '../../src/testing/index.ts';

it('[TS1] a cluster of three under virtual time survives the loss of its leader', async () => {
  const cluster = await VirtualCluster.start(3);
  const leader = await cluster.leader();
  expect(await cluster.submit(leader.id, 'kept')).toMatchObject({ type: 'applied' });
  cluster.isolate(leader.id);
  await cluster.pass(3_000);
  expect((await cluster.leader()).id).not.toBe(leader.id);
  cluster.mend(leader.id);
  expect(await cluster.read(leader.id)).toBeNull();
  expect(cluster.applied(leader.id)).toEqual(['kept']);
});

it('[TS1] a virtual cluster does the same each time, and nothing while nobody moves it', async () => {
  const endOf = async (): Promise<unknown> => {
    const cluster = await VirtualCluster.start(3);
    await cluster.pass(2_000);
    return cluster.nodes.map((node) => [node.status().term, node.status().role]);
  };
  expect(await endOf()).toEqual(await endOf());
  const still = await VirtualCluster.start(3);
  expect(still.nodes.map((node) => node.status().term)).toEqual([0, 0, 0]);
});
