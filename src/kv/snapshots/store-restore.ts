/**
 * A store out of a snapshot (KV26): takes its records one by one and believes none of them. Keys must be in order,
 * every revision must be there and have its events, what a put says of its key must follow from what was before it, and a key
 * is bound to a lease that is there.
 * So what is restored is a store that some log could have made, whole, or nothing.
 */
import { unreachable } from '../../core/assert.ts';
import { RaftError } from '../../core/errors.ts';
import { KeyIndex, type KeyIndexOptions } from '../keys/key-index.ts';
import type { KeyText } from '../keys/key-order.ts';
import {
  addVersion,
  isLive,
  type KeyVersion,
  type LiveVersion,
  StoredVersion,
} from '../keys/key-version.ts';
import { ValueArena } from '../keys/value-arena.ts';
import { EventLog } from '../store/event-log.ts';
import { FIRST_REVISION, MvccStore } from '../store/mvcc-store.ts';
import { RevisionTimes } from '../store/revision-times.ts';
import { AccessRestore } from './access-restore.ts';
import { LeaseRestore } from './lease-restore.ts';
import { notRestored } from './not-restored.ts';
import { ChunkReader, type SnapshotHeader, type SnapshotRecord } from './snapshot-codec.ts';

export class StoreRestore {
  readonly #reader = new ChunkReader();
  readonly #index: KeyIndex;
  readonly #events = new EventLog();
  readonly #values = new ValueArena();
  readonly #leases = new LeaseRestore();
  readonly #access = new AccessRestore();
  #header: SnapshotHeader | null = null;
  #versions = 0;
  #lastKey: KeyText | null = null;
  /** Of the last event. */
  #revision = 0;
  /** Position of the first event behind the compacted revision. */
  #untrimmed = 0;

  constructor(options: KeyIndexOptions) {
    this.#index = new KeyIndex(options);
  }

  /** The next chunk, to be taken by `takeSome`. Throws `RAFT_STATE_MACHINE_FAILED`, as that does. */
  begin(chunk: Uint8Array): void {
    this.#judged(() => this.#reader.open(chunk));
  }

  /** At most so many records of the chunk. False: there are no more in it. */
  takeSome(recordsMax: number): boolean {
    return this.#judged(() => {
      for (let left = recordsMax; left > 0; left -= 1) {
        const record = this.#reader.next();
        if (record === null) return false;
        this.#add(record);
      }
      return true;
    });
  }

  /** After the last chunk. Throws as `begin` does. */
  finish(): MvccStore {
    const header = this.#header;
    if (header === null || !this.#reader.isOver) throw notRestored('Its end is missing.');
    const times = new RevisionTimes();
    times.restore(header);
    return new MvccStore({
      index: this.#index,
      events: this.#events,
      values: this.#values,
      times,
      leases: this.#leases.table,
      access: this.#access.table,
      revision: header.revision,
      compactedRevision: header.compactedRevision,
      untrimmed: this.#untrimmed,
    });
  }

  #judged<Result>(step: () => Result): Result {
    try {
      return step();
    } catch (error) {
      if (!(error instanceof RaftError) || error.code !== 'RAFT_BAD_REQUEST') throw error;
      throw notRestored(error.message, error);
    }
  }

  #add(record: SnapshotRecord): void {
    if (record.type === 'header') return this.#begin(record.header);
    const header = this.#header;
    if (header === null) throw notRestored('It does not begin with its header.');
    switch (record.type) {
      case 'version':
        return this.#addVersion(record.version, header);
      case 'event':
        return this.#addEvent(record.version, header);
      case 'leases':
        return this.#leases.begin(record);
      case 'lease':
        return this.#leases.add(record.lease);
      case 'access':
        return this.#access.begin(record);
      case 'accessChange':
        return this.#access.add(record.change);
      case 'end':
        return this.#end(record, header);
      default:
        return unreachable(record);
    }
  }

  #begin(header: SnapshotHeader): void {
    if (this.#header !== null) throw notRestored('It has two headers.');
    if (header.revision < FIRST_REVISION || header.compactedRevision > header.revision) {
      throw notRestored('Its revisions contradict each other.');
    }
    if (!RevisionTimes.isPossible(header)) throw notRestored('Its marks are not in order.');
    this.#header = header;
  }

  #addVersion(version: LiveVersion, { compactedRevision }: SnapshotHeader): void {
    const { key, modRevision } = version;
    const isInOrder = this.#lastKey === null || this.#lastKey < key;
    if (!isInOrder || this.#events.end > 0) throw notRestored('Its keys are not in order.');
    if (!isPossible(version) || modRevision >= compactedRevision) {
      throw notRestored('A version of a key cannot be.');
    }
    this.#lastKey = key;
    this.#versions += 1;
    this.#leases.changed(version, 0);
    this.#index.add({ key, newest: this.#kept(version), older: null });
  }

  #addEvent(version: KeyVersion, { revision, compactedRevision }: SnapshotHeader): void {
    const { modRevision } = version;
    const first = Math.max(compactedRevision, FIRST_REVISION + 1);
    const isNext = modRevision === this.#revision + 1 || modRevision === this.#revision;
    const isInOrder = this.#revision === 0 ? modRevision === first : isNext;
    if (!isInOrder || modRevision > revision) throw notRestored('A revision is missing.');
    this.#revision = modRevision;
    if (modRevision > compactedRevision) this.#change(version);
    else this.#changeAtTheEdge(version);
  }

  /** All that was before is here, so it must follow from that. */
  #change(version: KeyVersion): void {
    const { key, modRevision } = version;
    const history = this.#index.find(key);
    const before = history === null || !isLive(history.newest) ? null : history.newest;
    const isLater = history === null || history.newest.modRevision < modRevision;
    const follows = isLive(version)
      ? version.createRevision === (before?.createRevision ?? modRevision) &&
        version.version === (before?.version ?? 0) + 1
      : before !== null;
    if (!isLater || !follows) throw notRestored('A change does not follow from what was before.');
    const kept = this.#kept(version);
    this.#events.append(kept);
    this.#leases.changed(version, before?.lease ?? 0);
    if (history === null) return this.#addFirst(kept);
    if ((before === null) !== !isLive(kept)) this.#index.liveChanges(key, isLive(kept) ? 1 : -1);
    addVersion(history, kept);
  }

  /** At the compacted revision itself: what was before it is gone. */
  #changeAtTheEdge(version: KeyVersion): void {
    if (this.#index.find(version.key) !== null) throw notRestored('A key is there twice.');
    if (isLive(version) && !isPossible(version)) throw notRestored('A change cannot be.');
    const kept = this.#kept(version);
    this.#events.append(kept);
    this.#leases.changed(version, 0);
    this.#untrimmed = this.#events.end;
    if (isLive(kept)) this.#addFirst(kept);
  }

  #addFirst(version: StoredVersion): void {
    this.#index.add({ key: version.key, newest: version, older: null });
  }

  #end(end: { readonly versions: number; readonly events: number }, header: SnapshotHeader): void {
    const isWhole = end.versions === this.#versions && end.events === this.#events.end;
    const isAllThere = header.revision === Math.max(this.#revision, FIRST_REVISION);
    if (!isWhole || !isAllThere) throw notRestored('Something is missing.');
    this.#leases.end();
    this.#access.end();
  }

  /** What came may be a view of its chunk. */
  #kept(given: KeyVersion): StoredVersion {
    const { value } = given;
    return new StoredVersion(given, value === null ? null : this.#values.keep(value));
  }
}

function isPossible({ createRevision, modRevision, version }: LiveVersion): boolean {
  if (createRevision <= FIRST_REVISION || createRevision > modRevision || version < 1) return false;
  return (version === 1) === (createRevision === modRevision);
}
