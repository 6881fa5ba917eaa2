/** What `serve --bootstrap-expect` is told (FO12). */
import type { Joining } from './join-cluster.ts';

export interface Bootstrap {
  /** Where the others are, and how a cluster is joined that is there already. */
  readonly joining: Joining;
  readonly expected: number;
  /** Keeps clusters apart; empty: nobody gave one. */
  readonly cluster: string;
  /** `null`: nobody proves anything. */
  readonly secret: string | null;
}
