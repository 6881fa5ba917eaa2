/** One seed of the machine that it names, as the command, its workers and the tests run it. */

import type { NodeInstruments } from '../../../src/node/raft-node.ts';
import type { StateMachine } from '../../../src/ports/state-machine.ts';
import type {
  KeyValueInput,
  KeyValueOutput,
} from '../../../src/testing/linearizability/models/key-value.ts';
import {
  PLAN_VERSION,
  planOf,
  type SimulationPlan,
} from '../../../src/testing/simulation/plan/plan.ts';
import type { Fault } from '../../../src/testing/simulation/plan/plan-faults.ts';
import {
  type RemoteParts,
  type SimulateOptions,
  type SimulationReport,
  simulate,
} from '../../../src/testing/simulation/simulate.ts';
import { KvRemote } from '../../../src/testing/simulation/streams/kv-remote.ts';
import { appendListSubject } from '../../../src/testing/simulation/subjects/append-list-subject.ts';
import { keyValueSubject } from '../../../src/testing/simulation/subjects/key-value-subject.ts';
import type { World } from '../../../src/testing/simulation/world/world.ts';
import { type Mutant, plant } from '../mutants.ts';

interface RunOptions {
  readonly isTraced?: boolean;
  readonly mutant?: Mutant | null;
  readonly instruments?: NodeInstruments;
}

interface SeedOptions extends RunOptions {
  /** Instead of those that the seed names. */
  readonly faults?: readonly Fault[];
  /** Of its plan; the newest unless given. */
  readonly version?: 1 | 3;
}

export function runSeed(seed: string, options: SeedOptions = {}): Promise<SimulationReport> {
  const { faults, version = PLAN_VERSION } = options;
  const planned = planOf(seed, version);
  return runPlan(faults === undefined ? planned : { ...planned, faults }, options);
}

export function runPlan(
  plan: SimulationPlan,
  { isTraced = false, mutant = null, instruments }: RunOptions = {},
): Promise<SimulationReport> {
  let uproot = (): void => {};
  const rest = {
    plan,
    isTraced,
    prepare: (world: World): void => {
      if (mutant !== null) uproot = plant(world, mutant);
    },
    ...(instruments === undefined ? {} : { instruments }),
  };
  return simulatePlan(plan, rest).finally(() => uproot());
}

function simulatePlan(
  plan: SimulationPlan,
  rest: Omit<SimulateOptions<never, never, StateMachine>, 'subject' | 'remote'>,
): Promise<SimulationReport> {
  const { workload, streams } = plan;
  if (workload.machine === 'appendList') {
    return simulate({ subject: appendListSubject(workload), ...rest });
  }
  const subject = keyValueSubject(workload);
  if (streams === null) return simulate({ subject, ...rest });
  const { draw, encode } = subject;
  const remote = (parts: RemoteParts<KeyValueInput, KeyValueOutput>): KvRemote =>
    new KvRemote({ ...parts, draw, encode, plan: streams });
  return simulate({ subject, remote, ...rest });
}
