/**
 * Reads a backup and proves it as it goes (BK2): what it hands out was written so, and in this order; once it has handed out
 * the end, nothing was missing. What the state inside is worth, the state machine says.
 */
import { crc32 } from '../../core/bytes/checksum.ts';
import { viewOf } from '../../core/bytes/view-of.ts';
import { isErrorCode, isRetry, RaftError } from '../../core/errors.ts';
import { isClusterId } from '../../core/identity.ts';
import type { PerMember } from '../../core/per-member.ts';
import { type EntryId, index, isCounter, isNodeId, type NodeId, term } from '../../core/types.ts';
import { ChunkSource } from '../../sessions/snapshot-chunks.ts';
import { BACKUP_RECORD_BYTES_MAX } from '../limits.ts';
import {
  BACKUP_FORMAT,
  BACKUP_KIND,
  BACKUP_MAGIC,
  type BackupEnd,
  type BackupHeader,
  CHUNK_HEAD_BYTES,
  ChunkSum,
  RECORD_HEAD_BYTES,
} from './backup-format.ts';

export type BackupRecord =
  | { readonly type: 'header'; readonly header: BackupHeader }
  | {
      readonly type: 'chunk';
      readonly chunk: Uint8Array;
      /** How much of the whole is there with it, about, from 0 to 1. */
      readonly done: number;
    }
  | ({ readonly type: 'end' } & BackupEnd);

interface RawRecord {
  readonly kind: number;
  readonly body: Uint8Array;
  readonly checksum: number;
}

/**
 * Throws `RAFT_LOG_REFUSED` for what is no whole backup, and what its server said where it ended it. A chunk is a view into
 * what was read: whoever keeps it copies it.
 */
export async function* readBackup(
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<BackupRecord, void, undefined> {
  const source = new ChunkSource(bytes);
  const magic = await source.take(BACKUP_MAGIC.length);
  if (magic === null || Buffer.compare(magic, BACKUP_MAGIC) !== 0) throw refused(NO_BACKUP);
  const first = await nextRecord(source);
  if (first.kind !== BACKUP_KIND.header) throw refused('it has no header');
  yield { type: 'header', header: headerIn(first) };
  const sum = new ChunkSum();
  for (;;) {
    const record = await nextRecord(source);
    if (record.kind === BACKUP_KIND.chunk) yield chunkIn(record, sum);
    else if (record.kind === BACKUP_KIND.failure) throw failureIn(record);
    else {
      yield endIn(record, sum);
      break;
    }
  }
  if ((await source.take(1)) !== null) throw refused('more follows behind its end');
}

async function nextRecord(source: ChunkSource): Promise<RawRecord> {
  const head = await source.take(RECORD_HEAD_BYTES - 1);
  if (head === null) throw refused(CUT);
  const [length, checksum] = [viewOf(head).getUint32(0, true), viewOf(head).getUint32(4, true)];
  if (length > BACKUP_RECORD_BYTES_MAX) throw refused(DAMAGED);
  const proven = await source.take(1 + length);
  if (proven === null) throw refused(CUT);
  if (crc32(proven) !== checksum) throw refused(DAMAGED);
  return { kind: proven[0] ?? 0, body: proven.subarray(1), checksum };
}

function chunkIn({ body, checksum }: RawRecord, sum: ChunkSum): BackupRecord {
  if (body.length <= CHUNK_HEAD_BYTES) throw refused(DAMAGED);
  const view = viewOf(body);
  if (view.getUint32(0, true) !== sum.chunks) throw refused('a part of it stands where it was not');
  const chunk = body.subarray(CHUNK_HEAD_BYTES);
  sum.add(chunk.length, checksum);
  return { type: 'chunk', chunk, done: Math.min(1, view.getUint16(4, true) / 1000) };
}

function endIn(record: RawRecord, sum: ChunkSum): BackupRecord {
  if (record.kind !== BACKUP_KIND.end) throw refused('it holds what this version does not know');
  const { chunks, bytes, checksum } = fieldsIn(record);
  const { end } = sum;
  const isWhole = chunks === end.chunks && bytes === end.bytes && checksum === end.checksum;
  if (!isWhole) throw refused('its end does not fit what comes before it');
  return { type: 'end', ...end };
}

function failureIn(record: RawRecord): RaftError {
  const { code, message, retry } = fieldsIn(record);
  if (typeof code !== 'string' || !isErrorCode(code)) return refused(CUT);
  const text = `The server ended it before it was whole: ${String(message)}`;
  return new RaftError(code, text, isRetry(retry) ? { retry } : {});
}

function headerIn(record: RawRecord): BackupHeader {
  const fields = fieldsIn(record);
  const { format } = fields;
  if (format !== BACKUP_FORMAT) {
    throw refused(`it is of format ${String(format)}, and this version reads ${BACKUP_FORMAT}`);
  }
  const { clusterId, node, version, word } = fields;
  const isSound =
    isClusterId(clusterId) && isNodeId(node) && typeof version === 'string' && isWord(word);
  if (!isSound) throw refused(DAMAGED);
  return {
    ...{ format, clusterId, node, version, word },
    lastEntry: entryIn(fields.lastEntry),
    members: membersIn(fields.members),
    logTimeMs: counterIn(fields.logTimeMs),
    revision: counterIn(fields.revision),
    compactedRevision: counterIn(fields.compactedRevision),
    keys: counterIn(fields.keys),
    takenMs: counterIn(fields.takenMs),
  };
}

function isWord(word: unknown): word is string {
  return typeof word === 'string' && /^[0-9a-z]{8,64}$/.test(word);
}

function entryIn(value: unknown): EntryId {
  const { index: at, term: of } = objectIn(value);
  return { index: index(counterIn(at)), term: term(counterIn(of)) };
}

function membersIn(value: unknown): BackupHeader['members'] {
  const { voters, learners, addresses } = objectIn(value);
  const places = Object.entries(objectIn(addresses));
  const isSound = places.every(([id, place]) => isNodeId(id) && typeof place === 'string');
  if (!isSound) throw refused(DAMAGED);
  return {
    voters: namesIn(voters),
    learners: namesIn(learners),
    addresses: Object.fromEntries(places) as PerMember<string>,
  };
}

function namesIn(value: unknown): readonly NodeId[] {
  if (!Array.isArray(value) || !value.every(isNodeId)) throw refused(DAMAGED);
  return value;
}

function counterIn(value: unknown): number {
  if (!isCounter(value)) throw refused(DAMAGED);
  return value;
}

function fieldsIn({ body }: RawRecord): Readonly<Record<string, unknown>> {
  try {
    return objectIn(JSON.parse(new TextDecoder().decode(body)));
  } catch {
    throw refused(DAMAGED);
  }
}

function objectIn(value: unknown): Readonly<Record<string, unknown>> {
  if (!(value instanceof Object)) throw refused(DAMAGED);
  return { ...value };
}

const NO_BACKUP = 'it does not begin as one';
const CUT = 'it was cut: its end is missing';
const DAMAGED = 'it is damaged: a part of it is not what was written';

function refused(why: string): RaftError {
  return new RaftError(
    'RAFT_LOG_REFUSED',
    `This is no whole backup: ${why}. Nothing was changed. Take another copy of it, or another backup.`,
  );
}
