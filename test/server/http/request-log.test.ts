/** The log of requests: what it says of each, and what it never says. */

import { expect, it } from 'vitest';
import { nobody } from '../../../src/server/access/visitor.ts';
import { createHttpApi } from '../../../src/server/http/http-api.ts';
import type { RequestFacts } from '../../../src/server/operations/request-log.ts';
import { localApi } from '../local-server.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

async function toldOf(path: string, init: RequestInit = {}): Promise<RequestFacts | undefined> {
  const { context, streams } = localApi();
  const told: RequestFacts[] = [];
  const api = createHttpApi({ ...context, requestLog: () => (facts) => told.push(facts) }, streams);
  const request = new Request(`http://local.test${path}`, init);
  const response = await api.fetch(request, {
    visitor: nobody(),
    whenOver: () => {},
    endWithReader: () => {},
    end: () => {},
  });
  await response.body?.cancel();
  expect(told).toHaveLength(1);
  return told[0];
}

it('[OP9] a request is told with its route, its status and how long it took, and neither key nor value', async () => {
  const init = { method: 'PUT', body: 'a secret value' };
  const facts = await toldOf('/kv/a-secret-key?timeoutMs=9', init);
  expect(facts).toEqual({
    ...{ method: 'PUT', route: '/kv/*', status: 200, trace: null },
    ms: expect.any(Number),
  });
  expect(await toldOf('/nowhere')).toMatchObject({ route: 'none', status: 404 });
});

it('[OP9] it names the trace that it is part of, and none that is malformed', async () => {
  const traced = async (traceparent: string): Promise<unknown> =>
    (await toldOf('/livez', { headers: { traceparent } }))?.trace;
  const known = { traceId: TRACE, spanId: SPAN };
  expect(await traced(`00-${TRACE}-${SPAN}-01`)).toEqual(known);
  expect(await traced(`01-${TRACE}-${SPAN}-00-and-more`)).toEqual(known);
  for (const malformed of [
    `00-${TRACE}-${SPAN}-01-more`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE}-${SPAN}`,
    '',
  ]) {
    expect(await traced(malformed), malformed).toBeNull();
  }
});
