/**
 * One member of a test cluster through one life: the production node, on a disk and a network that the test
 * controls. Nothing is done here that the node could do itself: what it is told, it is told by its ports.
 */
import type { AnyActorRef, InspectionEvent } from 'xstate';
import { assert } from '../../core/assert.ts';
import type { Effect, Role } from '../../core/effect.ts';
import type { RaftError } from '../../core/errors.ts';
import { DEFAULT_LIMITS, type Limits } from '../../core/limits.ts';
import type { RaftProtocol, RaftState, RaftTiming } from '../../core/raft-state.ts';
import type { ReplicationState } from '../../core/replication-state.ts';
import { termAt } from '../../core/term-runs.ts';
import type { Index, NodeId } from '../../core/types.ts';
import { type RaftNode, startRaftNode } from '../../node/raft-node.ts';
import type { CommittedCommand, StateMachine } from '../../ports/state-machine.ts';
import type { Transport } from '../../ports/transport.ts';
import { Invariants } from '../simulation/checks/invariants.ts';
import { SimulatedProcess } from '../simulation/runtime/process.ts';
import type { VirtualClock } from '../virtual-clock.ts';
import { NO_OP, type StoredEntry } from './entries.ts';
import { CLUSTER_ID } from './founding.ts';
import type { HeldDisk } from './held-disk.ts';
import { pathOf } from './path-of.ts';
import type { Watch } from './watch.ts';

interface MemberOptions {
  readonly id: NodeId;
  /** Of everyone; each is reached under its name. */
  readonly ids: readonly NodeId[];
  readonly clock: VirtualClock;
  readonly disk: HeldDisk;
  readonly transport: Transport;
  readonly random: () => number;
  readonly watch: Watch;
  readonly timing?: RaftTiming;
  readonly protocol?: Partial<RaftProtocol>;
  readonly limits?: Partial<Limits>;
  readonly diskStallMs?: number;
  /** Hears the name of each effect just before it is performed. */
  readonly heard?: (effect: Effect['type'], member: Member) => void;
  /** Hears what XState reports of the charts. */
  readonly inspected?: (reported: unknown) => void;
  readonly applied?: (command: CommittedCommand) => void;
  readonly halted?: (error: RaftError) => void;
}

/** Callers of these tests have all the time there is. */
const FOREVER = { timeoutMs: 1e9 };

/** One life of one production node; what it holds can be looked at, and changes only through its cluster. */
export class Member {
  readonly id: NodeId;
  readonly disk: HeldDisk;
  /** What broke it, if anything did. */
  error: RaftError | null = null;
  readonly #options: MemberOptions;
  readonly #process: SimulatedProcess;
  readonly #invariants: Invariants;
  /** The commands that its state machine was given, by index. */
  readonly #commands = new Map<number, StoredEntry>();
  #raft: AnyActorRef | null = null;
  #node: RaftNode | null = null;

  constructor(options: MemberOptions) {
    const { id, clock, disk, watch } = options;
    this.#options = options;
    this.id = id;
    this.disk = disk;
    this.#invariants = new Invariants({ id, durable: disk.durable }, watch);
    this.#process = new SimulatedProcess({
      name: id,
      clock,
      threw: (error) => watch.report('S37', `${id}: an exception escaped: ${String(error)}`),
    });
  }

  async start(): Promise<void> {
    const { id, ids, disk, diskStallMs, heard, limits, protocol, random, timing, transport } =
      this.#options;
    this.#node = await startRaftNode({
      id,
      clusterId: CLUSTER_ID,
      members: Object.fromEntries(ids.map((each) => [each, each])),
      store: disk.store(),
      transport,
      machine: this.#machine(),
      clock: this.#process.clock,
      random: { next: random },
      limits: { ...DEFAULT_LIMITS, ...limits },
      ...(timing === undefined ? {} : { timing }),
      ...(protocol === undefined ? {} : { protocol }),
      ...(diskStallMs === undefined ? {} : { diskStallMs }),
      instruments: {
        inspect: (reported) => this.#inspect(reported),
        performing: (effect) => heard?.(effect, this),
      },
    });
    this.#node.onHalt((error) => {
      this.error = error;
      this.#options.halted?.(error);
    });
  }

  get node(): RaftNode {
    assert(this.#node !== null, `${this.id} has started`);
    return this.#node;
  }

  get state(): RaftState {
    const raft = this.#node?.inspection().raft ?? null;
    assert(raft !== null, `${this.id} is up`);
    return raft;
  }

  get role(): Role | 'halted' {
    return this.node.status().role;
  }

  /** The chart's state as a path, such as `follower.loyal`. */
  get path(): string {
    return pathOf(this.#raft?.getSnapshot().value);
  }

  get servesReads(): boolean {
    return this.#raft?.getSnapshot().hasTag('servesReads') ?? false;
  }

  get leads(): boolean {
    return this.#node?.inspection().leads ?? false;
  }

  /** The log on its disk, with the write that is under way. */
  get entries(): readonly StoredEntry[] {
    return this.disk.entriesBegun;
  }

  get lastApplied(): number {
    return this.#node?.inspection().lastApplied ?? 0;
  }

  /** What it has applied, in order. */
  get applied(): readonly StoredEntry[] {
    return Array.from({ length: this.lastApplied }, (_, offset) => this.#appliedAt(offset + 1));
  }

  replication(peer: NodeId): ReplicationState | null {
    return this.node.inspection().replication(peer);
  }

  /** Clients hand in these commands at once. */
  propose(...data: readonly string[]): void {
    for (const text of data) this.node.submit(new TextEncoder().encode(text), FOREVER, () => {});
    this.#options.clock.runDeferred();
  }

  /** A client asks for a read; `served` hears when it may see what is applied here. */
  read(served: () => void): void {
    this.node.awaitReadable(FOREVER, (error) => {
      if (error === null) served();
    });
    this.#options.clock.runDeferred();
  }

  /** The write under way is done. */
  completeWrite(): void {
    this.disk.complete();
    this.#options.clock.runDeferred();
  }

  check(): void {
    if (this.#node !== null) this.#invariants.check(this.#node.inspection());
  }

  /** The process ends, without a last word. */
  kill(): void {
    this.#process.kill();
  }

  #inspect(reported: unknown): void {
    const { type, actorRef } = reported as InspectionEvent;
    if (type === '@xstate.actor' && (actorRef as AnyActorRef).id === 'raft')
      this.#raft = actorRef as AnyActorRef;
    this.#options.inspected?.(reported);
  }

  #machine(): StateMachine {
    return {
      apply: (batch) =>
        batch.map((command) => {
          const data = new TextDecoder().decode(command.data);
          this.#commands.set(command.index, { term: command.term, data });
          this.#options.applied?.(command);
          this.#options.watch.history.noteApplied(this.id, command, command.index);
          return command.index;
        }),
    };
  }

  #appliedAt(at: number): StoredEntry {
    const known = this.#commands.get(at);
    if (known !== undefined) return known;
    const term = termAt(this.state.log, at as Index);
    assert(term !== null, `${this.id} has applied what it holds`);
    return { term, data: NO_OP };
  }
}
