/** What only the cluster as a whole can do: any server takes it, and the first that runs decides. */
import { isErrorCode, isRetry, RaftError } from '../../core/errors.ts';
import type { CliContext } from '../command.ts';
import { ASKED_MS_MAX, SERVER_WORDS_LENGTH_MAX } from '../limits.ts';
import { askOverHttp, NotConnected } from './ask-over-http.ts';
import { tlsContext } from './client-tls.ts';
import { type CallerValues, tokenIn } from './client-token.ts';
import { type Fields, fieldsIn } from './json-fields.ts';
import { serversOf } from './named-servers.ts';

export interface Asking extends CallerValues {
  readonly endpoints: readonly string[];
  /** In their place; absent: DNS is not asked. */
  readonly 'discover-srv'?: string | null;
  readonly 'timeout-ms': number;
}

interface Question {
  readonly path: string;
  /** Percent-encoded, without a question mark. */
  readonly query?: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly body?: unknown;
}

/**
 * The answer of the first server that runs, if `read` knows it; an error is told as the server has it, unless a server before it
 * was asked to change something and did not say what became of it: then nobody knows what became of that. Who interrupts asks no other,
 * nor is one asked once the time is over: it is one for all.
 */
export async function askServers<Answer>(
  question: Question,
  { 'timeout-ms': timeoutMs, ...caller }: Asking,
  { interrupted }: Pick<CliContext, 'interrupted'>,
  read: (answer: Fields) => Answer | null,
): Promise<Answer> {
  const endsAt = performance.now() + timeoutMs;
  const silent: string[] = [];
  let mayHaveHappened = false;
  const how = { interrupted, token: tokenIn(caller), secureContext: tlsContext(caller) };
  const servers = await serversOf(caller);
  for (const [at, endpoint] of servers.entries()) {
    const leftMs = Math.ceil(endsAt - performance.now());
    if (leftMs <= 0) {
      silent.push(`${endpoint}: not asked, since the time was over`);
      continue;
    }
    try {
      const within = timesOf(question, leftMs, servers.length - at);
      const answer = await askOverHttp(urlOf(endpoint, question, leftMs), { ...how, ...within });
      return answerIn(answer.body, read);
    } catch (error) {
      const isItsLast = error instanceof RaftError && error.code !== 'RAFT_STOPPED';
      if (isItsLast) throw mayHaveHappened ? notKnown(error.message) : error;
      mayHaveHappened ||= question.method !== 'GET' && mayBeDone(error);
      if (interrupted.aborted) throw mayHaveHappened ? notKnown(STOPPED) : stopped(error);
      silent.push(`${endpoint}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const nobody = new NobodyAnswered(silent);
  throw mayHaveHappened ? notKnown(nobody.message) : nobody;
}

export class NobodyAnswered extends RaftError {
  /** Of each server its URL and why not. */
  readonly silent: readonly string[];

  constructor(silent: readonly string[]) {
    super('RAFT_UNREACHABLE', `No server answered (${silent.join('; ')}).`);
    this.silent = silent;
  }
}

function urlOf(endpoint: string, { method, path, query }: Question, leftMs: number): string {
  const within = method === 'GET' ? [] : [`timeoutMs=${Math.min(leftMs, ASKED_MS_MAX)}`];
  const parameters = [...(query === undefined ? [] : [query]), ...within].join('&');
  return `${endpoint.replace(/^ws/, 'http')}${path}${parameters === '' ? '' : `?${parameters}`}`;
}

/**
 * Who does not answer leaves time for those behind it. A server that was asked to change something has all of it, once it is connected: to
 * ask the next one would tell nothing of what became of that.
 */
function timesOf({ body, method }: Question, leftMs: number, servers: number) {
  const shareMs = Math.ceil(leftMs / servers);
  const times = { connectMs: shareMs, timeoutMs: method === 'GET' ? shareMs : leftMs };
  return { method, ...times, ...(body !== undefined && { body: JSON.stringify(body) }) };
}

/** A server says itself whether it did nothing: one that stops may not know. Nothing has left without a connection. */
function mayBeDone(error: unknown): boolean {
  if (error instanceof RaftError) return error.retry === 'outcomeUnknown';
  const { cause } = error instanceof Error ? error : {};
  if (cause instanceof NotConnected) return false;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return !NEVER_SENT.has(code);
}

const NEVER_SENT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

function notKnown(text: string): RaftError {
  return new RaftError(
    'RAFT_OUTCOME_UNKNOWN',
    `A server was asked, and what became of that is not known: look before you ask again. Then: ${text}`,
  );
}

const STOPPED = 'It was stopped before a server had answered.';

export function stopped(cause: unknown): RaftError {
  return new RaftError('RAFT_ABORTED', STOPPED, { retry: 'safe', cause });
}

function answerIn<Answer>(body: string, read: (answer: Fields) => Answer | null): Answer {
  const fields = fieldsIn(body);
  if (fields === null) throw new Error(FOREIGN);
  const error = errorIn(fields);
  if (error !== null) throw error;
  const answer = read(fields);
  if (answer !== null) return answer;
  throw new Error(FOREIGN);
}

/** What a server says of a failure; `null`: it says nothing of one. */
export function errorIn({ code, message, retry }: Fields): RaftError | null {
  if (typeof code !== 'string' || !isErrorCode(code)) return null;
  // Bound: it may be anybody who answers, and what is said ends in a log.
  const words = String(message).slice(0, SERVER_WORDS_LENGTH_MAX);
  return new RaftError(code, words, isRetry(retry) ? { retry } : {});
}

/** Why an answer is none. */
export const FOREIGN = 'what listens there is no client port of raftchart';
