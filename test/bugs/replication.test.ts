/**
 * Replication (family B of the known bugs), on clusters of production nodes: repair, late messages, flow, as
 * far as no play tells of it. What the rules show best is in `replication-rules.test.ts`, what disks do in `disks.test.ts`.
 */
import { expect, it } from 'vitest';
import { index, term } from '../../src/core/types.ts';
import type { Said } from '../cluster/mini-cluster.ts';
import { type ClusterOptions, MiniCluster, ONE_ENTRY_A_MESSAGE } from '../cluster/mini-cluster.ts';
import { emptyLogs, N1, N2, N3 } from '../paper/names.ts';
import { append } from './messages.ts';

/** `n1` leads term 1 of three, and everyone holds its no-op. */
async function led(options: Partial<ClusterOptions> = {}): Promise<MiniCluster> {
  const cluster = await MiniCluster.start({ logs: emptyLogs(3), ...options });
  await cluster.elect(N1);
  await cluster.elapse(100);
  return cluster;
}

const isRefusal = ({ message }: Said): boolean =>
  message.type === 'AppendEntriesReply' && !message.result.accepted;
const dataOf = (entries: readonly { readonly data: string }[]) => entries.map(({ data }) => data);

it('[B13] one entry for each message still repairs a long foreign tail without going over it entry by entry', async () => {
  const foreign = [...Array<number>(10).fill(1), ...Array<number>(60).fill(2)];
  const own = [...Array<number>(10).fill(1), ...Array<number>(30).fill(3)];
  const cluster = await MiniCluster.start({
    logs: { n1: own, n2: own, n3: foreign },
    terms: { n3: 3 },
    limits: ONE_ENTRY_A_MESSAGE,
  });
  await cluster.elect(N1);
  await cluster.settle();
  expect(cluster.member(N3).entries).toEqual(cluster.member(N1).entries);
  const toThird = cluster.said.filter(
    ({ message, to }) => to === N3 && message.type === 'AppendEntries',
  );
  const missing = 31;
  expect(toThird.filter(({ runs }) => runs.length > 0).length).toBeLessThanOrEqual(missing + 3);
  expect(cluster.said.filter(isRefusal).length).toBeLessThanOrEqual(2);
});

it('[B14] a heartbeat to one that lags asks only for what it is known to hold, and its late refusal proves nothing', async () => {
  const cluster = await led();
  cluster.slowDisks.add(N3);
  for (let at = 0; at < 9; at += 1) {
    cluster.member(N1).propose(`${at}`);
    await cluster.settle();
  }
  const since = cluster.said.length;
  await cluster.elapse(200);
  const heartbeats = cluster.said
    .slice(since)
    .filter(({ runs, to }) => to === N3 && runs.length === 0)
    .map(({ message }) => (message.type === 'AppendEntries' ? message.prevLog.index : null));
  expect(new Set(heartbeats)).toEqual(new Set([1]));
  expect(cluster.member(N1).state.commitIndex).toBe(10);
  cluster.slowDisks.clear();
  await cluster.settle();
  const before = cluster.member(N1).replication(N3);
  const refusal = {
    accepted: false,
    lastIndex: index(1),
    hint: { term: term(1), index: index(1) },
  } as const;
  for (const prevIndex of [1, 3, 10]) {
    const reply = { type: 'AppendEntriesReply', term: term(1), round: 0, result: refusal } as const;
    const message = { ...reply, prevIndex: index(prevIndex) };
    await cluster.hand({ from: N3, to: N1, message, runs: [] });
  }
  expect(cluster.member(N1).replication(N3)).toEqual(before);
  expect(cluster.member(N1).error).toBeNull();
});

it('[B15] what is left of an earlier stream takes away nothing that a later one has committed', async () => {
  const cluster = await led();
  cluster.lose = ({ to }) => to === N3;
  cluster.member(N1).propose('a', 'b');
  await cluster.settle();
  cluster.lose = () => false;
  cluster.partition([N2, N3]);
  await cluster.elect(N2);
  cluster.member(N2).propose('c');
  await cluster.settle();
  await cluster.elapse(100);
  const { applied, entries } = cluster.member(N3);
  expect(dataOf(applied)).toContain('c');
  const earlier = cluster.said.filter(
    ({ message, to }) => to === N3 && message.type === 'AppendEntries',
  );
  const others = [
    append({ from: N1, to: N3 }, { of: 1, prev: [1, 1], terms: [1, 1, 1, 1] }),
    append({ from: N1, to: N3 }, { of: 1, prev: [0, 0], terms: [1] }),
  ];
  for (const each of [...others, ...earlier.toReversed(), ...earlier]) await cluster.hand(each);
  await cluster.settle();
  expect(cluster.member(N3).entries).toEqual(entries);
  expect(cluster.member(N3).disk.entries).toEqual(entries);
});

it('[B16] entries that were cut off while they waited for the disk never come back to it', async () => {
  for (const kept of [0, 1, 2]) {
    const cluster = await MiniCluster.start({
      logs: { n1: [1], n2: [1], n3: [1] },
      terms: { n1: 2 },
    });
    cluster.slowDisks.add(N1);
    await cluster.hand(append({ from: N2, to: N1 }, { of: 2, prev: [1, 1], terms: [2] }));
    await cluster.hand(append({ from: N2, to: N1 }, { of: 2, prev: [2, 2], terms: [2] }));
    await cluster.hand(append({ from: N3, to: N1 }, { of: 3, prev: [1, 1], terms: [3] }));
    await cluster.hand(append({ from: N3, to: N1 }, { of: 3, prev: [3, 2], terms: [3] }));
    for (let count = 0; count < kept; count += 1) cluster.member(N1).completeWrite();
    await cluster.crash(N1);
    expect(cluster.logs.n1).toBe(['1', '12', '133'][kept]);
    await cluster.start(N1);
    await cluster.elapse(50);
    await cluster.hand(append({ from: N3, to: N1 }, { of: 3, prev: [1, 1], terms: [3, 3] }));
    cluster.member(N1).completeWrite();
    expect(cluster.logs.n1).toBe('133');
  }
});
