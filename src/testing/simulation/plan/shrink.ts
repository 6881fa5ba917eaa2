/**
 * Fewer faults, same failure: takes parts out of the fault list of a failing run for as long as it still fails in
 * the same way (delta debugging, after Zeller and Hildebrandt 2002). Chance is drawn apart for each fault, so that
 * what remains happens as before.
 */
import type { SimulationPlan } from './plan.ts';
import type { Fault } from './plan-faults.ts';

export interface Shrunk {
  readonly faults: readonly Fault[];
  readonly tries: number;
}

/** `fails`: whether a run with these faults violates the same property. Bound: at most `triesMax` runs. */
export async function shrinkFaults(
  plan: SimulationPlan,
  fails: (faults: readonly Fault[]) => Promise<boolean>,
  triesMax: number,
): Promise<Shrunk> {
  let faults = plan.faults;
  let parts = 2;
  let tries = 0;
  while (faults.length > 0 && tries < triesMax) {
    const size = Math.ceil(faults.length / parts);
    let isSmaller = false;
    for (let at = 0; at < faults.length && tries < triesMax; at += size) {
      const rest = [...faults.slice(0, at), ...faults.slice(at + size)];
      tries += 1;
      if (!(await fails(rest))) continue;
      faults = rest;
      isSmaller = true;
      break;
    }
    if (isSmaller) parts = Math.max(2, parts - 1);
    else if (size === 1) break;
    else parts = Math.min(faults.length, parts * 2);
  }
  return { faults, tries };
}
