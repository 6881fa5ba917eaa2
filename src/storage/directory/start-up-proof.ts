/**
 * The start-up proof: every record of the database is read once and must vouch for itself (ST2), the runs
 * must follow on each other (ST3), and all together must be what the last batch left behind. Whether
 * the database is also the right one and the newest is asked in `agreement.ts`. It writes nothing.
 */

import type { Configuration } from '../../core/configuration.ts';
import { checksumOfRun, decodeRun } from '../../core/entry-run.ts';
import type { KnownPeer } from '../../core/identity.ts';
import type { LogShape } from '../../core/log-shape.ts';
import { appendSpan, lastLog } from '../../core/term-runs.ts';
import { ENTRY_ZERO, type Index, index, nextIndex, previousIndex } from '../../core/types.ts';
import { viewOf } from '../../core/view-of.ts';
import type { Database, DatabaseRecord } from '../disk/database.ts';
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
} from './refusals.ts';

export interface StoredPeer {
  readonly peer: KnownPeer;
  readonly checksum: number;
}

export interface ProvenDatabase {
  readonly identity: StoredIdentity;
  readonly configuration: Configuration;
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
  const draft: Draft = {
    directory,
    identity: null,
    configuration: null,
    state: null,
    shape: null,
    runs: new RunIndex(),
    peers: new Map(),
    largestRun: 0,
    digest: 0,
    records: 0,
  };
  const scan = database.scan({ from: new Uint8Array(0), bytesMax: SCAN_STEP_BYTES_MAX });
  try {
    for (let step = await scan.next(); step.length > 0; step = await scan.next()) {
      for (const record of step) addRecord(draft, record);
    }
  } finally {
    await scan.close();
  }
  return draft.records === 0 ? null : conclude(draft);
}

/** What was read so far, private to one proof. */
interface Draft {
  readonly directory: string;
  identity: StoredIdentity | null;
  configuration: Configuration | null;
  state: StoreState | null;
  /** `null` before the first run; its base is only guessed until the state record confirms it. */
  shape: LogShape | null;
  readonly runs: RunIndex;
  readonly peers: Map<string, StoredPeer>;
  largestRun: number;
  digest: number;
  records: number;
}

function addRecord(draft: Draft, record: DatabaseRecord): void {
  const { key, value } = record;
  draft.records += 1;
  switch (key[0]) {
    case RECORD_KIND.run:
      addRun(draft, key, value);
      return;
    case RECORD_KIND.peer:
      addPeer(draft, key, value);
      return;
    case RECORD_KIND.identity:
      draft.identity = counted(draft, single(draft, record, IDENTITY));
      return;
    case RECORD_KIND.configuration:
      draft.configuration = counted(draft, single(draft, record, CONFIGURATION));
      return;
    case RECORD_KIND.state:
      draft.state = single(draft, record, STATE).value;
      return;
    default:
      throw damagedLog(draft, 'it holds a record of no known kind');
  }
}

function addRun(draft: Draft, key: Uint8Array, value: Uint8Array): void {
  const { directory, shape } = draft;
  const expected = shape === null ? indexOfKey(key) : nextIndex(shape.lastIndex);
  const run = decodeRun(value);
  if (typeof run === 'string') throw damagedRun(directory, expected, run);
  if (!isSameKey(key, keyOfRun(run.firstIndex))) {
    throw damagedRun(directory, expected, 'an entry run lies under the key of another');
  }
  if (run.firstIndex !== expected) throw gap(directory, expected, run.firstIndex);
  const before = shape ?? shapeBefore(run.firstIndex);
  if (run.term < lastLog(before).term) throw termFalls(directory, run.firstIndex);
  const checksum = checksumOfRun(value);
  draft.shape = appendSpan(before, run);
  draft.runs.append(run.firstIndex, checksum);
  draft.largestRun = Math.max(draft.largestRun, value.length);
  draft.digest = advanceDigest(draft.digest, checksum, 0);
}

function addPeer(draft: Draft, key: Uint8Array, value: Uint8Array): void {
  const record = proven(draft, decodeRecord(PEER, value));
  const peer = counted(draft, record);
  if (!isSameKey(key, keyOfPeer(peer.nodeId))) throw misplaced(draft);
  draft.peers.set(peer.nodeId, { peer, checksum: record.checksum });
}

/** A record of which there is one, so that its kind is its key. */
function single<Value>(
  draft: Draft,
  { key, value }: DatabaseRecord,
  format: RecordFormat<Value>,
): ProvenValue<Value> {
  if (!isSameKey(key, keyOf(format.kind))) throw misplaced(draft);
  return proven(draft, decodeRecord(format, value));
}

/** Every record but the state is part of the digest that the state names. */
function counted<Value>(draft: Draft, { value, checksum }: ProvenValue<Value>): Value {
  draft.digest = advanceDigest(draft.digest, checksum, 0);
  return value;
}

function conclude(draft: Draft): ProvenDatabase {
  const { directory, identity, configuration, state, runs, peers, largestRun } = draft;
  if (identity === null || configuration === null || state === null) {
    throw damagedLog(draft, 'the records that every store has are not there');
  }
  const shape = withBase(draft, state);
  const last = lastLog(shape);
  if (last.index !== state.last.index || last.term !== state.last.term) {
    throw contentDiffers(directory, last);
  }
  if (runs.length !== state.runs || draft.digest !== state.digest) {
    throw contentDiffers(directory, last);
  }
  if (last.term > state.hardState.term) {
    throw termAboveHardState(directory, last, state.hardState.term);
  }
  return { identity, configuration, state, shape, runs, peers, largestRun };
}

/** The shape above the base that the state record names. */
function withBase({ directory, shape }: Draft, { base }: StoreState): LogShape {
  if (shape === null) return { base, lastIndex: base.index, termRuns: [] };
  const first = shape.termRuns[0] ?? { term: base.term, firstIndex: nextIndex(base.index) };
  if (first.firstIndex !== nextIndex(base.index)) {
    throw gap(directory, nextIndex(base.index), first.firstIndex);
  }
  if (first.term < base.term) throw termFalls(directory, first.firstIndex);
  return { ...shape, base };
}

function shapeBefore(firstIndex: Index): LogShape {
  return { base: ENTRY_ZERO, lastIndex: previousIndex(firstIndex), termRuns: [] };
}

interface ProvenValue<Value> {
  readonly value: Value;
  readonly checksum: number;
}

function proven<Value>(draft: Draft, record: Decoded<Value>): ProvenValue<Value> {
  if (record.type === 'value') return record;
  if (record.type === 'newer') throw newerFormat(`${draft.directory}/${PART.log}`, record.version);
  throw damagedLog(draft, `a record cannot be trusted, ${record.why}`);
}

function misplaced(draft: Draft): Error {
  return damagedLog(draft, 'a record lies under the key of another');
}

function damagedLog(draft: Draft, why: string): Error {
  return damagedPart(draft.directory, PART.log, why);
}

/** For sentences only: the index that a key of any length seems to name. */
function indexOfKey(key: Uint8Array): Index {
  if (key.length !== 9) return index(1);
  const view = viewOf(key);
  const high = view.getUint32(1);
  return index(high > 0xffff ? 1 : Math.max(1, high * 2 ** 32 + view.getUint32(5)));
}
