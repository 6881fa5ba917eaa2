/** Leadership moves in a cluster under virtual time (§3.10): who asks, who hears, and what becomes of calls meanwhile. */
import { expect, it } from 'vitest';
import type { RaftError } from '../../src/core/errors.ts';
import { type NodeId, nodeId } from '../../src/core/types.ts';
import type { ProposalOutcome, TransferOutcome } from '../../src/ports/replica.ts';
import type { VirtualMember } from '../../src/testing/virtual-cluster.ts';
import { ledVirtually } from '../cluster/virtual-scene.ts';

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

it('[LT5] any member takes the wish, and its caller hears once the member that was named leads', async () => {
  const scene = await ledVirtually();
  const { cluster, leader, others } = scene;
  const [one, other] = others;
  const wishes = [leader, one, other].map((asked) => transferred(asked, other.id));
  await cluster.pass(100);
  expect(wishes).toEqual(wishes.map(() => [{ type: 'moved', leader: other.id }]));
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
  const wishes = [leader, ...others].map((asked) => transferred(asked, nodeId('n9')));
  await cluster.pass(100);
  for (const outcomes of wishes) {
    expect(errorsIn(outcomes)).toMatchObject([
      { code: 'RAFT_TRANSFER_REFUSED', retry: 'safe', message: /n9 is not another voter/ },
    ]);
  }
});

it('[LT5] without a leader a wish waits, and ends by its deadline', async () => {
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

it('[LT5] more wishes than fit are refused at once', async () => {
  const { cluster, others } = await ledVirtually();
  cluster.isolate(others[0].id);
  await cluster.pass(3_000);
  const wishes = Array.from({ length: 65 }, () => transferred(others[0], nodeId('n9')));
  await cluster.pass(1);
  expect(errorsIn(wishes.flat())).toMatchObject([{ code: 'RAFT_OVERLOADED', retry: 'safe' }]);
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
