/**
 * Disks (family G of the known bugs), as far as neither a play nor `test/storage` tells of them: whole members
 * whose disks fail, and the real store on a disk that lies.
 */
import { Level } from 'level';
import { expect, it } from 'vitest';
import { index } from '../../src/core/types.ts';
import type { LogStore } from '../../src/ports/log-store.ts';
import { durableIndexAfter } from '../../src/rules/commit.ts';
import type { Database } from '../../src/storage/disk/database.ts';
import { levelLogStore } from '../../src/storage/disk-log-store.ts';
import { memoryLogStore } from '../../src/storage/memory-log-store.ts';
import {
  append,
  hard,
  OWNER,
  outcome,
  peer,
  run,
  truncate,
  write,
} from '../../src/testing/contracts/log-operations.ts';
import { VirtualCluster } from '../../src/testing/virtual-cluster.ts';
import { entryId } from '../cluster/messages.ts';
import { anotherLeader, ledVirtually } from '../cluster/virtual-scene.ts';
import { logOf, only, raftState, run as runChart } from '../machines/harness.ts';
import { Workspace } from '../storage/data-directories.ts';
import { contentOf } from '../storage/log-model.ts';
import { PromptDisk } from '../storage/prompt-disk.ts';

async function entriesOn(disk: PromptDisk): Promise<readonly string[]> {
  const store = disk.store();
  const { entries } = await contentOf(store, await store.open(OWNER));
  await store.close();
  return entries;
}

it('[G1] a member whose write fails says nothing more, whatever was being written', async () => {
  const { cluster, leader, others } = await ledVirtually();
  const [voter, other] = others;
  voter.disk.error = new Error('EIO');
  expect(await cluster.submit(leader.id, 'a')).toMatchObject({ type: 'applied' });
  await cluster.until('its halt', () => voter.node.status().role === 'halted');
  const link = leader.node.status().links.find(({ peer: name }) => name === voter.id);
  expect(link?.matchIndex).toBe(1);
  cluster.isolate(leader.id);
  await cluster.pass(3_000);
  expect(other.node.status()).toMatchObject({ role: 'preCandidate', term: 1 });
  voter.disk.error = null;
  await voter.node.close();
  await cluster.boot(voter.id);
  other.disk.error = new Error('EIO');
  await cluster.until('the vote that cannot be written', () =>
    [...cluster.nodes].some((node) => node.status().role === 'halted'),
  );
  expect(cluster.nodes.every((node) => node.status().role !== 'leader')).toBe(true);
});

const workspace = new Workspace();

it('[ST1] [G5] no write relies on a later one to be synced: all that LevelDB is given, it is given to sync', async () => {
  const batch = Level.prototype.batch;
  const synced: unknown[] = [];
  Level.prototype.batch = function (this: unknown, ...given: unknown[]) {
    synced.push(given[1]);
    return Reflect.apply(batch, this, given);
  };
  try {
    const store = levelLogStore({ directory: workspace.fresh() });
    await store.open(OWNER);
    await write(store, [hard(1), append(run(1, 1, ['a', 'b', 'c']))]);
    await store.rememberPeer(peer('n2', 1));
    await write(store, [truncate(2), append(run(1, 2, ['B']))]);
    await store.close();
  } finally {
    Level.prototype.batch = batch;
  }
  expect(synced.length).toBeGreaterThanOrEqual(4);
  expect(synced).toEqual(synced.map(() => ({ sync: true })));
});

/** A database whose writes reach the page cache and whose syncs fail from the moment that `isDead` says so. */
function deafToSync(real: Database, isDead: () => boolean): Database {
  return {
    open: (options) => real.open(options),
    write: (changes, completed) =>
      real.write(changes, (error) => completed(isDead() ? new Error('EIO: sync') : error)),
    scan: (range) => real.scan(range),
    close: () => real.close(),
  };
}

it('[G7] a write that only reached the page cache is never acknowledged, and ends the store', async () => {
  const disk = new PromptDisk();
  let isDead = false;
  const database = (path: string): Database => deafToSync(disk.database(path), () => isDead);
  const store = disk.store({ database });
  await store.open(OWNER);
  await write(store, [hard(1), append(run(1, 1, ['a']))]);
  isDead = true;
  for (const data of ['b', 'c', 'd']) {
    expect(await outcome(store, [append(run(1, 2, [data]))])).toMatchObject({
      code: 'RAFT_STORAGE_FAILED',
    });
  }
  isDead = false;
  expect(await outcome(store, [append(run(1, 2, ['e']))])).not.toBeNull();
  const found = await entriesOn(disk.copy());
  expect([['1:a'], ['1:a', '1:b']]).toContainEqual(found);
});

it('[G6] a full disk costs the leader its lead and the cluster nothing else', async () => {
  const scene = await ledVirtually();
  const { cluster, leader, others } = scene;
  await cluster.submit(leader.id, 'a');
  leader.disk.error = new Error('ENOSPC: no space left on device');
  expect(await cluster.submit(leader.id, 'b')).toMatchObject({ type: 'failed' });
  await anotherLeader(scene);
  const { term: before } = leader.node.status();
  expect(await cluster.submit(others[0].id, 'c')).toMatchObject({ type: 'applied' });
  await cluster.pass(3_000);
  expect(leader.node.status()).toMatchObject({ role: 'halted', term: before });
  leader.disk.error = null;
  await leader.node.close();
  await cluster.boot(leader.id);
  expect(await cluster.read(leader.id)).toBeNull();
  expect(cluster.applied(leader.id).filter((text) => text !== 'b')).toEqual(['a', 'c']);
});

/** A store whose reads fail while `isBroken` says so. */
function unreadable(store: LogStore, isBroken: () => boolean): LogStore {
  return {
    snapshots: store.snapshots,
    open: (owner) => store.open(owner),
    write: (operations, completed) => store.write(operations, completed),
    read: (range) => (isBroken() ? Promise.reject(new Error('EIO: read')) : store.read(range)),
    rememberPeer: (peer) => store.rememberPeer(peer),
    onFailure: (listener) => store.onFailure(listener),
    close: () => store.close(),
  };
}

it('[G9] a leader that cannot read what it has to send halts, and sends nothing made up', async () => {
  const cluster = new VirtualCluster(3, { limits: { cacheBytesMax: 1 } });
  let broken = '';
  for (const id of ['n1', 'n2', 'n3']) {
    const store = memoryLogStore({ defer: (task) => cluster.clock.defer(task) });
    await cluster.boot(
      id,
      unreadable(store, () => broken === id),
    );
  }
  const leader = await cluster.leader();
  const lagging = [...cluster.members.keys()].find((id) => id !== leader.id) ?? '';
  await cluster.member(lagging).node.close();
  for (let at = 0; at < 5; at += 1) await cluster.submit(leader.id, `${at}`);
  broken = leader.id;
  const { node } = await cluster.boot(lagging);
  await cluster.until('its halt', () => leader.node.status().role === 'halted');
  expect(node.status().role).not.toBe('halted');
  expect(await cluster.read(lagging)).toBeNull();
  expect(cluster.applied(lagging)).toEqual(['0', '1', '2', '3', '4']);
});

it('[G10] completions that come in the wrong order, or twice, take nothing back', () => {
  const log = logOf([1, 1, 1]);
  const state = raftState({ log, durableIndex: index(0) });
  const third = durableIndexAfter(state, entryId(1, 3));
  expect(third).toBe(3);
  expect(durableIndexAfter({ ...state, durableIndex: third }, entryId(1, 1))).toBe(3);
  const writer = runChart('logWriter', { stallTimeoutMs: 100 });
  writer.send({ type: 'write.requested' });
  writer.send({ type: 'write.requested' });
  expect(writer.send({ type: 'write.completed', batch: 2 })).toEqual([]);
  expect(
    only(writer.send({ type: 'write.completed', batch: 1 }), 'logDurable', 'flushLog'),
  ).toEqual([
    { type: 'logDurable', batch: 1 },
    { type: 'flushLog', batch: 2 },
  ]);
  expect(writer.send({ type: 'write.completed', batch: 1 })).toEqual([]);
  expect(writer.state()).toContain('writing');
});

it('[G11] one that cannot replace its tail stops, and is whole again after a restart', async () => {
  const scene = await ledVirtually();
  const { cluster, leader: old, others } = scene;
  await cluster.submit(old.id, 'kept');
  cluster.isolate(old.id);
  old.node.submit(new TextEncoder().encode('lost'), { timeoutMs: 60_000 }, () => {});
  await anotherLeader(scene);
  expect(await cluster.submit(others[0].id, 'new')).toMatchObject({ type: 'applied' });
  old.disk.error = new Error('EIO');
  cluster.mend(old.id);
  await cluster.until('its halt', () => old.node.status().role === 'halted');
  expect(cluster.applied(old.id)).toEqual(['kept']);
  old.disk.error = null;
  await old.node.close();
  await cluster.boot(old.id);
  expect(await cluster.read(old.id)).toBeNull();
  expect(cluster.applied(old.id)).toEqual(['kept', 'new']);
});

it('[G12] a member that runs from yesterday’s copy of its directory is refused by all who met it since', async () => {
  const cluster = new VirtualCluster(3);
  const disk = new PromptDisk();
  for (const id of ['n1', 'n2']) await cluster.boot(id);
  await cluster.boot('n3', disk.store());
  await cluster.submit('n1', 'yesterday');
  expect(await cluster.read('n3')).toBeNull();
  await cluster.member('n3').node.close();
  const yesterday = disk.copy();
  await cluster.boot('n3', disk.store());
  await cluster.submit('n3', 'today');
  await cluster.member('n3').node.close();
  const restored = await cluster.boot('n3', yesterday.store());
  await cluster.pass(3_000);
  const links = restored.node.status().links.map(({ state, reason }) => ({ state, reason }));
  for (const { state, reason } of links) {
    expect(state).not.toBe('open');
    expect(reason).toContain('older copy of its data directory');
  }
  // What its own disk knew to be committed (CM5), and nothing that came after the copy.
  expect(cluster.applied('n3')).toEqual(['yesterday']);
  await restored.node.close();
  await cluster.boot('n3', disk.store());
  expect(await cluster.read('n3')).toBeNull();
  expect(cluster.applied('n3')).toEqual(['yesterday', 'today']);
});
