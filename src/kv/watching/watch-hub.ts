/**
 * Who watches what, and the delivery of what has just been applied (KV16, KV18). Watchers of a single key
 * are found by that key, so a put costs the same whether ten or ten thousand others watch other
 * keys; watchers of ranges are asked one range at a time, and all of one range are told the same.
 */

import { lowerBound } from '../keys/key-index.ts';
import { boundsOf, type KeyBounds, type KeyText, keyText } from '../keys/key-order.ts';
import { HISTORY_EVENTS_MAX } from '../limits.ts';
import type { EventLog } from '../store/event-log.ts';
import type { MvccStore } from '../store/mvcc-store.ts';
import {
  RevisionGroups,
  toWatchEvent,
  type WatchEvent,
  type WatchHandle,
  type WatchListener,
  type WatchOptions,
  type WatchRevision,
} from './watch-event.ts';
import { readHistory } from './watch-history.ts';

/** Told of the error of a listener that threw. */
export type ListenerErrorHandler = (error: unknown) => void;

interface Watcher {
  readonly bounds: KeyBounds;
  /** `null`: it watches a range. */
  readonly key: KeyText | null;
  readonly listener: WatchListener;
  readonly interrupted: (nextRevision: number) => void;
  /** The first revision it has yet to hear of. */
  nextRevision: number;
  isActive: boolean;
}

/** What is gathered before anyone is told. */
interface News {
  /** Made once for all. */
  readonly eventAt: (position: number) => WatchEvent;
  readonly news: Map<Watcher, readonly WatchRevision[]>;
}

/** Everyone who watches the same range. */
interface WatchedRange {
  readonly bounds: KeyBounds;
  readonly watchers: Set<Watcher>;
}

export class WatchHub {
  #store: MvccStore;
  readonly #onListenerError: ListenerErrorHandler;
  readonly #byKey = new Map<KeyText, Set<Watcher>>();
  readonly #byRange = new Map<string, WatchedRange>();

  constructor(store: MvccStore, onListenerError: ListenerErrorHandler) {
    this.#store = store;
    this.#onListenerError = onListenerError;
  }

  /** How many watchers there are. */
  get size(): number {
    let size = 0;
    for (const watchers of this.#byKey.values()) size += watchers.size;
    for (const { watchers } of this.#byRange.values()) size += watchers.size;
    return size;
  }

  /** Replays what lies between `from` and now before it returns. Throws `CompactedError`. */
  add(
    options: WatchOptions,
    listener: WatchListener,
    interrupted: (nextRevision: number) => void,
  ): WatchHandle {
    const watcher: Watcher = {
      bounds: boundsOf(options),
      key: options.key === undefined ? null : keyText(options.key),
      listener,
      interrupted,
      nextRevision: options.from ?? this.#store.revision + 1,
      isActive: true,
    };
    this.#replay(watcher);
    if (watcher.isActive) this.#register(watcher);
    return {
      get isActive() {
        return watcher.isActive;
      },
      cancel: () => this.#end(watcher),
    };
  }

  /** Tells everyone concerned of the events from `position` on, which they have not been told of. */
  publish(events: EventLog, position: number): void {
    if (this.#byKey.size === 0 && this.#byRange.size === 0) return;
    const news = new Map<Watcher, readonly WatchRevision[]>();
    const made: WatchEvent[] = [];
    const eventAt = (at: number): WatchEvent => {
      const event = made[at - position] ?? toWatchEvent(events.at(at));
      made[at - position] = event;
      return event;
    };
    if (this.#byKey.size > 0) this.#gatherByKey(events, position, { eventAt, news });
    if (this.#byRange.size > 0) this.#gatherByRange(events, position, { eventAt, news });
    for (const [watcher, revisions] of news) {
      const due = revisions.filter(({ revision }) => revision >= watcher.nextRevision);
      if (due.length > 0) this.#deliver(watcher, due);
    }
  }

  /** A restored store has taken the place of the one before: of what lies between, no watcher has been told. */
  follow(store: MvccStore): void {
    const told = this.#store.revision + 1;
    this.#store = store;
    for (const watcher of this.#all()) {
      this.#end(watcher);
      watcher.interrupted(Math.max(told, watcher.nextRevision));
    }
  }

  #all(): readonly Watcher[] {
    const sets = [
      ...this.#byKey.values(),
      ...[...this.#byRange.values()].map((one) => one.watchers),
    ];
    return sets.flatMap((watchers) => [...watchers]);
  }

  #gatherByKey(events: EventLog, position: number, { eventAt, news }: News): void {
    const byKey = new Map<KeyText, RevisionGroups>();
    for (let at = position; at < events.end; at += 1) {
      const { key, modRevision } = events.at(at);
      const watchers = this.#byKey.get(key);
      if (watchers === undefined) continue;
      const groups = byKey.get(key) ?? new RevisionGroups();
      byKey.set(key, groups);
      groups.add(modRevision, eventAt(at));
      for (const watcher of watchers) news.set(watcher, groups.revisions);
    }
  }

  /** The events are sorted by key once, so that each range finds its own without looking at the others. */
  #gatherByRange(events: EventLog, position: number, { eventAt, news }: News): void {
    const byKey: number[] = [];
    for (let at = position; at < events.end; at += 1) byKey.push(at);
    byKey.sort((left, right) => compareKeys(events.at(left).key, events.at(right).key));
    const keys = byKey.map((at) => events.at(at).key);
    for (const { bounds, watchers } of this.#byRange.values()) {
      const { from, to } = bounds;
      const inside = byKey.slice(
        lowerBound(keys, from),
        to === null ? keys.length : lowerBound(keys, to),
      );
      if (inside.length === 0) continue;
      const groups = new RevisionGroups();
      for (const at of inside.sort((left, right) => left - right)) {
        groups.add(events.at(at).modRevision, eventAt(at));
      }
      for (const watcher of watchers) news.set(watcher, groups.revisions);
    }
  }

  #replay(watcher: Watcher): void {
    const { bounds } = watcher;
    do {
      const from = watcher.nextRevision;
      const page = readHistory(this.#store, { bounds, from, eventsMax: HISTORY_EVENTS_MAX });
      watcher.nextRevision = page.nextRevision;
      if (page.revisions.length > 0) this.#deliver(watcher, page.revisions);
    } while (watcher.isActive && watcher.nextRevision <= this.#store.revision);
  }

  /** A listener that throws loses its watch, and nobody else anything: the store has applied already. */
  #deliver(watcher: Watcher, revisions: readonly WatchRevision[]): void {
    if (!watcher.isActive) return;
    try {
      watcher.listener(revisions);
    } catch (error) {
      this.#end(watcher);
      this.#onListenerError(error);
    }
  }

  #register(watcher: Watcher): void {
    const { bounds, key } = watcher;
    if (key === null) {
      const range = this.#byRange.get(nameOf(bounds)) ?? { bounds, watchers: new Set() };
      this.#byRange.set(nameOf(bounds), range);
      range.watchers.add(watcher);
      return;
    }
    const others = this.#byKey.get(key);
    if (others === undefined) this.#byKey.set(key, new Set([watcher]));
    else others.add(watcher);
  }

  #end(watcher: Watcher): void {
    const { bounds, key } = watcher;
    watcher.isActive = false;
    const others =
      key === null ? this.#byRange.get(nameOf(bounds))?.watchers : this.#byKey.get(key);
    others?.delete(watcher);
    if (others?.size !== 0) return;
    if (key === null) this.#byRange.delete(nameOf(bounds));
    else this.#byKey.delete(key);
  }
}

/** Equal for equal bounds only: the length says where the first ends. */
function nameOf({ from, to }: KeyBounds): string {
  return to === null ? `all from ${from}` : `${from.length} ${from}${to}`;
}

function compareKeys(left: KeyText, right: KeyText): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
