/**
 * One key through time: a version for each put and each delete that is still kept, oldest first. Reads at
 * a revision take the newest version at or below it (KV13); compaction drops what no read can reach (KV14).
 */
import { firstPlace } from '../core/search.ts';
import { itemAt } from './item-at.ts';
import { type KeyText, keyBytes } from './key-order.ts';
import type { KeyValue } from './results.ts';

export interface KeyVersion {
  readonly key: KeyText;
  /** `null`: deleted at `modRevision`; then `createRevision` and `version` are 0. */
  readonly value: Uint8Array | null;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
}

/** A version that holds a value. */
export interface LiveVersion extends KeyVersion {
  readonly value: Uint8Array;
}

/** Changed in place by the store alone. */
export interface KeyHistory {
  readonly key: KeyText;
  newest: KeyVersion;
  /** What came before, oldest first; `null`: nothing is kept. Most keys have one version only. */
  older: KeyVersion[] | null;
}

export function isLive(version: KeyVersion | null): version is LiveVersion {
  return version !== null && version.value !== null;
}

export function addVersion(history: KeyHistory, version: KeyVersion): void {
  if (history.older === null) history.older = [history.newest];
  else history.older.push(history.newest);
  history.newest = version;
}

/** The version in force at `revision`, be it a deletion; `null`: none was, or it is no longer kept. */
export function versionAt(history: KeyHistory, revision: number): KeyVersion | null {
  if (history.newest.modRevision <= revision) return history.newest;
  if (history.older === null) return null;
  return history.older[countThrough(history.older, revision) - 1] ?? null;
}

/** Drops what no read at `revision` or above can reach. True if nothing is left of the key. */
export function trimHistory(history: KeyHistory, revision: number): boolean {
  const { newest, older } = history;
  if (newest.modRevision <= revision) {
    history.older = null;
    return newest.value === null;
  }
  if (older === null) return false;
  const through = countThrough(older, revision);
  if (through === 0) return false;
  const isDeletion = older[through - 1]?.value === null;
  older.splice(0, isDeletion ? through : through - 1);
  if (older.length === 0) history.older = null;
  return false;
}

export function toKeyValue(version: LiveVersion): KeyValue {
  return {
    key: keyBytes(version.key),
    value: version.value,
    createRevision: version.createRevision,
    modRevision: version.modRevision,
    version: version.version,
    lease: null,
  };
}

/** How many of the versions are at or below `revision`. */
function countThrough(versions: readonly KeyVersion[], revision: number): number {
  return firstPlace(0, versions.length, (place) => itemAt(versions, place).modRevision > revision);
}
