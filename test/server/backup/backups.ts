/** Backups by hand: as the records of one file, and read again. */
import { index, nodeId, term } from '../../../src/core/types.ts';
import { KvStateMachine } from '../../../src/kv/kv-state-machine.ts';
import { type BackupHeader, BackupWriter } from '../../../src/server/backup/backup-format.ts';
import { type BackupRecord, readBackup } from '../../../src/server/backup/read-backup.ts';
import { SessionMachine } from '../../../src/sessions/session-machine.ts';

export const HEADER: BackupHeader = {
  format: 1,
  word: '0123456789abcdef',
  clusterId: 'orders',
  node: nodeId('n1'),
  lastEntry: { index: index(9), term: term(2) },
  logTimeMs: 1_000,
  revision: 4,
  compactedRevision: 0,
  keys: 1,
  members: { voters: [nodeId('n1')], learners: [], addresses: { n1: '127.0.0.1:4200' } },
  takenMs: 2_000,
  version: '9.9.9',
};

/** The records of a whole one, in order. */
export function recordsOf(chunks: readonly Uint8Array[], header = HEADER): Uint8Array[] {
  const writer = new BackupWriter();
  const first = writer.header(header);
  const between = chunks.map((chunk, at) => writer.chunk(chunk, (at + 1) / chunks.length));
  return [first, ...between, writer.end()];
}

async function* piecesOf(bytes: Uint8Array, size = bytes.length + 1): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export async function readAll(bytes: Uint8Array, size?: number): Promise<BackupRecord[]> {
  const records: BackupRecord[] = [];
  for await (const record of readBackup(piecesOf(bytes, size))) records.push(record);
  return records;
}

/** What a member would have that begins from it. */
export async function machineOf(bytes: Uint8Array): Promise<KvStateMachine> {
  const machine = new KvStateMachine();
  await new SessionMachine(machine).restore(chunksIn(bytes));
  return machine;
}

export async function* chunksIn(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for await (const record of readBackup(piecesOf(bytes))) {
    if (record.type === 'chunk') yield record.chunk;
  }
}
