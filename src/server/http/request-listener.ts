/**
 * Requests of Node's server as those of the API, and its responses as Node's. It brings along what Node loads for `Request` and
 * `Response`, which takes longer than a start should wait: it is loaded while the disk is read.
 */
import { IncomingMessage, type RequestListener, ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { getRequestListener, type Http2Bindings, type HttpBindings } from '@hono/node-server';
import { visitorOf } from '../access/credentials.ts';
import { badRequest, errorResponse } from '../errors.ts';
import type { Exchange } from './http-answer.ts';
import type { HttpApi } from './http-api.ts';
import { isStillSent, lastUnlessRead } from './last-answer.ts';

type Bindings = HttpBindings | Http2Bindings;

export function requestListener(api: HttpApi): RequestListener {
  const answer = async (request: Request, env: Bindings): Promise<Response> => {
    const response = await api.fetch(request, exchangeOf(env));
    const { incoming, outgoing } = env;
    if (!(incoming instanceof IncomingMessage && outgoing instanceof ServerResponse)) {
      return response;
    }
    if (isStillSent(incoming)) {
      await nextTurn();
      lastUnlessRead(incoming, outgoing);
    }
    return response;
  };
  return getRequestListener(answer, {
    // Lighter Request and Response objects in this process: a fifth of the cost of a small request.
    overrideGlobalObjects: true,
    errorHandler: () => errorResponse(badRequest('The request line or its Host header is broken.')),
  });
}

function exchangeOf({ incoming, outgoing }: Bindings): Exchange {
  const end = (): void => {
    outgoing.destroy();
  };
  return {
    // First of all: the next request of the connection begins behind it.
    whenOver: (over) => outgoing.prependOnceListener('close', over),
    visitor: visitorOf(incoming),
    end,
    endWithReader: () => {
      const { socket } = incoming;
      if (socket.readableEnded) return end();
      socket.once('end', end);
      outgoing.once('close', () => socket.off('end', end));
    },
  };
}
