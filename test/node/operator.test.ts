/** What a node tells those who run it: in its status, and as events. */
import { describe, expect, it } from 'vitest';
import { index, nodeId } from '../../src/core/types.ts';
import { PeerProblems, REFUSAL_LINGERS_MS } from '../../src/node/peers/problems.ts';
import type { DiskEvent, LinkStatus } from '../../src/ports/replica.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { VirtualCluster, type VirtualMember } from '../../src/testing/virtual-cluster.ts';
import { ledVirtually, letWrite, type VirtualScene } from '../cluster/virtual-scene.ts';

/** A cluster whose leader has committed and applied three commands of clients. */
async function written(): Promise<VirtualScene> {
  const scene = await ledVirtually();
  for (const text of ['a', 'b', 'c']) await scene.cluster.submit(scene.leader.id, text);
  return scene;
}

const linkOf = ({ node }: VirtualMember, peer: string): LinkStatus | undefined =>
  node.status().links.find((link) => link.peer === peer);

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
    expect(node.status()).toMatchObject({ ...log, lifecycle: 'handingOver', leader: leader.id });
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

/** What every member heard of its peers, in order, and without how often. */
function hear(cluster: VirtualCluster): Map<string, string[]> {
  const heard = new Map<string, string[]>();
  for (const { id, node } of cluster.members.values()) listen(heard, id, node);
  return heard;
}

function listen(heard: Map<string, string[]>, id: string, node: VirtualMember['node']): void {
  const lines: string[] = [];
  heard.set(id, lines);
  node.onPeer(({ peer, problem, isOver }) => {
    lines.push(`${peer} ${isOver ? 'no more ' : ''}${problem}`);
  });
}

describe('a peer that is refused', () => {
  /** `n1` calls the others and `n3` is called: each learns of it in its own way. */
  it.each(['n1', 'n3'])(
    '[OP3] a wiped %s is told of once on both ends, for as long as it lasts',
    async (id) => {
      const cluster = await VirtualCluster.start(3);
      await cluster.leader();
      const heard = hear(cluster);
      const { node, store } = cluster.member(id);
      await cluster.pass(100);
      await Promise.all([node.close(), cluster.pass(100)]);
      cluster.members.delete(id);
      const wiped = await cluster.boot(id);
      listen(heard, id, wiped.node);
      await cluster.pass(8_000);
      const others = ['n1', 'n2', 'n3'].filter((each) => each !== id);
      for (const other of others) {
        expect([other, heard.get(other)]).toEqual([other, [`${id} refused`]]);
        const here = linkOf(cluster.member(other), id);
        expect(here).toMatchObject({ state: 'refused', problem: 'refused' });
        expect(here?.reason).toContain('another data directory');
        expect(linkOf(wiped, other)).toMatchObject({
          state: 'refused',
          problem: 'refuses',
          reason: here?.reason,
        });
      }
      expect(heard.get(id)?.sort()).toEqual(others.map((other) => `${other} refuses`));
      await wiped.node.close();
      await cluster.boot(id, store);
      await cluster.until('it to be accepted', () =>
        others.every((other) => heard.get(other)?.length === 2),
      );
      for (const other of others) {
        expect(heard.get(other)?.at(-1)).toBe(`${id} no more refused`);
        const link = linkOf(cluster.member(other), id);
        expect(link).toMatchObject({ state: 'open', problem: null, reason: null });
      }
    },
  );

  it('[OP3] it is over as well when the peer is gone for good', async () => {
    const cluster = await VirtualCluster.start(2);
    await cluster.leader();
    const heard = hear(cluster);
    await Promise.all([cluster.member('n1').node.close(), cluster.pass(100)]);
    cluster.members.delete('n1');
    const { node } = await cluster.boot('n1');
    await cluster.pass(1_000);
    await node.close();
    await cluster.pass(20_000);
    expect(heard.get('n2')).toEqual(['n1 refused', 'n1 no more refused']);
    expect(cluster.member('n2').node.status().links[0]).toMatchObject({ problem: null });
  });
});

describe('the problems of a node with its peers', () => {
  function problems() {
    const clock = new VirtualClock();
    const told: string[] = [];
    const members: readonly (string | null)[] = ['n1', 'n2'];
    const found = new PeerProblems(
      clock,
      (name) => members.includes(name),
      (event) =>
        told.push(
          `${event.peer} ${event.isOver ? 'no more ' : ''}${event.problem}: ${event.reason}`,
        ),
    );
    return { clock, told, found };
  }

  it('[OP3] another reason is told, but not more often than once in a second', () => {
    const { clock, told, found } = problems();
    found.refused('n2', 'a');
    for (let at = 0; at < 100; at += 1) found.refused('n2', `b${at}`);
    expect(told).toEqual(['n2 refused: a']);
    clock.advance(1_000);
    found.refused('n2', 'c');
    expect(told).toEqual(['n2 refused: a', 'n2 refused: c']);
    expect(found.refusals).toBe(102);
  });

  it('[OP3] names that strangers make up are told in a bounded number', () => {
    const { clock, told, found } = problems();
    for (let at = 0; at < 1_000; at += 1) found.refused(`stranger-${at}`, 'no member');
    found.refused('n2', 'no');
    expect(told).toHaveLength(17);
    expect(found.refusals).toBe(1_001);
    clock.advance(2 * REFUSAL_LINGERS_MS);
    expect(found.all()).toEqual([]);
    expect(told).toHaveLength(34);
  });

  it('[OP3] what matters most is shown first', () => {
    const { found } = problems();
    const n2 = nodeId('n2');
    found.stalled(n2, index(7));
    expect(found.of(n2)).toMatchObject({
      problem: 'stalled',
      reason: expect.stringContaining('7'),
    });
    found.refused('n2', 'twice');
    found.refusedBy(n2, 'no');
    expect(found.all().map(({ problem }) => problem)).toEqual(['refuses', 'refused', 'stalled']);
    expect(found.of(nodeId('n1'))).toBe(null);
  });

  it('[OP4] a stall is over when the peer moves, and not before', () => {
    const { clock, told, found } = problems();
    const n2 = nodeId('n2');
    found.stalled(n2, index(7));
    found.stalled(n2, index(7));
    found.progressed(n2, index(7));
    found.heard(n2);
    clock.advance(60_000);
    expect(told).toHaveLength(1);
    found.progressed(n2, index(8));
    expect(told.slice(1)).toEqual(['n2 no more stalled: it makes progress again']);
    expect(found.stalls).toBe(2);
  });
});

describe('what takes too long', () => {
  async function stalled() {
    const { cluster, leader } = await written();
    const told: DiskEvent[] = [];
    leader.node.onDisk((event) => told.push(event));
    leader.disk.holds = true;
    leader.node.submit(new Uint8Array([1]), { timeoutMs: 60_000 }, () => {});
    await cluster.pass(2_100);
    return { cluster, leader, told };
  }

  it('[OP4] a disk that stalls and comes back is told of, and shows meanwhile', async () => {
    const { cluster, leader, told } = await stalled();
    expect(told).toEqual([{ isStalled: true, forMs: 2_000 }]);
    expect(leader.node.status().diskStalled).toBe(true);
    await cluster.pass(900);
    letWrite(cluster, leader);
    await cluster.pass(100);
    expect(told.slice(1)).toEqual([{ isStalled: false, forMs: expect.any(Number) }]);
    expect(told[1]?.forMs).toBeGreaterThan(2_900);
    expect(leader.node.status().diskStalled).toBe(false);
    expect(leader.node.counters().diskStalls).toBe(1);
  });

  it('[OP4] a disk that fails after all has not come back', async () => {
    const { cluster, leader, told } = await stalled();
    leader.disk.error = new Error('EIO');
    letWrite(cluster, leader);
    await cluster.pass(100);
    expect(leader.node.status().role).toBe('halted');
    expect(told).toEqual([{ isStalled: true, forMs: 2_000 }]);
  });

  it('[OP4] a peer that takes no entries is told of, and so is the end of it', async () => {
    let isDeaf = false;
    const { cluster, leader } = await ledVirtually({
      carry: ({ to, frames }) => !(isDeaf && to === 'at-n3' && frames.length > 1),
    });
    expect(leader.id).not.toBe('n3');
    const heard = hear(cluster);
    isDeaf = true;
    await cluster.submit(leader.id, 'a');
    await cluster.pass(2_500);
    expect(linkOf(leader, 'n3')).toMatchObject({ state: 'open', problem: 'stalled' });
    isDeaf = false;
    await cluster.until('n3 to follow', () => linkOf(leader, 'n3')?.problem === null);
    expect(heard.get(leader.id)).toEqual(['n3 stalled', 'n3 no more stalled']);
    expect(leader.node.counters().peerStalls).toBeGreaterThan(0);
  });
});
