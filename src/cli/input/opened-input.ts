/**
 * What a command reads, as it comes: standard input, a file, or a pipe, as of `<(…)`. A pipe that has no writer yet is waited for, which
 * Ctrl-C ends, and which is said after a moment: its reader would think that the command stands still (CL42, CL47).
 */
import { constants, createReadStream, openSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { addAbortSignal } from 'node:stream';
import { RaftError } from '../../core/errors.ts';
import { textOf } from '../../core/thrown-text.ts';
import type { CliContext } from '../command.ts';
import { type CliFailure, usageFailure } from '../failures/cli-failure.ts';
import { INPUT_BYTES_MAX, SILENCE_TOLD_MS } from '../limits.ts';

export interface Input {
  /** For words about it. */
  readonly called: string;
  readonly chunks: AsyncIterable<Uint8Array>;
  /** `null`: nobody knows. */
  readonly bytes: number | null;
  readonly isPipe: boolean;
}

interface Opening {
  /** For the words of a refusal: the file itself unless given. */
  readonly called?: string;
  /** Whoever is a program hears nothing of a pipe in which nothing comes. */
  readonly isForPeople: boolean;
}

/** `-` stands for standard input. Throws a `CliFailure` if it cannot be read. */
export async function openInput(
  file: string,
  { called = file, isForPeople }: Opening,
  context: CliContext,
): Promise<Input> {
  if (file === '-') return standardInput(context);
  try {
    const input = { ...(await opened(file, context.interrupted)), called };
    return isForPeople ? toldWhileSilent(input, file, context) : input;
  } catch (error) {
    throw unreadable(called, error);
  }
}

export function standardInput({ input }: Pick<CliContext, 'input'>): Input {
  return { called: 'Standard input', chunks: input(), bytes: null, isPipe: false };
}

async function opened(file: string, interrupted: AbortSignal): Promise<Omit<Input, 'called'>> {
  const found = await stat(file);
  if (found.isDirectory()) throw new Error('it is a directory');
  const chunks = found.isFIFO()
    ? addAbortSignal(interrupted, pipeOf(file))
    : createReadStream(file, { signal: interrupted });
  const bytes = found.isFile() ? found.size : null;
  return { chunks, bytes, isPipe: found.isFIFO() };
}

/** Opened as a file, it would be waited for where nothing can end the waiting. */
function pipeOf(file: string): Socket {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  return new Socket({ fd, readable: true, writable: false });
}

function toldWhileSilent(input: Input, file: string, { writeError }: CliContext): Input {
  if (!input.isPipe) return input;
  const text = `${file} is a pipe in which nothing has come so far: waiting for whoever writes it.\n`;
  async function* chunks(): AsyncGenerator<Uint8Array> {
    const timer = setTimeout(() => writeError(text), SILENCE_TOLD_MS);
    try {
      for await (const chunk of input.chunks) {
        clearTimeout(timer);
        yield chunk;
      }
    } finally {
      clearTimeout(timer);
    }
  }
  return { ...input, chunks: chunks() };
}

/** To its end. Half of it is no input: whoever interrupts has sent nothing. */
export async function wholeOf(
  { called, chunks }: Input,
  { interrupted }: Pick<CliContext, 'interrupted'>,
): Promise<Uint8Array> {
  const taken: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of chunks) {
      taken.push(chunk);
      bytes += chunk.length;
      if (bytes > INPUT_BYTES_MAX) throw tooLarge();
    }
  } catch (cause) {
    if (!interrupted.aborted) throw cause instanceof RaftError ? cause : unreadable(called, cause);
    const text = 'It was stopped before its input had ended. Nothing was sent.';
    throw new RaftError('RAFT_ABORTED', text, { retry: 'safe', cause });
  }
  return Buffer.concat(taken);
}

function unreadable(called: string, error: unknown): CliFailure {
  return usageFailure(`${called} cannot be read: ${textOf(error)}.`);
}

function tooLarge(): RaftError {
  const text = `The input has more than ${INPUT_BYTES_MAX} bytes, which no server takes at once. Nothing was sent; make it smaller or split it.`;
  return new RaftError('RAFT_TOO_LARGE', text);
}
