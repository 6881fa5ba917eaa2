/** Changes of membership, by whole members under virtual time; of those who are removed, `removal.test.ts`. */
import { expect, it } from 'vitest';
import type { NodeId } from '../../src/core/types.ts';
import { nodeId } from '../../src/core/types.ts';
import type { MembersOutcome, TransferOutcome } from '../../src/ports/replica.ts';

import {
  at,
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

it('[MC4] one member grows to three and to five, and every member takes commands', async () => {
  const { cluster } = await scene(1, 'n2', 'n3', 'n4', 'n5');
  expect(cluster.member('n2').node.status()).toMatchObject({ role: 'learner', leader: null });
  for (const id of names('n2', 'n3')) {
    expect(await cluster.change('n1', { add: at(id), promote: [id] })).toMatchObject(CHANGED);
  }
  // Several at once, asked of a member that does not lead.
  const both = names('n4', 'n5');
  const outcome = await cluster.change('n3', { add: at(...both), promote: both });
  expect(outcome).toEqual({
    type: 'changed',
    members: { voters: names('n1', 'n2', 'n3', 'n4', 'n5'), learners: [], joint: false },
  });
  for (const { id } of cluster.members.values()) {
    expect(await cluster.submit(id, `at ${id}`)).toMatchObject({ type: 'applied' });
  }
  await cluster.pass(500);
  for (const { id } of cluster.members.values()) {
    expect(cluster.applied(id)).toEqual(cluster.applied('n1'));
    expect(members(cluster, id).voters).toHaveLength(5);
  }
});

it('[MC4] [D13] every member of three is replaced, two of them at once, and nothing is lost', async () => {
  const { cluster, leader } = await scene(3, 'n4', 'n5', 'n6');
  const outcome = await cluster.change(leader.id, {
    add: at('n4', 'n5'),
    promote: names('n4', 'n5'),
    remove: names('n1', 'n2'),
  });
  expect(outcome).toMatchObject({ members: { voters: names('n3', 'n4', 'n5') } });
  await closed(cluster, 'n1', 'n2');
  await cluster.pass(1_000);
  expect(await cluster.submit('n4', 'second')).toMatchObject({ type: 'applied' });
  const last = await cluster.change('n5', {
    add: at('n6'),
    promote: names('n6'),
    remove: names('n3'),
  });
  expect(last).toMatchObject({ members: { voters: names('n4', 'n5', 'n6') } });
  await closed(cluster, 'n3');
  await cluster.pass(1_000);
  expect(await cluster.submit('n6', 'third')).toMatchObject({ type: 'applied' });
  await cluster.pass(500);
  for (const id of ['n4', 'n5', 'n6']) {
    expect(cluster.applied(id)).toEqual(['first', 'second', 'third']);
  }
});

it('[MC11] a member that slept through a change is found by the new members, whom it does not know', async () => {
  const { cluster, leader } = await scene(3, 'n4', 'n5');
  const sleeper = ['n1', 'n2', 'n3'].find((id) => id !== leader.id) ?? '';
  const gone = names('n1', 'n2', 'n3').filter((id) => id !== sleeper);
  await closed(cluster, sleeper);
  const asked = { add: at('n4', 'n5'), promote: names('n4', 'n5'), remove: gone };
  expect(await cluster.change(leader.id, asked)).toMatchObject(CHANGED);
  await closed(cluster, ...gone);
  await cluster.boot(sleeper);
  await cluster.pass(4_000);
  expect(members(cluster, sleeper).voters).toEqual(names(sleeper, 'n4', 'n5'));
  expect(await cluster.submit(sleeper, 'awake')).toMatchObject({ type: 'applied' });
});

it('[MC1] [D4] configurations survive restarts, of everyone at once and while joint', async () => {
  const { cluster, leader } = await scene(3, 'n4');
  expect(await cluster.change(leader.id, { add: at('n4'), promote: names('n4') })).toMatchObject(
    CHANGED,
  );
  await closed(cluster, ...cluster.members.keys());
  for (const id of ['n1', 'n2', 'n3']) await cluster.boot(id);
  await cluster.join('n4');
  await cluster.leader();
  await cluster.pass(1_000);
  for (const { id } of cluster.members.values()) {
    expect(members(cluster, id)).toEqual({
      voters: names('n1', 'n2', 'n3', 'n4'),
      learners: [],
      joint: false,
    });
  }
});

it('[MC10] [D10] a member that cannot be reached stays a learner, and holds nobody up', async () => {
  const { cluster, leader } = await scene(3);
  const asked = cluster.change(leader.id, { add: at('n4') });
  expect(await asked).toMatchObject({ type: 'changed', members: { learners: names('n4') } });
  const promotion = leader.node;
  const outcomes: unknown[] = [];
  const change = { add: {}, promote: names('n4'), remove: [] };
  promotion.changeMembers(change, { timeoutMs: 60_000 }, (outcome) => outcomes.push(outcome));
  await cluster.pass(500);
  expect(await cluster.submit(leader.id, 'meanwhile')).toMatchObject({ type: 'applied' });
  await cluster.pass(12_000);
  expect(outcomes).toMatchObject([failed('RAFT_CONFLICT', 'safe')]);
  expect(members(cluster, leader.id)).toMatchObject({ learners: names('n4'), joint: false });
});

it('[MC10] whoever asks to add and promote in one hears what has been done when the new one does not catch up', async () => {
  const { cluster, leader, others } = await scene(3);
  const [asked] = others.map(({ id }) => id) as [NodeId];
  const change = { add: at('n4'), promote: names('n4'), remove: [] };
  const outcomes: unknown[] = [];
  for (const id of [asked, leader.id, asked]) {
    const { node } = cluster.member(id);
    node.changeMembers(change, { timeoutMs: 60_000 }, (outcome) => outcomes.push(outcome));
    await cluster.pass(12_000);
  }
  const words = (text: string) =>
    expect.stringContaining(`n4 did not catch up in time and is a learner: ${text}`);
  const begun = 'n4 was added to the learners, and nothing else was done';
  // Asked for again, it finds its learner, and does nothing.
  expect(outcomes).toMatchObject([
    { error: { code: 'RAFT_CONFLICT', retry: 'outcomeUnknown', message: words(begun) } },
    { error: { code: 'RAFT_CONFLICT', retry: 'safe', message: words('nothing was done') } },
    { error: { code: 'RAFT_CONFLICT', retry: 'safe', message: words('nothing was done') } },
  ]);
  expect(members(cluster, leader.id)).toMatchObject({ learners: names('n4'), joint: false });
});

it('[MC3] [D11] a second change is refused while one is under way, and what is asked for twice is done once', async () => {
  const { cluster, leader, others } = await scene(3, 'n5');
  const first: unknown[] = [];
  const { node } = leader;
  node.changeMembers(
    { add: at('n4'), promote: names('n4'), remove: [] },
    { timeoutMs: 60_000 },
    (outcome) => first.push(outcome),
  );
  await cluster.pass(200);
  // Wherever it is asked: a node that joins meanwhile asks on.
  for (const { id } of [leader, ...others.slice(0, 2)]) {
    expect(await cluster.change(id, { add: at('n5') })).toMatchObject(
      failed('RAFT_CONFLICT', 'safe'),
    );
  }
  await cluster.pass(12_000);
  expect(first).toHaveLength(1);
  for (let times = 0; times < 2; times += 1) {
    expect(await cluster.change(leader.id, { add: at('n5'), promote: names('n5') })).toMatchObject(
      CHANGED,
    );
  }
  const { lastIndex } = node.status();
  expect(await cluster.change('n5', { add: at('n5'), promote: names('n5') })).toMatchObject(
    CHANGED,
  );
  expect(node.status().lastIndex).toBe(lastIndex);
});

it('[MC13] whoever asks for what is under way, or was done, hears of it as who asked first', async () => {
  const { cluster, leader, others } = await scene(3, 'n4');
  const [gone, asked] = others.map(({ id }) => id) as [NodeId, NodeId];
  const outcomes: unknown[] = [];
  const change = { add: at('n4'), promote: names('n4'), remove: [gone] };
  for (const { node } of [leader, cluster.member(asked), cluster.member(gone)]) {
    node.changeMembers(change, PATIENT, (outcome) => outcomes.push(outcome));
  }
  await cluster.pass(8_000);
  expect(outcomes).toMatchObject([CHANGED, CHANGED, CHANGED]);
  const { lastIndex } = leader.node.status();
  for (const again of [change, { remove: [gone] }]) {
    expect(await cluster.change(asked, again)).toMatchObject(CHANGED);
  }
  expect(leader.node.status().lastIndex).toBe(lastIndex);
});

it('[MC6] [TR3] a long change, and a long reason, get through from a member that does not lead', async () => {
  const { cluster, leader, others } = await scene(3);
  const [asked] = others.map(({ id }) => id) as [NodeId];
  const many = Array.from({ length: 40 }, (_, n) => nodeId(`member-${n}-${'x'.repeat(40)}`));
  const add = Object.fromEntries(many.map((id) => [id, `${id}.example:4200`]));
  expect(await cluster.change(asked, { add })).toMatchObject(CHANGED);
  expect(members(cluster, leader.id).learners).toHaveLength(40);
  const refused = await cluster.change(asked, { remove: names('n7') });
  expect(refused).toMatchObject(failed('RAFT_NOT_FOUND', 'never'));
  expect(await cluster.change(asked, { remove: many })).toMatchObject(CHANGED);
  expect(await cluster.change(asked, { add: { [many[0] ?? '']: 'a:1' } })).toMatchObject({
    error: { code: 'RAFT_CONFLICT', message: expect.stringContaining('its name is not used') },
  });
  const tooMany = Object.fromEntries(many.map((id) => [`${id}-1`, `${id.repeat(4)}:4200`]));
  expect(await cluster.change(asked, { add: tooMany })).toMatchObject(
    failed('RAFT_BAD_REQUEST', 'never'),
  );
  expect(leader.node.counters().badFrames).toBe(0);
});

it('[MC6] [TR3] a change of more names than a message takes is refused, and costs no connection', async () => {
  const { cluster, leader, others } = await scene(3);
  const [asked] = others.map(({ id }) => id) as [NodeId];
  const strangers = Array.from({ length: 400 }, (_, n) => nodeId(`x${n}`));
  for (const change of [{ remove: strangers }, { promote: strangers }]) {
    expect(await cluster.change(asked, change)).toMatchObject(failed('RAFT_BAD_REQUEST', 'never'));
  }
  const most = strangers.slice(0, 64);
  const add = Object.fromEntries(most.map((id) => [id, `${id}:4200`]));
  const remove = strangers.slice(64, 128);
  expect(await cluster.change(asked, { add, promote: most, remove })).toMatchObject(
    failed('RAFT_NOT_FOUND', 'never'),
  );
  expect(leader.node.counters().badFrames).toBe(0);
});

it('[MC3] [SV32] whichever member is asked, the advice is the same, and who is gone is gone', async () => {
  const { cluster, leader, others } = await scene(3, 'n4');
  const [asked] = others.map(({ id }) => id) as [NodeId];
  const change = { add: at('n5'), promote: names('n5'), remove: [] };
  leader.node.changeMembers(change, { timeoutMs: 60_000 }, () => {});
  await cluster.pass(200);
  for (const id of [asked, leader.id]) {
    const second = await cluster.change(id, { add: at('n4') });
    expect(second).toMatchObject(failed('RAFT_CONFLICT', 'safe'));
  }
  await cluster.pass(12_000);
  for (const id of [asked, leader.id, asked]) {
    expect(await cluster.change(id, { remove: names('n5') })).toMatchObject(CHANGED);
  }
});

it('[MC3] what was lost on the way to the leader or back is asked for again, and done once', async () => {
  const { cluster, leader, others } = await scene(3, 'n4');
  const [asked] = others.map(({ id }) => id) as [NodeId];
  for (const type of ['ChangeMembers', 'ChangeMembersReply']) {
    let lost = 0;
    gate.isOpen = ({ frames }) => {
      const isIt = lost === 0 && frames.some((frame) => typeIn(frame) === type);
      if (isIt) lost += 1;
      return !isIt;
    };
    expect(await cluster.change(asked, { add: at('n4'), promote: names('n4') })).toMatchObject(
      CHANGED,
    );
    expect(lost).toBe(1);
  }
  expect(members(cluster, leader.id).voters).toContain('n4');
});

it('[MC9] [D6] a leader is lost while it is joint: the next one leaves the joint configuration, once', async () => {
  const { cluster, leader } = await scene(5, 'n6');
  const outcomes: unknown[] = [];
  const asker = [...cluster.members.keys()].find((id) => id !== leader.id && id !== 'n6') ?? '';
  const change = { add: at('n6'), promote: names('n6'), remove: [] };
  const { node } = cluster.member(asker);
  node.changeMembers(change, { timeoutMs: 30_000 }, (outcome) => outcomes.push(outcome));
  const isJoint = (): boolean => leader.node.status().members.joint;
  // Nobody's answer reaches it while it is joint, so that it stays so.
  gate.isOpen = ({ to }) => !(to === `at-${leader.id}` && isJoint());
  await cluster.until('a joint configuration', isJoint);
  await cluster.pass(50);
  cluster.isolate(leader.id);
  gate.isOpen = () => true;
  await cluster.pass(6_000);
  expect(outcomes).toMatchObject([CHANGED]);
  expect(members(cluster, asker)).toMatchObject({ joint: false });
  cluster.mend(leader.id);
  await cluster.pass(3_000);
  const lists = [...cluster.members.keys()].map((id) => members(cluster, id));
  expect(new Set(lists.map((each) => JSON.stringify(each))).size).toBe(1);
  expect(lists[0]?.voters).toHaveLength(6);
});

it('[MC9] [LT2] leadership moves while two configurations count: the next leader ends what nobody asks for again', async () => {
  const { cluster, leader, others } = await scene(5, 'n6');
  const [next, asker] = others.map(({ id }) => id) as [NodeId, NodeId];
  const changes: unknown[] = [];
  const moves: unknown[] = [];
  const change = { add: at('n6'), promote: names('n6'), remove: [asker] };
  const brief = { timeoutMs: 150 };
  cluster.member(asker).node.changeMembers(change, brief, (outcome) => changes.push(outcome));
  const isJoint = (): boolean => leader.node.status().members.joint;
  // Of the answers only those of its target reach it while it is joint, so that it stays so.
  gate.isOpen = ({ from, to }) => !(to === `at-${leader.id}` && from !== `at-${next}` && isJoint());
  await cluster.until('a joint configuration', isJoint);
  await cluster.until('the end of patience', () => changes.length > 0);
  leader.node.transferLeadership(next, PATIENT, (outcome) => moves.push(outcome));
  await cluster.pass(100);
  gate.isOpen = () => true;
  expect(moves).toEqual([{ type: 'moved', leader: next }]);
  await cluster.pass(8_000);
  expect(changes).toMatchObject([failed('RAFT_TIMED_OUT', 'outcomeUnknown')]);
  const voters = names('n1', 'n2', 'n3', 'n4', 'n5', 'n6').filter((id) => id !== asker);
  for (const id of voters) {
    expect(members(cluster, id)).toEqual({ voters, learners: [], joint: false });
  }
});

it('[LT1] [MC8] a learner is not handed the lead, and is once it votes', async () => {
  const { cluster, leader } = await scene(1, 'n2');
  const n2 = nodeId('n2');
  const moves: TransferOutcome[] = [];
  const move = (): void =>
    leader.node.transferLeadership(n2, PATIENT, (outcome) => moves.push(outcome));
  expect(await cluster.change(leader.id, { add: at(n2) })).toMatchObject(CHANGED);
  await cluster.pass(300);
  move();
  await cluster.pass(100);
  expect(moves).toMatchObject([failed('RAFT_TRANSFER_REFUSED', 'never')]);
  expect(await cluster.change(leader.id, { promote: [n2] })).toMatchObject(CHANGED);
  move();
  await cluster.pass(1_000);
  expect(moves[1]).toEqual({ type: 'moved', leader: n2 });
  expect(await cluster.submit(leader.id, 'after')).toMatchObject({ type: 'applied' });
});

it('[MC8] [A23] a learner that was promoted and has not heard of it gives the vote that is needed', async () => {
  const { cluster, leader, others } = await scene(2, 'n3');
  const [other] = others.map(({ id }) => id) as [NodeId];
  expect(await cluster.change(leader.id, { add: at('n3') })).toMatchObject(CHANGED);
  await cluster.pass(300);
  const learner = cluster.member('n3');
  expect(learner.node.status().role).toBe('learner');
  // From the moment that it is to vote, it hears nothing more of its leader.
  leader.node.changeMembers(
    { add: {}, promote: names('n3'), remove: [] },
    { timeoutMs: 5_000 },
    () => {},
  );
  let isDeaf = false;
  gate.isOpen = ({ from, to, frames }) => {
    const texts = frames.map((frame) => new TextDecoder().decode(frame));
    isDeaf ||= to === 'at-n3' && texts.some((text) => text.includes('"votersOutgoing":["n'));
    return !(isDeaf && from === `at-${leader.id}` && to === 'at-n3');
  };
  await cluster.until('a joint configuration', () => isDeaf);
  await cluster.pass(100);
  expect(members(cluster, other).voters).toContain('n3');
  expect(members(cluster, 'n3').voters).not.toContain('n3');
  cluster.isolate(leader.id);
  await cluster.pass(4_000);
  expect(cluster.member(other).node.status().role).toBe('leader');
  expect(members(cluster, 'n3')).toMatchObject({ voters: names('n1', 'n2', 'n3') });
});

it('[MC15] [A9] of two that join at once under one name one becomes a member, and its address is not taken from it', async () => {
  const { cluster, leader, others } = await scene(3, 'n4');
  const [asked = leader] = others;
  const change = { add: at('n4'), promote: names('n4'), remove: [] };
  const other = { ...change, add: { n4: 'elsewhere-n4' } };
  const told: Record<string, MembersOutcome> = {};
  leader.node.changeMembers(change, PATIENT, (outcome) => {
    told.first = outcome;
  });
  await cluster.pass(5);
  expect(await cluster.change(asked.id, other)).toMatchObject(failed('RAFT_CONFLICT', 'safe'));
  await cluster.until('the first to be a member', () => told.first !== undefined);
  expect(told.first).toMatchObject(CHANGED);
  for (const id of [asked.id, leader.id]) {
    expect(await cluster.change(id, other)).toMatchObject(failed('RAFT_CONFLICT', 'never'));
  }
  const { addresses } = leader.node.status().members;
  expect(addresses.n4).toBe('at-n4');
  // To ask for the same again is done, and to move it is another request.
  expect(await cluster.change(asked.id, change)).toMatchObject(CHANGED);
  expect(await cluster.change(asked.id, { add: other.add })).toMatchObject(CHANGED);
  expect(leader.node.status().members.addresses.n4).toBe('elsewhere-n4');
});

it('[MC6] [A9] a removed name is not used again, and a lost disk is replaced under another', async () => {
  const { cluster, leader, others } = await scene(3, 'n4');
  const [lost] = others.map(({ id }) => id) as [NodeId];
  await closed(cluster, lost);
  const replaced = await cluster.change(leader.id, {
    add: at('n4'),
    promote: names('n4'),
    remove: [lost],
  });
  expect(replaced).toMatchObject(CHANGED);
  expect(await cluster.change(leader.id, { add: at(lost) })).toMatchObject(
    failed('RAFT_CONFLICT', 'never'),
  );
  expect(await cluster.submit('n4', 'on')).toMatchObject({ type: 'applied' });
});
