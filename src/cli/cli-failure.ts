/** Why a command ends early: plain sentences for standard error and the exit code that goes with them. */
import { EXIT, type ExitCode } from './exit-codes.ts';

export class CliFailure extends Error {
  override readonly name = 'CliFailure';
  readonly exitCode: ExitCode;

  /** `message`: one or two sentences, what happened and what to do next. Never a stack trace. */
  constructor(exitCode: ExitCode, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The command line is wrong. */
export function usageFailure(message: string): CliFailure {
  return new CliFailure(EXIT.usage, message);
}
