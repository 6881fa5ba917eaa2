/** A process without a process: collects what a command writes and feeds what it reads. */
import { expect } from 'vitest';
import type { CliContext } from '../../src/cli/command.ts';
import type { ExitCode } from '../../src/cli/failures/exit-codes.ts';
import { runCli } from '../../src/cli/run-cli.ts';

export interface CliRun {
  readonly exitCode: number;
  readonly output: string;
  readonly errors: string;
}

export interface FakeOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  readonly isTty?: boolean;
  readonly interrupted?: AbortSignal;
  /** Whether its reader has taken the output; at once unless given. */
  readonly flushed?: () => Promise<void>;
  /** Called with all output so far whenever there is more. */
  readonly onOutput?: (output: string) => void;
  /** Called with each text on standard error. */
  readonly onError?: (text: string) => void;
}

/** It ends with this exit code, and says this among its words. */
export async function expectFailure(
  running: Promise<CliRun>,
  exitCode: ExitCode,
  text: string,
): Promise<void> {
  const { exitCode: found, errors } = await running;
  expect([found, errors]).toEqual([exitCode, expect.stringContaining(text)]);
}

export async function runFake(argv: readonly string[], options: FakeOptions = {}): Promise<CliRun> {
  const chunks: Uint8Array[] = [];
  let errors = '';
  const { input = '', onError = () => {}, onOutput = () => {} } = options;
  const context: CliContext = {
    environment: options.environment ?? {},
    write: (text) => {
      chunks.push(Buffer.from(text));
      onOutput(Buffer.concat(chunks).toString());
    },
    writeError: (text) => {
      errors += text;
      onError(text);
    },
    flushed: options.flushed ?? (async () => {}),
    input: async function* () {
      yield Buffer.from(input);
    },
    isTty: options.isTty ?? false,
    isErrorTty: options.isTty ?? false,
    errorColumns: () => 80,
    isInputTty: options.isTty ?? false,
    self: ['node'],
    interrupted: options.interrupted ?? new AbortController().signal,
    onHangup: () => {},
    keepPrivate: () => {},
    keepLog: () => {},
  };
  const exitCode = await runCli(argv, context);
  return { exitCode, output: Buffer.concat(chunks).toString(), errors };
}
