/** §3.4: how a leader is elected. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { index, term } from '../../src/core/types.ts';
import { MiniCluster } from '../cluster/mini-cluster.ts';
import { emptyLogs, isA, N1, N2, N3, N4, N5, nodeIds } from './names.ts';

it('[EL2] §3.4: every server starts as a follower, after a crash too, whatever it was before', async () => {
  const cluster = await MiniCluster.start({ logs: emptyLogs(3) });
  expect(cluster.up.map(({ path }) => path)).toEqual(Array(3).fill('follower.leaderless'));
  await cluster.elect(N1);
  await cluster.crash(N1);
  expect((await cluster.start(N1)).path).toBe('follower.leaderless');
});

it('[EL12] §3.4: as long as heartbeats arrive nobody campaigns, for any length of time', async () => {
  const cluster = await MiniCluster.start({ logs: emptyLogs(3) });
  await cluster.elect(N1);
  const since = cluster.said.length;
  cluster.favour(N2, N3);
  await cluster.elapse(20_000);
  expect(cluster.said.slice(since).some(isA('PreVote', 'RequestVote'))).toBe(false);
  expect(cluster.leaders.size).toBe(1);
});

it('[EL12] §3.4: a follower that hears nothing for its election timeout campaigns', async () => {
  const cluster = await MiniCluster.start({ logs: emptyLogs(3) });
  await cluster.elect(N1);
  cluster.favour(N2);
  await cluster.crash(N1);
  const took = await cluster.elapseUntil(() => cluster.leader?.id === N2, 1_000);
  expect(took).toBeGreaterThanOrEqual(300 - 50);
  expect(took).toBeLessThanOrEqual(300);
});

it('[PS1] §3.4: a campaign raises the term, votes for itself and asks all others at once', async () => {
  const cluster = await MiniCluster.start({ logs: emptyLogs(5) });
  await cluster.elect(N1);
  expect(cluster.member(N1).disk.hardState).toEqual({ term: 1, votedFor: N1 });
  const requests = cluster.said.filter(isA('RequestVote'));
  expect(requests.map(({ from, to }) => [from, to])).toEqual(
    [N2, N3, N4, N5].map((to) => [N1, to]),
  );
});

it('[EL5] §3.4: a majority of the whole cluster elects, not of those that are up', async () => {
  const five = await MiniCluster.start({ logs: emptyLogs(5) });
  await five.crash(N4);
  await five.crash(N5);
  expect((await five.elect(N1)).leads).toBe(true);
  const two = await MiniCluster.start({ logs: emptyLogs(5) });
  for (const id of [N3, N4, N5]) await two.crash(id);
  await two.elapse(10_000);
  expect(two.leader).toBeNull();
  expect(two.member(N1).state.term).toBe(0);
  await two.start(N3);
  await two.elapse(2_000);
  expect(two.leader).not.toBeNull();
});

it('[EL3] §3.4: a server votes once in a term, for whoever asks first', async () => {
  const cluster = await MiniCluster.start({ logs: emptyLogs(3) });
  const lastLog = { term: term(0), index: index(0) };
  const request = { type: 'RequestVote', term: term(4), lastLog } as const;
  for (const from of [N2, N3, N2]) await cluster.hand({ from, to: N1, message: request, runs: [] });
  for (const _ of ['the first vote', 'the same again']) cluster.member(N1).completeWrite();
  const answers = cluster.network.map(({ to, message }) => [to, message]);
  const reply = (granted: boolean) => ({ type: 'RequestVoteReply', term: 4, granted });
  expect(answers).toEqual([
    [N2, reply(true)],
    [N3, reply(false)],
    [N2, reply(true)],
  ]);
});

it('[EL11] §3.4: at most one candidate wins a term, even with every vote under way at once', async () => {
  const order = fc.array(fc.nat(), { minLength: 30, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(order, async (picks) => {
      const cluster = await MiniCluster.start({ logs: emptyLogs(5), first: [N1, N2, N3] });
      cluster.clock.advance(300);
      for (const pick of picks) {
        const envelope = cluster.network[pick % Math.max(1, cluster.network.length)];
        for (const member of cluster.up) member.completeWrite();
        if (envelope !== undefined) await cluster.deliver((each) => each === envelope);
      }
      expect(
        cluster.up.filter(({ leads, state }) => leads && state.term === 1).length,
      ).toBeLessThanOrEqual(1);
    }),
    { numRuns: 100 },
  );
});

it('[EL12] §3.4: the winner speaks to everyone at once, so that nobody else campaigns', async () => {
  const cluster = await MiniCluster.start({ logs: emptyLogs(5) });
  await cluster.elect(N1);
  const firstWords = cluster.said.filter(
    ({ message, from }) => from === N1 && message.type === 'AppendEntries',
  );
  expect(firstWords.slice(0, 4).map(({ to }) => to)).toEqual([N2, N3, N4, N5]);
  expect([N2, N3, N4, N5].map((id) => cluster.member(id).path)).toEqual(
    Array(4).fill('follower.loyal'),
  );
});

it('[EL2] §3.4: a candidate that hears a leader of its own term gives way', async () => {
  const cluster = await MiniCluster.start({ logs: emptyLogs(3), first: [N1] });
  cluster.lose = isA('RequestVote');
  await cluster.elapse(300);
  expect(cluster.member(N1).path).toBe('candidate');
  const prevLog = { term: term(0), index: index(0) };
  const heartbeat = {
    type: 'AppendEntries',
    prevLog,
    lastIndex: index(0),
    commitIndex: index(0),
    round: 0,
  } as const;
  await cluster.hand({ from: N2, to: N1, message: { ...heartbeat, term: term(0) }, runs: [] });
  expect(cluster.member(N1).path).toBe('candidate');
  await cluster.hand({ from: N2, to: N1, message: { ...heartbeat, term: term(1) }, runs: [] });
  expect(cluster.member(N1).path).toBe('follower.loyal');
  expect(cluster.member(N1).state).toMatchObject({ term: 1, votedFor: N1, leaderId: N2 });
});

it('[EL12] §3.4: timeouts that are drawn anew resolve split votes quickly, however long messages take', async () => {
  const seed = fc.integer({ min: 1, max: 2 ** 30 });
  const took: number[] = [];
  await fc.assert(
    fc.asyncProperty(seed, async (start) => {
      let state = start;
      const draw = (): number => {
        state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
        return (state >>> 8) / 2 ** 23;
      };
      const cluster = await MiniCluster.start({
        logs: emptyLogs(5),
        latencyMs: () => 1 + 9 * draw(),
        draw,
      });
      took.push(await cluster.elapseUntil(() => cluster.leader !== null, 6_000));
    }),
    { numRuns: 100 },
  );
  took.sort((left, right) => left - right);
  expect(took[Math.floor(took.length * 0.9)]).toBeLessThan(1_200);
});

it('[EL8] [A3] §3.4: late answers to the question whether it could win do not elect anyone', async () => {
  const cluster = await MiniCluster.start({ logs: emptyLogs(5), first: [N1] });
  cluster.lose = isA('RequestVote');
  await cluster.elapse(300);
  expect(cluster.member(N1).path).toBe('candidate');
  const late = cluster.said.filter(isA('PreVoteReply'));
  for (const envelope of [...late, ...late]) await cluster.hand(envelope);
  expect(cluster.member(N1).path).toBe('candidate');
  expect(cluster.member(N1).state.granted).toEqual([N1]);
});

it('[EL4] [A4] §3.4: a vote granted in an earlier term elects nobody in a later one', async () => {
  const cluster = await MiniCluster.start({ logs: emptyLogs(3), first: [N1] });
  cluster.lose = ({ message, to }) => to === N1 && message.type === 'RequestVoteReply';
  await cluster.elapse(300);
  const old = cluster.said.filter(
    ({ message }) => message.type === 'RequestVoteReply' && message.granted,
  );
  expect(old).toHaveLength(2);
  cluster.lose = isA('RequestVote');
  await cluster.elapseUntil(
    () => cluster.member(N1).state.term === 2 && cluster.member(N1).role === 'candidate',
    3_000,
  );
  for (const envelope of old) await cluster.hand(envelope);
  expect(cluster.member(N1).path).toBe('candidate');
  expect(cluster.member(N1).state.granted).toEqual([N1]);
});

it('[EL3] [A1] §3.4: a candidate that gave way in its term does not vote again in it', async () => {
  const logs = { ...emptyLogs(5), n2: [1] };
  const terms = { n1: 1, n3: 1, n4: 1, n5: 1 };
  const cluster = await MiniCluster.start({ logs, terms, first: [N1, N2, N3] });
  cluster.lose = ({ from, message, to }) => {
    const isRequest = message.type === 'RequestVote';
    const isForThird = message.type === 'AppendEntries' && to === N3;
    return isForThird || (isRequest && (from !== N2 || to === N1 || to === N3));
  };
  cluster.clock.advance(300);
  await cluster.settle();
  expect([N1, N2, N3].map((id) => cluster.member(id).state.votedFor)).toEqual([N1, N2, N3]);
  expect(cluster.leader?.id).toBe(N2);
  expect(cluster.member(N1).path).toBe('follower.loyal');
  expect(cluster.saidBy(N1, 'AppendEntriesReply')[0]?.result.accepted).toBe(false);
  const delayed = cluster.said.find(
    ({ from, message, to }) => from === N3 && to === N1 && message.type === 'RequestVote',
  );
  expect(delayed?.message.term).toBe(2);
  if (delayed !== undefined) await cluster.hand(delayed);
  expect(cluster.saidBy(N1, 'RequestVoteReply')).toEqual([
    { type: 'RequestVoteReply', term: 2, granted: false },
  ]);
  expect(cluster.member(N1).disk.hardState).toEqual({ term: 2, votedFor: N1 });
});

it('[EL6] [A2] §3.4: to ask or to be asked in advance costs no vote that was given', async () => {
  const cluster = await MiniCluster.start({
    logs: emptyLogs(3),
    terms: { n1: 5, n2: 5, n3: 5 },
    votes: { n2: 'n1' },
    first: [N2],
  });
  cluster.lose = isA('PreVote');
  await cluster.elapse(300);
  expect(cluster.member(N2).path).toBe('preCandidate');
  const lastLog = { term: term(0), index: index(0) };
  await cluster.hand({
    from: N3,
    to: N2,
    message: { type: 'RequestVote', term: term(5), lastLog },
    runs: [],
  });
  expect(cluster.saidBy(N2, 'RequestVoteReply')).toEqual([
    { type: 'RequestVoteReply', term: 5, granted: false },
  ]);
  expect(cluster.member(N2).disk.hardState).toEqual({ term: 5, votedFor: N1 });
});

it('[EL5] §3.4: every size from one to seven elects with the smallest majority, and not with one less', async () => {
  for (let size = 1; size <= 7; size += 1) {
    const majority = Math.floor(size / 2) + 1;
    const names = nodeIds(...Object.keys(emptyLogs(size)));
    const enough = await MiniCluster.start({ logs: emptyLogs(size) });
    for (const id of names.slice(majority)) await enough.crash(id);
    await enough.elapse(2_000);
    expect(enough.leader, `${majority} of ${size}`).not.toBeNull();
    const few = await MiniCluster.start({ logs: emptyLogs(size) });
    for (const id of names.slice(majority - 1)) await few.crash(id);
    await few.elapse(2_000);
    expect(few.leader, `${majority - 1} of ${size}`).toBeNull();
  }
});
