/** What must survive a crash besides the log: without it a node could vote twice in one term (§3.8). */
import { type NodeId, TERM_ZERO, type Term } from './types.ts';

export interface HardState {
  /** The newest term this node has seen. Never falls. */
  readonly term: Term;
  /** Whom it voted for in that term; `null`: nobody yet. Within a term it goes only from null to a name. */
  readonly votedFor: NodeId | null;
}

export const HARD_STATE_ZERO: HardState = { term: TERM_ZERO, votedFor: null };

export function isSameHardState(left: HardState, right: HardState): boolean {
  return left.term === right.term && left.votedFor === right.votedFor;
}
