/** What a node tells those who run it, in its status. */
import { describe, expect, it } from 'vitest';
import type { LinkStatus } from '../../src/ports/replica.ts';
import { VirtualCluster, type VirtualMember } from './virtual-cluster.ts';

/** A cluster whose leader has committed and applied three commands of clients. */
async function written(): Promise<{ cluster: VirtualCluster; leader: VirtualMember }> {
  const cluster = await VirtualCluster.start(3);
  const leader = await cluster.leader();
  for (const text of ['a', 'b', 'c']) await cluster.submit(leader.id, text);
  return { cluster, leader };
}

const LOG = { commitIndex: 4, lastApplied: 4, firstIndex: 1, lastIndex: 4 };

describe('a node that ends', () => {
  it('[OP1] knows its log and what is committed while it stops, and after', async () => {
    const { cluster, leader } = await written();
    const { node } = leader;
    const term = node.status().term;
    cluster.isolate(leader.id);
    node.submit(new Uint8Array([1]), { timeoutMs: 60_000 }, () => {});
    await cluster.pass(50);
    const closing = node.close();
    const log = { ...LOG, lastIndex: 5, term };
    expect(node.status()).toMatchObject({ ...log, lifecycle: 'draining', leader: leader.id });
    await cluster.pass(3_000);
    await closing;
    const ended = { lifecycle: 'stopped', role: 'follower', leader: null };
    expect(node.status()).toMatchObject({ ...log, ...ended });
  });

  it('[OP1] knows them when it has halted', async () => {
    const { cluster, leader } = await written();
    const { node } = leader;
    const term = node.status().term;
    leader.disk.error = new Error('EIO');
    await cluster.submit(leader.id, 'd');
    expect(node.status()).toMatchObject({
      ...{ ...LOG, lastIndex: 5 },
      ...{ lifecycle: 'halted', role: 'halted', leader: null, term },
    });
    await node.close();
    expect(node.status()).toMatchObject({ ...LOG, lastIndex: 5, lifecycle: 'halted', term });
  });
});

describe('a link', () => {
  const linkOf = (member: VirtualMember, peer: string): LinkStatus | undefined =>
    member.node.status().links.find((link) => link.peer === peer);

  it('[OP2] says why it is down for as long as it is, and no longer', async () => {
    const cluster = await VirtualCluster.start(3);
    const n1 = cluster.member('n1');
    const n3 = cluster.member('n3');
    await cluster.until('a link', () => linkOf(n1, 'n3')?.state === 'open');
    expect(linkOf(n1, 'n3')?.reason).toBe(null);
    await n3.node.close();
    await cluster.pass(1_000);
    expect(linkOf(n1, 'n3')).toMatchObject({ reason: expect.stringContaining('at-n3') });
    await cluster.boot('n3');
    await cluster.until('a link', () => linkOf(n1, 'n3')?.state === 'open');
    expect(linkOf(n1, 'n3')?.reason).toBe(null);
    expect(linkOf(cluster.member('n3'), 'n1')).toMatchObject({ state: 'open', reason: null });
  });
});
