/** §3.7 and §3.8: what crashes may do, and what has to be on disk before anything is said. */
import { expect, it } from 'vitest';
import { index, term } from '../../src/core/types.ts';
import { runsOf } from '../cluster/entries.ts';
import { MiniCluster } from '../cluster/mini-cluster.ts';
import { emptyLogs, inTerm, isA, N1, N2, N3 } from './names.ts';

const ZERO = { term: term(0), index: index(0) };

async function led(size = 3): Promise<MiniCluster> {
  const cluster = await MiniCluster.start({ logs: emptyLogs(size) });
  await cluster.elect(N1);
  await cluster.elapse(100);
  return cluster;
}

it('[LR12] §3.7: messages to a crashed follower are repeated, and it catches up when it is back', async () => {
  const cluster = await led();
  await cluster.crash(N3);
  cluster.member(N1).propose('a', 'b');
  await cluster.elapse(10_000);
  await cluster.start(N3);
  await cluster.elapse(100);
  expect(cluster.member(N3).applied).toEqual(cluster.member(N1).applied);
});

it('[LR3] §3.7: a follower that wrote but crashed before it answered gets the same entries again, harmlessly', async () => {
  const cluster = await led();
  cluster.slowDisks.add(N3);
  cluster.member(N1).propose('a');
  await cluster.settle();
  await cluster.crash(N3, { isWritten: true });
  cluster.slowDisks.clear();
  expect((await cluster.start(N3)).entries.map(({ data }) => data)).toEqual(['no-op', 'a']);
  await cluster.elapse(100);
  expect(cluster.member(N3).entries).toEqual(cluster.member(N1).entries);
  expect(cluster.member(N3).applied).toHaveLength(2);
});

it('[EL3] §3.7: a repeated request for a vote gets the same answer again', async () => {
  const cluster = await MiniCluster.start({ logs: emptyLogs(3) });
  const message = { type: 'RequestVote', term: term(2), lastLog: ZERO } as const;
  for (let at = 0; at < 3; at += 1) {
    await cluster.hand({ from: N2, to: N1, message, runs: [] });
    cluster.member(N1).completeWrite();
  }
  const answers = cluster.saidBy(N1, 'RequestVoteReply');
  expect(answers).toEqual(Array(3).fill({ type: 'RequestVoteReply', term: 2, granted: true }));
});

it('[EL3] [A5] §3.8: a vote leaves only when it is on disk: if it left, it holds after any crash', async () => {
  for (const moment of ['before the write', 'after the write', 'after the answer']) {
    const cluster = await MiniCluster.start({ logs: emptyLogs(3) });
    cluster.slowDisks.add(N1);
    const ask = async (from: typeof N2): Promise<void> => {
      const message = { type: 'RequestVote', term: term(5), lastLog: ZERO } as const;
      await cluster.hand({ from, to: N1, message, runs: [] });
    };
    await ask(N2);
    expect(cluster.said).toEqual([]);
    const isGone = moment === 'after the answer';
    if (isGone) cluster.member(N1).completeWrite();
    expect(cluster.saidBy(N1, 'RequestVoteReply')).toHaveLength(isGone ? 1 : 0);
    await cluster.crash(N1, { isWritten: moment === 'after the write' });
    await cluster.start(N1);
    await cluster.elapse(50);
    await ask(N3);
    cluster.member(N1).completeWrite();
    const answer = cluster.saidBy(N1, 'RequestVoteReply').at(-1);
    expect(answer?.granted, moment).toBe(moment === 'before the write');
  }
});

it('[PS1] [A5] §3.8: a term is on disk before anything is said in it', async () => {
  const cluster = await led();
  cluster.slowDisks.add(N2);
  const heartbeat = {
    type: 'AppendEntries',
    prevLog: ZERO,
    lastIndex: index(0),
    commitIndex: index(0),
    round: 0,
  } as const;
  await cluster.hand({ from: N3, to: N2, message: { ...heartbeat, term: term(9) }, runs: [] });
  expect(cluster.member(N2).state.term).toBe(9);
  expect(cluster.saidBy(N2, 'AppendEntriesReply').filter((reply) => reply.term === 9)).toEqual([]);
  cluster.member(N2).completeWrite();
  expect(cluster.saidBy(N2, 'AppendEntriesReply').filter((reply) => reply.term === 9)).toHaveLength(
    1,
  );
});

it('[PS2] [A6] §3.8: a candidate counts its own vote when it is on disk, not before', async () => {
  const cluster = await MiniCluster.start({ logs: emptyLogs(1) });
  cluster.slowDisks.add(N1);
  await cluster.elapse(700);
  expect(cluster.member(N1).path).toBe('candidate');
  cluster.member(N1).completeWrite();
  expect(cluster.member(N1).leads).toBe(true);
  expect(cluster.member(N1).applied).toEqual([]);
  cluster.member(N1).completeWrite();
  expect(cluster.member(N1).applied).toHaveLength(1);
});

it('[PS2] [A6] §3.8: an own vote that the disk completes after the campaign is over changes nothing', async () => {
  const cluster = await MiniCluster.start({ logs: emptyLogs(3), first: [N1] });
  cluster.slowDisks.add(N1);
  await cluster.elapse(300);
  expect(cluster.member(N1).path).toBe('candidate');
  await cluster.hand(inTerm(N2, N1, 4));
  cluster.member(N1).completeWrite();
  expect(cluster.member(N1).state).toMatchObject({ term: 4, votedFor: null, granted: [] });
  expect(cluster.member(N1).leads).toBe(false);
});

it('[PS1] §3.8: entries are on disk before they are acknowledged, and a crash cannot take them back', async () => {
  const cluster = await led();
  cluster.slowDisks.add(N2);
  cluster.lose = ({ to }) => to === N3;
  const before = cluster.said.length;
  cluster.member(N1).propose('a', 'b');
  await cluster.settle();
  expect(cluster.said.slice(before).filter(isA('AppendEntriesReply'))).toEqual([]);
  expect(cluster.member(N1).applied).toHaveLength(1);
  cluster.member(N2).completeWrite();
  await cluster.settle();
  expect(cluster.member(N1).applied).toHaveLength(3);
  await cluster.crash(N2);
  expect((await cluster.start(N2)).entries.map(({ data }) => data)).toEqual(['no-op', 'a', 'b']);
});

it('[PS4] [C4] §3.8: a leader counts itself only for what its own disk holds', async () => {
  const cluster = await led();
  cluster.slowDisks.add(N1);
  cluster.lose = ({ to }) => to === N3;
  cluster.member(N1).propose('a');
  await cluster.settle();
  expect(cluster.member(N1).state.matchIndex[N2]).toBe(2);
  expect(cluster.member(N1).applied).toHaveLength(1);
  cluster.member(N1).completeWrite();
  expect(cluster.member(N1).applied).toHaveLength(2);
});

it('[PS4] §10.2.1: but others may commit without it: its own write and theirs go on at once', async () => {
  const cluster = await led();
  cluster.slowDisks.add(N1);
  cluster.member(N1).propose('a');
  await cluster.settle();
  expect(cluster.member(N1).applied).toHaveLength(2);
  expect(cluster.member(N1).disk.entries).toHaveLength(1);
});

it('[PS5] [B9] §3.8: the late completion of an entry that was replaced counts for nothing', async () => {
  const cluster = await MiniCluster.start({ logs: { n1: [1], n2: [1], n3: [1] } });
  cluster.slowDisks.add(N1);
  const append = async (from: typeof N2, of: number): Promise<void> => {
    const message = {
      type: 'AppendEntries',
      term: term(of),
      prevLog: { term: term(1), index: index(1) },
      lastIndex: index(2),
      commitIndex: index(0),
      round: 0,
    } as const;
    const runs = runsOf(2, [{ term: term(of), data: `of ${of}` }]);
    await cluster.hand({ from, to: N1, message, runs });
  };
  const told = () => cluster.saidBy(N1, 'AppendEntriesReply').map((reply) => reply.term);
  const member = cluster.member(N1);
  const [written, named]: number[][] = [[], []];
  const complete = (): void => {
    member.completeWrite();
    written?.push(member.disk.entries.at(-1)?.term ?? 0);
    named?.push(member.state.durableIndex);
  };
  await append(N2, 2);
  await append(N3, 3);
  complete();
  await append(N2, 4);
  complete();
  complete();
  expect(written).toEqual([2, 3, 4]);
  expect(named).toEqual([1, 1, 2]);
  expect(told()).toEqual([4]);
  expect(member.disk.entries.map((entry) => entry.data)).toEqual(['1 of term 1', 'of 4']);
});

it('[CM4] §3.8: what is committed and applied may be forgotten: a restarted node learns it again', async () => {
  const cluster = await led();
  cluster.member(N1).propose('a', 'b');
  await cluster.elapse(20);
  await cluster.crash(N2);
  const member = await cluster.start(N2);
  expect([member.state.commitIndex, member.applied.length]).toEqual([0, 0]);
  await cluster.elapse(100);
  expect(member.applied.map(({ data }) => data)).toEqual(['no-op', 'a', 'b']);
});

it('[PS1] §3.8: a cluster that loses power as a whole keeps every acknowledged entry', async () => {
  const cluster = await led(5);
  cluster.member(N1).propose('a', 'b');
  await cluster.settle();
  const { applied } = cluster.member(N1);
  for (const id of cluster.ids) await cluster.crash(id);
  for (const id of cluster.ids) await cluster.start(id);
  await cluster.elapse(3_000);
  for (const member of cluster.up) expect(member.applied.slice(0, 3)).toEqual(applied);
});

it('[EL2] [A22] §3.8: terms never fall, through catching up, crashes and any answer', async () => {
  const cluster = await led();
  for (const id of [N1, N2, N3, N1, N2]) {
    const before = new Map(cluster.up.map((member) => [member.id, member.disk.hardState.term]));
    await cluster.crash(id);
    await cluster.elapse(2_000);
    await cluster.start(id);
    await cluster.elapse(1_000);
    for (const member of cluster.up) {
      expect(member.disk.hardState.term).toBeGreaterThanOrEqual(before.get(member.id) ?? 0);
    }
  }
  const answers = cluster.said.filter(isA('RequestVoteReply', 'AppendEntriesReply'));
  const newest = new Map<string, number>();
  for (const { from, message } of answers) {
    expect(message.term).toBeGreaterThanOrEqual(newest.get(from) ?? 0);
    newest.set(from, message.term);
  }
});
