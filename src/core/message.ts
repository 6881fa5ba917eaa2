/**
 * What members say to each other. These are messages, not calls: any of them may be lost, late,
 * repeated or out of order, so every reply names what it answers. Entry payloads travel beside a
 * message as entry runs, never inside it. Names are those of the dissertation (§3, §6.4, §9.6).
 */
import type { RaftErrorCode, Retry } from './errors.ts';
import type { TransferRefusal } from './transfer-refusal.ts';
import type { EntryId, Index, NodeId, Term } from './types.ts';

/** Would you vote for me in `term`, the one after mine? Changes no state of the receiver (§9.6). */
export interface PreVote {
  readonly type: 'PreVote';
  /** The term the sender would campaign in: its own plus one. Never adopted by the receiver. */
  readonly term: Term;
  readonly lastLog: EntryId;
  /** Numbers the sender's rounds, so that an answer of an earlier round is not counted (A3, A21). */
  readonly round: number;
}

export interface PreVoteReply {
  readonly type: 'PreVoteReply';
  /** The receiver's current term: a refusal teaches it to a sender that lags behind (A14). */
  readonly term: Term;
  readonly round: number;
  readonly granted: boolean;
}

export interface RequestVote {
  readonly type: 'RequestVote';
  readonly term: Term;
  readonly lastLog: EntryId;
  /** Its leader told it to: heeded also by those who hear that leader (§3.10, §4.2.3). */
  readonly transfer: boolean;
}

export interface RequestVoteReply {
  readonly type: 'RequestVoteReply';
  readonly term: Term;
  readonly granted: boolean;
}

/** Replicates the runs beside it; without runs it is the heartbeat (§3.5). */
export interface AppendEntries {
  readonly type: 'AppendEntries';
  readonly term: Term;
  /** The entry just before the first one carried. */
  readonly prevLog: EntryId;
  /** Index of the last entry carried, inclusive; `prevLog.index` for a heartbeat. */
  readonly lastIndex: Index;
  /** The leader's commit index when it sent this. */
  readonly commitIndex: Index;
  /** The newest leadership round; its echo proves who led after that round began (§6.4). */
  readonly round: number;
}

export interface AppendEntriesReply {
  readonly type: 'AppendEntriesReply';
  readonly term: Term;
  /** Echo of the request's `round`; 0 if the request is of an older term than the answer. */
  readonly round: number;
  /** Echo of the request's `prevLog.index`: names the request (B8). */
  readonly prevIndex: Index;
  readonly result: AppendAccepted | AppendRejected;
}

export interface AppendAccepted {
  readonly accepted: true;
  /** The last index proven equal to this leader's log, and durable here. Inclusive. */
  readonly matchIndex: Index;
}

export interface AppendRejected {
  readonly accepted: false;
  /** The follower's last index: probing beyond it is pointless. */
  readonly lastIndex: Index;
  /** The follower's newest entry at or before `prevIndex` whose term is at most that of `prevLog`. */
  readonly hint: EntryId;
}

/** A follower passes its clients' commands on to the leader of `term`; the commands travel beside it. */
export interface Propose {
  readonly type: 'Propose';
  readonly term: Term;
  /** Rises through all requests of the sender, in every term and life; a repetition is dropped (I5). */
  readonly requestId: number;
  /** How many commands travel beside it. */
  readonly count: number;
}

export interface ProposeReply {
  readonly type: 'ProposeReply';
  readonly term: Term;
  readonly requestId: number;
  /** Index of the first of the commands; the rest follow on. `null`: refused, nothing was appended. */
  readonly firstIndex: Index | null;
}

/** A follower asks for the index that a linearizable read of its own has to wait for (§6.4). */
export interface ReadIndex {
  readonly type: 'ReadIndex';
  readonly term: Term;
  readonly requestId: number;
}

export interface ReadIndexReply {
  readonly type: 'ReadIndexReply';
  readonly term: Term;
  readonly requestId: number;
  /** `null`: refused, the sender is not (or no longer) a leader that can answer. */
  readonly readIndex: Index | null;
}

/** The leader of `term` hands over: campaign at once (§3.10). */
export interface TimeoutNow {
  readonly type: 'TimeoutNow';
  readonly term: Term;
  /** Where the leader's log ends, and so the receiver's: whoever holds less or more is not meant (A12). */
  readonly lastLog: EntryId;
}

/** A follower passes on that leadership should move: the new leader shows that it has. */
export interface TransferLeadership {
  readonly type: 'TransferLeadership';
  readonly term: Term;
  readonly requestId: number;
  /** `null`: to whoever is fittest. */
  readonly to: NodeId | null;
}

/** It does not move. */
export interface TransferLeadershipReply {
  readonly type: 'TransferLeadershipReply';
  readonly term: Term;
  readonly requestId: number;
  readonly reason: TransferRefusal;
}

/** A member passes on a change of membership that somebody wants of it (§4). To ask twice is harmless. */
export interface ChangeMembers {
  readonly type: 'ChangeMembers';
  readonly term: Term;
  readonly requestId: number;
  /** It may have been begun before: it waits for its turn, and is done if it finds all done. */
  readonly isAgain: boolean;
  /** New members with their addresses. */
  readonly add: readonly (readonly [NodeId, string])[];
  readonly promote: readonly NodeId[];
  readonly remove: readonly NodeId[];
}

/** The change is done, and committed; or why not. */
export interface ChangeMembersReply {
  readonly type: 'ChangeMembersReply';
  readonly term: Term;
  readonly requestId: number;
  readonly refusal: {
    readonly code: RaftErrorCode;
    /** What its caller can do, which the code alone does not say. */
    readonly retry: Retry;
    readonly text: string;
  } | null;
  /** The members by then. */
  readonly voters: readonly NodeId[];
  readonly learners: readonly NodeId[];
}

/**
 * What a peer lacks next only a snapshot holds: this one is to be had of the sender (§5.2). The members in force at its end
 * travel beside it, as a configuration entry one behind its place, since the founding stands at 0.
 */
export interface SnapshotOffer {
  readonly type: 'SnapshotOffer';
  readonly term: Term;
  readonly lastEntry: EntryId;
  /** The time of the log there. */
  readonly timeMs: number;
  readonly chunkCount: number;
  readonly bytes: number;
  readonly checksum: number;
}

/**
 * On a connection of its own: send me this chunk of that snapshot. Each is asked for by itself. Of a term nothing is said
 * there: it is 0.
 */
export interface PullChunk {
  readonly type: 'PullChunk';
  readonly term: Term;
  readonly lastEntry: EntryId;
  readonly checksum: number;
  /** From 0. */
  readonly chunk: number;
}

/** A chunk, or a part of one that does not fit into a frame; its bytes travel beside it. */
export interface SnapshotChunk {
  readonly type: 'SnapshotChunk';
  readonly term: Term;
  readonly chunk: number;
  /** Where the part begins in the chunk. */
  readonly offset: number;
  /** Of the whole chunk, in bytes. */
  readonly size: number;
}

/** That snapshot is not to be had here any more. */
export interface SnapshotGone {
  readonly type: 'SnapshotGone';
  readonly term: Term;
}

/** Says nothing but that the sender lives: members that have nothing to say still say it (TR19). */
export interface Ping {
  readonly type: 'Ping';
  readonly term: Term;
}

export type Message =
  | PreVote
  | PreVoteReply
  | RequestVote
  | RequestVoteReply
  | AppendEntries
  | AppendEntriesReply
  | Propose
  | ProposeReply
  | ReadIndex
  | ReadIndexReply
  | TimeoutNow
  | TransferLeadership
  | TransferLeadershipReply
  | ChangeMembers
  | ChangeMembersReply
  | SnapshotOffer
  | PullChunk
  | SnapshotChunk
  | SnapshotGone
  | Ping;
