/** Members that are removed: what they hear, what becomes of what they were asked, and that they disturb nobody. */
import { expect, it } from 'vitest';
import { FAREWELL_MS } from '../../src/core/limits.ts';
import type { NodeId } from '../../src/core/types.ts';
import type { MembersEvent } from '../../src/ports/replica.ts';
import type { VirtualCluster } from '../../src/testing/virtual-cluster.ts';
import {
  CHANGED,
  closed,
  failed,
  gate,
  members,
  names,
  PATIENT,
  scene,
  typeIn,
} from './members-stage.ts';

it('[MC5] [MC7] a removed member is told, is spoken to no more, and disturbs nobody', async () => {
  const { cluster, leader, others } = await scene(3);
  const [gone, stays] = others.map(({ id }) => id) as [NodeId, NodeId];
  expect(await cluster.change(stays, { remove: [gone] })).toMatchObject(CHANGED);
  await cluster.pass(5_000);
  const { term } = leader.node.status();
  expect(members(cluster, leader.id)).toMatchObject({ voters: names(leader.id, stays).toSorted() });
  expect(members(cluster, gone)).toEqual(members(cluster, leader.id));
  expect(cluster.member(gone).node.status()).toMatchObject({ role: 'learner', term });
  expect(leader.node.status().links.map(({ peer }) => peer)).toEqual([stays]);
  expect((await cluster.submit(gone, 'x', 500)).type).toBe('failed');
  expect(await cluster.submit(stays, 'x')).toMatchObject({ type: 'applied' });
});

it('[MC7] a member that has yet to answer its new leader when it is removed hears of it all the same', async () => {
  const { cluster, leader, others } = await scene(3);
  gate.isOpen = ({ to, frames }) =>
    !(to === `at-${leader.id}` && frames.some((frame) => typeIn(frame) === 'AppendEntries'));
  const [asked] = others.map(({ id }) => id) as [NodeId];
  expect(await cluster.change(asked, { remove: [leader.id] })).toMatchObject(CHANGED);
  await cluster.pass(100);
  gate.isOpen = () => true;
  expect(leader.node.status().isRemoved).toBe(false);
  await cluster.pass(1_000);
  expect(leader.node.status()).toMatchObject({ role: 'learner', isRemoved: true });
  await cluster.pass(FAREWELL_MS);
  const next = await cluster.leader();
  expect(next.node.inspection().replication(leader.id)).toBeNull();
  expect(next.node.inspection().raft?.leaving).toEqual([]);
});

it('[MC11] [A17] a member that was removed while it was cut off comes back, and changes neither term nor leader', async () => {
  const { cluster, leader, others } = await scene(3);
  const [gone] = others.map(({ id }) => id) as [NodeId];
  cluster.isolate(gone);
  expect(await cluster.change(leader.id, { remove: [gone] })).toMatchObject(CHANGED);
  const { term } = leader.node.status();
  await cluster.pass(FAREWELL_MS);
  cluster.mend(gone);
  await cluster.pass(8_000);
  expect(leader.node.status()).toMatchObject({ role: 'leader', term });
  expect(cluster.member(gone).node.status()).toMatchObject({ leader: null });
  const reasons = cluster
    .member(gone)
    .node.status()
    .links.map(({ reason }) => reason);
  expect(reasons).toContainEqual(expect.stringContaining(`${gone} was removed from this cluster`));
});

it.each(names('n1', 'n2', 'n3'))(
  '[MC11] %s, which was removed while it was down, hears so when it is back',
  async (gone) => {
    const { cluster } = await scene(3);
    const stay = names('n1', 'n2', 'n3').filter((id) => id !== gone);
    await closed(cluster, gone);
    await cluster.pass(1_000);
    const { id: leader } = await cluster.leader();
    expect(stay).toContain(leader);
    expect(await cluster.change(leader, { remove: [gone] })).toMatchObject(CHANGED);
    await cluster.pass(FAREWELL_MS);
    const { term } = cluster.member(leader).node.status();
    const { node } = await cluster.boot(gone);
    const events: MembersEvent[] = [];
    node.onMembers((event) => events.push(event));
    expect(node.status().isRemoved).toBe(false);
    await cluster.pass(3_000);
    expect(node.status()).toMatchObject({ isRemoved: true });
    expect(events).toMatchObject([{ voters: stay, isCommitted: true, isRemoved: true }]);
    expect(await cluster.submit(gone, 'x')).toMatchObject(failed('RAFT_STOPPED', 'safe'));
    expect(cluster.member(leader).node.status()).toMatchObject({ role: 'leader', term });
  },
);

it.each(names('n1', 'n2', 'n3'))(
  '[MC11] %s, which was removed while it was cut off, hears so when it can be reached again',
  async (gone) => {
    const { cluster } = await scene(3);
    cluster.isolate(gone);
    await cluster.pass(3_000);
    await removedBy(cluster, gone);
    const { node } = cluster.member(gone);
    await cluster.pass(FAREWELL_MS + 100);
    expect(node.status().isRemoved).toBe(false);
    cluster.mend(gone);
    await cluster.pass(8_000);
    expect(node.status()).toMatchObject({ isRemoved: true });
  },
);

it.each(names('n1', 'n2', 'n3'))(
  '[MC11] %s, which was removed while it was down, hears so also if it is back while others still call it, and slow',
  async (gone) => {
    const { cluster } = await scene(3);
    await closed(cluster, gone);
    await cluster.pass(1_000);
    await removedBy(cluster, gone);
    gate.isOpen = ({ from }) => from !== `at-${gone}`;
    const { node } = await cluster.boot(gone);
    await cluster.pass(FAREWELL_MS + 1_000);
    expect(node.status().isRemoved).toBe(false);
    gate.isOpen = () => true;
    await cluster.pass(8_000);
    expect(node.status()).toMatchObject({ isRemoved: true });
  },
);

/** By whoever leads the others. */
async function removedBy(cluster: VirtualCluster, gone: NodeId): Promise<void> {
  const stay = [...cluster.members.values()].filter(({ id }) => id !== gone);
  const leader = stay.find(({ node }) => node.status().role === 'leader');
  expect(await cluster.change(leader?.id ?? '', { remove: [gone] })).toMatchObject(CHANGED);
}

it('[MC7] [D8] a leader that removes itself, and finds nobody who takes over, leads until that is committed', async () => {
  const { cluster, leader, others } = await scene(3);
  gate.isOpen = ({ frames }) => !frames.some((frame) => typeIn(frame) === 'TimeoutNow');
  expect(await cluster.change(leader.id, { remove: [leader.id] })).toMatchObject(CHANGED);
  expect(leader.node.status()).toMatchObject({ role: 'learner', isRemoved: true });
  await cluster.pass(3_000);
  const next = await cluster.leader();
  expect(others).toContain(next);
  for (const { id } of others) {
    expect(await cluster.submit(id, 'after')).toMatchObject({ type: 'applied' });
  }
  expect(leader.node.status().role).toBe('learner');
});

it('[MC12] [MC7] a leader that removes itself hands over first: nobody waits for an election, and what is proposed there is done', async () => {
  const { cluster, leader, others } = await scene(3);
  const { term } = leader.node.status();
  const outcomes: unknown[] = [];
  const events: MembersEvent[] = [];
  leader.node.onMembers((event) => events.push(event));
  const change = { add: {}, promote: [], remove: [leader.id] };
  leader.node.changeMembers(change, PATIENT, (outcome) => outcomes.push(outcome));
  for (let at = 0; at < 12; at += 1) {
    const data = new TextEncoder().encode(`${at}`);
    leader.node.submit(data, PATIENT, (outcome) => outcomes.push(outcome));
    await cluster.pass(4);
  }
  await cluster.pass(300);
  expect(leader.node.status()).toMatchObject({ role: 'learner', isRemoved: true });
  const next = await cluster.leader();
  expect(next.node.status()).toMatchObject({ term: term + 1, role: 'leader' });
  expect(others).toContain(next);
  // Done, or refused because it was removed by then: of nothing it is not known.
  const types = outcomes.map((outcome) => JSON.stringify(outcome));
  expect(types).toHaveLength(13);
  expect(types.filter((type) => type.includes('outcomeUnknown'))).toEqual([]);
  expect(outcomes).toContainEqual(expect.objectContaining(CHANGED));
  const kept = cluster.applied(next.id).filter((text) => text !== 'first');
  expect(kept).toHaveLength(types.filter((type) => type.includes('"applied"')).length);
  expect(await cluster.submit(leader.id, 'x')).toMatchObject(failed('RAFT_STOPPED', 'safe'));
  expect(await cluster.read(leader.id)).toMatchObject({ code: 'RAFT_STOPPED', retry: 'safe' });
  expect(events.at(-1)).toMatchObject({ isCommitted: true, isRemoved: true });
  expect(events.filter(({ isRemoved }) => isRemoved)).toHaveLength(1);
});
