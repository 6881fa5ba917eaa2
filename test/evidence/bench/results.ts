/** All that a run has measured. */
import type { Comparison, OutageComparison } from './comparison.ts';
import type { CostComparison } from './costs.ts';
import type { Counted } from './embedded.ts';

export interface Results {
  readonly outages: readonly OutageComparison[];
  readonly rows: readonly Comparison[];
  readonly costs: readonly CostComparison[];
  readonly memory: readonly OutageComparison[];
  readonly counted: readonly Counted[];
}
