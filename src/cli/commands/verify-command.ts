/** `verify`: whether a file is a whole backup, and what is in it (BK4). */
import { crc32 } from 'node:zlib';
import { sumWith } from '../../core/bytes/checksum.ts';
import { RaftError } from '../../core/errors.ts';
import { writeJson } from '../asking/client-session.ts';
import { proveBackup } from '../backup/backup-file.ts';
import { backupJson, backupRows } from '../backup/backup-words.ts';
import { command } from '../command.ts';
import { CliFailure } from '../failures/cli-failure.ts';
import { EXIT } from '../failures/exit-codes.ts';
import { whileShown } from '../words/progress-line.ts';
import { textTable } from '../words/text-table.ts';

export const verifyCommand = command({
  name: 'verify',
  usage: 'FILE',
  summary:
    'Prove that FILE is a whole backup from which a member can begin, and say what is in it. Ends with 1 if it is not. It takes as much memory as a member does.',
  options: ['output'],
  positionals: [1, 1],
  run: async ({ values, positionals: [file = ''] }, context) => {
    sumWith(crc32);
    const proven = await whileShown(context, (heard) => proveBackup(file, heard)).catch(answerNo);
    if (values.output === 'json') writeJson(context, backupJson(file, proven));
    else
      context.write(
        await textTable(['WHAT', 'VALUE'], backupRows(proven.header, proven.fileBytes)),
      );
    return EXIT.clean;
  },
});

function answerNo(error: unknown): never {
  if (!(error instanceof RaftError) || error.code === 'RAFT_ABORTED') throw error;
  throw new CliFailure(EXIT.no, `${error.message} (${error.code})`, error.code);
}
