/**
 * From arguments to an exit code: finds the command, runs it, and turns whatever it throws into one or two
 * sentences on standard error (CL13, CL16). Never a stack trace: the reader is not the author.
 */
import { RaftError } from '../core/errors.ts';
import { isNear } from '../core/known-names.ts';
import type { CliContext, Command } from './command.ts';
import { overviewHelp } from './command-help.ts';
import {
  accessCommand,
  roleCommand,
  tokenCommand,
  userCommand,
} from './commands/access-commands.ts';
import { backupCommand } from './commands/backup-command.ts';
import { certsCommand } from './commands/certs-command.ts';
import { checkConfigCommand } from './commands/check-config-command.ts';
import { completionCommand } from './commands/completion-command.ts';
import { delCommand } from './commands/del-command.ts';
import { exportCommand } from './commands/export-command.ts';
import { importCommand } from './commands/import-command.ts';
import { compactCommand, getCommand, putCommand } from './commands/kv-commands.ts';
import { leaseCommand } from './commands/lease-command.ts';
import { electCommand, lockCommand } from './commands/lock-commands.ts';
import { memberCommand, membersCommand } from './commands/member-commands.ts';
import { rangeCommand } from './commands/range-command.ts';
import { recoverCommand } from './commands/recover-command.ts';
import { restoreCommand } from './commands/restore-command.ts';
import { snapshotCommand } from './commands/snapshot-command.ts';
import { statusCommand } from './commands/status-command.ts';
import { transferCommand } from './commands/transfer-command.ts';
import { txnCommand } from './commands/txn-command.ts';
import { verifyCommand } from './commands/verify-command.ts';
import { watchCommand } from './commands/watch-command.ts';
import { demoCommand } from './demo/demo-command.ts';
import { errorLine, explain, wantsJsonErrors } from './error-output.ts';
import { usageFailure } from './failures/cli-failure.ts';
import { EXIT, type ExitCode } from './failures/exit-codes.ts';
import { requireWhole } from './options/spoiled-arguments.ts';
import { serveCommand } from './serving/serve-command.ts';
import { failureInLog } from './serving/serve-log.ts';
import { packageVersion } from './version.ts';

export const COMMANDS: readonly Command[] = [
  demoCommand,
  serveCommand,
  checkConfigCommand,
  putCommand,
  getCommand,
  delCommand,
  rangeCommand,
  txnCommand,
  watchCommand,
  exportCommand,
  importCommand,
  leaseCommand,
  lockCommand,
  electCommand,
  compactCommand,
  snapshotCommand,
  backupCommand,
  verifyCommand,
  restoreCommand,
  transferCommand,
  statusCommand,
  membersCommand,
  memberCommand,
  accessCommand,
  roleCommand,
  tokenCommand,
  userCommand,
  recoverCommand,
  certsCommand,
  completionCommand(() => COMMANDS),
];

export async function runCli(argv: readonly string[], context: CliContext): Promise<number> {
  const [name = '--help', ...rest] = argv;
  if (HELP_WORDS.has(name)) return help(rest, context);
  if (name === '--version') {
    context.write(`${packageVersion()}\n`);
    return EXIT.clean;
  }
  const command = COMMANDS.find((each) => each.name === name);
  try {
    requireWhole(argv);
    if (command === undefined) throw usageFailure(`there is no such command. ${nearest(name)}`);
    return await command.run(rest, context);
  } catch (error) {
    return report(error, argv, context);
  }
}

/** Standard output takes nothing more, though its reader is there: half of an answer is none (CL27). */
export function reportLostOutput(
  reason: string,
  argv: readonly string[],
  context: CliContext,
): ExitCode {
  const text = `The output could not be written (${reason}). If it was a write, it may have taken effect.`;
  const failure = new RaftError('RAFT_STORAGE_FAILED', text, { retry: 'outcomeUnknown' });
  return report(failure, argv, context);
}

function report(
  error: unknown,
  [name = '', ...rest]: readonly string[],
  context: CliContext,
): ExitCode {
  const command = COMMANDS.find((each) => each.name === name);
  const isJson =
    (command?.options.includes('output') ?? true) && wantsJsonErrors(rest, context.environment);
  const explanation = explain(error);
  const told = command === serveCommand ? failureInLog(explanation, rest, context) : null;
  if (told !== null) return told;
  context.writeError(errorLine(name, explanation, isJson));
  return explanation.exitCode;
}

function nearest(name: string): string {
  if (name.startsWith('-'))
    return 'The command comes first, its options behind it. See raftchart --help.';
  const near = COMMANDS.find((each) => isNear(each.name, name));
  return near === undefined
    ? 'See raftchart --help.'
    : `Did you mean ${near.name}? See raftchart --help.`;
}

const HELP_WORDS = new Set(['--help', '-h', 'help']);

function help([name]: readonly string[], context: CliContext): Promise<number> | number {
  const command = COMMANDS.find((each) => each.name === name);
  if (command !== undefined) return command.run(['--help'], context);
  context.write(overviewHelp(COMMANDS));
  return EXIT.clean;
}
