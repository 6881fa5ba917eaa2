/**
 * The start-up proof: every record of the database is read once and must vouch for itself (ST2), the runs
 * must follow on each other (ST3), and all together must be what the last batch left behind. Whether
 * the database is also the right one and the newest is asked in `agreement.ts`. It writes nothing.
 */

import { viewOf } from '../../core/bytes/view-of.ts';
import type { Configuration, MembershipAt } from '../../core/configuration.ts';
import { membershipIn } from '../../core/configuration-entry.ts';
import { checksumOfRun, decodeRun, type EntryRun } from '../../core/entry-run.ts';
import type { KnownPeer } from '../../core/identity.ts';
import type { LogShape } from '../../core/log-shape.ts';
import { appendSpan, compactThrough, emptyFrom, lastLog, termAt } from '../../core/term-runs.ts';
import {
  ENTRY_ZERO,
  type EntryId,
  type Index,
  index,
  nextIndex,
  previousIndex,
} from '../../core/types.ts';
import { type Database, type DatabaseRecord, stepsOf } from '../disk/database.ts';
import { SCAN_STEP_BYTES_MAX } from '../limits.ts';
import { RunIndex } from '../log/run-index.ts';
import {
  type Decoded,
  decodeRecord,
  isSameKey,
  keyOf,
  keyOfPeer,
  keyOfRun,
  RECORD_KIND,
  type RecordFormat,
} from '../records/record.ts';
import {
  advanceDigest,
  CONFIGURATION,
  IDENTITY,
  MEMBERSHIP,
  PEER,
  STATE,
  type StoredIdentity,
  type StoreState,
} from '../records/stored-values.ts';
import {
  contentDiffers,
  damagedPart,
  damagedRun,
  gap,
  newerFormat,
  PART,
  termAboveHardState,
  termFalls,
} from '../refusals.ts';

export interface StoredPeer {
  readonly peer: KnownPeer;
  readonly checksum: number;
}

export interface ProvenDatabase {
  readonly identity: StoredIdentity;
  readonly configuration: Configuration;
  /** What is in force where the log begins, and its checksum; `null`: that of the founding. */
  readonly membership: { readonly value: MembershipAt; readonly checksum: number } | null;
  /** Those of the log's entries, in order. */
  readonly configurations: readonly MembershipAt[];
  readonly state: StoreState;
  readonly shape: LogShape;
  readonly runs: RunIndex;
  readonly peers: Map<string, StoredPeer>;
  /** In bytes, as it is stored and sent; 0 without a run. */
  readonly largestRun: number;
}

/** Rejects with a refusal. `null`: the database holds no record at all. */
export async function proveDatabase(
  directory: string,
  database: Database,
): Promise<ProvenDatabase | null> {
  const proof = new StartUpProof(directory);
  const all = { from: new Uint8Array(0), bytesMax: SCAN_STEP_BYTES_MAX };
  for await (const step of stepsOf(database, all)) {
    for (const record of step) proof.add(record);
  }
  return proof.conclude();
}

type Proven<Value> = Extract<Decoded<Value>, { readonly type: 'value' }>;

/** What was read so far. */
class StartUpProof {
  readonly #directory: string;
  #isEmpty = true;
  #identity: StoredIdentity | null = null;
  #configuration: Configuration | null = null;
  #membership: Proven<MembershipAt> | null = null;
  readonly #configurations: MembershipAt[] = [];
  #state: StoreState | null = null;
  /** `null` before the first run; its base is only guessed until the state record confirms it. */
  #shape: LogShape | null = null;
  readonly #runs = new RunIndex();
  readonly #peers = new Map<string, StoredPeer>();
  #largestRun = 0;
  #digest = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  add(record: DatabaseRecord): void {
    const { key, value } = record;
    this.#isEmpty = false;
    switch (key[0]) {
      case RECORD_KIND.run:
        this.#addRun(key, value);
        return;
      case RECORD_KIND.peer:
        this.#addPeer(key, value);
        return;
      case RECORD_KIND.identity:
        this.#identity = this.#counted(this.#single(record, IDENTITY));
        return;
      case RECORD_KIND.configuration:
        this.#configuration = this.#counted(this.#single(record, CONFIGURATION));
        return;
      case RECORD_KIND.membership:
        this.#membership = this.#single(record, MEMBERSHIP);
        this.#counted(this.#membership);
        return;
      case RECORD_KIND.state:
        this.#state = this.#single(record, STATE).value;
        return;
      default:
        throw this.#damaged('it holds a record of no known kind');
    }
  }

  conclude(): ProvenDatabase | null {
    if (this.#isEmpty) return null;
    const [identity, configuration, state] = [this.#identity, this.#configuration, this.#state];
    if (identity === null || configuration === null || state === null) {
      throw this.#damaged('the records that every store has are not there');
    }
    const shape = this.#withBase(state);
    const last = lastLog(shape);
    const isLast = last.index === state.last.index && last.term === state.last.term;
    if (state.commitIndex > state.last.index) {
      throw this.#damaged('it knows more to be committed than it holds');
    }
    if (!isLast || this.#runs.length !== state.runs || this.#digest !== state.digest) {
      throw contentDiffers(this.#directory, last);
    }
    if (last.term > state.hardState.term) {
      throw termAboveHardState(this.#directory, last, state.hardState.term);
    }
    const found = { runs: this.#runs, peers: this.#peers, largestRun: this.#largestRun };
    const configurations = this.#configurations.filter(({ index }) => index > state.base.index);
    const members = { configuration, membership: this.#membership, configurations };
    return { identity, ...members, state, shape, ...found };
  }

  #addRun(key: Uint8Array, value: Uint8Array): void {
    const shape = this.#shape;
    const expected = shape === null ? indexOfKey(key) : nextIndex(shape.lastIndex);
    const run = decodeRun(value);
    if (typeof run === 'string') throw damagedRun(this.#directory, expected, run);
    if (!isSameKey(key, keyOfRun(run.firstIndex))) {
      throw damagedRun(this.#directory, expected, 'an entry run lies under the key of another');
    }
    if (run.firstIndex !== expected) throw gap(this.#directory, expected, run.firstIndex);
    const before = shape ?? shapeBefore(run.firstIndex);
    if (run.term < lastLog(before).term) throw termFalls(this.#directory, run.firstIndex);
    this.#noteMembership(run);
    const checksum = checksumOfRun(value);
    this.#shape = appendSpan(before, run);
    this.#runs.append(run.firstIndex, checksum);
    this.#largestRun = Math.max(this.#largestRun, value.length);
    this.#digest = advanceDigest(this.#digest, checksum, 0);
  }

  /** MC1: a configuration entry stands in a run of its own; no other run is looked into. */
  #noteMembership(run: EntryRun): void {
    const membership = membershipIn(run);
    if (membership === null) return;
    if (typeof membership === 'string')
      throw damagedRun(this.#directory, run.firstIndex, membership);
    this.#configurations.push({ ...membership, index: run.firstIndex });
  }

  #addPeer(key: Uint8Array, value: Uint8Array): void {
    const record = this.#proven(decodeRecord(PEER, value));
    const peer = this.#counted(record);
    if (!isSameKey(key, keyOfPeer(peer.nodeId))) throw this.#misplaced();
    this.#peers.set(peer.nodeId, { peer, checksum: record.checksum });
  }

  /** A record of which there is one, so that its kind is its key. */
  #single<Value>({ key, value }: DatabaseRecord, format: RecordFormat<Value>): Proven<Value> {
    if (!isSameKey(key, keyOf(format.kind))) throw this.#misplaced();
    return this.#proven(decodeRecord(format, value));
  }

  /** Every record but the state is part of the digest that the state names. */
  #counted<Value>({ value, checksum }: Proven<Value>): Value {
    this.#digest = advanceDigest(this.#digest, checksum, 0);
    return value;
  }

  /** The shape above the base that the state record names. Compacted runs before it may not be swept yet (ST20). */
  #withBase({ base }: StoreState): LogShape {
    const shape = this.#shape;
    const first = shape?.termRuns[0];
    if (shape === null || first === undefined) return emptyFrom(base);
    if (first.firstIndex > nextIndex(base.index) || shape.lastIndex < base.index) {
      throw gap(this.#directory, nextIndex(base.index), first.firstIndex);
    }
    if (first.firstIndex <= base.index) return this.#compacted(shape, base);
    if (first.term < base.term) throw termFalls(this.#directory, first.firstIndex);
    return { ...shape, base };
  }

  #compacted(shape: LogShape, base: EntryId): LogShape {
    if (termAt(shape, base.index) !== base.term) throw termFalls(this.#directory, base.index);
    return compactThrough(shape, base);
  }

  #proven<Value>(record: Decoded<Value>): Proven<Value> {
    if (record.type === 'value') return record;
    if (record.type === 'damaged') throw this.#damaged(`a record cannot be trusted, ${record.why}`);
    throw newerFormat(`${this.#directory}/${PART.log}`, record.version);
  }

  #misplaced(): Error {
    return this.#damaged('a record lies under the key of another');
  }

  #damaged(why: string): Error {
    return damagedPart(this.#directory, PART.log, why);
  }
}

function shapeBefore(firstIndex: Index): LogShape {
  return { base: ENTRY_ZERO, lastIndex: previousIndex(firstIndex), termRuns: [] };
}

/** For sentences only: the index that a key of any length seems to name. */
function indexOfKey(key: Uint8Array): Index {
  if (key.length !== 9) return index(1);
  const view = viewOf(key);
  const high = view.getUint32(1);
  return index(high > 0xffff ? 1 : Math.max(1, high * 2 ** 32 + view.getUint32(5)));
}
