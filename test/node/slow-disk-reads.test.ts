/** Linearizable reads while the disks of the followers are slow. */
import { describe, expect, it } from 'vitest';
import type { RaftNodeOptions } from '../../src/node/raft-node.ts';
import type { LogStore } from '../../src/ports/log-store.ts';
import { VirtualCluster } from '../../src/testing/virtual-cluster.ts';
import { ledVirtually, letWrite } from '../cluster/virtual-scene.ts';

const A_MINUTE = { timeoutMs: 60_000 };

describe('a linearizable read', () => {
  it('[PS10] takes one round although no follower can write', async () => {
    const { cluster, leader, others } = await ledVirtually();
    await cluster.submit(leader.id, 'a');
    await cluster.pass(100);
    for (const each of others) each.disk.holds = true;
    leader.node.submit(new TextEncoder().encode('b'), A_MINUTE, () => {});
    await cluster.pass(20);
    expect(others.map(({ disk }) => disk.held.length)).toEqual([1, 1]);
    const told: unknown[] = [];
    leader.node.awaitReadable(A_MINUTE, (error) => told.push(error));
    await cluster.pass(10);
    expect(told).toEqual([null]);
    expect(leader.node.status().commitIndex).toBe(2);
    for (const each of others) letWrite(cluster, each);
    await cluster.until('the commit', () => leader.node.status().commitIndex === 3);
  });

  it('[PS10] is not slowed down by writes to slow disks', async () => {
    const waits = await waitsWith(50);
    expect(waits).toHaveLength(100);
    const middle = waits.sort((left, right) => left - right)[50] ?? Number.NaN;
    expect(middle).toBeLessThanOrEqual(10);
  });
});

/** How long reads of a leader take, in milliseconds, while its followers, whose disks take so long, write all the time. */
async function waitsWith(diskMs: number): Promise<number[]> {
  const cluster = await VirtualCluster.start(3, {
    adapt: (options) =>
      options.id === 'n1' ? options : { ...options, store: slow(options, diskMs) },
  });
  await cluster.until('n1 leading', () => {
    const { node } = cluster.member('n1');
    if (node.status().role === 'leader') return true;
    node.transferLeadership(node.id, A_MINUTE, () => {});
    return false;
  });
  const { node } = cluster.member('n1');
  const waits: number[] = [];
  for (let at = 0; at < 100; at += 1) {
    node.submit(new Uint8Array(1), A_MINUTE, () => {});
    const beganMs = cluster.clock.now();
    node.awaitReadable(A_MINUTE, () => waits.push(cluster.clock.now() - beganMs));
    await cluster.pass(10);
  }
  await cluster.until('the last answers', () => waits.length === 100);
  return waits;
}

function slow({ store, clock }: RaftNodeOptions, diskMs: number): LogStore {
  const write = store.write.bind(store);
  return Object.assign(store, {
    write: (...[operations, done]: Parameters<LogStore['write']>) =>
      clock?.setTimeout(() => write(operations, done), diskMs),
  });
}
