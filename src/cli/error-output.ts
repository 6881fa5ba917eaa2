/**
 * What is written to standard error when a command fails: one or two sentences for people, or one JSON object
 * `{code, message, retry}` where the output was asked for as JSON (CL26). What a server has said in it cannot disturb a
 * terminal (CL17).
 */
import { RaftError, type RaftErrorCode, type Retry } from '../core/errors.ts';
import { CliFailure, usageFailure } from './failures/cli-failure.ts';
import { EXIT, type ExitCode, exitCodeOf } from './failures/exit-codes.ts';
import { fewDescriptors } from './failures/few-descriptors.ts';
import { environmentName } from './options/option-table.ts';
import type { Environment } from './options/read-options.ts';
import { harmless } from './words/shown-bytes.ts';

export interface Explanation {
  readonly exitCode: ExitCode;
  readonly code: RaftErrorCode;
  readonly message: string;
  readonly retry: Retry;
  readonly leader: string | null;
  /** The same for people. */
  readonly text: string;
}

export function explain(thrown: unknown): Explanation {
  const shortage = fewDescriptors(thrown);
  const error = shortage === null ? thrown : usageFailure(shortage);
  if (error instanceof RaftError) {
    const { code, message, retry, leader } = error;
    const follow = leader === null ? '' : `, leader ${leader}`;
    const text = `${message}${whatNext(error)} (${code}, retry: ${retry}${follow})`;
    return { exitCode: exitCodeOf(error), code, message, retry, leader, text };
  }
  const { exitCode, code, message } = error instanceof CliFailure ? error : ownFault(error);
  return { exitCode, code, message, retry: 'never', leader: null, text: message };
}

/** Nobody listens: most often the first thing that goes wrong, for whoever has started no server yet, or has it elsewhere. */
function whatNext({ code, message }: RaftError): string {
  if (code !== 'RAFT_UNREACHABLE' || !message.includes('(ECONNREFUSED)')) return '';
  return ' Start a server there (raftchart demo, or serve), or name one that runs by --endpoints.';
}

function ownFault(error: unknown): CliFailure {
  const why = error instanceof Error ? error.message : String(error);
  const text = `this is a fault of raftchart: ${why}`;
  return new CliFailure(EXIT.invariantBroken, text, 'RAFT_INVARIANT_VIOLATED');
}

export function errorLine(
  name: string,
  { code, message, retry, leader, text }: Explanation,
  isJson: boolean,
): string {
  if (!isJson) return `raftchart ${name}: ${harmless(text)}\n`;
  return `${JSON.stringify({ code, message, retry, ...(leader !== null && { leader }) })}\n`;
}

/** Read by itself, since what is wrong may be the command line. */
export function wantsJsonErrors(argv: readonly string[], environment: Environment): boolean {
  return (
    (lastWordOn(['-o', '--output'], argv) ?? environment[environmentName('output')]) === 'json'
  );
}

/** What was given last by one of these names, in whichever form; `undefined`: nothing was. */
export function lastWordOn(names: readonly string[], argv: readonly string[]): string | undefined {
  const end = argv.indexOf('--');
  const words = end < 0 ? argv : argv.slice(0, end);
  const given = words.flatMap((word, at) => {
    if (names.includes(word)) return [words[at + 1] ?? ''];
    const inline = names.map((name) => inlineValue(name, word)).find((value) => value !== null);
    return inline === undefined || inline === null ? [] : [inline];
  });
  return given.at(-1);
}

/** `--name=value`, and of a short one also `-nvalue`; `null`: it is none. */
function inlineValue(name: string, word: string): string | null {
  const isShort = !name.startsWith('--');
  if (!word.startsWith(isShort ? name : `${name}=`) || word === name) return null;
  const value = word.slice(name.length).replace(/^=/, '');
  return value === '' ? null : value;
}
