/** Rounds of destruction under load, for the tests (a few) and for `npm run chaos` (all of them). */
import type { Reading } from './ledger.ts';
import type { ProcessCluster } from './process-cluster.ts';
import { WriteLoad } from './write-load.ts';

interface Kills {
  /** A sentence for each acknowledged write that was lost. */
  readonly lost: readonly string[];
  readonly acknowledged: number;
}

interface LeaderKills extends Kills {
  /** From SIGKILL to the first acknowledgement of a write begun after it, in milliseconds, one a round. */
  readonly outagesMs: readonly number[];
}

const NEWEST: Reading = { consistency: 'linearizable', freshness: 'latest' };

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
  const lost = await load.ledger.faultsAt(cluster.endpoints, NEWEST);
  return { outagesMs, lost, acknowledged: load.ledger.acknowledged };
}

export async function killAllAtOnce(
  cluster: ProcessCluster,
  rounds: number,
  report: (round: number, acknowledged: number) => void = () => {},
): Promise<Kills> {
  const lost: string[] = [];
  let acknowledged = 0;
  for (let round = 1; round <= rounds; round += 1) {
    const load = new WriteLoad(cluster.endpoints, 32);
    for (let writes = 0; writes < 20; writes += 1) await load.nextAcknowledgement();
    await Promise.all(cluster.members.map(({ id }) => cluster.kill(id)));
    await load.stop();
    for (const { id } of cluster.members) cluster.run(id);
    await cluster.leader();
    lost.push(...(await load.ledger.faultsAt(cluster.endpoints, NEWEST)));
    acknowledged += load.ledger.acknowledged;
    report(round, load.ledger.acknowledged);
  }
  return { lost, acknowledged };
}
