/**
 * What a leader knows about one peer: the context of `machines/replication.machine.ts` (§3.5, §10.2.2).
 * The mode, probing or replicating, is the chart's state and not here.
 */
import type { Index, NodeId, Term } from './types.ts';

/** One AppendEntries with entries that the peer has not answered yet. */
export interface InflightMessage {
  /** The last index it carries. */
  readonly throughIndex: Index;
  readonly bytes: number;
}

export interface ReplicationState {
  readonly peer: NodeId;
  /** The leadership that this actor belongs to; it ends with it. */
  readonly term: Term;
  /** Invariant: `matchIndex < nextIndex` (LR4). */
  readonly matchIndex: Index;
  /** The next entry to send. */
  readonly nextIndex: Index;
  /** The leader's log begins behind this index: what comes before it only a snapshot holds. */
  readonly baseIndex: Index;
  /** The end of the leader's log. */
  readonly lastIndex: Index;
  readonly commitIndex: Index;
  /** The commit index that the peer was told last. */
  readonly commitIndexSent: Index;
  /** The peer's own callers wait for this index: it is told at once that it is committed (LR13). */
  readonly awaitedIndex: Index;
  /** The newest leadership round, echoed by the peer's answers (§6.4). */
  readonly round: number;
  /** Oldest first. Empty while probing. */
  readonly inflight: readonly InflightMessage[];
  readonly inflightBytes: number;
  readonly limits: {
    readonly messageBytesMax: number;
    readonly inflightMessagesMax: number;
    readonly inflightBytesMax: number;
  };
}
