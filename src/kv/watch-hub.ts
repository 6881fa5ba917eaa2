/**
 * Who watches what, and the delivery of what has just been applied (KV16, KV18). Watchers of a single key
 * are found by that key, so a put costs the same whether ten or ten thousand others watch other
 * keys; watchers of ranges are few and are asked one by one.
 */
import type { EventLog } from './event-log.ts';
import { boundsOf, isInside, type KeyBounds, type KeyText, keyText } from './key-order.ts';
import type { KeyVersion } from './key-version.ts';
import type { MvccStore } from './mvcc-store.ts';
import {
  RevisionGroups,
  toWatchEvent,
  type WatchEvent,
  type WatchHandle,
  type WatchListener,
  type WatchOptions,
  type WatchRevision,
} from './watch-event.ts';
import { HISTORY_EVENTS_MAX, readHistory } from './watch-history.ts';

/** Told of the error of a listener that threw. */
export type ListenerErrorHandler = (error: unknown) => void;

interface Watcher {
  readonly bounds: KeyBounds;
  /** `null`: it watches a range. */
  readonly key: KeyText | null;
  readonly listener: WatchListener;
  /** The first revision it has yet to hear of. */
  nextRevision: number;
  isActive: boolean;
}

export class WatchHub {
  readonly #store: MvccStore;
  readonly #onListenerError: ListenerErrorHandler;
  readonly #byKey = new Map<KeyText, Set<Watcher>>();
  readonly #ofRanges = new Set<Watcher>();

  constructor(store: MvccStore, onListenerError: ListenerErrorHandler) {
    this.#store = store;
    this.#onListenerError = onListenerError;
  }

  /** How many watchers there are. */
  get size(): number {
    let ofKeys = 0;
    for (const watchers of this.#byKey.values()) ofKeys += watchers.size;
    return ofKeys + this.#ofRanges.size;
  }

  /** Replays what lies between `from` and now before it returns. Throws `CompactedError`. */
  add(options: WatchOptions, listener: WatchListener): WatchHandle {
    const watcher: Watcher = {
      bounds: boundsOf(options),
      key: options.key === undefined ? null : keyText(options.key),
      listener,
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
    if (this.#byKey.size === 0 && this.#ofRanges.size === 0) return;
    const news = new Map<Watcher, RevisionGroups>();
    for (let at = position; at < events.end; at += 1) this.#gather(events.at(at), news);
    for (const [watcher, groups] of news) this.#deliver(watcher, groups.revisions);
  }

  #gather(version: KeyVersion, news: Map<Watcher, RevisionGroups>): void {
    const { key, modRevision } = version;
    let event: WatchEvent | null = null;
    const tell = (watcher: Watcher): void => {
      if (modRevision < watcher.nextRevision) return;
      event ??= toWatchEvent(version);
      const groups = news.get(watcher) ?? new RevisionGroups();
      groups.add(modRevision, event);
      news.set(watcher, groups);
    };
    for (const watcher of this.#byKey.get(key) ?? []) tell(watcher);
    for (const watcher of this.#ofRanges) if (isInside(key, watcher.bounds)) tell(watcher);
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
    const { key } = watcher;
    if (key === null) {
      this.#ofRanges.add(watcher);
      return;
    }
    const others = this.#byKey.get(key);
    if (others === undefined) this.#byKey.set(key, new Set([watcher]));
    else others.add(watcher);
  }

  #end(watcher: Watcher): void {
    watcher.isActive = false;
    this.#ofRanges.delete(watcher);
    if (watcher.key === null) return;
    const others = this.#byKey.get(watcher.key);
    others?.delete(watcher);
    if (others?.size === 0) this.#byKey.delete(watcher.key);
  }
}
