/**
 * All rounds, on a terminal: `npm run chaos -- --leader-kills 50 --total-kills 20`.
 * Exits 1 if an acknowledged write was lost.
 */
import { parseArgs } from 'node:util';
import { ProcessCluster } from './process-cluster.ts';
import { killAllAtOnce, killLeaders, median } from './rounds.ts';

const { values } = parseArgs({
  options: {
    'leader-kills': { type: 'string', default: '50' },
    'total-kills': { type: 'string', default: '20' },
  },
});
const leaderKills = Number(values['leader-kills']);
const totalKills = Number(values['total-kills']);
const begun = performance.now();

function progress(kind: string, round: number, rounds: number, figure: string): void {
  const perRound = (performance.now() - begun) / round;
  const leftSeconds = Math.ceil(((rounds - round) * perRound) / 1_000);
  console.log(`${kind} ${round}/${rounds}  ${figure}  about ${leftSeconds} s left`);
}

const cluster = await ProcessCluster.start(3);
try {
  const leaders = await killLeaders(cluster, leaderKills, (round, outageMs) =>
    progress('leader killed', round, leaderKills, `served again after ${outageMs.toFixed(0)} ms`),
  );
  const all = await killAllAtOnce(cluster, totalKills, (round, acknowledged) =>
    progress('all killed', round, totalKills, `${acknowledged} acknowledged`),
  );
  const outages = [...leaders.outagesMs].sort((left, right) => left - right);
  const worst = outages.at(-1) ?? Number.NaN;
  console.log(
    `leader kills ${leaderKills}: outage median ${median(outages).toFixed(0)} ms, worst ${worst.toFixed(0)} ms, ` +
      `${leaders.acknowledged} acknowledged, ${leaders.lost.length} lost`,
  );
  console.log(
    `total kills ${totalKills}: ${all.acknowledged} acknowledged, ${all.lost.length} lost`,
  );
  for (const sentence of [...leaders.lost, ...all.lost]) console.log(`LOST ${sentence}`);
  if (leaders.lost.length + all.lost.length > 0) process.exitCode = 1;
} finally {
  await cluster[Symbol.asyncDispose]();
}
