/**
 * What a node knows as a Raft participant: the context of `machines/raft.machine.ts` and the data that
 * the rules work on. Small scalars and term runs only; payloads and sockets live elsewhere.
 * The role itself is not here: it is the chart's state.
 */
import type { Configuration, MembershipAt } from './configuration.ts';
import type { LogShape } from './log-shape.ts';
import type { PerMember } from './per-member.ts';
import type { Index, NodeId, Term } from './types.ts';

export interface RaftTiming {
  /** A follower that hears nothing for `[min, max)` ms, drawn anew each time, campaigns (§3.4). */
  readonly electionTimeoutMinMs: number;
  readonly electionTimeoutMaxMs: number;
  /** A leader speaks to every peer at least this often. Well below the election timeout (§3.9). */
  readonly heartbeatIntervalMs: number;
  /** After its leader's link closed, the n-th survivor waits n such steps before its pre-vote (EL9). */
  readonly suspicionStepMs: number;
}

/** Parts of the protocol that can be chosen, the same on all members: the first two are on unless someone says otherwise, the last is off. */
export interface RaftProtocol {
  /** Ask whether a campaign could win before the term is raised (§9.6). */
  readonly preVote: boolean;
  /** A leader that no quorum answers steps down, and who hears a leader heeds no candidate (§6.2, §4.2.3). */
  readonly checkQuorum: boolean;
  /** A leader serves reads without a round while a quorum must still be loyal to it: as true as its clocks (§6.4.1). */
  readonly leaseReads?: boolean;
}

/** A leadership round: a heartbeat exchange that proves the leader still leads (§6.4). */
export interface PendingRound {
  readonly round: number;
  /** The commit index when the round began: what a read confirmed by it must wait for. */
  readonly readIndex: Index;
}

export interface RaftState {
  readonly id: NodeId;
  /** The newest configuration in the log, committed or not (§4.1). */
  readonly configuration: Configuration;
  /**
   * The newest committed one, as far as this node knows, and all behind it in the log, oldest first. The last is the one
   * above: it goes with its truncation, and the one before it counts again (MC1).
   */
  readonly configurations: readonly MembershipAt[];
  readonly timing: RaftTiming;
  readonly protocol: RaftProtocol;

  /** Invariant: never falls, and is on disk before any message of it leaves (PS1). */
  readonly term: Term;
  /** Invariant: within a term goes only from null to one name (EL3). */
  readonly votedFor: NodeId | null;
  /** The leader of `term`, once it was heard; `null` while unknown. */
  readonly leaderId: NodeId | null;

  readonly log: LogShape;
  /** The last own entry known to be on disk. Invariant: `durableIndex <= log.lastIndex`. */
  readonly durableIndex: Index;
  /** Invariant: never falls, and `commitIndex <= log.lastIndex` (CM2). */
  readonly commitIndex: Index;

  /** Who granted in the present (pre-)vote round; each voter once (EL4). */
  readonly granted: readonly NodeId[];
  /** Numbers pre-vote rounds, so that late answers are told apart (EL8). */
  readonly preVoteRound: number;
  /** Candidate only: so many commands it was passed ahead of its lead, which begins with them (LT7). */
  readonly passedAhead: number;

  /** Leader only: the last index proven equal on each peer. Never falls within a leadership (LR4). */
  readonly matchIndex: PerMember<Index>;
  /** Leader only: index of the no-op that opened this term; reads wait until it commits (RD1). */
  readonly termStartIndex: Index;
  /** Leader only: who answered since the last check of the quorum (EL10). */
  readonly heardFrom: readonly NodeId[];
  /** Leader only: the newest leadership round. */
  readonly round: number;
  /** Leader only: the newest round each peer has echoed. */
  readonly roundEchoed: PerMember<number>;
  /** Leader only: rounds that wait for a quorum of echoes, oldest first. */
  readonly pendingRounds: readonly PendingRound[];
  /** Leader only: who is to lead next, while a transfer is under way (§3.10). */
  readonly transferTarget: NodeId | null;
  /** Of that transfer: whom somebody has named; `null`: it may still be another who holds the whole log first. */
  readonly transferNamed: NodeId | null;
  /** Leader only: former members that are still told of what made them so. */
  readonly leaving: readonly NodeId[];
}
