/**
 * One key through time: a version for each put and each delete that is still kept, oldest first. Reads at
 * a revision take the newest version at or below it (KV13); compaction drops what no read can reach (KV14).
 */
import { firstPlace } from '../../core/search.ts';
import { itemAt } from './item-at.ts';
import { type KeyText, keyBytes } from './key-order.ts';
import type { KeyValue } from './key-value.ts';
import type { ValuePlace } from './value-arena.ts';

/** One version of a key, as it is kept, or as a snapshot tells of it. */
export interface KeyVersion {
  readonly key: KeyText;
  /** `null`: deleted at `modRevision`; then `createRevision` and `version` are 0. */
  readonly value: Uint8Array | null;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
  /** 0: bound to none. */
  readonly lease: number;
}

/** A version that holds a value. */
export interface LiveVersion extends KeyVersion {
  readonly value: Uint8Array;
}

const NO_VALUE: ValuePlace = { slab: new Uint8Array(0), from: 0, bytes: 0 };

/** A version that the store keeps. It holds the place of its value, and makes a view of it for whoever reads it (KV11). */
export class StoredVersion implements KeyVersion {
  readonly key: KeyText;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
  readonly lease: number;
  /** How long its value is; 0 without one. */
  readonly valueBytes: number;
  readonly #slab: Uint8Array;
  readonly #from: number;

  /** `place`: where its value lies; `null`: it is a deletion. */
  constructor(
    { key, createRevision, modRevision, version, lease }: Omit<KeyVersion, 'value'>,
    place: ValuePlace | null,
  ) {
    const { slab, from, bytes } = place ?? NO_VALUE;
    this.key = key;
    this.createRevision = createRevision;
    this.modRevision = modRevision;
    this.version = version;
    this.lease = lease;
    this.valueBytes = bytes;
    this.#slab = slab;
    this.#from = from;
  }

  get value(): Uint8Array | null {
    if (this.version === 0) return null;
    return new Uint8Array(this.#slab.buffer, this.#from, this.valueBytes);
  }
}

/** Changed in place by the store alone. */
export interface KeyHistory {
  readonly key: KeyText;
  newest: StoredVersion;
  /** What came before, oldest first; `null`: nothing is kept. Most keys have one version only. */
  older: StoredVersion[] | null;
}

/** Told by its number, without a look at the value. */
export function isLive<Version extends KeyVersion>(
  version: Version | null,
): version is Version & LiveVersion {
  return version !== null && version.version > 0;
}

export function addVersion(history: KeyHistory, version: StoredVersion): void {
  if (history.older === null) history.older = [history.newest];
  else history.older.push(history.newest);
  history.newest = version;
}

/** The version in force at `revision`, be it a deletion; `null`: none was, or it is no longer kept. */
export function versionAt(history: KeyHistory, revision: number): StoredVersion | null {
  if (history.newest.modRevision <= revision) return history.newest;
  if (history.older === null) return null;
  return history.older[countThrough(history.older, revision) - 1] ?? null;
}

/** Drops what no read at `revision` or above can reach. True if nothing is left of the key. */
export function trimHistory(history: KeyHistory, revision: number): boolean {
  const { newest, older } = history;
  if (newest.modRevision <= revision) {
    history.older = null;
    return !isLive(newest);
  }
  if (older === null) return false;
  const through = countThrough(older, revision);
  if (through === 0) return false;
  const isDeletion = !isLive(older[through - 1] ?? null);
  older.splice(0, isDeletion ? through : through - 1);
  if (older.length === 0) history.older = null;
  return false;
}

export function toKeyValue(live: LiveVersion): KeyValue {
  const { key, value, createRevision, modRevision, version } = live;
  const lease = live.lease === 0 ? null : live.lease;
  return { key: keyBytes(key), value, createRevision, modRevision, version, lease };
}

/** How many of the versions are at or below `revision`. */
function countThrough(versions: readonly KeyVersion[], revision: number): number {
  return firstPlace(0, versions.length, (place) => itemAt(versions, place).modRevision > revision);
}
