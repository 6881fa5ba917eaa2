/** A member that has moved to another address, in a cluster whose members were told all addresses at their start. */
import { expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/core/limits.ts';
import type { RaftNodeOptions } from '../../src/node/raft-node.ts';
import type { Transport } from '../../src/ports/transport.ts';
import { VirtualCluster } from '../../src/testing/virtual-cluster.ts';
import { memoryTransport } from '../../src/transport/memory-transport.ts';
import { CHANGED, closed } from './members-stage.ts';

/** Three members that `n1` leads, and all that they dial, each as who and where. */
async function founded() {
  const dialled: string[] = [];
  const adapt = (own: RaftNodeOptions): RaftNodeOptions => {
    const { transport } = own;
    const heard: Transport = {
      listen: (accept) => transport.listen(accept),
      dial: (address, listener) => {
        dialled.push(`${own.id}: ${address}`);
        return transport.dial(address, listener);
      },
      close: () => transport.close(),
    };
    return { ...own, transport: heard };
  };
  const cluster = await VirtualCluster.start(3, { adapt });
  await cluster.leader();
  const { node } = cluster.member('n1');
  if (node.status().role !== 'leader') {
    node.transferLeadership(node.status().id, { timeoutMs: 5_000 }, () => {});
    await cluster.until('n1 to lead', () => node.status().role === 'leader');
  }
  return { cluster, dialled };
}

/** It starts again with the same data, and finds itself elsewhere. */
async function startElsewhere(cluster: VirtualCluster, id: string, address: string): Promise<void> {
  await closed(cluster, id);
  const limits = DEFAULT_LIMITS;
  const transport = memoryTransport({ network: cluster.network, address, limits });
  const moved = (own: RaftNodeOptions): RaftNodeOptions => ({
    ...own,
    members: { ...own.members, [id]: address },
    transport,
  });
  await cluster.boot(id, undefined, moved);
}

const addressesAt = (cluster: VirtualCluster, id: string) =>
  cluster.member(id).node.status().members.addresses;

it('[MC14] a member that has moved is found there by those who were told another address at their start', async () => {
  const { cluster, dialled } = await founded();
  await startElsewhere(cluster, 'n2', 'moved-n2');
  expect(await cluster.change('n1', { add: { n2: 'moved-n2' } })).toMatchObject(CHANGED);
  await cluster.pass(1_000);
  for (const id of ['n1', 'n2', 'n3']) {
    expect(addressesAt(cluster, id)).toEqual({ n1: 'at-n1', n2: 'moved-n2', n3: 'at-n3' });
  }
  dialled.length = 0;
  cluster.network.reset('at-n1', 'moved-n2');
  await cluster.pass(1_000);
  expect(new Set(dialled.filter((call) => call.startsWith('n1')))).toEqual(
    new Set(['n1: moved-n2']),
  );
});

it('[MC14] what it is told at its start stands above what its log held then', async () => {
  const { cluster, dialled } = await founded();
  await cluster.change('n1', { add: { n2: 'gone-n2' } });
  await cluster.pass(1_000);
  expect(addressesAt(cluster, 'n1').n2).toBe('gone-n2');
  await closed(cluster, 'n1');
  dialled.length = 0;
  await cluster.boot('n1');
  await cluster.pass(1_000);
  expect(addressesAt(cluster, 'n1').n2).toBe('at-n2');
  expect(dialled).toContain('n1: at-n2');
  expect(dialled).not.toContain('n1: gone-n2');
});

it('[MC14] all hear of it, also if the leader was told so at its start', async () => {
  const { cluster } = await founded();
  await startElsewhere(cluster, 'n2', 'moved-n2');
  const { node } = cluster.member('n2');
  await cluster.until('n2 to be heard', () => node.status().leader !== null);
  node.transferLeadership(node.status().id, { timeoutMs: 5_000 }, () => {});
  await cluster.until('n2 to lead', () => node.status().role === 'leader');
  expect(await cluster.change('n2', { add: { n2: 'moved-n2' } })).toMatchObject(CHANGED);
  await cluster.pass(1_000);
  for (const id of ['n1', 'n2', 'n3']) expect(addressesAt(cluster, id).n2).toBe('moved-n2');
  const { commitIndex } = node.status();
  await cluster.change('n2', { add: { n2: 'moved-n2' } });
  expect(node.status().commitIndex).toBe(commitIndex);
});

it('[FO12] where members were at the founding counts last, and is enough where nothing newer is known', async () => {
  const { cluster, dialled } = await founded();
  const atFounding = { n1: 'at-n1', n2: 'at-n2', n3: 'at-n3' };
  const restarted = (own: RaftNodeOptions): RaftNodeOptions => {
    const members = { [own.id]: own.members[own.id] ?? '' };
    return { ...own, isJoining: true, members, founders: atFounding };
  };
  await closed(cluster, 'n1');
  dialled.length = 0;
  await cluster.boot('n1', undefined, restarted);
  await cluster.pass(1_000);
  expect(dialled).toContain('n1: at-n2');
  expect(addressesAt(cluster, 'n1')).toEqual(atFounding);

  await cluster.leader();
  expect(await cluster.change('n3', { add: { n2: 'gone-n2' } })).toMatchObject(CHANGED);
  await cluster.pass(1_000);
  await closed(cluster, 'n1');
  dialled.length = 0;
  await cluster.boot('n1', undefined, restarted);
  await cluster.pass(1_000);
  expect(addressesAt(cluster, 'n1').n2).toBe('gone-n2');
  expect(dialled).not.toContain('n1: at-n2');
});
