/** HTTP over a real socket: what only shows there, such as raw paths, half-sent bodies and broken streams. */

import { describe, expect, it } from 'vitest';
import { createHeld } from '../../../src/server/admission/held-bytes.ts';
import { ServedHosts } from '../../../src/server/admission/host-check.ts';
import { HttpServer, type HttpServerOptions } from '../../../src/server/http/http-server.ts';
import { ServerCounters } from '../../../src/server/operations/server-counters.ts';
import { cleanUp } from '../../clean-up.ts';
import { eventually } from '../eventually.ts';
import { served } from '../local-server.ts';
import { stranger } from '../stranger.ts';
import { readSse } from './sse.ts';

async function told(port: number, text: string): Promise<string> {
  return (await stranger(port, text)).told;
}

const request = (line: string, headers = '', body = '') =>
  `${line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${headers}\r\n${body}`;

describe('paths', () => {
  it('[SV9] refuses dot segments, which programs on the way would remove, instead of using another key', async () => {
    const { port, replica } = await served();
    const put = (path: string) => told(port, request(`PUT ${path}`, 'Content-Length: 1\r\n', 'x'));
    const dotted = '/kv/a/../b /kv/a/./b /kv/.. /kv/%2e%2E /kv/a/%2e/b /../kv/a';
    for (const path of dotted.split(' ')) {
      expect(await put(path), path).toMatch(/^HTTP\/1\.1 400 .*RAFT_BAD_REQUEST/s);
    }
    expect(replica.machine.keyCount).toBe(0);
    for (const path of ['/kv/a%2F..%2Fb', '/kv/...', '/kv/.a', '/kv/a..']) {
      expect(await put(path), path).toMatch(/^HTTP\/1\.1 200 /);
    }
  });

  it('[SV9] refuses what URL parsers leave out, cut off or spell otherwise, instead of using another key', async () => {
    const { port, replica } = await served();
    const put = (path: string) => told(port, request(`PUT ${path}`, 'Content-Length: 1\r\n', 'x'));
    const paths = [
      ...['/kv/a\tb', '/kv/a\fb', '/kv/.\t./b', '/kv/a/.\t./b', '/kv/a\x7fb'],
      ...['/kv/a#b', '/kv/a\\b', '/kv/a\\..\\b', '/kv/\xff', '/kv/\xc3\xa9'],
      ...['/kv/a?timeoutMs=100#b', '/kv/a?timeoutMs=10\t00', '/kv/a?timeoutMs=100\xe9'],
    ];
    for (const path of paths) {
      expect(await put(path), JSON.stringify(path)).toMatch(/^HTTP\/1\.1 400 /);
    }
    expect(replica.machine.keyCount).toBe(0);
    expect(await put('/kv/%09%23%5C%FF?timeoutMs=100')).toMatch(/^HTTP\/1\.1 200 /);
    const [kv] = replica.machine.range({ prefix: new Uint8Array() }).kvs;
    expect(kv?.key).toEqual(Uint8Array.of(0x09, 0x23, 0x5c, 0xff));
  });

  it('[SV9] takes odd but legal bytes of a path as they are', async () => {
    const { port, replica } = await served();
    const path = "/kv/a|b{c}^`~!$&'()*,;=:@";
    const answer = await told(port, request(`PUT ${path}`, 'Content-Length: 1\r\n', 'x'));
    expect(answer).toContain('HTTP/1.1 200');
    const [kv] = replica.machine.range({ prefix: new Uint8Array() }).kvs;
    expect(Buffer.from(kv?.key ?? []).toString()).toBe(path.slice(4));
  });

  it('[SV7] answers a broken request line with 400, and lives on', async () => {
    const { port, url } = await served();
    for (const text of ['GARBAGE\r\n\r\n', request('GET /kv/a\\b')]) {
      expect((await told(port, text)).slice(0, 12)).toBe('HTTP/1.1 400');
    }
    for (const text of [
      request('GET http://'),
      'GET /kv/a HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n',
    ]) {
      expect((await told(port, text)).slice(0, 12)).toBe('HTTP/1.1 403');
    }
    expect((await fetch(`${url}/livez`)).status).toBe(200);
  });

  it('[SV10] takes keys at their limit, percent-encoded', async () => {
    const { url } = await served();
    const key = '%F0'.repeat(4096);
    expect((await fetch(`${url}/kv/${key}`, { method: 'PUT', body: 'x' })).status).toBe(200);
    expect(await (await fetch(`${url}/kv/${key}`)).text()).toBe('x');
    expect((await fetch(`${url}/kv/${key}%F0`)).status).toBe(413);
  });
});

describe('bodies', () => {
  it('[SV10] refuses a declared length over the limit before any of it is sent', async () => {
    const { port } = await served();
    const answer = await told(port, request('PUT /kv/a', 'Content-Length: 99999999\r\n'));
    expect(answer.slice(0, 12)).toBe('HTTP/1.1 413');
  });

  it('[SV4] lets go of a client that stops half-way, at its timeout', async () => {
    const { port, replica } = await served();
    const half = request('PUT /kv/a?timeoutMs=100', 'Content-Length: 10\r\n', 'half');
    const { heard } = await stranger(port, half);
    await eventually(() => heard()).toMatch(/^HTTP\/1.1 504 .*RAFT_TIMED_OUT.*"retry":"safe"/s);
    expect(replica.machine.keyCount).toBe(0);
  });

  it('[SV10] writes nothing of a body whose sender is cut off', async () => {
    const { port, replica, context } = await served();
    const { socket } = await stranger(port, request('PUT /kv/a', 'Content-Length: 10\r\n', 'half'));
    socket.end();
    await eventually(() => context.counters.httpRequests.get('PUT /kv/* 400')).toBe(1);
    expect(replica.machine.keyCount).toBe(0);
  });
});

it('[SV15] streams events as they happen, and notices when the reader is gone', async () => {
  const { url, context, streams } = await served();
  const controller = new AbortController();
  const events = readSse(await fetch(`${url}/watch?prefix=a`, { signal: controller.signal }));
  await events.next();
  await fetch(`${url}/kv/a1`, { method: 'PUT', body: 'x' });
  expect((await events.nextData()).id).toBe('2');
  expect([streams.count, context.counters.httpWatches]).toEqual([1, 1]);
  controller.abort();
  await eventually(() => [streams.count, context.counters.httpWatches]).toEqual([0, 0]);
});

describe('who has sent all there is to say', () => {
  it('[SV39] is answered', async () => {
    const { port, replica, context } = await served();
    replica.mood = 'held';
    const put = 'PUT /kv/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx';
    const { socket, told: answer } = await stranger(port, put);
    await eventually(() => context.counters.httpInFlight).toBe(1);
    socket.end();
    // By another connection, so that the end of the first was heard.
    expect(await told(port, request('GET /livez'))).toContain('HTTP/1.1 200');
    replica.mood = 'serving';
    expect(await answer).toContain('HTTP/1.1 200');
    expect(replica.machine.keyCount).toBe(1);
  });

  it('[SV39] has no more events, and nothing is kept for them', async () => {
    const { port, streams, context } = await served();
    const { socket, heard, told: first } = await stranger(port, request('GET /watch'));
    await eventually(() => heard()).toContain('watching');
    expect(streams.count).toBe(1);
    socket.end();
    await first;
    const { socket: other, told: second } = await stranger(port);
    other.end(request('GET /watch'));
    await second;
    await eventually(() => [streams.count, context.counters.httpWatches]).toEqual([0, 0]);
  });
});

const PLAIN_SERVER: HttpServerOptions = {
  hosts: new ServedHosts([]),
  tls: null,
  counters: new ServerCounters(),
  held: createHeld(),
  connectionsMax: 100,
};

describe('starting and closing', () => {
  it('[SV26] answers that it is starting until it serves', async () => {
    const http = new HttpServer(PLAIN_SERVER);
    const { port } = await http.listen({ host: '127.0.0.1', port: 0 });
    cleanUp(() => http.close());
    const answer = await fetch(`http://127.0.0.1:${port}/kv/a`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ code: 'RAFT_STOPPED', retry: 'safe' });
    expect((await fetch(`http://127.0.0.1:${port}/livez`)).status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(503);
    const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
    const refused = await told(port, `GET /client HTTP/1.1\r\nHost: localhost\r\n${upgrade}\r\n`);
    expect(refused.slice(0, 12)).toBe('HTTP/1.1 503');
  });

  it('[SV26] says what to do when its address cannot be had', async () => {
    const { port } = await served();
    const taken = await new HttpServer(PLAIN_SERVER)
      .listen({ host: '127.0.0.1', port })
      .catch((error) => error);
    expect(taken).toMatchObject({ code: 'RAFT_CONFLICT' });
    expect(taken.message).toContain(`127.0.0.1:${port}`);
    const foreign = await new HttpServer(PLAIN_SERVER)
      .listen({ host: '192.0.2.1', port: 0 })
      .catch((error) => error);
    expect(foreign).toMatchObject({ code: 'RAFT_BAD_REQUEST' });
  });

  it('[SV27] closes though connections are open, and may be closed twice', async () => {
    const server = await served();
    await stranger(server.port);
    await server.close();
    await server.close();
    await expect(fetch(`${server.url}/livez`)).rejects.toThrow();
  });
});

/** As `curl --http2` and clients of Java ask. */
const OFFER =
  'Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\nConnection: Upgrade, HTTP2-Settings';

describe('an offer of HTTP/2', () => {
  it('[SV38] is not taken, and its request answered, body and all', async () => {
    const { port, replica } = await served();
    const put = `PUT /kv/a HTTP/1.1\r\nHost: localhost\r\n${OFFER}\r\nContent-Length: 5\r\n\r\nhello`;
    const chunked = `PUT /kv/b HTTP/1.1\r\nHost: localhost\r\n${OFFER}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`;
    for (const text of [put, chunked]) {
      const last = request('GET /kv/a', '');
      expect((await told(port, `${text}${last}`)).match(/HTTP\/1\.1 \d+/g)).toEqual([
        'HTTP/1.1 200',
        'HTTP/1.1 200',
      ]);
    }
    const { kvs } = replica.machine.range({ prefix: new Uint8Array() });
    expect(kvs.map(({ value }) => Buffer.from(value).toString())).toEqual(['hello', 'hello']);
  });

  it('[SV38] is closed behind a request that is not answered yet', async () => {
    const { port } = await served();
    const first = 'GET /kv/a HTTP/1.1\r\nHost: localhost\r\n\r\n';
    const offered = `GET /kv/b HTTP/1.1\r\nHost: localhost\r\n${OFFER}\r\n\r\n`;
    const answers = (await told(port, `${first}${offered}`)).match(/HTTP\/1\.1 \d+/g) ?? [];
    expect(answers.length).toBeLessThan(2);
    expect(await told(port, request('GET /livez'))).toContain('HTTP/1.1 200');
  });
});
