/** More than a member can carry out, and for how long that lasts: on virtual time, with a state machine that is slow. */
import { expect, it } from 'vitest';
import type { CommittedCommand, StateMachine } from '../../src/ports/state-machine.ts';
import { VirtualCluster } from '../../src/testing/virtual-cluster.ts';
import { anotherLeader, ledVirtually } from '../cluster/virtual-scene.ts';

/** A state machine takes so long for each command, which are handed to it one by one. */
const APPLY_MS = 50;
const TIMEOUT_MS = 500;
const ONE_BY_ONE = { runBytesMax: 1, applyBytesMax: 1 };

/** Goodput is what was carried out in time; the others are counted by the code and what it says of a repetition. */
interface Tally {
  applied: number;
  readonly failures: Record<string, number>;
}

async function slowCluster(): Promise<VirtualCluster> {
  const scene: { cluster?: VirtualCluster } = {};
  const machine = (): StateMachine => ({
    apply: (batch: readonly CommittedCommand[]) =>
      new Promise((resolve) => {
        scene.cluster?.clock.setTimeout(() => resolve(batch.map(() => null)), APPLY_MS);
      }),
  });
  scene.cluster = new VirtualCluster(1, { machine, limits: ONE_BY_ONE });
  await scene.cluster.boot('n1');
  await scene.cluster.leader();
  return scene.cluster;
}

/** Offers a command each so many milliseconds, whatever became of those before, for so long. */
async function offer(cluster: VirtualCluster, everyMs: number, forMs: number): Promise<Tally> {
  const tally: Tally = { applied: 0, failures: {} };
  const { node } = cluster.member('n1');
  for (let passed = 0; passed < forMs; passed += everyMs) {
    node.submit(new Uint8Array(9), { timeoutMs: TIMEOUT_MS }, (outcome) => {
      if (outcome.type === 'applied') tally.applied += 1;
      else tally.failures[outcome.error.retry] = (tally.failures[outcome.error.retry] ?? 0) + 1;
    });
    await cluster.pass(everyMs);
  }
  return tally;
}

it.each([
  { times: 2, atLeast: 0.9 },
  { times: 4, atLeast: 0.9 },
  { times: 10, atLeast: 0.33 },
])(
  '[SP11] [L17] at $times times the load that it can bear it carries out at least $atLeast of what it can, and all that comes soon after',
  async ({ times, atLeast }) => {
    const cluster = await slowCluster();
    for (const _round of [1, 2, 3]) {
      const { applied } = await offer(cluster, APPLY_MS / times, 10_000);
      expect(applied).toBeGreaterThanOrEqual((atLeast * 10_000) / APPLY_MS);
    }
    await offer(cluster, 2 * APPLY_MS, 3_000);
    const { failures } = await offer(cluster, 2 * APPLY_MS, 4_000);
    expect(failures).toEqual({});
  },
);

it('[SP11] a leader that lost what it had appended is not held up by it afterwards', async () => {
  const scene = await ledVirtually();
  const { cluster, leader } = scene;
  cluster.isolate(leader.id);
  for (let at = 0; at < 20; at += 1) {
    leader.node.submit(new Uint8Array(9), { timeoutMs: 100 }, () => {});
    await cluster.pass(5);
  }
  await anotherLeader(scene);
  const { lastIndex } = leader.node.status();
  cluster.mend(leader.id);
  await cluster.until('its entries to be replaced', () => leader.node.status().role === 'follower');
  await cluster.pass(5_000);
  expect(leader.node.status().lastIndex).toBeLessThan(lastIndex);
  expect(await cluster.submit(leader.id, 'later')).toMatchObject({ type: 'applied' });
});
