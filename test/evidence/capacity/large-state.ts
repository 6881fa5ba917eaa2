/** Many keys under load, and every member is told to take a snapshot meanwhile: nobody loses the lead, and puts go on. */
import { DEFAULT_TIMING } from '../../../src/rules/timing.ts';
import { ProcessCluster } from '../../processes/process-cluster.ts';
import { MemoryWatch } from '../memory.ts';
import { atMost, type Finding, told } from './finding.ts';
import { say } from './screen-line.ts';
import type { Sizes } from './sizes.ts';
import { latenciesOf, writeKeys } from './writing.ts';

const VALUE_BYTES = 500;
const RESIDENT_MIB_MAX = 1.5 * 1024;
/** Puts that go on while snapshots are taken, as a part of those before. */
const PUTS_BESIDE = 5;

export async function measureLargeState({ largeKeys }: Sizes): Promise<readonly Finding[]> {
  await using cluster = await ProcessCluster.start(3);
  const memory = new MemoryWatch(cluster.pids());
  const begun = await termOf(cluster);
  const filling = { prefix: 'key', count: largeKeys, valueBytes: VALUE_BYTES };
  const filled = latenciesOf(await writeKeys(cluster.endpoints, filling));
  const beside = { ...filling, count: Math.ceil(largeKeys / PUTS_BESIDE) };
  const writing = writeKeys(cluster.endpoints, beside);
  const tooks: number[] = [];
  for (const { url } of cluster.members) tooks.push(await snapshotAt(url));
  const besides = latenciesOf(await writing);
  const elections = (await termOf(cluster)) - begun;
  memory.stop();
  const goal = DEFAULT_TIMING.electionTimeoutMinMs;
  return [
    atMost(0, [`${largeKeys} keys of ${VALUE_BYTES} bytes: elections`, elections, '']),
    atMost(goal, ['p99 of puts while they are written', filled[1], 'ms']),
    told('the slowest of them', filled[2], 'ms'),
    atMost(goal, ['p99 of puts while snapshots are taken', besides[1], 'ms']),
    told('the slowest of them', besides[2], 'ms'),
    told('the slowest snapshot', Math.max(...tooks), 'ms'),
    atMost(RESIDENT_MIB_MAX, ['the most that a member held', memory.mostMib, 'MiB']),
  ];
}

async function termOf(cluster: ProcessCluster): Promise<number> {
  return (await cluster.status(await cluster.leader()))?.term ?? Number.NaN;
}

async function snapshotAt(url: string): Promise<number> {
  say(`a snapshot of ${url}`);
  const begun = performance.now();
  const answer = await fetch(`${url}/snapshot`, { method: 'POST', body: '{}' });
  if (answer.status !== 200) throw new Error(await answer.text());
  return performance.now() - begun;
}
