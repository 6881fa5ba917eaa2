/** The shape of the election experiment, with few trials; its figures are in `docs/EVIDENCE.md`. */
import { expect, it } from 'vitest';
import { quantile as quantileOf } from '../../processes/quantile.ts';
import { runStage, type Trial } from './crashed-leader.ts';
import { drawPlots } from './plot.ts';
import { PUBLISHED } from './published.ts';
import { quantile, runSeries, type Series } from './series.ts';
import { nameOf, type TimeoutRange, VARIANTS, type Variant } from './settings.ts';
import { drawTable } from './table.ts';

const NO_CHANCE: TimeoutRange = { minMs: 150, maxMs: 150 };
const LITTLE_CHANCE: TimeoutRange = { minMs: 150, maxMs: 155 };
const MUCH_CHANCE: TimeoutRange = { minMs: 150, maxMs: 300 };
const SHORT: TimeoutRange = { minMs: 50, maxMs: 100 };
/** More than any published trial with chance took, less than any without it. */
const PATIENCE_MS = 10_000;
const { published, defaults, killed } = VARIANTS;

function trialsOf(
  variant: Variant,
  range: TimeoutRange,
  trials: number,
): Promise<readonly Trial[]> {
  return runStage({
    variant,
    range,
    trials,
    patienceMs: PATIENCE_MS,
    seed: `shape of ${variant.name}, ${nameOf(range)}`,
  });
}

function timesOf(trials: readonly Trial[]): readonly number[] {
  const times = trials.map(({ leaderlessMs }) => leaderlessMs ?? Number.POSITIVE_INFINITY);
  return times.sort((left, right) => left - right);
}

function medianOf(trials: readonly Trial[]): number {
  return quantileOf(timesOf(trials), 0.5);
}

it('[EX1] elects nobody without chance, and within bounds with it, but never who lacks an entry', async () => {
  expect(timesOf(await trialsOf(published, NO_CHANCE, 1))).toEqual([Number.POSITIVE_INFINITY]);
  const little = await trialsOf(published, LITTLE_CHANCE, 4);
  const much = await trialsOf(published, MUCH_CHANCE, 12);
  for (const { winner, eligible } of [...little, ...much]) expect(eligible).toContain(winner);
  expect(timesOf(little).at(-1)).toBeLessThan(PATIENCE_MS);
  expect(timesOf(much).at(-1)).toBeLessThan(2_000);
  expect(medianOf(much)).toBeLessThan(medianOf(little));
  expect(medianOf(await trialsOf(published, SHORT, 12))).toBeLessThan(medianOf(much));
});

it('[EX1] nobody leads before the shortest time that is left of a timeout', async () => {
  const [shortest] = timesOf(await trialsOf(published, MUCH_CHANCE, 12));
  expect(shortest).toBeGreaterThanOrEqual(150 - 75);
});

it('[EX2] pre-vote elects at the first attempt, even without chance; a reset connection sooner still', async () => {
  const fixed = await trialsOf(defaults, NO_CHANCE, 4);
  const silent = await trialsOf(defaults, MUCH_CHANCE, 10);
  const reset = await trialsOf(killed, MUCH_CHANCE, 10);
  expect(timesOf(fixed).at(-1)).toBeLessThan(1_000);
  const wasted = [...silent, ...reset].filter(({ terms }) => terms > 1);
  expect(wasted.length).toBeLessThanOrEqual(2);
  expect(timesOf(reset).at(-1)).toBeLessThan(timesOf(silent)[0] ?? 0);
});

it('[EX3] repeats to the last digit, and takes a frozen machine for one without power', async () => {
  const options = { range: MUCH_CHANCE, seed: 'repeated', trials: 1, patienceMs: PATIENCE_MS };
  const frozen = await runStage({ ...options, variant: defaults });
  expect(await runStage({ ...options, variant: defaults })).toEqual(frozen);
  expect(await runStage({ ...options, variant: { ...defaults, crash: 'power' } })).toEqual(frozen);
});

it('[EX4] counts every trial, and shows every published figure beside its own', async () => {
  const series = await runSeries({ variant: 'killed', range: MUCH_CHANCE, trials: 3 });
  expect(series.times).toHaveLength(3);
  expect(quantile(series, 1)).toBe(series.times[2]);
  const silent: Series = { ...series, times: [10, 20], unelected: 2 };
  expect([quantile(silent, 0.5), quantile(silent, 0.51)]).toEqual([20, null]);
  const picture = drawPlots([series], 'light');
  for (const { text } of PUBLISHED) expect(picture).toContain(`>${text}<`);
  const setting = { ...silent.setting, range: LITTLE_CHANCE };
  const [, , row] = drawTable([LITTLE_CHANCE], [killed], [{ ...silent, setting }]).split('\n');
  expect(row).toBe('| 150–155 ms | median 287 ms | 20 · — · —; nobody 2× |');
});
