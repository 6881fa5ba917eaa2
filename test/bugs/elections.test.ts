/**
 * Elections, terms and votes (family A of the known bugs): each test sets up what broke another
 * implementation and says what has to come of it. Those about who is who are in `identities.test.ts`.
 */
import { expect, it } from 'vitest';
import { staticConfiguration } from '../../src/core/configuration.ts';
import { term } from '../../src/core/types.ts';
import type { CarriedMessage } from '../../src/transport/memory-network.ts';
import { MiniCluster } from '../cluster/mini-cluster.ts';
import { N1, N2, N3, N4, N5, only } from '../machines/harness.ts';
import * as raft from '../machines/raft-events.ts';
import { VirtualCluster } from '../node/virtual-cluster.ts';
import { emptyLogs, isA } from '../paper/names.ts';
import { append, askVote, entryId, typeCarried } from './messages.ts';

const ZERO = entryId(0, 0);
const FIVE = staticConfiguration([N1, N2, N3, N4, N5]);

const requestsOf = (chart: raft.Chart, ms: number) =>
  only(chart.advance(ms), 'send').map(({ message }) => message.type);

it('[A1] a candidate that gives way within its term keeps the vote it gave itself', () => {
  const chart = raft.into('candidate');
  const { message } = append({ from: N2, to: N1 }, { of: 5, prev: [5, 3] });
  const [, refusal] = chart.send({ type: 'entries.received', from: N2, message, spans: [] });
  expect(refusal).toMatchObject({ message: { result: { accepted: false } } });
  expect([chart.state(), chart.context().votedFor]).toEqual(['follower.loyal', N1]);
  expect(chart.send(raft.askVote(N3, 5))).toEqual([
    { type: 'send', to: N3, message: { type: 'RequestVoteReply', term: 5, granted: false } },
  ]);
  expect(chart.context()).toMatchObject({ term: 5, votedFor: N1, leaderId: N2 });
});

it('[A2] starting a pre-vote does not give the vote of the present term away a second time', () => {
  const chart = raft.start({ votedFor: N2 }, () => 0.999);
  chart.advance(599);
  expect(chart.state()).toBe('preCandidate');
  expect(chart.send(raft.askVote(N3, 4))).toEqual([
    { type: 'send', to: N3, message: { type: 'RequestVoteReply', term: 4, granted: false } },
  ]);
  expect(chart.context()).toMatchObject({ term: 4, votedFor: N2 });
});

it('[A3] grants of a pre-vote that arrive in the real round elect nobody', () => {
  const chart = raft.start({ configuration: FIVE }, () => 0.999);
  chart.advance(599);
  for (const from of [N2, N3]) chart.send(raft.preVoteAnswer(from, 1));
  chart.send(raft.durable(5, N1));
  for (const from of [N4, N5, N2]) expect(chart.send(raft.preVoteAnswer(from, 1))).toEqual([]);
  expect([chart.state(), chart.context().granted]).toEqual(['candidate', [N1]]);
});

it('[A4] a vote of term 1 that arrives in term 2 makes no second leader of term 2', async () => {
  const cluster = await MiniCluster.start({ logs: emptyLogs(3), first: [N1] });
  cluster.lose = ({ message, to }) => to === N1 && message.type === 'RequestVoteReply';
  await cluster.elapse(300);
  const [late] = cluster.said.filter(({ from, message }) => {
    return from === N2 && message.type === 'RequestVoteReply' && message.granted;
  });
  expect([cluster.member(N1).path, late?.message.term]).toEqual(['candidate', 1]);
  cluster.lose = ({ from, message }) => from === N1 && message.type === 'RequestVote';
  await cluster.elapseUntil(() => cluster.member(N1).state.term === 2, 3_000);
  cluster.partition([N1], [N2, N3]);
  await cluster.elect(N2);
  expect(cluster.member(N2).state.term).toBe(2);
  const candidate = cluster.member(N1);
  const { term: own, votedFor } = candidate.state;
  expect([own, votedFor]).toEqual([2, N1]);
  if (late !== undefined) await cluster.hand(late);
  expect(candidate.leads).toBe(false);
  expect([...cluster.leaders]).toEqual([[2, N2]]);
});

it('[A5] a vote that has left holds after a crash at any moment, and one that has not is free', async () => {
  for (const isWritten of [false, true]) {
    const cluster = await MiniCluster.start({ logs: emptyLogs(3), terms: { n1: 4 } });
    cluster.slowDisks.add(N1);
    await cluster.hand(askVote({ from: N2, to: N1 }, 5, ZERO));
    if (isWritten) cluster.member(N1).completeWrite();
    const hasLeft = cluster.saidBy(N1, 'RequestVoteReply').length > 0;
    expect(hasLeft).toBe(isWritten);
    await cluster.crash(N1);
    await cluster.start(N1);
    await cluster.elapse(50);
    await cluster.hand(askVote({ from: N3, to: N1 }, 5, ZERO));
    cluster.member(N1).completeWrite();
    expect(cluster.saidBy(N1, 'RequestVoteReply').at(-1)?.granted).toBe(!hasLeft);
    expect(cluster.member(N1).disk.hardState).toEqual({ term: 5, votedFor: hasLeft ? N2 : N3 });
  }
});

it('[A6] an own vote that the disk completes after the campaign was lost counts in no later one', () => {
  const chart = raft.into('candidate');
  chart.send(raft.heartbeat(N2, 5));
  expect(only(chart.send(raft.durable(5, N1)), 'persist', 'send', 'roleChanged')).toEqual([]);
  expect([chart.state(), chart.context().granted]).toEqual(['follower.loyal', []]);
  chart.advance(599);
  chart.send(raft.preVoteAnswer(N2, 2));
  expect([chart.state(), chart.context().term]).toEqual(['candidate', 6]);
  chart.send(raft.voteAnswer(N2, 6));
  chart.send(raft.durable(5, N1));
  expect([chart.state(), chart.context().granted]).toEqual(['candidate', [N2]]);
});

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

it('[A13] a node far behind in terms still helps to replace a leader', async () => {
  const logs = { n1: [1, 5], n2: [1, 5], n3: [1] };
  const cluster = await MiniCluster.start({ logs, first: [N1] });
  await cluster.crash(N2);
  await cluster.elapse(400);
  expect(cluster.leader?.id).toBe(N1);
  expect(cluster.up.map(({ state }) => state.term)).toEqual([6, 6]);
});

it('[A14] a longer log with an older term and a shorter one with a newer do not block each other', async () => {
  const logs = { n1: [1, 5], n2: [1, 5], n3: [1], n4: [1], n5: [1] };
  const terms = { n3: 6, n4: 6, n5: 6 };
  const cluster = await MiniCluster.start({ logs, terms });
  await cluster.crash(N5);
  cluster.favour(N3);
  await cluster.elapseUntil(() => cluster.leader !== null, 2_500);
  expect([N1, N2]).toContain(cluster.leader?.id);
  expect(cluster.leader?.state.term).toBe(7);
});

it('[A15] two that lose their leader at the same moment do not refuse each other for its sake', async () => {
  const cluster = await MiniCluster.start({ logs: emptyLogs(3) });
  await cluster.elect(N1);
  await cluster.elapse(100);
  await cluster.crash(N1);
  cluster.favour(N2, N3);
  cluster.lose = isA('PreVote');
  await cluster.elapseUntil(() => cluster.up.every(({ path }) => path === 'preCandidate'), 600);
  expect(cluster.up.map(({ state }) => state.leaderId)).toEqual([null, null]);
  cluster.lose = () => false;
  cluster.favour(N3);
  await cluster.elapseUntil(() => cluster.leader !== null, 1_200);
});

it('[A16] one that asks for pre-votes all the time keeps nobody from noticing that the leader is gone', async () => {
  const cluster = await MiniCluster.start({ logs: emptyLogs(5) });
  await cluster.elect(N1);
  await cluster.elapse(100);
  cluster.lose = ({ from, to }) => from === N1 || to === N5;
  cluster.favour(N2);
  const request = { type: 'PreVote', term: term(2), lastLog: ZERO, round: 1 } as const;
  for (let asked = 0; asked < 20 && cluster.leader?.id !== N2; asked += 1) {
    for (const to of [N2, N3, N4]) await cluster.hand({ from: N5, to, message: request, runs: [] });
    await cluster.elapse(30);
  }
  expect(cluster.leader?.id).toBe(N2);
});

it('[A16] a leader that lost its lead can have it back from one that still heard it', async () => {
  const cluster = await MiniCluster.start({ logs: emptyLogs(3) });
  await cluster.elect(N1);
  await cluster.crash(N3);
  cluster.lose = ({ from, message }) => from === N2 && message.type === 'AppendEntriesReply';
  await cluster.elapseUntil(() => !cluster.member(N1).leads, 1_500);
  expect(cluster.member(N2).path).toMatch(/^follower\.(loyal|doubtful)$/);
  cluster.lose = () => false;
  cluster.favour(N1);
  await cluster.elapseUntil(() => cluster.leader?.id === N1, 1_500);
});

it('[A18] one whom everyone ignores for its newer term is freed by a single change of leader', async () => {
  const logs = { n1: [1, 5], n2: [1, 5], n3: [1, 5] };
  const cluster = await MiniCluster.start({ logs, terms: { n3: 8 } });
  await cluster.crash(N3);
  await cluster.elect(N1);
  await cluster.start(N3);
  await cluster.elapse(5_000);
  expect([...cluster.leaders.keys()]).toEqual([6, 9]);
  expect(cluster.up.map(({ state }) => state.term)).toEqual([9, 9, 9]);
  expect(new Set(Object.values(cluster.logs)).size).toBe(1);
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

it('[A21] answers to a later round of pre-votes start no campaign at one that has won meanwhile', () => {
  const chart = raft.start({}, () => 0.999);
  chart.advance(599);
  expect(requestsOf(chart, 599)).toEqual(['PreVote', 'PreVote']);
  chart.send(raft.preVoteAnswer(N2, 2));
  chart.send(raft.durable(5, N1));
  chart.send(raft.voteAnswer(N2, 5));
  for (const round of [1, 2, 3]) {
    for (const from of [N2, N3]) expect(chart.send(raft.preVoteAnswer(from, round))).toEqual([]);
  }
  expect(chart.state()).toContain('leader');
  expect(chart.context().term).toBe(5);
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
