/** How many may connect, how much one may ask at once, and how long it may take to ask: over real sockets. */

import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.ts';
import { served } from '../local-server.ts';
import { stranger } from '../stranger.ts';

const GET = 'GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n';
const GET_RANGE = 'GET /kv HTTP/1.1\r\nHost: localhost\r\n\r\n';

describe('the number of connections', () => {
  it('[SP3] is bounded: one too many is told so in words, counted, and those before it go on', async () => {
    const { port, context } = await served({ limits: { connectionsMax: 3 } });
    const early = await Promise.all([stranger(port), stranger(port), stranger(port)]);
    const late = await stranger(port);
    const answer = await late.told;
    expect(answer.slice(0, 12)).toBe('HTTP/1.1 503');
    expect(answer).toContain('"code":"RAFT_OVERLOADED"');
    expect(answer).toContain('"retry":"safe"');
    expect(context.counters.connectionsRefused).toBe(1);
    early[0]?.socket.write(GET);
    await eventually(() => early[0]?.heard().slice(0, 12)).toBe('HTTP/1.1 200');
    early[1]?.socket.destroy();
    await eventually(async () => {
      const next = await stranger(port, GET);
      next.socket.end();
      return (await next.told).slice(0, 12);
    }).toBe('HTTP/1.1 200');
  });

  it('[SP3] a flood past it is dropped, and never holds more than a few sockets', async () => {
    const { port, context } = await served({ limits: { connectionsMax: 3 } });
    const flood = await Promise.all(Array.from({ length: 100 }, () => stranger(port)));
    await eventually(() => context.counters.connectionsRefused).toBe(97);
    await eventually(() => flood.filter(({ socket }) => !socket.destroyed).length).toBe(3);
  });
});

describe('one connection', () => {
  it('[SP3] requests sent ahead take turns: one is under way at a time', async () => {
    const { port, context, replica } = await served();
    let most = 0;
    const { awaitReadable } = replica;
    replica.awaitReadable = (options, completed) => {
      most = Math.max(most, context.counters.httpInFlight);
      awaitReadable.call(replica, options, completed);
    };
    const { heard } = await stranger(port, GET_RANGE.repeat(40));
    await eventually(() => heard().split('HTTP/1.1 200').length - 1).toBe(40);
    expect(most).toBe(1);
  });

  it('[SP3] a flood of requests sent ahead closes it', async () => {
    const { port, replica } = await served();
    replica.mood = 'silent';
    await (await stranger(port, GET_RANGE.repeat(1000))).told;
    expect(replica.readIndexCalls).toBe(1);
  });

  it.each([
    ['to another path', 'GET /kv/k', 'localhost', 404],
    ['by a foreign name', 'GET /client', 'attacker.example', 403],
  ])(
    '[SP3] an upgrade %s ends it, also for one who never closes',
    async (_, line, host, status) => {
      const { port } = await served();
      const upgrade = `Host: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
      const text = `${line} HTTP/1.1\r\n${upgrade}`;
      const { socket, heard } = await stranger(port, text, { neverCloses: true });
      let failure: unknown = null;
      socket.on('error', (error) => {
        failure = error;
      });
      await eventually(() => heard().slice(0, 12)).toBe(`HTTP/1.1 ${status}`);
      await eventually(() => {
        socket.write('is anybody there?');
        return failure;
      }).toBeInstanceOf(Error);
    },
  );

  it('[SP3] one that does not finish the head of its request, or sends none, is closed', async () => {
    const { port } = await served({ headersTimeoutMs: 50 });
    const idle = await stranger(port);
    const slow = await stranger(port, 'GET /kv HTTP/1.1\r\nHost: localhost\r\n');
    expect((await slow.told).slice(0, 12)).toBe('HTTP/1.1 408');
    expect((await idle.told).slice(0, 12)).toBe('HTTP/1.1 408');
  });
});
