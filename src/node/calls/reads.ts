/**
 * Linearizable reads (§6.4), of callers here and of other members. The read-index chart says when to ask, and whom;
 * this asks, and answers.
 */
import type { Askable } from '../../../machines/read-index.machine.ts';
import type { AskLeader } from '../../core/effect.ts';
import type { RaftError } from '../../core/errors.ts';
import type { ReadIndex, ReadIndexReply } from '../../core/message.ts';
import type { Index, NodeId } from '../../core/types.ts';
import { raftOf } from '../actors.ts';
import type { Surroundings } from '../surroundings.ts';
import { answerPeer, FORWARDED_DEADLINE_MS, mayNameTerm } from './peer-answers.ts';
import { PendingReads } from './pending-reads.ts';

export class Reads {
  readonly #parts: () => Surroundings;
  readonly #firstRequestId: number;
  readonly #pending = new PendingReads();
  /** When the question under way was asked. */
  #askedMs = 0;

  /** `firstRequestId` is larger than any that this node used in an earlier life. */
  constructor(parts: () => Surroundings, firstRequestId: number) {
    this.#parts = parts;
    this.#firstRequestId = firstRequestId;
  }

  get isPending(): boolean {
    return this.#pending.count > 0;
  }

  /** Some came while a question was under way, and have to be asked for. */
  get isWaiting(): boolean {
    return this.#pending.isWaiting;
  }

  get isFull(): boolean {
    return this.#pending.count >= this.#parts().limits.pendingReadsMax;
  }

  /** A read of a caller here: `completed` is told once this node has applied what it has to see. */
  add(deadline: number, completed: (error: RaftError | null) => void): void {
    const answered = (): void => completed(null);
    this.#pending.add({ deadline, isLocal: true, answered, failed: completed });
  }

  /** A follower asks what its reads have to wait for; false if that cannot be said here. */
  askedBy(from: NodeId, { term, requestId }: ReadIndex): boolean {
    const parts = this.#parts();
    const { actors, clock } = parts;
    const answer = (readIndex: Index | null): void => {
      const { raft } = actors;
      if (raft === null) return;
      answerPeer(parts, from, { type: 'ReadIndexReply', term: raft.term, requestId, readIndex });
      if (readIndex !== null) {
        actors.tellReplication(from, { type: 'peer.waits', index: readIndex });
      }
    };
    const leads = actors.hasTag('leads') && term === raftOf(actors).term;
    if (!leads || this.isFull) {
      answer(null);
      return false;
    }
    const deadline = clock.now() + FORWARDED_DEADLINE_MS;
    const failed = (): void => answer(null);
    this.#pending.add({ deadline, isLocal: false, answered: answer, failed });
    return true;
  }

  /** The leader's answer to a question of this node. */
  answeredBy({ requestId: named, readIndex }: ReadIndexReply): void {
    const requestId = named - this.#firstRequestId;
    this.#parts().actors.tellReadIndex(
      readIndex === null
        ? { type: 'leader.refused', requestId }
        : { type: 'leader.answered', requestId, readIndex },
    );
  }

  /** Says what waits, and whom it could ask. */
  pump(): void {
    const { actors } = this.#parts();
    if (!this.#pending.isWaiting || actors.readIndexHas('asks')) return;
    const askable = this.#askable();
    if (askable !== null) actors.tellReadIndex({ type: 'reads.gathered', ...askable });
  }

  /** RD2: the question is closed before the round begins. */
  askRound(): void {
    this.#ask();
    this.#parts().actors.tellRaft({ type: 'round.requested' });
  }

  askLeader({ leaderId, term, requestId: number }: AskLeader): void {
    this.#ask();
    const requestId = this.#firstRequestId + number;
    this.#parts().peers.send(leaderId, { type: 'ReadIndex', term, requestId }, []);
  }

  takeBack(): void {
    this.#pending.takeBack();
  }

  confirm(readIndex: Index): void {
    const { actors, applying, timings } = this.#parts();
    timings.readsConfirmed(this.#askedMs);
    this.#pending.confirm(readIndex);
    if (readIndex <= applying.lastApplied) this.#pending.answer(applying.lastApplied);
    else actors.tellReadIndex({ type: 'applier.behind', readIndex });
  }

  /** RD3: costs nothing unless a confirmed read waits. */
  applied(lastApplied: Index): void {
    const { actors } = this.#parts();
    if (actors.readIndexHas('waitsForApplier')) {
      actors.tellReadIndex({ type: 'entries.applied', lastApplied });
    }
  }

  answer(lastApplied: Index): void {
    this.#pending.answer(lastApplied);
  }

  expire(now: number, error: () => RaftError): void {
    this.#pending.expire(now, error);
  }

  failAll(error: RaftError): void {
    this.#pending.failAll(error);
  }

  #ask(): void {
    this.#pending.ask();
    this.#askedMs = this.#parts().clock.now();
  }

  #askable(): Askable | null {
    const parts = this.#parts();
    const { actors, id, peers } = parts;
    const { raft } = actors;
    if (raft === null) return null;
    const { leaderId, term } = raft;
    const isReachable =
      leaderId !== null && leaderId !== id && peers.isOpen(leaderId) && mayNameTerm(parts, term);
    const servesReads = actors.hasTag('servesReads');
    return { term, servesReads, leaderId: isReachable ? leaderId : null };
  }
}
