/**
 * All rounds, on a terminal: `npm run chaos -- --leader-kills 50 --total-kills 20`.
 * Exits 1 if an acknowledged write was lost.
 */
import { wholeNumber, wordsOf } from '../command-words.ts';
import { ProcessCluster } from '../processes/process-cluster.ts';
import { killAllAtOnce, killLeaders, median } from '../processes/rounds.ts';

const USAGE = `npm run chaos --
  --leader-kills 50   so many times the leader is killed under writes
  --total-kills 20    so many times all nodes are killed at once`;
const { values } = wordsOf(USAGE, {
  options: {
    'leader-kills': { type: 'string', default: '50' },
    'total-kills': { type: 'string', default: '20' },
  },
});
const leaderKills = wholeNumber('leader-kills', values['leader-kills'], 0);
const totalKills = wholeNumber('total-kills', values['total-kills'], 0);
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
