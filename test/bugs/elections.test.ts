/**
 * Elections, terms and votes (family A of the known bugs): each test sets up what broke another
 * implementation and says what has to come of it, as far as no play tells of it. Those about who is who are in `identities.test.ts`.
 */
import { expect, it } from 'vitest';
import { VirtualCluster } from '../../src/testing/virtual-cluster.ts';
import type { CarriedMessage } from '../../src/transport/memory-network.ts';
import { MiniCluster } from '../cluster/mini-cluster.ts';
import { N1, N2, N3, only } from '../machines/harness.ts';
import * as raft from '../machines/raft-events.ts';
import { emptyLogs } from '../paper/names.ts';
import { append, askVote, entryId, typeCarried } from './messages.ts';

const ZERO = entryId(0, 0);
it('[A7] a follower whose disk lags asks nobody for votes until what it would boast of is written', async () => {
  const asked: CarriedMessage[] = [];
  const carry = (message: CarriedMessage): boolean => {
    if (['PreVote', 'RequestVote'].includes(typeCarried(message))) asked.push(message);
    return true;
  };
  const cluster = await VirtualCluster.start(3, { carry });
  const leader = await cluster.leader();
  const [lagging, other] = [...cluster.members.values()].filter((member) => member !== leader);
  if (lagging === undefined || other === undefined) throw new Error('three members');
  await cluster.submit(leader.id, 'written');
  await cluster.pass(100);
  lagging.disk.holds = true;
  await cluster.submit(leader.id, 'not written');
  await cluster.pass(100);
  expect(lagging.node.status().lastIndex).toBe(3);
  asked.length = 0;
  await leader.node.close();
  cluster.members.delete(leader.id);
  await cluster.pass(3_000);
  expect(asked.some(({ from }) => from === `at-${other.id}`)).toBe(true);
  expect(asked.filter(({ from }) => from === `at-${lagging.id}`)).toEqual([]);
  lagging.disk.holds = false;
  for (const write of lagging.disk.held.splice(0)) cluster.clock.defer(write);
  await cluster.leader();
});

it('[A20] nothing that can be said to a leader makes it campaign', () => {
  const chart = raft.into('leader');
  for (let at = 0; at < 8; at += 1) {
    const said = [
      ...chart.send(raft.preVoteAnswer(N2, at)),
      ...chart.send(raft.voteAnswer(N3, 5)),
      ...chart.send({ type: 'link.closed', peer: N3 }),
      ...chart.send(raft.progress(N2, 0)),
      ...chart.advance(200),
    ];
    expect(only(said, 'send', 'roleChanged')).toEqual([]);
  }
  expect(chart.context()).toMatchObject({ term: 5, leaderId: N1 });
});

it('[A22] catching up on old entries takes no term back, and a refusal carries the term just learnt', async () => {
  const logs = { n1: [1], n2: [1, 1, 2, 2], n3: [1] };
  const cluster = await MiniCluster.start({ logs, terms: { n1: 5 } });
  const way = { from: N2, to: N1 };
  await cluster.hand(append(way, { of: 5, prev: [1, 1], terms: [1, 2, 2] }));
  await cluster.settle();
  expect(cluster.logs.n1).toBe('1122');
  expect(cluster.member(N1).state.term).toBe(5);
  expect(cluster.saidBy(N1, 'AppendEntriesReply')).toMatchObject([{ term: 5 }]);
  expect(cluster.member(N1).disk.hardState).toEqual({ term: 5, votedFor: null });
  const other = await MiniCluster.start({ logs: { n1: [1], n2: [] }, terms: { n1: 5 } });
  await other.hand(askVote(way, 9, ZERO));
  await other.settle();
  expect(other.saidBy(N1, 'RequestVoteReply')).toEqual([
    { type: 'RequestVoteReply', term: 9, granted: false },
  ]);
  expect(other.member(N1).disk.hardState).toEqual({ term: 9, votedFor: null });
});

/** Five that start at the same instant, are held up for a second, and have one split vote after the other. */
async function startedTogether(draw: () => number): Promise<MiniCluster> {
  const cluster = await MiniCluster.start({ logs: emptyLogs(5), latencyMs: () => 5, draw });
  cluster.lose = () => true;
  await cluster.elapse(1_000);
  cluster.lose = () => false;
  await cluster.elapse(6_000);
  return cluster;
}

it('[A24] members that start at one instant and stall together do not stay in step', async () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    let state = seed;
    const cluster = await startedTogether(() => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      return (state >>> 8) / 2 ** 23;
    });
    expect(cluster.leader?.state.term ?? Number.POSITIVE_INFINITY, `seed ${seed}`).toBeLessThan(4);
  }
  expect((await startedTogether(() => 0.5)).leader, 'all drawing the same').toBeNull();
});
