/** Many trials of one setting, and the figures that sum them up. */
import { runStage } from './crashed-leader.ts';
import { nameOf, type Setting, VARIANTS } from './settings.ts';

export interface Series {
  readonly setting: Setting;
  /** Milliseconds without a leader, shortest first, of the trials in which somebody was elected. */
  readonly times: readonly number[];
  /** Trials in which nobody was elected within the bound. */
  readonly unelected: number;
}

/** Bound: so long a trial waits for a leader; the end of the published axis. */
const PATIENCE_MS = 100_000;
/** Trials that share five members; more would only make the log of a restarted member long. */
const STAGE_TRIALS = 50;
/** Bound: stages, for each trial, that may fail to bring a leader to be crashed; one in hundreds does. */
const BARREN_SHARE_MAX = 0.1;

/** The same times for the same number of trials, each time and everywhere. */
export async function runSeries(setting: Setting): Promise<Series> {
  const { range, trials: count } = setting;
  const variant = VARIANTS[setting.variant];
  const all: (number | null)[] = [];
  let barren = 0;
  for (let stage = 0; all.length < count; stage += 1) {
    const seed = `${variant.name}, ${nameOf(range)}, stage ${stage}`;
    const trials = Math.min(STAGE_TRIALS, count - all.length);
    const ran = await runStage({ variant, range, seed, trials, patienceMs: PATIENCE_MS });
    all.push(...ran.map(({ leaderlessMs }) => leaderlessMs));
    if (ran.length === 0) barren += 1;
    if (barren > 1 + count * BARREN_SHARE_MAX)
      throw new Error(`${seed}: no leader lasts long enough to be crashed`);
  }
  const times = all.flatMap((ms) => ms ?? []).sort((left, right) => left - right);
  return { setting, times, unelected: all.length - times.length };
}

export function countOf({ times, unelected }: Series): number {
  return times.length + unelected;
}

/** The time within which this share of all trials has a leader, in milliseconds; `null`: more than the bound. */
export function quantile(series: Series, share: number): number | null {
  const at = Math.ceil(share * countOf(series)) - 1;
  return series.times[Math.max(0, at)] ?? null;
}

/** `null` if not every trial has a leader. */
export function meanOf({ times, unelected }: Series): number | null {
  if (unelected > 0) return null;
  return times.reduce((sum, ms) => sum + ms, 0) / times.length;
}
