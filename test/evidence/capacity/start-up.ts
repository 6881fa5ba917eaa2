/** A node with many keys is ended and started again: how long until it answers a linearizable read. */
import { eventually, ProcessCluster } from '../../processes/process-cluster.ts';
import { quantile } from '../../processes/quantile.ts';
import { atMost, type Finding, told } from './finding.ts';
import { progressOf } from './screen-line.ts';
import type { Sizes } from './sizes.ts';
import { keyAt, writeKeys } from './writing.ts';

const GOAL_MS = 1_000;
const STARTS = 5;
const VALUE_BYTES = 256;
const PATIENCE_MS = 60_000;

export async function measureStartUp({ keys }: Sizes): Promise<readonly Finding[]> {
  await using cluster = await ProcessCluster.start(1);
  await writeKeys(cluster.endpoints, { prefix: 'key', count: keys, valueBytes: VALUE_BYTES });
  const starts: Start[] = [];
  const progress = progressOf('starts', STARTS);
  while (starts.length < STARTS) {
    await cluster.kill('n1', 'SIGTERM');
    starts.push(await startOf(cluster, keyAt('key', keys - 1)));
    progress(starts.length);
  }
  const [tookMs, usedMs] = [starts.map(({ took }) => took), starts.map(({ used }) => used)];
  return [
    atMost(GOAL_MS, [
      `${keys} keys: first read, median of ${STARTS} starts`,
      quantile(tookMs, 0.5),
      'ms',
    ]),
    told('the slowest of them', quantile(tookMs, 1), 'ms'),
    told('processor time until then, median', quantile(usedMs, 0.5), 'ms'),
  ];
}

interface Start {
  readonly took: number;
  readonly used: number;
}

async function startOf(cluster: ProcessCluster, key: string): Promise<Start> {
  const begun = performance.now();
  cluster.run('n1');
  const url = `${cluster.member('n1').url}/kv/${encodeURIComponent(key)}`;
  await eventually(PATIENCE_MS, 'the first read', async () => {
    const answer = await fetch(url).catch(() => null);
    await answer?.arrayBuffer();
    return answer?.status === 200;
  });
  return { took: performance.now() - begun, used: cluster.processorMs('n1') };
}
