#!/usr/bin/env node
/** The process around the command line: its streams, signals and exit code. Everything else is testable. */
import { setMaxListeners } from 'node:events';
import { rm, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { addAbortSignal } from 'node:stream';
import { isatty } from 'node:tty';
import type { Log, LogFields, LogLevel } from '../server/operations/json-log.ts';
import type { CliContext } from './command.ts';
import { EXIT } from './failures/exit-codes.ts';
import { fewDescriptors } from './failures/few-descriptors.ts';
import { writerTo } from './words/held-errors.ts';

/** How long what is still open may keep a finished process, in milliseconds. */
const LINGER_MS = 1_000;
/** Terminals and npm repeat a signal at once; only a later one means impatience, in milliseconds. */
const INSISTENCE_AFTER_MS = 1_000;
/** Neither the group nor others may do anything with a file. */
const OWNER_ALONE = 0o077;

/** How wide a terminal is unless it says so. */
const COLUMNS_USUAL = 80;

const interruption = new AbortController();
// As many wait for it as are asked at a time: Node's own warning of more than ten is no line of a log.
setMaxListeners(0, interruption.signal);
let interruptedAt = Number.POSITIVE_INFINITY;

function interrupt(why: string): void {
  const now = performance.now();
  if (now - interruptedAt > INSISTENCE_AFTER_MS) process.exit(EXIT.temporary);
  interruptedAt = Math.min(interruptedAt, now);
  interruption.abort(new Error(why));
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => interrupt(`stopped by ${signal}`));
}
/** Without one, its terminal is gone, and so is who asked for anything. */
let hungUp: (() => void) | null = null;
process.on('SIGHUP', () => (hungUp === null ? interrupt('stopped by SIGHUP') : hungUp()));
/** Set once the demo that started this process is gone: its temporary directory is ours to remove. */
let abandonedDirectory: string | null = null;

if (process.connected) {
  // Started by the demo: it must not outlive it, however that ended.
  let directory: string | null = null;
  process.on('message', (message) => {
    if (message instanceof Object && 'removeAtEnd' in message) directory = `${message.removeAtEnd}`;
  });
  process.on('disconnect', () => {
    if (!interruption.signal.aborted) abandonedDirectory = directory;
    interrupt('the parent process is gone');
  });
  process.channel?.unref();
}
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Whoever read our output has seen enough (`raftchart range | head`).
  if (error.code === 'EPIPE') process.exit(EXIT.clean);
  loseOutput(error);
});
process.stderr.on('error', () => {});
process.on('uncaughtException', (error) => {
  const shortage = fewDescriptors(error);
  if (shortage !== null) {
    tell('error', 'failed', { code: 'RAFT_BAD_REQUEST', message: shortage });
    process.exit(EXIT.usage);
  }
  const { message, stack } = error;
  tell('error', 'fault', { message, stack });
  process.exit(EXIT.invariantBroken);
});

/** Of a command that keeps one. */
let log: Log | null = null;
const writeError = writerTo(process.stderr, (lines) =>
  tell('warn', 'leftOut', { of: 'unread', lines }),
);

/** What no command says by itself. */
function tell(level: LogLevel, event: string, fields: LogFields): void {
  if (log !== null) log(level, event, fields);
  else if (event === 'failed') writeError(`raftchart: ${fields.message} (${fields.code})\n`);
  else writeError(`${JSON.stringify({ level, event, ...fields })}\n`);
}

const context: CliContext = {
  environment: process.env,
  write: (text) => process.stdout.write(text),
  writeError,
  flushed,
  input: () => addAbortSignal(interruption.signal, process.stdin),
  isTty: process.stdout.isTTY === true,
  isErrorTty: process.stderr.isTTY === true,
  // A terminal that does not know its width says 0.
  errorColumns: () => process.stderr.columns || COLUMNS_USUAL,
  // Not process.stdin: a pipe that this process opens is one from which its programs can no longer wait for bytes.
  isInputTty: isatty(0),
  self: [process.execPath, ...process.execArgv, process.argv[1] ?? ''],
  interrupted: interruption.signal,
  onHangup: (listener) => {
    hungUp = listener;
  },
  keepPrivate: () => process.umask(OWNER_ALONE),
  keepLog: (kept) => {
    log = kept;
  },
};

/** Once all that was written was taken; where it cannot be, the process ends (`loseOutput`). Rejects if it is interrupted. */
function flushed(): Promise<void> {
  const { signal } = interruption;
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    process.stdout.write('', (error) => {
      signal.removeEventListener('abort', stop);
      if (!error) resolve();
    });
  });
}

/** A script must not take half of an answer, or none, for the whole: its disk may be full (CL27). */
async function loseOutput({ message }: Error): Promise<void> {
  const { reportLostOutput } = await import('./run-cli.ts');
  process.exit(reportLostOutput(message, process.argv.slice(2), context));
}

/** The directory of this node, and that around it if this was the last one in it. */
async function removeAbandoned(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  await rmdir(dirname(directory)).catch(() => {});
}

// Loaded only now, since it takes a while: a signal that comes meanwhile is heard.
const { runCli } = await import('./run-cli.ts');
const exitCode = await runCli(process.argv.slice(2), context);
process.exitCode = exitCode;
if (abandonedDirectory !== null) await removeAbandoned(abandonedDirectory);
setTimeout(() => process.exit(exitCode), LINGER_MS).unref();
