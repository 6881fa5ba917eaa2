/**
 * Disks (family G of the known bugs) and the atomic replacement of a conflicting tail (B3): the real store on a
 * disk that dies, forgets or lies, and whole members whose disks fail.
 */
import { Level } from 'level';
import { expect, it } from 'vitest';
import { index } from '../../src/core/types.ts';
import type { LogStore } from '../../src/ports/log-store.ts';
import { durableIndexAfter } from '../../src/rules/commit.ts';
import type { DatabaseChange } from '../../src/storage/disk/database.ts';
import { levelLogStore } from '../../src/storage/disk-log-store.ts';
import { memoryLogStore } from '../../src/storage/memory-log-store.ts';
import { isSameKey, keyOfRun } from '../../src/storage/records/record.ts';
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
import { logOf, only, raftState, run as runChart } from '../machines/harness.ts';
import { Workspace } from '../storage/data-directories.ts';
import { contentOf } from '../storage/log-model.ts';
import { SimulatedDisk, type Survives } from '../storage/simulated-disk.ts';
import { deafToSync, storeOn } from './directories.ts';
import { entryId } from './messages.ts';

const LOG = 'data/log';
const NOTHING: Survives = () => false;
const EVERYTHING: Survives = () => true;

/** A disk that holds these writes, all acknowledged, and whose process has ended in order. */
async function diskWith(...writes: readonly Parameters<typeof write>[1][]): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk();
  const store = storeOn(disk);
  await store.open(OWNER);
  for (const operations of writes) await write(store, operations);
  await store.close();
  return disk;
}

async function entriesOn(disk: SimulatedDisk): Promise<readonly string[]> {
  const store = storeOn(disk);
  const { entries } = await contentOf(store, await store.open(OWNER));
  await store.close();
  return entries;
}

/** Does `operations` on a copy of `disk` for each step at which it may die; returns what each leaves. */
async function leftBy(
  disk: SimulatedDisk,
  operations: Parameters<typeof write>[1],
  survives: Survives,
): Promise<readonly (readonly string[])[]> {
  const left: (readonly string[])[] = [];
  for (let extra = 0; extra < 12; extra += 1) {
    const dying = disk.reboot(EVERYTHING);
    const store = storeOn(dying);
    await store.open(OWNER);
    dying.crashAt = dying.steps + extra;
    await Promise.race([outcome(store, operations), dying.died]);
    left.push(await entriesOn(dying.reboot(survives)));
  }
  return left;
}

it('[B3] a crash while a conflicting tail is replaced leaves the old log or the new one, never a mixture', async () => {
  const old = ['1:a', '1:b', '2:c', '2:d'];
  const disk = await diskWith([hard(2), append(run(1, 1, ['a', 'b']), run(2, 3, ['c', 'd']))]);
  const replace = [hard(3), truncate(3), append(run(3, 3, ['X']), run(3, 4, ['Y', 'Z']))];
  const fresh = ['1:a', '1:b', '3:X', '3:Y', '3:Z'];
  for (const survives of [NOTHING, EVERYTHING]) {
    const left = await leftBy(disk, replace, survives);
    for (const entries of left) expect([old, fresh]).toContainEqual(entries);
    expect(left[0]).toEqual(old);
    expect(left.at(-1)).toEqual(fresh);
  }
});

it('[G1] a member whose write fails says nothing more, whatever was being written', async () => {
  const cluster = await VirtualCluster.start(3);
  const leader = await cluster.leader();
  const [voter, other] = [...cluster.members.values()].filter(({ id }) => id !== leader.id);
  if (voter === undefined || other === undefined) throw new Error('three members');
  voter.disk.error = new Error('EIO');
  expect(await cluster.submit(leader.id, 'a')).toMatchObject({ type: 'applied' });
  await cluster.until('its halt', () => voter.node.status().role === 'halted');
  const link = leader.node.status().links.find(({ peer: name }) => name === voter.id);
  expect(link?.matchIndex).toBe(1);
  await leader.node.close();
  cluster.members.delete(leader.id);
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

it('[G2] a torn end is taken as it is only if nothing of it was acknowledged', async () => {
  const disk = await diskWith([hard(1), append(run(1, 1, ['a']))], [append(run(1, 2, ['b']))]);
  const torn = disk.reboot(EVERYTHING);
  torn.batches(LOG).pop();
  await expect(entriesOn(torn)).rejects.toMatchObject({ code: 'RAFT_LOG_REFUSED' });
  const dying = disk.reboot(EVERYTHING);
  const store = storeOn(dying);
  await store.open(OWNER);
  dying.crashAt = dying.steps + 1;
  await Promise.race([outcome(store, [append(run(1, 3, ['c']))]), dying.died]);
  const unacknowledged = dying.reboot(EVERYTHING);
  expect(unacknowledged.batches(LOG).length).toBeGreaterThan(disk.batches(LOG).length);
  unacknowledged.batches(LOG).pop();
  expect(await entriesOn(unacknowledged)).toEqual(['1:a', '1:b']);
});

it('[G3] damage in the middle is refused, never cut off and forgotten', async () => {
  const runs = ['a', 'b', 'c', 'd'].map((data, at) => [append(run(1, at + 1, [data]))]);
  const disk = await diskWith([hard(1)], ...runs);
  const isOf = (at: number) => (change: DatabaseChange) =>
    isSameKey(change.key, keyOfRun(index(at)));
  for (const at of [1, 2, 3, 4]) {
    const damaged = disk.reboot(EVERYTHING);
    const batches = damaged.batches(LOG);
    batches.splice(
      batches.findIndex((batch) => batch.some(isOf(at))),
      1,
    );
    await expect(entriesOn(damaged), `without ${at}`).rejects.toMatchObject({
      code: 'RAFT_LOG_REFUSED',
    });
  }
  const flipped = disk.reboot(EVERYTHING);
  const batches = flipped.batches(LOG);
  const changed = (change: DatabaseChange): DatabaseChange =>
    change.type === 'put' && isOf(2)(change)
      ? { ...change, value: lastBitFlipped(change.value) }
      : change;
  batches.forEach((batch, at) => {
    batches[at] = batch.map(changed);
  });
  await expect(entriesOn(flipped)).rejects.toMatchObject({ code: 'RAFT_LOG_REFUSED' });
});

function lastBitFlipped(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte));
}

it('[G4] what was acknowledged survives a loss of power at any step that takes everything not synced', async () => {
  for (let crashAt = 1; crashAt < 20; crashAt += 1) {
    const disk = new SimulatedDisk();
    const store = storeOn(disk);
    await store.open(OWNER);
    disk.crashAt = disk.steps + crashAt;
    const acknowledged: string[] = [];
    for (const data of ['a', 'b', 'c', 'd', 'e']) {
      const at = acknowledged.length + 1;
      const done = outcome(store, [hard(at, 'n2'), append(run(at, at, [data]))]);
      if ((await Promise.race([done, disk.died])) !== null) break;
      acknowledged.push(`${at}:${data}`);
    }
    const again = storeOn(disk.reboot(NOTHING));
    const { entries, term: last, votedFor } = await contentOf(again, await again.open(OWNER));
    expect(entries.slice(0, acknowledged.length), `${crashAt} steps on`).toEqual(acknowledged);
    expect([last, votedFor]).toEqual([entries.length, entries.length === 0 ? null : 'n2']);
  }
});

it('[G5] no write relies on a later one to be synced: all that LevelDB is given, it is given to sync', async () => {
  const batch = Level.prototype.batch;
  const synced: unknown[] = [];
  Level.prototype.batch = function (this: unknown, ...given: unknown[]) {
    synced.push(given[1]);
    return Reflect.apply(batch, this, given);
  };
  const workspace = new Workspace();
  try {
    const store = levelLogStore({ directory: workspace.fresh() });
    await store.open(OWNER);
    await write(store, [hard(1), append(run(1, 1, ['a', 'b', 'c']))]);
    await store.rememberPeer(peer('n2', 1));
    await write(store, [truncate(2), append(run(1, 2, ['B']))]);
    await store.close();
  } finally {
    Level.prototype.batch = batch;
    workspace.dispose();
  }
  expect(synced.length).toBeGreaterThanOrEqual(4);
  expect(synced).toEqual(synced.map(() => ({ sync: true })));
});

it('[G7] a write that only reached the page cache is never acknowledged, and ends the store', async () => {
  const disk = new SimulatedDisk();
  let isDead = false;
  const database = deafToSync(disk.database, () => isDead);
  const store = storeOn(disk, { database });
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
  const found = await entriesOn(disk.reboot(EVERYTHING));
  expect([['1:a'], ['1:a', '1:b']]).toContainEqual(found);
});

it('[G6] a full disk costs the leader its lead and the cluster nothing else', async () => {
  const cluster = await VirtualCluster.start(3);
  const leader = await cluster.leader();
  await cluster.submit(leader.id, 'a');
  leader.disk.error = new Error('ENOSPC: no space left on device');
  expect(await cluster.submit(leader.id, 'b')).toMatchObject({ type: 'failed' });
  const others = [...cluster.members.values()].filter(({ id }) => id !== leader.id);
  await cluster.until('another leader', () =>
    others.some(({ node }) => node.status().role === 'leader'),
  );
  const { term: before } = leader.node.status();
  expect(await cluster.submit(others[0]?.id ?? '', 'c')).toMatchObject({ type: 'applied' });
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
    open: (owner) => store.open(owner),
    write: (operations, completed) => store.write(operations, completed),
    read: (range) => (isBroken() ? Promise.reject(new Error('EIO: read')) : store.read(range)),
    rememberPeer: (peer) => store.rememberPeer(peer),
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
  const cluster = await VirtualCluster.start(3);
  const old = await cluster.leader();
  await cluster.submit(old.id, 'kept');
  cluster.isolate(old.id);
  old.node.submit(new TextEncoder().encode('lost'), { timeoutMs: 60_000 }, () => {});
  const others = [...cluster.members.keys()].filter((id) => id !== old.id);
  await cluster.until('another leader', () =>
    others.some((id) => cluster.member(id).node.status().role === 'leader'),
  );
  expect(await cluster.submit(others[0] ?? '', 'new')).toMatchObject({ type: 'applied' });
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

it('[ID2] [G12] a copy of its directory is refused at its 257th start as at its first', async () => {
  const cluster = new VirtualCluster(3);
  const disk = new SimulatedDisk();
  for (const id of ['n1', 'n2']) await cluster.boot(id);
  await cluster.boot('n3', storeOn(disk));
  expect(await cluster.read('n3')).toBeNull();
  await cluster.member('n3').node.close();
  const yesterday = disk.reboot(EVERYTHING);
  await cluster.boot('n3', storeOn(disk));
  expect(await cluster.read('n3')).toBeNull();
  await cluster.member('n3').node.close();
  const owner = { ...OWNER, clusterId: 'virtual', nodeId: 'n3' };
  for (let start = 1; start <= 300; start += 1) {
    const store = storeOn(yesterday);
    await store.open(owner);
    await store.close();
  }
  const restored = await cluster.boot('n3', storeOn(yesterday));
  await cluster.pass(3_000);
  for (const { state, reason } of restored.node.status().links) {
    expect(state).not.toBe('open');
    expect(reason).toContain('older copy of its data directory');
  }
  await restored.node.close();
});

it('[ID4] a member is accepted again after 300 starts that nobody heard of', async () => {
  const cluster = new VirtualCluster(3);
  const disk = new SimulatedDisk();
  for (const id of ['n1', 'n2']) await cluster.boot(id);
  await cluster.boot('n3', storeOn(disk));
  expect(await cluster.read('n3')).toBeNull();
  await cluster.member('n3').node.close();
  const owner = { ...OWNER, clusterId: 'virtual', nodeId: 'n3' };
  for (let start = 1; start <= 300; start += 1) {
    const store = storeOn(disk);
    await store.open(owner);
    await store.close();
  }
  await cluster.boot('n3', storeOn(disk));
  expect(await cluster.read('n3')).toBeNull();
});

it('[G12] a member that runs from yesterday’s copy of its directory is refused by all who met it since', async () => {
  const cluster = new VirtualCluster(3);
  const disk = new SimulatedDisk();
  for (const id of ['n1', 'n2']) await cluster.boot(id);
  await cluster.boot('n3', storeOn(disk));
  await cluster.submit('n1', 'yesterday');
  expect(await cluster.read('n3')).toBeNull();
  await cluster.member('n3').node.close();
  const yesterday = disk.reboot(EVERYTHING);
  await cluster.boot('n3', storeOn(disk));
  await cluster.submit('n3', 'today');
  await cluster.member('n3').node.close();
  const restored = await cluster.boot('n3', storeOn(yesterday));
  await cluster.pass(3_000);
  const links = restored.node.status().links.map(({ state, reason }) => ({ state, reason }));
  for (const { state, reason } of links) {
    expect(state).not.toBe('open');
    expect(reason).toContain('older copy of its data directory');
  }
  expect(cluster.applied('n3')).toEqual([]);
  await restored.node.close();
  await cluster.boot('n3', storeOn(disk));
  expect(await cluster.read('n3')).toBeNull();
  expect(cluster.applied('n3')).toEqual(['yesterday', 'today']);
});
