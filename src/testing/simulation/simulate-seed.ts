/**
 * One seed of a subject, and what to say of one that fails: which property, which of its faults it takes, what
 * happened last, and how to see it again. `simulate.ts` is the run itself.
 */
import type { StateMachine } from '../../ports/state-machine.ts';
import { planOf } from './plan/plan.ts';
import type { Fault } from './plan/plan-faults.ts';
import { shrinkFaults } from './plan/shrink.ts';
import { renderLanes } from './report/lanes.ts';
import type { TraceLine } from './report/trace.ts';
import { type SimulationReport, simulate } from './simulate.ts';
import type { Subject } from './subjects/subject.ts';

export interface SimulateSeedOptions {
  /** Instead of those that the seed names. */
  readonly faults?: readonly Fault[];
  /** Keeps the lines that `renderLanes` shows; false unless given. */
  readonly isTraced?: boolean;
}

/** Bound: runs spent on shrinking one failure. */
const TRIES_MAX = 60;
/** Bound: lines of the trace that are shown of a failure. */
const LINES_SHOWN = 40;
/** Bound: characters of a line; what nodes say of their disks is longer. */
const TEXT_COLUMNS = 100;
/** What is shown begins so long before the last fault that it takes, in simulated milliseconds. */
const LEAD_MS = 500;
/** Found at the end, by looking at all that clients saw: what led to it lies behind the last fault. */
const JUDGED = ['S31', 'S32'];

/** The last run that was asked for: a run keeps the real clock from everyone, so that two would mix up. */
let last: Promise<unknown> = Promise.resolve();

/**
 * Runs a whole cluster of the subject through everything that the seed stands for, and resolves with what was
 * found: `violation` is `null` if every property held. The same seed and the same subject give the same run.
 * Runs that are asked for at the same time follow one another. Rejects only if the subject itself is broken.
 */
export function simulateSeed<Input, Output, Machine extends StateMachine>(
  seed: string | number,
  subject: Subject<Input, Output, Machine>,
  { faults, isTraced = false }: SimulateSeedOptions = {},
): Promise<SimulationReport> {
  const planned = planOf(String(seed));
  const plan = faults === undefined ? planned : { ...planned, faults };
  const run = last.then(() => simulate({ plan, subject, isTraced }));
  last = run.catch(() => {});
  return run;
}

/**
 * Text for people about a seed that fails: the violated property, the fewest faults with which it still fails, the
 * part of that run that matters with a lane for each member, and the line that repeats it. Takes up to sixty-two
 * runs of the seed.
 */
export async function explainFailure<Input, Output, Machine extends StateMachine>(
  seed: string | number,
  subject: Subject<Input, Output, Machine>,
): Promise<string> {
  const { violation, version } = await simulateSeed(seed, subject);
  const name = `seed=${seed} version=${version}`;
  if (violation === null) return `${name}: every property holds`;
  const plan = planOf(String(seed));
  const fails = async (faults: readonly Fault[]): Promise<boolean> => {
    const again = await simulateSeed(seed, subject, { faults });
    return again.violation?.property === violation.property;
  };
  const { faults, tries } = await shrinkFaults(plan, fails, TRIES_MAX);
  const shrunk = await simulateSeed(seed, subject, { faults, isTraced: true });
  return [
    `${name}: ${shrunk.violation?.message ?? violation.message}`,
    `${plan.faults.length} faults shrunk to ${faults.length} in ${tries} runs:`,
    ...faults.map((fault) => `  ${JSON.stringify(fault)}`),
    renderLanes(storyOf(shrunk, faults), plan.members, LINES_SHOWN),
    `again: simulateSeed(${JSON.stringify(seed)}, subject), for as long as the plan's version is ${version}`,
  ].join('\n');
}

/** Without what nodes say to each other. What happened last, or, of what was judged, what followed the last fault. */
function storyOf(
  { lines, violation }: SimulationReport,
  faults: readonly Fault[],
): readonly TraceLine[] {
  const told = lines
    .filter(({ text }) => !text.startsWith('→ '))
    .map((line) => ({ ...line, text: line.text.slice(0, TEXT_COLUMNS) }));
  if (!JUDGED.includes(violation?.property ?? '')) return told.slice(-LINES_SHOWN);
  const fromMs = Math.max(...faults.map(({ atMs }) => atMs)) - LEAD_MS;
  const around = told.filter(({ atMs }) => faults.length === 0 || atMs >= fromMs);
  return [...around.slice(0, LINES_SHOWN - 1), ...told.slice(-1)];
}
