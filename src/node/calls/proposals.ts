/**
 * Commands on their way into the log. Those that nobody has appended yet wait in a queue and are safe
 * to refuse; those that were appended, here or by the leader they were passed on to, wait for the entry at
 * their index to be applied, and its term tells whether it is theirs (I4). What cannot be known is
 * said to be unknown; nothing is ever proposed twice (I5).
 */
import { assert } from '../../core/assert.ts';
import {
  ENTRY_HEADER_BYTES,
  ENTRY_KIND,
  type Entry,
  type EntryRun,
  encodeRun,
} from '../../core/entry-run.ts';
import { RaftError } from '../../core/errors.ts';
import { advance, type Index, index, type NodeId, type Term, term } from '../../core/types.ts';
import type { ProposalOutcome } from '../../ports/replica.ts';

export interface Waiter {
  /** On the node's monotonic clock, in milliseconds. */
  readonly deadline: number;
  readonly completed: (outcome: ProposalOutcome) => void;
}

/** Commands that stay together: one of a local caller, or all of one message from a follower. */
export interface Group {
  readonly entries: readonly Entry[];
  /** As they will stand in a run, so that a run of many small entries is bounded as well. */
  readonly bytes: number;
  readonly deadline: number;
  /** Appended at `firstIndex` in `term`; may still be overwritten by another leader. */
  readonly appended: (firstIndex: Index, term: Term) => void;
  /** Never appended anywhere. */
  readonly refused: (error: RaftError) => void;
  /** Handed to the leader, and no word of it since. */
  readonly lost: (error: RaftError) => void;
}

interface Expected {
  readonly term: Term;
  readonly bytes: number;
  readonly waiter: Waiter;
}

interface Forwarded {
  readonly to: NodeId;
  readonly groups: readonly Group[];
}

export class Proposals {
  #queue: Group[] = [];
  #queuedBytes = 0;
  #gathered: readonly Group[] = [];
  readonly #expected = new Map<Index, Expected>();
  #expectedBytes = 0;
  readonly #forwarded = new Map<number, Forwarded>();
  readonly #handedOver: () => Index;
  readonly #callerThrew: (error: unknown) => void;

  /**
   * `handedOver`: through where the state machine was given the entries; results of those are not to be had.
   * `callerThrew` hears what a caller throws at its answer.
   */
  constructor(handedOver: () => Index, callerThrew: (error: unknown) => void) {
    this.#handedOver = handedOver;
    this.#callerThrew = callerThrew;
  }

  get isEmpty(): boolean {
    return this.#queue.length === 0;
  }

  /** Something still waits: in the queue, in the log, or with the leader. */
  get isWaiting(): boolean {
    return this.#queue.length > 0 || this.#expected.size > 0 || this.#forwarded.size > 0;
  }

  /** A run was announced to the log and its bytes have not been asked for yet. */
  get isGathering(): boolean {
    return this.#gathered.length > 0;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Appended and not yet applied, in bytes. */
  get unappliedBytes(): number {
    return this.#expectedBytes;
  }

  /** A group for one local command. */
  groupOf(data: Uint8Array, waiter: Waiter): Group {
    const { deadline } = waiter;
    const fail = (error: RaftError): void => this.#tell(waiter, { type: 'failed', error });
    return {
      entries: [{ kind: ENTRY_KIND.command, data }],
      bytes: ENTRY_HEADER_BYTES + data.length,
      deadline,
      appended: (firstIndex, inTerm) => this.#expect(firstIndex, inTerm, waiter, data.length),
      refused: fail,
      lost: fail,
    };
  }

  queue(group: Group): void {
    this.#queue.push(group);
    this.#queuedBytes += group.bytes;
  }

  /** Takes groups from the head of the queue for the next run; returns how many entries they hold. */
  gather(bytesMax: number): number {
    assert(this.#gathered.length === 0, 'LR9: one run is gathered at a time');
    this.#gathered = this.#take(bytesMax);
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
    const groups = this.#take(bytesMax);
    this.#forwarded.set(requestId, { to, groups });
    return encodeRun({ term: term(1), firstIndex: index(1), timeMs: 0 }, entriesOfGroups(groups));
  }

  /** The leader's answer: appended at `firstIndex`, or refused (null) and so back in the queue. */
  forwardAnswered(requestId: number, firstIndex: Index | null, inTerm: Term): void {
    const forwarded = this.#forwarded.get(requestId);
    if (forwarded === undefined) return;
    this.#forwarded.delete(requestId);
    if (firstIndex === null) this.#putBack(forwarded.groups);
    else placeGroups(forwarded.groups, firstIndex, inTerm);
  }

  /** It never left: back in the queue. */
  forwardNotSent(requestId: number): void {
    const forwarded = this.#forwarded.get(requestId);
    this.#forwarded.delete(requestId);
    if (forwarded !== undefined) this.#putBack(forwarded.groups);
  }

  /** The link to the leader closed with answers outstanding: whether it appended them is unknown. */
  forwardsLost(to: NodeId, error: RaftError): void {
    for (const [requestId, forwarded] of this.#forwarded) {
      if (forwarded.to !== to) continue;
      this.#forwarded.delete(requestId);
      for (const group of forwarded.groups) group.lost(error);
    }
  }

  /** The entry of `term` at `index` was applied: the truth about whoever waited for this index. */
  resolve(at: Index, inTerm: Term, result: unknown): void {
    const expected = this.#expected.get(at);
    if (expected === undefined) return;
    this.#expected.delete(at);
    this.#expectedBytes -= expected.bytes;
    const { waiter } = expected;
    if (expected.term !== inTerm) {
      return this.#tell(waiter, { type: 'failed', error: overwritten(at) });
    }
    this.#tell(waiter, { type: 'applied', index: at, term: inTerm, result });
  }

  /** True while someone waits for an entry to be applied. */
  get expectsAny(): boolean {
    return this.#expected.size > 0;
  }

  /** True if the entry that someone waits for is this one, and not another in its place. */
  expects(at: Index, inTerm: Term): boolean {
    return this.#expected.get(at)?.term === inTerm;
  }

  /** Ends what is overdue: the queued ones safely, the others with their outcome unknown. */
  expire(now: number, noLeader: () => RaftError): void {
    if (this.#queue.some((group) => group.deadline <= now)) {
      const overdue = this.#queue.filter((group) => group.deadline <= now);
      this.#queue = this.#queue.filter((group) => group.deadline > now);
      for (const group of overdue) {
        this.#queuedBytes -= group.bytes;
        group.refused(noLeader());
      }
    }
    for (const [at, { waiter, bytes }] of this.#expected) {
      if (waiter.deadline > now) continue;
      this.#expected.delete(at);
      this.#expectedBytes -= bytes;
      this.#tell(waiter, { type: 'failed', error: timedOut() });
    }
    for (const [requestId, { to, groups }] of this.#forwarded) {
      if (groups.every((group) => group.deadline > now)) continue;
      const rest = groups.map((group) => (group.deadline > now ? group : giveUp(group)));
      const isOver = rest.every((group) => group.deadline === GIVEN_UP);
      if (isOver) this.#forwarded.delete(requestId);
      else this.#forwarded.set(requestId, { to, groups: rest });
    }
  }

  /** The node is gone: the queued ones were never proposed, the others may yet be applied elsewhere. */
  failAll(refusal: RaftError, unknown: RaftError): void {
    for (const group of [...this.#gathered, ...this.#queue]) group.refused(refusal);
    for (const { waiter } of this.#expected.values()) {
      this.#tell(waiter, { type: 'failed', error: unknown });
    }
    for (const { groups } of this.#forwarded.values()) {
      for (const group of groups) group.lost(unknown);
    }
    this.#queue = [];
    this.#gathered = [];
    this.#queuedBytes = 0;
    this.#expected.clear();
    this.#expectedBytes = 0;
    this.#forwarded.clear();
  }

  #expect(at: Index, inTerm: Term, waiter: Waiter, bytes: number): void {
    if (at <= this.#handedOver()) {
      return this.#tell(waiter, { type: 'failed', error: unknownOutcome(at) });
    }
    const replaced = this.#expected.get(at);
    if (replaced !== undefined) {
      this.#expectedBytes -= replaced.bytes;
      const winner = replaced.term > inTerm ? replaced : { term: inTerm, bytes, waiter };
      const loser = winner === replaced ? waiter : replaced.waiter;
      this.#expected.set(at, winner);
      this.#expectedBytes += winner.bytes;
      return this.#tell(loser, { type: 'failed', error: unknownOutcome(at) });
    }
    this.#expected.set(at, { term: inTerm, bytes, waiter });
    this.#expectedBytes += bytes;
  }

  /** Nobody goes without an answer because the caller before it threw. */
  #tell({ completed }: Waiter, outcome: ProposalOutcome): void {
    try {
      completed(outcome);
    } catch (error) {
      this.#callerThrew(error);
    }
  }

  #take(bytesMax: number): readonly Group[] {
    let count = 0;
    let bytes = 0;
    for (const group of this.#queue) {
      if (count > 0 && bytes + group.bytes > bytesMax) break;
      bytes += group.bytes;
      count += 1;
    }
    this.#queuedBytes -= bytes;
    const taken = this.#queue;
    this.#queue = taken.slice(count);
    return count === taken.length ? taken : taken.slice(0, count);
  }

  #putBack(groups: readonly Group[]): void {
    const waiting = groups.filter((group) => group.deadline !== GIVEN_UP);
    this.#queue = [...waiting, ...this.#queue];
    for (const group of waiting) this.#queuedBytes += group.bytes;
  }
}

/** The deadline of a group whose caller was told that it is over; its place among the others is kept. */
const GIVEN_UP = Number.POSITIVE_INFINITY;

function giveUp(group: Group): Group {
  if (group.deadline === GIVEN_UP) return group;
  group.lost(timedOut());
  const ignore = (): void => {};
  return { ...group, deadline: GIVEN_UP, appended: ignore, refused: ignore, lost: ignore };
}

function entriesOfGroups(groups: readonly Group[]): readonly Entry[] {
  return groups.flatMap((group) => group.entries);
}

function placeGroups(groups: readonly Group[], firstIndex: Index, inTerm: Term): void {
  let at = firstIndex;
  for (const group of groups) {
    group.appended(at, inTerm);
    at = advance(at, group.entries.length);
  }
}

function overwritten(at: Index): RaftError {
  return new RaftError(
    'RAFT_OVERWRITTEN',
    `the command never took effect: a newer leader put another entry at index ${at}; propose it again`,
  );
}

function unknownOutcome(at: Index): RaftError {
  return new RaftError(
    'RAFT_OUTCOME_UNKNOWN',
    `leadership changed while the command waited at index ${at}: it may have taken effect; read before you repeat it`,
  );
}

function timedOut(): RaftError {
  return new RaftError(
    'RAFT_TIMED_OUT',
    'the command was proposed but not applied in time: it may yet take effect; read before you repeat it',
  );
}
