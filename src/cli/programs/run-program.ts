/**
 * A program that a command runs (CL41, CO6). It is ended by SIGTERM, and by SIGKILL where that takes too long, or where this process
 * ends before it. Without a terminal it leads a group of processes of its own, and the whole group is ended: what a shell has begun would
 * go on otherwise. At a terminal it stays in the group that the keys of that reach, and may read from it.
 */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { textOf } from '../../core/thrown-text.ts';
import type { CliContext } from '../command.ts';
import { usageFailure } from '../failures/cli-failure.ts';
import { PROGRAM_GRACE_MS, PROGRAM_LOOK_MS } from '../limits.ts';
import type { Environment } from '../options/read-options.ts';
import type { ProgramWatcher } from './program-watcher.ts';

interface Running {
  readonly environment: Environment;
  /** `null`: that of this process. */
  readonly input: string | null;
  /** Aborted: it is to end. */
  readonly ending: AbortSignal;
  readonly isAtTerminal: boolean;
  /** It ends also with a command that is killed; not unless given. */
  readonly watcher?: ProgramWatcher;
}

interface ProgramEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Resolves once it has ended, and all of its group where it was made to; rejects if it cannot be run. */
export async function runProgram(words: readonly string[], running: Running): Promise<ProgramEnd> {
  const { ending, input, isAtTerminal, watcher } = running;
  const child = started(words, running);
  const signalled = isAtTerminal ? toOne(child) : toGroup(child);
  if (child.pid !== undefined) watcher?.watch(isAtTerminal ? child.pid : -child.pid);
  let isKilled = false;
  const kill = (): void => {
    isKilled = true;
    signalled('SIGKILL');
  };
  let last: NodeJS.Timeout | undefined;
  const stop = (): void => {
    signalled('SIGTERM');
    last = setTimeout(kill, PROGRAM_GRACE_MS);
  };
  if (ending.aborted) stop();
  ending.addEventListener('abort', stop, { once: true });
  process.once('exit', kill);
  try {
    if (input !== null) feed(child, input);
    const end = await endOf(child, words);
    while (ending.aborted && !isKilled && signalled(0)) await pause(PROGRAM_LOOK_MS);
    return end;
  } finally {
    watcher?.end();
    clearTimeout(last);
    ending.removeEventListener('abort', stop);
    process.off('exit', kill);
  }
}

/** Whether somebody sits at a terminal. */
export function isAtTerminal({ isErrorTty, isInputTty, isTty }: CliContext): boolean {
  return isTty || isErrorTty || isInputTty;
}

function started(
  [program = '', ...words]: readonly string[],
  { environment, input, isAtTerminal: isInOurGroup }: Running,
): ChildProcess {
  const stdio: StdioOptions = [input === null ? 'inherit' : 'pipe', 'inherit', 'inherit'];
  const detached = !isInOurGroup && HAS_GROUPS;
  try {
    return spawn(program, words, { env: environment, stdio, detached });
  } catch (error) {
    throw usageFailure(cannotRun(program, textOf(error)));
  }
}

const HAS_GROUPS = process.platform !== 'win32';

/** Whether anybody was there to be told; with 0 nothing is told. */
type Signalled = (signal: NodeJS.Signals | 0) => boolean;

function toOne(child: ChildProcess): Signalled {
  return (signal) => child.exitCode === null && child.signalCode === null && child.kill(signal);
}

function toGroup(child: ChildProcess): Signalled {
  const { pid } = child;
  if (pid === undefined || !HAS_GROUPS) return toOne(child);
  return (signal) => {
    try {
      return process.kill(-pid, signal);
    } catch {
      return false;
    }
  };
}

/** Whoever reads nothing of its input may end all the same. */
function feed({ stdin }: ChildProcess, input: string): void {
  stdin?.on('error', () => {});
  stdin?.end(input);
}

/** An error that comes later is that a signal could not be sent: it runs on, and is waited for. */
function endOf(child: ChildProcess, [program = '']: readonly string[]): Promise<ProgramEnd> {
  return new Promise((resolve, reject) => {
    child.on('error', ({ message }) => {
      if (child.pid === undefined) reject(usageFailure(cannotRun(program, message)));
    });
    child.on('exit', (code, signal) => {
      child.stdin?.destroy();
      resolve({ code, signal });
    });
  });
}

/** Found out before it is needed, which may be hours later. */
export async function requireProgram(program: string, { PATH = '' }: Environment): Promise<void> {
  if (program === '') throw usageFailure('The program must not be empty.');
  const places = program.includes('/')
    ? [program]
    : PATH.split(delimiter).map((directory) => join(directory, program));
  const found = await Promise.allSettled(places.map(requireFileToRun));
  if (found.some(({ status }) => status === 'fulfilled')) return;
  throw usageFailure(cannotRun(program, 'there is no such program'));
}

/** A directory may be entered, and is no program. */
async function requireFileToRun(place: string): Promise<void> {
  await access(place, constants.X_OK);
  if (!(await stat(place)).isFile()) throw new Error('it is no file');
}

function cannotRun(program: string, why: string): string {
  return `${JSON.stringify(program)} cannot be run: ${why}.`;
}
