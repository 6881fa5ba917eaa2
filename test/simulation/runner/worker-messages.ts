/** What the command and its workers say to each other. */
import type { Sometimes } from '../../../src/testing/simulation/runtime/sometimes.ts';
import type { Mutant } from '../mutants.ts';
import type { Tally } from './tally.ts';

export interface Order {
  readonly seed: string;
  readonly mutant: Mutant | null;
  /** Watch which ways through the charts are taken; slows the run down. */
  readonly isWatched: boolean;
}

export interface Answer {
  readonly seed: string;
  readonly hash: string;
  /** `null`: every property held. */
  readonly violation: string | null;
  readonly tally: Tally;
  readonly sometimes: readonly Sometimes[];
  /** Ways through the charts that this run took; none is known of one that was not watched. */
  readonly ways: readonly string[];
}
