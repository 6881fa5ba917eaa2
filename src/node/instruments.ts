/**
 * What simulators and debuggers may hear of the inside of a node. XState is not named here: these types are public,
 * and what is public names no other package (EM10).
 */
import type { Effect } from '../core/effect.ts';
import type { Lifecycle } from '../core/lifecycle.ts';
import type { RaftState } from '../core/raft-state.ts';
import type { ReplicationState } from '../core/replication-state.ts';
import type { Index, NodeId } from '../core/types.ts';

/** Each of them slows the node down. */
export interface NodeInstruments {
  /** Hears of every step of every actor; what it is given is an `InspectionEvent` of XState. */
  readonly inspect?: (event: unknown) => void;
  /** Hears what each guard of each chart said. */
  readonly guardAsked?: (chart: string, guard: string, outcome: boolean) => void;
  /** Hears the name of each effect just before it is performed; what it throws is thrown there. */
  readonly performing?: (effect: Effect['type']) => void;
  /** Asked between commands: true ends the slice there, as if time were up. Where it is cut must not matter (AP2). */
  readonly cutsSlice?: () => boolean;
}

/** The inside of a node, as a checker of invariants sees it. */
export interface NodeInspection {
  /** `null` before recovery and after the end. */
  readonly raft: RaftState | null;
  /** The same, or what it was when the node ended; `null` before recovery. */
  readonly lastRaft: RaftState | null;
  /** Where the raft chart stands: `follower.loyal`, `candidate`; `null` as above. */
  readonly state: string | null;
  readonly leads: boolean;
  /** Hears a live leader, or is one. */
  readonly isLoyal: boolean;
  /** Serves reads without a round, at this very moment (§6.4.1). */
  readonly holdsLease: boolean;
  readonly lastApplied: Index;
  readonly lifecycle: Lifecycle;
  /** What it knows of a peer; `null` unless it leads. */
  readonly replication: (peer: NodeId) => ReplicationState | null;
}
