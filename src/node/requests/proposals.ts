/**
 * Commands on their way into the log: they wait in a queue, or with the leader that they were passed on to, and then for
 * their entry to be applied. What cannot be known is said to be unknown; nothing is ever proposed twice (I5).
 */
import {
  ENTRY_HEADER_BYTES,
  type Entry,
  type EntryRun,
  encodeRun,
  type RunStart,
} from '../../core/entry-run.ts';
import type { RaftError } from '../../core/errors.ts';
import { type Index, index, type NodeId, type Term, term } from '../../core/types.ts';
import type { ProposalOutcome } from '../../ports/replica.ts';
import { AwaitedEntries } from './awaited-entries.ts';
import { notServed } from './call-errors.ts';
import { ForwardedCommands } from './forwarded-commands.ts';
import { entriesOfGroups, type Group, placeGroups, type Waiter } from './group.ts';
import { guarded } from './guarded.ts';
import { PassedAhead } from './passed-ahead.ts';
import type { Unserved } from './patience.ts';
import { ProposalQueue } from './proposal-queue.ts';

export class Proposals {
  readonly #queue = new ProposalQueue();
  readonly #forwarded = new ForwardedCommands();
  readonly #passedAhead = new PassedAhead();
  readonly #awaited: AwaitedEntries;
  readonly #callerThrew: (error: unknown) => void;

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
    const parts = [this.#queue, this.#awaited, this.#forwarded, this.#passedAhead];
    return parts.some(({ isEmpty }) => !isEmpty);
  }

  get queuedBytes(): number {
    return this.#queue.bytes + this.#passedAhead.bytes;
  }

  /** True while someone waits for an entry to be applied. */
  get expectsAny(): boolean {
    return !this.#awaited.isEmpty;
  }

  /** A group for one command of a local caller, or of a session of theirs. */
  groupOf(entry: Entry, waiter: Waiter): Group {
    const { data } = entry;
    const fail = (error: RaftError): void => this.#tell(waiter, { type: 'failed', error });
    return {
      entries: [entry],
      isLocal: true,
      bytes: ENTRY_HEADER_BYTES + data.length,
      deadline: waiter.deadline,
      appended: (at, inTerm) => this.#awaited.add(at, { term: inTerm, waiter }),
      refused: fail,
      lost: fail,
    };
  }

  queue(group: Group): void {
    this.#queue.add(group);
  }

  /** LT7: for the lead that this node may have soon; so many entries wait for it now, `null` if there is no room. */
  holdAhead(group: Group, bytesMax: number): number | null {
    return this.#passedAhead.hold(group, bytesMax);
  }

  /** It leads, and its first run takes from the head of the queue what was held for that. */
  takeAhead(): void {
    this.#queue.putBack(this.#passedAhead.take());
  }

  /** It does not lead: whoever passed them on hears that nobody has appended them. */
  giveBackAhead(): void {
    for (const group of this.#passedAhead.take()) group.refused(notServed(null));
  }

  /** Of those that the next run can hold, ends each with an entry for which there is a reason to, until there is none. */
  refuseNext(bytesMax: number, why: (entry: Entry) => RaftError | null): void {
    for (;;) {
      const refused = new Map<Group, RaftError>();
      for (const group of this.#queue.head(this.#queue.countWithin(bytesMax))) {
        const error = group.entries.map(why).find((each) => each !== null);
        if (error !== undefined) refused.set(group, error);
      }
      if (refused.size === 0) return;
      this.#queue.remove(new Set(refused.keys()));
      for (const [group, error] of refused) group.refused(error);
    }
  }

  /** How many entries from the head of the queue each of the next runs can hold. */
  countsWithin(bytesMax: number, runsMax: number): readonly number[] {
    return this.#queue.countsWithin(bytesMax, runsMax);
  }

  /**
   * So many entries leave the head of the queue as the run that begins there. Each group learns where it is: callers
   * here wait for that entry from now on, and a member that passed some on is answered.
   */
  append(start: RunStart, count: number): EntryRun {
    const groups = this.#queue.head(count);
    const run = encodeRun(start, entriesOfGroups(groups));
    this.#queue.drop(groups);
    placeGroups(groups, start.firstIndex, start.term);
    return run;
  }

  /** Takes groups to pass on to the leader; the run's numbering means nothing. */
  forward(requestId: number, to: NodeId, bytesMax: number): EntryRun {
    const groups = this.#queue.head(this.#queue.countWithin(bytesMax));
    const start = { term: term(1), firstIndex: index(1), timeMs: 0 };
    const run = encodeRun(start, entriesOfGroups(groups));
    this.#queue.drop(groups);
    this.#forwarded.add(requestId, to, groups);
    return run;
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

  /** Refuses what other members have passed on and nobody has appended. */
  sendBack(): void {
    for (const group of this.#queue.takeForeign()) group.refused(notServed(null));
  }

  /** Nobody will append what has not been passed on yet. */
  refuseQueued(error: RaftError): void {
    this.#queue.failAll(error);
  }

  resolve(at: Index, inTerm: Term, result: unknown): void {
    this.#awaited.resolve(at, inTerm, result);
  }

  covered(through: Index): void {
    this.#awaited.covered(through);
  }

  expects(at: Index, inTerm: Term): boolean {
    return this.#awaited.expects(at, inTerm);
  }

  /** Ends what is overdue: the queued ones safely, the others with their outcome unknown. */
  expire(now: number, { through, error }: Unserved): void {
    this.#queue.expire(through, error);
    this.#awaited.expire(now);
    this.#forwarded.expire(now);
  }

  /** The node is gone: the queued ones were never proposed, the others may yet be applied elsewhere. */
  failAll(refusal: RaftError, unknown: RaftError): void {
    this.giveBackAhead();
    this.#queue.failAll(refusal);
    this.#awaited.failAll(unknown);
    this.#forwarded.failAll(unknown);
  }

  /** Nobody goes without an answer because the caller before it threw. */
  #tell({ completed }: Waiter, outcome: ProposalOutcome): void {
    guarded(completed, this.#callerThrew)(outcome);
  }
}
