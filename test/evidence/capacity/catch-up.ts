/**
 * A follower that was stopped until the log no longer holds what it lacks, and a member whose disk was wiped and which joins
 * under another name: how long until each has applied what was committed when its process began.
 */
import { rm } from 'node:fs/promises';
import { type CliProcess, runCliProcess } from '../../cli/cli-process.ts';
import { eventually, ProcessCluster } from '../../processes/process-cluster.ts';
import { atMost, type Finding, told } from './finding.ts';
import type { Sizes } from './sizes.ts';
import { writeKeys } from './writing.ts';

const GOAL_MS = 3_000;
const VALUE_BYTES = 256;
const PATIENCE_MS = 120_000;

export async function measureCatchUp({ keys }: Sizes): Promise<readonly Finding[]> {
  await using cluster = await ProcessCluster.start(3);
  await writeKeys(cluster.endpoints, { prefix: 'before', count: 1_000, valueBytes: VALUE_BYTES });
  await cluster.converged();
  const leader = await cluster.leader();
  const [stopped = '', wiped = ''] = cluster.members.flatMap(({ id }) =>
    id === leader ? [] : [id],
  );
  await cluster.kill(stopped, 'SIGTERM');
  await writeKeys(cluster.endpoints, { prefix: 'key', count: keys, valueBytes: VALUE_BYTES });
  const log = await cluster.status(await cluster.leader());
  const follower = await untilInSync(cluster, stopped, () => cluster.run(stopped));
  await cluster.kill(wiped);
  await rm(cluster.member(wiped).dataDir, { recursive: true });
  await raftchart(cluster, 'member', 'remove', wiped);
  const joining = await untilInSync(cluster, 'n4', () => cluster.join('n4'));
  return [
    told('entries that were written while the follower was stopped', keys),
    told('the leader’s log begins behind entry', (log?.firstIndex ?? Number.NaN) - 1),
    atMost(GOAL_MS, ['the follower is in sync after', follower.took, 'ms']),
    told('its processor time', follower.used, 'ms'),
    told('and the leader’s meanwhile', follower.usedByLeader, 'ms'),
    atMost(GOAL_MS, ['a wiped member, joining anew, is in sync after', joining.took, 'ms']),
    told('its processor time', joining.used, 'ms'),
    told('and the leader’s meanwhile', joining.usedByLeader, 'ms'),
  ];
}

interface CaughtUp {
  readonly took: number;
  readonly used: number;
  readonly usedByLeader: number;
}

async function untilInSync(
  cluster: ProcessCluster,
  id: string,
  start: () => CliProcess | Promise<CliProcess>,
): Promise<CaughtUp> {
  const leader = await cluster.leader();
  const target = (await cluster.status(leader))?.commitIndex ?? Number.NaN;
  const before = cluster.processorMs(leader);
  const begun = performance.now();
  await start();
  await eventually(PATIENCE_MS, `${id} to be in sync`, async () => {
    const status = await cluster.status(id);
    return status !== null && status.lastApplied >= target;
  });
  return {
    took: performance.now() - begun,
    used: cluster.processorMs(id),
    usedByLeader: cluster.processorMs(leader) - before,
  };
}

async function raftchart(cluster: ProcessCluster, ...words: readonly string[]): Promise<void> {
  const running = cluster.members.filter(({ id }) => cluster.isRunning(id));
  const endpoints = running.map(({ url }) => url).join(',');
  const { code, errors } = await runCliProcess([...words, '--endpoints', endpoints]);
  if (code !== 0) throw new Error(errors);
}
