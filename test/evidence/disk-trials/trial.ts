/**
 * One trial: a member is down, its directory gets one fault, and it is started again. It must refuse in words, or be
 * what it was: the same term and vote and log on disk, every acknowledged write readable through it, and nothing wrong
 * in its own state. Rules ST15 and ST16, on real processes and a real LevelDB.
 */
import type { SeededRandom } from '../../../src/testing/simulation/runtime/random.ts';
import { eventually } from '../../processes/process-cluster.ts';
import { faultOfClosedLook, faultOfLook, faultOfRefusal } from './judge.ts';
import { type Damage, drawDamage, inflict } from './kinds.ts';
import type { Look } from './looker.ts';
import { type Base, requireNone, type Stage, Violation } from './stage.ts';

/**
 * `usual`: the two others are up. `decisive`: the newest acknowledged writes are only on the damaged disk and on one
 * that is off; the third member must learn them from the damaged one, or there is no quorum.
 * `running`: the fault hits a process that runs.
 */
export type TrialKind = 'usual' | 'decisive' | 'running';

export type Outcome = 'opened' | 'refused' | 'halted' | 'aborted';

interface Trial {
  readonly stage: Stage;
  readonly random: SeededRandom;
  readonly victim: string;
  /** Told before the damage is done, so that a failure can be explained. */
  readonly onDamage: (damage: Damage) => void;
}

/** Bound: from the start of a process to its refusal or its first answer, in milliseconds. */
const FATE_MS = 30_000;
const EXIT_REFUSED = 78;
/** A refused member is started a second time, which must not make it forget why. */
const SECOND_START_CHANCE = 0.1;
/** After a refusal the repaired member goes on, or the next fault meets the same directory. */
const RETURN_CHANCE = 0.3;

export function performTrial(kind: TrialKind, trial: Trial): Promise<Outcome> {
  switch (kind) {
    case 'usual':
      return usualTrial(trial);
    case 'decisive':
      return decisiveTrial(trial);
    case 'running':
      return runningTrial(trial);
  }
}

async function usualTrial(trial: Trial): Promise<Outcome> {
  const { stage, random, victim } = trial;
  if (stage.cluster.isRunning(victim)) await stage.takeDown(victim, random);
  const base = await stage.baseOf(victim);
  const look = await damaged(trial, base);
  if (random.chance(0.3)) await stage.write(random);
  const outcome = await startDamaged(trial, base, look);
  if (outcome === 'opened') {
    await requireWhole(trial);
    await stage.write(random);
  } else {
    await stage.restore(base);
    if (random.chance(RETURN_CHANCE)) await stage.settled();
  }
  return outcome;
}

async function decisiveTrial(trial: Trial): Promise<Outcome> {
  const { stage, random, victim } = trial;
  await stage.settled();
  const [late = '', witness = ''] = random.shuffle(stage.ids.filter((id) => id !== victim));
  await stage.cluster.kill(late);
  await stage.write(random);
  for (const id of random.shuffle([victim, witness])) await stage.cluster.kill(id);
  const base = await stage.baseOf(victim);
  const look = await damaged(trial, base);
  stage.start(late);
  const outcome = await startDamaged(trial, base, look);
  if (outcome !== 'opened') {
    await stage.restore(base);
    stage.start(victim);
  }
  await stage.cluster.leader();
  await requireWhole(trial);
  await stage.requireAll(late, { consistency: 'linearizable', freshness: 'latest' });
  stage.start(witness);
  return outcome;
}

/** Draws and does the damage. */
function spoil({ stage, random, victim, onDamage }: Trial): void {
  const directory = stage.directoryOf(victim);
  const damage = drawDamage(directory, random);
  onDamage(damage);
  inflict(directory, damage);
}

/** Does the damage, and looks at copies of what it made: twice, as impatient operators do. */
async function damaged(trial: Trial, base: Base): Promise<Look> {
  const { stage, victim } = trial;
  spoil(trial);
  const { first, second, at } = await stage.looks(victim);
  for (const look of [first, second]) {
    requireNone(faultOfLook(base, look, at));
  }
  return first;
}

/** Starts the real process on the damaged directory. It must judge as the look did. */
async function startDamaged(
  { stage, random, victim }: Trial,
  base: Base,
  look: Look,
): Promise<Outcome> {
  const outcome = await fateOf(stage, victim);
  if (outcome === 'refused' && random.chance(SECOND_START_CHANCE)) {
    const again = await fateOf(stage, victim);
    if (again !== 'refused') throw new Violation(`it is refused first and then ${again}`);
  }
  if (outcome !== look.type) {
    throw new Violation(`the node is ${outcome}, the look at a copy ${JSON.stringify(look)}`);
  }
  if (outcome === 'opened') {
    const { term } = await statusOf(stage, victim);
    if (term < base.promises.term) {
      throw new Violation(`it serves in term ${term} and was in term ${base.promises.term}`);
    }
    stage.forgetBaseOf(victim);
  }
  return outcome;
}

/** The opened member's own state first, as old as it may be; then everything, through the leader's word. */
async function requireWhole({ stage, victim }: Trial): Promise<void> {
  await stage.requireAll(victim, { consistency: 'local', freshness: 'past' });
  await stage.requireAll(victim, { consistency: 'linearizable', freshness: 'latest' });
  await stage.requireAll(victim, { consistency: 'local', freshness: 'latest' });
}

/** Starts a process, waits until it serves or has ended, and judges how it ended. */
async function fateOf(stage: Stage, id: string): Promise<Outcome> {
  stage.run(id);
  const fate = await eventually(FATE_MS, `${id} to serve or to end`, async () => {
    const end = stage.endOf(id);
    if (end !== null) return end;
    const status = await stage.cluster.status(id);
    return typeof status?.lastApplied === 'number' && 'opened';
  });
  return fate === 'opened' ? fate : judgeEnd(stage, id, fate);
}

function judgeEnd(stage: Stage, id: string, end: number | NodeJS.Signals): Outcome {
  const said = stage.cluster.log(id);
  const [, code = 'without a code'] = /\((RAFT_[A-Z_]+)\)/.exec(said) ?? [];
  if (end !== EXIT_REFUSED) {
    throw new Violation(`the process ended by ${end}, saying: ${said.slice(-2_000)}`);
  }
  requireNone(faultOfRefusal(code, said, stage.directoryOf(id)));
  return 'refused';
}

interface Promised {
  readonly term: number;
  readonly lastIndex: number;
}

function statusOf({ cluster }: Stage, id: string): Promise<Promised> {
  return eventually(FATE_MS, `the status of ${id}`, () => cluster.status(id));
}

/**
 * The fault hits an idle process, which then has to work. It may go on, halt in words, or be aborted by LevelDB
 * (docs/formats.md); what its disk says afterwards counts. A refused disk stays out: its peers have heard more of
 * the node than any copy holds. So this is the last trial of a stage.
 */
async function runningTrial(trial: Trial): Promise<Outcome> {
  const { stage, random, victim } = trial;
  await stage.settled();
  const promised = await statusOf(stage, victim);
  spoil(trial);
  await stage.write(random, [victim]);
  const end = await endOfRunning(trial);
  const { first, second, at } = await stage.looks(victim);
  for (const look of [first, second]) requireNothingForgotten(trial, look, { promised, at });
  if (first.type === 'opened') await stage.requireAllEverywhere();
  else await requireOthersWhole(trial);
  return end ?? (first.type === 'opened' ? 'opened' : 'refused');
}

/** `null` if the victim worked on and had to be killed. Anything but words or LevelDB's abort is a violation. */
async function endOfRunning({ stage, victim }: Trial): Promise<'halted' | 'aborted' | null> {
  const { cluster } = stage;
  const status = await cluster.status(victim);
  const isServing = typeof status?.lastApplied === 'number';
  const wasRunning = cluster.isRunning(victim);
  const exitCode = await cluster.kill(victim);
  if (wasRunning && isServing) return null;
  if (!wasRunning && exitCode === null) return 'aborted';
  const said = cluster.log(victim);
  if (!said.includes('RAFT_STORAGE_FAILED')) {
    throw new Violation(`it stopped serving without a word about its disk: ${said.slice(-2_000)}`);
  }
  return 'halted';
}

function requireNothingForgotten(
  { stage, victim }: Trial,
  look: Look,
  { promised, at }: { readonly promised: Promised; readonly at: string },
): void {
  if (look.type !== 'opened') return requireNone(faultOfClosedLook(look, at));
  requireNone(stage.votes.record(victim, look));
  if (look.term < promised.term || look.lastIndex < promised.lastIndex) {
    throw new Violation(
      `it opens with ${JSON.stringify(look)} and had promised ${JSON.stringify(promised)}`,
    );
  }
}

async function requireOthersWhole({ stage, victim }: Trial): Promise<void> {
  await stage.cluster.leader();
  for (const id of stage.ids.filter((each) => each !== victim)) {
    await stage.requireAll(id, { consistency: 'linearizable', freshness: 'latest' });
  }
}
