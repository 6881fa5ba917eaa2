/**
 * What callers want of this member: commands into the log, reads that see everything committed. A member
 * that does not lead passes both on to the one that does; each call ends by its deadline, with the truth
 * or with the admission that it is not known.
 */
import type { Role } from '../../core/effect.ts';
import { ENTRY_KIND, type Entry, type EntryRun, type RunStart } from '../../core/entry-run.ts';
import type { RaftError } from '../../core/errors.ts';
import type { Limits } from '../../core/limits.ts';
import type { MembershipChange } from '../../core/membership-change.ts';
import type { Propose, ProposeReply, ReadIndex } from '../../core/message.ts';
import type { RaftState } from '../../core/raft-state.ts';
import {
  faultInSessionCall,
  faultInSessionOperation,
  type SessionOperation,
} from '../../core/session.ts';
import type { Index, NodeId, Term } from '../../core/types.ts';
import type {
  MembersOutcome,
  ProposalOutcome,
  Readable,
  ReadableOptions,
  SessionOutcome,
  SubmitOptions,
  TransferOutcome,
  WaitOptions,
} from '../../ports/replica.ts';
import { encodeSessionCommand, encodeSessionOperation } from '../../sessions/session-entry.ts';
import { RUNS_GATHERED_MAX, TERMS_UNNAMED_MAX } from '../limits.ts';
import type { KnownVersions } from '../peers/known-versions.ts';
import type { Members } from '../peers/members.ts';
import type { Actors } from '../tree/actors.ts';
import type { End } from '../tree/endings.ts';
import { Admission } from './admission.ts';
import { lostOnTheWay, malformed, overloaded, removedHere } from './call-errors.ts';
import { CommandsOfOthers } from './commands-of-others.ts';
import { guarded } from './guarded.ts';
import { type ChangesOptions, MembershipChanges } from './membership-changes.ts';
import { Patience } from './patience.ts';
import { Proposals } from './proposals.ts';
import { Reads, type ReadsOptions } from './reads.ts';
import { outcomeInSession, outcomeOfSession } from './session-outcomes.ts';
import { Sweeper } from './sweeper.ts';
import { Transfers } from './transfers.ts';

interface ClientsOptions extends ReadsOptions {
  readonly actors: ReadsOptions['actors'] &
    ChangesOptions['actors'] &
    Pick<Actors, 'forwardingHas' | 'tellForwarding' | 'tellRaft'>;
  readonly members: Members;
  readonly limits: Limits;
  readonly problems: ChangesOptions['problems'];
  readonly versions: Pick<KnownVersions, 'isMixed' | 'refusalOf'>;
  /** Runs an input of the step loop. */
  readonly run: (input: () => void) => void;
}

export class Clients {
  readonly reads: Reads;
  readonly transfers: Transfers;
  /** E10: a snapshot holds the entries through there: what became of one it does not say. */
  readonly covered = (through: Index): void => this.#proposals.covered(through);
  readonly changes: MembershipChanges;
  readonly #options: ClientsOptions;
  readonly #proposals: Proposals;
  readonly #patience: Patience;
  readonly #admission: Admission;
  readonly #commandsOfOthers: CommandsOfOthers;
  readonly #sweeper: Sweeper;
  #requestId: number;
  /** Why nothing is done here any more; `null` as long as the node lives. */
  #ended: RaftError | null = null;
  /** LT7: who is to lead next, and has the vote of this node; `null` once it leads, or somebody else may. */
  #expectedLeader: NodeId | null = null;
  #isPumpDue = false;
  #drained = (): void => {};
  #proposed = 0;

  constructor(options: ClientsOptions) {
    const { clock, firstRequestId, progress } = options;
    this.#options = options;
    this.#proposals = new Proposals(() => progress.handedOver, this.#callerThrew);
    this.#patience = new Patience(options);
    this.#admission = new Admission({ ...options, queuedBytes: () => this.#proposals.queuedBytes });
    this.#commandsOfOthers = new CommandsOfOthers({
      ...options,
      ...{ proposals: this.#proposals, admission: this.#admission },
      schedulePump: () => this.schedulePump(),
    });
    this.reads = new Reads(options);
    const numbering = { nextRequestId: () => this.#nextRequestId() };
    this.transfers = new Transfers({ ...options, ...numbering });
    this.changes = new MembershipChanges({ ...options, ...numbering });
    this.#requestId = firstRequestId;
    this.#sweeper = new Sweeper(clock, (now) => this.#sweep(now));
  }

  get proposedCount(): number {
    return this.#proposed;
  }

  get isWaiting(): boolean {
    const parts = [this.reads, this.transfers, this.changes];
    return this.#proposals.isWaiting || parts.some(({ isPending }) => isPending);
  }

  submit(
    data: Uint8Array,
    { session, timeoutMs }: SubmitOptions,
    completed: (outcome: ProposalOutcome) => void,
  ): void {
    if (session === undefined) {
      return this.#submit({ kind: ENTRY_KIND.command, data }, timeoutMs, completed);
    }
    const fault = faultInSessionCall(session);
    if (fault !== null) return this.#refuse(malformed(fault), completed);
    const entry = { kind: ENTRY_KIND.session, data: encodeSessionCommand(session, data) };
    this.#submit(entry, timeoutMs, (outcome) => completed(outcomeInSession(outcome)));
  }

  session(
    operation: SessionOperation,
    { timeoutMs }: WaitOptions,
    completed: (outcome: SessionOutcome) => void,
  ): void {
    const fault = faultInSessionOperation(operation);
    if (fault !== null) return this.#refuse(malformed(fault), completed);
    const entry = { kind: ENTRY_KIND.session, data: encodeSessionOperation(operation) };
    this.#submit(entry, timeoutMs, (outcome) => completed(outcomeOfSession(outcome)));
  }

  /** Bound: past the limits it is refused at once, before anything was written anywhere. */
  #submit(entry: Entry, timeoutMs: number, completed: (outcome: ProposalOutcome) => void): void {
    const refusal =
      this.#admission.refusalOf(entry.data.length, timeoutMs) ??
      this.#options.versions.refusalOf(entry);
    if (refusal !== null) return this.#refuse(refusal, completed);
    this.#proposed += 1;
    const deadline = this.#options.clock.now() + timeoutMs;
    this.#proposals.queue(this.#proposals.groupOf(entry, { deadline, completed }));
    this.schedulePump();
  }

  #refuse(
    error: RaftError,
    completed: (outcome: { type: 'failed'; error: RaftError }) => void,
  ): void {
    this.#options.clock.defer(() => completed({ type: 'failed', error }));
  }

  awaitReadable(options: ReadableOptions, completed: Readable): void {
    if (this.reads.isFull) return this.#options.clock.defer(() => completed(overloaded('reads')));
    const told: Readable = (error, by) => completed(error ?? this.#ended, by);
    this.reads.add(options, guarded(told, this.#callerThrew));
    this.schedulePump();
  }

  /** Calls back once another member leads (§3.10), the one named if one is: never during the call. */
  transferLeadership(
    to: NodeId | null,
    { timeoutMs }: WaitOptions,
    completed: (outcome: TransferOutcome) => void,
  ): void {
    this.transfers.ask(to, timeoutMs, completed);
    this.schedulePump();
  }

  changeMembers(
    change: MembershipChange,
    { timeoutMs }: WaitOptions,
    completed: (outcome: MembersOutcome) => void,
  ): void {
    this.changes.ask(change, timeoutMs, completed);
    this.schedulePump();
  }

  /** Moves on whatever can be moved on: to the log, to the leader, to the next round. */
  pump(): void {
    this.#isPumpDue = false;
    if (this.#options.members.isRemoved) this.#refuseWaiting(removedHere());
    this.#pumpProposals();
    this.reads.pump();
    this.transfers.pump();
    this.changes.pump();
  }

  /** The same in a moment: commands and reads of one tick travel together. */
  schedulePump(): void {
    this.#sweeper.wake();
    if (this.#isPumpDue) return;
    this.#isPumpDue = true;
    const { clock, run } = this.#options;
    clock.defer(() => run(() => this.pump()));
  }

  /** So many of the commands that wait, those that the raft chart was told of, become the run that begins there. */
  appendProposed(start: RunStart, count: number): EntryRun {
    return this.#proposals.append(start, count);
  }

  /** A run of this leader. The first is its no-op, before which everything older is applied. */
  appended(run: EntryRun): void {
    this.#admission.appended(run);
  }

  /** LT7: what waits, and what comes, is passed on to who is about to lead. */
  expectLead(of: NodeId): void {
    this.#expectedLeader = of;
    this.pump();
  }

  roleChanged(role: Role): void {
    this.#expectedLeader = null;
    if (role === 'leader') this.#proposals.takeAhead();
    else this.#proposals.giveBackAhead();
  }

  leadLost(): void {
    this.changes.leadLost();
    this.#admission.leadLost();
  }

  proposedBy(from: NodeId, message: Propose, runs: readonly EntryRun[]): void {
    this.#commandsOfOthers.proposedBy(from, message, runs);
  }

  /** LT2: others hand their commands to whoever leads next themselves, and learn at once where they stand (LR13). */
  sendBack(): void {
    this.#proposals.sendBack();
  }

  /** The forwarding chart says when what was refused is passed on again (SP10); it hears nothing while all goes well. */
  forwardAnswered({ requestId, firstIndex, term }: ProposeReply): void {
    this.#proposals.forwardAnswered(requestId, firstIndex, term);
    const { actors } = this.#options;
    if (firstIndex === null) actors.tellForwarding({ type: 'propose.refused' });
    else if (actors.forwardingHas('countsMessages')) {
      actors.tellForwarding({ type: 'propose.taken' });
    }
  }

  /** A follower asks what its reads have to wait for. */
  readAskedBy(from: NodeId, message: ReadIndex): void {
    if (this.reads.askedBy(from, message)) this.schedulePump();
  }

  /** Nobody will answer them: they are asked for again at the next sweep. */
  takeReadsBack(): void {
    this.reads.takeBack();
    this.#sweeper.wake();
  }

  confirmReads(readIndex: Index): void {
    this.reads.confirm(readIndex);
    if (this.reads.isWaiting) this.schedulePump();
  }

  /** True if someone here waits for exactly this entry. */
  expects(index: Index, term: Term): boolean {
    return this.#proposals.expectsAny && this.#proposals.expects(index, term);
  }

  resolve(index: Index, term: Term, result: unknown): void {
    if (this.#ended !== null) return;
    if (this.#proposals.expectsAny) this.#proposals.resolve(index, term, result);
  }

  linkClosed(peer: NodeId): void {
    this.#proposals.forwardsLost(peer, lostOnTheWay(peer));
    this.changes.linkClosed(peer);
    this.transfers.linkClosed(peer);
  }

  /** Calls back once nobody waits any more. */
  drain(drained: () => void): void {
    if (this.isWaiting) this.#drained = drained;
    else drained();
  }

  /** FS2, FS4: from now on nobody is told that something was done; soon all are told that the node is gone. */
  end({ refusal, undecided }: End): void {
    this.#ended = refusal;
    this.#options.clock.defer(() => this.failAll(refusal, undecided));
  }

  /** The node is gone. */
  failAll(refusal: RaftError, unknown: RaftError): void {
    this.#sweeper.stop();
    this.#proposals.failAll(refusal, unknown);
    this.reads.failAll(refusal);
    for (const part of [this.transfers, this.changes]) part.failAll(refusal, unknown);
  }

  /** MC7: what was passed on before is still answered. */
  #refuseWaiting(error: RaftError): void {
    this.#proposals.refuseQueued(error);
    this.reads.failAll(error);
    for (const part of [this.transfers, this.changes]) part.removed(error);
  }

  #pumpProposals(): void {
    const { actors, limits, versions } = this.#options;
    const { raft } = actors;
    if (this.#proposals.isEmpty || raft === null) return;
    if (!actors.hasTag('leads')) return this.#forwardProposals(raft);
    // LT2: while it hands over, what comes waits for whoever leads next.
    if (!actors.hasTag('takesProposals')) return;
    // The disk sets the pace: what comes while it writes is gathered for the next write.
    if (raft.durableIndex < raft.log.lastIndex) return;
    if (!this.#hasNext(limits.runBytesMax)) return;
    // Of what is not the first it was not asked whether all members know it.
    const runsMax = versions.isMixed ? 1 : RUNS_GATHERED_MAX;
    for (const count of this.#proposals.countsWithin(limits.runBytesMax, runsMax)) {
      actors.tellRaft({ type: 'proposals.gathered', count });
    }
  }

  #forwardProposals({ id, leaderId, term: newest }: RaftState): void {
    const { actors, disk, peers, limits } = this.#options;
    const leader = leaderId ?? this.#expectedLeader;
    const { term } = disk.hardState;
    if (leader === null || leader === id || newest - term > TERMS_UNNAMED_MAX) return;
    const mayForward = (): boolean => peers.isOpen(leader) && actors.forwardingHas('mayForward');
    while (this.#hasNext(limits.messageBytesMax) && mayForward()) {
      const requestId = this.#nextRequestId();
      const run = this.#proposals.forward(requestId, leader, limits.messageBytesMax);
      const count = run.lastIndex;
      const message = { type: 'Propose', term, requestId, count } as const;
      if (!peers.send(leader, message, [run])) return this.#proposals.forwardNotSent(requestId);
      if (actors.forwardingHas('countsMessages')) actors.tellForwarding({ type: 'propose.sent' });
    }
  }

  /** UP2: since they were let in a member may have come, or come back, that knows less; also the one that leads. */
  #hasNext(bytesMax: number): boolean {
    const { versions } = this.#options;
    if (versions.isMixed) {
      this.#proposals.refuseNext(bytesMax, (entry) => versions.refusalOf(entry));
    }
    return !this.#proposals.isEmpty;
  }

  #nextRequestId(): number {
    this.#requestId += 1;
    return this.#requestId;
  }

  #sweep(now: number): boolean {
    const unserved = this.#patience.look(now);
    this.#proposals.expire(now, unserved);
    this.reads.expire(now, unserved);
    this.transfers.expire(now);
    this.changes.expire(now);
    this.pump();
    if (!this.isWaiting) this.#drained();
    return this.isWaiting;
  }

  /** EM15: a caller is a guest: what it throws is its own, and is thrown where nobody else is hurt. */
  readonly #callerThrew = (error: unknown): void =>
    this.#options.clock.defer(() => {
      throw error;
    });
}
