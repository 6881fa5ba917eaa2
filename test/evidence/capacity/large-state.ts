/**
 * Many keys under load, and every member is told to take a snapshot meanwhile, and one is started again: nobody loses the
 * lead, and puts go on.
 */
import { DEFAULT_TIMING } from '../../../src/rules/timing.ts';
import { ProcessCluster } from '../../processes/process-cluster.ts';
import { MemoryWatch } from '../memory.ts';
import { atMost, type Finding, told } from './finding.ts';
import { endLine, say } from './screen-line.ts';
import type { Sizes } from './sizes.ts';
import { type Keys, latenciesOf, writeKeys } from './writing.ts';

const VALUE_BYTES = 500;
const RESIDENT_MIB_MAX = 1.5 * 1024;
/** Puts that go on while snapshots are taken, as a part of those before. */
const PUTS_BESIDE = 5;
const CATCH_UP_MS = 120_000;
const SNAPSHOT_MS_MAX = 60_000;

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
  const restarted = latenciesOf(await writeBesideRestart(cluster, beside));
  await cluster.converged(CATCH_UP_MS);
  const elections = (await termOf(cluster)) - begun;
  if (elections > 0) explain(cluster);
  memory.stop();
  const goal = DEFAULT_TIMING.electionTimeoutMinMs;
  return [
    atMost(0, [`${largeKeys} keys of ${VALUE_BYTES} bytes: elections`, elections, '']),
    atMost(goal, ['p99 of puts while they are written', filled[1], 'ms']),
    told('the slowest of them', filled[2], 'ms'),
    atMost(goal, ['p99 of puts while snapshots are taken', besides[1], 'ms']),
    told('the slowest of them', besides[2], 'ms'),
    atMost(goal, ['p99 of puts while a member starts again', restarted[1], 'ms']),
    told('the slowest of them', restarted[2], 'ms'),
    told('the slowest snapshot', Math.max(...tooks), 'ms'),
    atMost(RESIDENT_MIB_MAX, ['the most that a member held', memory.mostMib, 'MiB']),
  ];
}

async function writeBesideRestart(cluster: ProcessCluster, keys: Keys): Promise<readonly number[]> {
  const leader = await cluster.leader();
  const other = cluster.members.find(({ id }) => id !== leader)?.id ?? '';
  const writing = writeKeys(cluster.endpoints, keys);
  await cluster.kill(other);
  cluster.run(other);
  return writing;
}

async function termOf(cluster: ProcessCluster): Promise<number> {
  return (await cluster.status(await cluster.leader()))?.term ?? Number.NaN;
}

/** What each member said of its role, its disk and its peers: an election under this load has a cause. */
function explain(cluster: ProcessCluster): void {
  endLine();
  for (const { id } of cluster.members) {
    const told = cluster
      .log(id)
      .split('\n')
      .filter((line) => TELLING.test(line));
    console.error(told.join('\n'));
  }
}

const TELLING = /"event":"(role|disk|peer|halted)"/;

async function snapshotAt(url: string): Promise<number> {
  say(`a snapshot of ${url}`);
  const begun = performance.now();
  const order = `${url}/snapshot?timeoutMs=${SNAPSHOT_MS_MAX}`;
  const answer = await fetch(order, { method: 'POST', body: '{}' });
  if (answer.status !== 200) throw new Error(await answer.text());
  return performance.now() - begun;
}
