/** A run of the simulator, as its command runs it, that waits after each event. */
import { planOf } from '../../../src/testing/simulation/plan/plan.ts';
import type { World } from '../../../src/testing/simulation/world/world.ts';
import { runPlan } from '../../../test/simulation/runner/run-seed.ts';
import type { SeedRun } from '../run/run.ts';
import { Gate } from './gate.ts';
import { noteInWords } from './seed-words.ts';
import type { SteppedRun } from './stepped-run.ts';
import { membersOf, Notes, tellTimeOf } from './world-on-stage.ts';

export function startSeed({ seed, version }: SeedRun, look: () => void): SteppedRun {
  const gate = new Gate(look);
  const notes = new Notes();
  const plan = planOf(seed, version);
  let world: World | null = null;
  const prepare = (prepared: World): void => {
    world = prepared;
    tellTimeOf(prepared);
    prepared.paced = () => gate.passed();
  };
  return {
    gate,
    nowMs: () => world?.now ?? 0,
    members: () => (world === null ? [] : membersOf(world)),
    takeNotes: () => (world === null ? [] : notes.take(world).map(noteInWords)),
    broken: () => world?.violation?.message ?? null,
    hash: () => world?.trace.hash ?? '',
    finished: gate.carry(() => runPlan(plan, { isTraced: true, prepare })),
  };
}
