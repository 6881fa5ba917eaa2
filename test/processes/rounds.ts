/** Rounds of destruction under load, for the tests (a few) and for `npm run chaos` (all of them). */
import type { ProcessCluster } from './process-cluster.ts';
import { WriteLoad } from './write-load.ts';

interface LeaderKills {
  /** From SIGKILL to the first acknowledgement of a write begun after it, in milliseconds, one a round. */
  readonly outagesMs: readonly number[];
  readonly lost: readonly string[];
  readonly acknowledged: number;
}

export async function killLeaders(
  cluster: ProcessCluster,
  rounds: number,
  report: (round: number, outageMs: number) => void = () => {},
): Promise<LeaderKills> {
  const load = new WriteLoad(cluster.endpoints, 32);
  const outagesMs: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    await load.nextAcknowledgement();
    const leader = await cluster.leader();
    const killedAt = performance.now();
    await cluster.kill(leader);
    await load.nextAcknowledgement();
    outagesMs.push(performance.now() - killedAt);
    report(round, outagesMs.at(-1) ?? 0);
    cluster.run(leader);
    await cluster.converged();
  }
  await load.stop();
  const lost = await load.verify(cluster.endpoints);
  return { outagesMs, lost, acknowledged: load.report.acknowledged };
}

interface TotalKills {
  readonly lost: readonly string[];
  readonly acknowledged: number;
}

export async function killAllAtOnce(
  cluster: ProcessCluster,
  rounds: number,
  report: (round: number, acknowledged: number) => void = () => {},
): Promise<TotalKills> {
  const lost: string[] = [];
  let acknowledged = 0;
  for (let round = 1; round <= rounds; round += 1) {
    const load = new WriteLoad(cluster.endpoints, 32);
    for (let writes = 0; writes < 20; writes += 1) await load.nextAcknowledgement();
    await Promise.all(cluster.members.map(({ id }) => cluster.kill(id)));
    await load.stop();
    for (const { id } of cluster.members) cluster.run(id);
    await cluster.leader();
    lost.push(...(await load.verify(cluster.endpoints)));
    acknowledged += load.report.acknowledged;
    report(round, load.report.acknowledged);
  }
  return { lost, acknowledged };
}

export function median(values: readonly number[]): number {
  const ascending = [...values].sort((left, right) => left - right);
  return ascending[Math.floor(ascending.length / 2)] ?? Number.NaN;
}
