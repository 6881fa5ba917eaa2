/** An answer that comes piece by piece, as long as it comes: of any length, and never silent for longer than its bound. */
import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import type { SecureContext } from 'node:tls';
import type { CliContext } from '../command.ts';
import { bodyOf, headersFor, wordsFor } from './ask-over-http.ts';

interface Streaming extends Pick<CliContext, 'interrupted'> {
  /** How long it may take to begin, and how long it may say nothing after that. */
  readonly timeoutMs: number;
  readonly silenceMs: number;
  /** Whom it trusts, and who it is, where the URL asks for TLS. */
  readonly secureContext: SecureContext | undefined;
  /** By which it is known; `null`: by none. */
  readonly token: string | null;
}

/** What answers with a status other than 200 has said why, in at most so many bytes as an answer has. */
type HttpStream =
  | { readonly type: 'pieces'; readonly pieces: AsyncIterable<Uint8Array> }
  | { readonly type: 'refusal'; readonly body: string };

/** Rejects with an `Error` whose message says in a few words what happened. */
export function httpStream(url: string, streaming: Streaming): Promise<HttpStream> {
  const { interrupted, secureContext, silenceMs, timeoutMs, token } = streaming;
  const isSecure = url.startsWith('https:');
  const ask = isSecure ? requestSecure : requestPlain;
  const how = {
    agent: false,
    signal: interrupted,
    headers: headersFor(token),
    ...(secureContext && { secureContext }),
  } as const;
  return new Promise((resolve, reject) => {
    const failed = (error: unknown): void => {
      const why = interrupted.aborted ? interrupted.reason : error;
      reject(new Error(wordsFor(why, isSecure), { cause: error }));
    };
    const request = ask(url, how, (response) => {
      request.setTimeout(silenceMs, () => response.destroy(new Error(silentFor(silenceMs))));
      if (response.statusCode === 200) resolve({ type: 'pieces', pieces: piecesOf(response) });
      else bodyOf(response).then((body) => resolve({ type: 'refusal', body }), failed);
    });
    request.setTimeout(timeoutMs, () => request.destroy(new Error(silentFor(timeoutMs))));
    request.on('error', failed);
    request.end();
  });
}

async function* piecesOf(response: IncomingMessage): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of response) if (piece instanceof Uint8Array) yield piece;
}

function silentFor(ms: number): string {
  return `no answer within ${ms} ms`;
}
