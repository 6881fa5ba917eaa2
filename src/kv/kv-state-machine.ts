/**
 * The key-value store as a replicated state machine: commands in, results out, and reads and watches of
 * what has been applied (KV1–KV21). A function of its log alone: no clock, no randomness, no order
 * but the log's, so equal logs give equal stores however they are cut into batches (KV12).
 */

import { RaftError } from '../core/errors.ts';
import { isCounter } from '../core/types.ts';
import type { Clock } from '../ports/clock.ts';
import type { CommittedCommand, MachineSnapshot, StateMachine } from '../ports/state-machine.ts';
import { faultInRange, faultInSelector } from './commands/command-check.ts';
import {
  ACCESS_COMMAND_VERSION,
  decodeCommitted,
  isBounded,
  isKnownVersion,
  STORE_VERSION,
  storeVersionOf,
} from './commands/command-codec.ts';
import type { KvCommand, RangeOptions } from './commands/commands.ts';
import { unreadableAt } from './commands/kv-errors.ts';
import { decodeResult, encodeResult, type KvAnswer } from './commands/result-codec.ts';
import type { KvResult, RangeResult } from './commands/results.ts';
import { type Execution, execute, readRange } from './executing/executor.ts';
import { refused } from './executing/refused.ts';
import type { KeyIndexOptions } from './keys/key-index.ts';
import { boundsOf, keyText } from './keys/key-order.ts';
import type { KeyValue } from './keys/key-value.ts';
import { toKeyValue } from './keys/key-version.ts';
import {
  BATCH_RESULT_BYTES_MAX,
  EVENTS_UNTOLD_MAX,
  HISTORY_EVENTS_MAX,
  PUTS_IN_A_ROW_MAX,
  SNAPSHOT_ITEMS_MAX,
} from './limits.ts';
import { restoredStore } from './snapshots/restoring.ts';
import { stateDigest } from './snapshots/state-digest.ts';
import { StoreView } from './snapshots/store-view.ts';
import type { AccessTable } from './store/access-table.ts';
import type { Lease } from './store/lease-table.ts';
import { emptyParts, MvccStore } from './store/mvcc-store.ts';
import { Pruning } from './store/pruning.ts';
import type { RetainedHistory } from './store/retention.ts';
import type {
  HistoryPage,
  WatchHandle,
  WatchListener,
  WatchOptions,
} from './watching/watch-event.ts';
import { readHistory } from './watching/watch-history.ts';
import { type ListenerErrorHandler, WatchHub } from './watching/watch-hub.ts';

/** What those may see who ask, but change nothing. */
export type AccessView = Pick<
  AccessTable,
  'revision' | 'isOn' | 'roles' | 'callers' | 'caller' | 'rightsOf'
>;

interface KvStateMachineOptions extends KeyIndexOptions {
  /** A listener threw and has lost its watch. By default nobody is told. */
  readonly onListenerError?: ListenerErrorHandler;
  /** Gives the freeing of memory turns of its own; without it, each batch frees what it can. */
  readonly clock?: Pick<Clock, 'now' | 'yield'>;
  /** For tests: smaller than `PRUNE_STEPS_MAX`. */
  readonly pruneStepsMax?: number;
  /** Keys, or events, in a chunk of a snapshot at most. */
  readonly snapshotItemsMax?: number;
}

/** Whoever counts down how long leases last (LE6). Both must be quick and must not throw. */
interface LeaseObserver {
  /** It was granted or renewed just now. */
  readonly touched: (lease: Lease) => void;
  /** All are others: a restored store has taken the place of the one before. */
  readonly replaced: () => void;
}

export class KvStateMachine implements StateMachine {
  readonly version = STORE_VERSION;
  #store: MvccStore;
  readonly #hub: WatchHub;
  readonly #pruning: Pruning;
  readonly #options: KvStateMachineOptions;
  #leaseObserver: LeaseObserver = { touched: () => {}, replaced: () => {} };
  #isRestoring = false;
  #isApplying = false;

  constructor(options: KvStateMachineOptions = {}) {
    this.#store = new MvccStore(emptyParts(options));
    this.#hub = new WatchHub(this.#store, options.onListenerError ?? (() => {}));
    this.#options = options;
    const { clock = null, pruneStepsMax: stepsMax } = options;
    this.#pruning = new Pruning(this.#store, { clock, stepsMax });
  }

  versionOf(command: Uint8Array): number {
    return storeVersionOf(command);
  }

  /** The newest revision; 1 while the store is empty and new. */
  get revision(): number {
    return this.#store.revision;
  }

  /** The oldest revision that can be read or watched from; 0: all of them. */
  get compactedRevision(): number {
    return this.#store.compactedRevision;
  }

  /** How many keys exist. */
  get keyCount(): number {
    return this.#store.keyCount;
  }

  /** How many events are kept for reads of the past and for watches; compaction shortens it. */
  get historyLength(): number {
    return this.#store.events.end - this.#store.events.first;
  }

  /** When the store stood at which revision, in log time. */
  get revisionTimes(): RetainedHistory['revisionTimes'] & { readonly timeMs: number } {
    return this.#store.times;
  }

  /** The leases that there are, in the order in which they were granted; each may change with the next command. */
  get leases(): { readonly size: number; get(id: number): Lease | null; all(): Iterable<Lease> } {
    return this.#store.leases;
  }

  /** Who may do what; it may change with the next command. */
  get access(): AccessView {
    return this.#store.access;
  }

  /** At most one observes: how long a lease has lasted is nothing that a machine knows. */
  observeLeases(observer: LeaseObserver): void {
    this.#leaseObserver = observer;
    this.#store.leases.listen(observer.touched);
  }

  /** How many watches are active. */
  get watcherCount(): number {
    return this.#hub.size;
  }

  /**
   * One result for each command, in order, until all are applied, time is up or the results are large; `undefined` for
   * those that nobody waits for. Watchers are called before it returns. Throws, having changed nothing,
   * only for a command of a version that this program does not know: the node must halt, since replicas that
   * know it have carried it out.
   */
  apply(
    batch: readonly CommittedCommand[],
    isTimeUp: () => boolean = () => false,
  ): readonly (KvResult | undefined)[] {
    if (this.#isApplying) throw new TypeError('a watch listener must not apply commands');
    if (this.#isRestoring)
      throw new TypeError('nothing is applied to a store while it is restored');
    for (const { data } of batch) refuseUnknownVersion(data);
    this.#isApplying = true;
    try {
      const { events } = this.#store;
      const position = events.end;
      const results = this.#applySome(batch, isTimeUp);
      this.#pruning.applied(events.end - position, isTimeUp);
      return results;
    } finally {
      this.#isApplying = false;
    }
  }

  encodeResult(result: unknown): Uint8Array {
    return encodeResult(result as KvResult);
  }

  decodeResult(bytes: Uint8Array): KvAnswer {
    return decodeResult(bytes);
  }

  /** `null`: the key does not exist, or did not at that revision. Throws as `range` does. */
  get(key: Uint8Array, revision?: number): KeyValue | null {
    this.#refuseToRead(revision === undefined ? { key } : { key, revision });
    const text = keyText(key);
    const version =
      revision === undefined ? this.#store.newest(text) : this.#store.at(text, revision);
    return version === null ? null : toKeyValue(version);
  }

  /** Throws `CompactedError`, `FutureRevisionError` or `RAFT_BAD_REQUEST`. */
  range(options: RangeOptions): RangeResult {
    this.#refuseToRead(options);
    return readRange(this.#store, options);
  }

  /**
   * Every event from `from` on, first what has happened, before this returns, then each batch as it is
   * applied. The listener must be quick and must not throw; `WatchQueue` is for consumers that are slow or
   * begin far back. Throws `CompactedError` or `RAFT_BAD_REQUEST`. A restored store interrupts every watch: it is over, and
   * a new one goes on from the revision that is named, if that is still kept.
   */
  watch(
    options: WatchOptions,
    listener: WatchListener,
    interrupted: (nextRevision: number) => void = () => {},
  ): WatchHandle {
    refuseToWatch(options);
    return this.#hub.add(options, listener, interrupted);
  }

  /** One page of what a watch would replay; it goes on from `nextRevision`. Throws as `watch` does. */
  history(options: WatchOptions): HistoryPage {
    refuseToWatch(options);
    return readHistory(this.#store, {
      bounds: boundsOf(options),
      from: options.from ?? this.#store.revision + 1,
      eventsMax: HISTORY_EVENTS_MAX,
    });
  }

  /** KV26: the store as it stands. Until it is released, what compaction makes unreachable is not freed. */
  snapshot(): MachineSnapshot {
    const { snapshotItemsMax: itemsMax = SNAPSHOT_ITEMS_MAX } = this.#options;
    return new StoreView(this.#store, { itemsMax, released: () => this.#pruning.go() });
  }

  /** KV26: reads and watches see the old store until the new one is whole; then watches go on there. */
  async restore(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    if (this.#isRestoring) throw new TypeError('a store is restored once at a time');
    this.#isRestoring = true;
    try {
      const { clock = null } = this.#options;
      this.#follow(await restoredStore(chunks, { index: this.#options, clock }));
    } finally {
      this.#isRestoring = false;
    }
  }

  /** Equal for replicas that have applied the same commands. It walks the whole store: for tests. */
  stateHash(): string {
    return stateDigest(this.#store);
  }

  #follow(store: MvccStore): void {
    this.#store = store;
    this.#pruning.follow(store);
    this.#hub.follow(store);
    store.leases.listen(this.#leaseObserver.touched);
    this.#leaseObserver.replaced();
  }

  #applySome(
    batch: readonly CommittedCommand[],
    isTimeUp: () => boolean,
  ): readonly (KvResult | undefined)[] {
    const results: (KvResult | undefined)[] = [];
    const execution: Execution = { isBounded: true, wantsResult: true, resultBytes: 0 };
    let published = this.#store.events.end;
    for (const { data, timeMs, wantsResult } of batch) {
      const before = execution.resultBytes;
      execution.wantsResult = wantsResult;
      this.#store.times.note(timeMs, this.#store.revision);
      const result = this.#applyOne(data, execution);
      results.push(wantsResult ? result : undefined);
      const isQuick = result.type === 'put' && execution.resultBytes === before;
      if (isQuick && results.length % PUTS_IN_A_ROW_MAX !== 0) continue;
      if (this.#store.events.end - published >= EVENTS_UNTOLD_MAX)
        published = this.#publish(published);
      if (isTimeUp() || execution.resultBytes >= BATCH_RESULT_BYTES_MAX) break;
    }
    this.#publish(published);
    return results;
  }

  /** Tells watchers of the events from a position on; returns where to go on. */
  #publish(from: number): number {
    const { events } = this.#store;
    if (events.end > from) this.#hub.publish(events, from);
    return events.end;
  }

  #applyOne(data: Uint8Array, execution: Execution): KvResult {
    let command: KvCommand;
    try {
      command = decodeCommitted(data);
    } catch (error) {
      if (!(error instanceof RaftError)) throw error;
      return refused(this.#store, 'RAFT_BAD_REQUEST', error.message);
    }
    execution.isBounded = isBounded(data);
    return execute(this.#store, command, execution);
  }

  #refuseToRead(options: RangeOptions): void {
    const fault = faultInRange(options);
    if (fault !== null) throw new RaftError('RAFT_BAD_REQUEST', fault);
    const { revision } = options;
    const error = revision === undefined ? null : unreadableAt(revision, this.#store);
    if (error !== null) throw error;
  }
}

function refuseToWatch(options: WatchOptions): void {
  const fault = faultInSelector(options);
  if (fault !== null) throw new RaftError('RAFT_BAD_REQUEST', fault);
  if (options.from === undefined || isCounter(options.from)) return;
  throw new RaftError('RAFT_BAD_REQUEST', 'A watch begins at a revision, a whole number from 0.');
}

function refuseUnknownVersion(data: Uint8Array): void {
  const version = data[0];
  if (version === undefined || isKnownVersion(version)) return;
  const text = `The log holds a command of version ${version}; this program knows ${ACCESS_COMMAND_VERSION}. Update this node.`;
  throw new RaftError('RAFT_STATE_MACHINE_FAILED', text);
}
