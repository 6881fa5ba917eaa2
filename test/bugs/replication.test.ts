/**
 * Replication (family B of the known bugs), on clusters of bound charts: repair, late and repeated messages,
 * flow. What the rules show best is in `replication-rules.test.ts`, what disks do in `disks.test.ts`.
 */
import { expect, it } from 'vitest';
import { PROGRESS_TIMEOUT_MS } from '../../src/core/limits.ts';
import { index, term } from '../../src/core/types.ts';
import { entriesIn } from '../cluster/entries.ts';
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
const logOf = (digits: string) => [...digits].map(Number);

it('[B1] every kind of divergence is repaired with one refused probe for each term that differs, at most', async () => {
  const logs = {
    n1: '1114455666',
    n2: '111445566',
    n3: '1114',
    n4: '11144556666',
    n5: '111445567777',
    n6: '1114444',
    n7: '11122233333',
  };
  const cluster = await MiniCluster.start({
    logs: Object.fromEntries(Object.entries(logs).map(([id, log]) => [id, logOf(log)])),
    terms: { n1: 7 },
  });
  await cluster.elect(N1);
  await cluster.elapse(500);
  expect(new Set(Object.values(cluster.logs))).toEqual(new Set(['11144556668']));
  const refusals = cluster.ids.map(
    (id) => cluster.said.filter((each) => each.from === id).filter(isRefusal).length,
  );
  expect(refusals).toEqual([0, 1, 1, 0, 1, 1, 1]);
});

it('[B2] an old message that arrives again, just before a crash, takes nothing off the disk', async () => {
  const cluster = await led();
  for (const batch of [['2'], ['3'], ['4', '5', '6'], ['7', '8'], ['9', '10']]) {
    cluster.member(N1).propose(...batch);
    await cluster.settle();
  }
  const [old] = cluster.said.filter(({ message, runs, to }) => {
    return to === N2 && message.type === 'AppendEntries' && entriesIn(runs).length === 3;
  });
  expect(old?.message).toMatchObject({ prevLog: { index: 3 }, lastIndex: 6 });
  if (old !== undefined) await cluster.hand(old);
  await cluster.crash(N2, { isWritten: true });
  expect(dataOf((await cluster.start(N2)).entries).slice(1)).toEqual([
    '2',
    '3',
    '4',
    '5',
    '6',
    '7',
    '8',
    '9',
    '10',
  ]);
});

it('[B4] with the entry that conflicts, everything behind it goes', async () => {
  const cluster = await MiniCluster.start({
    logs: { n1: [1, 1, 1, 2, 2], n2: [1, 1, 1, 3], n3: [] },
    terms: { n1: 3 },
  });
  await cluster.hand(append({ from: N2, to: N1 }, { of: 3, prev: [1, 3], terms: [3] }));
  expect(cluster.member(N1).disk.isWriting).toBe(true);
  await cluster.settle();
  expect(cluster.logs.n1).toBe('1113');
  expect(cluster.member(N1).disk.hardState.term).toBe(3);
});

it('[B8] old refusals, however often they come, neither move a leader back nor keep it from going on', async () => {
  const cluster = await MiniCluster.start({
    logs: { n1: logOf('11223344'), n2: logOf('11223344'), n3: logOf('111') },
    terms: { n3: 4 },
  });
  await cluster.elect(N1);
  await cluster.settle();
  const refusals = cluster.said.filter(isRefusal);
  expect(refusals.length).toBeGreaterThan(0);
  const before = cluster.member(N1).replication(N3);
  expect(before).toMatchObject({ matchIndex: 9, nextIndex: 10 });
  for (let times = 0; times < 5; times += 1) for (const each of refusals) await cluster.hand(each);
  expect(cluster.network).toEqual([]);
  expect(cluster.member(N1).replicationPath(N3)).toBe('replicate.caughtUp');
  expect(cluster.member(N1).replication(N3)).toEqual(before);
  cluster.member(N1).propose('x');
  for (const each of refusals) await cluster.hand(each);
  await cluster.settle();
  expect(cluster.member(N1).replication(N3)).toMatchObject({ matchIndex: 10, nextIndex: 11 });
});

it('[B9] a write that completes after its entry was replaced, twice, acknowledges neither successor', async () => {
  const cluster = await MiniCluster.start({
    logs: { n1: [1], n2: [1], n3: [1] },
    terms: { n1: 2 },
  });
  cluster.slowDisks.add(N1);
  const member = cluster.member(N1);
  const accepted: number[] = [];
  const held: number[] = [];
  const complete = (): void => {
    member.completeWrite();
    held.push(member.state.durableIndex);
    accepted.push(cluster.saidBy(N1, 'AppendEntriesReply').length);
  };
  for (const [from, of] of [
    [N2, 2],
    [N3, 3],
    [N2, 4],
  ] as const) {
    await cluster.hand(append({ from, to: N1 }, { of, prev: [1, 1], terms: [of] }));
    if (of === 3) complete();
  }
  complete();
  complete();
  expect(held).toEqual([1, 1, 2]);
  expect(accepted).toEqual([0, 0, 1]);
  expect(cluster.logs.n1).toBe('14');
  expect(cluster.saidBy(N1, 'AppendEntriesReply')[0]).toMatchObject({
    term: 4,
    result: { matchIndex: 2 },
  });
});

it('[B9] a leader counts no acknowledgement of an earlier leadership', async () => {
  const cluster = await led();
  cluster.lose = ({ to }) => to === N3;
  cluster.member(N1).propose('a');
  await cluster.settle();
  const old = cluster.said.filter(
    ({ from, message }) => from === N2 && message.type === 'AppendEntriesReply',
  );
  cluster.lose = () => false;
  await cluster.crash(N1);
  await cluster.elect(N2);
  await cluster.start(N1);
  await cluster.elapse(100);
  await cluster.crash(N2);
  await cluster.elect(N1);
  const before = cluster.member(N1).state;
  expect(before).toMatchObject({ term: 3, matchIndex: { n2: 0 } });
  expect(old.at(-1)?.message).toMatchObject({ term: 1, result: { matchIndex: 2 } });
  for (const each of old) await cluster.hand(each);
  expect(cluster.member(N1).state).toEqual(before);
});

it('[B12] a full window that is lost as a whole fills again by itself, and all of it comes back to zero', async () => {
  const cluster = await led();
  cluster.lose = ({ from, to }) => from === N3 || to === N3;
  for (let at = 0; at < 20; at += 1) {
    cluster.member(N1).propose(`${at}`);
    await cluster.settle();
  }
  expect(cluster.member(N1).replicationPath(N3)).toBe('replicate.awaiting.room');
  cluster.lose = () => false;
  cluster.favour(N1);
  await cluster.elapse(PROGRESS_TIMEOUT_MS + 200);
  expect(cluster.member(N1).replication(N3)).toMatchObject({
    matchIndex: cluster.member(N1).state.log.lastIndex,
    inflight: [],
    inflightBytes: 0,
  });
  expect(cluster.member(N3).applied).toEqual(cluster.member(N1).applied);
});

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
