/** One seed of the machine that it names, as the command, its workers and the tests run it. */
import type { NodeInstruments } from '../../src/node/raft-node.ts';
import { appendListSubject } from '../../src/testing/simulation/append-list-subject.ts';
import { keyValueSubject } from '../../src/testing/simulation/key-value-subject.ts';
import { planOf } from '../../src/testing/simulation/plan.ts';
import type { Fault } from '../../src/testing/simulation/plan-faults.ts';
import { type SimulationReport, simulate } from '../../src/testing/simulation/simulate.ts';
import type { World } from '../../src/testing/simulation/world.ts';
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
  const rest = {
    plan,
    isTraced,
    prepare: (world: World): void => plant(world, mutant),
    ...(instruments === undefined ? {} : { instruments }),
  };
  const { workload } = plan;
  if (workload.machine === 'appendList') {
    return simulate({ subject: appendListSubject(workload), ...rest });
  }
  return simulate({ subject: keyValueSubject(workload), ...rest });
}
