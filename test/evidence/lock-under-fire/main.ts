/**
 * A lock under fire (CO7): twenty waiters in five processes, and round after round the process of the holder, the leader, or both are killed
 * or stopped for longer than a lease. The history of the store is judged, and the time until another holds the lock is
 * measured: `npm run lock-under-fire -- --rounds 200`. Exits 1 if the history is wrong, or if it took longer than a lease and a second.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from '../../../src/client/index.ts';
import { startCli } from '../../cli/cli-process.ts';
import { wholeNumber, wordsOf } from '../../command-words.ts';
import { eventually, ProcessCluster } from '../../processes/process-cluster.ts';
import { quantile } from '../../processes/quantile.ts';
import { Judge } from './judge.ts';

const USAGE = `npm run lock-under-fire --
  --rounds 20   so many times somebody is killed or stopped
  --ttl-ms 2000 how long a lease lasts`;
const { values } = wordsOf(USAGE, {
  options: {
    rounds: { type: 'string', default: '20' },
    'ttl-ms': { type: 'string', default: '2000' },
  },
});
const rounds = wholeNumber('rounds', values.rounds, 1);
const ttlMs = wholeNumber('ttl-ms', values['ttl-ms'], 100);

const PROCESSES = 5;
const WAITERS_EACH = 4;
const PATIENCE_MS = 60_000;
const DEEDS = ['holder killed', 'leader killed', 'holder stopped', 'leader stopped', 'both killed'];
const WAITERS = new URL('./waiters.ts', import.meta.url).pathname;

await using cluster = await ProcessCluster.start(3);
await using kv = connect({ endpoints: [...cluster.endpoints], keepAliveMs: ttlMs / 8 });
const judge = new Judge();
const judging = judgeAll();
let processes = Array.from({ length: PROCESSES }, begin);
await eventually(PATIENCE_MS, 'every process to hold the lock', async () => judge.holders >= 20);
const took = new Map<string, number[]>(DEEDS.map((deed) => [deed, []]));
for (let round = 0; round < rounds; round += 1) {
  const deed = DEEDS[round % DEEDS.length] ?? '';
  took.get(deed)?.push(await inRound(deed));
}
let late = 0;
for (const [deed, times] of took) {
  if (times.length === 0) continue;
  const worst = Math.max(...times);
  late += times.filter((ms) => ms > ttlMs + 1_000).length;
  console.log(
    `${deed}: ${times.length} rounds, p50 ${Math.round(quantile(times, 0.5))} ms, longest ${Math.round(worst)} ms`,
  );
}
console.log(
  `${judge.holders} holders, ${judge.writes} writes, ${judge.faults.length} faults, ${late} rounds beyond a lease and a second`,
);
for (const fault of judge.faults.slice(0, 10)) console.log(fault);
if (judge.faults.length + late > 0) process.exitCode = 1;
for (const each of processes) each.kill('SIGKILL');
await kv.close();
await judging;

type Waiters = ReturnType<typeof startCli>;

function begin(): Waiters {
  const words = [cluster.endpoints.join(','), `${ttlMs}`, `${WAITERS_EACH}`];
  return startCli(words, { nodeFlags: ['--import', 'tsx'], program: WAITERS });
}

async function judgeAll(): Promise<void> {
  for await (const revision of kv.watch({ prefix: '', from: 1 })) judge.take(revision);
}

/** Milliseconds from the deed until somebody else holds the lock than held it then. */
async function inRound(deed: string): Promise<number> {
  const leader = await cluster.leader();
  const { fencing, pid } = judge;
  const holder = processes.find(({ child }) => child.pid === pid);
  const began = performance.now();
  if (deed.startsWith('holder') || deed === 'both killed') {
    if (deed === 'holder stopped') holder?.kill('SIGSTOP');
    else holder?.kill('SIGKILL');
  }
  if (deed === 'leader stopped') cluster.signal(leader, 'SIGSTOP');
  else if (deed !== 'holder stopped' && deed !== 'holder killed') await cluster.kill(leader);
  await eventually(
    PATIENCE_MS,
    `another holder after: ${deed}`,
    async () => judge.fencing > fencing,
  );
  const ms = performance.now() - began;
  if (deed === 'holder stopped') {
    await pause(ttlMs);
    holder?.kill('SIGCONT');
  } else if (deed !== 'leader killed' && deed !== 'leader stopped') {
    processes = processes.map((each) => (each === holder ? begin() : each));
  }
  if (deed === 'leader stopped') {
    await pause(ttlMs);
    cluster.signal(leader, 'SIGCONT');
  } else if (!cluster.isRunning(leader)) cluster.run(leader);
  await cluster.converged();
  return ms;
}
