/** A backup on this machine's disk: read, and proven as a member would that begins from it (BK4). */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { RaftError } from '../../core/errors.ts';
import { textOf } from '../../core/thrown-text.ts';
import { KvStateMachine } from '../../kv/kv-state-machine.ts';
import type { BackupEnd, BackupHeader } from '../../server/backup/backup-format.ts';
import { readBackup } from '../../server/backup/read-backup.ts';
import { SessionMachine } from '../../sessions/session-machine.ts';
import { type CliFailure, usageFailure } from '../failures/cli-failure.ts';
import type { FetchedBackup } from './fetch-backup.ts';

/** Hears how much of it was read, from 0 to 1, and how many bytes that is. What it throws ends the reading. */
type Heard = (done: number, bytes: number) => void;

/**
 * Rejects with `RAFT_LOG_REFUSED` for what is no whole backup, or holds what is no state of a store. It takes as much memory as a
 * member that holds that state.
 */
export async function proveBackup(path: string, heard: Heard): Promise<FetchedBackup> {
  const fileBytes = await sizeOf(path);
  let header: BackupHeader | null = null;
  let end: BackupEnd | null = null;
  let unreadable: unknown = null;
  const machine = new KvStateMachine();
  async function* chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for await (const record of readBackup(piecesOf(path, fileBytes, heard))) {
        if (record.type === 'chunk') yield record.chunk;
        else if (record.type === 'header') header = record.header;
        else end = { bytes: record.bytes, checksum: record.checksum, chunks: record.chunks };
      }
    } catch (error) {
      unreadable = error;
      throw error;
    }
  }
  await new SessionMachine(machine).restore(chunks()).catch((error: unknown) => {
    throw error === unreadable ? error : noState(error);
  });
  if (header === null || end === null) throw new TypeError('a backup that was read has both');
  requireSaid(header, machine);
  return { header, end, fileBytes };
}

/** The chunks of one that was proven; proven once more, to be the same, since a file may change. */
export async function* chunksOf(
  path: string,
  { end, header }: FetchedBackup,
  heard: Heard,
): AsyncGenerator<Uint8Array, void, undefined> {
  const fileBytes = await sizeOf(path);
  for await (const record of readBackup(piecesOf(path, fileBytes, heard))) {
    if (record.type === 'chunk') yield record.chunk;
    else if (record.type === 'header') requireSame(path, record.header.word === header.word);
    else requireSame(path, record.checksum === end.checksum);
  }
}

function requireSame(path: string, isSame: boolean): void {
  if (isSame) return;
  const text = `${path} became another backup while it was read. Nothing was changed: name a file that nobody writes.`;
  throw new RaftError('RAFT_LOG_REFUSED', text);
}

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch((error: unknown) => {
    throw cannotBeRead(path, error);
  });
  if (found.isFile()) return found.size;
  throw usageFailure(`${path} is no file. Name a file that raftchart backup wrote.`);
}

async function* piecesOf(
  path: string,
  fileBytes: number,
  heard: Heard,
): AsyncGenerator<Uint8Array, void, undefined> {
  let bytes = 0;
  try {
    for await (const piece of createReadStream(path, { highWaterMark: READ_BYTES })) {
      bytes += piece.length;
      heard(Math.min(1, bytes / fileBytes), bytes);
      yield piece;
    }
  } catch (error) {
    throw error instanceof RaftError ? error : cannotBeRead(path, error);
  }
}

function cannotBeRead(path: string, error: unknown): CliFailure {
  return usageFailure(`${path} cannot be read: ${textOf(error)}.`);
}

const READ_BYTES = 256 * 1024;

/** The records are sound, and what they hold is not. */
function noState(cause: unknown): unknown {
  if (!(cause instanceof RaftError)) return cause;
  const text = `What the backup holds cannot be restored here: ${cause.message}. Nothing was changed.`;
  return new RaftError('RAFT_LOG_REFUSED', text, { cause });
}

function requireSaid(
  { compactedRevision, keys, revision }: BackupHeader,
  machine: KvStateMachine,
): void {
  const isAsSaid =
    machine.revision === revision &&
    machine.keyCount === keys &&
    machine.compactedRevision === compactedRevision;
  if (isAsSaid) return;
  const text = `This is no whole backup: it says revision ${revision} and ${keys} keys, and holds revision ${machine.revision} and ${machine.keyCount}. Nothing was changed.`;
  throw new RaftError('RAFT_LOG_REFUSED', text);
}
