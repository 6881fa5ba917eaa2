/**
 * An entry run: consecutive entries of one term as one block of bytes. It is encoded once, by the
 * leader; the same bytes go to its disk, onto the wire to every peer and to their disks (ST1, LR9).
 * Only the applier looks inside. Layout (little-endian), version 1:
 *
 *   0  u8   magic 0x52     8  u64 firstIndex    32 u32 count
 *   1  u8   version       16  u64 term          36 u32 payload length in bytes
 *   2  u16  zero          24  u64 time          40 payload: count × (u8 kind, u32 length, bytes)
 *   4  u32  CRC-32 of the bytes [8, end)
 */
import { assert } from './assert.ts';
import { crc32 } from './bytes/checksum.ts';
import { readCounter, writeCounter } from './bytes/counter-bytes.ts';
import { viewOf } from './bytes/view-of.ts';
import { RaftError } from './errors.ts';
import { advance, type Index, index, isCounter, type Term, term } from './types.ts';

/**
 * What an entry is for. `noop` opens a leader's term (§6.4); `configuration` changes membership (§4); `session` opens,
 * renews or closes a session, or is a command in one (§6.3).
 */
export const ENTRY_KIND = { noop: 0, command: 1, configuration: 2, session: 3 } as const;
type EntryKind = (typeof ENTRY_KIND)[keyof typeof ENTRY_KIND];

/**
 * The protocol version that a member needs to know each kind (UP2). A kind that is added is proposed only once all members
 * know it; callers' entries are looked at where they come in, and what a chart appends by itself has to ask as well.
 */
export const ENTRY_KIND_SINCE: Readonly<Record<EntryKind, number>> = {
  [ENTRY_KIND.noop]: 3,
  [ENTRY_KIND.command]: 3,
  [ENTRY_KIND.configuration]: 3,
  [ENTRY_KIND.session]: 3,
};

/** Whether this version knows what it is for. */
export function isEntryKind(kind: number): kind is EntryKind {
  return kind <= ENTRY_KIND.session;
}

export interface Entry {
  readonly kind: EntryKind;
  /** The state machine's own encoding; empty for a no-op. A view, not a copy. */
  readonly data: Uint8Array;
}

export interface RunStart {
  readonly term: Term;
  readonly firstIndex: Index;
  /** The leader's wall clock when it appended, in milliseconds since 1970: the replicas' only clock. */
  readonly timeMs: number;
}

export interface EntryRun extends RunStart {
  /** Inclusive: the run holds `lastIndex - firstIndex + 1` entries, at least one. */
  readonly lastIndex: Index;
  /** The whole run, header included. Owned by nobody: never written to after encoding. */
  readonly bytes: Uint8Array;
}

const MAGIC = 0x52;
const VERSION = 1;
export const RUN_HEADER_BYTES = 40;
export const ENTRY_HEADER_BYTES = 5;

/** Encodes entries, in order, as the run that begins at `first`. */
export function encodeRun(first: RunStart, entries: readonly Entry[]): EntryRun {
  assert(entries.length > 0, 'LR9: a run holds at least one entry');
  let length = RUN_HEADER_BYTES;
  for (const entry of entries) length += ENTRY_HEADER_BYTES + entry.data.length;
  const bytes = new Uint8Array(length);
  const view = viewOf(bytes);
  let at = RUN_HEADER_BYTES;
  for (const { kind, data } of entries) {
    view.setUint8(at, kind);
    view.setUint32(at + 1, data.length, true);
    bytes.set(data, at + ENTRY_HEADER_BYTES);
    at += ENTRY_HEADER_BYTES + data.length;
  }
  view.setUint8(0, MAGIC);
  view.setUint8(1, VERSION);
  writeCounter(view, 8, first.firstIndex);
  writeCounter(view, 16, first.term);
  writeCounter(view, 24, first.timeMs);
  view.setUint32(32, entries.length, true);
  view.setUint32(36, length - RUN_HEADER_BYTES, true);
  view.setUint32(4, crc32(bytes, 8), true);
  return { ...first, lastIndex: advance(first.firstIndex, entries.length - 1), bytes };
}

/**
 * Reads a run's header and proves its checksum; the payload stays encoded. The result keeps `bytes`.
 * A string, instead of a run, says what is wrong: bytes from disk or wire are never trusted (ST2, TR3).
 */
export function decodeRun(bytes: Uint8Array): EntryRun | string {
  if (bytes.length < RUN_HEADER_BYTES) return `an entry run of ${bytes.length} bytes has no header`;
  const view = viewOf(bytes);
  if (view.getUint8(0) !== MAGIC) return 'the bytes are not an entry run';
  if (view.getUint8(1) !== VERSION) return `entry run version ${view.getUint8(1)} is not known`;
  if (view.getUint16(2, true) !== 0) return 'an entry run has reserved bits set';
  if (view.getUint32(36, true) !== bytes.length - RUN_HEADER_BYTES) return 'an entry run was cut';
  if (view.getUint32(4, true) !== crc32(bytes, 8)) return 'an entry run fails its checksum';
  const firstIndex = readCounter(view, 8);
  const runTerm = readCounter(view, 16);
  const count = view.getUint32(32, true);
  const lastIndex = firstIndex + count - 1;
  if (count === 0 || firstIndex === 0 || runTerm === 0) return 'an entry run counts from zero';
  if (!isCounter(runTerm) || !isCounter(lastIndex))
    return 'an entry run is numbered past the limit';
  return {
    term: term(runTerm),
    firstIndex: index(firstIndex),
    lastIndex: index(lastIndex),
    timeMs: readCounter(view, 24),
    bytes,
  };
}

/** The checksum in its header, as `decodeRun` proved it. */
export function checksumOfRun(bytes: Uint8Array): number {
  return viewOf(bytes).getUint32(4, true);
}

/** The header's own numbers; its checksum was proven where the bytes came in, and is again when read. */
export function isHeaderOf({ bytes, firstIndex, lastIndex, term }: EntryRun): boolean {
  if (bytes.length < RUN_HEADER_BYTES) return false;
  const view = viewOf(bytes);
  return (
    readCounter(view, 8) === firstIndex &&
    readCounter(view, 16) === term &&
    view.getUint32(32, true) === lastIndex - firstIndex + 1 &&
    view.getUint32(36, true) === bytes.length - RUN_HEADER_BYTES
  );
}

/**
 * The entries of a run, in order. Throws `InvariantViolation` if the payload contradicts its header, and
 * `RAFT_STATE_MACHINE_FAILED` if a newer build has to do with it.
 */
export function entriesOf(run: EntryRun): readonly Entry[] {
  const view = viewOf(run.bytes);
  const entries: Entry[] = [];
  let at = RUN_HEADER_BYTES;
  while (at < run.bytes.length) {
    assert(at + ENTRY_HEADER_BYTES <= run.bytes.length, 'ST2: an entry header lies inside its run');
    const end = at + ENTRY_HEADER_BYTES + view.getUint32(at + 1, true);
    assert(end <= run.bytes.length, 'ST2: an entry lies inside its run');
    const kind = view.getUint8(at);
    if (!isEntryKind(kind)) throw unknownKind(kind);
    entries.push({
      kind,
      data: run.bytes.subarray(at + ENTRY_HEADER_BYTES, end),
    });
    at = end;
  }
  assert(entries.length === run.lastIndex - run.firstIndex + 1, 'ST2: a run holds what it counts');
  return entries;
}

/** UP6: other members know it, and have done what it says. */
function unknownKind(kind: number): RaftError {
  return new RaftError(
    'RAFT_STATE_MACHINE_FAILED',
    `the log holds an entry of kind ${kind}, which this build does not know: start this node with the build that it had, or a later one`,
  );
}

/** The part of a run inside `[from, through]`, encoded anew unless that is the whole of it. */
export function sliceRun(run: EntryRun, from: Index, through: Index): EntryRun {
  if (from <= run.firstIndex && through >= run.lastIndex) return run;
  const firstIndex = from > run.firstIndex ? from : run.firstIndex;
  const lastIndex = through < run.lastIndex ? through : run.lastIndex;
  assert(firstIndex <= lastIndex, 'LR9: a slice of a run is not empty');
  const entries = entriesOf(run).slice(firstIndex - run.firstIndex, lastIndex - run.firstIndex + 1);
  return encodeRun({ term: run.term, firstIndex, timeMs: run.timeMs }, entries);
}
