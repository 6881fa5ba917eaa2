/** The WebSocket transport keeps the contract; what only sockets can do to it is proven here as well. */
import { once } from 'node:events';
import { request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import type { EntryRun } from '../../src/core/entry-run.ts';
import { HELLO } from '../../src/testing/contracts/hostile-frames.ts';
import { dial, Recorder } from '../../src/testing/contracts/recorder.ts';
import {
  appendOf,
  helloOf,
  KIB,
  LIMITS,
  runOf,
} from '../../src/testing/contracts/sample-messages.ts';
import { transportContract } from '../../src/testing/contracts/transport-contract.ts';
import type { PeerTransport } from '../../src/transport/conversation.ts';
import { webSocketTransport } from '../../src/transport/ws-transport.ts';
import { closing } from '../clean-up.ts';
import {
  hostAndPort,
  type RawServer,
  rawDial,
  rawListen,
  tcpDial,
  tcpListen,
  upgraded,
} from './raw-sockets.ts';
import { receive } from './reception.ts';

/** Privileged and unused: a dial is turned down at once. */
const DEAD_ADDRESS = '127.0.0.1:1';

transportContract(
  {
    name: 'WebSocketTransport',
    createPair: async (limits) => {
      const dialling = webSocketTransport({ listen: '127.0.0.1:0', limits });
      const listening = webSocketTransport({ listen: '127.0.0.1:0', limits });
      const deaf: RawServer[] = [];
      return {
        dialling,
        listening,
        deadAddress: DEAD_ADDRESS,
        rivalOf: (address) => webSocketTransport({ listen: address, limits }),
        sayRaw: async (address, frames) => {
          const socket = await rawDial(address);
          for (const frame of frames) socket.send(frame);
          await once(socket, 'close');
        },
        deafAddress: async () => {
          const server = await rawListen((socket) => socket.pause());
          deaf.push(server);
          return server.address;
        },
        close: async () => {
          await Promise.all([dialling.close(), listening.close()]);
          for (const server of deaf) server.close();
        },
      };
    },
  },
  { describe, it, expect, afterEach },
);

describe('a transport over WebSockets', () => {
  function transport(listen: string | null = '127.0.0.1:0'): PeerTransport {
    return closing(webSocketTransport({ listen, limits: LIMITS }));
  }

  async function listening() {
    const own = transport();
    return { own, ...(await receive(own)) };
  }

  /** A connection of ours, open and greeted, to a WebSocket that the test holds. */
  async function dialledToRaw() {
    const raws: WebSocket[] = [];
    const server = closing(await rawListen((socket) => raws.push(socket)));
    const own = transport(null);
    const recorder = dial(own, server.address);
    await recorder.until(() => recorder.heard.length === 1 && raws.length === 1);
    recorder.connection?.sendHello(helloOf('a', 'b'));
    return { own, recorder, raw: raws[0] as WebSocket };
  }

  async function acceptedFromRaw() {
    const { own, address, accepted } = await listening();
    const raw = await rawDial(address);
    raw.send(HELLO);
    const recorder = accepted[0] as Recorder;
    await recorder.until(() => recorder.heard.length === 1);
    recorder.connection?.sendHello(helloOf('b', 'a'));
    return { own, recorder, raw };
  }

  it('[TR3] text frames close the connection, counted', async () => {
    const { own, address, accepted } = await listening();
    for (const texts of [['hello'], [HELLO, '']]) {
      const raw = await rawDial(address);
      for (const text of texts) raw.send(text);
      await once(raw, 'close');
      expect((await accepted.at(-1)?.closed())?.kind).toBe('badFrame');
    }
    expect(own.badFrames()).toBe(2);
  });

  it('[TR3] bytes that are not WebSocket frames close the connection, counted', async () => {
    const { own, address, accepted } = await listening();
    const broken = [
      [0x82, 0x01, 0x00], // not masked
      [0xf2, 0x80, 0, 0, 0, 0], // reserved bits
      [0x83, 0x80, 0, 0, 0, 0], // an unknown opcode
      [0x80, 0x80, 0, 0, 0, 0], // a continuation of nothing
      [0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], // four gigabytes announced
      [0x88, 0x81, 0, 0, 0, 0, 7], // a goodbye of one byte
    ];
    for (const bytes of broken) {
      const socket = await upgraded(address);
      socket.write(Uint8Array.from(bytes));
      expect((await accepted.at(-1)?.closed())?.kind, `${bytes}`).toBe('badFrame');
    }
    expect(own.badFrames()).toBe(broken.length);
  });

  it('[TR3] bytes that are not even HTTP are turned away, counted, and accept nothing', async () => {
    const { own, address, accepted } = await listening();
    const garbage = [Uint8Array.from({ length: 500 }, (_, at) => (at * 89) & 0xff), HELLO];
    for (const bytes of garbage) {
      const socket = tcpDial(address).resume();
      socket.write(bytes);
      await once(socket, 'close');
    }
    tcpDial(address).destroy();
    expect(own.badFrames()).toBe(garbage.length);
    expect(accepted).toEqual([]);
  });

  /** Queues runs on a stalled connection until no more are taken, and returns the last one that was. */
  function lastQueued(recorder: Recorder): EntryRun {
    let last: EntryRun | null = null;
    for (let sent = 0; sent < 1000; sent += 1) {
      const run = runOf({ firstIndex: 11, bytes: 64 * KIB });
      if (recorder.connection?.send(appendOf(1, 11), [run]) !== true) break;
      last = run;
    }
    if (last === null) throw new Error('nothing was queued');
    return last;
  }

  it('[TR7] the socket is given the run’s own bytes, never a copy, in both directions', async () => {
    for (const connected of [dialledToRaw, acceptedFromRaw]) {
      const { recorder, raw } = await connected();
      raw.pause();
      const queued = lastQueued(recorder);
      // Whoever writes to a run breaks the rules; here it shows that what waits is the run itself.
      queued.bytes[queued.bytes.length - 1] = 0xee;
      const frames: Buffer[] = [];
      raw.on('message', (data) => data instanceof Buffer && frames.push(data));
      recorder.connection?.close('local', 'enough');
      raw.resume();
      await once(raw, 'close');
      expect(frames.at(-1)?.at(-1)).toBe(0xee);
      expect(frames.at(-3)?.at(-1)).toBe(11);
    }
  });

  it('[TR8] a stalled socket holds up neither the goodbye nor the closing of the transport', async () => {
    const { own, recorder, raw } = await dialledToRaw();
    raw.pause();
    lastQueued(recorder);
    await own.close();
    expect((await recorder.closed()).kind).toBe('local');
  });

  it('[TR9] a frame past frameBytesMax closes the connection before its payload arrives', async () => {
    const { own, address, accepted } = await listening();
    for (const length of [LIMITS.frameBytesMax, LIMITS.frameBytesMax + 1]) {
      const socket = await upgraded(address);
      const head = Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
      head.writeUInt32BE(length, 6);
      socket.write(head);
      if (length <= LIMITS.frameBytesMax) socket.end();
      const kind = length <= LIMITS.frameBytesMax ? 'closed' : 'badFrame';
      expect((await accepted.at(-1)?.closed())?.kind).toBe(kind);
    }
    expect(own.badFrames()).toBe(1);
  });

  it('[TR13] a connection that breaks off ends as closed, one that never opens as unreachable', async () => {
    const { recorder, raw } = await dialledToRaw();
    raw.terminate();
    expect((await recorder.closed()).kind).toBe('closed');

    const own = transport(null);
    const reset = closing(await tcpListen((socket) => socket.destroy()));
    expect((await dial(own, reset.address).closed()).kind).toBe('unreachable');
    const babble = closing(await tcpListen((socket) => socket.end('220 mail at your service\r\n')));
    const { kind, text } = await dial(own, babble.address).closed();
    expect(kind).toBe('unreachable');
    expect(text).toContain('does not speak the peer protocol');
    for (const address of ['nonsense', '127.0.0.1:0', '127.0.0.1:99999', 'a b:1', '']) {
      const { kind } = await dial(own, address).closed();
      expect(kind, address).toBe('unreachable');
    }
  });

  it('[TR13] a host that takes the connection and stays silent is given up by itself', async () => {
    const silent = closing(await tcpListen(() => {}));
    const { kind, text } = await dial(transport(null), silent.address).closed();
    expect(kind).toBe('unreachable');
    expect(text).toContain('timed out');
  });

  it('[TR14] a thousand connections leave nothing behind', async () => {
    const before = handles();
    const own = webSocketTransport({ listen: '127.0.0.1:0', limits: LIMITS });
    const address = await own.listen((connection) => {
      const recorder = new Recorder();
      recorder.react = (heard) => {
        if (heard.type === 'hello') connection.sendHello(helloOf('b', 'a'));
      };
      return recorder;
    });
    const client = webSocketTransport({ listen: null, limits: LIMITS });
    for (let cycle = 0; cycle < 1000; cycle += 1) {
      const recorder = dial(client, address);
      if (cycle % 10 > 0) await recorder.until(() => recorder.heard.length === 1);
      if (cycle % 10 > 1) {
        recorder.connection?.sendHello(helloOf('a', 'b'));
        await recorder.until(() => recorder.heard.length === 2);
      }
      recorder.connection?.close(cycle % 2 === 0 ? 'local' : 'refused', 'next');
      await recorder.closed();
    }
    await client.close();
    await own.close();
    for (let turn = 0; turn < 100 && handles() > before; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(handles()).toBeLessThanOrEqual(before);
  });

  it('[TR14] closing does not wait for who has connected but never spoke', async () => {
    const { own, address } = await listening();
    const silent = tcpDial(address);
    await once(silent, 'connect');
    await own.close();
    await once(silent.resume(), 'close');
  });

  it('[TR14] a transport that is closed while it starts to listen does not listen', async () => {
    const own = transport();
    const starting = own.listen(() => new Recorder());
    await Promise.all([
      expect(starting).rejects.toMatchObject({ code: 'RAFT_STOPPED' }),
      own.close(),
    ]);
  });

  it('[TR14] a transport that is told to listen twice listens once, and leaves nothing behind', async () => {
    const own = transport();
    const first = own.listen(() => new Recorder());
    await expect(own.listen(() => new Recorder())).rejects.toThrow('listens already');
    const address = await first;
    await own.close();
    expect((await dial(transport(null), address).closed()).kind).toBe('unreachable');
  });

  it('[TR15] listening says which port was taken, and what is wrong with an address', async () => {
    const { address } = await listening();
    expect(address).toMatch(/^127\.0\.0\.1:[1-9]\d+$/);
    await expect(transport(null).listen(() => new Recorder())).rejects.toThrow(TypeError);
    for (const wrong of ['4100', 'localhost', '127.0.0.1:70000', '192.0.2.1:0']) {
      const refused = transport(wrong).listen(() => new Recorder());
      await expect(refused, wrong).rejects.toMatchObject({ code: 'RAFT_BAD_REQUEST' });
      await expect(refused, wrong).rejects.toThrow(wrong);
    }
  });

  it('[TR16] plain HTTP is answered 426 with words, and a browser is turned away', async () => {
    const { own, address, accepted } = await listening();
    const { status, body } = await get(address, {});
    expect(status).toBe(426);
    expect(body).toContain('peer protocol');
    const upgrade = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    };
    expect((await get(address, { ...upgrade, origin: 'https://example.org' })).status).toBe(401);
    expect(accepted).toEqual([]);
    expect(own.badFrames()).toBe(0);
  });
});

/** Sockets, servers and timers that keep this process busy. */
function handles(): number {
  const ours = new Set(['TCPSocketWrap', 'TCPServerWrap', 'TCPConnectWrap', 'Timeout']);
  return process.getActiveResourcesInfo().filter((kind) => ours.has(kind)).length;
}

async function get(address: string, headers: Record<string, string>) {
  const outgoing = request({ ...hostAndPort(address), headers, agent: false }).end();
  const [response] = await once(outgoing, 'response');
  let body = '';
  for await (const chunk of response) body += chunk;
  return { status: response.statusCode, body };
}
