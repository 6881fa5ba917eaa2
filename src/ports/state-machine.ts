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
  /**
   * False: nobody waits for the result here, and a machine may return `undefined` in its place (AP1).
   * It differs between replicas: the state must not depend on it.
   */
  readonly wantsResult: boolean;
}

/** A command as it comes out of the log: of a session, it is still wrapped up, and `src/sessions/` unwraps it. */
export interface CommittedEntry extends CommittedCommand {
  readonly isOfSession: boolean;
}

/**
 * `apply` is called with one batch at a time, each command once and in order, and returns one result
 * for each command (EM1). A throw or rejection is a divergence in the making: the node halts
 * (`RAFT_STATE_MACHINE_FAILED`). A command that is refused by the application's own rules is a result, not a throw.
 *
 * A machine that looks after itself asks `isTimeUp` between commands. Once it is, or the results grow large, it returns
 * those of what it has applied, at least one; the others are handed over again in a later turn of the event
 * loop (AP2). The answer differs between replicas: the state must not depend on it.
 */
export interface StateMachine {
  apply(
    batch: readonly CommittedCommand[],
    isTimeUp: () => boolean,
  ): readonly unknown[] | Promise<readonly unknown[]>;
  /**
   * A result as bytes, the same for equal results, and back: sessions keep the answers of their commands so (§6.3).
   * Without them, or for `null`, a repeated command is not carried out again, and its answer is not to be had.
   */
  encodeResult?(result: unknown): Uint8Array | null;
  decodeResult?(bytes: Uint8Array): unknown;
}
