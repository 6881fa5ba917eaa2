/** §3.5: how the log is replicated. */
import { expect, it } from 'vitest';
import type { Message } from '../../src/core/message.ts';
import { index, term } from '../../src/core/types.ts';
import { NO_OP, runsOf } from '../cluster/entries.ts';
import { MiniCluster } from '../cluster/mini-cluster.ts';
import { emptyLogs, isA, N1, N2, N3, N4, N5 } from './names.ts';

/** `n1` leads term 1 and everyone holds its no-op. */
async function led(size: number): Promise<MiniCluster> {
  const cluster = await MiniCluster.start({ logs: emptyLogs(size) });
  await cluster.elect(N1);
  await cluster.elapse(100);
  return cluster;
}

const dataOf = (entries: readonly { readonly data: string }[]): readonly string[] =>
  entries.map(({ data }) => data).filter((data) => data !== NO_OP);

it('[LR9] §3.5: a command is appended by the leader, sent to all others, and applied everywhere once committed', async () => {
  const cluster = await led(5);
  cluster.member(N1).propose('set x to 3', 'set y to 5');
  expect(dataOf(cluster.member(N1).entries)).toEqual(['set x to 3', 'set y to 5']);
  expect(dataOf(cluster.member(N1).applied)).toEqual([]);
  expect(cluster.network.map(({ to }) => to)).toEqual([N2, N3, N4, N5]);
  await cluster.elapse(20);
  for (const member of cluster.up)
    expect(dataOf(member.applied)).toEqual(['set x to 3', 'set y to 5']);
});

it('[CM1] §3.5: a majority is enough; slow and crashed followers hold up nobody', async () => {
  const cluster = await led(5);
  await cluster.crash(N4);
  cluster.slowDisks.add(N5);
  cluster.member(N1).propose('x');
  await cluster.settle();
  expect(dataOf(cluster.member(N1).applied)).toEqual(['x']);
  expect(cluster.member(N5).disk.isWriting).toBe(true);
});

it('[CM1] §3.5: without a majority nothing is committed, however long it takes', async () => {
  const cluster = await led(5);
  for (const id of [N3, N4, N5]) await cluster.crash(id);
  cluster.member(N1).propose('x');
  await cluster.elapse(400);
  expect(dataOf(cluster.member(N1).applied)).toEqual([]);
  expect(dataOf(cluster.member(N2).applied)).toEqual([]);
});

it('[LR12] §3.5: a leader tries for ever until every follower holds every entry, also after the command was answered', async () => {
  const cluster = await led(3);
  await cluster.crash(N3);
  cluster.member(N1).propose('x');
  await cluster.elapse(60_000);
  expect(dataOf(cluster.member(N1).applied)).toEqual(['x']);
  await cluster.start(N3);
  await cluster.elapse(200);
  expect(dataOf(cluster.member(N3).applied)).toEqual(['x']);
});

it('[CM3] §3.5: followers learn what is committed from later messages, heartbeats too, and apply in log order', async () => {
  const cluster = await led(3);
  cluster.member(N1).propose('a', 'b', 'c');
  await cluster.deliver(isA('AppendEntries'));
  cluster.drop(({ to }) => to === N2);
  for (const member of cluster.up) member.completeWrite();
  expect(dataOf(cluster.member(N2).applied)).toEqual([]);
  cluster.lose = ({ message, to }) =>
    to === N2 && message.type === 'AppendEntries' && message.commitIndex > 1;
  await cluster.settle();
  expect(dataOf(cluster.member(N1).applied)).toEqual(['a', 'b', 'c']);
  expect(dataOf(cluster.member(N2).applied)).toEqual([]);
  cluster.lose = () => false;
  await cluster.elapse(50);
  expect(dataOf(cluster.member(N2).applied)).toEqual(['a', 'b', 'c']);
});

it('[CM1] §3.5: what a leader commits brings all earlier entries with it, those of earlier leaders too', async () => {
  const cluster = await MiniCluster.start({ logs: { n1: [1, 1, 2], n2: [1, 1, 2], n3: [1] } });
  await cluster.elect(N1);
  expect(cluster.member(N1).applied.map((entry) => entry.term)).toEqual([1, 1, 2, 3]);
  await cluster.elapse(100);
  expect(cluster.member(N3).applied).toEqual(cluster.member(N1).applied);
});

it('[LR2] §3.5: a follower takes entries only behind one that it has with the same index and term', async () => {
  const cluster = await MiniCluster.start({
    logs: { n1: [1, 2], n2: [1, 2, 2] },
    terms: { n1: 3 },
  });
  const prevLog = { term: term(2), index: index(3) };
  const message: Message = {
    type: 'AppendEntries',
    term: term(3),
    prevLog,
    lastIndex: index(4),
    commitIndex: index(0),
    round: 0,
  };
  const runs = runsOf(4, [{ term: term(3), data: 'x' }]);
  await cluster.hand({ from: N2, to: N1, message, runs });
  expect(cluster.logs.n1).toBe('12');
  expect(cluster.saidBy(N1, 'AppendEntriesReply')[0]?.result).toEqual({
    accepted: false,
    lastIndex: 2,
    hint: { term: 2, index: 2 },
  });
});

it('[LR7] §3.5: a follower that lacks entries, has others, or both, ends with the log of the leader', async () => {
  const logs = { n1: [1, 1, 2, 4], n2: [1], n3: [1, 1, 3, 3, 3], n4: [1, 1, 2, 4] };
  const cluster = await MiniCluster.start({ logs, terms: { n1: 4, n2: 4, n3: 4, n4: 4 } });
  await cluster.elect(N1);
  await cluster.elapse(100);
  expect(new Set(Object.values(cluster.logs))).toEqual(new Set(['11245']));
});

it('[LR10] §3.5: a new leader begins at the end of its own log and goes back only where it is refused', async () => {
  const cluster = await MiniCluster.start({
    logs: { n1: [1, 1, 2, 2], n2: [1, 1, 2, 2], n3: [1] },
    terms: { n1: 2, n2: 2, n3: 2 },
  });
  await cluster.elect(N1);
  const probes = (to: string) =>
    cluster.said
      .filter((each) => each.to === to && each.runs.length > 0)
      .map(({ message }) => message.type === 'AppendEntries' && message.prevLog.index);
  expect(probes(N2)).toEqual([4]);
  expect(probes(N3).slice(0, 2)).toEqual([4, 1]);
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
  const cluster = await MiniCluster.start({ logs: emptyLogs(5), latencyMs: () => 5 });
  await cluster.elect(N1);
  await cluster.elapse(200);
  cluster.member(N1).propose('x');
  expect(
    await cluster.elapseUntil(() => dataOf(cluster.member(N1).applied).length === 1, 100),
  ).toBe(10);
});

it('[LR3] [B2] §3.5: a repeated message changes nothing: the log keeps all that was acknowledged', async () => {
  const cluster = await led(3);
  cluster.member(N1).propose('a');
  await cluster.settle();
  const early = cluster.said.filter(({ runs, to }) => to === N2 && runs.length > 0);
  cluster.member(N1).propose('b', 'c', 'd');
  await cluster.settle();
  const { entries } = cluster.member(N2);
  for (const envelope of [...early, ...early]) await cluster.hand(envelope);
  await cluster.crash(N2);
  cluster.lose = () => true;
  expect((await cluster.start(N2)).entries).toEqual(entries);
});

it('[LR3] [B4] §3.5: with a conflicting entry everything behind it goes as well', async () => {
  const cluster = await MiniCluster.start({
    logs: { n1: [1, 1, 1, 3], n2: [1, 1, 1, 2, 2], n3: [1, 1, 1, 3] },
    terms: { n1: 3, n2: 3, n3: 3 },
  });
  await cluster.elect(N1);
  await cluster.elapse(100);
  expect(cluster.logs.n2).toBe('11134');
});

it('[LR4] [B7] §3.5: acknowledgements that arrive in the wrong order lower nothing', async () => {
  const cluster = await led(3);
  cluster.member(N1).propose('a');
  await cluster.deliver(isA('AppendEntries'));
  for (const id of [N2, N3]) cluster.member(id).completeWrite();
  const first = cluster.network.filter(({ from }) => from === N2);
  cluster.drop();
  cluster.member(N1).propose('b');
  await cluster.settle();
  const match = cluster.member(N1).state.matchIndex[N2];
  expect(match).toBe(3);
  for (const envelope of first) await cluster.hand(envelope);
  expect(cluster.member(N1).state.matchIndex[N2]).toBe(3);
  expect(cluster.member(N1).replication(N2)).toMatchObject({ matchIndex: 3, nextIndex: 4 });
});

it('[LR5] [B8] §3.5: an old refusal, repeated, does not send the leader back', async () => {
  const cluster = await MiniCluster.start({
    logs: { n1: [1, 1, 1], n2: [1, 1, 1], n3: [1] },
    terms: { n3: 1 },
  });
  await cluster.elect(N1);
  await cluster.elapse(100);
  const refusals = cluster.said.filter(
    ({ message }) => message.type === 'AppendEntriesReply' && !message.result.accepted,
  );
  expect(refusals.length).toBeGreaterThan(0);
  const before = cluster.member(N1).replication(N3);
  const said = cluster.said.length;
  for (const envelope of [...refusals, ...refusals, ...refusals]) await cluster.hand(envelope);
  expect(cluster.member(N1).replication(N3)).toEqual(before);
  expect(cluster.said.length).toBe(said);
});

it('[LR11] [B12] §3.5: what is under way to a follower is bounded, and none of it is left once all is answered', async () => {
  const cluster = await led(3);
  cluster.slowDisks.add(N3);
  for (let at = 0; at < 20; at += 1) {
    cluster.member(N1).propose(`${at}`);
    await cluster.settle();
  }
  expect(cluster.member(N1).replication(N3)?.inflight).toHaveLength(2);
  expect(cluster.member(N1).replicationPath(N3)).toBe('replicate.awaiting.room');
  expect(dataOf(cluster.member(N1).applied)).toHaveLength(20);
  cluster.slowDisks.clear();
  await cluster.settle();
  expect(cluster.member(N1).replication(N3)).toMatchObject({
    inflight: [],
    inflightBytes: 0,
    matchIndex: 21,
  });
  expect(cluster.member(N3).entries).toEqual(cluster.member(N1).entries);
});

it('[LR12] [H4] §3.5: entries that were lost with a link are sent again when it is back', async () => {
  const cluster = await led(3);
  cluster.member(N1).propose('a');
  cluster.drop(({ to }) => to === N3);
  await cluster.settle();
  expect(dataOf(cluster.member(N3).entries)).toEqual([]);
  await cluster.reconnect(N1, N3);
  await cluster.elapse(60);
  expect(dataOf(cluster.member(N3).applied)).toEqual(['a']);
});

it('[LR7] §3.5: an entry lost in the middle of the stream is noticed by the next, and sent again', async () => {
  const cluster = await led(3);
  cluster.member(N1).propose('a');
  cluster.drop(({ to }) => to === N3);
  cluster.member(N1).propose('b');
  await cluster.settle();
  expect(dataOf(cluster.member(N3).entries)).toEqual(['a', 'b']);
});

it('[CM3] [C2] §3.5: a heartbeat with a high commit index commits nothing that it did not prove to match', async () => {
  const cluster = await MiniCluster.start({
    logs: { n1: [1, 1, 1], n2: [1, 1] },
    terms: { n1: 2 },
    unchecked: ['S09'],
  });
  const prevLog = { term: term(1), index: index(2) };
  const message: Message = {
    type: 'AppendEntries',
    term: term(2),
    prevLog,
    lastIndex: index(2),
    commitIndex: index(9),
    round: 0,
  };
  await cluster.hand({ from: N2, to: N1, message, runs: [] });
  expect(cluster.member(N1).state.commitIndex).toBe(2);
  expect(cluster.member(N1).entries).toHaveLength(3);
});
