/**
 * A cluster in one process without any driver: bound raft charts that exchange messages under one virtual
 * clock. The test decides which messages arrive, which disks are slow, who is down and whose timeouts are
 * short; nothing happens on its own. The properties of `History` are checked after every step.
 */
import { assert } from '../../src/core/assert.ts';
import { staticConfiguration } from '../../src/core/configuration.ts';
import type { Effect } from '../../src/core/effect.ts';
import { HARD_STATE_ZERO } from '../../src/core/hard-state.ts';
import type { Message } from '../../src/core/message.ts';
import type { RaftTiming } from '../../src/core/raft-state.ts';
import type { ReplicationState } from '../../src/core/replication-state.ts';
import { type NodeId, nodeId, term } from '../../src/core/types.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { type Envelope, Member } from '../machines/member.ts';
import { type StoredEntry, TestDisk } from '../machines/test-disk.ts';
import { History } from './history.ts';

export interface ClusterOptions {
  /** Terms of the entries that each member's log begins with; its keys are the members. */
  readonly logs: Readonly<Record<string, readonly number[]>>;
  /** The terms that the members have seen; that of the last entry unless given. */
  readonly terms?: Readonly<Record<string, number>>;
  /** Whom they voted for in that term. */
  readonly votes?: Readonly<Record<string, string>>;
  readonly timing?: RaftTiming;
  readonly limits?: ReplicationState['limits'];
  /** Members whose first timeouts are the shortest; all others' are the longest. */
  readonly first?: readonly NodeId[];
  /** If given, draws every number that a timeout needs. */
  readonly draw?: () => number;
  /** If given, each message takes this long by itself; otherwise messages wait for the test. */
  readonly latencyMs?: () => number;
}

/** Bound: a cluster that does not come to rest within so many steps never will. */
const STEPS_MAX = 20_000;

export class MiniCluster {
  readonly clock = new VirtualClock();
  readonly history = new History();
  readonly members = new Map<NodeId, Member>();
  /** What is under way, oldest first. */
  network: Envelope[] = [];
  /** Everything that was ever said. */
  readonly said: Envelope[] = [];
  /** The numbers that members draw for their timeouts, in `[0, 1)`; 0.99 where none is given. */
  readonly draws = new Map<NodeId, number>();
  /** Members whose writes complete only when the test says so. */
  readonly slowDisks = new Set<NodeId>();
  /** What the network loses from now on; nothing unless a test says so. The sender does not notice. */
  lose: (envelope: Envelope) => boolean = () => false;
  /** Hears every effect; nothing unless a test says so. */
  heard: (effect: Effect, member: Member) => void = () => {};
  /** While this one is being elected, no other gets to ask for pre-votes. */
  #electing: NodeId | null = null;
  readonly #cut = new Set<string>();
  readonly #options: ClusterOptions;
  readonly #disks = new Map<NodeId, TestDisk>();

  constructor(options: ClusterOptions) {
    this.#options = options;
    const { logs, terms = {}, votes = {} } = options;
    for (const [name, log] of Object.entries(logs)) {
      const vote = votes[name];
      const hardState = {
        term: term(terms[name] ?? log.at(-1) ?? HARD_STATE_ZERO.term),
        votedFor: vote === undefined ? null : nodeId(vote),
      };
      this.#disks.set(nodeId(name), new TestDisk(hardState, log.map(foundingEntry)));
    }
    this.favour(...(options.first ?? []));
    for (const id of this.#disks.keys()) this.start(id);
  }

  get ids(): readonly NodeId[] {
    return [...this.#disks.keys()];
  }

  get up(): readonly Member[] {
    return [...this.members.values()];
  }

  /** The one that leads in the newest term; null if none does. */
  get leader(): Member | null {
    const leaders = this.up.filter((member) => member.leads);
    return leaders.sort((left, right) => right.state.term - left.state.term)[0] ?? null;
  }

  member(id: NodeId): Member {
    const member = this.members.get(id);
    assert(member !== undefined, `${id} is up`);
    return member;
  }

  /** From its disk, as after any crash; the others notice that its links are back. */
  start(id: NodeId): Member {
    const { draw, limits, timing } = this.#options;
    const disk = this.#disks.get(id);
    assert(disk !== undefined && !this.members.has(id), `${id} is down`);
    const member = new Member({
      id,
      configuration: staticConfiguration(this.ids),
      clock: this.clock,
      disk,
      random: draw ?? (() => this.draws.get(id) ?? 0.99),
      out: (envelope) => this.#send(envelope),
      heard: (effect, of) => {
        this.history.heard(effect, of, [...this.#disks.values()]);
        this.heard(effect, of);
      },
      ...(timing === undefined ? {} : { timing }),
      ...(limits === undefined ? {} : { limits }),
    });
    for (const other of this.up) other.tell({ type: 'link.opened', peer: id });
    this.members.set(id, member);
    return member;
  }

  /** Power fails; the oldest `kept` of its unfinished writes had reached the disk. */
  crash(id: NodeId, kept = 0): void {
    this.member(id).stop();
    this.members.delete(id);
    this.#disks.get(id)?.crash(kept);
    this.history.forget(id);
  }

  /** Timeouts of these are the shortest from now on, those of all others the longest. */
  favour(...ids: readonly NodeId[]): void {
    this.draws.clear();
    for (const id of ids) this.draws.set(id, 0);
  }

  /** Nothing passes between the groups any more; a member in no group hears nobody. */
  partition(...groups: readonly (readonly NodeId[])[]): void {
    this.#cut.clear();
    for (const from of this.ids) {
      for (const to of this.ids) {
        const isTogether = groups.some((group) => group.includes(from) && group.includes(to));
        if (!isTogether) this.cut(from, to);
      }
    }
  }

  /** Nothing passes from the one to the other any more. */
  cut(from: NodeId, to: NodeId): void {
    this.#cut.add(`${from}→${to}`);
  }

  /** The link between the two breaks and is made again; both notice. */
  reconnect(one: NodeId, other: NodeId): void {
    for (const [id, peer] of [
      [one, other],
      [other, one],
    ] as const) {
      this.members.get(id)?.tell({ type: 'link.closed', peer });
      this.members.get(id)?.tell({ type: 'link.opened', peer });
    }
    this.#check();
  }

  heal(): void {
    this.#cut.clear();
  }

  /** Delivers what was under way when the call was made, if it is wanted; drops nothing. */
  deliver(isWanted: (envelope: Envelope) => boolean = () => true): void {
    const wanted = this.network.filter(isWanted);
    this.network = this.network.filter((envelope) => !wanted.includes(envelope));
    for (const envelope of wanted) this.hand(envelope);
  }

  /** Gives one message to its receiver, as often as the test likes. */
  hand(envelope: Envelope): void {
    this.members.get(envelope.to)?.receive(envelope);
    this.#check();
  }

  drop(isUnwanted: (envelope: Envelope) => boolean = () => true): void {
    this.network = this.network.filter((envelope) => !isUnwanted(envelope));
  }

  /** Delivers everything and completes every write, until nothing is left to do. */
  settle(): void {
    for (let step = 0; step < STEPS_MAX; step += 1) {
      const isBusy = this.network.length > 0 || this.#completeWrites();
      if (!isBusy) return;
      this.deliver();
    }
    throw new Error('the cluster does not come to rest');
  }

  /** Time passes; whatever a timer sets off settles before the next one fires. */
  elapse(byMs: number): void {
    const endMs = this.clock.now() + byMs;
    this.settle();
    while (this.clock.step(endMs)) {
      this.#check();
      this.settle();
    }
    this.clock.advance(endMs - this.clock.now());
  }

  /** Lets time pass until it is so; fails after `boundMs`. Returns how long it took. */
  elapseUntil(isSo: () => boolean, boundMs: number): number {
    const startMs = this.clock.now();
    while (!isSo()) {
      const leftMs = startMs + boundMs - this.clock.now();
      assert(leftMs > 0, `it came about within ${boundMs} ms`);
      this.elapse(Math.min(leftMs, (this.clock.nextDueMs ?? 0) - this.clock.now()));
    }
    return this.clock.now() - startMs;
  }

  /** Makes `id` the leader of a new term, in which it can reach a quorum. */
  elect(id: NodeId): Member {
    this.favour(id);
    this.#electing = id;
    const { electionTimeoutMaxMs } = this.member(id).state.timing;
    try {
      this.elapseUntil(() => this.member(id).leads, 4 * electionTimeoutMaxMs);
    } finally {
      this.#electing = null;
    }
    return this.member(id);
  }

  /** The terms of each member's log, as strings such as `1145`. */
  get logs(): Readonly<Record<string, string>> {
    const show = (disk: TestDisk): string => disk.entries.map((entry) => entry.term).join('');
    return Object.fromEntries([...this.#disks].map(([id, disk]) => [id, show(disk)]));
  }

  /** Messages of this type that `from` said. */
  saidBy<Type extends Message['type']>(
    from: NodeId,
    type: Type,
  ): readonly Extract<Message, { type: Type }>[] {
    const isSuch = (message: Message): message is Extract<Message, { type: Type }> =>
      message.type === type;
    return this.said
      .filter((each) => each.from === from)
      .map((each) => each.message)
      .filter(isSuch);
  }

  #send(envelope: Envelope): boolean {
    this.said.push(envelope);
    if (this.#isLost(envelope)) return true;
    const { latencyMs } = this.#options;
    if (latencyMs === undefined) this.network.push(envelope);
    else this.clock.setTimeout(() => this.hand(envelope), latencyMs());
    return true;
  }

  #isLost(envelope: Envelope): boolean {
    const { from, message, to } = envelope;
    const isOutvoted = this.#electing !== null && this.#electing !== from;
    if (isOutvoted && message.type === 'PreVote') return true;
    return this.#cut.has(`${from}→${to}`) || this.lose(envelope);
  }

  #completeWrites(): boolean {
    const busy = this.up.filter(({ id, disk }) => disk.waitingCount > 0 && !this.slowDisks.has(id));
    for (const member of busy) member.completeWrites();
    this.#check();
    return busy.length > 0;
  }

  #check(): void {
    this.history.check(this.up);
  }
}

/** Entries from before the test are equal wherever index and term are. */
function foundingEntry(of: number, offset: number): StoredEntry {
  return { term: term(of), data: `${offset + 1} of term ${of}` };
}
