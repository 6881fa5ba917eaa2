/** One seed of the machine that it names, as the command, its workers and the tests run it. */

import type { NodeInstruments } from '../../src/node/raft-node.ts';
import type {
  KeyValueInput,
  KeyValueOutput,
} from '../../src/testing/linearizability/models/key-value.ts';
import { appendListSubject } from '../../src/testing/simulation/append-list-subject.ts';
import { keyValueSubject } from '../../src/testing/simulation/key-value-subject.ts';
import { planOf } from '../../src/testing/simulation/plan.ts';
import type { Fault } from '../../src/testing/simulation/plan-faults.ts';
import {
  type RemoteParts,
  type SimulationReport,
  simulate,
} from '../../src/testing/simulation/simulate.ts';
import { KvRemote } from '../../src/testing/simulation/streams/kv-remote.ts';
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
  const subject = keyValueSubject(workload);
  const { streams } = plan;
  if (streams === null) return simulate({ subject, ...rest });
  const { draw, encode } = subject;
  const remote = (parts: RemoteParts<KeyValueInput, KeyValueOutput>): KvRemote =>
    new KvRemote({ ...parts, draw, encode, plan: streams });
  return simulate({ subject, remote, ...rest });
}
