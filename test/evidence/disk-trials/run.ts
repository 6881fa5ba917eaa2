/**
 * Many trials, one stage after the other: each stage has a past of its own, serves a number of trials, and is asked at
 * the end for everything that was ever acknowledged. Damage repeats with the seed; what processes do in between does
 * not, so a violation keeps the directories it was seen on.
 */
import { SeededRandom } from '../../../src/testing/simulation/runtime/random.ts';
import type { Damage } from './kinds.ts';
import { Looker } from './looker.ts';
import { TrialReport } from './report.ts';
import { Stage } from './stage.ts';
import { performTrial, type TrialKind } from './trial.ts';

interface RunOptions {
  readonly seed: string;
  readonly trials: number;
  /** Rounds of load, kill and restart before the first trial of a stage; 5 unless given. */
  readonly pastRounds?: number;
  /** After each trial, with its number from 1. */
  readonly onTrial?: (trial: number, report: TrialReport) => void;
  /** Ends the run after the trial under way, which then counts for nothing if it fails. */
  readonly stop?: AbortSignal;
}

/** Each leaves a table, a term, or both on every disk. */
const PAST_ROUNDS = 5;
/** The last of each stage hits a running process. */
const TRIALS_PER_STAGE = 50;
/** Every so many trials another member becomes the victim, and the cluster is disturbed. */
const TRIALS_PER_VICTIM = 17;
/** One stage in so many has a log of more than LevelDB's write buffer. */
const BULK_STAGE_EVERY = 5;
const DECISIVE_CHANCE = 0.1;
/** Bound: after so many violations the run ends. */
const VIOLATIONS_MAX = 10;

interface Course extends Required<RunOptions> {
  readonly random: SeededRandom;
  readonly report: TrialReport;
  readonly looker: Looker;
}

export async function runTrials(options: RunOptions): Promise<TrialReport> {
  const { seed, trials } = options;
  await using looker = new Looker();
  const course: Course = {
    pastRounds: PAST_ROUNDS,
    onTrial: () => {},
    stop: new AbortController().signal,
    ...options,
    random: new SeededRandom(seed),
    report: new TrialReport(seed),
    looker,
  };
  const { report, stop } = course;
  for (let first = 1; first <= trials && !stop.aborted; ) {
    const last = Math.min(trials, first + TRIALS_PER_STAGE - 1);
    first = await runStage(course, first, last);
    if (report.violations.length >= VIOLATIONS_MAX) break;
  }
  return report;
}

/** Performs `[first, last]`, or fewer if one of them fails. Returns the number of the next trial. */
async function runStage(course: Course, first: number, last: number): Promise<number> {
  const { random, report, looker, pastRounds, stop } = course;
  const number = Math.floor(first / TRIALS_PER_STAGE);
  const isBulk = number % BULK_STAGE_EVERY === BULK_STAGE_EVERY - 1;
  const past = random.fork(`stage/${first}/${report.violations.length}`);
  const building = Stage.build(looker, past, { isBulk, pastRounds });
  await using stage = await building.catch((error: unknown) => {
    report.fail({ trial: first, kind: 'usual', victim: '', damage: null, evidence: null }, error);
    return null;
  });
  if (stage === null) return first;
  let trial = first;
  for (let isWhole = true; isWhole && !stop.aborted && trial <= last; trial += 1) {
    isWhole = await runTrial(course, stage, { trial, isLast: trial === last, first });
  }
  report.acknowledgedWrites += stage.ledger.acknowledged;
  return trial;
}

interface Numbered {
  readonly trial: number;
  readonly first: number;
  readonly isLast: boolean;
}

/** False if the stage cannot be used any more. */
async function runTrial(
  { random: source, report, onTrial, stop }: Course,
  stage: Stage,
  { trial, first, isLast }: Numbered,
): Promise<boolean> {
  const random = source.fork(`trial/${trial}`);
  const kind = kindOf(random, isLast);
  const turn = Math.floor((trial - first) / TRIALS_PER_VICTIM);
  const victim = stage.ids[turn % stage.ids.length] ?? '';
  const drawn: Damage[] = [];
  const onDamage = (damage: Damage): void => {
    drawn.push(damage);
  };
  try {
    if ((trial - first) % TRIALS_PER_VICTIM === 0) {
      await stage.settled();
      await stage.disturb(random);
    }
    if (isLast) await stage.requireAllEverywhere();
    const outcome = await performTrial(kind, { stage, random, victim, onDamage });
    for (const damage of drawn) report.add(kind, damage, outcome);
    return true;
  } catch (error) {
    if (stop.aborted) return false;
    const evidence = await stage.keepEvidence(victim).catch(() => null);
    report.fail({ trial, kind, victim, damage: drawn[0] ?? null, evidence }, error);
    return false;
  } finally {
    onTrial(trial, report);
  }
}

function kindOf(random: SeededRandom, isLast: boolean): TrialKind {
  if (isLast) return 'running';
  return random.chance(DECISIVE_CHANCE) ? 'decisive' : 'usual';
}
