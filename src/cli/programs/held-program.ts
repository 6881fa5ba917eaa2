/**
 * A program that runs while something is held (CO6): it has this terminal, is stopped when that is lost or somebody stops this
 * command, by SIGTERM and at last by SIGKILL, and its exit code is the answer.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { usageFailure } from '../failures/cli-failure.ts';
import { PROGRAM_GRACE_MS } from '../limits.ts';
import type { Environment } from '../options/read-options.ts';
import { cannotRun } from './run-program.ts';

export function runWhile(
  held: AbortSignal,
  [program = '', ...words]: readonly string[],
  environment: Environment,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { env: environment, stdio: 'inherit' });
    let last: NodeJS.Timeout | undefined;
    const stop = (): void => {
      child.kill('SIGTERM');
      last = setTimeout(() => child.kill('SIGKILL'), PROGRAM_GRACE_MS);
    };
    if (held.aborted) stop();
    held.addEventListener('abort', stop, { once: true });
    child.on('error', ({ message }) => reject(usageFailure(cannotRun(program, message))));
    child.on('exit', (code, signal) => {
      clearTimeout(last);
      held.removeEventListener('abort', stop);
      resolve(code ?? SIGNALLED + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}

/** As shells say it. */
const SIGNALLED = 128;
