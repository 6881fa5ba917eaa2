/** What a member that wakes up alone can still tell: what it knew to be committed, and no more. */
import { expect, it } from 'vitest';
import type { VirtualMember } from '../../src/testing/virtual-cluster.ts';
import { ledVirtually, type VirtualScene } from '../cluster/virtual-scene.ts';

/** Closes a member and starts it again on its disk, cut off from everyone. */
async function wakeAlone({ cluster }: VirtualScene, { id, node, store }: VirtualMember) {
  cluster.isolate(id);
  await Promise.all([node.close(), cluster.pass(3_000)]);
  await store.close();
  const member = await cluster.boot(id);
  await cluster.until('what it knew is applied', () => {
    const { commitIndex, lastApplied } = member.node.status();
    return lastApplied === commitIndex;
  });
  return member;
}

it('[CM5] [ST19] a member that was closed answers a local read as before, alone and at once', async () => {
  const scene = await ledVirtually();
  const { cluster, leader, others } = scene;
  for (const text of ['a', 'b', 'c']) await cluster.submit(leader.id, text);
  const [follower] = others;
  await cluster.until(
    'the follower has everything',
    () => cluster.applied(follower.id).length === 3,
  );
  const before = follower.node.status();
  const { node } = await wakeAlone(scene, follower);
  expect(cluster.applied(follower.id)).toEqual(['a', 'b', 'c']);
  const { commitIndex, lastApplied, leader: known } = node.status();
  expect({ commitIndex, lastApplied, known }).toEqual({
    commitIndex: before.commitIndex,
    lastApplied: before.commitIndex,
    known: null,
  });
});

it('[CM5] one that breaks knows what came with its last write, never more than was committed', async () => {
  const scene = await ledVirtually();
  const { cluster, leader, others } = scene;
  for (const text of ['a', 'b', 'c']) await cluster.submit(leader.id, text);
  const [follower] = others;
  follower.disk.error = new Error('the disk is gone');
  await cluster.submit(leader.id, 'd');
  await cluster.until('it halts', () => follower.node.status().role === 'halted');
  follower.disk.error = null;
  const { node } = await wakeAlone(scene, follower);
  expect(cluster.applied(follower.id)).toEqual(['a', 'b']);
  cluster.mend(follower.id);
  await cluster.until('it has caught up', () => cluster.applied(follower.id).length === 4);
  expect(cluster.applied(follower.id)).toEqual(['a', 'b', 'c', 'd']);
  expect(node.status().commitIndex).toBe(5);
});
