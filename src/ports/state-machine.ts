/**
 * The state that is replicated. Every replica applies the same commands in the same order, so `apply`
 * must depend on nothing but its arguments: no clock, no randomness, no I/O; time comes with the entry.
 */
import type { Index, Term } from '../core/types.ts';

export interface CommittedCommand {
  readonly index: Index;
  readonly term: Term;
  /** The leader's wall clock at append, made to never fall: the only clock a machine may read. */
  readonly timeMs: number;
  /** As proposed. A view into a larger block: copy what must outlive the call. */
  readonly data: Uint8Array;
}

/**
 * `apply` is called with one batch at a time, each command once and in order, and returns one result
 * for each command. A throw or rejection is a divergence in the making: the node halts
 * (`RAFT_STATE_MACHINE_FAILED`). A command that is refused by the application's own rules is a result, not a throw.
 */
export interface StateMachine {
  apply(batch: readonly CommittedCommand[]): readonly unknown[] | Promise<readonly unknown[]>;
}
