/** HTTP over real sockets: readers that take nothing, senders that never finish, and what the server holds. */

import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createHeld } from '../../../src/server/admission/held-bytes.ts';
import { cleanUp } from '../../clean-up.ts';
import { eventually } from '../eventually.ts';
import { type LocalServer, served } from '../local-server.ts';
import { type Stranger, stranger } from '../stranger.ts';

const MIB = 1024 * 1024;
const sender = (port: number, text: string): Promise<Stranger> =>
  stranger(port, text, { readsNothing: true });

/** A range of this takes 4 MiB of JSON. */
async function filled(server: LocalServer): Promise<void> {
  for (const key of ['a', 'b', 'c']) {
    const init = { method: 'PUT', body: 'x'.repeat(MIB - 1) };
    expect((await fetch(`${server.url}/kv/${key}`, init)).status).toBe(200);
  }
}

const GET_RANGE = 'GET /kv HTTP/1.1\r\nHost: localhost\r\n\r\n';
const GET_WATCH = 'GET /watch HTTP/1.1\r\nHost: localhost\r\n\r\n';
const ASKING = 'GET /kv/a HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(16);

describe('readers that take nothing', () => {
  it('[SP5] sixty connections that never read hold what fits one bound, and others are served', async () => {
    const server = await served();
    await filled(server);
    const { outgoing } = server.context.held;
    // The first few answers of each fit into what the system keeps for a connection.
    for (let at = 0; at < 60; at += 1) {
      await sender(server.port, ASKING);
      expect(outgoing.total).toBeLessThanOrEqual(25 * MIB);
    }
    await eventually(() => outgoing.closedCount).toBeGreaterThan(0);
    const small = await fetch(`${server.url}/kv?prefix=none`);
    expect([small.status, (await small.json()).count]).toEqual([200, 0]);
    const whole = await fetch(`${server.url}/kv`);
    expect((await whole.json()).kvs).toHaveLength(3);
    expect(outgoing.total).toBeLessThanOrEqual(25 * MIB);
  });

  it('[SP5] requests in flight are counted until their answers are taken', async () => {
    const server = await served();
    await filled(server);
    for (let at = 0; at < 5; at += 1) await sender(server.port, ASKING);
    await eventually(() => server.context.held.outgoing.total).toBeGreaterThan(4 * MIB);
    const text = await (await fetch(`${server.url}/metrics`)).text();
    expect(text).toContain('raftchart_http_requests_in_flight 6');
    expect(text).toMatch(/^raftchart_held_outgoing_bytes [0-9]{7}$/m);
    for (let tick = 0; tick < 200; tick += 1) server.context.held.outgoing.tick();
    await eventually(() => server.context.counters.httpInFlight).toBe(0);
    expect(server.context.held.outgoing.total).toBe(0);
  });

  it('[SP5] a slow reader of a large answer gets all of it', async () => {
    const server = await served();
    await filled(server);
    const answer = await fetch(`${server.url}/kv`);
    const chunks: Uint8Array[] = [];
    for await (const chunk of answer.body ?? []) {
      chunks.push(chunk);
      if (chunks.length < 32) await new Promise((turn) => setImmediate(turn));
      server.context.held.outgoing.tick();
    }
    const { kvs } = JSON.parse(Buffer.concat(chunks).toString());
    expect(kvs.map(({ value }: { value: string }) => value.length)).toEqual([
      MIB - 1,
      MIB - 1,
      MIB - 1,
    ]);
    await eventually(() => server.context.held.outgoing.total).toBe(0);
  });

  it('[SP5] a large range is made as its reader takes it: who takes nothing holds one piece, however large a value is', async () => {
    const server = await served();
    await filled(server);
    const { outgoing } = server.context.held;
    for (let at = 0; at < 20; at += 1) await sender(server.port, GET_RANGE.repeat(6));
    await eventually(() => outgoing.total).toBe(20 * 128 * 1024);
  });

  it('[SP5] streams of events that nobody reads hold a piece each, and are closed', async () => {
    const server = await served();
    const { held, counters } = server.context;
    for (let at = 0; at < 30; at += 1) {
      await sender(server.port, GET_WATCH);
    }
    await eventually(() => counters.httpWatches).toBe(30);
    for (let at = 0; at < 12; at += 1) {
      await fetch(`${server.url}/kv/k${at}`, { method: 'PUT', body: 'x'.repeat(MIB) });
    }
    await eventually(() => held.outgoing.total).toBeGreaterThan(15 * MIB);
    expect(held.outgoing.total).toBeLessThanOrEqual(40 * MIB);
    for (let tick = 0; tick < 200; tick += 1) held.outgoing.tick();
    await eventually(() => counters.httpWatches).toBe(0);
    expect(held.outgoing.total).toBe(0);
  });

  it('[SP5] an idle stream of events holds nothing and is not closed', async () => {
    const server = await served({ keepAliveMs: 10 });
    const { held, counters } = server.context;
    const answer = await fetch(`${server.url}/watch`);
    const reader = answer.body?.getReader();
    cleanUp(() => reader?.cancel());
    for (let at = 0; at < 5; at += 1) await reader?.read();
    await eventually(() => held.outgoing.total).toBe(0);
    for (let tick = 0; tick < 500; tick += 1) held.outgoing.tick();
    expect(counters.httpWatches).toBe(1);
  });
});

const upgrade =
  'GET /client HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n';

describe('senders that never finish', () => {
  it('[SP9] bodies that stop before their end hold what fits one bound; who began first is refused', async () => {
    const server = await served();
    const { incoming } = server.context.held;
    const head = `PUT /kv/k?timeoutMs=60000 HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${MIB}\r\n\r\n`;
    const senders: Stranger[] = [];
    for (let at = 0; at < 40; at += 1) senders.push(await sender(server.port, `${head}xxxx`));
    await eventually(() => incoming.closedCount).toBe(16);
    expect(incoming.total).toBeLessThanOrEqual(24 * MIB);
    const [first] = senders;
    first?.socket.resume();
    await eventually(() => first?.heard()).toContain('RAFT_OVERLOADED');
    const init = { method: 'PUT', body: 'x'.repeat(MIB) };
    expect((await fetch(`${server.url}/kv/honest`, init)).status).toBe(200);
  });

  it('[SP9] frames that stop before their end hold what fits one bound, and others are served', async () => {
    const held = createHeld();
    const server = await served({ held });
    // A binary frame that announces 16 MiB, under a mask of zeros.
    const head = Buffer.from([0x82, 0xff, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
    for (let at = 0; at < 6; at += 1) {
      const { socket } = await sender(server.port, upgrade);
      await eventually(() => server.context.counters.clientConnectionsTotal).toBe(at + 1);
      socket.write(Buffer.concat([head, Buffer.alloc(8 * MIB)]));
    }
    await eventually(() => held.incoming.closedCount).toBeGreaterThanOrEqual(3);
    expect(held.incoming.total).toBeLessThanOrEqual(24 * MIB);
    expect((await fetch(`${server.url}/kv/a`, { method: 'PUT', body: 'x' })).status).toBe(200);
  });

  it('[SP9] heads that stop before their end hold what fits one bound', async () => {
    const server = await served();
    const { incoming } = server.context.held;
    const head = `GET /kv HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(60_000)}`;
    for (let at = 0; at < 450; at += 1) await sender(server.port, head);
    await eventually(() => incoming.closedCount).toBeGreaterThan(10);
    expect(incoming.total).toBeLessThanOrEqual(24 * MIB);
    expect((await fetch(`${server.url}/livez`)).status).toBe(200);
  });

  it.each([
    ['that are served', 'localhost'],
    ['that are refused', 'attacker.example'],
  ])('[SP9] requests sent ahead %s hold what fits one bound', async (_, host) => {
    const server = await served();
    const { incoming } = server.context.held;
    const ahead = `GET /kv HTTP/1.1\r\nHost: ${host}\r\nX: ${'x'.repeat(60_000)}\r\n\r\n`;
    for (let at = 0; at < 12; at += 1) {
      await sender(server.port, GET_WATCH + ahead.repeat(60));
      await eventually(() => incoming.total + incoming.closedCount).toBeGreaterThan(at * MIB);
      expect(incoming.total).toBeLessThanOrEqual(24 * MIB);
    }
    await eventually(() => incoming.closedCount).toBeGreaterThan(3);
    expect((await fetch(`${server.url}/livez`)).status).toBe(200);
  });

  it('[SP9] bodies sent ahead count as far as they are read', async () => {
    const server = await served();
    // Each below what Node reads of a body before it stops reading the socket: so all of them are read.
    const body = `Content-Length: 10000\r\n\r\n${'x'.repeat(10_000)}`;
    const ahead = `PUT /kv/k HTTP/1.1\r\nHost: localhost\r\n${body}`;
    await sender(server.port, GET_WATCH + ahead.repeat(50));
    await eventually(() => server.context.held.incoming.total).toBeGreaterThan(500_000);
  });

  it('[SP9] a body without a length that is sent ahead closes the connection', async () => {
    const server = await served();
    const chunked = 'PUT /kv/k HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n';
    await (await stranger(server.port, `${GET_WATCH}${chunked}1\r\nx\r\n0\r\n\r\n`)).told;
    expect((await fetch(`${server.url}/kv/k`)).status).toBe(404);
  });

  it('[SP9] pieces of a body count more than their bytes, and too many are refused', async () => {
    const server = await served();
    const head = 'PUT /kv/k HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n';
    const slow = await sender(server.port, head + '1\r\nx\r\n'.repeat(1_000));
    await eventually(() => server.context.held.incoming.total).toBeGreaterThan(250_000);
    slow.socket.destroy();
    const flood = await stranger(server.port, head + '1\r\nx\r\n'.repeat(17_000));
    await eventually(() => flood.heard()).toMatch(
      /^HTTP\/1.1 413 .*came in more than 16384 pieces/s,
    );
    await eventually(() => server.context.held.incoming.total).toBe(0);
  });

  it.each([
    ['GET /watch', 'Content-Length: 1', 400],
    ['GET /watch', 'Transfer-Encoding: chunked', 400],
    ['DELETE /kv/k', 'Content-Length: 1', 400],
    ['GET /kv', 'X: y\r\n'.repeat(100).trim(), 431],
    ['GET /client', `Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 1`, 400],
    ['GET /kv', 'Content-Length: 0', 200],
    ['GET /kv', 'X: y\r\n'.repeat(99).trim(), 200],
  ])('[SP9] %s with %.30s is answered with %i', async (line, fields, status) => {
    const { port } = await served();
    const text = `${line} HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n\r\n`;
    const { heard } = await stranger(port, text);
    await eventually(() => heard()).toContain(`HTTP/1.1 ${status} `);
  });

  it('[SP9] nothing is held of requests sent ahead once they are answered', async () => {
    const server = await served();
    const ahead = `GET /kv/k HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(9_000)}\r\n\r\n`;
    const { socket, heard } = await stranger(server.port, ahead.repeat(20));
    const { incoming } = server.context.held;
    await eventually(() => heard().split('HTTP/1.1 404').length - 1).toBe(20);
    await eventually(() => incoming.total).toBe(0);
    socket.write(ahead);
    await eventually(() => heard().split('HTTP/1.1 404').length - 1).toBe(21);
  });

  it('[SP3] an upgrade that is sent ahead closes the connection', async () => {
    const server = await served();
    await (await stranger(server.port, GET_WATCH + upgrade)).told;
    expect(server.context.counters.clientConnectionsTotal).toBe(0);
    expect(server.context.held.incoming.total).toBe(0);
  });

  it('[SP9] a client that lives on pings alone holds nothing', async () => {
    const server = await served();
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/client`);
    cleanUp(() => socket.terminate());
    await new Promise((open) => socket.once('open', open));
    const pongs = new Promise<void>((resolve) => {
      let seen = 0;
      socket.on('pong', () => {
        seen += 1;
        if (seen === 50) resolve();
        else socket.ping('still here');
      });
    });
    socket.ping('here');
    await pongs;
    expect(server.context.held.incoming.total).toBe(0);
    expect(socket.extensions).toBe('');
  });

  it('[SP9] a flood of pings from one that takes no pongs closes it', async () => {
    const server = await served();
    const { socket } = await sender(server.port, upgrade);
    const ping = Buffer.concat([Buffer.from([0x89, 0xfd, 0, 0, 0, 0]), Buffer.alloc(125)]);
    const pings = Buffer.concat(Array.from({ length: 8_000 }, () => ping));
    let failure: unknown = null;
    for (let at = 0; at < 100 && !failure; at += 1) {
      failure = await new Promise((written) => socket.write(pings, written));
    }
    expect(failure).toBeInstanceOf(Error);
    await eventually(() => server.context.counters.clientConnections).toBe(0);
    expect(server.context.held.incoming.total).toBe(0);
  });
});
