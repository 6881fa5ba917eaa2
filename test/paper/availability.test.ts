/** §3.9, §4.2.3, §6.2 and §9.6: a steady leader, and a new one when it is gone. */
import { expect, it } from 'vitest';
import { index, term } from '../../src/core/types.ts';
import { MiniCluster } from '../cluster/mini-cluster.ts';
import { emptyLogs, inTerm, isA, N1, N2, N3, N4, N5, nodeIds } from './names.ts';

/** Numbers in `[0, 1)` from a seed. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >>> 8) / 2 ** 23;
  };
}

it('[EL12] §3.9: while messages take far less than an election timeout, one leader stays', async () => {
  for (let seed = 1; seed <= 4; seed += 1) {
    const draw = generator(seed);
    const cluster = await MiniCluster.start({
      logs: emptyLogs(5),
      latencyMs: () => 1 + 19 * draw(),
      draw,
    });
    await cluster.elapseUntil(() => cluster.leader !== null, 3_000);
    const leader = cluster.leader?.id;
    await cluster.elapse(5_000);
    expect(cluster.leaders.size).toBe(1);
    expect(cluster.leader?.id).toBe(leader);
  }
});

it('[EL12] §3.9: a crashed leader is replaced within a few election timeouts', async () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const draw = generator(seed);
    const cluster = await MiniCluster.start({
      logs: emptyLogs(5),
      latencyMs: () => 1 + 9 * draw(),
      draw,
    });
    await cluster.elapseUntil(() => cluster.leader !== null, 3_000);
    await cluster.elapse(500);
    await cluster.crash(cluster.leader?.id ?? N1);
    await cluster.elapseUntil(() => cluster.leader?.hasTag('servesReads') === true, 5 * 600);
  }
});

it('[EL9] own: when the links of a dead leader close, its successor is there within a fraction of a timeout', async () => {
  const cluster = await MiniCluster.start({ logs: emptyLogs(3), latencyMs: () => 1 });
  await cluster.elect(N1);
  await cluster.elapse(200);
  cluster.favour();
  await cluster.crash(N1);
  await cluster.elapse(5);
  for (const id of [N2, N3]) await cluster.disconnect(id, N1);
  expect(await cluster.elapseUntil(() => cluster.leader !== null, 3_000)).toBeLessThan(60);
  expect(cluster.leader?.id).toBe(N2);
});

it('[EL9] own: a link that closes although the leader lives costs nothing', async () => {
  const cluster = await MiniCluster.start({ logs: emptyLogs(3), latencyMs: () => 1 });
  await cluster.elect(N1);
  await cluster.elapse(200);
  const before = cluster.member(N1).state.term;
  for (let at = 0; at < 20; at += 1) {
    await cluster.reconnect(N1, N2);
    await cluster.elapse(170);
  }
  expect(cluster.leader?.id).toBe(N1);
  expect(cluster.up.map(({ state }) => state.term)).toEqual([before, before, before]);
});

it('[EL6] §9.6: a node that was cut off and comes back raises no term and costs no leader', async () => {
  const cluster = await MiniCluster.start({ logs: emptyLogs(3) });
  await cluster.elect(N1);
  await cluster.elapse(100);
  cluster.partition([N1, N2], [N3]);
  await cluster.elapse(30_000);
  expect(cluster.member(N3).path).toBe('preCandidate');
  cluster.heal();
  await cluster.elapse(5_000);
  expect([...cluster.leaders]).toEqual([[1, N1]]);
  expect(cluster.up.map(({ state }) => state.term)).toEqual([1, 1, 1]);
  expect(cluster.member(N3).path).toBe('follower.loyal');
});

it('[EL13] §4.2.3: who hears its leader neither votes for nor follows the term of another candidate', async () => {
  const cluster = await MiniCluster.start({ logs: emptyLogs(3) });
  await cluster.elect(N1);
  await cluster.elapse(100);
  const message = {
    type: 'RequestVote',
    term: term(9),
    lastLog: { term: term(9), index: index(9) },
  } as const;
  for (const to of [N1, N2]) await cluster.hand({ from: N3, to, message, runs: [] });
  await cluster.settle();
  expect(cluster.said.filter(isA('RequestVoteReply')).filter(({ to }) => to === N3)).toEqual([]);
  expect(cluster.up.map(({ state }) => state.term)).toEqual([1, 1, 1]);
});

it('[EL10] §6.2: a leader cut off from a quorum stops leading, before it could mislead its clients for long', async () => {
  const cluster = await MiniCluster.start({ logs: emptyLogs(5) });
  await cluster.elect(N1);
  await cluster.elapse(100);
  cluster.partition([N1, N2], [N3, N4, N5]);
  expect(await cluster.elapseUntil(() => !cluster.member(N1).leads, 1_200)).toBeLessThanOrEqual(
    1_200,
  );
  expect(cluster.member(N1).state.term).toBe(1);
});

it('[EL10] §6.2: a leader that can speak but not hear steps down, and another takes over', async () => {
  const cluster = await MiniCluster.start({ logs: emptyLogs(3) });
  await cluster.elect(N1);
  await cluster.elapse(100);
  cluster.lose = ({ to }) => to === N1;
  cluster.favour(N2);
  await cluster.elapse(4_000);
  expect(cluster.leader?.id).not.toBe(N1);
  expect(cluster.leader).not.toBeNull();
});

it('[EL6] [A13] §9.6: a node far behind in terms helps to elect: its answer counts although its term is old', async () => {
  const cluster = await MiniCluster.start({
    logs: { n1: [1, 5], n2: [1, 5], n3: [1] },
    first: [N1],
  });
  await cluster.crash(N2);
  expect(cluster.member(N3).state.term).toBe(1);
  await cluster.elapse(300);
  expect(cluster.saidBy(N3, 'PreVoteReply')).toEqual([
    { type: 'PreVoteReply', term: 1, round: 1, granted: true },
  ]);
  expect(cluster.leader?.id).toBe(N1);
});

it('[EL6] [A14] §9.6: a refusal teaches the newer term, so that a long log and a new term do not block each other', async () => {
  const logs = { n1: [1, 5, 5], n2: [1, 5, 5], n3: [1], n4: [1] };
  const cluster = await MiniCluster.start({
    logs: { ...logs, n5: [1, 5, 5] },
    terms: { n3: 6, n4: 6 },
  });
  await cluster.crash(N5);
  await cluster.elapseUntil(() => cluster.leader !== null, 6_000);
  expect([N1, N2]).toContain(cluster.leader?.id);
  expect(cluster.leader?.state.term).toBeGreaterThan(6);
});

it('[EL7] [A15] §9.6: two that lost their leader do not refuse each other for its sake', async () => {
  const cluster = await MiniCluster.start({ logs: emptyLogs(3), latencyMs: () => 5 });
  await cluster.elect(N1);
  await cluster.elapse(100);
  cluster.favour(N2, N3);
  await cluster.crash(N1);
  await cluster.elapse(320);
  const asked = nodeIds('n2', 'n3').map((id) => cluster.saidBy(id, 'PreVote').length > 0);
  expect(asked).toEqual([true, true]);
  cluster.favour(N2);
  await cluster.elapseUntil(() => cluster.leader !== null, 3_000);
  expect(cluster.up.every(({ state }) => state.leaderId !== N1)).toBe(true);
});

it('[EL6] [A16] §9.6: to be asked all the time does not count as hearing a leader', async () => {
  const cluster = await MiniCluster.start({ logs: { n1: [1], n2: [1], n3: [] }, terms: { n3: 1 } });
  const lastLog = { term: term(0), index: index(0) };
  for (let at = 0; at < 12; at += 1) {
    const message = { type: 'PreVote', term: term(9), lastLog, round: at } as const;
    for (const to of [N1, N2]) await cluster.hand({ from: N3, to, message, runs: [] });
    cluster.clock.advance(49);
    cluster.drop();
  }
  cluster.lose = ({ from }) => from === N3;
  await cluster.elapseUntil(() => cluster.leader !== null, 1_300);
  expect([N1, N2]).toContain(cluster.leader?.id);
});

it('[EL6] [A16] §9.6: a leader that lost its lead can be elected again by one that still hears it', async () => {
  const cluster = await MiniCluster.start({ logs: emptyLogs(3), diskStallMs: 60 });
  await cluster.elect(N1);
  await cluster.elapse(100);
  await cluster.crash(N3);
  cluster.slowDisks.add(N1);
  cluster.member(N1).propose('x');
  await cluster.elapse(60);
  cluster.slowDisks.clear();
  expect(cluster.member(N1).leads).toBe(false);
  expect(cluster.member(N2).path).toBe('follower.loyal');
  cluster.favour(N1);
  await cluster.elapseUntil(() => cluster.member(N1).leads, 2_000);
  expect(cluster.member(N1).state.term).toBe(2);
});

it('[EL13] [A18] §4.2.3: a candidate with a newer term that everyone ignores is freed by its answer to the leader', async () => {
  const cluster = await MiniCluster.start({ logs: emptyLogs(3) });
  await cluster.elect(N1);
  await cluster.elapse(100);
  cluster.partition([N1, N2], [N3]);
  await cluster.hand(inTerm(N1, N3, 7));
  cluster.heal();
  await cluster.elapse(3_000);
  const terms = [...cluster.leaders.keys()];
  expect(terms).toHaveLength(2);
  expect(terms.at(-1)).toBeGreaterThan(7);
  expect(new Set(cluster.up.map(({ state }) => state.term)).size).toBe(1);
});

it('[EL12] §3.9: while one message in ten is lost there is still a leader nearly all the time', async () => {
  const draw = generator(7);
  const cluster = await MiniCluster.start({
    logs: emptyLogs(3),
    latencyMs: () => 1 + 4 * draw(),
    draw,
  });
  await cluster.elapse(3_000);
  cluster.lose = () => draw() < 0.1;
  let led = 0;
  for (let second = 0; second < 60; second += 1) {
    await cluster.elapse(500);
    if (cluster.leader !== null) led += 1;
  }
  expect(led).toBeGreaterThan(55);
  expect(cluster.leaders.size).toBeLessThan(5);
});
