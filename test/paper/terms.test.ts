/** §3.3: terms as a logical clock, and what each role does on its own. */
import { expect, it } from 'vitest';
import { index, term } from '../../src/core/types.ts';
import { MiniCluster } from './mini-cluster.ts';
import { emptyLogs, isA, N1, N2, N3, N4 } from './names.ts';

it('[EL2] §3.3: followers ask nothing on their own, they only answer', () => {
  const cluster = new MiniCluster({ logs: emptyLogs(5) });
  cluster.elect(N1);
  const since = cluster.said.length;
  cluster.elapse(2_000);
  const byFollowers = cluster.said.slice(since).filter(({ from }) => from !== N1);
  expect(byFollowers.length).toBeGreaterThan(100);
  expect(byFollowers.every(isA('AppendEntriesReply'))).toBe(true);
});

it('[EL2] §3.3: in normal operation there is one leader and all others follow it', () => {
  const cluster = new MiniCluster({ logs: emptyLogs(5) });
  cluster.elapse(3_000);
  expect(cluster.up.map(({ role }) => role).sort()).toEqual([
    ...Array(4).fill('follower'),
    'leader',
  ]);
  const leaders = new Set(cluster.up.map(({ state }) => state.leaderId));
  expect(leaders).toEqual(new Set([cluster.leader?.id]));
});

it('[EL2] §3.3: a newer term spreads with any exchange, and is never unlearnt', () => {
  const cluster = new MiniCluster({ logs: emptyLogs(3), terms: { n1: 2, n2: 9, n3: 4 } });
  cluster.elapse(3_000);
  const newest = cluster.leader?.state.term ?? 0;
  expect(newest).toBeGreaterThan(9);
  expect(cluster.up.map(({ state }) => state.term)).toEqual([newest, newest, newest]);
});

it('[EL2] [A18] §3.3: a leader whose term is out of date steps down, once, and the one that was ahead joins', () => {
  const cluster = new MiniCluster({ logs: emptyLogs(3) });
  cluster.elect(N1);
  cluster.crash(N3);
  cluster.member(N1).propose('x');
  cluster.settle();
  const before = cluster.member(N1).state.term;
  cluster.start(N3).tell({ type: 'term.observed', term: term(before + 6) });
  cluster.elapse(5_000);
  const changes = [...cluster.history.leaders.keys()];
  expect(changes).toEqual([before, before + 7]);
  expect(cluster.up.map(({ entries }) => entries.map(({ data }) => data).includes('x'))).toEqual([
    true,
    true,
    true,
  ]);
});

it('[PS3] [A18] §3.3: a request of an older term is refused, and the answer carries the newer one', () => {
  const cluster = new MiniCluster({ logs: emptyLogs(3), terms: { n1: 7, n2: 1, n3: 1 } });
  const lastLog = { term: term(0), index: index(0) };
  const entries = { prevLog: lastLog, lastIndex: index(0), commitIndex: index(0), round: 3 };
  const older = [
    { type: 'RequestVote', term: term(5), lastLog },
    { type: 'AppendEntries', term: term(5), ...entries },
  ] as const;
  for (const message of older) cluster.hand({ from: N2, to: N1, message, entries: [] });
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

it('[EL5] §3.3: a term in which the votes are split ends without a leader, and another begins', () => {
  const cluster = new MiniCluster({ logs: emptyLogs(4), first: [N1, N2] });
  const half = (id: string): boolean => id === N1 || id === N3;
  cluster.lose = ({ from, message, to }) =>
    message.type === 'RequestVote' && half(from) !== half(to);
  cluster.clock.advance(300);
  cluster.settle();
  expect([N1, N2].map((id) => cluster.member(id).path)).toEqual(['candidate', 'candidate']);
  expect([N1, N2].map((id) => cluster.member(id).state.granted)).toEqual([
    [N1, N3],
    [N2, N4],
  ]);
  expect(cluster.leader).toBeNull();
  cluster.lose = () => false;
  cluster.favour(N2);
  cluster.elapse(3_000);
  expect(cluster.leader?.state.term).toBe(2);
  expect([...cluster.history.leaders.keys()]).toEqual([2]);
});

it('[LR12] §3.3: what is not answered in time is said again', () => {
  const cluster = new MiniCluster({ logs: emptyLogs(3) });
  cluster.lose = ({ message, to }) => message.type === 'AppendEntries' && to === N3;
  cluster.elect(N1);
  cluster.elapse(250);
  const toThird = cluster.said.filter(
    ({ message, to }) => to === N3 && message.type === 'AppendEntries',
  );
  expect(toThird.length).toBeGreaterThanOrEqual(5);
  cluster.lose = () => false;
  cluster.elapse(100);
  expect(cluster.member(N3).entries).toEqual(cluster.member(N1).entries);
});
