/** Requests whose head says one thing to this server and another to a program on the way, or asks for what it does not do: over real sockets. */
import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.ts';
import { served } from '../local-server.ts';
import { stranger } from '../stranger.ts';

const CHUNKED_BODY = '1\r\nx\r\n0\r\n\r\n';
const put = (headers: string, body: string): string =>
  `PUT /kv/a HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n\r\n${body}`;

describe('what a body comes as', () => {
  it.each([
    ['Transfer-Encoding: gzip, chunked', CHUNKED_BODY, 501, 'none but chunked'],
    ['Transfer-Encoding: deflate,chunked', CHUNKED_BODY, 501, 'deflate,chunked'],
    ['Content-Encoding: gzip\r\nContent-Length: 1', 'x', 415, 'Content-Encoding \\"gzip\\"'],
    ['Content-Range: bytes 0-0/3\r\nContent-Length: 1', 'x', 400, 'only written whole'],
    ['Expect: a miracle\r\nContent-Length: 1', 'x', 417, '100-continue'],
    ['Host: example.org\r\nContent-Length: 1', 'x', 400, 'more than one Host'],
  ])('[SV37] refuses %s in words, and writes nothing', async (headers, body, status, words) => {
    const { port, replica } = await served();
    const { told } = await stranger(port, put(headers, body));
    const answer = await told;
    expect(answer.slice(0, 12)).toBe(`HTTP/1.1 ${status}`);
    expect(answer).toContain('"code":"RAFT_BAD_REQUEST"');
    expect(answer).toContain(words);
    expect(replica.machine.keyCount).toBe(0);
  });

  it.each([
    ['Transfer-Encoding: Chunked', CHUNKED_BODY],
    ['Content-Encoding: identity\r\nContent-Length: 1', 'x'],
    ['Content-Encoding:\r\nContent-Length: 1', 'x'],
    ['Expect: 100-continue\r\nContent-Length: 1', 'x'],
  ])('[SV37] takes %s', async (headers, body) => {
    const { port, replica } = await served();
    const { heard } = await stranger(port, put(headers, body));
    await eventually(() => heard()).toContain('HTTP/1.1 200');
    expect(replica.machine.keyCount).toBe(1);
  });

  it('[SV37] asks nobody to send a body whose head it refuses', async () => {
    const { port } = await served();
    const head = 'Expect: 100-continue\r\nContent-Length: 3\r\nOrigin: http://evil.example';
    const { told } = await stranger(port, put(head, ''));
    expect((await told).slice(0, 12)).toBe('HTTP/1.1 403');
  });
});

describe('a body that nobody reads', () => {
  it.each([
    ['is too large', 413, put('Expect: 100-continue\r\nContent-Length: 99999999', '')],
    [
      'is for nothing',
      404,
      put('Expect: 100-continue\r\nContent-Length: 1', '').replace('/kv/a', '/a'),
    ],
  ])(
    '[SV37] since it %s is not asked for, and the answer says that it is the last',
    async (_, status, text) => {
      const { port } = await served();
      const { told } = await stranger(port, text);
      const answer = await told;
      expect(answer.slice(0, 12)).toBe(`HTTP/1.1 ${status}`);
      expect(answer).toMatch(/\r\nConnection: close\r\n/i);
    },
  );

  it.each([
    ['too large', put('Content-Length: 99999999', '')],
    ['that is too large and comes in chunks', put('Transfer-Encoding: chunked', '4000000\r\n')],
    [
      'that a page of another site sends',
      put('Content-Length: 99999999\r\nOrigin: http://evil.example', ''),
    ],
  ])('[SV37] of one %s, its sender has the answer though it still sends', async (_, text) => {
    const { port } = await served();
    const { socket, heard, told } = await stranger(port, text);
    const more = Buffer.alloc(64 * 1024, 'x');
    const send = (): void => {
      while (socket.writable && socket.write(more));
    };
    socket.on('drain', send);
    send();
    await eventually(() => heard()).toMatch(/^HTTP\/1.1 4\d\d .*"code"/s);
    expect(await told).toMatch(/\r\nConnection: close\r\n/i);
  });

  it('[SV37] that came with its head ends no connection', async () => {
    const { port } = await served();
    const refused = put('Content-Length: 1', 'x').replace('/kv/a', '/a');
    const { heard } = await stranger(port, refused + put('Content-Length: 1', 'x'));
    await eventually(() => heard()).toMatch(/^HTTP\/1.1 404 .*HTTP\/1.1 200 /s);
    expect(heard()).not.toMatch(/connection: close/i);
  });
});

describe('what was sent ahead of an answer that closes the connection', () => {
  const SECOND = 'PUT /kv/second HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\ny';

  it('[SP15] is not done: its sender could not be told', async () => {
    const { port, context, replica } = await served();
    const refused = put('Transfer-Encoding: gzip, chunked', CHUNKED_BODY);
    const { told } = await stranger(port, refused + SECOND.repeat(3));
    expect((await told).split('HTTP/1.1 ')).toHaveLength(2);
    // Another connection, so that all turns of the first have come.
    const { told: other } = await stranger(port, `${put('Connection: close', '')}`);
    await other;
    expect(replica.machine.keyCount).toBe(1);
    expect(context.counters.httpRequests.get('PUT /kv/* 200')).toBe(1);
  });

  it('[SP15] [SV30] nor is it once a server has begun to close', async () => {
    const server = await served();
    server.replica.mood = 'held';
    const first = put('Content-Length: 1', 'x');
    const { told } = await stranger(server.port, first + SECOND);
    await eventually(() => server.context.counters.httpInFlight).toBe(1);
    const closed = server.close();
    await eventually(() => fetch(server.url).catch((error) => error)).toBeInstanceOf(TypeError);
    server.replica.mood = 'serving';
    await closed;
    expect((await told).split('HTTP/1.1 200')).toHaveLength(2);
    expect(server.replica.machine.keyCount).toBe(1);
  });
});
