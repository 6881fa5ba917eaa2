/**
 * `npm run disk-trials -- --trials 2000 [--seed N]`: one fault after the other in the data directories of real
 * processes, and what became of each. Exits 1 if anything wrong was believed, lost, or said without words.
 */
import { wholeNumber, wordsOf } from '../../command-words.ts';
import { timeLeft } from '../screen.ts';
import { describeDamage } from './kinds.ts';
import type { TrialReport, TrialViolation } from './report.ts';
import { runTrials } from './run.ts';

const USAGE = `npm run disk-trials --
  --trials 2000   so many directories are spoiled, one after the other
  --seed N        the same trials again`;
const { values } = wordsOf(USAGE, {
  options: {
    trials: { type: 'string', default: '2000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
  },
});
const trials = wholeNumber('trials', values.trials);
/** A line of progress comes once in so many trials. */
const PROGRESS_EVERY = 10;
const begun = performance.now();
const left = timeLeft(trials);

function progress(trial: number, { violations, total }: TrialReport): void {
  if (trial % PROGRESS_EVERY !== 0 && trial !== trials) return;
  const perTrialMs = (performance.now() - begun) / trial;
  console.log(
    `trial ${trial}/${trials}  ${total.opened} opened whole, ${total.refused} refused, ` +
      `${violations.length} violations  ${Math.round(perTrialMs)} ms each  ${left(trial)}`,
  );
}

function explain({ trial, kind, sentence, victim, damage, evidence }: TrialViolation): string {
  const what = damage === null ? 'before any damage' : describeDamage(damage);
  return (
    `VIOLATION in trial ${trial} (${kind}) of --seed ${values.seed}, ${victim}, ${what}\n` +
    `  ${sentence}\n  directories: ${evidence ?? 'not kept'}`
  );
}

console.log(`disk trials: ${trials} with --seed ${values.seed}`);
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
const stop = stopping.signal;
const report = await runTrials({ seed: values.seed, trials, onTrial: progress, stop });
console.log(`\n${report.table()}\n`);
for (const violation of report.violations) console.log(explain(violation));
const seconds = Math.round((performance.now() - begun) / 1_000);
console.log(
  `${report.acknowledgedWrites} writes acknowledged, ${report.violations.length} violations, ${seconds} s`,
);
console.log(report.json());
if (report.violations.length > 0) process.exitCode = 1;
