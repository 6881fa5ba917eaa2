/** A program that runs while something is held, and is ended when that is lost, or this command is killed (CO6). Its exit code is the answer. */
import { constants } from 'node:os';
import type { CliContext } from '../command.ts';
import { programWatcher } from './program-watcher.ts';
import { isAtTerminal, runProgram } from './run-program.ts';

/** `ending`: it is lost, or somebody stops this command. */
export async function runWhile(
  ending: AbortSignal,
  words: readonly string[],
  context: CliContext,
): Promise<number> {
  const { code, signal } = await runProgram(words, {
    environment: context.environment,
    input: null,
    ending,
    isAtTerminal: isAtTerminal(context),
    watcher: programWatcher(),
  });
  return code ?? SIGNALLED + (signal === null ? 0 : constants.signals[signal]);
}

/** As shells say it. */
const SIGNALLED = 128;
