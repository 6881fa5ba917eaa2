/**
 * The stream of another member, passed on as it comes: a page that was loaded here may ask nobody else (SV34). Whoever
 * reads slowly slows the reading of that member, which then leaves records out and says so: nothing is held here.
 */
import { get as getPlain, type IncomingMessage } from 'node:http';
import { get as getSecure } from 'node:https';
import type { SecureContext } from 'node:tls';
import { RaftError } from '../../../core/errors.ts';
import { tlsFailureText } from '../../../wire/tls-failure.ts';
import { errorResponse } from '../../errors.ts';
import { RELAY_TIMEOUT_MS } from '../../limits.ts';
import type { OpenStreams } from '../../open-streams.ts';
import type { Heard } from './event-ids.ts';

interface Relayed {
  readonly node: string;
  /** Where its clients are served: `http://host:port`, or https. */
  readonly url: string;
  /** Whom this node trusts, if that URL asks for TLS. */
  readonly secureContext: SecureContext | undefined;
  readonly heard: Heard;
  /** As its reader has shown it to this member: the other one asks for it as well. `null`: nothing. */
  readonly authorization: string | null;
  /** How long it may say nothing, in milliseconds: then it is taken to be gone. */
  readonly silenceMsMax: number;
  readonly signal: AbortSignal;
}

/** 502: it is not to be reached, or does not show itself. It counts as a stream from the moment that it is asked for. */
export async function relay(relayed: Relayed, streams: OpenStreams): Promise<Response> {
  const over = new AbortController();
  const forget = streams.add(() => over.abort());
  try {
    const signal = AbortSignal.any([relayed.signal, over.signal]);
    const stream = await open({ ...relayed, signal });
    stream.once('close', forget);
    return new Response(passedOn(stream, relayed), {
      headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
    });
  } catch (error) {
    forget();
    const why = error instanceof Error ? error.message : String(error);
    const text = `${relayed.node} cannot be watched at ${relayed.url}: ${why}. Ask again when it is back.`;
    return errorResponse(new RaftError('RAFT_UNREACHABLE', text), { status: 502 });
  }
}

/**
 * However it ends, it ends here as well, as if there were no more: its reader asks again. A machine that has lost its power
 * or its cable ends nothing, and says nothing either; while the reader takes nothing, nobody listens whether it does.
 */
function passedOn(
  stream: IncomingMessage,
  { silenceMsMax }: Pick<Relayed, 'silenceMsMax'>,
): ReadableStream<Uint8Array> {
  let isOver = false;
  stream.socket.on('timeout', () => stream.destroy());
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        stream.on('error', () => {});
        stream.on('data', (bytes: Buffer) => {
          controller.enqueue(bytes);
          stream.pause();
          stream.setTimeout(0);
        });
        stream.once('close', () => {
          if (!isOver) controller.close();
        });
      },
      pull: () => {
        stream.setTimeout(silenceMsMax);
        stream.resume();
      },
      cancel: () => {
        isOver = true;
        stream.destroy();
      },
    },
    { highWaterMark: 0 },
  );
}

/** What its reader has had is for that member to judge: the ids are its own. */
function open({
  authorization,
  heard: { from, lastId },
  secureContext,
  signal,
  url,
}: Relayed): Promise<IncomingMessage> {
  const query = from === null ? '' : `?from=${from}`;
  const headers = {
    ...(lastId !== null && { 'last-event-id': lastId }),
    ...(authorization !== null && { authorization }),
  };
  return new Promise((resolve, reject) => {
    const get = url.startsWith('https:') ? getSecure : getPlain;
    const how = { agent: false, headers, signal, ...(secureContext && { secureContext }) } as const;
    const request = get(`${url}/inspect${query}`, how, (stream) => {
      request.setTimeout(0);
      const { headers, statusCode } = stream;
      if (statusCode === 200 && headers['content-type'] === 'text/event-stream') {
        return resolve(stream);
      }
      stream.destroy();
      reject(new Error(`it answers ${statusCode}`));
    });
    request.setTimeout(RELAY_TIMEOUT_MS, () => request.destroy(new Error('it does not answer')));
    request.on('error', (error) => reject(new Error(tlsFailureText(error) ?? error.message)));
  });
}
