/** What the command and its workers say to each other. */
import type { Tally } from '../../src/testing/simulation/tally.ts';
import type { Mutant } from './mutants.ts';

export interface Order {
  readonly seed: string;
  readonly mutant: Mutant | null;
}

export interface Answer {
  readonly seed: string;
  readonly hash: string;
  /** `null`: every property held. */
  readonly violation: string | null;
  readonly tally: Tally;
}
