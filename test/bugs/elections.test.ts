/**
 * Elections, terms and votes (family A of the known bugs): each test sets up what broke another
 * implementation and says what has to come of it, as far as no play tells of it. Those about who is who are in `identities.test.ts`.
 */
import { expect, it } from 'vitest';
import { MiniCluster } from '../../src/testing/mini-cluster/mini-cluster.ts';
import { SeededRandom } from '../../src/testing/simulation/runtime/random.ts';
import { append, askVote, entryId } from '../cluster/messages.ts';
import { emptyLogs } from '../cluster/scenes.ts';
import { N1, N2 } from '../machines/harness.ts';

it('[A22] catching up on old entries takes no term back, and a refusal carries the term just learnt', async () => {
  const logs = { n1: [1], n2: [1, 1, 2, 2], n3: [1] };
  const cluster = await MiniCluster.start({ logs, terms: { n1: 5 } });
  const way = { from: N2, to: N1 };
  await cluster.bring(append(way, { of: 5, prev: [1, 1], terms: [1, 2, 2] }));
  await cluster.settle();
  expect(cluster.logs.n1).toBe('1122');
  expect(cluster.member(N1).state.term).toBe(5);
  expect(cluster.saidBy(N1, 'AppendEntriesReply')).toMatchObject([{ term: 5 }]);
  expect(cluster.member(N1).disk.hardState).toEqual({ term: 5, votedFor: null });
  const other = await MiniCluster.start({ logs: { n1: [1], n2: [] }, terms: { n1: 5 } });
  await other.bring(askVote(way, 9, entryId(0, 0)));
  await other.settle();
  expect(other.saidBy(N1, 'RequestVoteReply')).toEqual([
    { type: 'RequestVoteReply', term: 9, granted: false },
  ]);
  expect(other.member(N1).disk.hardState).toEqual({ term: 9, votedFor: null });
});

/**
 * Five that start at the same instant, are held up for a second, and may have one split vote after the other; until one
 * leads, or six seconds later.
 */
async function startedTogether(draw: () => number): Promise<MiniCluster> {
  const cluster = await MiniCluster.start({ logs: emptyLogs(5), latencyMs: () => 5, draw });
  cluster.lose = () => true;
  await cluster.elapse(1_000);
  cluster.lose = () => false;
  for (let passed = 0; cluster.leader === null && passed < 6_000; passed += 100) {
    await cluster.elapse(100);
  }
  return cluster;
}

it('[A24] members that start at one instant and stall together do not stay in step', async () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const random = new SeededRandom(seed);
    const cluster = await startedTogether(() => random.next());
    expect(cluster.leader?.state.term ?? Number.POSITIVE_INFINITY, `seed ${seed}`).toBeLessThan(4);
  }
  expect((await startedTogether(() => 0.5)).leader, 'all drawing the same').toBeNull();
});
