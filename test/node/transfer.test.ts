/** Leadership moves in a cluster under virtual time (§3.10): who asks, who hears, and what becomes of calls meanwhile. */
import { describe, expect, it } from 'vitest';
import { ENTRY_KIND } from '../../src/core/entry-run.ts';
import type { RaftError } from '../../src/core/errors.ts';
import { CHANGE_PATIENCE_MS } from '../../src/core/limits.ts';
import { type NodeId, nodeId } from '../../src/core/types.ts';
import { Peers } from '../../src/node/peers/peers.ts';
import type { Group } from '../../src/node/requests/group.ts';
import { PassedAhead } from '../../src/node/requests/passed-ahead.ts';
import type { ProposalOutcome, TransferOutcome } from '../../src/ports/replica.ts';
import type { VirtualMember } from '../../src/testing/virtual-cluster.ts';
import { ledVirtually, letWrite } from '../cluster/virtual-scene.ts';
import { closed, gate, scene, typeIn } from './members-stage.ts';

const FOREVER = { timeoutMs: 60_000 };

/** What the transfer ends with; empty while it has not. */
function transferred({ node }: VirtualMember, to: NodeId | null, options = FOREVER) {
  const outcomes: TransferOutcome[] = [];
  node.transferLeadership(to, options, (outcome) => outcomes.push(outcome));
  return outcomes;
}

function errorsIn(outcomes: readonly TransferOutcome[]): readonly RaftError[] {
  return outcomes.flatMap((outcome) => (outcome.type === 'failed' ? outcome.error : []));
}

it('[LT5] any member takes the request, and its caller hears once the member that was named leads', async () => {
  const scene = await ledVirtually();
  const { cluster, leader, others } = scene;
  const [one, other] = others;
  const requests = [leader, one, other].map((asked) => transferred(asked, other.id));
  await cluster.pass(100);
  expect(requests).toEqual(requests.map(() => [{ type: 'moved', leader: other.id }]));
  for (const { node } of cluster.members.values()) expect(node.status().leader).toBe(other.id);
  expect(other.node.status().term).toBe(2);
});

it('[LT5] where nobody is named another leads, and who leads already has what it wants', async () => {
  const { cluster, leader, others } = await ledVirtually();
  const stays = transferred(others[0], leader.id);
  await cluster.pass(50);
  expect(stays).toEqual([{ type: 'moved', leader: leader.id }]);
  const moves = transferred(others[1], null);
  await cluster.pass(100);
  const [moved] = moves;
  expect(moved).toMatchObject({ type: 'moved' });
  expect(leader.node.status().role).toBe('follower');
});

it('[LT1] [LT5] a refusal reaches its caller, whomever it asked', async () => {
  const { cluster, leader, others } = await ledVirtually();
  const requests = [leader, ...others].map((asked) => transferred(asked, nodeId('n9')));
  await cluster.pass(100);
  for (const outcomes of requests) {
    expect(errorsIn(outcomes)).toMatchObject([
      {
        code: 'RAFT_TRANSFER_REFUSED',
        retry: 'never',
        message: /n9 is no member: .* name one of n1, n2, n3$/,
      },
    ]);
  }
});

it('[LT5] without a leader a request waits, and ends by its deadline', async () => {
  const { cluster, others } = await ledVirtually();
  cluster.isolate(others[0].id);
  await cluster.pass(3_000);
  const outcomes = transferred(others[0], null, { timeoutMs: 500 });
  await cluster.pass(400);
  expect(outcomes).toEqual([]);
  await cluster.pass(200);
  expect(errorsIn(outcomes)).toMatchObject([{ code: 'RAFT_NO_LEADER', retry: 'safe' }]);
});

it('[LT2] [J8] what is proposed meanwhile, at any member, is done by whoever leads next', async () => {
  const { cluster, leader, others } = await ledVirtually();
  const outcomes: ProposalOutcome[] = [];
  const all = [leader, ...others];
  const moved = transferred(leader, others[0].id);
  for (let at = 0; at < 40; at += 1) {
    const asked = all[at % all.length];
    asked?.node.submit(new Uint8Array([at]), FOREVER, (outcome) => outcomes.push(outcome));
    await cluster.pass(1);
  }
  await cluster.pass(200);
  expect(moved).toHaveLength(1);
  expect(outcomes.map(({ type }) => type)).toEqual(Array(40).fill('applied'));
  const terms = outcomes.flatMap((outcome) => (outcome.type === 'applied' ? outcome.term : []));
  expect(Math.max(...terms)).toBe(2);
});

it('[LT5] more requests than fit are refused at once', async () => {
  const { cluster, others } = await ledVirtually();
  cluster.isolate(others[0].id);
  await cluster.pass(3_000);
  const requests = Array.from({ length: 65 }, () => transferred(others[0], nodeId('n9')));
  await cluster.pass(1);
  expect(errorsIn(requests.flat())).toMatchObject([{ code: 'RAFT_OVERLOADED', retry: 'safe' }]);
});

it('[LT6] a leader that is closed hands over first, and does what it was asked meanwhile', async () => {
  const { cluster, leader } = await ledVirtually();
  await cluster.pass(50);
  const outcomes: ProposalOutcome[] = [];
  const submit = (): void =>
    leader.node.submit(new Uint8Array([1]), FOREVER, (outcome) => outcomes.push(outcome));
  submit();
  const closed = leader.node.close();
  cluster.clock.runDeferred();
  submit();
  expect(leader.node.status().lifecycle).toBe('handingOver');
  await cluster.pass(100);
  await closed;
  expect(outcomes).toMatchObject([{ type: 'applied' }, { type: 'applied', term: 2 }]);
  expect(leader.node.status().lifecycle).toBe('stopped');
  const next = [...cluster.members.values()].filter((each) => each !== leader);
  expect(next.map(({ node }) => node.status().role).toSorted()).toEqual(['follower', 'leader']);
});

it('[LT6] one that nobody can take over from, or that does not lead, closes all the same', async () => {
  const { cluster, leader, others } = await ledVirtually();
  for (const member of [others[0], others[1], leader]) {
    const closed = member.node.close();
    await cluster.pass(5_000);
    await closed;
    expect(member.node.status().lifecycle).toBe('stopped');
  }
});

it('[LT7] [LT8] what waits at the old leader stands in the first write of the new one', async () => {
  const { cluster, leader, others } = await ledVirtually();
  const [target] = others;
  await cluster.pass(50);
  target.disk.holds = true;
  await cluster.submit(leader.id, 'more than it has');
  const before = leader.node.status().lastIndex;
  const outcomes: ProposalOutcome[] = [];
  transferred(leader, target.id);
  cluster.clock.runDeferred();
  for (const value of [1, 2, 3]) {
    leader.node.submit(new Uint8Array([value]), FOREVER, (outcome) => outcomes.push(outcome));
  }
  await cluster.pass(5);
  const writes = target.node.counters().diskWrites;
  letWrite(cluster, target);
  await cluster.until('all is done', () => outcomes.length === 3);
  expect(outcomes).toMatchObject([2, 3, 4].map((at) => ({ term: 2, index: before + at })));
  // The vote, and the run that its term begins with.
  expect(target.node.counters().diskWrites - writes).toBe(2);
});

it('[LT3] [PS10] the call to campaign does not stand behind what the old leader still writes', async () => {
  const { cluster, leader, others } = await ledVirtually();
  const [target] = others;
  await cluster.pass(50);
  leader.disk.holds = true;
  leader.node.submit(new Uint8Array([1]), FOREVER, () => {});
  await cluster.pass(20);
  expect(leader.disk.held).toHaveLength(1);
  transferred(leader, target.id);
  await cluster.pass(30);
  expect(target.node.status()).toMatchObject({ role: 'leader', term: 2 });
  expect(leader.disk.held).toHaveLength(1);
});

it('[LT7] [I5] what is passed to one that does not come to lead is given back, and done once', async () => {
  const { cluster, leader, others } = await scene(3);
  const outcomes: ProposalOutcome[] = [];
  losing('RequestVoteReply');
  const command = new TextEncoder().encode('passed on');
  transferred(leader, others[0]?.id ?? null);
  cluster.clock.runDeferred();
  leader.node.submit(command, FOREVER, (outcome) => outcomes.push(outcome));
  await cluster.pass(30);
  expect(others[0]?.node.inspection().raft?.passedAhead).toBe(1);
  await cluster.pass(700);
  expect(outcomes).toEqual([]);
  gate.isOpen = () => true;
  await cluster.pass(3_000);
  expect(outcomes).toMatchObject([{ type: 'applied' }]);
  for (const id of cluster.members.keys()) {
    expect(cluster.applied(id).filter((each) => each === 'passed on')).toHaveLength(1);
  }
});

it('[LT7] a candidate keeps no more than one run holds', async () => {
  const held = new PassedAhead();
  const group = (bytes: number): Group => ({ ...UNHEARD, bytes });
  expect([60, 60, 30].map((bytes) => held.hold(group(bytes), 100))).toEqual([1, null, 2]);
  expect(held.take()).toHaveLength(2);
  // Whatever its size, one is a run.
  expect([held.bytes, held.hold(group(500), 100)]).toEqual([0, 1]);
});

const UNHEARD: Omit<Group, 'bytes'> = {
  entries: [{ kind: ENTRY_KIND.command, data: new Uint8Array(1) }],
  isLocal: false,
  deadline: Number.POSITIVE_INFINITY,
  appended: () => {},
  refused: () => {},
  lost: () => {},
};

/** Messages of these types are lost on their way. */
function losing(...types: readonly string[]): void {
  gate.isOpen = ({ frames }) => !frames.some((frame) => types.includes(typeIn(frame) ?? ''));
}

describe('a request that a leader was asked for', () => {
  it('[LT5] and that is not fulfilled in time may yet be: nobody hears that nothing was done', async () => {
    const { cluster, leader, others } = await scene(3);
    const [target, other] = others as [VirtualMember, VirtualMember];
    target.disk.holds = true;
    expect(await cluster.submit(leader.id, 'more than it has')).toMatchObject({ type: 'applied' });
    const requests = [leader, other].map((asked) =>
      transferred(asked, target.id, { timeoutMs: 100 }),
    );
    await cluster.pass(150);
    expect(requests.map(errorsIn)).toMatchObject(
      requests.map(() => [{ code: 'RAFT_TIMED_OUT', retry: 'outcomeUnknown' }]),
    );
    expect(leader.node.status().role).toBe('leader');
    letWrite(cluster, target);
    await cluster.until('it moves', () => target.node.status().role === 'leader');
    expect(target.node.status().term).toBe(2);
  });

  it('[LT5] is asked for again if the question is lost, and done once if the answer is', async () => {
    const { cluster, leader, others } = await scene(3);
    const [target, asked] = others as [VirtualMember, VirtualMember];
    losing('TransferLeadership');
    const outcomes = transferred(asked, target.id);
    await cluster.pass(500);
    gate.isOpen = () => true;
    await cluster.pass(CHANGE_PATIENCE_MS);
    expect(outcomes).toEqual([{ type: 'moved', leader: target.id }]);
    // The target does not take over, and nobody hears of it.
    losing('TimeoutNow', 'RequestVoteReply', 'TransferLeadershipReply');
    const inVain = transferred(asked, leader.id);
    await cluster.pass(1_000);
    expect(inVain).toEqual([]);
    gate.isOpen = () => true;
    await cluster.pass(CHANGE_PATIENCE_MS);
    expect(inVain).toEqual([{ type: 'moved', leader: leader.id }]);
  });

  it('[LT5] moves leadership once, though the connection to that leader ends', async () => {
    const { cluster, leader, others } = await scene(3);
    const [target, asked] = others as [VirtualMember, VirtualMember];
    target.disk.holds = true;
    await cluster.submit(leader.id, 'more than it has');
    const outcomes = transferred(asked, target.id);
    await cluster.pass(20);
    expect(leader.node.inspection().raft?.transferTarget).toBe(target.id);
    const [from, to] = [`at-${asked.id}`, `at-${leader.id}`];
    for (const direction of [
      { from, to },
      { from: to, to: from },
    ])
      cluster.network.cut(direction);
    cluster.network.reset(from, to);
    letWrite(cluster, target);
    await cluster.pass(1_000);
    expect(outcomes).toEqual([{ type: 'moved', leader: target.id }]);
    expect(target.node.status()).toMatchObject({ role: 'leader', term: 2 });
  });

  it('[LT5] is not what never left: that is asked for as soon as it can leave, and is safe until then', async () => {
    const { cluster, others } = await scene(3);
    const [target, asked] = others as [VirtualMember, VirtualMember];
    const { send } = Peers.prototype;
    Peers.prototype.send = function sendLess(this: Peers, to, message, runs): boolean {
      return message.type !== 'TransferLeadership' && send.call(this, to, message, runs);
    };
    const hasty = transferred(asked, target.id, { timeoutMs: 100 });
    const patient = transferred(asked, target.id);
    await cluster.pass(150).finally(() => {
      Peers.prototype.send = send;
    });
    expect(errorsIn(hasty)).toMatchObject([{ code: 'RAFT_TIMED_OUT', retry: 'safe' }]);
    await cluster.pass(100);
    expect(patient).toEqual([{ type: 'moved', leader: target.id }]);
  });

  it('[LT5] is of unknown outcome once the member that asked has closed', async () => {
    const { cluster, others } = await scene(3);
    const [target, asked] = others as [VirtualMember, VirtualMember];
    losing('TimeoutNow', 'RequestVoteReply', 'TransferLeadershipReply');
    const outcomes = transferred(asked, target.id);
    await cluster.pass(20);
    await closed(cluster, asked.id);
    expect(errorsIn(outcomes)).toMatchObject([{ code: 'RAFT_STOPPED', retry: 'outcomeUnknown' }]);
  });
});
