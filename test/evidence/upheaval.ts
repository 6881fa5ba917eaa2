/**
 * What a cluster of processes goes through in its life, at random and at bad moments: members are killed, stopped, moved
 * away from, added, removed, replaced, wiped, and come back, under writes, reads and a watch:
 * `npm run upheaval -- --seeds 10 --first 1 --steps 12`. A seed gives the same upheavals, not the same run: it is real
 * processes. Exits 1 if a write was lost or took effect twice, a read or the watch was wrong, or members differ.
 */
import { SeededRandom } from '../../src/testing/index.ts';
import { endAll } from '../cli/cli-process.ts';
import { wholeNumber, wordsOf } from '../command-words.ts';
import { CountedWrites } from '../processes/counted-writes.ts';
import { Operator } from '../processes/operator.ts';
import { ProcessCluster } from '../processes/process-cluster.ts';
import { RecordedCalls } from '../processes/recorded-calls.ts';
import { type Stage, upheaval } from '../processes/upheavals.ts';
import { timeLeft } from './screen.ts';

const USAGE = `npm run upheaval --
  --seeds 10   so many clusters, one after the other
  --first 1    the seed of the first
  --steps 12   so much happens to each`;
const { values } = wordsOf(USAGE, {
  options: {
    seeds: { type: 'string', default: '10' },
    first: { type: 'string', default: '1' },
    steps: { type: 'string', default: '12' },
  },
});
const seeds = wholeNumber('seeds', values.seeds, 1);
const first = wholeNumber('first', values.first, 0);
const steps = wholeNumber('steps', values.steps, 1);
const FLAGS = ['--snapshot-entries', '100', '--trailing-entries', '10'];
/** Of a cluster, those included that come later. */
const NAMES = 12;

const left = timeLeft(seeds * steps);
let happened = 0;
let acknowledged = 0;
let found = 0;
for (let seed = first; seed < first + seeds; seed += 1) {
  const faults = await faultsOf(seed);
  for (const fault of faults) console.log(`seed ${seed}: ${fault}`);
  found += faults.length;
  endAll();
}
console.log(
  `${seeds} clusters, ${happened} upheavals: ${acknowledged} writes acknowledged, ${found} faults`,
);
if (found > 0) process.exitCode = 1;

async function faultsOf(seed: number): Promise<readonly string[]> {
  const random = new SeededRandom(seed);
  await using cluster = await ProcessCluster.start(random.pick([1, 3]), FLAGS);
  const spare = [...(await cluster.reserve(NAMES - cluster.members.length))];
  const operator = new Operator(cluster);
  await using writes = new CountedWrites(cluster.endpoints, { clients: 3, each: 2 });
  await using calls = new RecordedCalls(cluster.endpoints, `${seed}/calls`);
  try {
    const stage: Stage = { cluster, operator, random, spare, writes, gone: [] };
    for (let step = 1; step <= steps; step += 1) {
      const words = await upheaval(stage);
      await writes.more();
      happened += 1;
      console.log(`seed ${seed}, ${step}/${steps}: ${words}; ${left(happened)}`);
    }
    const faults = [...(await writes.end()), ...(await calls.end())];
    return [...faults, ...(await faultsAfterRestart(stage))];
  } catch (error) {
    console.log(cluster.lastWords(20));
    return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  } finally {
    acknowledged += writes.acknowledged;
    for (const failure of operator.failures) console.log(`  told: ${failure}`);
    console.log(`  calls: ${[...calls.ends].map(([end, count]) => `${count} ${end}`).join(', ')}`);
  }
}

/** All members hold the same, and the same again when all were killed at once. */
async function faultsAfterRestart({ cluster, operator }: Stage): Promise<readonly string[]> {
  const { voters } = await operator.settled();
  const revision = await operator.revision();
  const before = await operator.statesAt(revision);
  await Promise.all(voters.map((id) => cluster.kill(id)));
  for (const id of voters) cluster.run(id);
  const after = await operator.statesAt(revision);
  const isSame = new Set([...before, ...after]).size === 1;
  return isSame ? [] : ['the members do not hold the same, or not the same after a restart'];
}
