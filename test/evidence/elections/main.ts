/**
 * `npm run elections`: the published election experiment, in four variants, on all cores. Prints the table of
 * `docs/EVIDENCE.md` and draws `visualizations/elections.svg`. The same trials each time: the seeds are the names of
 * variant, timeouts and stage; a tenth of them for 150–150 ms, as published.
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { wholeNumber, wordsOf } from '../../command-words.ts';
import { runPool } from '../../simulation/runner/pool.ts';
import { timeLeft } from '../screen.ts';
import { drawPlots } from './plot.ts';
import type { Series } from './series.ts';
import {
  BY_CHANCE,
  BY_LENGTH,
  nameOf,
  type Setting,
  type TimeoutRange,
  VARIANTS,
} from './settings.ts';
import { drawTable } from './table.ts';

const WORKER = new URL('./worker.js', import.meta.url);
/** From `dist/test/evidence/elections`, where this runs. */
const PICTURES = fileURLToPath(new URL('../../../../visualizations/', import.meta.url));
/** A trial that nobody wins goes on to the end of its patience, and takes as long as so many others. */
const SILENT_TRIAL = 30;

const USAGE = `npm run elections --
  --trials 1000   so many crashed leaders for each setting; draws visualizations/elections.svg`;
const { values } = wordsOf(USAGE, { options: { trials: { type: 'string', default: '1000' } } });
const trials = wholeNumber('trials', values.trials);

const ranges = [
  ...new Map([...BY_LENGTH, ...BY_CHANCE].map((range) => [nameOf(range), range])).values(),
];
const variants = Object.values(VARIANTS);
const results = await runAll();
console.log(drawTable(ranges, variants, results));
writeFileSync(`${PICTURES}elections.svg`, drawPlots(results, 'light'));
writeFileSync(`${PICTURES}elections.dark.svg`, drawPlots(results, 'dark'));

/** The short settings first, so that there soon is an estimate; the long ones side by side. */
async function runAll(): Promise<readonly Series[]> {
  const settings: readonly Setting[] = variants
    .flatMap(({ name }) =>
      ranges.map((range) => ({ variant: name, range, trials: trialsOf(range) })),
    )
    .sort((left, right) => costOf(left) - costOf(right));
  const left = timeLeft(settings.reduce((sum, setting) => sum + costOf(setting), 0));
  const waiting = [...settings];
  const done: Series[] = [];
  let costOfDone = 0;
  await runPool<Setting, Series>({
    worker: WORKER,
    processes: availableParallelism(),
    nextOrder: () => waiting.shift() ?? null,
    answered: (series) => {
      done.push(series);
      costOfDone += costOf(series.setting);
      const { variant, range } = series.setting;
      console.error(
        `${done.length} of ${settings.length}: ${variant}, ${nameOf(range)}; ${left(costOfDone)}`,
      );
    },
  });
  return done;
}

function trialsOf({ minMs, maxMs }: TimeoutRange): number {
  return minMs === maxMs ? Math.ceil(trials / 10) : trials;
}

/** Timers count whole milliseconds: `[150, 151)` holds one timeout as `[150, 150]` does. Only a pre-vote helps then. */
function costOf({ variant, range, trials }: Setting): number {
  const isSilent = range.maxMs - range.minMs <= 1 && !VARIANTS[variant].protocol.preVote;
  return isSilent ? trials * SILENT_TRIAL : trials;
}
