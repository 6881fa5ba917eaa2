/** What only the cluster as a whole can do: any server takes it, and the first that runs decides. */
import { isErrorCode, isRetry, RaftError } from '../../core/errors.ts';
import type { CliContext } from '../command.ts';
import { ASKED_MS_MAX, SERVER_WORDS_LENGTH_MAX } from '../limits.ts';
import { askOverHttp } from './ask-over-http.ts';
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
 * was asked to change something and did not say what became of it: then nobody knows what became of that. Who interrupts asks no other.
 */
export async function askServers<Answer>(
  { path, query, method, body }: Question,
  { 'timeout-ms': timeoutMs, ...caller }: Asking,
  { interrupted }: Pick<CliContext, 'interrupted'>,
  read: (answer: Fields) => Answer | null,
): Promise<Answer> {
  const silent: string[] = [];
  let mayHaveHappened = false;
  const token = tokenIn(caller);
  const within = method === 'GET' ? [] : [`timeoutMs=${Math.min(timeoutMs, ASKED_MS_MAX)}`];
  const parameters = [...(query === undefined ? [] : [query]), ...within].join('&');
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const secureContext = tlsContext(caller);
  for (const endpoint of await serversOf(caller)) {
    const url = `${endpoint.replace(/^ws/, 'http')}${path}${parameters === '' ? '' : `?${parameters}`}`;
    try {
      const answer = await askOverHttp(url, {
        timeoutMs,
        interrupted,
        method,
        secureContext,
        token,
        ...sent,
      });
      return answerIn(answer.body, read);
    } catch (error) {
      const isItsLast = error instanceof RaftError && error.code !== 'RAFT_STOPPED';
      if (isItsLast) throw mayHaveHappened ? notKnown(error.message) : error;
      mayHaveHappened ||= method !== 'GET' && mayBeDone(error);
      if (interrupted.aborted) throw mayHaveHappened ? notKnown(STOPPED) : stopped(error);
      silent.push(`${endpoint}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const text = `No server answered (${silent.join('; ')}).`;
  throw mayHaveHappened ? notKnown(text) : new RaftError('RAFT_UNREACHABLE', text);
}

/** A server says itself whether it did nothing: one that stops may not know. Nothing has left without a connection. */
function mayBeDone(error: unknown): boolean {
  if (error instanceof RaftError) return error.retry === 'outcomeUnknown';
  const { cause } = error instanceof Error ? error : {};
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
