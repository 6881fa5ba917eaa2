/** How requests end that are not answered: what the client claims must be what is known. */
import { describe, expect, it } from 'vitest';
import { RaftError } from '../../../src/core/errors.ts';
import { encodeResult } from '../../../src/kv/commands/result-codec.ts';
import { eventually } from '../../server/eventually.ts';
import { served } from '../../server/local-server.ts';
import { helloOf, SOMEWHERE, scriptedServer, tellDone, tellStatus } from '../scripted-server.ts';
import { clientAt, clientOf, facts, rejection } from '../stage.ts';

/** A port that nobody listens on. */
async function deadUrl(): Promise<string> {
  const server = await scriptedServer();
  await server.close();
  return server.url;
}

const UNKNOWN = ['RAFT_OUTCOME_UNKNOWN', 'outcomeUnknown'];

describe('without a connection', () => {
  it('[CL2] fails with the reason at its timeout; nothing was sent, so it is safe', async () => {
    const client = clientOf([await deadUrl()], { timeoutMs: 1_000 });
    const error = await rejection(client.put('a', 'x'));
    expect(facts(error)).toEqual(['RAFT_UNREACHABLE', 'safe']);
    expect(error.message).toContain('ECONNREFUSED');
  });

  it('[CL2] fails once all endpoints were tried, if told to give up then', async () => {
    const urls = [await deadUrl(), await deadUrl()];
    const client = clientOf(urls, { timeoutMs: 60_000, dialRoundsMax: 1 });
    expect(facts(await rejection(client.get('a')))).toEqual(['RAFT_UNREACHABLE', 'safe']);
  });

  it('[CL2] waits for a connection within its timeout', async () => {
    const url = await deadUrl();
    const client = clientOf([url]);
    const waiting = client.put('a', 'x');
    await served({ port: Number(new URL(url).port) });
    expect(await waiting).toMatchObject({ revision: 2 });
  });

  it('[CL2] does not count a server that does not introduce itself, or speaks another version', async () => {
    const server = await scriptedServer();
    server.hello = null;
    const mute = clientOf([server.url], { timeoutMs: 2_000, dialTimeoutMs: 500 });
    expect((await rejection(mute.get('a'))).message).toContain('hello');
    server.hello = helloOf('n1', null, 3);
    const newer = clientOf([server.url], { timeoutMs: 2_000 });
    expect((await rejection(newer.get('a'))).message).toContain('protocol 3');
    expect(server.requests()).toEqual([]);
  });
});

describe('when the connection breaks', () => {
  it('[CL3] does not know what became of a write that was sent, and never sends it again', async () => {
    const { server, client } = await clientAt(scriptedServer(), { sessions: false });
    const write = rejection(client.put('a', 'x'));
    await eventually(() => server.requests().length).toBe(1);
    server.connections[0]?.terminate();
    expect(facts(await write)).toEqual(UNKNOWN);
    await eventually(() => server.connections.length).toBe(2);
    server.onRequest = tellStatus;
    await client.status();
    expect(server.requests().filter(({ type }) => type === 'submit')).toHaveLength(1);
  });

  it('[CL3] asks a read again elsewhere, since it changes nothing', async () => {
    const broken = await scriptedServer();
    const whole = await served();
    broken.onRequest = () => broken.connections[0]?.terminate();
    const client = clientOf([broken.url, whole.url]);
    expect(await client.get('a')).toBeNull();
    expect(broken.requests()).toHaveLength(1);
    expect(client.connectedTo).toBe('n1');
  });

  it('[CL3] sends what had not left yet over the next connection', async () => {
    const { server, client } = await clientAt(scriptedServer(), { sessions: false });
    const next = client.put('a', 'x').catch(() => client.put('b', 'x'));
    await eventually(() => server.requests().length).toBe(1);
    server.onRequest = tellDone;
    server.connections[0]?.terminate();
    expect(await next).toMatchObject({ revision: 7 });
    expect(server.requests()).toHaveLength(2);
  });

  it('[CL6] takes a server that falls silent for dead', async () => {
    const silent = await scriptedServer();
    const whole = await served();
    const client = clientOf([silent.url, whole.url], { keepAliveMs: 300, sessions: false });
    await eventually(() => client.connectedTo).toBe('n1');
    silent.connections[0]?.pause();
    const write = await rejection(client.put('a', 'x'));
    expect(facts(write)).toEqual(UNKNOWN);
    expect(write.message).toContain('silent');
    expect(await client.put('a', 'x')).toMatchObject({ revision: 2 });
  });
});

describe('time', () => {
  it('[CL5] ends at the timeout; a write that was sent may have happened, a read has not', async () => {
    const { client } = await clientAt(scriptedServer());
    await eventually(() => client.connectedTo).toBe('n1');
    const soon = { timeoutMs: 100 };
    const writes = [client.put('a', 'x', soon), client.delete('a', soon), client.txn({}, soon)];
    const ends = await Promise.all([...writes, client.get('a', soon)].map(rejection));
    const unknown = ['RAFT_TIMED_OUT', 'outcomeUnknown'];
    expect(ends.map(facts)).toEqual([unknown, unknown, unknown, ['RAFT_TIMED_OUT', 'safe']]);
  });

  it('[CL5] leaves the server a little less time, so that its verdict comes first', async () => {
    const { server, client } = await clientAt(scriptedServer());
    client.put('a', 'x', { timeoutMs: 1000 }).catch(() => {});
    await eventually(() => server.requests().length).toBe(1);
    const [request] = server.requests();
    const timeoutMs = request?.type === 'submit' ? request.timeoutMs : 0;
    expect(timeoutMs).toBeGreaterThan(300);
    expect(timeoutMs).toBeLessThan(960);
  });

  it('[CL5] drops an answer that comes too late', async () => {
    const server = await scriptedServer();
    let answer = (): void => {};
    server.onRequest = (request, reply) => {
      answer = () => tellDone(request, reply);
    };
    const client = clientOf([server.url]);
    await eventually(() => client.connectedTo).toBe('n1');
    const late = await rejection(client.put('a', 'x', { timeoutMs: 59.99999999 }));
    expect([late.code, late.message]).toEqual([
      'RAFT_TIMED_OUT',
      expect.stringContaining(' 60 ms'),
    ]);
    answer();
    server.onRequest = tellStatus;
    expect(await client.status()).toEqual({ id: 'n1' });
  });
});

describe('aborting', () => {
  it('[CL4] ends at once, and says whether the request had left', async () => {
    const { server, client } = await clientAt(scriptedServer());
    const controller = new AbortController();
    const { signal } = controller;
    const write = rejection(client.put('a', 'x', { signal }));
    const read = rejection(client.get('a', { signal }));
    await eventually(() => server.requests().length).toBe(2);
    const unsent = rejection(client.put('b', 'x', { signal }));
    controller.abort(new Error('enough'));
    const ends = await Promise.all([write, read, unsent]);
    const safe = ['RAFT_ABORTED', 'safe'];
    expect(ends.map(facts)).toEqual([['RAFT_ABORTED', 'outcomeUnknown'], safe, safe]);
    expect(ends[0]?.cause).toEqual(new Error('enough'));
    expect(facts(await rejection(client.put('c', 'x', { signal })))).toEqual(safe);
    server.onRequest = tellStatus;
    await client.status();
    expect(server.requests().map(({ type }) => type)).toEqual(['submit', 'read', 'status']);
  });

  it('[CL4] lets go of the signal when the request is done', async () => {
    const { client } = await clientAt(served());
    const { signal } = new AbortController();
    let listening = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...parameters: Parameters<typeof add>) => {
      listening += 1;
      add(...parameters);
    };
    signal.removeEventListener = (...parameters: Parameters<typeof remove>) => {
      listening -= 1;
      remove(...parameters);
    };
    await client.put('a', 'x', { signal });
    await rejection(client.put('', 'x', { signal }));
    expect(listening).toBe(0);
    // Node.js warns of a leak at the eleventh listener.
    const watch = client.watch({ key: 'a', signal });
    const many = Array.from({ length: 20 }, () => client.get('a', { signal }));
    expect(listening).toBe(1);
    await Promise.all(many);
    expect(listening).toBe(1);
    watch.close();
    expect(listening).toBe(0);
  });
});

describe('a server that talks nonsense', () => {
  const nonsense: readonly [string, Buffer][] = [
    ['no msgpack', Buffer.from('nonsense')],
    ['no array', Buffer.from([0x07])],
    ['an unknown kind', Buffer.from([0x91, 0x92, 0x63, 0x01])],
    ['a reply without its fields', Buffer.from([0x91, 0x92, 0x01, 0x01])],
  ];

  it.each(nonsense)('[CL9] leaves it (%s), and claims only what it knows', async (_, frame) => {
    const { server, client } = await clientAt(scriptedServer(), { sessions: false });
    server.onRequest = () => server.connections.at(-1)?.send(frame);
    const error = await rejection(client.put('a', 'x'));
    expect(facts(error)).toEqual(UNKNOWN);
    expect(error.message).toContain('protocol');
  });

  it('[CL9] rejects the one call whose reply does not fit it', async () => {
    const server = await scriptedServer();
    const result = encodeResult({ type: 'compact', revision: 1, compactedRevision: 1 });
    server.onRequest = (request, reply) => {
      if (request.type === 'status') tellStatus(request, reply);
      else reply({ type: 'done', id: request.id, at: SOMEWHERE, result });
    };
    const client = clientOf([server.url]);
    const unread = Promise.all([rejection(client.put('a', 'x')), rejection(client.get('a'))]);
    expect(await client.status()).toEqual({ id: 'n1' });
    const [put, get] = await unread;
    expect([put.retry, get.code]).toEqual(['outcomeUnknown', 'RAFT_OUTCOME_UNKNOWN']);
  });

  it('[CL9] does not take an answer that it cannot read for a refusal', async () => {
    const server = await scriptedServer();
    const result = Uint8Array.of(250, 1, 2, 3);
    server.onRequest = ({ id, type }, reply) =>
      reply(
        type === 'read'
          ? { type, id, served: 'local', result }
          : { type: 'done', id, at: SOMEWHERE, result },
      );
    const client = clientOf([server.url]);
    const errors = [await rejection(client.put('a', 'x')), await rejection(client.get('a'))];
    expect(errors.map(({ retry }) => retry)).toEqual(['outcomeUnknown', 'safe']);
  });

  it('[CL9] keeps the advice of an error whose code it does not know', async () => {
    const { pack } = await import('msgpackr');
    const server = await scriptedServer();
    server.onRequest = ({ id }) =>
      server.connections[0]?.send(pack([[2, id, 'RAFT_OF_THE_FUTURE', 'later', 0, null, null]]));
    const client = clientOf([server.url]);
    const error = await rejection(client.put('a', 'x'));
    expect([error.retry, error.message]).toEqual(['safe', 'RAFT_OF_THE_FUTURE: later']);
  });
});

/** It ends with the first request, of which it cannot say what becomes. */
async function closingOverIt(): Promise<{ readonly url: string }> {
  const going = await scriptedServer();
  const error = new RaftError('RAFT_STOPPED', 'it is closing', { retry: 'outcomeUnknown' });
  going.onRequest = ({ id }, reply) => {
    reply({ type: 'failed', id, error, compactedRevision: null });
    void going.close();
  };
  return going;
}

describe('a server that goes', () => {
  it.each([true, false])('[CL33] is left for the next one (sessions: %s)', async (sessions) => {
    const going = await scriptedServer();
    const error = new RaftError('RAFT_STOPPED', 'this node was removed');
    let refusals = 0;
    going.onRequest = ({ id }, reply) => {
      refusals += 1;
      reply({ type: 'failed', id, error, compactedRevision: null });
      if (refusals === 4) void going.close();
    };
    const staying = await served();
    const client = clientOf([going.url, staying.url], { sessions });
    const put = client.put('a', 'x');
    const get = client.get('b');
    expect([await put, await get]).toMatchObject([{ revision: 2 }, null]);
    expect(refusals).toBe(4);
  });

  it('[CL3] [CL33] may have a write in its log: only one of a session goes to the next one', async () => {
    const going = await closingOverIt();
    const staying = await served();
    const client = clientOf([going.url, staying.url], { sessions: false });
    expect(facts(await rejection(client.put('a', 'x')))).toEqual([
      'RAFT_STOPPED',
      'outcomeUnknown',
    ]);
    expect(await client.get('a')).toBeNull();
    expect(client.connectedTo).toBe('n1');
  });

  it('[CL33] [SE15] is left for the next one with the writes of sessions that it may have done', async () => {
    const going = await closingOverIt();
    const staying = await served();
    const client = clientOf([going.url, staying.url]);
    expect(await client.put('a', 'x')).toMatchObject({ revision: 2 });
  });

  it('[CL33] is heard by a client that knows no other', async () => {
    const { server, client } = await clientAt(scriptedServer());
    const error = new RaftError('RAFT_STOPPED', 'this node was removed');
    server.onRequest = ({ id }, reply) =>
      reply({ type: 'failed', id, error, compactedRevision: null });
    expect(facts(await rejection(client.put('a', 'x')))).toEqual(['RAFT_STOPPED', 'safe']);
  });
});
