/**
 * One member: the actor tree, its disk, its links and its state machine, tied together by one step loop.
 * The charts decide; this file and its neighbours turn their effects into deeds, in order.
 */
import { members, staticConfiguration } from '../core/configuration.ts';
import type { Effect, RoleChanged } from '../core/effect.ts';
import type { RaftError } from '../core/errors.ts';
import { DEFAULT_LIMITS, DISK_STALL_MS, type Limits } from '../core/limits.ts';
import { ofMember } from '../core/per-member.ts';
import type { RaftProtocol, RaftTiming } from '../core/raft-state.ts';
import { lastLog } from '../core/term-runs.ts';
import { type NodeId, TERM_ZERO } from '../core/types.ts';
import type { Clock, Random } from '../ports/clock.ts';
import type { LogStore, RecoveredLog } from '../ports/log-store.ts';
import type {
  DiskEvent,
  PeerEvent,
  ProposalOutcome,
  Replica,
  ReplicaCounters,
  ReplicaStatus,
  ReplicaTimings,
  RoleEvent,
  WaitOptions,
} from '../ports/replica.ts';
import type { StateMachine } from '../ports/state-machine.ts';
import type { ConnectionListener, PeerConnection, Transport } from '../ports/transport.ts';
import { DEFAULT_PROTOCOL, DEFAULT_TIMING } from '../rules/timing.ts';
import { Actors } from './actors.ts';
import { Applying } from './applying.ts';
import { Clients } from './calls/clients.ts';
import { Disk, type Durable } from './disk.ts';
import { asRaftError, endEach, fatesOf, once, stopped } from './endings.ts';
import type { NodeInspection, NodeInstruments } from './instruments.ts';
import { Listeners } from './listeners.ts';
import { LogTail } from './log-tail.ts';
import type { Parts } from './parts.ts';
import { PeerProblems } from './peer-problems.ts';
import { Peers } from './peers.ts';
import { perform } from './perform.ts';
import { receive } from './receive.ts';
import { recoveredState } from './recovery.ts';
import { countersOf, inspectionOf, peersIn, statusOf } from './status.ts';
import { StepLoop } from './step-loop.ts';
import { Timings } from './timings.ts';

export interface RaftNodeOptions {
  readonly id: NodeId;
  readonly clusterId: string;
  /** Every founding member with the address that its peers reach it at; this node included. */
  readonly members: Readonly<Record<string, string>>;
  /** Opened, used and closed by the node. */
  readonly store: LogStore;
  readonly transport: Transport;
  readonly machine: StateMachine;
  readonly clock: Clock;
  readonly random: Random;
  readonly timing?: Partial<RaftTiming>;
  readonly protocol?: Partial<RaftProtocol>;
  readonly limits?: Partial<Limits>;
  /** A disk write slower than this costs a leader its lead, in milliseconds. */
  readonly diskStallMs?: number;
  readonly instruments?: NodeInstruments;
}

export type { NodeInspection, NodeInstruments };

/** How long `close()` waits for what is under way, in milliseconds. */
const DRAIN_TIMEOUT_MS = 2_000;

/**
 * Starts a member on its disk: takes the address, proves the log, takes part. Rejects, having changed nothing on
 * disk, if the address is taken or the store refuses.
 */
export async function startRaftNode(options: RaftNodeOptions): Promise<RaftNode> {
  const { id, clusterId, store, transport } = options;
  const founding = staticConfiguration(Object.keys(options.members) as NodeId[]);
  const { frameBytesMax: runBytesMax } = { ...DEFAULT_LIMITS, ...options.limits };
  let node: RaftNode | null = null;
  await transport.listen((connection) =>
    node === null ? notYet(connection) : node.accept(connection),
  );
  try {
    const recovered = await store.open({ clusterId, nodeId: id, founding, runBytesMax });
    node = new RaftNode(options, recovered);
    node.start();
    return node;
  } catch (error) {
    await transport.close();
    await store.close();
    throw error;
  }
}

/** A call that comes while the log is proven; the caller tries again in a moment. */
function notYet(connection: PeerConnection): ConnectionListener {
  connection.close('local', 'this node is starting');
  return { onOpen: () => {}, onHello: () => {}, onMessage: () => {}, onClose: () => {} };
}

export class RaftNode implements Replica {
  readonly id: NodeId;
  /** For the transport: takes inbound connections. */
  readonly accept: (connection: PeerConnection) => ConnectionListener;
  readonly #options: RaftNodeOptions;
  readonly #recovered: RecoveredLog;
  readonly #parts: Parts;
  readonly #loop: StepLoop<Effect>;
  readonly #closeTransport: () => Promise<void>;
  readonly #closeStore: () => Promise<void>;
  readonly #roleListeners: Listeners<RoleEvent>;
  readonly #peerListeners: Listeners<PeerEvent>;
  readonly #diskListeners: Listeners<DiskEvent>;
  readonly #haltListeners = new Set<(error: RaftError) => void>();
  #role: RoleEvent = { role: 'follower', term: TERM_ZERO, leader: null, cause: 'started' };
  #halted: RaftError | null = null;
  #closing: Promise<void> | null = null;
  #drained: (() => void) | null = null;
  #elections = 0;
  #leaderChanges = 0;

  constructor(options: RaftNodeOptions, recovered: RecoveredLog) {
    this.id = options.id;
    this.#options = options;
    this.#recovered = recovered;
    const defer = (call: () => void): void => options.clock.defer(call);
    this.#roleListeners = new Listeners(defer);
    this.#peerListeners = new Listeners(defer);
    this.#diskListeners = new Listeners(defer);
    this.#loop = new StepLoop(
      (effect) => this.#perform(effect),
      (error) => this.#fail(error),
    );
    this.#closeTransport = once(() => options.transport.close());
    this.#closeStore = once(() => options.store.close());
    this.#parts = this.#buildParts();
    this.accept = this.#parts.peers.accept;
  }

  /** Called once, by `startRaftNode`. */
  start(): void {
    const timing = { ...DEFAULT_TIMING, ...this.#options.timing };
    const protocol = { ...DEFAULT_PROTOCOL, ...this.#options.protocol };
    const state = recoveredState(this.id, { timing, protocol }, this.#recovered);
    this.#role = { ...this.#role, term: state.term };
    this.#run(() => {
      this.#parts.actors.start();
      this.#parts.actors.tellNode({ type: 'recovered', state });
    });
  }

  submit(
    data: Uint8Array,
    options: WaitOptions,
    completed: (outcome: ProposalOutcome) => void,
  ): void {
    const refusal = this.#refusal();
    if (refusal !== null) {
      return this.#options.clock.defer(() => completed({ type: 'failed', error: refusal }));
    }
    try {
      this.#parts.clients.submit(data, options, completed);
    } catch (error) {
      this.#fail(error);
    }
  }

  awaitReadable(options: WaitOptions, completed: (error: RaftError | null) => void): void {
    const refusal = this.#refusal();
    if (refusal !== null) return this.#options.clock.defer(() => completed(refusal));
    try {
      this.#parts.clients.awaitReadable(options, completed);
    } catch (error) {
      this.#fail(error);
    }
  }

  status(): ReplicaStatus {
    return statusOf(this.#parts, this.#recovered, {
      ...this.#role,
      isHalted: this.#halted !== null,
    });
  }

  /** What it knows right now, for checkers and debuggers: the live objects, to be read and not kept. */
  inspect(): NodeInspection {
    return inspectionOf(this.#parts);
  }

  counters(): ReplicaCounters {
    return countersOf(this.#parts, {
      elections: this.#elections,
      leaderChanges: this.#leaderChanges,
    });
  }

  timings(): ReplicaTimings {
    return this.#parts.timings;
  }

  onRole(listener: (event: RoleEvent) => void): () => void {
    return this.#roleListeners.add(listener);
  }

  onPeer(listener: (event: PeerEvent) => void): () => void {
    return this.#peerListeners.add(listener);
  }

  onDisk(listener: (event: DiskEvent) => void): () => void {
    return this.#diskListeners.add(listener);
  }

  onHalt(listener: (error: RaftError) => void): () => void {
    if (this.#halted !== null) listener(this.#halted);
    else this.#haltListeners.add(listener);
    return () => this.#haltListeners.delete(listener);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { actors, clock, clients } = this.#parts;
    if (this.#halted === null) {
      let patience: unknown = null;
      await new Promise<void>((resolve) => {
        this.#drained = resolve;
        this.#run(() => {
          patience = clock.setTimeout(resolve, DRAIN_TIMEOUT_MS);
          actors.tellNode({ type: 'stop' });
        });
      });
      clock.clearTimeout(patience);
      this.#run(() => actors.tellNode({ type: 'drained' }));
    }
    actors.stop();
    this.#loop.end();
    this.#parts.applying.end();
    this.#parts.problems.stop();
    clients.failAll(stopped('safe'), stopped('outcomeUnknown'));
    await this.#closeTransport();
    await this.#closeStore();
  }

  #buildParts(): Parts {
    const { clock, machine, random, store } = this.#options;
    const limits = { ...DEFAULT_LIMITS, ...this.#options.limits };
    const { configuration, identity, hardState, log } = this.#recovered;
    const run = (input: () => void): void => this.#run(input);
    const fail = (error: unknown): void => this.#fail(error);
    const parts = (): Parts => this.#parts;
    const problems = new PeerProblems(clock, members(configuration), (event) =>
      this.#peerListeners.tell(event),
    );
    const clients = new Clients(parts, identity.boots * 2 ** 32, clock);
    const durable: Durable = { hardState, entry: lastLog(log) };
    return {
      id: this.id,
      clock,
      limits,
      store,
      run,
      fail,
      clients,
      hand: { runs: [] },
      tail: new LogTail(limits.cacheBytesMax),
      disk: new Disk(store, durable, ({ to, message }) => {
        this.#parts.peers.send(to, message, []);
      }),
      applying: new Applying({
        machine,
        clock,
        lastApplied: log.base.index,
        taker: clients,
        instruments: this.#options.instruments,
      }),
      actors: new Actors({
        id: this.id,
        peers: peersIn(this.#recovered),
        clock,
        random,
        limits,
        diskStallMs: this.#options.diskStallMs ?? DISK_STALL_MS,
        emit: (effect) => this.#take(effect),
        run,
        failed: fail,
        instruments: this.#options.instruments,
      }),
      peers: this.#buildPeers(problems),
      problems,
      timings: new Timings(clock),
      diskChanged: (event) => this.#diskListeners.tell(event),
      roleChanged: (change) => this.#roleChanged(change),
      drain: () => this.#drain(),
    };
  }

  #buildPeers(problems: PeerProblems): Peers {
    const { clock, store, transport } = this.#options;
    const { configuration, identity, peers: known } = this.#recovered;
    return new Peers({
      identity,
      known,
      clock,
      store,
      transport,
      members: members(configuration),
      addressOf: (peer) => ofMember(this.#options.members, peer) ?? null,
      run: (input) => this.#run(input),
      failed: (error) => this.#fail(error),
      problems,
      attemptOf: (peer) => this.#parts.actors.link(peer)?.context.attempt ?? 0,
      tellLink: (peer, event) => this.#parts.actors.tellLink(peer, event),
      received: (from, message, runs) => receive(this.#parts, from, message, runs),
    });
  }

  #run(input: () => void): void {
    this.#loop.run(input);
  }

  /** FS1: a halt is no effect like others: what stands before it in the line is not performed any more. */
  #take(effect: Effect): void {
    if (effect.type === 'halted') this.#fail(effect.error);
    else this.#loop.emit(effect);
  }

  #perform(effect: Effect): void {
    this.#options.instruments?.performing?.(effect.type);
    perform(this.#parts, effect);
  }

  /**
   * Whatever breaks, the node halts, in one step (FS1–FS3), and its host process lives on. Never throws.
   * Safety: the loop, the disk and the peers end first: from then on nothing is written and nothing leaves.
   */
  #fail(cause: unknown): void {
    if (this.#halted !== null) return;
    this.#loop.end();
    const error = asRaftError(cause);
    this.#halted = error;
    const { actors, applying, clients, disk, peers } = this.#parts;
    endEach([
      () => disk.end(),
      () => peers.end(),
      () => applying.end(),
      () => this.#parts.problems.stop(),
      () => this.#options.instruments?.performing?.('halted'),
      () => actors.halt(error),
      () => clients.end(...fatesOf(error)),
      () => this.#announceHalt(error),
      () => this.#drained?.(),
      () => this.#closeTransport().catch(() => {}),
      () => this.#closeStore().catch(() => {}),
    ]);
  }

  #announceHalt(error: RaftError): void {
    this.#setRole({ role: 'halted', term: this.#role.term, leader: null, cause: error.message });
    for (const listener of this.#haltListeners) this.#tell(() => listener(error));
  }

  #drain(): void {
    const { clients, clock } = this.#parts;
    if (!clients.isWaiting) return this.#drained?.();
    clock.setTimeout(() => this.#run(() => this.#drain()), 10);
  }

  #roleChanged({ role, term, leaderId, cause }: RoleChanged): void {
    if (role === 'candidate') this.#elections += 1;
    if (leaderId !== null && leaderId !== this.#role.leader) this.#leaderChanges += 1;
    const { problems, timings } = this.#parts;
    if (role !== 'leader') for (const part of [problems, timings]) part.leadLost();
    this.#setRole({ role, term, leader: leaderId, cause });
    this.#parts.clients.roleChanged();
  }

  #setRole(event: RoleEvent): void {
    const { role, term, leader } = this.#role;
    const isSame = role === event.role && term === event.term && leader === event.leader;
    this.#role = event;
    if (isSame) return;
    this.#roleListeners.tell(event);
  }

  /** A listener is a guest: what it throws is its own, and is thrown where nobody else is hurt. */
  #tell(call: () => void): void {
    this.#options.clock.defer(call);
  }

  #refusal(): RaftError | null {
    if (this.#halted !== null) return fatesOf(this.#halted)[0];
    return this.#closing === null ? null : stopped('safe');
  }
}
