/**
 * What callers want of this member: commands into the log, reads that see everything committed. A member
 * that does not lead passes both on to the one that does; each call ends by its deadline, with the truth
 * or with the admission that it is not known.
 */
import { ENTRY_HEADER_BYTES, type EntryRun, entriesOf } from '../../core/entry-run.ts';
import { RaftError } from '../../core/errors.ts';
import type { Propose, ProposeReply, ReadIndex } from '../../core/message.ts';
import { advance, type Index, type NodeId, type Term } from '../../core/types.ts';
import type { ProposalOutcome, WaitOptions } from '../../ports/replica.ts';
import { raftOf } from '../actors.ts';
import type { End } from '../endings.ts';
import type { Surroundings } from '../surroundings.ts';
import { lostOnTheWay, notServed, overloaded } from './call-errors.ts';
import { answerPeer, FORWARDED_DEADLINE_MS, mayNameTerm } from './peer-answers.ts';
import { Proposals } from './proposals.ts';
import { Reads } from './reads.ts';
import { Sweeper } from './sweeper.ts';

export class Clients {
  readonly #parts: () => Surroundings;
  readonly #proposals = new Proposals(
    () => this.#parts().applying.handedOver,
    (error) => this.#callerThrew(error),
  );
  readonly reads: Reads;
  readonly #sweeper: Sweeper;
  /** The newest request seen of each member (I5). */
  readonly #seen = new Map<NodeId, number>();
  #requestId: number;
  /** Why nothing is done here any more; `null` as long as the node lives. */
  #ended: RaftError | null = null;
  #isPumpDue = false;
  #drained = (): void => {};
  #proposed = 0;

  /** `firstRequestId` must be larger than any that this node used in an earlier life. */
  constructor(parts: () => Surroundings, firstRequestId: number, clock: Surroundings['clock']) {
    this.#parts = parts;
    this.reads = new Reads(parts, firstRequestId);
    this.#requestId = firstRequestId;
    this.#sweeper = new Sweeper(clock, (now) => this.#sweep(now));
  }

  get proposedCount(): number {
    return this.#proposed;
  }

  get isWaiting(): boolean {
    return this.#proposals.isWaiting || this.reads.isPending;
  }

  /** Bound: past the limits it is refused at once, before anything was written anywhere. */
  submit(
    data: Uint8Array,
    { timeoutMs }: WaitOptions,
    completed: (outcome: ProposalOutcome) => void,
  ): void {
    const { clock } = this.#parts();
    const refusal = this.#refusalOf(data.length);
    if (refusal !== null) {
      return clock.defer(() => completed({ type: 'failed', error: refusal }));
    }
    this.#proposed += 1;
    const deadline = clock.now() + timeoutMs;
    this.#proposals.queue(this.#proposals.groupOf(data, { deadline, completed }));
    this.#schedulePump();
  }

  awaitReadable({ timeoutMs }: WaitOptions, completed: (error: RaftError | null) => void): void {
    const { clock } = this.#parts();
    if (this.reads.isFull) return clock.defer(() => completed(overloaded('reads')));
    const tell = (error: RaftError | null): void => {
      try {
        completed(error ?? this.#ended);
      } catch (thrown) {
        this.#callerThrew(thrown);
      }
    };
    this.reads.add(clock.now() + timeoutMs, tell);
    this.#schedulePump();
  }

  /** Moves on whatever can be moved on: to the log, to the leader, to the next round. */
  pump(): void {
    this.#isPumpDue = false;
    this.#pumpProposals();
    this.reads.pump();
  }

  encodeGathered(first: { term: Term; firstIndex: Index; timeMs: number }): EntryRun {
    return this.#proposals.encodeGathered(first);
  }

  /**
   * A follower passes on commands of its clients. Its requests are numbered through all terms and all its lives: one
   * that was seen before is not answered again, whether it was taken or refused, or it would be done twice (I5).
   */
  proposedBy(from: NodeId, message: Propose, runs: readonly EntryRun[]): void {
    const { actors, clock } = this.#parts();
    const { term, requestId } = message;
    if (requestId <= (this.#seen.get(from) ?? 0)) return;
    this.#seen.set(from, requestId);
    const leads = actors.hasTag('leads') && term === raftOf(this.#parts().actors).term;
    if (!leads || this.#refusalOf(0) !== null) return this.#answerPropose(from, message, null);
    const entries = runs.flatMap(entriesOf);
    this.#proposals.queue({
      entries,
      bytes: entries.reduce((sum, { data }) => sum + ENTRY_HEADER_BYTES + data.length, 0),
      deadline: clock.now() + FORWARDED_DEADLINE_MS,
      appended: (firstIndex, inTerm) => {
        this.#answerPropose(from, message, firstIndex, inTerm);
        const index = advance(firstIndex, entries.length - 1);
        this.#parts().actors.tellReplication(from, { type: 'peer.waits', index });
      },
      refused: () => this.#answerPropose(from, message, null),
      lost: () => {},
    });
    this.#schedulePump();
  }

  /** The forwarding chart says when what was refused is passed on again (SP10); it hears nothing while all goes well. */
  forwardAnswered({ requestId, firstIndex, term }: ProposeReply): void {
    this.#proposals.forwardAnswered(requestId, firstIndex, term);
    const { actors } = this.#parts();
    if (firstIndex === null) actors.tellForwarding({ type: 'propose.refused' });
    else if (actors.forwardingHas('countsMessages')) {
      actors.tellForwarding({ type: 'propose.taken' });
    }
  }

  /** A follower asks what its reads have to wait for. */
  readAskedBy(from: NodeId, message: ReadIndex): void {
    if (this.reads.askedBy(from, message)) this.#schedulePump();
  }

  /** Nobody will answer them: they are asked for again at the next sweep. */
  takeReadsBack(): void {
    this.reads.takeBack();
    this.#sweeper.wake();
  }

  confirmReads(readIndex: Index): void {
    this.reads.confirm(readIndex);
    if (this.reads.isWaiting) this.#schedulePump();
  }

  /** True if someone here waits for exactly this entry. */
  expects(index: Index, term: Term): boolean {
    return this.#proposals.expectsAny && this.#proposals.expects(index, term);
  }

  resolve(index: Index, term: Term, result: unknown): void {
    if (this.#ended !== null) return;
    if (this.#proposals.expectsAny) this.#proposals.resolve(index, term, result);
  }

  /** Another leader, or none: whoever was asked will not answer, and what waits is asked anew. */
  roleChanged(): void {
    this.#schedulePump();
  }

  linkClosed(peer: NodeId): void {
    this.#proposals.forwardsLost(peer, lostOnTheWay(peer));
  }

  /** Calls back once nobody waits any more. */
  drain(drained: () => void): void {
    if (this.isWaiting) this.#drained = drained;
    else drained();
  }

  /** FS2, FS4: from now on nobody is told that something was done; soon all are told that the node is gone. */
  end({ refusal, undecided }: End): void {
    this.#ended = refusal;
    this.#parts().clock.defer(() => this.failAll(refusal, undecided));
  }

  /** The node is gone. */
  failAll(refusal: RaftError, unknown: RaftError): void {
    this.#sweeper.stop();
    this.#proposals.failAll(refusal, unknown);
    this.reads.failAll(refusal);
  }

  #pumpProposals(): void {
    const parts = this.#parts();
    const { actors, disk, limits } = parts;
    if (this.#proposals.isEmpty) return;
    if (actors.hasTag('leads')) {
      if (!disk.isIdle || this.#proposals.isGathering) return;
      const count = this.#proposals.gather(limits.runBytesMax);
      return actors.tellRaft({ type: 'proposals.gathered', count });
    }
    this.#forwardProposals(parts);
  }

  #forwardProposals(parts: Surroundings): void {
    const { actors, peers, limits } = parts;
    const { raft } = actors;
    const leader = raft?.leaderId ?? null;
    if (raft === null || leader === null || leader === parts.id) return;
    if (!mayNameTerm(parts, raft.term)) return;
    const mayForward = (): boolean => peers.isOpen(leader) && actors.forwardingHas('mayForward');
    while (!this.#proposals.isEmpty && mayForward()) {
      const requestId = this.#nextRequestId();
      const run = this.#proposals.forward(requestId, leader, limits.messageBytesMax);
      const count = run.lastIndex;
      const message = { type: 'Propose', term: raft.term, requestId, count } as const;
      if (!peers.send(leader, message, [run])) return this.#proposals.forwardNotSent(requestId);
      if (actors.forwardingHas('countsMessages')) actors.tellForwarding({ type: 'propose.sent' });
    }
  }

  #answerPropose(
    to: NodeId,
    { requestId }: Propose,
    firstIndex: Index | null,
    inTerm?: Term,
  ): void {
    const { actors } = this.#parts();
    const term = inTerm ?? actors.raft?.term;
    if (term === undefined) return;
    answerPeer(this.#parts(), to, { type: 'ProposeReply', term, requestId, firstIndex });
  }

  /** Commands and reads of one tick travel together. */
  #schedulePump(): void {
    this.#sweeper.wake();
    if (this.#isPumpDue) return;
    this.#isPumpDue = true;
    const parts = this.#parts();
    parts.clock.defer(() => parts.run(() => this.pump()));
  }

  #nextRequestId(): number {
    this.#requestId += 1;
    return this.#requestId;
  }

  #refusalOf(bytes: number): RaftError | null {
    const { limits } = this.#parts();
    if (bytes > limits.commandBytesMax) {
      return new RaftError(
        'RAFT_TOO_LARGE',
        `a command of ${bytes} bytes is over the limit of ${limits.commandBytesMax}: split it`,
      );
    }
    const isFull =
      this.#proposals.queuedBytes + bytes > limits.proposalBytesMax ||
      this.#proposals.unappliedBytes > limits.unappliedBytesMax;
    return isFull ? overloaded('proposals') : null;
  }

  #sweep(now: number): boolean {
    const parts = this.#parts();
    const leader = (): NodeId | null => parts.actors.raft?.leaderId ?? null;
    this.#proposals.expire(now, () => notServed(leader()));
    this.reads.expire(now, () => notServed(leader()));
    this.pump();
    if (!this.isWaiting) this.#drained();
    return this.isWaiting;
  }

  /** EM15: a caller is a guest: what it throws is its own, and is thrown where nobody else is hurt. */
  #callerThrew(error: unknown): void {
    this.#parts().clock.defer(() => {
      throw error;
    });
  }
}
