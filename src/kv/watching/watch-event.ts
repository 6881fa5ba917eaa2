/**
 * What watchers see, and how they ask for it (KV16). Events come in groups of one revision, because a
 * transaction is one step: whoever remembers the last revision it has dealt with can go on after it.
 */

import { keyBytes } from '../keys/key-order.ts';
import type { KeySelector } from '../keys/key-selector.ts';
import type { KeyValue } from '../keys/key-value.ts';
import { isLive, type KeyVersion, toKeyValue } from '../keys/key-version.ts';

export interface PutEvent extends KeyValue {
  readonly type: 'put';
}

export interface DeleteEvent {
  readonly type: 'delete';
  readonly key: Uint8Array;
  readonly value: null;
  readonly modRevision: number;
}

export type WatchEvent = PutEvent | DeleteEvent;

/** All that one revision did to the keys watched, in the order it was done; at least one event. */
export interface WatchRevision {
  readonly revision: number;
  readonly events: readonly WatchEvent[];
}

export interface WatchOptions extends KeySelector {
  /** The first revision of interest, inclusive; it may lie in the future. Not given: the next one. */
  readonly from?: number;
}

/** Called with one or more revisions, each newer than all before. Must not throw: then the watch ends. */
export type WatchListener = (revisions: readonly WatchRevision[]) => void;

export interface WatchHandle {
  /** False after `cancel`, and after the listener has thrown. */
  readonly isActive: boolean;
  /** No call follows. Harmless twice. */
  cancel(): void;
}

/** A stretch of the past, for whoever wants it in pieces. */
export interface HistoryPage {
  readonly revisions: readonly WatchRevision[];
  /** Where to go on; one above the store's revision when there is nothing left. */
  readonly nextRevision: number;
}

export function toWatchEvent(version: KeyVersion): WatchEvent {
  if (isLive(version)) return { type: 'put', ...toKeyValue(version) };
  const { key, modRevision } = version;
  return { type: 'delete', key: keyBytes(key), value: null, modRevision };
}

/** Of keys and values. */
export function bytesOfRevision({ events }: WatchRevision): number {
  return events.reduce((bytes, event) => bytes + bytesOfEvent(event), 0);
}

export function bytesOfEvent({ key, value }: WatchEvent): number {
  return key.length + (value?.length ?? 0);
}

/** Gathers events, in order, into revisions. */
export class RevisionGroups {
  readonly revisions: { readonly revision: number; readonly events: WatchEvent[] }[] = [];

  add(revision: number, event: WatchEvent): void {
    const last = this.revisions.at(-1);
    if (last?.revision === revision) last.events.push(event);
    else this.revisions.push({ revision, events: [event] });
  }
}
