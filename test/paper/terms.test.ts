/** §3.3: terms as a logical clock, and what each role does on its own. */
import { expect, it } from 'vitest';
import { index, term } from '../../src/core/types.ts';
import { MiniCluster } from '../cluster/mini-cluster.ts';
import { emptyLogs, inTerm, isA, N1, N2, N3, N4 } from './names.ts';

it('[EL2] §3.3: followers ask nothing on their own, they only answer', async () => {
  const cluster = await MiniCluster.start({ logs: emptyLogs(5) });
  await cluster.elect(N1);
  const since = cluster.said.length;
  await cluster.elapse(2_000);
  const byFollowers = cluster.said.slice(since).filter(({ from }) => from !== N1);
  expect(byFollowers.length).toBeGreaterThan(100);
  expect(byFollowers.every(isA('AppendEntriesReply'))).toBe(true);
});

it('[EL2] §3.3: in normal operation there is one leader and all others follow it', async () => {
  const cluster = await MiniCluster.start({ logs: emptyLogs(5) });
  await cluster.elapse(3_000);
  expect(cluster.up.map(({ role }) => role).sort()).toEqual([
    ...Array(4).fill('follower'),
    'leader',
  ]);
  const leaders = new Set(cluster.up.map(({ state }) => state.leaderId));
  expect(leaders).toEqual(new Set([cluster.leader?.id]));
});

it('[EL2] §3.3: a newer term spreads with any exchange, and is never unlearnt', async () => {
  const cluster = await MiniCluster.start({ logs: emptyLogs(3), terms: { n1: 2, n2: 9, n3: 4 } });
  await cluster.elapse(3_000);
  const newest = cluster.leader?.state.term ?? 0;
  expect(newest).toBeGreaterThan(9);
  expect(cluster.up.map(({ state }) => state.term)).toEqual([newest, newest, newest]);
});

it('[EL2] [A18] §3.3: a leader whose term is out of date steps down, once, and the one that was ahead joins', async () => {
  const cluster = await MiniCluster.start({ logs: emptyLogs(3) });
  await cluster.elect(N1);
  await cluster.crash(N3);
  cluster.member(N1).propose('x');
  await cluster.settle();
  const before = cluster.member(N1).state.term;
  await cluster.start(N3);
  await cluster.elapse(50);
  await cluster.hand(inTerm(N2, N3, before + 6));
  await cluster.elapse(5_000);
  const changes = [...cluster.leaders.keys()];
  expect(changes).toEqual([before, before + 7]);
  expect(cluster.up.map(({ entries }) => entries.map(({ data }) => data).includes('x'))).toEqual([
    true,
    true,
    true,
  ]);
});

it('[PS3] [A18] §3.3: a request of an older term is refused, and the answer carries the newer one', async () => {
  const cluster = await MiniCluster.start({ logs: emptyLogs(3), terms: { n1: 7, n2: 1, n3: 1 } });
  const lastLog = { term: term(0), index: index(0) };
  const entries = { prevLog: lastLog, lastIndex: index(0), commitIndex: index(0), round: 3 };
  const older = [
    { type: 'RequestVote', term: term(5), lastLog },
    { type: 'AppendEntries', term: term(5), ...entries },
  ] as const;
  for (const message of older) await cluster.hand({ from: N2, to: N1, message, runs: [] });
  expect(cluster.network.map(({ message }) => message)).toEqual([
    { type: 'RequestVoteReply', term: 7, granted: false },
    {
      type: 'AppendEntriesReply',
      term: 7,
      round: 0,
      prevIndex: 0,
      result: { accepted: false, lastIndex: 0, hint: lastLog },
    },
  ]);
  expect(cluster.member(N1).path).toBe('follower.leaderless');
});

it('[EL5] §3.3: a term in which the votes are split ends without a leader, and another begins', async () => {
  const cluster = await MiniCluster.start({ logs: emptyLogs(4), first: [N1, N2] });
  const half = (id: string): boolean => id === N1 || id === N3;
  cluster.lose = ({ from, message, to }) =>
    message.type === 'RequestVote' && half(from) !== half(to);
  cluster.clock.advance(300);
  await cluster.settle();
  expect([N1, N2].map((id) => cluster.member(id).path)).toEqual(['candidate', 'candidate']);
  expect([N1, N2].map((id) => cluster.member(id).state.granted)).toEqual([
    [N1, N3],
    [N2, N4],
  ]);
  expect(cluster.leader).toBeNull();
  cluster.lose = () => false;
  cluster.favour(N2);
  await cluster.elapse(3_000);
  expect(cluster.leader?.state.term).toBe(2);
  expect([...cluster.leaders.keys()]).toEqual([2]);
});

it('[LR12] §3.3: what is not answered in time is said again', async () => {
  const cluster = await MiniCluster.start({ logs: emptyLogs(3) });
  cluster.lose = ({ message, to }) => message.type === 'AppendEntries' && to === N3;
  await cluster.elect(N1);
  await cluster.elapse(250);
  const toThird = cluster.said.filter(
    ({ message, to }) => to === N3 && message.type === 'AppendEntries',
  );
  expect(toThird.length).toBeGreaterThanOrEqual(5);
  cluster.lose = () => false;
  await cluster.elapse(100);
  expect(cluster.member(N3).entries).toEqual(cluster.member(N1).entries);
});
