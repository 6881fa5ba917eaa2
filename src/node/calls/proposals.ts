/**
 * Commands on their way into the log: they wait in a queue, or with the leader that they were passed on to, and then for
 * their entry to be applied. What cannot be known is said to be unknown; nothing is ever proposed twice (I5).
 */
import { assert } from '../../core/assert.ts';
import { ENTRY_HEADER_BYTES, ENTRY_KIND, type EntryRun, encodeRun } from '../../core/entry-run.ts';
import type { RaftError } from '../../core/errors.ts';
import { type Index, index, type NodeId, type Term, term } from '../../core/types.ts';
import type { ProposalOutcome } from '../../ports/replica.ts';
import { AwaitedEntries } from './awaited-entries.ts';
import { ForwardedCommands } from './forwarded-commands.ts';
import { entriesOfGroups, type Group, placeGroups, type Waiter } from './group.ts';
import { ProposalQueue } from './proposal-queue.ts';

export class Proposals {
  readonly #queue = new ProposalQueue();
  readonly #forwarded = new ForwardedCommands();
  readonly #awaited: AwaitedEntries;
  readonly #callerThrew: (error: unknown) => void;
  #gathered: readonly Group[] = [];

  /**
   * `handedOver`: through where the state machine was given the entries; results of those are not to be had.
   * `callerThrew` hears what a caller throws at its answer.
   */
  constructor(handedOver: () => Index, callerThrew: (error: unknown) => void) {
    this.#awaited = new AwaitedEntries(handedOver, (waiter, outcome) =>
      this.#tell(waiter, outcome),
    );
    this.#callerThrew = callerThrew;
  }

  get isEmpty(): boolean {
    return this.#queue.isEmpty;
  }

  /** Something still waits: in the queue, in the log, or with the leader. */
  get isWaiting(): boolean {
    return !(this.#queue.isEmpty && this.#awaited.isEmpty && this.#forwarded.isEmpty);
  }

  /** A run was announced to the log and its bytes have not been asked for yet. */
  get isGathering(): boolean {
    return this.#gathered.length > 0;
  }

  get queuedBytes(): number {
    return this.#queue.bytes;
  }

  /** Appended and not yet applied, in bytes. */
  get unappliedBytes(): number {
    return this.#awaited.bytes;
  }

  /** True while someone waits for an entry to be applied. */
  get expectsAny(): boolean {
    return !this.#awaited.isEmpty;
  }

  /** A group for one local command. */
  groupOf(data: Uint8Array, waiter: Waiter): Group {
    const fail = (error: RaftError): void => this.#tell(waiter, { type: 'failed', error });
    return {
      entries: [{ kind: ENTRY_KIND.command, data }],
      bytes: ENTRY_HEADER_BYTES + data.length,
      deadline: waiter.deadline,
      appended: (at, inTerm) => this.#awaited.add(at, { term: inTerm, bytes: data.length, waiter }),
      refused: fail,
      lost: fail,
    };
  }

  queue(group: Group): void {
    this.#queue.add(group);
  }

  /** Takes groups from the head of the queue for the next run; returns how many entries they hold. */
  gather(bytesMax: number): number {
    assert(this.#gathered.length === 0, 'LR9: one run is gathered at a time');
    this.#gathered = this.#queue.take(bytesMax);
    return this.#gathered.reduce((sum, group) => sum + group.entries.length, 0);
  }

  /** The gathered groups as the run at `firstIndex`; each learns where it is. */
  encodeGathered(first: { term: Term; firstIndex: Index; timeMs: number }): EntryRun {
    const groups = this.#gathered;
    const run = encodeRun(first, entriesOfGroups(groups));
    this.#gathered = [];
    placeGroups(groups, first.firstIndex, first.term);
    return run;
  }

  /** Takes groups to pass on to the leader; the run's numbering means nothing. */
  forward(requestId: number, to: NodeId, bytesMax: number): EntryRun {
    const groups = this.#queue.take(bytesMax);
    this.#forwarded.add(requestId, to, groups);
    return encodeRun({ term: term(1), firstIndex: index(1), timeMs: 0 }, entriesOfGroups(groups));
  }

  /** The leader's answer: appended at `firstIndex`, or refused (null) and so back in the queue. */
  forwardAnswered(requestId: number, firstIndex: Index | null, inTerm: Term): void {
    if (firstIndex === null) this.forwardNotSent(requestId);
    else this.#forwarded.place(requestId, firstIndex, inTerm);
  }

  /** It never left: back in the queue. */
  forwardNotSent(requestId: number): void {
    this.#queue.putBack(this.#forwarded.takeBack(requestId));
  }

  /** The link to the leader closed with answers outstanding. */
  forwardsLost(to: NodeId, error: RaftError): void {
    this.#forwarded.lose(to, error);
  }

  resolve(at: Index, inTerm: Term, result: unknown): void {
    this.#awaited.resolve(at, inTerm, result);
  }

  expects(at: Index, inTerm: Term): boolean {
    return this.#awaited.expects(at, inTerm);
  }

  /** Ends what is overdue: the queued ones safely, the others with their outcome unknown. */
  expire(now: number, noLeader: () => RaftError): void {
    this.#queue.expire(now, noLeader);
    this.#awaited.expire(now);
    this.#forwarded.expire(now);
  }

  /** The node is gone: the queued ones were never proposed, the others may yet be applied elsewhere. */
  failAll(refusal: RaftError, unknown: RaftError): void {
    const gathered = this.#gathered;
    this.#gathered = [];
    for (const group of gathered) group.refused(refusal);
    this.#queue.failAll(refusal);
    this.#awaited.failAll(unknown);
    this.#forwarded.failAll(unknown);
  }

  /** Nobody goes without an answer because the caller before it threw. */
  #tell({ completed }: Waiter, outcome: ProposalOutcome): void {
    try {
      completed(outcome);
    } catch (error) {
      this.#callerThrew(error);
    }
  }
}
