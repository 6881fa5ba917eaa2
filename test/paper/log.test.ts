/** §3.5 to §3.8, as far as no play tells of it: how entries are replicated and kept, through leaders and crashes. */
import { expect, it } from 'vitest';
import { MiniCluster } from '../../src/testing/mini-cluster/mini-cluster.ts';
import { askVote, entryId } from '../cluster/messages.ts';
import { emptyLogs, led } from '../cluster/scenes.ts';
import { N1, N2, N3, N4, N5 } from '../machines/harness.ts';

it('[CM1] §3.5: without a majority nothing is committed, however long it takes', async () => {
  const cluster = await led(5);
  for (const id of [N3, N4, N5]) await cluster.crash(id);
  cluster.member(N1).propose('x');
  await cluster.elapse(400);
  expect(cluster.member(N1).applied).toHaveLength(1);
  expect(cluster.member(N2).applied).toHaveLength(1);
});

it('[LR14] §3.5: a leader never removes or rewrites its own entries, whatever its followers hold', async () => {
  const logs = { n1: [1, 3], n2: [1, 2, 2, 2], n3: [1, 1, 1, 1, 1, 1] };
  const cluster = await MiniCluster.start({ logs, terms: { n2: 3, n3: 3 } });
  const { entries } = await cluster.elect(N1);
  cluster.member(N1).propose('x');
  await cluster.elapse(500);
  expect(cluster.member(N1).entries.slice(0, entries.length)).toEqual(entries);
  expect(cluster.logs).toEqual({ n1: '1344', n2: '1344', n3: '1344' });
});

it('[LR9] §3.5: in normal operation a command takes one round trip to a majority', async () => {
  const cluster = await led(5, { latencyMs: () => 5 });
  cluster.member(N1).propose('x');
  expect(await cluster.elapseUntil(() => cluster.member(N1).applied.length === 2, 100)).toBe(10);
});

it('[EL1] §3.6.1: entries flow from leaders to followers only: who lacks something committed cannot lead', async () => {
  const cluster = await led(5);
  cluster.lose = ({ to }) => to === N4 || to === N5;
  cluster.member(N1).propose('x');
  await cluster.settle();
  expect(cluster.committed.map(({ data }) => data)).toContain('x');
  cluster.lose = () => false;
  await cluster.crash(N1);
  cluster.favour(N4, N5);
  await cluster.elapse(5_000);
  expect([N2, N3]).toContain(cluster.leader?.id);
  expect(cluster.member(N5).entries.map(({ data }) => data)).toContain('x');
});

it('[CM2] §3.6.3: an entry that was applied anywhere is applied everywhere at that index, through any number of leaders', async () => {
  const cluster = await MiniCluster.start({ logs: emptyLogs(5) });
  const leaders = [N1, N2, N3, N4, N5, N1, N3];
  for (const [at, id] of leaders.entries()) {
    const others = cluster.ids.filter((other) => other !== id);
    const away = others[at % others.length] ?? N1;
    const former = cluster.leader?.id;
    if (former !== undefined) await cluster.crash(former);
    await cluster.elect(id);
    if (cluster.members.has(away)) await cluster.crash(away);
    cluster.member(id).propose(`by ${id} the ${at}th`);
    await cluster.elapse(100);
    for (const each of cluster.ids) if (!cluster.members.has(each)) await cluster.start(each);
    await cluster.elapse(100);
  }
  expect(cluster.committed.filter(({ data }) => data.startsWith('by'))).toHaveLength(
    leaders.length,
  );
  for (const member of cluster.up) expect(member.applied).toEqual(cluster.committed);
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

it('[EL3] [A5] §3.8: a vote leaves only when it is on disk: if it left, it holds after any crash', async () => {
  for (const moment of ['before the write', 'after the write', 'after the answer']) {
    const cluster = await MiniCluster.start({ logs: emptyLogs(3) });
    cluster.slowDisks.add(N1);
    await cluster.bring(askVote({ from: N2, to: N1 }, 5, entryId(0, 0)));
    expect(cluster.said).toEqual([]);
    const isGone = moment === 'after the answer';
    if (isGone) cluster.member(N1).completeWrite();
    expect(cluster.saidBy(N1, 'RequestVoteReply')).toHaveLength(isGone ? 1 : 0);
    await cluster.crash(N1, { isWritten: moment === 'after the write' });
    await cluster.start(N1);
    await cluster.elapse(50);
    await cluster.bring(askVote({ from: N3, to: N1 }, 5, entryId(0, 0)));
    cluster.member(N1).completeWrite();
    const answer = cluster.saidBy(N1, 'RequestVoteReply').at(-1);
    expect(answer?.granted, moment).toBe(moment === 'before the write');
  }
});
