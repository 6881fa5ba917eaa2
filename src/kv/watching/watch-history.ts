/**
 * The past as watchers see it, in pages of bounded work (KV16, KV17). A page never ends inside a revision,
 * so that going on from `nextRevision` neither loses nor repeats an event.
 */

import { CompactedError } from '../commands/kv-errors.ts';
import { isInside, type KeyBounds } from '../keys/key-order.ts';
import { HISTORY_EXAMINED_MAX } from '../limits.ts';
import type { MvccStore } from '../store/mvcc-store.ts';
import { type HistoryPage, RevisionGroups, toWatchEvent } from './watch-event.ts';

interface HistoryQuestion {
  readonly bounds: KeyBounds;
  /** Inclusive. */
  readonly from: number;
  readonly eventsMax: number;
}

/** Throws `CompactedError` if compaction has dropped part of what is asked for. */
export function readHistory(store: MvccStore, question: HistoryQuestion): HistoryPage {
  const { bounds, from, eventsMax } = question;
  const { events, compactedRevision } = store;
  if (from < compactedRevision) throw new CompactedError(from, compactedRevision);
  const groups = new RevisionGroups();
  const start = events.positionOf(from);
  let matching = 0;
  let revision = from;
  for (let position = start; position < events.end; position += 1) {
    const version = events.at(position);
    const isFull = matching >= eventsMax || position - start >= HISTORY_EXAMINED_MAX;
    if (isFull && version.modRevision !== revision) {
      return { revisions: groups.revisions, nextRevision: version.modRevision };
    }
    revision = version.modRevision;
    if (!isInside(version.key, bounds)) continue;
    groups.add(revision, toWatchEvent(version));
    matching += 1;
  }
  return { revisions: groups.revisions, nextRevision: Math.max(from, store.revision + 1) };
}
