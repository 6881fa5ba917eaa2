/**
 * All rounds, on a terminal: `npm run chaos -- --leader-kills 50 --total-kills 20`.
 * Exits 1 if an acknowledged write was lost.
 */
import { wholeNumber, wordsOf } from '../command-words.ts';
import { ProcessCluster } from '../processes/process-cluster.ts';
import { quantile } from '../processes/quantile.ts';
import { killAllAtOnce, killLeaders } from '../processes/rounds.ts';
import { timeLeft } from './screen.ts';

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

await using cluster = await ProcessCluster.start(3);
const leadersLeft = timeLeft(leaderKills);
const leaders = await killLeaders(cluster, leaderKills, (round, outageMs) => {
  const figure = `served again after ${outageMs.toFixed(0)} ms`;
  console.log(`leader killed ${round}/${leaderKills}  ${figure}  ${leadersLeft(round)}`);
});
const allLeft = timeLeft(totalKills);
const all = await killAllAtOnce(cluster, totalKills, (round, acknowledged) => {
  const figure = `${acknowledged} acknowledged`;
  console.log(`all killed ${round}/${totalKills}  ${figure}  ${allLeft(round)}`);
});
const [median, worst] = [0.5, 1].map((share) => quantile(leaders.outagesMs, share).toFixed(0));
console.log(
  `leader kills ${leaderKills}: outage median ${median} ms, worst ${worst} ms, ` +
    `${leaders.acknowledged} acknowledged, ${leaders.lost.length} lost`,
);
console.log(`total kills ${totalKills}: ${all.acknowledged} acknowledged, ${all.lost.length} lost`);
const lost = [...leaders.lost, ...all.lost];
for (const sentence of lost) console.log(`LOST ${sentence}`);
if (lost.length > 0) process.exitCode = 1;
