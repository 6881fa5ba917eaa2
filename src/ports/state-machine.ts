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
  /** Raised with each command that members of an older version would not know; 1 unless given (UP1). */
  readonly version?: number;
  /**
   * The version that a member needs to carry out this command; 1 without such a function. One that needs more than all
   * members know is refused where it is proposed (UP2). Bytes that this machine does not know itself need more than its
   * own version.
   */
  versionOf?(command: Uint8Array): number;
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
  /**
   * The state after what has been applied, at once and cheaply: what is applied later does not change it (§5.1). Called
   * between two batches. `null`, or no such function: this machine takes no snapshots, and its log is kept whole.
   * Throws if the state cannot be taken, in words that say what to do; the node goes on, and its log grows.
   */
  snapshot?(): MachineSnapshot | null;
  /**
   * Replaces the state by that of a snapshot, of this or of another replica, in the chunks in which it was made. `apply` is
   * not called meanwhile; queries
   * may be, and see the old state or the new one. Rejects, having changed nothing, for what is no whole snapshot of this
   * machine: then the node halts (`RAFT_STATE_MACHINE_FAILED`).
   */
  restore?(chunks: AsyncIterable<Uint8Array>): Promise<void>;
}

/** A state as it was when `snapshot` was called. */
export interface MachineSnapshot {
  /**
   * Its bytes, in order; asked for once. No chunk is empty or larger than `SNAPSHOT_CHUNK_BYTES_MAX`, and nobody writes to it
   * any more. Each step takes at most 4 ms: whoever drives it lets the event loop have its turn between two of them.
   */
  chunks(): Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  /**
   * As `chunks`, and asked for in its place where `base` is whole on disk: a snapshot that this machine gave before, that was
   * read to its end, and since which nothing was restored. For each chunk that is, byte for byte, one of `base`, the number
   * of that one stands in its place, and it is not written again (SN5). Absent: each snapshot is written as a whole.
   */
  chunksFrom?(base: MachineSnapshot): Iterable<SharedChunk> | AsyncIterable<SharedChunk>;
  /** How much of it was given so far, about, from 0 to 1. Absent: nobody knows. */
  progress?(): number;
  /** It is not read any more, whether it was read to its end or not. Harmless twice. */
  release(): void;
}

/** A chunk, or the number of one that another snapshot has as well, counted from 0. */
export type SharedChunk = Uint8Array | number;
