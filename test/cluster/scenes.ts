/** How the clusters of tests begin: with empty logs, with a leader that all know, or under chance. */

import { type ClusterOptions, MiniCluster } from '../../src/testing/mini-cluster/mini-cluster.ts';
import { SeededRandom } from '../../src/testing/simulation/runtime/random.ts';
import { N1 } from '../machines/harness.ts';

/** Empty logs for that many members: `n1`, `n2`, … */
export function emptyLogs(count: number): Readonly<Record<string, readonly number[]>> {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [`n${at + 1}`, []]));
}

/** `n1` leads term 1, and everyone holds its no-op. */
export async function led(size = 3, options: Partial<ClusterOptions> = {}): Promise<MiniCluster> {
  const cluster = await MiniCluster.start({ logs: emptyLogs(size), ...options });
  await cluster.elect(N1);
  await cluster.elapse(100);
  return cluster;
}

/** Timeouts are drawn, and each message takes between one millisecond and this many. */
export function underChance(
  seed: string | number,
  size: number,
  latencyMaxMs: number,
): Promise<MiniCluster> {
  const random = new SeededRandom(seed);
  return MiniCluster.start({
    logs: emptyLogs(size),
    latencyMs: () => random.between(1, latencyMaxMs),
    draw: () => random.next(),
  });
}
