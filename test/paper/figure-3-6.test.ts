/** Figure 3.6 (Figure 7 of the paper): a new leader meets six logs that differ from its own in every way. */
import { expect, it } from 'vitest';
import { MiniCluster } from '../cluster/mini-cluster.ts';
import { N1, nodeIds } from './names.ts';

const digits = (log: string): readonly number[] => [...log].map(Number);

/** The leader, then (a) to (f): entries missing, entries too many, and both at once. */
const LOGS = {
  n1: digits('1114455666'),
  n2: digits('111445566'),
  n3: digits('1114'),
  n4: digits('11144556666'),
  n5: digits('111445566677'),
  n6: digits('1114444'),
  n7: digits('11122233333'),
};
const TERMS = Object.fromEntries(Object.keys(LOGS).map((id) => [id, 7]));

async function electFirst(): Promise<MiniCluster> {
  const cluster = await MiniCluster.start({ logs: LOGS, terms: TERMS });
  await cluster.elect(N1);
  return cluster;
}

it('[LR7] [B1] §3.5, Figure 3.6: every follower ends with exactly the log of the leader', async () => {
  const cluster = await electFirst();
  expect(cluster.member(N1).state.term).toBe(8);
  await cluster.elapse(200);
  const all = Object.fromEntries(cluster.ids.map((id) => [id, '11144556668']));
  expect(cluster.logs).toEqual(all);
  expect(cluster.up.map((member) => member.applied.length)).toEqual(Array(7).fill(11));
});

it('[LR7] [B1] §3.5, Figure 3.6: the search skips whole terms: one refused probe for each that differs, and one more', async () => {
  const cluster = await electFirst();
  await cluster.elapse(200);
  const refusals = nodeIds('n2', 'n3', 'n4', 'n5', 'n6', 'n7').map((id) => {
    return cluster.saidBy(id, 'AppendEntriesReply').filter(({ result }) => !result.accepted).length;
  });
  expect(refusals).toEqual([1, 1, 0, 0, 1, 1]);
});

it('[EL1] §3.6.1, Figure 3.6: only those vote for the leader whose own log does not end later', async () => {
  const cluster = await electFirst();
  const granted = nodeIds('n2', 'n3', 'n4', 'n5', 'n6', 'n7').filter((id) =>
    cluster.saidBy(id, 'RequestVoteReply').some((reply) => reply.granted),
  );
  expect(granted).toEqual(nodeIds('n2', 'n3', 'n6', 'n7'));
});

it('[LR14] §3.5, Figure 3.6: the leader itself removes and rewrites nothing', async () => {
  const cluster = await electFirst();
  const before = cluster.member(N1).entries;
  await cluster.elapse(500);
  expect(cluster.member(N1).entries.slice(0, before.length)).toEqual(before);
});
