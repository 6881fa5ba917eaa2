/** Why a command ends early: plain sentences for standard error and the exit code that goes with them. */
import type { RaftErrorCode } from '../../core/errors.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';

/** It is decided on this side of the network, so that trying the same again cannot help. */
export class CliFailure extends Error {
  override readonly name = 'CliFailure';
  readonly exitCode: ExitCode;
  readonly code: RaftErrorCode;

  /** `message`: one or two sentences, what happened and what to do next. Never a stack trace. */
  constructor(exitCode: ExitCode, message: string, code: RaftErrorCode = 'RAFT_BAD_REQUEST') {
    super(message);
    this.exitCode = exitCode;
    this.code = code;
  }
}

/** The command line is wrong. */
export function usageFailure(message: string): CliFailure {
  return new CliFailure(EXIT.usage, message);
}
