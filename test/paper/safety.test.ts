/** §3.6: why what is committed stays. */
import { expect, it } from 'vitest';
import { NO_OP } from '../cluster/entries.ts';
import { MiniCluster } from '../cluster/mini-cluster.ts';
import { emptyLogs, isA, N1, N2, N3, N4, N5 } from './names.ts';

it('[EL1] §3.6.1: a candidate whose log ends in an older term, or earlier in the same, gets no vote', async () => {
  for (const behind of [[1, 1, 1, 1], [1, 2], []]) {
    const logs = { n1: behind, n2: [1, 2, 2], n3: [1, 2, 2] };
    const cluster = await MiniCluster.start({ logs, terms: { n1: 2 }, first: [N1] });
    await cluster.elapse(300);
    const answers = [N2, N3].map((id) =>
      cluster.saidBy(id, 'PreVoteReply').map(({ granted }) => granted),
    );
    expect(answers).toEqual([[false], [false]]);
    await cluster.elapse(3_000);
    expect(cluster.leader?.id).not.toBe(N1);
    expect(cluster.logs.n1).toMatch(/^122/);
  }
});

it('[EL1] §3.6.1: of two logs that end in the same term the longer wins, else the later term does', async () => {
  const won = async (own: readonly number[], others: readonly number[]): Promise<boolean> => {
    const cluster = await MiniCluster.start({
      logs: { n1: own, n2: others, n3: others },
      terms: { n1: 4, n2: 4, n3: 4 },
      first: [N1],
    });
    await cluster.elapse(300);
    return cluster.member(N1).leads;
  };
  expect(await won([1, 2, 2], [1, 2])).toBe(true);
  expect(await won([1, 2], [1, 2])).toBe(true);
  expect(await won([1, 3], [1, 2, 2, 2])).toBe(true);
  expect(await won([1, 2], [1, 2, 2])).toBe(false);
  expect(await won([1, 2, 2, 2], [1, 3])).toBe(false);
});

it('[EL1] §3.6.1: entries flow from leaders to followers only: who lacks something committed cannot lead', async () => {
  const cluster = await MiniCluster.start({ logs: emptyLogs(5) });
  await cluster.elect(N1);
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

it('[EL1] §3.6.3: of any majority that elects, one held the committed entry and refused whoever lacked it', async () => {
  const cluster = await MiniCluster.start({
    logs: { n1: [1, 1, 2], n2: [1, 1, 2], n3: [1, 1, 2], n4: [1, 1], n5: [1, 1] },
    terms: { n4: 2, n5: 2 },
    first: [N4],
  });
  await cluster.elapse(300);
  const grants = cluster.said.filter(
    ({ message, to }) => to === N4 && message.type === 'PreVoteReply' && message.granted,
  );
  expect(grants.map(({ from }) => from)).toEqual([N5]);
  expect(cluster.member(N4).leads).toBe(false);
});

it('[CM1] [C3] §3.6.2: the count passes entries of older terms on its way to one of the own', async () => {
  const cluster = await MiniCluster.start({
    logs: { n1: [1, 2, 2], n2: [], n3: [] },
    terms: { n2: 2, n3: 2 },
  });
  await cluster.elect(N1);
  await cluster.elapse(100);
  expect(cluster.member(N1).state.commitIndex).toBe(4);
  expect(cluster.member(N3).applied.map((entry) => entry.term)).toEqual([1, 2, 2, 3]);
});

it('[LR8] §6.4: without its no-op a new leader could not know what is committed; with it, it knows at once', async () => {
  const cluster = await MiniCluster.start({ logs: { n1: [1, 1], n2: [1, 1], n3: [1, 1] } });
  await cluster.elect(N1);
  expect(cluster.member(N1).applied.map(({ data }) => data)).toEqual([
    '1 of term 1',
    '2 of term 1',
    NO_OP,
  ]);
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

it('[EL11] §3.6.3: a deposed leader commits nothing, and what it alone appended goes', async () => {
  const cluster = await MiniCluster.start({ logs: emptyLogs(5) });
  await cluster.elect(N1);
  await cluster.elapse(100);
  cluster.partition([N1, N2], [N3, N4, N5]);
  cluster.member(N1).propose('lost');
  await cluster.settle();
  cluster.favour(N3);
  await cluster.elapseUntil(() => cluster.member(N3).leads, 2_000);
  cluster.member(N3).propose('kept');
  await cluster.settle();
  expect(cluster.member(N1).applied.map(({ data }) => data)).not.toContain('lost');
  cluster.heal();
  await cluster.elapse(3_000);
  for (const member of cluster.up) {
    expect(member.applied.map(({ data }) => data)).toContain('kept');
    expect(member.entries.map(({ data }) => data)).not.toContain('lost');
  }
  expect(cluster.said.some(isA('AppendEntries'))).toBe(true);
});
