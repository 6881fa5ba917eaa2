/** The backup of the first server that runs, proven as it comes (BK2). */
import { RaftError } from '../../core/errors.ts';
import { textOf } from '../../core/thrown-text.ts';
import type { BackupEnd, BackupHeader } from '../../server/backup/backup-format.ts';
import { readBackup } from '../../server/backup/read-backup.ts';
import { type Asking, errorIn, FOREIGN } from '../asking/ask-servers.ts';
import { tlsContext } from '../asking/client-tls.ts';
import { tokenIn } from '../asking/client-token.ts';
import { httpStream } from '../asking/http-stream.ts';
import { fieldsIn } from '../asking/json-fields.ts';
import { serversOf } from '../asking/named-servers.ts';
import type { CliContext } from '../command.ts';
import { BACKUP_SILENCE_MS } from '../limits.ts';

export interface FetchedBackup {
  readonly header: BackupHeader;
  readonly end: BackupEnd;
  /** Of the whole file. */
  readonly fileBytes: number;
}

/** What becomes of it meanwhile. */
interface Taker {
  /** Takes the next bytes, and is asked for no more until it has. */
  readonly take: (piece: Uint8Array) => Promise<void>;
  /** Hears how much of it is there, about, from 0 to 1. */
  readonly heard: (done: number, fileBytes: number) => void;
}

/** Pieces of a backup from the first server that has one. Who interrupts asks no other. */
export async function openBackup(
  asking: Asking & { readonly consistency: string },
  { interrupted }: Pick<CliContext, 'interrupted'>,
): Promise<AsyncIterable<Uint8Array>> {
  const { consistency, 'timeout-ms': timeoutMs } = asking;
  const secureContext = tlsContext(asking);
  const token = tokenIn(asking);
  const silent: string[] = [];
  const endsAt = performance.now() + 2 * timeoutMs;
  for (const endpoint of await serversOf(asking)) {
    const leftMs = Math.ceil(endsAt - performance.now());
    if (leftMs <= 0) {
      silent.push(`${endpoint}: not asked, since the time was over`);
      continue;
    }
    const origin = endpoint.replace(/^ws/, 'http');
    const url = `${origin}/backup?consistency=${consistency}&timeoutMs=${timeoutMs}`;
    try {
      const answer = await httpStream(url, {
        interrupted,
        secureContext,
        token,
        silenceMs: BACKUP_SILENCE_MS,
        timeoutMs: leftMs,
      });
      if (answer.type === 'pieces') return answer.pieces;
      throw errorIn(fieldsIn(answer.body) ?? {}) ?? new Error(FOREIGN);
    } catch (error) {
      if (interrupted.aborted) throw error;
      if (error instanceof RaftError && error.code !== 'RAFT_STOPPED') throw error;
      silent.push(`${endpoint}: ${textOf(error)}`);
    }
  }
  throw new RaftError('RAFT_UNREACHABLE', `No server answered (${silent.join('; ')}).`);
}

/** Rejects unless it is whole. */
export async function takeBackup(
  pieces: AsyncIterable<Uint8Array>,
  { heard, take }: Taker,
): Promise<FetchedBackup> {
  let fileBytes = 0;
  async function* taken(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const piece of pieces) {
      await take(piece);
      fileBytes += piece.length;
      yield piece;
    }
  }
  let header: BackupHeader | null = null;
  let end: BackupEnd | null = null;
  for await (const record of readBackup(taken())) {
    if (record.type === 'header') header = record.header;
    else if (record.type === 'end') end = record;
    else heard(record.done, fileBytes);
  }
  if (header === null || end === null) throw new TypeError('a backup that was read has both');
  const { bytes, checksum, chunks } = end;
  return { header, end: { bytes, checksum, chunks }, fileBytes };
}
