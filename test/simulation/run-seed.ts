/** One seed of the key-value store, as the command, its workers and the tests run it. */
import type { NodeInstruments } from '../../src/node/raft-node.ts';
import { keyValueSubject } from '../../src/testing/simulation/key-value-subject.ts';
import { planOf } from '../../src/testing/simulation/plan.ts';
import type { Fault } from '../../src/testing/simulation/plan-faults.ts';
import { type SimulationReport, simulate } from '../../src/testing/simulation/simulate.ts';
import { type Mutant, plant } from './mutants.ts';

export interface SeedOptions {
  /** Instead of those that the seed names. */
  readonly faults?: readonly Fault[];
  readonly isTraced?: boolean;
  readonly mutant?: Mutant | null;
  readonly instruments?: NodeInstruments;
}

export function runSeed(seed: string, options: SeedOptions = {}): Promise<SimulationReport> {
  const { faults, isTraced = false, mutant = null, instruments } = options;
  const planned = planOf(seed);
  const plan = faults === undefined ? planned : { ...planned, faults };
  return simulate({
    plan,
    subject: keyValueSubject(plan.workload),
    isTraced,
    prepare: (world) => plant(world, mutant),
    ...(instruments === undefined ? {} : { instruments }),
  });
}
