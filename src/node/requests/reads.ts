/**
 * Linearizable reads (§6.4), of callers here and of other members. The read-index chart says when to ask, and whom;
 * this asks, and answers.
 */
import type { Askable } from '../../../machines/read-index.machine.ts';
import type { AskLeader } from '../../core/effect.ts';
import type { RaftError } from '../../core/errors.ts';
import type { Limits } from '../../core/limits.ts';
import type { ReadIndex, ReadIndexReply } from '../../core/message.ts';
import { contradicts } from '../../core/term-runs.ts';
import { type EntryId, greater, type Index, lesser, type NodeId } from '../../core/types.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Readable, ReadableOptions } from '../../ports/replica.ts';
import { isWithinLease } from '../../rules/timing.ts';
import type { Disk } from '../deeds/disk.ts';
import type { KnownPromises } from '../peers/known-promises.ts';
import type { Peers } from '../peers/peers.ts';
import type { Actors } from '../tree/actors.ts';
import type { ApplyProgress } from '../tree/recovery.ts';
import type { Timings } from '../view/timings.ts';
import { notApplied, notThere } from './call-errors.ts';
import type { Unserved } from './patience.ts';
import { answerPeer, FORWARDED_DEADLINE_MS, mayNameTerm } from './peer-answers.ts';
import { type PendingRead, PendingReads } from './pending-reads.ts';

export interface ReadsOptions {
  readonly actors: Pick<
    Actors,
    'hasTag' | 'hasTagIn' | 'lease' | 'raft' | 'readIndexHas' | 'tellReadIndex' | 'tellReplication'
  >;
  readonly clock: Clock;
  readonly disk: Pick<Disk, 'hardState' | 'sendWhenDurable'>;
  /** Larger than any that this node used in an earlier life. */
  readonly firstRequestId: number;
  readonly limits: Pick<Limits, 'pendingReadsMax'>;
  readonly peers: Pick<Peers, 'isOpen' | 'send'>;
  /** What leases take (RD9). */
  readonly promises: Pick<KnownPromises, 'suffice'>;
  /** How far the state machine was given the log, and how far it has applied it. */
  readonly progress: Readonly<ApplyProgress>;
  readonly timings: Pick<Timings, 'readsConfirmed'>;
}

export class Reads {
  readonly #options: ReadsOptions;
  readonly #pending = new PendingReads();
  /** What reads have named since the chart was told last: the least and the greatest. */
  #named: { readonly least: Index; readonly greatest: Index } | null = null;
  /** When the question under way was asked. */
  #askedMs = 0;

  constructor(options: ReadsOptions) {
    this.#options = options;
  }

  get isPending(): boolean {
    return this.#pending.count > 0;
  }

  /** Some came while a question was under way, and have to be asked for. */
  get isWaiting(): boolean {
    return this.#pending.isWaiting;
  }

  /** RD6: a read that comes now needs no round. */
  get holdsLease(): boolean {
    return this.#leasedIndex() !== null;
  }

  get isFull(): boolean {
    return this.#pending.count >= this.#options.limits.pendingReadsMax;
  }

  /** A read of a caller here: `completed` is told once this node has applied what it has to see. */
  add({ atLeast, isPatient, lease, timeoutMs }: ReadableOptions, completed: Readable): void {
    const deadline = this.#options.clock.now() + timeoutMs;
    if (atLeast !== undefined) return this.#addNamed(atLeast, deadline, completed);
    const leased = lease === true ? this.#leasedIndex() : null;
    if (leased !== null) {
      const answered = (): void => completed(null, 'lease');
      return this.#addAt(leased, { deadline, isLocal: true, answered, failed: completed });
    }
    const answered = (): void => completed(null);
    this.#pending.add({ deadline, isLocal: true, isPatient, answered, failed: completed });
  }

  /** RD5: it has to see one entry, and asks nobody. */
  #addNamed(id: EntryId, deadline: number, completed: (error: RaftError | null) => void): void {
    const { actors, progress } = this.#options;
    const answered = (): void => {
      const { raft } = actors;
      completed(raft !== null && contradicts(raft.log, id) ? notThere(id) : null);
    };
    const overdue = (): RaftError => notApplied(id.index, progress.lastApplied);
    const read = { deadline, isLocal: true, answered, failed: completed, overdue };
    this.#addAt(id.index, read);
  }

  /** It asks nobody: so much is to be applied here, and no more. */
  #addAt(readIndex: Index, read: PendingRead): void {
    this.#pending.addConfirmed(read, readIndex);
    const { least, greatest } = this.#named ?? { least: readIndex, greatest: readIndex };
    this.#named = { least: lesser(least, readIndex), greatest: greater(greatest, readIndex) };
  }

  /** RD6, RD9: what is committed now, if nobody else can have committed more: by a look at the clock, at this very moment. */
  #leasedIndex(): Index | null {
    const { actors, clock, promises } = this.#options;
    const { lease, raft } = actors;
    if (raft === null || lease === null || !actors.hasTag('servesReads')) return null;
    if (!promises.suffice(raft)) return null;
    return isWithinLease(lease, clock.now()) ? raft.commitIndex : null;
  }

  /** A follower asks what its reads have to wait for; false if that cannot be said here. */
  askedBy(from: NodeId, { term, requestId }: ReadIndex): boolean {
    const { actors, clock } = this.#options;
    const answer = (readIndex: Index | null): void => {
      const { raft } = actors;
      if (raft === null) return;
      answerPeer(this.#options, from, {
        type: 'ReadIndexReply',
        term: raft.term,
        requestId,
        readIndex,
      });
      if (readIndex !== null) {
        actors.tellReplication(from, { type: 'peer.waits', index: readIndex });
      }
    };
    if (!actors.hasTagIn(term, 'leads') || this.isFull) {
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
    const { actors, firstRequestId } = this.#options;
    const requestId = named - firstRequestId;
    actors.tellReadIndex(
      readIndex === null
        ? { type: 'leader.refused', requestId }
        : { type: 'leader.answered', requestId, readIndex },
    );
  }

  /** Says what waits, and whom it could ask. */
  pump(): void {
    const { actors } = this.#options;
    this.#waitForNamed();
    if (!this.#pending.isWaiting || actors.readIndexHas('asks')) return;
    const askable = this.#askable();
    if (askable !== null) actors.tellReadIndex({ type: 'reads.gathered', ...askable });
  }

  /** RD2: the question is closed before anything is done for the round, which stands behind this in the step. */
  askRound(): void {
    this.#ask();
  }

  askLeader({ leaderId, term, requestId: number }: AskLeader): void {
    this.#ask();
    const { firstRequestId, peers } = this.#options;
    const requestId = firstRequestId + number;
    peers.send(leaderId, { type: 'ReadIndex', term, requestId }, []);
  }

  takeBack(): void {
    this.#pending.takeBack();
  }

  confirm(readIndex: Index): void {
    this.#options.timings.readsConfirmed(this.#askedMs);
    this.#pending.confirm(readIndex);
    this.#wait(readIndex);
  }

  /** RD3: costs nothing unless a confirmed read waits. */
  applied(lastApplied: Index): void {
    const { actors } = this.#options;
    if (actors.readIndexHas('waitsForApplier')) {
      actors.tellReadIndex({ type: 'entries.applied', lastApplied });
    }
  }

  answer(lastApplied: Index): void {
    this.#pending.answer(lastApplied);
  }

  expire(now: number, unserved: Unserved): void {
    this.#pending.expire(now, unserved);
  }

  failAll(error: RaftError): void {
    this.#pending.failAll(error);
  }

  /**
   * SP13: the chart is told once, however many there are; twice, if some can be answered at once and others cannot. It
   * answers all that it can of those that wait, not only the one that it is told of.
   */
  #waitForNamed(): void {
    if (this.#named === null) return;
    const { least, greatest } = this.#named;
    this.#named = null;
    const { lastApplied } = this.#options.progress;
    if (least <= lastApplied && lastApplied < greatest) this.#wait(least);
    this.#wait(greatest);
  }

  /** RD3: the chart says when. */
  #wait(readIndex: Index): void {
    const { actors, progress } = this.#options;
    const { lastApplied } = progress;
    actors.tellReadIndex({ type: 'reads.confirmed', readIndex, lastApplied });
  }

  #ask(): void {
    this.#pending.ask();
    this.#askedMs = this.#options.clock.now();
  }

  #askable(): Askable | null {
    const { actors, disk, peers } = this.#options;
    const { raft } = actors;
    if (raft === null) return null;
    const { id, leaderId, term } = raft;
    const isReachable =
      leaderId !== null && leaderId !== id && peers.isOpen(leaderId) && mayNameTerm(disk, term);
    const servesReads = actors.hasTag('servesReads');
    const nowMs = this.#options.clock.now();
    return { term, servesReads, leaderId: isReachable ? leaderId : null, nowMs };
  }
}
