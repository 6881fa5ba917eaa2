/** `backup`: the state of the cluster at one revision, as a file that proves itself (BK1, BK3). */
import { crc32 } from 'node:zlib';
import { sumWith } from '../../core/bytes/checksum.ts';
import { RaftError } from '../../core/errors.ts';
import { textOf } from '../../core/thrown-text.ts';
import { CLIENT_OPTIONS, writeJson } from '../asking/client-session.ts';
import { backupJson } from '../backup/backup-words.ts';
import { type FetchedBackup, openBackup, takeBackup } from '../backup/fetch-backup.ts';
import { writeNewFile } from '../backup/new-file.ts';
import { type CliContext, command } from '../command.ts';
import { usageFailure } from '../failures/cli-failure.ts';
import { EXIT } from '../failures/exit-codes.ts';
import { countOf } from '../words/count-of.ts';
import { progressLine, shownSize } from '../words/progress-line.ts';

export const backupCommand = command({
  name: 'backup',
  usage: 'FILE [--endpoints URL] [--force]',
  summary:
    'Write all that the cluster holds, at one revision, to FILE, from the first of --endpoints that runs. FILE is there only when it is whole; verify proves it, restore founds a new cluster from it.',
  options: ['consistency', 'force', ...CLIENT_OPTIONS],
  positionals: [1, 1],
  run: async ({ values, positionals: [file = ''] }, context) => {
    sumWith(crc32);
    if (file === '-' || file === '') throw usageFailure(NO_FILE);
    const consistency = values.consistency ?? 'linearizable';
    const fetched = await writeNewFile(file, values.force, async ({ write }) => {
      const pieces = await openBackup({ ...values, consistency }, context).catch((error) => {
        throw context.interrupted.aborted ? stoppedEarly() : error;
      });
      return shownAndTaken(pieces, write, context);
    });
    if (values.output === 'json') writeJson(context, backupJson(file, fetched));
    else context.write(doneLine(file, fetched));
    return EXIT.clean;
  },
});

/** A stream cannot be there only when it is whole. */
const NO_FILE = 'Name a file: a backup is there when it is whole, which standard output cannot be.';

async function shownAndTaken(
  pieces: AsyncIterable<Uint8Array>,
  take: (piece: Uint8Array) => Promise<void>,
  context: CliContext,
): Promise<FetchedBackup> {
  const progress = progressLine(context);
  try {
    return await takeBackup(pieces, { take, heard: progress.show });
  } catch (cause) {
    if (cause instanceof RaftError && cause.code !== 'RAFT_LOG_REFUSED') throw cause;
    if (context.interrupted.aborted) throw stoppedEarly();
    throw new RaftError(
      'RAFT_UNREACHABLE',
      `The backup did not come as a whole, and no file was written: ${textOf(cause).replace(/\.$/, '')}. Try again, or at another server.`,
      { cause },
    );
  } finally {
    progress.end();
  }
}

function stoppedEarly(): RaftError {
  const text = 'It was stopped before the backup was whole; no file was written.';
  return new RaftError('RAFT_ABORTED', text, { retry: 'safe' });
}

function doneLine(file: string, { fileBytes, header }: FetchedBackup): string {
  const { keys, revision } = header;
  return `${file}: revision ${revision}, ${countOf(keys, 'key')}, ${shownSize(fileBytes)}\n`;
}
