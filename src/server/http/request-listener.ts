/**
 * Requests of Node's server as those of the API, and its responses as Node's. It brings along what Node loads for `Request` and
 * `Response`, which takes longer than a start should wait: it is loaded while the disk is read.
 */
import type { RequestListener } from 'node:http';
import { getRequestListener, type Http2Bindings, type HttpBindings } from '@hono/node-server';
import { visitorOf } from '../access/credentials.ts';
import { badRequest, errorResponse } from '../errors.ts';
import type { Exchange } from './http-answer.ts';
import type { HttpApi } from './http-api.ts';

export function requestListener(api: HttpApi): RequestListener {
  return getRequestListener((request, env) => api.fetch(request, exchangeOf(env)), {
    // Lighter Request and Response objects in this process: a fifth of the cost of a small request.
    overrideGlobalObjects: true,
    errorHandler: () => errorResponse(badRequest('The request line or its Host header is broken.')),
  });
}

function exchangeOf({ incoming, outgoing }: HttpBindings | Http2Bindings): Exchange {
  return {
    // First of all: the next request of the connection begins behind it.
    whenOver: (over) => outgoing.prependOnceListener('close', over),
    visitor: visitorOf(incoming),
    end: () => outgoing.destroy(),
  };
}
