/** Writes of the client library, each of which takes effect once, however often it has to be sent. */
import { describe, expect, it } from 'vitest';
import { clientSettings } from '../../../src/client/client-options.ts';
import { KvClient } from '../../../src/client/kv-client.ts';
import type { ClientRequest } from '../../../src/client-protocol/frame-shapes.ts';
import { RaftError } from '../../../src/core/errors.ts';
import { connectionClock, connectionRandom } from '../../../src/wire/ws-clock.ts';
import { dialWebSocket } from '../../../src/wire/ws-socket.ts';
import { cleanUp } from '../../clean-up.ts';
import { eventually } from '../../server/eventually.ts';
import { LocalReplica } from '../../server/local-replica.ts';
import { served } from '../../server/local-server.ts';
import { helloOf, scriptedServer, tellDone } from '../scripted-server.ts';
import { clientAt, clientOf, rejection } from '../stage.ts';

function sessionsOf(requests: readonly ClientRequest[]): readonly unknown[] {
  return requests.map((request) => {
    if (request.type !== 'submit' || request.session === null) return null;
    const { sequence, acknowledgedThrough, opening } = request.session;
    return [sequence, acknowledgedThrough, opening !== null];
  });
}

describe('a write of a session', () => {
  it('[SE15] is sent again over the next connection, and takes effect once', async () => {
    const { server, client } = await clientAt(served());
    const { replica } = server;
    await client.put('a', '1');
    replica.mood = 'held';
    const write = client.put('a', '2', { returnPrevious: true });
    await eventually(() => replica.queued).toBe(1);
    server.clients.dropAll();
    await eventually(() => replica.queued).toBe(2);
    replica.mood = 'serving';
    expect(await write).toMatchObject({ revision: 3, previous: { version: 1 } });
    expect(await client.get('a')).toMatchObject({ version: 2, modRevision: 3 });
  });

  it('[SE15] is sent again when nobody knows what became of it, until that is known', async () => {
    const { server, client } = await clientAt(served());
    server.replica.mood = 'undecided';
    const write = client.put('a', '1');
    setTimeout(() => {
      server.replica.mood = 'serving';
    }, 150);
    expect(await write).toMatchObject({ revision: 2 });
  });

  it('[SE15] is sent again as soon as its server knows a leader, however long the pause', async () => {
    const server = await scriptedServer();
    server.onRequest = ({ id }, reply) => {
      server.onRequest = tellDone;
      const error = new RaftError('RAFT_OUTCOME_UNKNOWN', 'its leader is gone');
      reply({ type: 'failed', id, error, compactedRevision: null });
      reply(helloOf('n1', 'n2'));
    };
    const clock = { ...connectionClock, setTimeout: () => null };
    const settings = clientSettings({ endpoints: [server.url] });
    const ports = { dial: dialWebSocket, clock, random: connectionRandom };
    const client = new KvClient(settings, ports);
    cleanUp(() => client.close());
    expect(await client.put('a', 'x')).toMatchObject({ revision: 7 });
  });

  it('[SE15] is never said to be safe once it was sent in vain, and ends at its timeout', async () => {
    const server = await scriptedServer();
    let answers = 0;
    server.onRequest = ({ id }, reply) => {
      answers += 1;
      const code = answers === 1 ? 'RAFT_OUTCOME_UNKNOWN' : 'RAFT_NO_LEADER';
      const error = new RaftError(code, 'in trouble');
      reply({ type: 'failed', id, error, compactedRevision: null });
    };
    const client = clientOf([server.url], { timeoutMs: 300 });
    const error = await rejection(client.put('a', 'x'));
    expect([error.code, error.retry]).toEqual(['RAFT_TIMED_OUT', 'outcomeUnknown']);
    expect(answers).toBeGreaterThan(2);
  });

  it("[SE15] is sent again when another leader's entry took its place", async () => {
    const server = await scriptedServer();
    const requests: ClientRequest[] = [];
    server.onRequest = (request, reply) => {
      requests.push(request);
      if (requests.length > 1) return tellDone(request, reply);
      const error = new RaftError('RAFT_OVERWRITTEN', 'it never took effect');
      reply({ type: 'failed', id: request.id, error, compactedRevision: null });
    };
    await clientOf([server.url]).put('a', 'x');
    expect(sessionsOf(requests)).toEqual([
      [1, 0, true],
      [1, 0, true],
    ]);
  });

  it('[SE15] a refusal of the first sending is told at once, as before', async () => {
    const { server, client } = await clientAt(served());
    server.replica.mood = 'overloaded';
    expect(await rejection(client.put('a', 'x'))).toMatchObject({
      code: 'RAFT_OVERLOADED',
      retry: 'safe',
    });
  });

  it('[SE15] an aborted one is not sent again', async () => {
    const { server, client } = await clientAt(served());
    server.replica.mood = 'held';
    const controller = new AbortController();
    const { signal } = controller;
    const write = rejection(client.put('a', 'x', { signal }));
    await eventually(() => server.replica.queued).toBe(1);
    controller.abort();
    expect(await write).toMatchObject({ code: 'RAFT_ABORTED', retry: 'outcomeUnknown' });
    server.clients.dropAll();
    await client.get('b', { consistency: 'local' });
    expect(server.replica.queued).toBe(1);
  });

  it('[SE15] its first writes open the session, each later one says what was answered', async () => {
    const server = await scriptedServer();
    server.onRequest = tellDone;
    const client = clientOf([server.url]);
    await Promise.all([client.put('a', '1'), client.put('b', '1')]);
    await client.put('c', '1');
    expect(sessionsOf(server.requests())).toEqual([
      [1, 0, true],
      [2, 0, true],
      [3, 2, false],
    ]);
  });

  it('[SE15] goes into a new session when its own is over, and nobody notices', async () => {
    const { server, client } = await clientAt(served());
    expect(await client.put('a', '1')).toMatchObject({ revision: 2 });
    server.replica.timeMs += 3_600_000;
    expect(await client.put('a', '2')).toMatchObject({ revision: 3 });
    expect(await client.get('a')).toMatchObject({ version: 2 });
  });

  it('[SE15] one that may have taken effect in a session that is over is not repeated in another', async () => {
    const { server, client } = await clientAt(served());
    const { replica } = server;
    await client.put('a', '1');
    replica.mood = 'held';
    const write = rejection(client.put('a', '2'));
    await eventually(() => replica.queued).toBe(1);
    replica.drop();
    server.clients.dropAll();
    await eventually(() => replica.queued).toBe(1);
    replica.timeMs += 3_600_000;
    replica.mood = 'serving';
    const error = await write;
    expect([error.code, error.retry]).toEqual(['RAFT_OUTCOME_UNKNOWN', 'outcomeUnknown']);
    expect(await client.get('a')).toMatchObject({ version: 1 });
  });

  it.each([-3_600_000, 3_600_000])(
    '[SE15] a client whose clock is off by %d ms learns the time of the servers',
    async (aheadMs) => {
      const replica = new LocalReplica();
      replica.timeMs = Date.now();
      const { url } = await served({ replica });
      const clock = { ...connectionClock, wallTimeMs: () => Date.now() + aheadMs };
      const ports = { dial: dialWebSocket, clock, random: connectionRandom };
      const client = new KvClient(clientSettings({ endpoints: [url] }), ports);
      cleanUp(() => client.close());
      expect(await client.put('a', '1')).toMatchObject({ revision: 2 });
      expect(await client.put('a', '2')).toMatchObject({ revision: 3 });
    },
  );

  it('[SE15] is sent once, and without a session, if told so', async () => {
    const { server, client } = await clientAt(scriptedServer(), { sessions: false });
    const write = rejection(client.put('a', 'x'));
    await eventually(() => server.requests().length).toBe(1);
    expect(sessionsOf(server.requests())).toEqual([null]);
    server.connections[0]?.terminate();
    expect(await write).toMatchObject({ code: 'RAFT_OUTCOME_UNKNOWN' });
  });
});
