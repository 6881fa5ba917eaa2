/** Sessions over plain HTTP: two headers, and the same request again gives the same answer. */
import { describe, expect, it } from 'vitest';
import { expectAnswer, type LocalApi, localApi } from '../local-server.ts';

async function opened({ send }: LocalApi, query = ''): Promise<{ session: string; ttlMs: number }> {
  const response = await send(`/sessions${query}`, { method: 'POST' });
  expect(response.status).toBe(200);
  return response.json();
}

const headersOf = (session: string, sequence: number | string): Record<string, string> => ({
  'raftchart-session': session,
  'raftchart-sequence': String(sequence),
});

describe('sessions over HTTP', () => {
  it('[SE14] a write with the same session and sequence takes effect once, of every kind', async () => {
    const server = localApi();
    const { session } = await opened(server);
    const writes: readonly [string, RequestInit][] = [
      ['/kv/a', { method: 'PUT', body: '1' }],
      ['/kv/a', { method: 'DELETE' }],
      ['/txn', { method: 'POST', body: '{"success":[{"type":"put","key":"b","value":"1"}]}' }],
      ['/kv/a', { method: 'PUT', body: '2', headers: { 'if-match': '*' } }],
      ['/compact', { method: 'POST', body: '{"revision":2}' }],
    ];
    for (const [at, [path, init]] of writes.entries()) {
      const headers = { ...init.headers, ...headersOf(session, at + 1) };
      const first = await server.send(path, { ...init, headers });
      const again = await server.send(path, { ...init, headers });
      expect(again.status).toBe(first.status);
      expect(await again.text()).toBe(await first.text());
    }
    expect(server.replica.machine.revision).toBe(4);
  });

  it('[SE14] opens with a time to live, renews and closes', async () => {
    const server = localApi();
    const { session, ttlMs } = await opened(server, '?ttlMs=5000');
    expect([session, ttlMs]).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), 5_000]);
    expect((await opened(server)).ttlMs).toBe(600_000);
    server.replica.timeMs += 4_000;
    const renewed = await server.send(`/sessions/${session}`, { method: 'POST' });
    expect(await renewed.json()).toEqual({ session, ttlMs });
    server.replica.timeMs += 4_000;
    const closed = await server.send(`/sessions/${session}`, { method: 'DELETE' });
    expect(await closed.json()).toEqual({ session, ttlMs });
    await expectAnswer(
      server.send('/kv/a', {
        method: 'PUT',
        body: '1',
        headers: headersOf(session, 1),
      }),
      409,
      { code: 'RAFT_SESSION_EXPIRED', retry: 'never' },
    );
    expect(server.replica.machine.keyCount).toBe(0);
  });

  it('[SE14] forgets what the client has acknowledged', async () => {
    const server = localApi();
    const { session } = await opened(server);
    const put = (sequence: number, more: Record<string, string> = {}): Promise<Response> =>
      server.send('/kv/a', {
        method: 'PUT',
        body: '1',
        headers: { ...headersOf(session, sequence), ...more },
      });
    await put(1);
    await put(2, { 'raftchart-acknowledged': '1' });
    expect(await (await put(1)).json()).toMatchObject({ code: 'RAFT_SEQUENCE_PASSED' });
    expect(server.replica.machine.revision).toBe(3);
  });

  it.each([
    ['half of it', { 'raftchart-session': '0'.repeat(32) }],
    ['the other half', { 'raftchart-sequence': '1' }],
    ['no id', headersOf('session', 1)],
    ['no number', headersOf('0'.repeat(32), 'one')],
    ['zero', headersOf('0'.repeat(32), 0)],
    [
      'more acknowledged than sent',
      { ...headersOf('0'.repeat(32), 1), 'raftchart-acknowledged': '1' },
    ],
  ])('[SE14] refuses a write that names %s, and does nothing', async (_, headers) => {
    const server = localApi();
    const response = await server.send('/kv/a', { method: 'PUT', body: '1', headers });
    expect(response.status).toBe(400);
    expect(server.replica.machine.keyCount).toBe(0);
  });
});
