/** A program that a command runs, with this process's output and the environment and input that it is given (CL41). */
import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { usageFailure } from '../failures/cli-failure.ts';
import type { Environment } from '../options/read-options.ts';

interface Running {
  readonly environment: Environment;
  readonly input: string;
  /** Sends it SIGTERM. */
  readonly interrupted: AbortSignal;
}

/** How it ended, unless well: `exit code 3`, or `SIGKILL`. */
export function runProgram(
  [program = '', ...words]: readonly string[],
  { environment, input, interrupted }: Running,
): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, {
      env: environment,
      stdio: ['pipe', 'inherit', 'inherit'],
    });
    const stop = (): void => {
      child.kill('SIGTERM');
    };
    if (interrupted.aborted) stop();
    interrupted.addEventListener('abort', stop, { once: true });
    // Whoever reads nothing of its input may end all the same.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    child.on('error', ({ message }) => reject(usageFailure(cannotRun(program, message))));
    child.on('exit', (code, signal) => {
      interrupted.removeEventListener('abort', stop);
      child.stdin.destroy();
      resolve(code === 0 ? null : (signal ?? `exit code ${code}`));
    });
  });
}

/** Found out before it is needed, which may be hours later. */
export async function requireProgram(program: string, { PATH = '' }: Environment): Promise<void> {
  const places = program.includes('/')
    ? [program]
    : PATH.split(delimiter).map((directory) => join(directory, program));
  const found = await Promise.allSettled(places.map((place) => access(place, constants.X_OK)));
  if (found.some(({ status }) => status === 'fulfilled')) return;
  throw usageFailure(cannotRun(program, 'there is no such program'));
}

export function cannotRun(program: string, why: string): string {
  return `${JSON.stringify(program)} cannot be run: ${why}.`;
}
