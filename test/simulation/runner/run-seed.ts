/** One seed of the machine that it names, as the command, its workers and the tests run it. */

import type { NodeInstruments } from '../../../src/node/raft-node.ts';
import type { StateMachine } from '../../../src/ports/state-machine.ts';
import type {
  KeyValueInput,
  KeyValueOutput,
} from '../../../src/testing/linearizability/models/key-value.ts';
import { LeaseHolders } from '../../../src/testing/simulation/leases/lease-holders.ts';
import {
  PLAN_VERSION,
  type PlanVersion,
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
import { KvRemote, type PlantedBugs } from '../../../src/testing/simulation/streams/kv-remote.ts';
import { type Remote, together } from '../../../src/testing/simulation/streams/remote.ts';
import { appendListSubject } from '../../../src/testing/simulation/subjects/append-list-subject.ts';
import { keyValueSubject } from '../../../src/testing/simulation/subjects/key-value-subject.ts';
import { PastCaller } from '../../../src/testing/simulation/subjects/past-caller.ts';
import { StoreArchive } from '../../../src/testing/simulation/subjects/store-archive.ts';
import type { World } from '../../../src/testing/simulation/world/world.ts';
import { type Mutant, plant } from '../mutants.ts';

export interface RunOptions {
  readonly isTraced?: boolean;
  readonly instruments?: NodeInstruments;
  readonly prepare?: (world: World) => void;
  readonly mutant?: Mutant | null;
  /** In the programs of production clients and their servers. */
  readonly planted?: Partial<PlantedBugs>;
}

interface SeedOptions extends RunOptions {
  /** Instead of those that the seed names. */
  readonly faults?: readonly Fault[];
  /** Of its plan; the newest unless given. */
  readonly version?: PlanVersion;
}

export function runSeed(seed: string, options: SeedOptions = {}): Promise<SimulationReport> {
  const { faults, version = PLAN_VERSION } = options;
  const planned = planOf(seed, version);
  return runPlan(faults === undefined ? planned : { ...planned, faults }, options);
}

export async function runPlan(
  plan: SimulationPlan,
  { mutant = null, prepare = () => {}, planted = {}, ...rest }: RunOptions = {},
): Promise<SimulationReport> {
  let uproot = (): void => {};
  const prepared = (world: World): void => {
    if (mutant !== null) uproot = plant(world, mutant);
    prepare(world);
  };
  try {
    return await simulatePlan({ plan, prepare: prepared, ...rest }, planted);
  } finally {
    uproot();
  }
}

function simulatePlan(
  options: Omit<SimulateOptions<never, never, StateMachine>, 'subject' | 'remote'>,
  planted: Partial<PlantedBugs>,
): Promise<SimulationReport> {
  const { workload, storeLeases, streams, pastEveryMs: everyMs } = options.plan;
  if (workload.machine === 'appendList') {
    return simulate({ subject: appendListSubject(workload), ...options });
  }
  const subject = keyValueSubject(workload);
  const { draw, encode } = subject;
  const remote = ({ world, book }: RemoteParts<KeyValueInput, KeyValueOutput>): Remote => {
    const archive = everyMs === null ? null : new StoreArchive(world.history);
    const parts = { world, book, draw, encode, planted, archive };
    return together([
      ...(streams === null ? [] : [new KvRemote({ ...parts, plan: streams })]),
      ...(archive === null || everyMs === null
        ? []
        : [new PastCaller({ world, archive, everyMs })]),
      ...(storeLeases === null ? [] : [new LeaseHolders({ world, plan: storeLeases })]),
    ]);
  };
  return simulate({ subject, remote, ...options });
}
