/**
 * The actor tree of one node, running the bound charts under the node's clock. Everything that
 * an actor emits, and every timer that fires, enters the node's step loop.
 */
import { type ActorRefFrom, createActor, type SnapshotFrom } from 'xstate';
import type { ApplierEvent } from '../../machines/applier.machine.ts';
import { bindCharts, linkId, replicationId } from '../../machines/index.ts';
import type { LinkContext, LinkEvent } from '../../machines/link.machine.ts';
import type { LogWriterEvent } from '../../machines/log-writer.machine.ts';
import type { NodeEvent } from '../../machines/node.machine.ts';
import type { RaftEvent } from '../../machines/raft.types.ts';
import type { ReplicationEvent } from '../../machines/replication.types.ts';
import { assert } from '../core/assert.ts';
import type { Effect } from '../core/effect.ts';
import type { Limits } from '../core/limits.ts';
import type { RaftState } from '../core/raft-state.ts';
import type { ReplicationState } from '../core/replication-state.ts';
import type { NodeId } from '../core/types.ts';
import type { Clock, Random } from '../ports/clock.ts';
import type { Lifecycle } from '../ports/replica.ts';
import type { NodeInstruments } from './instruments.ts';

type Charts = ReturnType<typeof bindCharts>;
export type RaftSnapshot = SnapshotFrom<Charts['raft']>;

export interface ActorsOptions {
  readonly id: NodeId;
  readonly peers: readonly NodeId[];
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: Limits;
  readonly diskStallMs: number;
  readonly emit: (effect: Effect) => void;
  readonly run: (input: () => void) => void;
  readonly failed: (error: unknown) => void;
  readonly instruments?: NodeInstruments | undefined;
}

export class Actors {
  readonly #node: ActorRefFrom<Charts['node']>;
  /** Kept past its end: what it knew last is still true of the log (OP1). */
  #raft: { getSnapshot(): unknown } | undefined;

  constructor(options: ActorsOptions) {
    const { id, peers, clock, random, limits, diskStallMs, emit, run, failed } = options;
    const { inspect, guardAsked } = options.instruments ?? {};
    const charts = bindCharts({
      random: () => random.next(),
      limits,
      outlet: emit,
      ...(guardAsked === undefined ? {} : { guardAsked }),
    });
    this.#node = createActor(charts.node, {
      id: 'node',
      input: { id, peers, diskStallMs },
      ...(inspect === undefined ? {} : { inspect }),
      clock: {
        setTimeout: (fire: () => void, delayMs: number) =>
          clock.setTimeout(() => run(fire), delayMs),
        clearTimeout: (timer: unknown) => clock.clearTimeout(timer),
      },
    });
    this.#node.subscribe({ error: failed });
  }

  start(): void {
    this.#node.start();
  }

  /** Ends every actor and timer; nothing is emitted after it. */
  stop(): void {
    this.#node.stop();
  }

  /** The same, and the node chart says that it has halted. */
  halt(error: unknown): void {
    if (this.#node.getSnapshot().status === 'active') this.tellNode({ type: 'failed', error });
    this.#node.stop();
  }

  tellNode(event: NodeEvent): void {
    this.#node.send(event);
    this.#raft ??= this.#child('raft');
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

  tellLink(peer: NodeId, event: LinkEvent): void {
    this.#child(linkId(peer))?.send(event);
  }

  /** The replication actor of a peer exists only while this node leads. */
  tellReplication(peer: NodeId, event: ReplicationEvent): void {
    this.#raftSnapshot()?.children[replicationId(peer)]?.send(event);
  }

  /** The present state of the raft chart; null before recovery and after the end. */
  get raft(): RaftState | null {
    return this.#raftSnapshot()?.context ?? null;
  }

  /** The same, or what it was when its actor ended; null before recovery. */
  get lastRaft(): RaftState | null {
    const snapshot = this.#raft?.getSnapshot() as RaftSnapshot | undefined;
    return snapshot?.context ?? null;
  }

  hasTag(tag: 'loyal' | 'leads' | 'servesReads'): boolean {
    return this.#raftSnapshot()?.hasTag(tag) ?? false;
  }

  /** In the words of the chart, whatever the driver makes of it. */
  get isLoyal(): boolean {
    return this.#raftSnapshot()?.hasTag('loyal') ?? false;
  }

  replication(peer: NodeId): ReplicationState | null {
    return this.#raftSnapshot()?.children[replicationId(peer)]?.getSnapshot().context ?? null;
  }

  link(peer: NodeId): { readonly state: string; readonly context: LinkContext } | null {
    const snapshot = this.#child(linkId(peer))?.getSnapshot() as
      | SnapshotFrom<Charts['link']>
      | undefined;
    return snapshot === undefined
      ? null
      : { state: nameOf(snapshot.value), context: snapshot.context };
  }

  /** The state of the node chart: recovering, active, stopped, halted. */
  get lifecycle(): Lifecycle {
    const { value } = this.#node.getSnapshot();
    return typeof value === 'string' ? value : value.active;
  }

  #raftSnapshot(): RaftSnapshot | undefined {
    return this.#child('raft')?.getSnapshot() as RaftSnapshot | undefined;
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
