/** Examples that are whole runs of a small cluster, and the words that they share. */
import type { RaftNode } from '../../../../src/node/raft-node.ts';
import type { Report } from '../../../../src/testing/simulation/checks/violation.ts';
import type { SimulationPlan } from '../../../../src/testing/simulation/plan/plan.ts';
import { simulate } from '../../../../src/testing/simulation/simulate.ts';
import {
  appendListSubject,
  type ListsMachine,
} from '../../../../src/testing/simulation/subjects/append-list-subject.ts';
import { addressOf } from '../../../../src/testing/simulation/world/member.ts';
import type { World } from '../../../../src/testing/simulation/world/world.ts';
import { calmPlan, TROUBLE_MS } from '../../small-runs.ts';
import { type Example, N2 } from './example.ts';

interface RunOptions {
  readonly changes?: Partial<SimulationPlan>;
  readonly prepare?: (world: World) => void;
  readonly create?: () => ListsMachine;
  readonly digest?: (machine: ListsMachine) => string;
}

export function run(
  property: string,
  text: string,
  optionsFor: (isWrong: boolean) => RunOptions,
): Example {
  const play = async (isWrong: boolean, report: Report): Promise<void> => {
    const { changes, prepare = () => {}, ...machine } = optionsFor(isWrong);
    const plan = calmPlan(changes);
    const subject = { ...appendListSubject(plan.workload), ...machine };
    const { violation } = await simulate({ plan, subject, prepare });
    if (violation !== null) report(violation.property, violation.message);
  };
  return { property, text, play };
}

/** When the run comes to this part of it, as its trace names it. */
export function onPhase(world: World, phase: string, begun: () => void): void {
  const note = world.note.bind(world);
  world.note = (node, text) => {
    note(node, text);
    if (text.startsWith(phase)) begun();
  };
}

/** From now on every link loses this share of what is said. */
export function lose(world: World, lossRate: number): void {
  for (const from of world.plan.members) {
    for (const to of world.plan.members) {
      world.network.quality(addressOf(from), addressOf(to)).lossRate = lossRate;
    }
  }
}

/** From now on nothing gets through, or nearly everything. */
export function loseAll(world: World, isWrong: boolean): void {
  lose(world, isWrong ? 1 : 0.01);
}

/** Changes what `n2` does with its callers, a while after it has started. */
export function meddle(world: World, change: (node: RaftNode) => void): void {
  world.clock.setTimeout(() => {
    const { node } = world.member(N2);
    if (node !== null) change(node);
  }, TROUBLE_MS / 3);
}

export function meddling(
  property: string,
  text: string,
  change: (node: RaftNode, isWrong: boolean, world: World) => void,
): Example {
  return run(property, text, (isWrong) => ({
    prepare: (world) => meddle(world, (node) => change(node, isWrong, world)),
  }));
}
