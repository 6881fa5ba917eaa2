/**
 * What can be watched of a running node: each taken transition of its charts with the answers of the guards, each
 * message to and from its peers, and where it stands. Ids, terms, indexes, counts and reasons; never a byte of payload.
 * One vocabulary for the library, the stream over HTTP and every page: plain data that survives JSON.
 */
import type { Role } from '../core/effect.ts';
import type { Lifecycle, LinkState } from '../core/lifecycle.ts';
import type { Message } from '../core/message.ts';

/**
 * In order. Numbers rise by one from 1 as long as somebody watches; a `missed` record stands for several, and ends with
 * its own.
 */
export type InspectionRecord = TransitionRecord | MessageRecord | ViewRecord | MissedRecord;

export type InspectionObserver = (record: InspectionRecord) => void;

/** What every record says of itself. */
export interface InspectionStamp {
  readonly sequence: number;
  /** In milliseconds since 1970, by the wall clock of the node. */
  readonly at: number;
  readonly node: string;
}

/** One taken transition: several of them if an event raises others, or if regions that stand beside each other take it. */
export interface TransitionRecord extends InspectionStamp {
  readonly type: 'transition';
  /** By its name among the actors of the node: `raft`, `replication:n2`, `link:n2`. */
  readonly actor: string;
  /** The stem of its picture, `visualizations/<chart>.svg`: `raft`, `log-writer`. */
  readonly chart: string;
  /** As the chart names it: `entries.received`, `after electionTimeout`. */
  readonly event: string;
  /** Where the chart stood: its innermost active states, by their paths; those of regions are joined by a space. */
  readonly from: string;
  readonly to: string;
  /** The id of the group that draws it in that picture: `raft/follower.loyal--link.closed--0`. */
  readonly arrow: string;
  /** All that were asked on the way to this transition, in order; the last is its own, if it has one. */
  readonly guards: readonly GuardAnswer[];
  /** Fields of the context that are others now: what they were, what they are. */
  readonly changes: Readonly<Record<string, readonly [before: Scalar, after: Scalar]>>;
}

/** `why` in words: `2 of 3 granted: n1, n3`. */
export type GuardAnswer = readonly [name: string, outcome: boolean, why: string];

/** Lists of ids are one text: `n1, n3`. */
export type Scalar = number | string | boolean | null;

/** A message left for a peer, or has come from it. What its kind does not say is not there. */
export interface MessageRecord extends InspectionStamp {
  readonly type: 'sent' | 'received';
  readonly peer: string;
  readonly kind: Message['type'];
  /**
   * The same at both ends: who to whom, and what it says. A message that is said again, word for word, has the id of the
   * first: what is received is the one sent last.
   */
  readonly id: string;
  readonly term: number;
  /** The entry before the first one carried, or where the log of the sender ends. */
  readonly prev?: { readonly term: number; readonly index: number };
  /** Of the entries or commands carried. */
  readonly first?: number;
  readonly count?: number;
  readonly bytes?: number;
  readonly commit?: number;
  readonly round?: number;
  /** An answer: whether it is yes. */
  readonly granted?: boolean;
  /** Through where the log of the answering one is equal. */
  readonly match?: number;
  /** Of what is asked and answered. */
  readonly request?: number;
}

/** Where the node stands. The first that each watcher hears; then at most ten a second, when something is another. */
export interface ViewRecord extends InspectionStamp {
  readonly type: 'view';
  readonly view: NodeView;
}

export interface NodeView {
  /** When this life of the node began, as `at`: another life numbers anew. */
  readonly startedAt: number;
  readonly lifecycle: Lifecycle;
  readonly role: Role;
  /** Where the raft chart stands: `follower.loyal`; `null` before recovery and after the end. */
  readonly state: string | null;
  readonly term: number;
  readonly votedFor: string | null;
  readonly leader: string | null;
  /** Who granted in the present round of (pre-)votes. */
  readonly votes: readonly string[];
  readonly members: {
    readonly voters: readonly string[];
    /** Empty unless a change of members needs the majority of the former voters as well. */
    readonly votersOutgoing: readonly string[];
    readonly learners: readonly string[];
  };
  readonly commitIndex: number;
  readonly lastApplied: number;
  /** Through where the own log is on disk. */
  readonly durableIndex: number;
  readonly firstIndex: number;
  readonly lastIndex: number;
  readonly snapshotIndex: number;
  /** The newest 64 entries of the log: where each run of one term begins. */
  readonly terms: readonly (readonly [firstIndex: number, term: number])[];
  readonly peers: readonly PeerView[];
  /** Timers that run. */
  readonly timers: readonly TimerView[];
  /** Every actor that lives, and where its chart stands. */
  readonly actors: readonly ActorView[];
}

export interface PeerView {
  readonly peer: string;
  readonly link: LinkState;
  /** What a leader knows of it; `null` otherwise: the next entry for it, how far it is equal, the state of replication. */
  readonly next: number | null;
  readonly match: number | null;
  readonly state: string | null;
}

export interface TimerView {
  readonly actor: string;
  /** Of the delay, as the chart has it: `electionTimeout`. */
  readonly name: string;
  /** As `at`. */
  readonly startedAt: number;
  readonly endsAt: number;
}

export interface ActorView {
  readonly actor: string;
  readonly chart: string;
  /** As `from` and `to` of its transitions. */
  readonly state: string;
}

/**
 * The `count` records that end with this number never reached this watcher: it was slow, nobody watched, or there was too
 * much to tell. What was not listened to, however much it was, counts as one.
 */
export interface MissedRecord extends InspectionStamp {
  readonly type: 'missed';
  readonly count: number;
}
