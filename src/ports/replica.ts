/**
 * One member as its host program sees it: hand in commands, wait for reads, watch the role. Any member
 * takes any call; what only the leader can do is passed on to it. The callbacks are the fast path of the
 * server; `src/node/` builds the promises of the public library on top of them.
 */
import type { Role } from '../core/effect.ts';
import type { RaftError } from '../core/errors.ts';
import type { Histogram } from '../core/histogram.ts';
import type { Lifecycle, LinkState } from '../core/lifecycle.ts';
import type { MembershipChange } from '../core/membership-change.ts';
import type { PerMember } from '../core/per-member.ts';
import type { SessionCall, SessionOperation, SessionState } from '../core/session.ts';
import type { EntryId, Index, NodeId, Term } from '../core/types.ts';
import type { Versions } from '../core/versions.ts';
import type { InspectionObserver } from './inspection.ts';
import type { SnapshotMeta } from './snapshot-store.ts';
import type { MachineSnapshot } from './state-machine.ts';

/** How a proposal ended. `applied` carries what the local state machine returned for it. */
export type ProposalOutcome =
  | {
      readonly type: 'applied';
      readonly index: Index;
      readonly term: Term;
      readonly result: unknown;
    }
  /** `error.retry` tells refused (`safe`) from undecided (`outcomeUnknown`). */
  | { readonly type: 'failed'; readonly error: RaftError };

/** How a request to move leadership ended: who leads now. `error.retry` is `safe`: nothing has changed but who may lead. */
export type TransferOutcome =
  | { readonly type: 'moved'; readonly leader: NodeId }
  | { readonly type: 'failed'; readonly error: RaftError };

/** How a request for a snapshot ended: what the newest holds, or why there is none. */
export type SnapshotOutcome =
  | {
      readonly type: 'taken';
      /** The last entry whose effect is in it. */
      readonly index: Index;
      readonly bytes: number;
    }
  | { readonly type: 'failed'; readonly error: RaftError };

/** The state of this member as it was at one entry, for a reader of its own: whoever has it releases the view. */
export interface CapturedState {
  readonly meta: SnapshotMeta;
  readonly view: MachineSnapshot;
}

/** How a request for the state ended. */
export type CaptureOutcome =
  | { readonly type: 'captured'; readonly state: CapturedState }
  | { readonly type: 'failed'; readonly error: RaftError };

/** Who takes part: voters decide, learners only hear; joint while a change needs the majorities of old and new. */
export interface MembersStatus {
  readonly voters: readonly NodeId[];
  readonly learners: readonly NodeId[];
  readonly joint: boolean;
}

/** Who takes part is another: from the moment that it stands in the log, and again when it is committed, or taken back. */
export interface MembersEvent extends MembersStatus {
  readonly isCommitted: boolean;
  /** This node was a member and is none any more, for good: nobody takes anything of it now. */
  readonly isRemoved: boolean;
}

/** How a change of members ended. */
export type MembersOutcome =
  /** Done, and committed. */
  | { readonly type: 'changed'; readonly members: MembersStatus }
  | { readonly type: 'failed'; readonly error: RaftError };

export interface WaitOptions {
  /** From now, in milliseconds. Reached: `RAFT_TIMED_OUT` (a read: `safe`; a proposal: `outcomeUnknown`). */
  readonly timeoutMs: number;
}

/** `error`: why the read cannot be made. `by`: with `lease`, on what it may be made instead of a round. */
export type Readable = (error: RaftError | null, by?: 'lease') => void;

export interface ReadableOptions extends WaitOptions {
  /** The read need not see more than this entry, and waits for nothing but that it is applied here. */
  readonly atLeast?: EntryId;
  /**
   * The read may do without a round where this member leads and holds a lease (§6.4.1); the answer says so. Otherwise it is
   * as any other.
   */
  readonly lease?: boolean;
  /** It waits for a leader until its deadline; others hear much sooner that there is none (SP12). */
  readonly isPatient?: boolean;
}

export interface SubmitOptions extends WaitOptions {
  /** The command is one of a session, and takes effect once however often it is handed in, at whichever member. */
  readonly session?: SessionCall;
}

/** How something asked of a session ended. */
export type SessionOutcome =
  | { readonly type: 'done'; readonly state: SessionState }
  | { readonly type: 'failed'; readonly error: RaftError };

/** Of a node that has stopped or halted: what it knew last. It neither leads nor knows a leader then. */
export interface ReplicaStatus {
  readonly id: NodeId;
  readonly clusterId: string;
  readonly lifecycle: Lifecycle;
  readonly role: Role;
  readonly term: Term;
  readonly leader: NodeId | null;
  readonly commitIndex: Index;
  readonly lastApplied: Index;
  /** The time of the log, through what was applied: in milliseconds since 1970; 0 before the first command. */
  readonly timeMs: number;
  /** Index of the first entry in the log; `lastIndex + 1` when the log is empty. */
  readonly firstIndex: Index;
  readonly lastIndex: Index;
  /** The last index covered by a snapshot; 0 without one. */
  readonly snapshotIndex: Index;
  readonly members: MembersStatus & {
    /** Where other members find them, as far as this node knows. */
    readonly addresses: PerMember<string>;
  };
  /** It was a member and is none any more, for good. */
  readonly isRemoved: boolean;
  /** What this member knows, and what all members are known to know (UP2). */
  readonly versions: VersionsStatus;
  /** A disk write is under way that takes too long. */
  readonly diskStalled: boolean;
  /** One for each other member, with what is known from here. */
  readonly links: readonly LinkStatus[];
}

export interface VersionsStatus extends Versions {
  /** What needs more is refused, with `RAFT_UPGRADE_NEEDED`. */
  readonly lowest: Versions;
  /** The newest machine version that a committed command has needed: whoever knows less cannot be a member any more. */
  readonly machineInUse: number;
}

export interface LinkStatus {
  readonly peer: NodeId;
  readonly state: LinkState;
  /** Why there is no connection, or why it is refused; `null` while all is well, and before the first try. */
  readonly reason: string | null;
  readonly bufferedBytes: number;
  /** What it said of itself last; `null`: nothing since this node started. */
  readonly versions: Versions | null;
  /** Known only while leading. */
  readonly matchIndex: Index | null;
  /** What is wrong with it beyond the connection; `reason` says more. `null` while nothing is. */
  readonly problem: PeerProblem | null;
}

/**
 * `refused`: this node does not accept it; `refuses`: it does not accept this node; `stalled`: this node leads, and
 * the peer takes no entries although it is connected.
 */
export type PeerProblem = 'refused' | 'refuses' | 'stalled';

/** A problem with another node has begun, has another reason, or is over. */
export interface PeerEvent {
  /** The name that it gives; a stranger may give any. `null` if it did not get to say one. */
  readonly peer: string | null;
  readonly problem: PeerProblem;
  /** A sentence: what is wrong and what to do, or how it ended. */
  readonly reason: string;
  readonly isOver: boolean;
}

/** A disk write takes too long, or has ended after all. */
export interface DiskEvent {
  readonly isStalled: boolean;
  /** How long the write has taken so far, or took in all, in milliseconds. */
  readonly forMs: number;
}

/** A snapshot of this member is on disk, or could not be taken although it was time, or somebody wanted one. */
export type SnapshotEvent =
  | { readonly type: 'taken'; readonly index: Index; readonly bytes: number }
  /** A sentence: why, and what to do. The log grows meanwhile. */
  | { readonly type: 'refused'; readonly reason: string };

/** A change of role or of the known leader. */
export interface RoleEvent {
  readonly role: Role;
  readonly term: Term;
  readonly leader: NodeId | null;
  /** A few words: 'election timeout', 'won the election', 'heard of a newer term', … */
  readonly cause: string;
}

export interface ReplicaCounters {
  readonly proposals: number;
  readonly applied: number;
  readonly elections: number;
  readonly leaderChanges: number;
  readonly messagesSent: number;
  readonly messagesReceived: number;
  readonly messagesDropped: number;
  readonly badFrames: number;
  /** Calls of others that were refused here, and stalls of peers while leading. */
  readonly refusals: number;
  readonly peerStalls: number;
  readonly diskWrites: number;
  readonly diskBytes: number;
  readonly diskStalls: number;
}

/** How long things took since the start: the live histograms, to be read and not kept. */
export interface ReplicaTimings {
  /** One synced write to the log. */
  readonly sync: Histogram;
  /** While leading: from putting a batch of proposals into the log until it was committed. */
  readonly commit: Histogram;
  /** One batch of committed entries, in all the turns that it took. */
  readonly apply: Histogram;
  /** From asking for the index that linearizable reads wait for until it was confirmed (§6.4). */
  readonly readRound: Histogram;
}

export interface Replica {
  readonly id: NodeId;
  /**
   * Hands in one command. Calls back exactly once, never during the call. Commands of one tick travel
   * and are written together. The bytes must not change afterwards.
   */
  submit(
    data: Uint8Array,
    options: SubmitOptions,
    completed: (outcome: ProposalOutcome) => void,
  ): void;
  /** Opens, renews or closes a session (§6.3). Calls back exactly once, never during the call. */
  session(
    operation: SessionOperation,
    options: WaitOptions,
    completed: (outcome: SessionOutcome) => void,
  ): void;
  /**
   * Calls back with `null` once the local state machine holds everything that was committed anywhere
   * before this call: a read made in the callback is linearizable (§6.4). With `atLeast`, once it holds that entry, and
   * with `RAFT_OVERWRITTEN` if another stands in its place. Exactly once, never during the call.
   */
  awaitReadable(options: ReadableOptions, completed: Readable): void;
  /**
   * Calls back once this member knows that the one named leads, or, for `null`, another than before (§3.10). Exactly
   * once, never during the call. Whatever is proposed meanwhile waits.
   */
  transferLeadership(
    to: NodeId | null,
    options: WaitOptions,
    completed: (outcome: TransferOutcome) => void,
  ): void;
  /**
   * Calls back once a snapshot of this member is on disk that holds all that was applied here when it was asked for.
   * Exactly once, never during the call.
   */
  snapshot(options: WaitOptions, completed: (outcome: SnapshotOutcome) => void): void;
  /**
   * Calls back with the state as it is between two batches, before anything more is applied; nothing is written to disk.
   * Exactly once, never during the call.
   */
  capture(completed: (outcome: CaptureOutcome) => void): void;
  /**
   * Changes the members by joint consensus (§4.3), at any member. Calls back once, never during the call: when it is committed,
   * or with the reason. What is asked for twice is done once; one change is under way at a time.
   */
  changeMembers(
    change: MembershipChange,
    options: WaitOptions,
    completed: (outcome: MembersOutcome) => void,
  ): void;
  /**
   * Watches the node from inside: each taken transition, each message, and where it stands. `after` is the number of the
   * last record heard before, for whoever comes back; `null` for all others. Throws `RAFT_OVERLOADED` if too many watch.
   * Returns how to stop.
   */
  inspect(observer: InspectionObserver, after: number | null): () => void;
  status(): ReplicaStatus;
  counters(): ReplicaCounters;
  timings(): ReplicaTimings;
  /** Returns how to stop listening. */
  onRole(listener: (event: RoleEvent) => void): () => void;
  /** Hears of problems with other nodes, once at each change. Returns how to stop listening. */
  onPeer(listener: (event: PeerEvent) => void): () => void;
  /** Hears of disk writes that take too long. Returns how to stop listening. */
  onDisk(listener: (event: DiskEvent) => void): () => void;
  /** Hears of each snapshot that was taken, and of why one was not. Returns how to stop listening. */
  onSnapshot(listener: (event: SnapshotEvent) => void): () => void;
  /** Hears whenever who takes part is another. Returns how to stop listening. */
  onMembers(listener: (event: MembersEvent) => void): () => void;
  /** The node has halted for good; the process lives. Called once, at once if it already has. */
  onHalt(listener: (error: RaftError) => void): () => void;
  /** Stops accepting, drains what is under way, closes links and store. */
  close(): Promise<void>;
}
