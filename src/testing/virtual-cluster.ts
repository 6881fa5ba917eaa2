/**
 * Whole members in one process under virtual time: the production driver, charts, codec and handshake over
 * the memory network and memory stores. Promises of the stores settle between steps of the clock.
 */

import type { RaftError } from '../core/errors.ts';
import { DEFAULT_LIMITS, type Limits } from '../core/limits.ts';
import type { MembershipChange } from '../core/membership-change.ts';
import { type NodeId, nodeId } from '../core/types.ts';
import { type RaftNode, type RaftNodeOptions, startRaftNode } from '../node/raft-node.ts';
import type { LogStore } from '../ports/log-store.ts';
import type { MembersOutcome, ProposalOutcome } from '../ports/replica.ts';
import type { CommittedCommand, StateMachine } from '../ports/state-machine.ts';
import { memoryLogStore } from '../storage/memory-log-store.ts';
import { type CarriedMessage, MemoryNetwork } from '../transport/memory-network.ts';
import { memoryTransport } from '../transport/memory-transport.ts';
import { VirtualClock } from './virtual-clock.ts';

/** Remembers every command it applied, as text; the result is how many that makes. */
export class ListMachine implements StateMachine {
  readonly applied: string[] = [];

  apply(batch: readonly CommittedCommand[]): readonly number[] {
    return batch.map(({ data }) => this.applied.push(new TextDecoder().decode(data)));
  }
}

export interface VirtualMember {
  readonly id: NodeId;
  readonly store: LogStore;
  /** `error`: writes fail with it from now on. `holds`: writes wait in `held` instead of taking effect. */
  readonly disk: { error: Error | null; holds: boolean; held: (() => void)[] };
  node: RaftNode;
  machine: StateMachine;
}

const STEP_MS = 5;
const LATENCY_MS = 1;

export interface VirtualClusterOptions {
  readonly limits?: Partial<Limits>;
  /** Called for each life of each member; a `ListMachine` unless given. */
  readonly machine?: () => StateMachine;
  /** What becomes of each message; all go the ordinary way unless given. */
  readonly carry?: (message: CarriedMessage) => boolean;
  /** What a member is started with instead. */
  readonly adapt?: (options: RaftNodeOptions) => RaftNodeOptions;
}

/** A cluster that moves only when it is told to: `pass`, `until`, and what is built on them. */
export class VirtualCluster {
  readonly clock = new VirtualClock();
  readonly network = new MemoryNetwork({
    defer: (deliver) => void this.clock.setTimeout(deliver, LATENCY_MS),
    carry: (message) => this.#options.carry?.(message) ?? true,
  });
  readonly members = new Map<string, VirtualMember>();
  readonly #options: VirtualClusterOptions;
  readonly #addresses: Readonly<Record<string, string>>;
  #word = 0;
  #random = 0;

  constructor(size: number, options: VirtualClusterOptions = {}) {
    this.#options = options;
    const ids = Array.from({ length: size }, (_, at) => `n${at + 1}`);
    this.#addresses = Object.fromEntries(ids.map((id) => [id, `at-${id}`]));
  }

  static async start(size: number, options: VirtualClusterOptions = {}): Promise<VirtualCluster> {
    const cluster = new VirtualCluster(size, options);
    for (const id of Object.keys(cluster.#addresses)) await cluster.boot(id);
    return cluster;
  }

  /** Starts a member, again on its old store if it had one; `store` replaces it. */
  async boot(
    id: string,
    store?: LogStore,
    as: (own: RaftNodeOptions) => RaftNodeOptions = (own) => own,
  ): Promise<VirtualMember> {
    const disk = this.members.get(id)?.disk ?? { error: null, holds: false, held: [] };
    const known = store ?? this.members.get(id)?.store ?? this.#newStore(disk);
    const machine = this.#options.machine?.() ?? new ListMachine();
    const limits = { ...DEFAULT_LIMITS, ...this.#options.limits };
    const adapt = this.#options.adapt ?? ((own: RaftNodeOptions) => own);
    const own: RaftNodeOptions = {
      id: nodeId(id),
      clusterId: 'virtual',
      members: this.#addresses,
      store: known,
      machine,
      limits,
      clock: this.clock,
      random: { next: () => this.#nextRandom() },
      transport: memoryTransport({ network: this.network, address: `at-${id}`, limits }),
    };
    const node = await startRaftNode(adapt(as(own)));
    const member = { id: nodeId(id), store: known, disk, node, machine };
    this.members.set(id, member);
    return member;
  }

  /** Starts a node that belongs to nobody yet: somebody has to add it, at the address of its name. */
  async join(id: string, store?: LogStore): Promise<VirtualMember> {
    const members = { [id]: `at-${id}` };
    return this.boot(id, store, (own) => ({ ...own, isJoining: true, members }));
  }

  /** Asks a member for a change of members, and lets time pass until its outcome is known there. */
  async change(id: string, asked: Partial<MembershipChange>): Promise<MembersOutcome> {
    const change = { add: {}, promote: [], remove: [], ...asked };
    return this.#answered<MembersOutcome>('an outcome of a change of members', (answer) =>
      this.member(id).node.changeMembers(change, { timeoutMs: 8_000 }, answer),
    );
  }

  member(id: string): VirtualMember {
    const member = this.members.get(id);
    if (member === undefined) throw new Error(`no member ${id}`);
    return member;
  }

  get nodes(): readonly RaftNode[] {
    return [...this.members.values()].map(({ node }) => node);
  }

  /** Lets virtual time pass, a few milliseconds at a time, settling promises in between. */
  async pass(milliseconds: number): Promise<void> {
    for (let passed = 0; passed < milliseconds; passed += STEP_MS) {
      this.clock.advance(STEP_MS);
      await settle();
    }
  }

  /** Lets time pass until `reached`, at most ten virtual seconds. */
  async until(what: string, reached: () => boolean): Promise<void> {
    for (let passed = 0; passed < 10_000; passed += STEP_MS) {
      if (reached()) return;
      await this.pass(STEP_MS);
    }
    throw new Error(`ten virtual seconds went by without ${what}`);
  }

  /** The one that leads in the newest term, once there is one. */
  async leader(): Promise<VirtualMember> {
    await this.until('a leader', () => this.#leaders().length > 0);
    const [leader] = this.#leaders();
    if (leader === undefined) throw new Error('the leader is gone again');
    return leader;
  }

  /** Hands in a command at a member and lets time pass until its outcome is known there. */
  async submit(id: string, text: string, timeoutMs = 5_000): Promise<ProposalOutcome> {
    const data = new TextEncoder().encode(text);
    return this.#answered<ProposalOutcome>(`an outcome of ${text}`, (answer) =>
      this.member(id).node.submit(data, { timeoutMs }, answer),
    );
  }

  /** `null`: what was committed before the call can be read at this member. */
  async read(id: string, timeoutMs = 5_000): Promise<RaftError | null> {
    return this.#answered<RaftError | null>('an answer to a read', (answer) =>
      this.member(id).node.awaitReadable({ timeoutMs }, answer),
    );
  }

  /** Cuts a member off from all others, in both directions; `mend` undoes it. */
  isolate(id: string): void {
    this.#eachDirection(id, (direction) => this.network.cut(direction));
  }

  mend(id: string): void {
    this.#eachDirection(id, (direction) => this.network.mend(direction));
  }

  /** Breaks every connection of a member, as the end of its process would. */
  resetLinks(id: string): void {
    for (const other of this.members.keys()) this.network.reset(`at-${id}`, `at-${other}`);
  }

  applied(id: string): readonly string[] {
    const { machine } = this.member(id);
    if (!(machine instanceof ListMachine)) throw new Error('not a list machine');
    return machine.applied;
  }

  async #answered<Answer>(
    what: string,
    ask: (answer: (given: Answer) => void) => void,
  ): Promise<Answer> {
    const answers: Answer[] = [];
    ask((given) => answers.push(given));
    await this.until(what, () => answers.length > 0);
    for (const answer of answers) return answer;
    throw new Error(`there is not ${what}`);
  }

  #leaders(): readonly VirtualMember[] {
    return [...this.members.values()]
      .filter(({ node }) => node.status().role === 'leader')
      .sort((left, right) => right.node.status().term - left.node.status().term);
  }

  #newStore(disk: VirtualMember['disk']): LogStore {
    return memoryLogStore({
      randomWord: () => {
        this.#word += 1;
        return this.#word.toString(16).padStart(16, '0');
      },
      defer: (run) => {
        if (disk.holds) disk.held.push(run);
        else this.clock.defer(run);
      },
      failure: () => disk.error,
    });
  }

  /** A plain generator: the same cluster does the same each time. */
  #nextRandom(): number {
    this.#random = (this.#random * 1_103_515_245 + 12_345) % 2 ** 31;
    return this.#random / 2 ** 31;
  }

  #eachDirection(id: string, change: (direction: { from: string; to: string }) => void): void {
    for (const other of this.members.keys()) {
      if (other === id) continue;
      change({ from: `at-${id}`, to: `at-${other}` });
      change({ from: `at-${other}`, to: `at-${id}` });
    }
  }
}

/** Lets the promises of stores and of the tests run on. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 20; turns += 1) await Promise.resolve();
}
