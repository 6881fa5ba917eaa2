/**
 * One node without sockets: the bound raft chart with its replication actors, behind the production ingress,
 * with a disk, a log with payloads and an outbox. It performs effects as the driver does, in order: what it
 * says waits for the writes before it, what it replicates does not.
 */
import { type Actor, createActor } from 'xstate';
import { bindCharts, replicationId } from '../../machines/index.ts';
import type { RaftEvent } from '../../machines/raft.types.ts';
import type { ReplicationEvent } from '../../machines/replication.types.ts';
import { assert } from '../../src/core/assert.ts';
import type { Configuration } from '../../src/core/configuration.ts';
import type { Effect, Persist, Replicate, Role, Send } from '../../src/core/effect.ts';
import type { EntrySpan } from '../../src/core/log-shape.ts';
import type { AppendEntries, AppendEntriesReply, Message } from '../../src/core/message.ts';
import type { RaftState, RaftTiming } from '../../src/core/raft-state.ts';
import type { ReplicationState } from '../../src/core/replication-state.ts';
import { advance, type Index, index, type NodeId, nextIndex, term } from '../../src/core/types.ts';
import { vouchesFor } from '../../src/node/disk.ts';
import { admit } from '../../src/rules/ingress.ts';
import { refuseStaleEntries } from '../../src/rules/log-matching.ts';
import { DEFAULT_TIMING } from '../../src/rules/timing.ts';
import type { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { LIMITS, logOf, pathOf, raftState } from './harness.ts';
import { entryAt, type StoredEntry, type TestDisk } from './test-disk.ts';

export interface Envelope {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly message: Message;
  /** The entries beside an AppendEntries: one after the other from `prevLog.index + 1`. */
  readonly entries: readonly StoredEntry[];
}

export interface MemberOptions {
  readonly id: NodeId;
  readonly configuration: Configuration;
  readonly clock: VirtualClock;
  readonly disk: TestDisk;
  readonly random: () => number;
  /** Takes what leaves; false: the link would not take it. */
  readonly out: (envelope: Envelope) => boolean;
  readonly timing?: RaftTiming;
  readonly limits?: ReplicationState['limits'];
  /** Sees each effect just before it is performed. */
  readonly heard?: (effect: Effect, member: Member) => void;
}

type RaftChart = ReturnType<typeof bindCharts>['raft'];

/** Charts are bound once for all members, since that takes longer than most tests; see `Member.#running`. */
const bound = new Map<ReplicationState['limits'], RaftChart>();

export class Member {
  readonly id: NodeId;
  readonly disk: TestDisk;
  /** The log as the chart sees it, with writes that are under way. */
  entries: readonly StoredEntry[];
  /** What the state machine got, in order. */
  readonly applied: StoredEntry[] = [];
  /** As the last `roleChanged` said. */
  role: Role = 'follower';
  /** What broke it, if anything did. */
  error: unknown = null;
  readonly #options: MemberOptions;
  readonly #actor: Actor<RaftChart>;
  readonly #inputs: (() => void)[] = [];
  readonly #effects: Effect[] = [];
  #held: { readonly after: number; readonly send: Send }[] = [];
  #hand: Envelope | null = null;
  #proposed: readonly string[] = [];
  #isRunning = false;

  constructor(options: MemberOptions) {
    const { id, clock, configuration, disk, limits = LIMITS, timing } = options;
    this.#options = options;
    this.id = id;
    this.disk = disk;
    this.entries = disk.entries;
    const input: RaftState = raftState({
      id,
      configuration,
      timing: timing ?? DEFAULT_TIMING,
      ...disk.hardState,
      log: logOf(disk.entries.map((entry) => entry.term)),
    });
    const timers = {
      setTimeout: (fire: () => void, ms: number) => clock.setTimeout(() => this.#run(fire), ms),
      clearTimeout: (timer: unknown) => clock.clearTimeout(timer),
    };
    const create = () => createActor(Member.#chart(limits), { input, clock: timers });
    this.#actor = this.#whileRunning(create);
    this.#actor.subscribe({ error: (error) => this.#fail(error) });
    this.#run(() => this.#actor.start());
  }

  /** The member whose step is under way: what any chart emits or draws is its. */
  static #running: Member | null = null;

  static #chart(limits: ReplicationState['limits']): RaftChart {
    const running = (): Member => {
      assert(Member.#running !== null, 'charts move only while a member runs');
      return Member.#running;
    };
    const outlet = (effect: Effect): void => {
      running().#effects.push(effect);
    };
    const random = (): number => running().#options.random();
    const chart = bound.get(limits) ?? bindCharts({ random, limits, outlet }).raft;
    bound.set(limits, chart);
    return chart;
  }

  get state(): RaftState {
    return this.#actor.getSnapshot().context;
  }

  /** The chart's state as a path, such as `follower.loyal`. */
  get path(): string {
    return pathOf(this.#actor.getSnapshot().value);
  }

  hasTag(tag: 'loyal' | 'leads' | 'servesReads'): boolean {
    return this.#actor.getSnapshot().hasTag(tag);
  }

  get leads(): boolean {
    return this.hasTag('leads');
  }

  get heldCount(): number {
    return this.#held.length;
  }

  replication(peer: NodeId): ReplicationState | null {
    return this.#actor.getSnapshot().children[replicationId(peer)]?.getSnapshot().context ?? null;
  }

  replicationPath(peer: NodeId): string {
    const child = this.#actor.getSnapshot().children[replicationId(peer)];
    return child === undefined ? 'none' : pathOf(child.getSnapshot().value);
  }

  /** A message comes in, through the same gate as in production. */
  receive(envelope: Envelope): void {
    this.#run(() => this.#admit(envelope));
  }

  tell(event: RaftEvent): void {
    this.#run(() => this.#actor.send(event));
  }

  tellReplication(peer: NodeId, event: ReplicationEvent): void {
    this.#run(() => this.#actor.getSnapshot().children[replicationId(peer)]?.send(event));
  }

  /** Hands in commands as one batch. Only while it leads. */
  propose(...data: readonly string[]): void {
    this.#run(() => {
      this.#proposed = data;
      this.#actor.send({ type: 'proposals.gathered', count: data.length });
    });
  }

  /** The oldest `count` writes complete as one batch; all of them unless told otherwise. */
  completeWrites(count = this.disk.waitingCount): void {
    const durable = this.disk.complete(count);
    if (durable === null) return;
    this.#run(() => {
      const ready = this.#held.filter(({ after }) => after <= this.disk.completed);
      this.#held = this.#held.filter(({ after }) => after > this.disk.completed);
      for (const { send } of ready) this.#release(send);
      this.#actor.send({ type: 'disk.durable', ...durable });
    });
  }

  /** The process ends, without a last word. */
  stop(): void {
    this.#actor.stop();
    this.#held = [];
    this.#inputs.length = 0;
  }

  #run(input: () => void): void {
    this.#inputs.push(input);
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      this.#whileRunning(() => {
        while (this.#effects.length > 0 || this.#inputs.length > 0) this.#step();
      });
    } finally {
      this.#isRunning = false;
    }
  }

  #whileRunning<Result>(act: () => Result): Result {
    const before = Member.#running;
    Member.#running = this;
    try {
      return act();
    } finally {
      Member.#running = before;
    }
  }

  #step(): void {
    const effect = this.#effects.shift();
    if (effect === undefined) return this.#inputs.shift()?.();
    this.#options.heard?.(effect, this);
    this.#perform(effect);
  }

  #fail(error: unknown): void {
    this.error ??= error;
  }

  #admit(envelope: Envelope): void {
    const { from, message } = envelope;
    const standing = { term: this.state.term, isLoyal: this.hasTag('loyal') };
    const admission = admit(standing, message);
    if (admission.type === 'drop') return;
    if (admission.type === 'refuseStale') {
      assert(message.type === 'AppendEntries', 'only entries are refused as stale');
      this.#effects.push(...refuseStaleEntries(this.state, from, message).effects);
      return;
    }
    const { newerTerm } = admission;
    if (newerTerm !== null) this.#actor.send({ type: 'term.observed', term: newerTerm });
    if (admission.type === 'deliver') this.#run(() => this.#deliver(envelope));
  }

  #deliver(envelope: Envelope): void {
    const { from, message } = envelope;
    switch (message.type) {
      case 'PreVote':
        return this.#actor.send({ type: 'preVote.requested', from, message });
      case 'PreVoteReply':
        return this.#actor.send({ type: 'preVote.answered', from, message });
      case 'RequestVote':
        return this.#actor.send({ type: 'vote.requested', from, message });
      case 'RequestVoteReply':
        return this.#actor.send({ type: 'vote.answered', from, message });
      case 'AppendEntries':
        this.#hand = envelope;
        return this.#actor.send({
          type: 'entries.received',
          from,
          message,
          spans: spansOf(envelope),
        });
      case 'AppendEntriesReply':
        return this.#deliverAnswer(from, message);
      default:
        throw new Error(`a member of these tests does not expect a ${message.type}`);
    }
  }

  #deliverAnswer(from: NodeId, { prevIndex, round, result }: AppendEntriesReply): void {
    const child = this.#actor.getSnapshot().children[replicationId(from)];
    if (result.accepted) {
      return child?.send({ type: 'append.accepted', matchIndex: result.matchIndex, round });
    }
    const { log } = this.state;
    child?.send({ type: 'append.rejected', prevIndex, round, rejection: result, log });
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case 'persist':
        return this.#persist(effect);
      case 'send':
        if (this.disk.waitingCount === 0) return this.#release(effect);
        this.#held.push({ after: this.disk.requested, send: effect });
        return;
      case 'replicate':
        return this.#replicate(effect);
      case 'progressed':
        if (effect.term !== this.state.term) return;
        return this.#actor.send({ ...effect, type: 'peer.progressed' });
      case 'commit':
        this.#apply(effect.commitIndex);
        return this.#run(() => this.#tellCommit());
      case 'roleChanged':
        this.role = effect.role;
        return;
      default:
        return;
    }
  }

  #tellCommit(): void {
    const { commitIndex } = this.state;
    for (const child of Object.values(this.#actor.getSnapshot().children)) {
      child?.send({ type: 'commit.advanced', commitIndex });
    }
  }

  #release({ to, message }: Send): void {
    this.#options.out({ from: this.id, to, message, entries: [] });
  }

  #persist({ hardState, truncateFrom, append }: Persist): void {
    const entries = append === null ? [] : this.#entriesFor(append);
    if (truncateFrom !== null) {
      this.entries = this.entries.slice(0, truncateFrom - 1);
      this.#held = this.#held.filter(({ send }) => !vouchesFor(send, truncateFrom));
    }
    if (append !== null) {
      assert(append.firstIndex === this.entries.length + 1, 'the log has no hole');
      assert(append.lastIndex === append.firstIndex + entries.length - 1, 'all of it is at hand');
    }
    this.entries = [...this.entries, ...entries];
    this.disk.request({ hardState, truncateFrom, append: entries }, this.entries);
  }

  #entriesFor({ source, firstIndex, lastIndex }: NonNullable<Persist['append']>) {
    const { term: own } = this.state;
    if (source === 'noop') return [{ term: own, data: `no-op of ${this.id}` }];
    if (source === 'proposed') return this.#proposed.map((data) => ({ term: own, data }));
    const hand = this.#hand;
    assert(hand?.message.type === 'AppendEntries', 'the message at hand carries entries');
    const { index: before } = hand.message.prevLog;
    return hand.entries.slice(firstIndex - before - 1, lastIndex - before);
  }

  /** Every entry counts as one byte. */
  #replicate(effect: Replicate): void {
    const { to, prevIndex, throughIndex, bytesMax, commitIndex, round } = effect;
    const through = Math.min(throughIndex, prevIndex + Math.max(1, bytesMax));
    const entries = this.entries.slice(prevIndex, through);
    const prevTerm = prevIndex === 0 ? term(0) : entryAt(this.entries, prevIndex).term;
    const message: AppendEntries = {
      type: 'AppendEntries',
      term: effect.term,
      prevLog: { term: prevTerm, index: prevIndex },
      lastIndex: index(through),
      commitIndex,
      round,
    };
    const isTaken = this.#options.out({ from: this.id, to, message, entries });
    if (entries.length === 0) return;
    const bytes = entries.length;
    const sent = { type: 'entries.sent', throughIndex: index(through), bytes } as const;
    const event = isTaken ? sent : ({ type: 'entries.dropped' } as const);
    this.#actor.getSnapshot().children[replicationId(to)]?.send(event);
  }

  #apply(commitIndex: Index): void {
    assert(commitIndex > this.applied.length, 'CM4: entries are applied once and in order');
    while (this.applied.length < commitIndex) {
      this.applied.push(entryAt(this.entries, this.applied.length + 1));
    }
  }
}

/** The runs of an AppendEntries, as the driver describes them to the chart. */
export function spansOf({ message, entries }: Envelope): readonly EntrySpan[] {
  if (message.type !== 'AppendEntries') return [];
  const spans: EntrySpan[] = [];
  entries.forEach((entry, offset) => {
    const at = advance(nextIndex(message.prevLog.index), offset);
    const last = spans.at(-1);
    if (last?.term === entry.term) spans[spans.length - 1] = { ...last, lastIndex: at };
    else spans.push({ term: entry.term, firstIndex: at, lastIndex: at });
  });
  return spans;
}
