/**
 * The store itself: every key with its history, the global revision, the events in order, and compaction
 * (KV2, KV3, KV13–KV15). It knows nothing of commands or bytes: `executor.ts` calls it, one transaction
 * at a time, and ends each with `commit`.
 *
 * Compaction is a number: reads below it are refused at once. Freeing the memory is `prune`, in
 * steps of bounded work, so that no compaction stalls the node. A pinned view of a revision, for
 * snapshots, needs only to hold `prune` back: nothing else ever removes a version.
 */
import { assert } from '../../core/assert.ts';
import { KeyIndex, type KeyIndexOptions } from '../keys/key-index.ts';
import { ALL_KEYS, type KeyBounds, type KeyText } from '../keys/key-order.ts';
import {
  addVersion,
  isLive,
  type KeyHistory,
  type LiveVersion,
  StoredVersion,
  trimHistory,
  versionAt,
} from '../keys/key-version.ts';
import { ValueArena } from '../keys/value-arena.ts';
import { AccessTable } from './access-table.ts';
import { EventLog } from './event-log.ts';
import { LeaseTable } from './lease-table.ts';
import type { ReadBudget } from './read-budget.ts';
import { RevisionTimes } from './revision-times.ts';

/** As in etcd: an empty store is at 1 and its first write is 2, so that 0 always means "none". */
export const FIRST_REVISION = 1;

/** What a store is made of, as `store-restore.ts` has put it together. */
interface StoreParts {
  readonly index: KeyIndex;
  readonly events: EventLog;
  readonly values: ValueArena;
  readonly times: RevisionTimes;
  readonly leases: LeaseTable;
  readonly access: AccessTable;
  readonly revision: number;
  readonly compactedRevision: number;
  readonly untrimmed: number;
}

/** A part of the foundation. */
interface FoundationPage {
  readonly versions: readonly LiveVersion[];
  /** The first key that was not looked at; `null`: there are no more. */
  readonly next: KeyText | null;
}

interface ReadOptions {
  /** `null`: all of them. */
  readonly limit: number | null;
  /** `null`: as the store stands. */
  readonly revision: number | null;
  readonly countOnly: boolean;
  readonly keysOnly: boolean;
  readonly budget: ReadBudget;
}

interface ReadAnswer {
  readonly versions: readonly LiveVersion[];
  readonly count: number;
  /** False: the budget ended the count of a read of the past; there may be more. */
  readonly isCounted: boolean;
}

export class MvccStore {
  /** No other store has it; whoever wants to know later whether it is still this one need not keep the store. */
  readonly identity: symbol = Symbol('store');
  readonly #index: KeyIndex;
  readonly #events: EventLog;
  readonly #values: ValueArena;
  readonly #times: RevisionTimes;
  readonly #leases: LeaseTable;
  readonly #access: AccessTable;
  /** The revisions through which views still look; what compaction made unreachable of them stays. */
  readonly #holds = new Set<{ readonly revision: number }>();
  #revision: number;
  #compactedRevision: number;
  /** True if the transaction under way has changed something, and so takes a revision. */
  #isChanged = false;
  /** Position of the first event whose key has not been trimmed for the present compaction. */
  #untrimmed: number;

  constructor(parts: StoreParts = emptyParts()) {
    this.#index = parts.index;
    this.#events = parts.events;
    this.#values = parts.values;
    this.#times = parts.times;
    this.#leases = parts.leases;
    this.#access = parts.access;
    this.#revision = parts.revision;
    this.#compactedRevision = parts.compactedRevision;
    this.#untrimmed = parts.untrimmed;
  }

  /** The newest revision; within a transaction that has changed something, the one it will take. */
  get revision(): number {
    return this.#isChanged ? this.#revision + 1 : this.#revision;
  }

  /** Reads and watches reach back to here; 0 before the first compaction. */
  get compactedRevision(): number {
    return this.#compactedRevision;
  }

  /** How many keys exist. */
  get keyCount(): number {
    return this.#index.live;
  }

  /** What happened, in order; the part below `compactedRevision` may be gone. */
  get events(): EventLog {
    return this.#events;
  }

  /** When the store stood at which revision. */
  get times(): RevisionTimes {
    return this.#times;
  }

  /** The leases, and which keys are bound to each. */
  get leases(): LeaseTable {
    return this.#leases;
  }

  /** Who may do what. */
  get access(): AccessTable {
    return this.#access;
  }

  /** How many versions of the key are kept, deletions included. */
  versionCount(key: KeyText): number {
    const history = this.#index.find(key);
    return history === null ? 0 : 1 + (history.older?.length ?? 0);
  }

  newest(key: KeyText): LiveVersion | null {
    const version = this.#index.find(key)?.newest ?? null;
    return isLive(version) ? version : null;
  }

  /** The revision must not lie below the compacted one. */
  at(key: KeyText, revision: number): LiveVersion | null {
    const history = this.#index.find(key);
    const version = history === null ? null : versionAt(history, revision);
    return isLive(version) ? version : null;
  }

  /**
   * Keeps a copy of `value`, and binds the key to that lease alone; 0: to none. Returns what the key held before; `null`: it
   * did not exist.
   */
  put(key: KeyText, value: Uint8Array, lease = 0): LiveVersion | null {
    this.#isChanged = true;
    const modRevision = this.revision;
    const history = this.#index.find(key);
    const previous = history === null || !isLive(history.newest) ? null : history.newest;
    const createRevision = previous === null ? modRevision : previous.createRevision;
    const version = previous === null ? 1 : previous.version + 1;
    const place = this.#values.keep(value);
    const stored = new StoredVersion({ key, createRevision, modRevision, version, lease }, place);
    this.#events.append(stored);
    if (previous !== null) this.#leases.unbind(key, previous.lease);
    this.#leases.bind(key, lease);
    if (history === null) {
      this.#index.add({ key, newest: stored, older: null });
      return null;
    }
    assert(history.newest.modRevision < modRevision, 'KV8: one revision has one event of a key');
    if (previous === null) this.#index.liveChanges(key, 1);
    addVersion(history, stored);
    return previous;
  }

  /** Returns what the key held before; `null`: it did not exist, and nothing was changed. */
  delete(key: KeyText): LiveVersion | null {
    const history = this.#index.find(key);
    if (history === null || !isLive(history.newest)) return null;
    this.#index.liveChanges(key, -1);
    return this.#endLife(history);
  }

  /** Ends a transaction. Returns the store's revision, one more than before if something was changed. */
  commit(): number {
    this.#revision = this.revision;
    this.#isChanged = false;
    return this.#revision;
  }

  /** Deletes all keys within the bounds; returns what they held before, in key order. */
  deleteAll(bounds: KeyBounds): readonly LiveVersion[] {
    const deleted: LiveVersion[] = [];
    this.#index.retire(bounds, (history) => {
      const previous = this.#endLife(history);
      if (previous !== null) deleted.push(previous);
      return previous !== null;
    });
    return deleted;
  }

  /** Calls `visit` for each key within the bounds that exists, in order, until it returns false. */
  visitLive(bounds: KeyBounds, visit: (version: StoredVersion & LiveVersion) => boolean): void {
    this.#index.visit(bounds, { liveOnly: true }, ({ newest }) => !isLive(newest) || visit(newest));
  }

  /** In key order. The revision asked for must not lie below the compacted one. */
  read(bounds: KeyBounds, options: ReadOptions): ReadAnswer {
    const { revision } = options;
    return revision === null
      ? this.#readNewest(bounds, options)
      : this.#readPast(bounds, revision, options);
  }

  /** From now on the store answers for `revision` and above only. */
  compact(revision: number): void {
    assert(
      this.#compactedRevision < revision && revision <= this.#revision,
      'KV14: compaction goes forward, through what has happened',
    );
    this.#compactedRevision = revision;
    this.#times.compacted(revision);
  }

  /** Whether `prune` has something to do: the oldest event kept is one that nobody can ask for. */
  get hasToPrune(): boolean {
    return this.#isDroppable(this.#events.first) || this.#isTrimmable(this.#untrimmed);
  }

  /** Frees memory that compaction made unreachable, in at most `stepsMax` steps of constant work. False: no more. */
  prune(stepsMax: number): boolean {
    for (let left = stepsMax; left > 0; left -= 1) {
      if (!this.#dropEvent() && !this.#trimKey()) return false;
    }
    return true;
  }

  /** Keeps `prune` from what can be read at this revision or above. Returns how to let go. */
  hold(revision: number): () => void {
    const hold = { revision };
    this.#holds.add(hold);
    return () => this.#holds.delete(hold);
  }

  /**
   * What existed at the compacted revision and was written before it, in key order. Together with the events
   * from the compacted revision on, it is all that can ever be read: the content of a snapshot.
   */
  foundation(visit: (version: LiveVersion) => void): void {
    const page = this.foundationPage(
      this.#compactedRevision,
      ALL_KEYS.from,
      Number.POSITIVE_INFINITY,
    );
    for (const version of page.versions) visit(version);
  }

  /** A part of it, from a key on, at a revision that was compacted and is held: `looksMax` keys at most. */
  foundationPage(revision: number, from: KeyText, looksMax: number): FoundationPage {
    const versions: LiveVersion[] = [];
    let looks = 0;
    let next: KeyText | null = null;
    this.#index.visit({ from, to: null }, { liveOnly: false }, (history) => {
      looks += 1;
      if (looks > looksMax) {
        next = history.key;
        return false;
      }
      const version = versionAt(history, revision);
      if (isLive(version) && version.modRevision < revision) versions.push(version);
      return true;
    });
    return { versions, next };
  }

  /** Returns what the key held before; `null`: it did not exist. The index is yet to be told. */
  #endLife(history: KeyHistory): LiveVersion | null {
    const { key, newest } = history;
    if (!isLive(newest)) return null;
    this.#isChanged = true;
    const modRevision = this.revision;
    assert(newest.modRevision < modRevision, 'KV8: one revision has one event of a key');
    const none = { key, createRevision: 0, modRevision, version: 0, lease: 0 };
    const deletion = new StoredVersion(none, null);
    this.#events.append(deletion);
    this.#leases.unbind(key, newest.lease);
    addVersion(history, deletion);
    return newest;
  }

  #readNewest(bounds: KeyBounds, { limit, countOnly, keysOnly, budget }: ReadOptions): ReadAnswer {
    const count = this.#index.count(bounds);
    const most = countOnly ? 0 : Math.min(limit ?? count, count);
    const versions: LiveVersion[] = [];
    if (most === 0) return { versions, count, isCounted: true };
    this.visitLive(bounds, (version) => {
      if (!budget.take(bytesOf(version, keysOnly))) return false;
      versions.push(version);
      return versions.length < most;
    });
    return { versions, count, isCounted: true };
  }

  #readPast(
    bounds: KeyBounds,
    revision: number,
    { limit, countOnly, keysOnly, budget }: ReadOptions,
  ): ReadAnswer {
    const versions: LiveVersion[] = [];
    let left = countOnly ? 0 : (limit ?? Number.POSITIVE_INFINITY);
    let count = 0;
    let isCounted = true;
    this.#index.visit(bounds, { liveOnly: false }, (history) => {
      if (this.#isUnreachable(history)) return true;
      isCounted = budget.look(left === 0);
      if (!isCounted) return false;
      const version = versionAt(history, revision);
      if (!isLive(version)) return true;
      count += 1;
      if (left === 0) return true;
      const isTaken = budget.take(bytesOf(version, keysOnly));
      if (isTaken) versions.push(version);
      left = isTaken ? left - 1 : 0;
      return true;
    });
    return { versions, count, isCounted };
  }

  /** Compaction has dropped all of it, freed or not: replicas that have not freed it must not count it either. */
  #isUnreachable({ newest }: KeyHistory): boolean {
    return !isLive(newest) && newest.modRevision <= this.#compactedRevision;
  }

  /** False if there is none to drop. */
  #dropEvent(): boolean {
    const { first } = this.#events;
    if (first >= this.#untrimmed || !this.#isDroppable(first)) return false;
    this.#events.dropFirst();
    return true;
  }

  /** Visits the key of one more event: any key with something to drop has an event there. */
  #trimKey(): boolean {
    if (!this.#isTrimmable(this.#untrimmed)) return false;
    const { key } = this.#events.at(this.#untrimmed);
    this.#untrimmed += 1;
    const history = this.#index.find(key);
    if (history !== null && trimHistory(history, this.#prunedRevision)) this.#index.remove(key);
    return true;
  }

  /** Events at the compacted revision itself stay: a watch may begin there. */
  #isDroppable(position: number): boolean {
    const { events } = this;
    return position < events.end && events.at(position).modRevision < this.#prunedRevision;
  }

  #isTrimmable(position: number): boolean {
    const { events } = this;
    return position < events.end && events.at(position).modRevision <= this.#prunedRevision;
  }

  /** What lies below it may be freed. */
  get #prunedRevision(): number {
    let revision = this.#compactedRevision;
    for (const hold of this.#holds) revision = Math.min(revision, hold.revision);
    return revision;
  }
}

export function emptyParts(options?: KeyIndexOptions): StoreParts {
  return {
    index: new KeyIndex(options),
    events: new EventLog(),
    values: new ValueArena(),
    times: new RevisionTimes(),
    leases: new LeaseTable(),
    access: new AccessTable(),
    revision: FIRST_REVISION,
    compactedRevision: 0,
    untrimmed: 0,
  };
}

function bytesOf({ key, valueBytes }: StoredVersion, keysOnly: boolean): number {
  return keysOnly ? key.length : key.length + valueBytes;
}
