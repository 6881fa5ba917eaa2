/** §3.3 and §3.4, as far as no play tells of it: terms as a clock, and how a leader is elected. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nodeId } from '../../src/core/types.ts';
import { MiniCluster } from '../../src/testing/mini-cluster/mini-cluster.ts';
import { askVote, entryId, isA } from '../cluster/messages.ts';
import { emptyLogs, led, underChance } from '../cluster/scenes.ts';
import { N1, N2, N3 } from '../machines/harness.ts';

it('[EL2] §3.3: a newer term spreads with any exchange, and is never unlearnt', async () => {
  const cluster = await MiniCluster.start({ logs: emptyLogs(3), terms: { n1: 2, n2: 9, n3: 4 } });
  await cluster.elapse(3_000);
  const newest = cluster.leader?.state.term ?? 0;
  expect(newest).toBeGreaterThan(9);
  expect(cluster.up.map(({ state }) => state.term)).toEqual([newest, newest, newest]);
});

it('[EL2] [EL12] §3.3: as long as heartbeats arrive nobody campaigns: followers ask nothing, they only answer', async () => {
  const cluster = await led();
  const since = cluster.said.length;
  cluster.favour(N2, N3);
  await cluster.elapse(20_000);
  const byFollowers = cluster.said.slice(since).filter(({ from }) => from !== N1);
  expect(byFollowers.length).toBeGreaterThan(100);
  expect(byFollowers.every(isA('AppendEntriesReply'))).toBe(true);
  expect(cluster.leaders.size).toBe(1);
});

it('[EL12] §3.4: a follower that hears nothing for its election timeout campaigns', async () => {
  const cluster = await led();
  cluster.favour(N2);
  await cluster.crash(N1);
  const took = await cluster.elapseUntil(() => cluster.leader?.id === N2, 1_000);
  expect(took).toBeGreaterThanOrEqual(300 - 50);
  expect(took).toBeLessThanOrEqual(300);
});

it('[EL3] §3.4: a server votes once in a term, for whoever asks first', async () => {
  const cluster = await MiniCluster.start({ logs: emptyLogs(3) });
  for (const from of [N2, N3, N2]) await cluster.bring(askVote({ from, to: N1 }, 4, entryId(0, 0)));
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

it('[EL12] §3.4: timeouts that are drawn anew resolve split votes quickly, however long messages take', async () => {
  const took: number[] = [];
  await fc.assert(
    fc.asyncProperty(fc.nat(), async (start) => {
      const cluster = await underChance(start, 5, 10);
      took.push(await cluster.elapseUntil(() => cluster.leader !== null, 6_000));
    }),
    { numRuns: 100 },
  );
  took.sort((left, right) => left - right);
  expect(took[Math.floor(took.length * 0.9)]).toBeLessThan(1_200);
});

it('[EL5] [B11] §3.4: every size from one to seven elects with the smallest majority, and not with one less', async () => {
  for (let size = 1; size <= 7; size += 1) {
    const majority = Math.floor(size / 2) + 1;
    const names = Object.keys(emptyLogs(size)).map(nodeId);
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
