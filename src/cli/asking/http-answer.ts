/**
 * One request, of JSON if it has a body, that ends in time, with an answer of bounded size or with words for why there is none. Unlike `fetch`, it
 * has no list of ports that it refuses to speak to (6000 is one of them).
 */
import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import { ANSWER_BYTES_MAX } from '../limits.ts';
import { withDeadline } from './deadline.ts';

interface Asking {
  readonly timeoutMs: number;
  readonly interrupted: AbortSignal;
  /** GET unless given. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly body?: string;
}

interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** Rejects with an `Error` whose message says in a few words what happened. */
export function httpAnswer(
  url: string,
  { timeoutMs, interrupted, method = 'GET', body }: Asking,
): Promise<HttpAnswer> {
  return withDeadline(timeoutMs, interrupted, async (signal) => {
    try {
      return await answerOf(url, { signal, method }, body);
    } catch (error) {
      throw new Error(signal.aborted ? wordsFor(signal.reason) : wordsFor(error), { cause: error });
    }
  });
}

function answerOf(
  url: string,
  how: { readonly signal: AbortSignal; readonly method: string },
  sent?: string,
): Promise<HttpAnswer> {
  const ask = url.startsWith('https:') ? requestSecure : requestPlain;
  return new Promise((resolve, reject) => {
    const request = ask(url, { ...how, agent: false }, (response) => {
      bodyOf(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
    });
    request.on('error', reject);
    request.end(sent);
  });
}

export async function bodyOf(response: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    if (!(chunk instanceof Uint8Array)) continue;
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) throw new Error('its answer has no end');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** OpenSSL's own words name its source files; a person wants to know what to change. */
export function wordsFor(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) return NOT_TLS;
  return code === '' ? error.message : code;
}

const NOT_TLS = 'what listens there does not speak TLS: use http://';
