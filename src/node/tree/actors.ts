/**
 * The actor tree of one node, running the bound charts under the node's clock. Everything that
 * an actor emits, and every timer that fires, enters the node's step loop.
 */
import { type ActorRefFrom, type AnyActorRef, createActor, type SnapshotFrom } from 'xstate';
import type { ApplierEvent } from '../../../machines/applier.machine.ts';
import { roleOf } from '../../../machines/bindings/raft.ts';
import type { CallEvent } from '../../../machines/call.machine.ts';
import type { ForwardingEvent, ForwardingTag } from '../../../machines/forwarding.machine.ts';
import { bindCharts, callId, linkId, replicationId } from '../../../machines/index.ts';
import type { LinkContext, LinkEvent } from '../../../machines/link.machine.ts';
import type { LogWriterEvent } from '../../../machines/log-writer.machine.ts';
import type { MembershipEvent, MembershipTag } from '../../../machines/membership.machine.ts';
import type { NodeEvent } from '../../../machines/node.machine.ts';
import type { RaftEvent, RaftTag } from '../../../machines/raft.types.ts';
import type { ReadIndexEvent, ReadIndexTag } from '../../../machines/read-index.machine.ts';
import type { ReplicationEvent } from '../../../machines/replication.types.ts';
import type { SnapshotReceiverEvent } from '../../../machines/snapshot-receiver.machine.ts';
import type { SnapshotterEvent } from '../../../machines/snapshotter.machine.ts';
import { assert } from '../../core/assert.ts';
import type { Effect, Role } from '../../core/effect.ts';
import { asRaftError, type RaftError } from '../../core/errors.ts';
import type { Lifecycle } from '../../core/lifecycle.ts';
import type { Limits } from '../../core/limits.ts';
import type { RaftState } from '../../core/raft-state.ts';
import type { ReplicationState } from '../../core/replication-state.ts';
import type { SnapshotThresholds } from '../../core/snapshot-thresholds.ts';
import type { NodeId, Term } from '../../core/types.ts';
import type { Clock, Random } from '../../ports/clock.ts';
import { type Lease, leaseMs } from '../../rules/timing.ts';
import type { NodeInstruments } from '../instruments.ts';
import type { End } from './endings.ts';
import { placeOf } from './place-of.ts';

const NO_LEASE = { leaseFromMs: null, leases: null };

type Charts = ReturnType<typeof bindCharts>;
type RaftSnapshot = SnapshotFrom<Charts['raft']>;

export interface ActorsOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: Limits;
  readonly diskStallMs: number;
  readonly snapshotThresholds: SnapshotThresholds;
  readonly emit: (effect: Effect) => void;
  readonly recover: (tell: (news: NodeEvent) => void) => void;
  readonly failed: (error: unknown) => void;
  /** Every actor has ended. */
  readonly stopped: () => void;
  readonly instruments?: NodeInstruments | undefined;
}

export class Actors {
  readonly #node: ActorRefFrom<Charts['node']>;
  /** Kept past its end: what it knew last is still true of the log (OP1). */
  #raft: { getSnapshot(): unknown } | undefined;

  constructor(options: ActorsOptions) {
    const { clock, random, limits, emit, recover, failed, stopped } = options;
    const { diskStallMs, snapshotThresholds } = options;
    const { inspect, guardAsked } = options.instruments ?? {};
    const charts = bindCharts({
      random: () => random.next(),
      limits,
      outlet: emit,
      recover: (tell) =>
        recover((news) => {
          tell(news);
          this.#raft ??= this.#child('raft');
        }),
      ...(guardAsked === undefined ? {} : { guardAsked }),
    });
    this.#node = createActor(charts.node, {
      id: 'node',
      systemId: 'node',
      input: { diskStallMs, snapshotThresholds },
      ...(inspect === undefined ? {} : { inspect }),
      clock,
    });
    this.#node.subscribe({ error: failed, complete: stopped });
  }

  /** From which all others are reached, for whoever watches them. */
  get root(): AnyActorRef {
    return this.#node;
  }

  start(): void {
    this.#node.start();
  }

  /** Ends every actor and timer; nothing is emitted after it. A node that breaks has heard why. */
  end({ error }: Pick<End, 'error'>): void {
    const isActive = this.#node.getSnapshot().status === 'active';
    if (isActive && error !== null) this.tellNode({ type: 'failed', error });
    this.#node.stop();
  }

  /** A node that has ended hears nothing more: who waited for a transfer is told of the end itself. */
  tellNode(event: NodeEvent): void {
    if (this.#node.getSnapshot().status === 'active') this.#node.send(event);
  }

  tellRaft(event: RaftEvent): void {
    this.#child('raft')?.send(event);
  }

  tellLogWriter(event: LogWriterEvent): void {
    this.#child('logWriter')?.send(event);
  }

  tellApplier(event: ApplierEvent): void {
    this.#child('applier')?.send(event);
  }

  tellSnapshotter(event: SnapshotterEvent): void {
    this.#child('snapshotter')?.send(event);
  }

  tellSnapshotReceiver(event: SnapshotReceiverEvent): void {
    this.#child('snapshotReceiver')?.send(event);
  }

  tellReadIndex(event: ReadIndexEvent): void {
    this.#child('readIndex')?.send(event);
  }

  tellForwarding(event: ForwardingEvent): void {
    this.#child('forwarding')?.send(event);
  }

  tellMembership(event: MembershipEvent): void {
    this.#child('membership')?.send(event);
  }

  tellLink(peer: NodeId, event: LinkEvent): void {
    this.#child(linkId(peer))?.send(event);
  }

  /** The actor of a call exists until the call was admitted or has ended. */
  tellCall(call: number, event: CallEvent): void {
    this.#child(callId(call))?.send(event);
  }

  /** The replication actor of a peer exists only while this node leads. */
  tellReplication(peer: NodeId, event: ReplicationEvent): void {
    this.raftSnapshot?.children[replicationId(peer)]?.send(event);
  }

  /** The present state of the raft chart; null before recovery and after the end. */
  get raft(): RaftState | null {
    return this.raftSnapshot?.context ?? null;
  }

  /** Where the raft chart stands, regions left out: `follower.loyal`, `leader`. */
  get raftState(): string | null {
    const snapshot = this.raftSnapshot;
    if (snapshot === undefined) return null;
    const { value } = snapshot;
    const [state] = typeof value === 'object' ? Object.values(value) : [];
    return typeof state === 'string' ? `${roleOf(snapshot)}.${state}` : roleOf(snapshot);
  }

  /** The same, or what it was when its actor ended; null before recovery. */
  get lastRaft(): RaftState | null {
    const snapshot = this.#raft?.getSnapshot() as RaftSnapshot | undefined;
    return snapshot?.context ?? null;
  }

  /** The same in that term, in which another member passes on what is for its leader. */
  hasTagIn(term: Term, tag: RaftTag): boolean {
    return this.hasTag(tag) && this.raft?.term === term;
  }

  hasTag(tag: RaftTag): boolean {
    return this.raftSnapshot?.hasTag(tag) ?? false;
  }

  /** The present state of the read-index chart, as its tag says. */
  readIndexHas(tag: ReadIndexTag): boolean {
    return this.#snapshot('readIndex')?.hasTag(tag) ?? false;
  }

  /** RD6: that of this lead, which may be over by now; `null`: there is none. */
  get lease(): Lease | null {
    const { leaseFromMs: fromMs, leases } = this.#snapshot('readIndex')?.context ?? NO_LEASE;
    if (fromMs === null || leases === null || !this.readIndexHas('holdsLease')) return null;
    return { fromMs, leaseMs: leaseMs(leases) };
  }

  /** The present state of the forwarding chart, as its tags say. */
  forwardingHas(tag: ForwardingTag): boolean {
    return this.#snapshot('forwarding')?.hasTag(tag) ?? false;
  }

  /** The present state of the membership chart, as its tag says. */
  membershipHas(tag: MembershipTag): boolean {
    return this.#snapshot('membership')?.hasTag(tag) ?? false;
  }

  replication(peer: NodeId): ReplicationState | null {
    return this.raftSnapshot?.children[replicationId(peer)]?.getSnapshot().context ?? null;
  }

  /** Where the replication to a peer stands: `replicate.caughtUp`; `null` unless this node leads. */
  replicationState(peer: NodeId): string | null {
    const snapshot = this.raftSnapshot?.children[replicationId(peer)]?.getSnapshot();
    return snapshot === undefined ? null : placeOf(snapshot);
  }

  link(peer: NodeId): { readonly state: string; readonly context: LinkContext } | null {
    const snapshot = this.#child(linkId(peer))?.getSnapshot() as
      | SnapshotFrom<Charts['link']>
      | undefined;
    return snapshot === undefined
      ? null
      : { state: nameOf(snapshot.value), context: snapshot.context };
  }

  /** The role that the raft chart is in, or was when it ended. */
  get role(): Exclude<Role, 'halted'> {
    const snapshot = this.#raft?.getSnapshot() as RaftSnapshot | undefined;
    return snapshot === undefined ? 'follower' : roleOf(snapshot);
  }

  /** A disk write takes too long. */
  get isDiskStalled(): boolean {
    return this.#snapshot('logWriter')?.matches({ writing: 'stalled' }) ?? false;
  }

  /** The state of the node chart. A bug in that chart itself halts the node as any other does. */
  get lifecycle(): Lifecycle {
    const { status, value } = this.#node.getSnapshot();
    if (status === 'error') return 'halted';
    return typeof value === 'string' ? value : value.active;
  }

  /** Why the node has halted; `null` while it has not. */
  get error(): RaftError | null {
    const { context, error, status } = this.#node.getSnapshot();
    return status === 'error' ? asRaftError(error) : context.error;
  }

  /** Of the raft actor, while it runs. */
  get raftSnapshot(): RaftSnapshot | undefined {
    return this.#snapshot('raft');
  }

  #snapshot<Name extends 'forwarding' | 'logWriter' | 'membership' | 'raft' | 'readIndex'>(
    name: Name,
  ): SnapshotFrom<Charts[Name]> | undefined {
    return this.#child(name)?.getSnapshot() as SnapshotFrom<Charts[Name]> | undefined;
  }

  #child(name: string): { send(event: object): void; getSnapshot(): unknown } | undefined {
    const children: Record<string, unknown> = this.#node.getSnapshot().children;
    const child = children[name];
    assert(child === undefined || typeof child === 'object', 'SC1: a child is an actor');
    return child as { send(event: object): void; getSnapshot(): unknown } | undefined;
  }
}

/** The innermost state: `open` for `{ listener: 'open' }`. */
function nameOf(value: string | object): string {
  return typeof value === 'string' ? value : nameOf(Object.values(value)[0] ?? '');
}

/** The state of the raft chart, for those who are asked only while it runs. */
export function raftOf({ raft }: Pick<Actors, 'raft'>): RaftState {
  if (raft === null) throw new Error('the raft actor is not running');
  return raft;
}
