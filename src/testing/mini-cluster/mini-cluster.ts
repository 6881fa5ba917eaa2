/**
 * A cluster of production nodes in one process, whose messages, disks and time are the test's. It decides
 * which messages arrive, which disks are slow, who is down and whose timeouts are short; nothing happens on its
 * own. The properties of the simulator are checked after every step.
 */
import { assert } from '../../core/assert.ts';
import type { Effect } from '../../core/effect.ts';
import type { Limits } from '../../core/limits.ts';
import type { Message } from '../../core/message.ts';
import { type NodeId, nodeId, type Term } from '../../core/types.ts';
import { VirtualClock } from '../virtual-clock.ts';
import { foundingEntry, runsOf, type StoredEntry } from './entries.ts';
import { foundingOperations, ownerOf } from './founding.ts';
import { greeterOf } from './greeter.ts';
import { HeldDisk } from './held-disk.ts';
import { type Envelope, HeldNetwork } from './held-network.ts';
import { Member } from './member.ts';
import { Watch } from './watch.ts';

/** Something said, or made up by a test. */
export type Said = Pick<Envelope, 'from' | 'to' | 'message' | 'runs'>;

export interface ClusterOptions {
  /** Terms of the entries that each member's log begins with; its keys are the members. */
  readonly logs: Readonly<Record<string, readonly number[]>>;
  /** The terms that the members have seen; that of the last entry unless given. */
  readonly terms?: Readonly<Record<string, number>>;
  /** Whom they voted for in that term. */
  readonly votes?: Readonly<Record<string, string>>;
  /** Members that the test makes up: they shake hands, hear everything and say nothing by themselves. */
  readonly madeUp?: readonly NodeId[];
  readonly limits?: Partial<Limits>;
  readonly diskStallMs?: number;
  /** Members whose first timeouts are the shortest; all others' are the longest. */
  readonly first?: readonly NodeId[];
  /** If given, draws every number that a timeout needs. */
  readonly draw?: () => number;
  /** If given, each message takes this long by itself; otherwise messages wait for the test. */
  readonly latencyMs?: () => number;
  /** Properties that do not hold where a test makes leaders up. */
  readonly unchecked?: readonly string[];
}

/** So small that tests reach the bounds: two messages of about four entries. */
const SMALL: Partial<Limits> = {
  messageBytesMax: 256,
  inflightMessagesMax: 2,
  inflightBytesMax: 512,
};
/** Each entry travels alone, as long as it is proposed alone. */
export const ONE_ENTRY_A_MESSAGE: Partial<Limits> = {
  messageBytesMax: 1,
  inflightMessagesMax: 8,
  inflightBytesMax: 512,
};

/** Bound: a cluster that does not come to rest within so many steps never will. */
const STEPS_MAX = 20_000;
/** Turns that settled promises get: more than any chain of them in the node takes. */
const SETTLING_TURNS = 20;

function leads({ role }: Member): number {
  return role === 'leader' ? 1 : 0;
}

/**
 * Production nodes under your control. Times are milliseconds of its own `clock`; what changes it resolves at rest, or
 * rejects with the property of docs/SPEC.md that is broken.
 */
export class MiniCluster {
  readonly clock = new VirtualClock();
  readonly members = new Map<NodeId, Member>();
  /** The first leader of each term. */
  readonly leaders = new Map<Term, NodeId>();
  /** Every entry that any member has applied, by index − 1. */
  readonly committed: StoredEntry[] = [];
  /** Everything that was ever said. */
  readonly said: Envelope[] = [];
  /** The numbers that members draw for their timeouts, in `[0, 1)`; 0.99 where none is given. */
  readonly draws = new Map<NodeId, number>();
  /** Members whose writes complete only when the test says so. */
  readonly slowDisks = new Set<NodeId>();
  /** What the network loses from now on; nothing unless a test says so. The sender does not notice. */
  lose: (envelope: Said) => boolean = () => false;
  /** Hears every effect; nothing unless a test says so. */
  heard: (effect: Effect['type'], member: Member) => void = () => {};
  readonly #options: ClusterOptions;
  readonly #watch: Watch;
  readonly #disks = new Map<NodeId, HeldDisk>();
  readonly #network: HeldNetwork;
  /** While this one is being elected, no other gets to ask for pre-votes. */
  #electing: NodeId | null = null;
  #hasPromises = false;

  private constructor(options: ClusterOptions) {
    this.#options = options;
    this.#watch = new Watch(options.unchecked);
    this.#network = new HeldNetwork({
      leaves: (envelope) => this.#leaves(envelope),
      isLost: (envelope) => this.#isLost(envelope),
      sent: (envelope) => this.#sent(envelope),
      lost: () => {},
    });
    this.favour(...(options.first ?? []));
  }

  static async start(options: ClusterOptions): Promise<MiniCluster> {
    const cluster = new MiniCluster(options);
    const { logs, madeUp = [] } = options;
    const own = Object.keys(logs).map(nodeId);
    const ids = [...own, ...madeUp];
    for (const id of ids) await cluster.#found(id, ids);
    for (const id of madeUp) await cluster.#network.transport(id).listen(greeterOf(id));
    for (const id of own) await cluster.start(id);
    return cluster;
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

  /** What is under way, oldest first. */
  get network(): readonly Envelope[] {
    return this.#network.underWay;
  }

  member(id: NodeId): Member {
    const member = this.members.get(id);
    assert(member !== undefined, `${id} is up`);
    return member;
  }

  /** From its disk, as after any crash; whoever was connected to it learns that it has to connect again. */
  async start(id: NodeId): Promise<Member> {
    assert(!this.members.has(id), `${id} is down`);
    const { draw, diskStallMs, limits } = this.#options;
    const member = new Member({
      id,
      ids: this.ids,
      clock: this.clock,
      disk: this.#disk(id),
      transport: this.#network.transport(id),
      random: draw ?? (() => this.draws.get(id) ?? 0.99),
      watch: this.#watch,
      limits: { ...SMALL, ...limits },
      heard: (effect, of) => this.#heard(effect, of),
      ...(diskStallMs === undefined ? {} : { diskStallMs }),
    });
    this.members.set(id, member);
    await member.start();
    this.#network.powerOn(id);
    this.#hasPromises = true;
    await this.rest();
    return member;
  }

  /** Power fails, and nobody is told; the write under way had reached the disk, or it had not. */
  async crash(id: NodeId, { isWritten = false } = {}): Promise<void> {
    this.member(id).kill();
    this.members.delete(id);
    this.#network.powerOff(id);
    await this.#disk(id).crash({ isWritten });
  }

  /** Timeouts of these are the shortest from now on, those of all others the longest. */
  favour(...ids: readonly NodeId[]): void {
    this.draws.clear();
    for (const id of ids) this.draws.set(id, 0);
  }

  /** Nothing passes between the groups any more; a member in no group hears nobody. */
  partition(...groups: readonly (readonly NodeId[])[]): void {
    this.#network.partition(this.ids, groups);
  }

  /** Nothing passes from the one to the other any more. */
  cut(from: NodeId, to: NodeId): void {
    this.#network.cut(from, to);
  }

  heal(): void {
    this.#network.mend();
  }

  /** The connection between the two breaks, both notice, and it is not made again before `connect`. */
  async disconnect(one: NodeId, other: NodeId): Promise<void> {
    this.#network.disconnect(one, other);
    await this.rest();
  }

  /** Whoever dials does so when its next call is due. */
  async connect(one: NodeId, other: NodeId): Promise<void> {
    this.#network.reconnect(one, other);
    await this.rest();
  }

  /** The connection between the two breaks and is made again; both notice. */
  async reconnect(one: NodeId, other: NodeId): Promise<void> {
    await this.disconnect(one, other);
    await this.connect(one, other);
  }

  /** Delivers what was under way when the call was made, if it is wanted; drops nothing. */
  async deliver(isWanted: (envelope: Envelope) => boolean = () => true): Promise<void> {
    const wanted = this.network.filter(isWanted);
    this.#network.take(wanted);
    for (const envelope of wanted) await this.bring(envelope);
  }

  /** Gives one message to its receiver, as often as the test likes. */
  async bring(said: Said): Promise<void> {
    this.#network.bring(said);
    await this.rest();
  }

  drop(isUnwanted: (envelope: Envelope) => boolean = () => true): void {
    this.#network.take(this.network.filter(isUnwanted));
  }

  /** Delivers everything and completes every write, until nothing is left to do. */
  async settle(): Promise<void> {
    for (let step = 0; step < STEPS_MAX; step += 1) {
      await this.rest();
      if (this.network.length > 0) await this.deliver();
      else if (!this.#completeWrites()) return;
    }
    throw new Error('the cluster does not come to rest');
  }

  /** Time passes; whatever a timer sets off settles before the next one fires. */
  async elapse(byMs: number): Promise<void> {
    const endMs = this.clock.now() + byMs;
    await this.settle();
    while (this.clock.step(endMs)) await this.settle();
    this.clock.advance(endMs - this.clock.now());
  }

  /** Lets time pass until it is so; fails after `boundMs`. Returns how long it took. */
  async elapseUntil(isSo: () => boolean, boundMs: number): Promise<number> {
    const startMs = this.clock.now();
    while (!isSo()) {
      const leftMs = startMs + boundMs - this.clock.now();
      assert(leftMs > 0, `it came about within ${boundMs} ms`);
      await this.elapse(Math.min(leftMs, (this.clock.nextDueMs ?? 0) - this.clock.now()));
    }
    return this.clock.now() - startMs;
  }

  /** Makes `id` the leader of a new term, in which it can reach a quorum. */
  async elect(id: NodeId): Promise<Member> {
    this.favour(id);
    this.#electing = id;
    const { electionTimeoutMaxMs } = this.member(id).state.timing;
    try {
      await this.elapseUntil(() => this.member(id).leads, 4 * electionTimeoutMaxMs);
    } finally {
      this.#electing = null;
    }
    return this.member(id);
  }

  /** The terms of each member's log, as strings such as `1145`. */
  get logs(): Readonly<Record<string, string>> {
    const show = (disk: HeldDisk): string => disk.entries.map((entry) => entry.term).join('');
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

  /** Throws if a property does not hold any more. */
  check(): void {
    // What a leader commits, others learn later.
    for (const member of [...this.up].sort((one, other) => leads(other) - leads(one))) {
      member.check();
      const { error, id, lastApplied } = member;
      assert(error === null, `${id} broke: ${error?.message}`);
      const known = this.committed.length;
      if (lastApplied > known) this.committed.push(...member.applied.slice(known));
    }
    const { violation } = this.#watch;
    assert(violation === null, `safety is broken: ${violation}`);
  }

  /** Lets come about what needs neither a message, nor time, nor a disk. */
  async rest(): Promise<void> {
    let isBusy = true;
    for (let step = 0; isBusy; step += 1) {
      assert(step < STEPS_MAX, 'the cluster comes to rest');
      isBusy = this.#network.runTasks() || this.#hasPromises;
      this.clock.runDeferred();
      if (this.#hasPromises) {
        this.#hasPromises = false;
        for (let turn = 0; turn < SETTLING_TURNS; turn += 1) await undefined;
      }
    }
    this.clock.runDeferred();
    this.check();
  }

  async #found(id: NodeId, ids: readonly NodeId[]): Promise<void> {
    const { logs, terms = {}, votes = {} } = this.#options;
    const log = logs[id] ?? [];
    const vote = votes[id];
    const founding = {
      id,
      log,
      term: terms[id] ?? log.at(-1) ?? 0,
      vote: vote === undefined ? null : nodeId(vote),
    };
    const disk = new HeldDisk({
      id,
      watch: this.#watch,
      promised: () => {
        this.#hasPromises = true;
      },
    });
    const runs = runsOf(
      1,
      log.map((of, offset) => foundingEntry(of, offset + 1)),
    );
    await disk.prepare(ownerOf(id, ids), foundingOperations(founding, runs));
    this.#disks.set(id, disk);
  }

  #disk(id: NodeId): HeldDisk {
    const disk = this.#disks.get(id);
    assert(disk !== undefined, `${id} is a member`);
    return disk;
  }

  #leaves(envelope: Envelope): Message {
    const { from, message } = envelope;
    this.#watch.hear(envelope, this.members.get(from)?.node.inspection().raft ?? null);
    this.said.push(envelope);
    return message;
  }

  #sent(envelope: Envelope): void {
    const { latencyMs } = this.#options;
    if (latencyMs === undefined) return;
    this.#network.take([envelope]);
    this.clock.setTimeout(() => this.#network.bring(envelope), latencyMs());
  }

  #isLost(envelope: Envelope): boolean {
    const { from, message } = envelope;
    const isOutvoted = this.#electing !== null && this.#electing !== from;
    if (isOutvoted && message.type === 'PreVote') return true;
    return this.lose(envelope);
  }

  #heard(effect: Effect['type'], member: Member): void {
    if (effect === 'roleChanged' && member.leads) {
      const { term } = member.state;
      if (!this.leaders.has(term)) this.leaders.set(term, member.id);
    }
    this.heard(effect, member);
  }

  #completeWrites(): boolean {
    const busy = this.up.filter(({ id, disk }) => disk.isWriting && !this.slowDisks.has(id));
    for (const member of busy) member.completeWrite();
    return busy.length > 0;
  }
}
