/**
 * The bounds of the protocol, by name, with what happens when each is reached. A node may be given smaller ones (the
 * simulator goes down to 1). Every other part has its own in a `limits.ts` of its own (SC29), and nothing in the
 * program grows without one of these.
 */

export interface Limits {
  /** One command. Larger ones are refused with `RAFT_TOO_LARGE` and never enter the log (H2). */
  readonly commandBytesMax: number;
  /** Proposals waiting to be appended. Past it: `RAFT_OVERLOADED`, at once. */
  readonly proposalBytesMax: number;
  /** Appended on the leader, not yet applied. Past it: `RAFT_OVERLOADED`, at once. */
  readonly unappliedBytesMax: number;
  /** One entry run, as gathered by the leader. The rest waits for the next run. */
  readonly runBytesMax: number;
  /** Entry bytes of one AppendEntries. One run is sent even if it alone is larger. */
  readonly messageBytesMax: number;
  /** AppendEntries with entries under way to one peer. Past it: the peer's replication pauses. */
  readonly inflightMessagesMax: number;
  /** Entry bytes under way to one peer. Past it: the peer's replication pauses. */
  readonly inflightBytesMax: number;
  /** Bytes queued in one peer's socket. Past it: messages to it are dropped, as the network may. */
  readonly socketBytesMax: number;
  /** One frame from a peer. A larger one closes the connection. */
  readonly frameBytesMax: number;
  /** Recent entry runs kept in memory; older ones are read from disk. */
  readonly cacheBytesMax: number;
  /** Entry bytes handed to the state machine at once. The rest follows in the next batch. */
  readonly applyBytesMax: number;
  /** Linearizable reads waiting for a leadership round. Past it: `RAFT_OVERLOADED`, at once. */
  readonly pendingReadsMax: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;

export const DEFAULT_LIMITS: Limits = Object.freeze({
  commandBytesMax: 1536 * KIB,
  proposalBytesMax: 64 * MIB,
  unappliedBytesMax: 256 * MIB,
  runBytesMax: 512 * KIB,
  messageBytesMax: 1 * MIB,
  inflightMessagesMax: 256,
  inflightBytesMax: 16 * MIB,
  socketBytesMax: 32 * MIB,
  frameBytesMax: 8 * MIB,
  cacheBytesMax: 64 * MIB,
  applyBytesMax: 4 * MIB,
  pendingReadsMax: 100_000,
});

/** Bound: bytes of one chunk of a snapshot, on disk, on the wire and as a state machine makes it. */
export const SNAPSHOT_CHUNK_BYTES_MAX = 256 * KIB;
/** Bound: chunks of one snapshot; an offer of more is no offer. */
export const SNAPSHOT_CHUNKS_MAX = 2 ** 32 - 1;
/** Bound: runs of entries beside one message, which counts them in 16 bits. */
export const RUNS_PER_MESSAGE_MAX = 0xffff;
/** Bound: the largest frame that is not a run of entries, a hello; `frameBytesMax` must leave room for it. */
export const HEADER_FRAME_BYTES_MAX = 16 * 1024;
/** Bound: what `ws` can compare a frame with; past it, it would compare with nothing. */
export const SOCKET_FRAME_BYTES_MAX = 2 ** 31 - 1;
/** Bound: a longer timer of Node.js fires at once, in milliseconds. */
export const TIMER_MS_MAX = 2 ** 31 - 1;

/** Applying gives the event loop back after this long, in milliseconds, between two commands (AP2). */
export const APPLY_SLICE_MS = 4;
/** Commands handed to the state machine at once, at first and at most; adapted to the time that they take. */
export const APPLY_HANDFUL_COMMANDS = { first: 64, max: 1024 };
/** A disk write slower than this costs a leader its lead, in milliseconds. */
export const DISK_STALL_MS = 2_000;
/** Replication without progress for this long starts again from probing, in milliseconds. */
export const PROGRESS_TIMEOUT_MS = 2_000;
/** Bound: a member that lacks more entries than this of the leader's log is not handed the lead (LT1). */
export const TRANSFER_LAG_MAX = 10_000;
/** A follower without callers of its own learns of a commit with the next entries, or this much later (ms). */
export const COMMIT_NOTICE_DELAY_MS = 10;
/** Bound: after a refusal nothing is passed on to the leader for so long, in milliseconds; doubled up to the maximum (SP10). */
export const FORWARD_PAUSE_MS = { first: 20, max: 320 };
/** So many messages in credit, and the leader has room again: from there on they are not counted. */
export const FORWARDS_COUNTED_MAX = 64;
/** After a fetch of a snapshot was cut it is begun again at the first offer after this long, in milliseconds. */
export const PULL_PAUSE_MS = 200;
/** Whoever sends nothing of a snapshot for so long is given up, in milliseconds. */
export const PULL_PATIENCE_MS = 5_000;
/** Waits between attempts to reach a peer, in milliseconds: doubled each time, with jitter. */
export const DIAL_BACKOFF_MIN_MS = 20;
export const DIAL_BACKOFF_MAX_MS = 500;
/** How often an open link says that it lives and looks whether its peer did, in milliseconds. */
export const LIVENESS_INTERVAL_MS = 500;
/** So many looks in a row without a word end the connection: its far end is gone, whatever TCP believes. */
export const SILENT_CHECKS_MAX = 4;
/** How long an attempt to connect and to shake hands may take, in milliseconds. */
export const HANDSHAKE_TIMEOUT_MS = 2_000;
/** How long a leader that was told to stop looks for another, in milliseconds. */
export const HAND_OVER_TIMEOUT_MS = 1_000;
/** How long a node that was told to stop waits for what is under way, in milliseconds. */
export const DRAIN_TIMEOUT_MS = 2_000;

/** Bound: characters in the name of a cluster; a longer one is refused at start, and cut by a recovery. */
export const CLUSTER_ID_LENGTH_MAX = 128;
/** Bound: members of a cluster, learners included; a change to more is refused. */
export const MEMBERS_MAX = 64;
/** How often a node that is to found a cluster with others asks them, in milliseconds. */
export const FOUNDING_QUESTION_PAUSE_MS = 250;
/** How often one that has founded it tells those of whom it was told, in milliseconds. */
export const FOUNDING_NEWS_PAUSE_MS = 5_000;
/** Bound: after so many questions a word is forgotten, and a proposal of which nothing came is taken back. */
export const FOUNDING_QUESTIONS_MAX = 20;
/** Bound: others of whom such a node keeps a word; of more, those heard last. */
export const FOUNDERS_HEARD_MAX = 256;
/** A learner that has not caught up after so many rounds does not keep up, and stays one (§4.2.1). */
export const CATCH_UP_ROUNDS_MAX = 10;
/** One that does not even complete a round in this time, in milliseconds, is not there; it stays a learner. */
export const CATCH_UP_TIMEOUT_MS = 10_000;
/** A configuration that was not appended, because the leader was handing over, is proposed again after this, in milliseconds. */
export const PROPOSAL_PATIENCE_MS = 1_000;
/** A peer that does not call, since it may not know this member yet, is called instead after this, in milliseconds. */
export const CALL_PATIENCE_MS = 1_000;
/** For so long a former member is still told of what made it one, in milliseconds; then its link closes. */
export const FAREWELL_MS = 3_000;
/** Bound: the names and addresses in one change of members, in bytes; a larger one is refused, and so is a list of more than `MEMBERS_MAX` names in it. */
export const CHANGE_BYTES_MAX: number = 8 * 1024;
/** A change of members, or of the leader, that was passed on to the leader is asked for again after this, in milliseconds. */
export const CHANGE_PATIENCE_MS = 2_000;
/** Bound: changes of membership that wait at one member. Past it: `RAFT_OVERLOADED`, at once. */
export const CHANGES_PENDING_MAX = 16;
/** Bound: names of former members that a configuration remembers; past it the oldest is forgotten. */
export const REMOVED_MAX = 256;
/** Bound: a configuration as an entry of the log, in bytes; a larger one is no configuration. */
export const CONFIGURATION_BYTES_MAX = 128 * KIB;

/** The largest number of a TCP port. */
export const PORT_MAX = 65_535;
/**
 * Bound: starts that one peer was shown and never answered. Past it the oldest but one are forgotten: the first is
 * the one that the peer is known to have accepted, the rest it has most likely not heard.
 */
export const LINEAGE_MAX = 256;
/** Bound: an error lists so many names at most. */
export const NAMES_LISTED_MAX = 20;
/**
 * Bound: terms and indexes stay far below 2^53, where `n + 1 === n` would give one term two leaders.
 * A message that names a larger one is refused as hostile; at a million a second it lasts nine years.
 */
export const COUNTER_MAX = 2 ** 48;
/**
 * Bound: a term further ahead of the own one than this is not believed. A node adopts the terms that it hears: near
 * `COUNTER_MAX` it could not count on, and would halt (A19). A campaign each millisecond takes fifty days.
 */
export const TERM_LEAD_MAX = 2 ** 32;

/**
 * How much faster than a leader's clock that of a follower may run (§6.4.1): a lease is that much shorter than the shortest
 * election timeout. Real clocks differ by less than a thousandth; the rest is for timers that fire early.
 */
export const LEASE_CLOCK_BOUND = 1.2;
/** Bound: a state machine with a higher version is refused where it is defined; one that rises each second takes a century. */
export const MACHINE_VERSION_MAX: number = 2 ** 32 - 1;
/** Bound: as long as one of the short arrays that share a slab lives, so many bytes do (`short-bytes.ts`). */
export const SHORT_SLAB_BYTES: number = 8 * KIB;
