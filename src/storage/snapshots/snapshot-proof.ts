/**
 * What a database of snapshots holds, proven record by record (SN1): whole ones, the beginning of a received one, and what
 * is left of others. A snapshot of which anything is missing or damaged is not there; whether one is needed, the log says.
 */
import type { StoredSnapshot } from '../../ports/snapshot-store.ts';
import { type Database, type DatabaseRecord, stepsOf } from '../disk/database.ts';
import { SCAN_STEP_BYTES_MAX } from '../limits.ts';
import { decodeRecord, isSameKey, RECORD_KIND, type RecordFormat } from '../records/record.ts';
import { damagedPart, mixed, newerFormat, PART } from '../refusals.ts';
import { type Remains, remainsOf } from './remains.ts';
import {
  decodeChunk,
  keyInSnapshot,
  numberInKey,
  placeInKey,
  SNAPSHOT_END,
  SNAPSHOT_HEAD,
  type SnapshotRecord,
} from './snapshot-records.ts';
import { isSameSum, SnapshotSum } from './snapshot-sum.ts';

/** A snapshot by its number, as far as its chunks are there without a hole. */
interface FoundSnapshot {
  readonly number: number;
  readonly sum: SnapshotSum;
  /** `null`: it is missing or damaged. */
  head: SnapshotRecord | null;
  end: SnapshotRecord | null;
  isBroken: boolean;
  /** Of all its chunks, whatever they are, but for those behind its end. */
  readonly chunkKeys: Uint8Array[];
  /** Of those: what was to be a newer one of the same number (SN5). */
  readonly strayKeys: Uint8Array[];
}

export interface WholeSnapshot extends Pick<SnapshotRecord, 'logSequence'> {
  readonly number: number;
  readonly snapshot: StoredSnapshot;
  readonly sum: SnapshotSum;
  readonly hasStrays: boolean;
}

export interface ProvenSnapshots {
  readonly whole: readonly WholeSnapshot[];
  /** What came of a snapshot of another member. */
  readonly received: FoundSnapshot | null;
  /** What is there that is of no use. */
  readonly remains: readonly Remains[];
  /** The highest number that any record names. */
  readonly lastNumber: number;
}

/** Rejects with a refusal for what is of a newer format or of another directory. */
export async function proveSnapshots(
  directory: string,
  database: Database,
  incarnation: string,
): Promise<ProvenSnapshots> {
  const found = new Map<number, FoundSnapshot>();
  const records = { from: new Uint8Array(0), bytesMax: SCAN_STEP_BYTES_MAX };
  for await (const step of stepsOf(database, records)) {
    for (const record of step) note(directory, found, record);
  }
  const all = [...found.values()];
  for (const { head, end } of all) {
    const isOurs = [head, end].every((each) => each === null || each.incarnation === incarnation);
    if (!isOurs) throw mixed(directory, PART.snapshots);
  }
  return conclude(all);
}

function note(
  directory: string,
  found: Map<number, FoundSnapshot>,
  { key, value }: DatabaseRecord,
): void {
  const number = numberInKey(key);
  const snapshot = found.get(number) ?? nothingOf(number);
  found.set(number, snapshot);
  switch (key[0]) {
    case RECORD_KIND.snapshotHead:
      snapshot.head = recordIn(directory, SNAPSHOT_HEAD, { key, value });
      return;
    case RECORD_KIND.snapshotEnd:
      snapshot.end = recordIn(directory, SNAPSHOT_END, { key, value });
      return;
    case RECORD_KIND.snapshotChunk:
      noteChunk(snapshot, { key, value });
      return;
    default:
      throw damagedPart(directory, PART.snapshots, 'it holds a record of no known kind');
  }
}

function nothingOf(number: number): FoundSnapshot {
  const sum = new SnapshotSum();
  return { number, sum, head: null, end: null, isBroken: false, chunkKeys: [], strayKeys: [] };
}

/** The end of a snapshot stands in front of its chunks. */
function noteChunk(snapshot: FoundSnapshot, { key, value }: DatabaseRecord): void {
  const chunkCount = snapshot.end?.sum?.chunkCount ?? Number.POSITIVE_INFINITY;
  const isStray = (placeInKey(key) ?? 0) >= chunkCount;
  (isStray ? snapshot.strayKeys : snapshot.chunkKeys).push(key);
  if (!isStray) proveChunk(snapshot, { key, value });
}

function proveChunk(snapshot: FoundSnapshot, { key, value }: DatabaseRecord): void {
  const place = snapshot.sum.chunkCount;
  const { number } = snapshot;
  const isNext = isSameKey(key, keyInSnapshot(RECORD_KIND.snapshotChunk, number, place));
  const chunk = isNext && !snapshot.isBroken ? decodeChunk({ number, place }, value) : null;
  if (chunk === null) snapshot.isBroken = true;
  else snapshot.sum.add(chunk.payload.length, chunk.checksum);
}

/** `null` for one that is damaged: its snapshot counts as not there. */
function recordIn(
  directory: string,
  format: RecordFormat<SnapshotRecord>,
  { value }: DatabaseRecord,
): SnapshotRecord | null {
  const decoded = decodeRecord(format, value);
  if (decoded.type === 'newer') {
    throw newerFormat(`${directory}/${PART.snapshots}`, decoded.version);
  }
  return decoded.type === 'value' ? decoded.value : null;
}

function conclude(all: readonly FoundSnapshot[]): ProvenSnapshots {
  const whole = all
    .flatMap((found) => wholeIn(found))
    .sort((left, right) => left.snapshot.lastEntry.index - right.snapshot.lastEntry.index);
  const newest = whole.at(-1)?.snapshot.lastEntry.index ?? 0;
  const received = all.findLast((found) => isBegun(found, newest)) ?? null;
  const used = new Set([...whole.map(({ number }) => number), received?.number]);
  const unused = all.filter(({ number }) => !used.has(number));
  const strays = all.filter(({ number, strayKeys }) => used.has(number) && strayKeys.length > 0);
  const remains = [
    ...unused.map((each) => remainsOf(each.number, [...each.chunkKeys, ...each.strayKeys])),
    ...strays.map(({ strayKeys }) => strayKeys),
  ];
  const lastNumber = all.reduce((most, { number }) => Math.max(most, number), 0);
  return { whole, received, remains, lastNumber };
}

function wholeIn({
  number,
  end,
  isBroken,
  strayKeys,
  sum,
}: FoundSnapshot): ProvenSnapshots['whole'] {
  if (end === null || end.sum === null || isBroken || !isSameSum(end.sum, sum.total)) return [];
  const { logSequence, meta } = end;
  const hasStrays = strayKeys.length > 0;
  return [{ number, snapshot: { ...meta, ...end.sum }, sum, logSequence, hasStrays }];
}

/** What comes after a broken chunk is written anew. */
function isBegun({ head, end }: FoundSnapshot, newest: number): boolean {
  return end === null && head !== null && head.sum !== null && head.meta.lastEntry.index > newest;
}
