/** One seed in detail: what came of it, and if it failed, which of its faults it takes, and the end of its trace. */

import { planOf } from '../../../src/testing/simulation/plan/plan.ts';
import type { Fault } from '../../../src/testing/simulation/plan/plan-faults.ts';
import { shrinkFaults } from '../../../src/testing/simulation/plan/shrink.ts';
import { renderLanes } from '../../../src/testing/simulation/report/lanes.ts';
import type { SimulationReport } from '../../../src/testing/simulation/simulate.ts';
import { runSeed } from './run-seed.ts';

/** Bound: runs spent on shrinking one failure. */
const TRIES_MAX = 80;
const LINES_OF_FAILURE = 120;

export async function showSeed(seed: string, linesMax: number): Promise<void> {
  const plan = planOf(seed);
  const report = await runSeed(seed);
  console.log(summaryOf(report));
  const { violation } = report;
  if (violation === null) {
    if (linesMax > 0) await showTrace(seed, plan.faults, linesMax);
    return;
  }
  process.exitCode = 1;
  console.log(violation.message);
  const { faults, tries } = await shrinkFaults(plan, fails(seed, violation.property), TRIES_MAX);
  console.log(`${plan.faults.length} faults shrunk to ${faults.length} in ${tries} runs:`);
  for (const fault of faults) console.log(`  ${JSON.stringify(fault)}`);
  await showTrace(seed, faults, Math.max(linesMax, LINES_OF_FAILURE));
}

function fails(seed: string, property: string): (faults: readonly Fault[]) => Promise<boolean> {
  return async (faults) => (await runSeed(seed, { faults })).violation?.property === property;
}

async function showTrace(seed: string, faults: readonly Fault[], linesMax: number): Promise<void> {
  const { lines } = await runSeed(seed, { faults, isTraced: true });
  console.log(renderLanes(lines, planOf(seed).members, linesMax));
}

function summaryOf({
  seed,
  version,
  hash,
  violation,
  lines: _,
  ...figures
}: SimulationReport): string {
  const { mode, members, timing } = planOf(seed);
  const about = `${mode}, ${members.length} members, timeouts ${timing.electionTimeoutMinMs}–${timing.electionTimeoutMaxMs} ms`;
  const verdict = violation === null ? 'every property holds' : 'FAILED';
  return `seed=${seed} version=${version} (${about}): ${verdict}\ntrace ${hash} ${JSON.stringify(figures)}`;
}
