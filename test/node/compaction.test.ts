/** Members whose log begins behind what a snapshot holds, and which start from both (§5.1). */
import { expect, it } from 'vitest';
import { DEFAULT_LIMITS, FAREWELL_MS, type Limits } from '../../src/core/limits.ts';
import type { SnapshotThresholds } from '../../src/core/snapshot-thresholds.ts';
import { nodeId } from '../../src/core/types.ts';
import { type RaftNode, startRaftNode } from '../../src/node/raft-node.ts';
import { systemClock, systemRandom } from '../../src/node/system-clock.ts';
import type { ProposalOutcome, SnapshotOutcome } from '../../src/ports/replica.ts';
import { VirtualCluster } from '../../src/testing/virtual-cluster.ts';
import { MemoryNetwork } from '../../src/transport/memory-network.ts';
import { memoryTransport } from '../../src/transport/memory-transport.ts';
import { storeIn, Workspace } from '../storage/data-directories.ts';
import { KeptList } from './kept-list.ts';

const workspace = new Workspace();

async function compactingAlone(
  snapshots: Partial<SnapshotThresholds>,
  limits: Limits = DEFAULT_LIMITS,
): Promise<VirtualCluster> {
  const cluster = await VirtualCluster.start(1, {
    machine: () => new KeptList(),
    adapt: (options) => ({ ...options, snapshots, limits }),
  });
  await cluster.leader();
  return cluster;
}

async function restarted(cluster: VirtualCluster): Promise<KeptList> {
  await Promise.all([cluster.member('n1').node.close(), cluster.pass(3_000)]);
  const { machine } = await cluster.boot('n1');
  await cluster.leader();
  expect(await cluster.read('n1')).toBeNull();
  return machine as KeptList;
}

it('[LR19] [SH8] the log is cut behind each snapshot, with a tail kept, and a start takes both together', async () => {
  const cluster = await compactingAlone({ entries: 4, trailingEntries: 2 });
  const texts = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'];
  for (const text of texts) {
    await cluster.submit('n1', text);
    await cluster.pass(20);
  }
  const before = cluster.member('n1').node.status();
  expect(before).toMatchObject({ snapshotIndex: 8, firstIndex: 7, lastIndex: 10 });
  const machine = await restarted(cluster);
  expect(machine.applied).toEqual(texts);
  expect(machine.given).toEqual(['h', 'i']);
  expect(cluster.member('n1').node.status()).toMatchObject({ firstIndex: 7, snapshotIndex: 8 });
  await cluster.submit('n1', 'j');
  expect(machine.applied).toEqual([...texts, 'j']);
});

it('[LR19] a tail of large entries is no longer than what memory holds of it', async () => {
  const limits = { ...DEFAULT_LIMITS, cacheBytesMax: 5_000 };
  const cluster = await compactingAlone({ entries: 20, trailingEntries: 20 }, limits);
  for (let at = 0; at < 20; at += 1) await cluster.submit('n1', 'x'.repeat(1_000));
  await cluster.pass(1_000);
  expect(cluster.member('n1').node.status()).toMatchObject({ snapshotIndex: 20, firstIndex: 18 });
});

it('[SH8] a start cuts what the last life had yet to cut, though nothing comes after it', async () => {
  const kept = { trailingEntries: 100 };
  const cluster = await VirtualCluster.start(1, {
    machine: () => new KeptList(),
    adapt: (options) => ({ ...options, snapshots: { entries: 4, ...kept } }),
  });
  await cluster.leader();
  for (const text of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']) {
    await cluster.submit('n1', text);
    await cluster.pass(20);
  }
  expect(cluster.member('n1').node.status()).toMatchObject({ snapshotIndex: 8, firstIndex: 1 });
  kept.trailingEntries = 2;
  await restarted(cluster);
  expect(cluster.member('n1').node.status()).toMatchObject({ snapshotIndex: 8, firstIndex: 7 });
});

it('[LR20] [MC7] whoever is told of its removal while the log is cut does not halt its leader', async () => {
  const deaf = { from: '' };
  const cluster = await VirtualCluster.start(3, {
    machine: () => new KeptList(),
    adapt: (options) => ({ ...options, snapshots: { entries: 1, trailingEntries: 0 } }),
    carry: ({ to, frames }) => frames.length === 0 || to !== deaf.from,
  });
  const leader = await cluster.leader();
  const [gone] = [...cluster.members.values()].filter((member) => member !== leader);
  if (gone === undefined) throw new Error('three members');
  await cluster.submit(leader.id, 'a');
  await cluster.pass(500);
  deaf.from = `at-${gone.id}`;
  await cluster.change(leader.id, { remove: [gone.id] });
  for (const text of ['b', 'c', 'd']) await cluster.submit(leader.id, text);
  await cluster.until('the log is cut', () => leader.node.status().firstIndex > 5);
  await cluster.pass(FAREWELL_MS);
  expect(leader.node.status()).toMatchObject({ lifecycle: 'running', role: 'leader' });
});

it('[LR19] with nothing kept behind it the log is empty, and goes on where it was cut', async () => {
  const cluster = await compactingAlone({ entries: 3, trailingEntries: 0 });
  for (const text of ['a', 'b']) await cluster.submit('n1', text);
  await cluster.until('the log is cut', () => cluster.member('n1').node.status().firstIndex === 4);
  expect(cluster.member('n1').node.status().lastIndex).toBe(3);
  await cluster.submit('n1', 'c');
  const machine = await restarted(cluster);
  expect(machine.applied).toEqual(['a', 'b', 'c']);
  expect(machine.given).toEqual(['c']);
});

it('[LR19] unless it is told what to keep, a member keeps its whole log', async () => {
  const cluster = await compactingAlone({ entries: 2 });
  for (const text of ['a', 'b', 'c', 'd']) await cluster.submit('n1', text);
  await cluster.until('a snapshot', () => cluster.member('n1').node.status().snapshotIndex >= 4);
  expect(cluster.member('n1').node.status().firstIndex).toBe(1);
});

interface OnDisk {
  readonly node: RaftNode;
  readonly machine: KeptList;
}

/** A member alone on a real disk. */
async function startedIn(directory: string): Promise<OnDisk> {
  const machine = new KeptList();
  const network = new MemoryNetwork({ defer: (deliver) => queueMicrotask(deliver) });
  const node = await startRaftNode({
    ...{ id: nodeId('n1'), clusterId: 'kept', members: { n1: 'at-n1' }, machine },
    store: storeIn(directory),
    transport: memoryTransport({ network, address: 'at-n1', limits: DEFAULT_LIMITS }),
    ...{ clock: systemClock, random: systemRandom },
    snapshots: { trailingEntries: 1 },
  });
  return { node, machine };
}

function submitted(node: RaftNode, text: string): Promise<ProposalOutcome> {
  const data = new TextEncoder().encode(text);
  return new Promise((resolve) => node.submit(data, { timeoutMs: 20_000 }, resolve));
}

function taken(node: RaftNode): Promise<SnapshotOutcome> {
  return new Promise((resolve) => node.snapshot({ timeoutMs: 20_000 }, resolve));
}

it('[LR19] [SH7] [E4] on a real disk: what was compacted is gone, and a start has the snapshot and the tail', async () => {
  const directory = workspace.fresh();
  const first = await startedIn(directory);
  for (const text of ['a', 'b', 'c']) await submitted(first.node, text);
  const { lastIndex } = first.node.status();
  expect(await taken(first.node)).toMatchObject({ type: 'taken', index: lastIndex });
  expect(first.node.status().firstIndex).toBe(lastIndex);
  await submitted(first.node, 'd');
  await first.node.close();
  const second = await startedIn(directory);
  await submitted(second.node, 'e');
  expect(second.machine.applied).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(second.machine.given).toEqual(['d', 'e']);
  expect(second.node.status().firstIndex).toBe(lastIndex);
  await second.node.close();
});
