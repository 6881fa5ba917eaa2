/**
 * A cluster of one without a log: applies commands to a real state machine, a tick later, in batches. It can
 * be told to behave like a replica in trouble, so that the server's answers to trouble can be tested.
 */

import {
  foundingMembership,
  type Membership,
  staticConfiguration,
} from '../../src/core/configuration.ts';
import { RaftError } from '../../src/core/errors.ts';
import { emptyHistogram } from '../../src/core/histogram.ts';
import type { MembershipChange } from '../../src/core/membership-change.ts';
import type { SessionOperation } from '../../src/core/session.ts';
import {
  type EntryId,
  INDEX_ZERO,
  index,
  type NodeId,
  nodeId,
  term,
} from '../../src/core/types.ts';
import { LOWEST_VERSIONS } from '../../src/core/versions.ts';
import { KvStateMachine } from '../../src/kv/kv-state-machine.ts';
import { notApplied, notThere, transferRefused } from '../../src/node/requests/call-errors.ts';
import { outcomeInSession, outcomeOfSession } from '../../src/node/requests/session-outcomes.ts';
import type { InspectionObserver } from '../../src/ports/inspection.ts';
import type {
  CaptureOutcome,
  DiskEvent,
  LinkStatus,
  MembersEvent,
  MembersOutcome,
  PeerEvent,
  ProposalOutcome,
  Readable,
  ReadableOptions,
  Replica,
  ReplicaCounters,
  ReplicaStatus,
  ReplicaTimings,
  RoleEvent,
  SessionOutcome,
  SnapshotEvent,
  SnapshotOutcome,
  SubmitOptions,
  TransferOutcome,
  WaitOptions,
} from '../../src/ports/replica.ts';
import { goalOf, refusalOfChange } from '../../src/rules/configuration-change.ts';
import { encodeSessionCommand, encodeSessionOperation } from '../../src/sessions/session-entry.ts';
import { SessionMachine } from '../../src/sessions/session-machine.ts';
import { COUNTERS, undecided } from './local-answers.ts';

/**
 * `silent` never calls back, which a real replica must not do: the server has to end the request itself.
 * `held` keeps what it is given until it serves again.
 */
type Mood = 'serving' | 'held' | 'leaderless' | 'overloaded' | 'undecided' | 'silent';

interface Proposed {
  readonly data: Uint8Array;
  readonly isOfSession: boolean;
  readonly completed: (outcome: ProposalOutcome) => void;
}

/** Of itself and of the other. */
export const KNOWS = { protocol: 4, machine: 1 };

export class LocalReplica implements Replica {
  readonly id: NodeId;
  readonly machine: KvStateMachine;
  readonly #sessions: SessionMachine;
  /** The time of what is applied, in milliseconds. */
  timeMs: number = Date.now();
  #mood: Mood = 'serving';
  /** How often `awaitReadable` was called, and the size of each batch applied. */
  readIndexCalls = 0;
  readonly batches: number[] = [];
  readonly times = {
    sync: emptyHistogram(),
    commit: emptyHistogram(),
    apply: emptyHistogram(),
    readRound: emptyHistogram(),
  };
  /** To the one other member. */
  link: LinkStatus = {
    peer: nodeId('n9'),
    state: 'open',
    reason: null,
    versions: KNOWS,
    bufferedBytes: 7,
    matchIndex: index(1),
    problem: null,
  };
  machineInUse = 1;
  #leader: NodeId | null;
  #halted: RaftError | null = null;
  #queue: Proposed[] = [];
  #lastIndex = 1;
  readonly #roleListeners = new Set<(event: RoleEvent) => void>();
  readonly peerListeners = new Set<(event: PeerEvent) => void>();
  readonly membersListeners = new Set<(event: MembersEvent) => void>();
  /** Who watches, and after which record. */
  readonly observers = new Map<InspectionObserver, number | null>();
  readonly snapshotListeners = new Set<(event: SnapshotEvent) => void>();
  readonly diskListeners = new Set<(event: DiskEvent) => void>();
  readonly #haltListeners = new Set<(error: RaftError) => void>();

  constructor(options: { readonly id?: string; readonly machine?: KvStateMachine } = {}) {
    this.id = nodeId(options.id ?? 'n1');
    this.machine = options.machine ?? new KvStateMachine();
    this.#sessions = new SessionMachine(this.machine);
    this.#leader = this.id;
    this.membership = foundingMembership(staticConfiguration([this.id]), INDEX_ZERO);
  }

  /** Says how often a range of the store was looked up since. */
  countLooks(): () => number {
    const { machine } = this;
    const { range } = machine;
    let looks = 0;
    machine.range = (options) => {
      looks += 1;
      return range.call(machine, options);
    };
    return () => looks;
  }

  /** How many commands wait to be applied. */
  get queued(): number {
    return this.#queue.length;
  }

  /** What waits is lost on the way, and its callers never hear of it. */
  drop(): void {
    this.#queue = [];
  }

  get mood(): Mood {
    return this.#mood;
  }

  set mood(mood: Mood) {
    this.#mood = mood;
    if (mood === 'serving') setImmediate(() => this.#apply());
  }

  submit(data: Uint8Array, { session }: SubmitOptions, completed: Proposed['completed']): void {
    if (session === undefined) return this.#propose({ data, isOfSession: false, completed });
    this.#propose({
      data: encodeSessionCommand(session, data),
      isOfSession: true,
      completed: (outcome) => completed(outcomeInSession(outcome)),
    });
  }

  session(
    operation: SessionOperation,
    _options: WaitOptions,
    completed: (outcome: SessionOutcome) => void,
  ): void {
    this.#propose({
      data: encodeSessionOperation(operation),
      isOfSession: true,
      completed: (outcome) => completed(outcomeOfSession(outcome)),
    });
  }

  #propose(proposed: Proposed): void {
    const { completed } = proposed;
    if (this.mood === 'silent') return;
    const error = this.#trouble() ?? (this.mood === 'undecided' ? undecided() : null);
    if (error !== null) {
      queueMicrotask(() => completed({ type: 'failed', error }));
      return;
    }
    this.#queue.push(proposed);
    if (this.#queue.length === 1) setImmediate(() => this.#apply());
  }

  readonly changes: MembershipChange[] = [];
  membership: Membership;

  changeMembers(
    change: MembershipChange,
    _options: WaitOptions,
    completed: (outcome: MembersOutcome) => void,
  ): void {
    this.changes.push(change);
    if (this.mood === 'silent') return;
    const error = this.#trouble() ?? this.#refusalOf(change);
    if (error === null) this.membership = goalOf(this.membership, change);
    const { voters, learners } = this.membership.configuration;
    const members = { voters, learners, joint: false };
    setImmediate(() =>
      completed(error === null ? { type: 'changed', members } : { type: 'failed', error }),
    );
  }

  #refusalOf(change: MembershipChange): RaftError | null {
    const refusal = refusalOfChange(this.membership, change);
    return refusal && new RaftError(refusal.code, refusal.text);
  }

  /** It holds a lease. */
  hasLease = false;

  awaitReadable({ atLeast, lease }: ReadableOptions, completed: Readable): void {
    if (atLeast === undefined) this.readIndexCalls += 1;
    if (this.mood === 'silent') return;
    if (atLeast !== undefined) {
      setImmediate(() => completed(this.#faultOf(atLeast)));
      return;
    }
    const error = this.#trouble();
    const by = lease === true && this.hasLease ? 'lease' : undefined;
    setImmediate(() => completed(error, by));
  }

  /** All its entries are of one term. */
  #faultOf(id: EntryId): RaftError | null {
    if (id.term !== 1) return notThere(id);
    return id.index <= this.#lastIndex ? null : notApplied(id.index, index(this.#lastIndex));
  }

  /** As any member does: `n9`, the only other, takes over at once; nobody else does. */
  transferLeadership(
    to: NodeId | null,
    _options: WaitOptions,
    completed: (outcome: TransferOutcome) => void,
  ): void {
    const leader = to ?? this.link.peer;
    if (leader !== this.link.peer) {
      const { configuration } = this.membership;
      const isVoter = configuration.voters.includes(leader);
      const error = transferRefused(isVoter ? 'notConnected' : 'noVoter', to, configuration);
      return queueMicrotask(() => completed({ type: 'failed', error }));
    }
    this.follow(leader);
    queueMicrotask(() => completed({ type: 'moved', leader }));
  }

  snapshot(_options: WaitOptions, completed: (outcome: SnapshotOutcome) => void): void {
    const error = this.#trouble();
    if (error !== null) return queueMicrotask(() => completed({ type: 'failed', error }));
    queueMicrotask(() => completed({ type: 'taken', index: index(this.#lastIndex), bytes: 5 }));
  }

  /** As a start does from a snapshot. */
  restore(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    return this.#sessions.restore(chunks);
  }

  /** Needs no leader. */
  capture(completed: (outcome: CaptureOutcome) => void): void {
    const error = this.#halted;
    setImmediate(() => {
      if (error !== null) return completed({ type: 'failed', error });
      const view = this.#sessions.snapshot();
      if (view === null) throw new Error('the store takes snapshots');
      const lastEntry = { index: index(this.#lastIndex), term: term(1) };
      const membership = { ...this.membership, index: INDEX_ZERO };
      const meta = { lastEntry, membership, timeMs: this.timeMs };
      completed({ type: 'captured', state: { meta, view } });
    });
  }

  status(): ReplicaStatus {
    const isLeader = this.#leader === this.id;
    return {
      id: this.id,
      clusterId: 'local',
      lifecycle: this.#halted === null ? 'running' : 'halted',
      role: this.#halted !== null ? 'halted' : isLeader ? 'leader' : 'follower',
      term: term(1),
      leader: this.mood === 'leaderless' || this.#halted !== null ? null : this.#leader,
      commitIndex: index(this.#lastIndex),
      lastApplied: index(this.#lastIndex),
      timeMs: this.timeMs,
      firstIndex: index(1),
      lastIndex: index(this.#lastIndex),
      snapshotIndex: INDEX_ZERO,
      members: this.#members(),
      isRemoved: false,
      versions: {
        ...KNOWS,
        lowest: this.link.versions ?? LOWEST_VERSIONS,
        machineInUse: this.machineInUse,
      },
      diskStalled: false,
      links: [this.link],
    };
  }

  #members(): ReplicaStatus['members'] {
    const { addresses, configuration } = this.membership;
    const { voters, learners } = configuration;
    return { voters, learners, joint: false, addresses };
  }

  counters(): ReplicaCounters {
    return { ...COUNTERS, applied: this.#lastIndex };
  }

  timings(): ReplicaTimings {
    return this.times;
  }

  onRole(listener: (event: RoleEvent) => void): () => void {
    this.#roleListeners.add(listener);
    return () => this.#roleListeners.delete(listener);
  }

  onPeer(listener: (event: PeerEvent) => void): () => void {
    this.peerListeners.add(listener);
    return () => this.peerListeners.delete(listener);
  }

  inspect(observer: InspectionObserver, after: number | null): () => void {
    this.observers.set(observer, after);
    return () => this.observers.delete(observer);
  }

  onMembers(listener: (event: MembersEvent) => void): () => void {
    this.membersListeners.add(listener);
    return () => this.membersListeners.delete(listener);
  }

  onSnapshot(listener: (event: SnapshotEvent) => void): () => void {
    this.snapshotListeners.add(listener);
    return () => this.snapshotListeners.delete(listener);
  }

  onDisk(listener: (event: DiskEvent) => void): () => void {
    this.diskListeners.add(listener);
    return () => this.diskListeners.delete(listener);
  }

  onHalt(listener: (error: RaftError) => void): () => void {
    if (this.#halted !== null) listener(this.#halted);
    else this.#haltListeners.add(listener);
    return () => this.#haltListeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#apply();
  }

  /** Another node leads from now on; this one still answers, as a follower does. */
  follow(leader: string | null): void {
    if (this.#halted === null) this.#leader = leader === null ? null : nodeId(leader);
    const { role } = this.status();
    const event = { role, term: term(2), leader: this.#leader, cause: 'a test said so' };
    for (const listener of this.#roleListeners) listener(event);
  }

  halt(error: RaftError): void {
    this.#halted = error;
    for (const listener of this.#haltListeners) listener(error);
  }

  #trouble(): RaftError | null {
    if (this.#halted !== null) return this.#halted;
    if (this.mood === 'leaderless') {
      return new RaftError('RAFT_NO_LEADER', 'no leader was found in time: nothing was done');
    }
    if (this.mood === 'overloaded') {
      return new RaftError('RAFT_OVERLOADED', 'too many proposals wait already: nothing was done', {
        leader: nodeId('n1'),
      });
    }
    return null;
  }

  #apply(): void {
    if (this.#mood === 'held') return;
    const queue = this.#queue;
    this.#queue = [];
    const { timeMs } = this;
    const batch = queue.map(({ data, isOfSession }) => {
      this.#lastIndex += 1;
      const at = { index: index(this.#lastIndex), term: term(1), timeMs };
      return { ...at, data, isOfSession, wantsResult: true };
    });
    if (batch.length === 0) return;
    this.batches.push(batch.length);
    const results: unknown[] = [];
    while (results.length < batch.length) {
      const made = this.#sessions.apply(batch.slice(results.length), () => false);
      if (made instanceof Promise) throw new Error('the store applies at once');
      results.push(...made);
    }
    queue.forEach(({ completed }, at) => {
      const { index: position = INDEX_ZERO } = batch[at] ?? {};
      completed({ type: 'applied', index: position, term: term(1), result: results[at] });
    });
  }
}
