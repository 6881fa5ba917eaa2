/** §3.9 and §9.6, as far as no play tells of it: a steady leader, and a new one when it is gone. */
import { expect, it } from 'vitest';
import { SeededRandom } from '../../src/testing/simulation/runtime/random.ts';
import { led, underChance } from '../cluster/scenes.ts';
import { N1, N2, N3 } from '../machines/harness.ts';

it('[EL12] §3.9: while messages take far less than an election timeout, one leader stays', async () => {
  for (let seed = 1; seed <= 4; seed += 1) {
    const cluster = await underChance(seed, 5, 20);
    await cluster.elapseUntil(() => cluster.leader !== null, 3_000);
    const leader = cluster.leader?.id;
    await cluster.elapse(5_000);
    expect(cluster.leaders.size).toBe(1);
    expect(cluster.leader?.id).toBe(leader);
  }
});

it('[EL12] §3.9: a crashed leader is replaced within a few election timeouts', async () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const cluster = await underChance(seed, 5, 10);
    await cluster.elapseUntil(() => cluster.leader !== null, 3_000);
    await cluster.elapse(500);
    await cluster.crash(cluster.leader?.id ?? N1);
    await cluster.elapseUntil(() => cluster.leader?.servesReads === true, 5 * 600);
  }
});

it('[EL9] own: when the links of a dead leader close, its successor is there within a fraction of a timeout', async () => {
  const cluster = await led(3, { latencyMs: () => 1 });
  cluster.favour();
  await cluster.crash(N1);
  await cluster.elapse(5);
  for (const id of [N2, N3]) await cluster.disconnect(id, N1);
  expect(await cluster.elapseUntil(() => cluster.leader !== null, 3_000)).toBeLessThan(60);
  expect(cluster.leader?.id).toBe(N2);
});

it('[EL6] [A16] §9.6: a leader that lost its lead can be elected again by one that still hears it', async () => {
  const cluster = await led(3, { diskStallMs: 60 });
  await cluster.crash(N3);
  cluster.slowDisks.add(N1);
  cluster.member(N1).propose('x');
  await cluster.elapse(60);
  cluster.slowDisks.clear();
  expect(cluster.member(N1).leads).toBe(false);
  expect(cluster.member(N2).path).toBe('follower.loyal');
  cluster.favour(N1);
  await cluster.elapseUntil(() => cluster.member(N1).leads, 2_000);
  expect(cluster.member(N1).state.term).toBe(2);
});

it('[EL12] §3.9: while one message in ten is lost there is still a leader nearly all the time', async () => {
  const cluster = await underChance(7, 3, 5);
  const random = new SeededRandom('losses');
  await cluster.elapse(3_000);
  cluster.lose = () => random.chance(0.1);
  let led = 0;
  for (let second = 0; second < 60; second += 1) {
    await cluster.elapse(500);
    if (cluster.leader !== null) led += 1;
  }
  expect(led).toBeGreaterThan(55);
  expect(cluster.leaders.size).toBeLessThan(5);
});
