/**
 * One request, of JSON if it has a body, that ends in time, with an answer of bounded size or with words for why there is none. Unlike `fetch`, it
 * has no list of ports that it refuses to speak to (6000 is one of them).
 */
import { type IncomingMessage, type RequestOptions, request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import type { SecureContext } from 'node:tls';
import { networkFailureNamed } from '../../wire/network-failure.ts';
import { abruptEndText, tlsFailureText } from '../../wire/tls-failure.ts';
import { ANSWER_BYTES_MAX } from '../limits.ts';
import { withDeadline } from './deadline.ts';

interface HttpAsking {
  readonly timeoutMs: number;
  /** Of these, how many a connection may take; all unless given. */
  readonly connectMs?: number;
  readonly interrupted: AbortSignal;
  /** GET unless given. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly body?: string;
  /** Whom it trusts, and who it is, where the URL asks for TLS. */
  readonly secureContext?: SecureContext | undefined;
  /** By which it is known; `null`: by none. */
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Rejects with an `Error` whose message says in a few words what happened. */
export function askOverHttp(
  url: string,
  { timeoutMs, interrupted, method = 'GET', secureContext, token = null, ...more }: HttpAsking,
): Promise<HttpAnswer> {
  return withDeadline(timeoutMs, interrupted, async (signal) => {
    try {
      const context = secureContext === undefined ? {} : { secureContext };
      const headers = { ...headersFor(token), ...more.headers };
      const { body, connectMs = timeoutMs } = more;
      return await answerOf(url, { signal, method, headers, ...context }, { body, connectMs });
    } catch (error) {
      const why = signal.aborted ? signal.reason : error;
      throw new Error(wordsFor(why, url.startsWith('https:')), { cause: error });
    }
  });
}

/** There was none in time, so that nothing has left. */
export class NotConnected extends Error {
  constructor(connectMs: number) {
    super(`no connection within ${connectMs} ms`);
  }
}

function answerOf(
  url: string,
  how: RequestOptions & { readonly signal: AbortSignal },
  { body: sent, connectMs }: { readonly body: string | undefined; readonly connectMs: number },
): Promise<HttpAnswer> {
  const ask = url.startsWith('https:') ? requestSecure : requestPlain;
  return new Promise((resolve, reject) => {
    const request = ask(url, { ...how, agent: false }, (response) => {
      const { headers, statusCode: status = 0 } = response;
      bodyOf(response).then((body) => resolve({ status, headers, body }), reject);
    });
    request.on('error', reject);
    const late = setTimeout(() => request.destroy(new NotConnected(connectMs)), connectMs);
    request.once('socket', (socket) => socket.once('connect', () => clearTimeout(late)));
    request.once('close', () => clearTimeout(late));
    request.end(sent);
  });
}

export function headersFor(token: string | null): Readonly<Record<string, string>> {
  return token === null ? {} : { authorization: `Bearer ${token}` };
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

export function wordsFor(error: unknown, isSecure: boolean): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : '';
  // What breaks off within an answer is 'aborted', and had no trouble with TLS.
  if (code === 'ECONNRESET' && error.message !== 'aborted') return abruptEndText(isSecure);
  return tlsFailureText(error) ?? networkFailureNamed(code) ?? (code === '' ? error.message : code);
}
