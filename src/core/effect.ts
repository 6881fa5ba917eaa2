/**
 * What the charts ask the driver to do, as plain data in order: tests compare lists of effects instead
 * of mocking. The driver performs them first to last; a `send` leaves only when every `persist`
 * before it is on disk (PS1, §3.8). A `replicate` does not wait: the leader's own disk write and the
 * followers' may overlap (§10.2.1), since it counts itself only when its write is durable.
 */
import type { Membership, MembershipAt } from './configuration.ts';
import type { RaftError } from './errors.ts';
import type { FoundingState } from './founding.ts';
import type { HardState } from './hard-state.ts';
import type { Hello } from './hello.ts';
import type { LogBase } from './log-shape.ts';
import type { Message } from './message.ts';
import type { TransferRefusal } from './transfer-refusal.ts';
import type { Index, NodeId, Term } from './types.ts';

export type Role = 'follower' | 'preCandidate' | 'candidate' | 'leader' | 'learner' | 'halted';

/** One atomic, synced write. Parts that are `null` stay as they are. */
export interface Persist {
  readonly type: 'persist';
  readonly hardState: HardState | null;
  /** Remove this entry and all behind it, before appending. */
  readonly truncateFrom: Index | null;
  readonly append: PersistAppend | null;
}

/** The log begins elsewhere: behind entries that a snapshot holds. Atomic and synced like any other write (ST20). */
export interface MoveBase extends LogBase {
  readonly type: 'moveBase';
  /** What becomes of the entries behind the base: they stay, or the log begins anew. */
  readonly operation: 'compactThrough' | 'restart';
}

/** Where the driver finds the bytes: in the message at hand, among the gathered proposals, or a no-op. */
export interface PersistAppend {
  readonly source: 'received' | 'proposed' | 'noop' | 'configuration';
  readonly firstIndex: Index;
  readonly lastIndex: Index;
  /** What a configuration entry says, which is never taken from elsewhere; left out for all others. */
  readonly membership?: Membership;
}

export interface Send {
  readonly type: 'send';
  readonly to: NodeId;
  readonly message: Message;
  /** PS10: all that it vouches for, but for its term, is on disk: what is asked of the disk now is no reason to wait. */
  readonly isProven?: boolean;
}

/** An `AppendEntries` to one peer. The driver packs the runs and answers `entries.sent`, `.dropped` or `.outdated`. */
export interface Replicate {
  readonly type: 'replicate';
  readonly to: NodeId;
  readonly term: Term;
  readonly prevIndex: Index;
  /** Send entries `(prevIndex, throughIndex]`; equal to `prevIndex` for a heartbeat. */
  readonly throughIndex: Index;
  /** Bound on the runs' bytes; one run is sent even if it is larger. */
  readonly bytesMax: number;
  readonly commitIndex: Index;
  readonly round: number;
}

/** Role, term or leader may have changed, as a rule says it: which role it is now the chart alone knows. */
export interface RoleNews {
  readonly type: 'roleChanged';
  readonly term: Term;
  readonly leaderId: NodeId | null;
  /** A few words for the log: 'election timeout', 'heard of a newer term', … */
  readonly cause: string;
}

/** The same with the role, the name of the state in which the chart came to rest. */
export interface RoleChanged extends RoleNews {
  readonly role: Role;
}

/** What a leader tells the replication actors of its peers. */
export type ReplicationNews =
  | { readonly type: 'log.grew'; readonly lastIndex: Index; readonly commitIndex: Index }
  | { readonly type: 'round.began'; readonly round: number; readonly commitIndex: Index }
  | { readonly type: 'heartbeat.due' };

/** Which members count, or whether what counts is committed, has changed. */
export interface ConfigurationChanged {
  readonly type: 'configurationChanged';
  readonly membership: MembershipAt;
  readonly isCommitted: boolean;
  /** Whom no configuration named before that counted or might count again, and whom none does any more. */
  readonly come: readonly NodeId[];
  readonly gone: readonly NodeId[];
}

export type RaftEffect =
  | Persist
  | MoveBase
  | Send
  | RoleNews
  | ConfigurationChanged
  /** Entries through this index are committed: apply them. */
  | { readonly type: 'commit'; readonly commitIndex: Index; readonly term: Term }
  /** Reads of this round and the ones before may be answered once `readIndex` is applied (§6.4). */
  | { readonly type: 'roundConfirmed'; readonly round: number; readonly readIndex: Index }
  /** The leader has committed an entry of its own term: it may answer reads from now on (§6.4). */
  | { readonly type: 'established'; readonly term: Term }
  /** No proposals are taken until another leads, or the transfer has failed (§3.10). */
  | { readonly type: 'transferStarted'; readonly to: NodeId }
  /** Not even tried. `to` as it was asked for; `null`: whoever is fittest. */
  | {
      readonly type: 'transferRefused';
      readonly to: NodeId | null;
      readonly reason: TransferRefusal;
    }
  /** In vain: this node leads on. */
  | { readonly type: 'transferFailed'; readonly to: NodeId }
  /** It has the vote of this node, and was named by the leader: what waits here is passed on to it ahead of its lead. */
  | { readonly type: 'leadExpected'; readonly of: NodeId };

/** The same as it leaves the chart, with the role added. */
export type RaftOutput = Exclude<RaftEffect, RoleNews> | RoleChanged;

/** A peer has answered: it was in contact, and holds this much of the leader's log. */
export interface Progressed {
  readonly type: 'progressed';
  readonly peer: NodeId;
  readonly term: Term;
  readonly matchIndex: Index;
  /** The round that the answer echoed. */
  readonly round: number;
}

export type ReplicationEffect =
  | Replicate
  /** Tell the peer which snapshot is to be had here. */
  | { readonly type: 'offerSnapshot'; readonly to: NodeId; readonly term: Term }
  | Progressed
  /** A peer that stopped making progress, or started again, for logs and metrics. */
  | { readonly type: 'peerStalled'; readonly peer: NodeId; readonly matchIndex: Index };

export type LogWriterEffect =
  /**
   * Write everything gathered so far as one synced batch and answer `write.completed`. Completions name the batch; one
   * of an older writer is dropped.
   */
  | { readonly type: 'flushLog'; readonly batch: number }
  | { readonly type: 'logDurable'; readonly batch: number }
  | { readonly type: 'diskStalled'; readonly stalledForMs: number }
  | { readonly type: 'diskRecovered' };

/** Ask the leader which index the reads that wait have to see; answer `leader.answered` or `leader.refused`. */
export interface AskLeader {
  readonly type: 'askLeader';
  readonly leaderId: NodeId;
  readonly term: Term;
  readonly requestId: number;
}

export type ReadIndexEffect =
  | AskLeader
  /** The raft chart is asked for a round of its own, and answers `round.confirmed`: what waits now is the question. */
  | { readonly type: 'askRound' }
  /** The reads that were part of the question may be answered once this index is applied (RD3). */
  | { readonly type: 'readsConfirmed'; readonly readIndex: Index }
  /** Nobody will answer the question: its reads wait again. */
  | { readonly type: 'readsTakenBack' }
  /** Answer the confirmed reads that had to see no more than this. */
  | { readonly type: 'readsReadable'; readonly lastApplied: Index };

export type MembershipEffect =
  /** The next configuration; the leader appends it if it may (MC3). */
  | { readonly type: 'proposeConfiguration'; readonly membership: Membership }
  /** The leader is to vote no more, and hands over to one that will. */
  | { readonly type: 'yieldLead' }
  /** `behind`: who has not caught up. */
  | {
      readonly type: 'changeEnded';
      readonly outcome: 'done' | 'behind' | 'leadLost';
      readonly behind: readonly NodeId[];
    };

/** Pass on to the leader what waits: its pace allows more, or it is another (SP10). */
export interface Forward {
  readonly type: 'forward';
}

/** Apply committed entries `[fromIndex, throughIndex]` and answer `apply.completed`. */
export interface Apply {
  readonly type: 'apply';
  readonly fromIndex: Index;
  readonly throughIndex: Index;
}

/** Put the newest snapshot in the place of the state; answer `restore.completed` or `apply.failed`. */
export interface Restore {
  readonly type: 'restore';
}

export type ApplierEffect = Apply | Restore;

export type SnapshotReceiverEffect =
  /** Fetch it over a connection of its own; answer `chunk.stored` at each step, and `pull.completed` or `pull.ended`. */
  | { readonly type: 'pullSnapshot'; readonly from: NodeId }
  /** Let go of that connection; what came stays on disk. */
  | { readonly type: 'endPull' }
  /** Make it whole on disk and put it in the place of log and state; answer `install.ended`. */
  | { readonly type: 'installSnapshot' };

export type SnapshotterEffect =
  /** Pin the state between two batches; answer `snapshot.captured`, `snapshot.refused` or `snapshot.impossible`. */
  | { readonly type: 'captureSnapshot' }
  /** Write what was pinned; answer `snapshot.stored`, `snapshot.refused`, `snapshot.impossible` or `snapshot.failed`. */
  | { readonly type: 'storeSnapshot' }
  /** Take out of the log what the newest one holds, but for what is to stay; answer `log.compacted`. */
  | { readonly type: 'compactLog' }
  /** Tell those who wait what has become of it. */
  | { readonly type: 'snapshotEnded' };

/** The connection with that number counts from now on; `call` is its number among the calls, if the peer called. */
export interface LinkOpened {
  readonly type: 'linkOpened';
  readonly peer: NodeId;
  readonly attempt: number;
  readonly call: number | null;
}

/** Connections are numbered by attempt, so that the end of an old one never closes its successor. */
export type LinkEffect =
  | { readonly type: 'dial'; readonly peer: NodeId; readonly attempt: number }
  | {
      readonly type: 'hangUp';
      readonly peer: NodeId;
      readonly attempt: number;
      readonly reason: string;
    }
  /** Say that this side lives; answer `socket.silent` if the other has not for too long. */
  | { readonly type: 'checkAlive'; readonly peer: NodeId; readonly attempt: number }
  | LinkOpened
  | { readonly type: 'linkClosed'; readonly peer: NodeId; readonly reason: string };

/** What becomes of a call. Its hello passes through; nothing of it is kept. */
export type CallEffect =
  /** Answer `hello.believed` once what it proves is on disk, or `hello.refused`. */
  | { readonly type: 'judgeHello'; readonly call: number; readonly hello: Hello }
  /** Answer `answer.ready` once it is on disk that the caller may know this start. */
  | { readonly type: 'introduce'; readonly call: number; readonly hello: Hello }
  /** Answer the caller's hello: its link is told, and takes the connection. */
  | {
      readonly type: 'admitCall';
      readonly call: number;
      readonly hello: Hello;
      readonly answer: Hello;
    }
  /** `text` is what the caller is told. */
  | {
      readonly type: 'closeCall';
      readonly call: number;
      readonly kind: 'refused' | 'local';
      readonly text: string;
    }
  /** The chart has come to its end, whichever. */
  | { readonly type: 'callEnded'; readonly call: number };

/** Let another lead, if this node does, and answer `handedOver` when that has come about, or has failed. */
export interface HandOver {
  readonly type: 'handOver';
}

/** Take on nothing new, and answer `drained` when nobody waits any more. */
export interface Drain {
  readonly type: 'drain';
}

/** The node has no link to this peer any more, which was a member: whatever connects to it ends. */
export interface LinkEnded {
  readonly type: 'linkEnded';
  readonly peer: NodeId;
}

export type NodeEffect =
  | HandOver
  | Drain
  | LinkEnded
  /** End all parts, at once: what stands before this in the line is not performed any more (FS1). */
  | { readonly type: 'halted'; readonly error: RaftError };

/** Of a node that is about to be founded: it has no other charts yet, and is in no one's tree. */
export type FoundingEffect =
  /** Tell the others what is on disk; each answers with a word of its own. */
  | { readonly type: 'askFounders' }
  /** Answer `founding.stored` once it is on disk. */
  | { readonly type: 'storeFounding'; readonly state: FoundingState };

export type Effect =
  | RaftOutput
  | ReplicationEffect
  | ReadIndexEffect
  | MembershipEffect
  | Forward
  | LogWriterEffect
  | ApplierEffect
  | SnapshotterEffect
  | SnapshotReceiverEffect
  | LinkEffect
  | CallEffect
  | NodeEffect;

/** What is performed in the order given. */
export type Performed = Exclude<Effect, { readonly type: 'halted' }>;

/** What a rule returns: the fields that change and the effects to hand out, in order. */
export interface Step<State, Out> {
  readonly changes: Partial<State>;
  readonly effects: readonly Out[];
  readonly news?: readonly ReplicationNews[];
}
