/**
 * From arguments to an exit code: finds the command, runs it, and turns whatever it throws into one or two
 * sentences on standard error (CL13, CL16). Never a stack trace: the reader is not the author.
 */
import { RaftError } from '../core/errors.ts';
import { CliFailure } from './cli-failure.ts';
import type { CliContext, Command } from './command.ts';
import { overviewHelp } from './command-help.ts';
import { demoCommand } from './demo/demo-command.ts';
import { EXIT, type ExitCode, exitCodeOf } from './exit-codes.ts';
import { delCommand, getCommand, putCommand, rangeCommand } from './kv-commands.ts';
import { PLANNED_COMMANDS } from './planned-commands.ts';
import { serveCommand } from './serve-command.ts';
import { statusCommand } from './status-command.ts';
import { txnCommand } from './txn-command.ts';
import { packageVersion } from './version.ts';
import { watchCommand } from './watch-command.ts';

export const COMMANDS: readonly Command[] = [
  demoCommand,
  serveCommand,
  putCommand,
  getCommand,
  delCommand,
  rangeCommand,
  txnCommand,
  watchCommand,
  statusCommand,
  ...PLANNED_COMMANDS,
];

export async function runCli(argv: readonly string[], context: CliContext): Promise<ExitCode> {
  const [name = '--help', ...rest] = argv;
  if (HELP_WORDS.has(name)) return help(rest, context);
  if (name === '--version') {
    context.write(`${packageVersion()}\n`);
    return EXIT.clean;
  }
  const command = COMMANDS.find((each) => each.name === name);
  if (command === undefined) {
    context.writeError(
      `raftchart: there is no command ${JSON.stringify(name)}. See raftchart --help.\n`,
    );
    return EXIT.usage;
  }
  try {
    return await command.run(rest, context);
  } catch (error) {
    const { text, exitCode } = explain(error);
    context.writeError(`raftchart ${name}: ${text}\n`);
    return exitCode;
  }
}

const HELP_WORDS = new Set(['--help', '-h', 'help']);

function help([name]: readonly string[], context: CliContext): Promise<ExitCode> | ExitCode {
  const command = COMMANDS.find((each) => each.name === name);
  if (command !== undefined) return command.run(['--help'], context);
  context.write(overviewHelp(COMMANDS));
  return EXIT.clean;
}

interface Explanation {
  readonly text: string;
  readonly exitCode: ExitCode;
}

function explain(error: unknown): Explanation {
  if (error instanceof CliFailure) return { text: error.message, exitCode: error.exitCode };
  if (error instanceof RaftError) {
    const leader = error.leader === null ? '' : `, leader ${error.leader}`;
    const text = `${error.message} (${error.code}, retry: ${error.retry}${leader})`;
    return { text, exitCode: exitCodeOf(error.code) };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { text: `this is a fault of raftchart: ${message}`, exitCode: EXIT.invariantBroken };
}
