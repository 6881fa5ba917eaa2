/**
 * `npm run simulate`: many seeds, or one of them in detail. Shows progress and the time left; its last line gives
 * seeds, events, crashes, failures and events per second, also as JSON; so it does when Ctrl-C ends it early.
 */
import { cpus } from 'node:os';
import { PLAN_VERSION } from '../../../src/testing/simulation/plan/plan.ts';
import { wordsOf } from '../../command-words.ts';
import { aimedPlan, propertyOf, SELDOM_MET } from '../faults/aimed-plans.ts';
import { MUTANTS, type Mutant } from '../mutants.ts';
import { type Counts, missingOf, seldomOf } from './gaps.ts';
import { runPool } from './pool.ts';
import { runPlan } from './run-seed.ts';
import { showSeed } from './show-seed.ts';
import { addTallies, NO_RUNS, type Tally } from './tally.ts';
import type { Answer, Order } from './worker-messages.ts';

const WORKER = new URL('./worker.js', import.meta.url);
const HOUR_MS = 3_600_000;
const USAGE = `npm run simulate --
  --seeds 2000 [--first 1]    so many seeds; 100 unless told otherwise
  --hours 2                   as many seeds as fit
  --watch 8                   which ways through the charts are taken is heard from one run in so many, since listening takes time
  --seeds 2000 --gate         fails also if a way through a chart was never taken
  --seed 17 [--trace 200]     one seed, with its last 200 events; a failing one is shrunk and shown in lanes
  seed=17 version=${PLAN_VERSION}           the same, as a failing run prints it
  --canary                    planted bugs, each of which must be found
  --twice 200                 each seed in two processes: equal to the last bit
  --processes 2               how many at once; one for each core unless told otherwise`;
const FEW_SEEDS =
  'What is missing above is no fault of these runs: few seeds do little. Only --gate, with 2,000, asks for all of it.';
const { values, positionals } = wordsOf(USAGE, {
  allowPositionals: true,
  options: {
    seeds: { type: 'string' },
    hours: { type: 'string' },
    first: { type: 'string', default: '1' },
    watch: { type: 'string', default: '8' },
    seed: { type: 'string' },
    trace: { type: 'string', default: '0' },
    twice: { type: 'string' },
    canary: { type: 'boolean', default: false },
    gate: { type: 'boolean', default: false },
    processes: { type: 'string', default: String(Math.max(1, cpus().length)) },
  },
});

const processes = numberOf('processes', values.processes);
const named = namedSeed(positionals);
if (named !== undefined) await showSeed(named, numberOf('trace', values.trace));
else if (values.twice !== undefined) await runTwice(numberOf('twice', values.twice));
else if (values.canary) await runCanary();
else await runMany();

async function runMany(): Promise<void> {
  const isTimed = values.hours !== undefined;
  const count = isTimed ? Number.POSITIVE_INFINITY : numberOf('seeds', values.seeds ?? '100');
  const endMs = isTimed ? Date.now() + numberOf('hours', values.hours) * HOUR_MS : null;
  const watchedOneIn = numberOf('watch', values.watch);
  const runs = await runSeeds({ count, endMs, mutant: null, watchedOneIn });
  const { tally, failed, tookMs } = runs;
  for (const { seed, violation } of failed) {
    console.log(`seed=${seed} version=${PLAN_VERSION}: ${violation}`);
    console.log(`  again: npm run simulate -- seed=${seed} version=${PLAN_VERSION}`);
    console.log(`  watch: npm run playground -- seed=${seed} version=${PLAN_VERSION}`);
  }
  const missing = missingOf(runs, values.gate);
  const seldom = values.gate || isTimed ? seldomOf(runs) : [];
  for (const text of [...missing, ...seldom]) console.log(text);
  if (missing.length > 0 && !values.gate) console.log(FEW_SEEDS);
  const [worst] = failed;
  if (worst !== undefined) await showSeed(worst.seed, 0);
  console.log(lastLine(tally, tookMs));
  if (failed.length > 0 || (values.gate && missing.length > 0)) process.exitCode = 1;
}

/** Every planted bug must be found, on its own plan and at random; if one is not, the gate itself is broken. */
async function runCanary(): Promise<void> {
  const count = numberOf('seeds', values.seeds ?? '16');
  for (const mutant of MUTANTS) {
    const { violation } = await runPlan(aimedPlan(mutant), { mutant });
    const { failed } = await runSeeds({ count, endMs: null, mutant, watchedOneIn: 0 });
    const properties = [...new Set(failed.map(({ violation }) => violation?.slice(0, 3)))].sort();
    const found = `${failed.length} of ${count} runs are red: ${properties.join(', ') || 'none'}`;
    const aimed = `its own plan: ${violation?.property ?? 'green'}`;
    const reason = SELDOM_MET[mutant];
    console.log(
      `canary ${mutant}: ${found}; ${aimed}${reason === undefined ? '' : ` (${reason})`}`,
    );
    const isAimedRed = violation !== null && propertyOf(mutant).test(violation.property);
    if (isAimedRed && (failed.length > 0 || reason !== undefined)) continue;
    console.log(
      'A planted bug went unnoticed: what the simulator says about real ones means nothing.',
    );
    process.exitCode = 1;
  }
}

async function runTwice(count: number): Promise<void> {
  const wanted = { count, endMs: null, mutant: null, watchedOneIn: 0 };
  const first = await runSeeds(wanted);
  const second = await runSeeds(wanted);
  const differing = [...first.hashes].filter(([seed, hash]) => second.hashes.get(seed) !== hash);
  for (const [seed] of differing) console.log(`seed=${seed} runs differently the second time`);
  console.log(
    `twice: ${count - differing.length} of ${count} seeds gave equal traces in two processes`,
  );
  if (differing.length > 0) process.exitCode = 1;
}

interface Runs {
  readonly tally: Tally;
  readonly failed: readonly Answer[];
  readonly hashes: ReadonlyMap<string, string>;
  readonly watched: number;
  readonly ways: Counts;
  readonly sometimes: Counts;
  readonly tookMs: number;
}

async function runSeeds(wanted: {
  readonly count: number;
  readonly endMs: number | null;
  readonly mutant: Mutant | null;
  readonly watchedOneIn: number;
}): Promise<Runs> {
  const { count, endMs, mutant, watchedOneIn } = wanted;
  const firstSeed = numberOf('first', values.first);
  const startMs = Date.now();
  let isOver = false;
  process.once('SIGINT', () => {
    isOver = true;
  });
  const failed: Answer[] = [];
  const hashes = new Map<string, string>();
  const ways = new Map<string, number>();
  const sometimes = new Map<string, number>();
  let given = 0;
  let watched = 0;
  let tally = NO_RUNS;
  const progress = setInterval(() => showProgress(tally, { startMs, count, endMs }), 5_000);
  await runPool<Order, Answer>({
    worker: WORKER,
    processes: Math.min(processes, count),
    nextOrder: () => {
      if (isOver || given === count || (endMs !== null && Date.now() >= endMs)) return null;
      const isWatched = watchedOneIn > 0 && given % watchedOneIn === 0;
      given += 1;
      if (isWatched) watched += 1;
      return { seed: String(firstSeed + given - 1), mutant, isWatched };
    },
    answered: (answer) => {
      tally = addTallies(tally, answer.tally);
      hashes.set(answer.seed, answer.hash);
      countEach(answer.ways, ways);
      countEach(answer.sometimes, sometimes);
      if (answer.violation === null) return;
      failed.push(answer);
      if (mutant === null) console.error(`seed=${answer.seed}: ${answer.violation}`);
    },
  });
  clearInterval(progress);
  return { tally, failed, hashes, watched, ways, sometimes, tookMs: Date.now() - startMs };
}

function countEach(names: Iterable<string>, counts: Map<string, number>): void {
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
}

function showProgress(
  { seeds, events, failures }: Tally,
  { startMs, count, endMs }: { startMs: number; count: number; endMs: number | null },
): void {
  const tookMs = Date.now() - startMs;
  const leftMs =
    endMs === null ? (tookMs / Math.max(1, seeds)) * (count - seeds) : endMs - Date.now();
  const left = `${Math.ceil(leftMs / 60_000)} min left`;
  const perSecond = Math.round((events / tookMs) * 1_000);
  console.error(`${seeds} seeds, ${failures} failed, ${perSecond} events/s, ${left}`);
}

function lastLine(tally: Tally, tookMs: number): string {
  const perSecondAndCore = Math.round((tally.events / tookMs) * 1_000) / processes;
  const figures = {
    ...tally,
    tookMs,
    processes,
    eventsPerSecondAndCore: Math.round(perSecondAndCore),
  };
  const { seeds, events, crashes, failures, undecided } = tally;
  return [
    JSON.stringify(figures),
    `simulated ${Math.round(tally.simulatedMs / 1_000)} s in ${Math.round(tookMs / 1_000)} s; ${undecided} histories undecided`,
    `seeds ${seeds} · events ${events} · crashes ${crashes} · failures ${failures} · events per second and core ${Math.round(perSecondAndCore)}`,
  ].join('\n');
}

/** From `--seed 17`, or from the line that a failing run prints, `seed=17 version=1`. */
function namedSeed(words: readonly string[]): string | undefined {
  const named = Object.fromEntries(words.map((word) => word.split('=')));
  if (named.version !== undefined && Number(named.version) !== PLAN_VERSION) {
    console.error(
      `version ${named.version} of the plans is not this one, ${PLAN_VERSION}: check out the commit that printed it`,
    );
    process.exit(64);
  }
  return values.seed ?? named.seed;
}

function numberOf(name: string, text: string | undefined): number {
  const value = Number(text);
  if (text !== undefined && text !== '' && Number.isFinite(value) && value >= 0) return value;
  console.error(`--${name} takes a number, not ${JSON.stringify(text)}`);
  process.exit(64);
}
