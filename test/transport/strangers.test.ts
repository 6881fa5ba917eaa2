/** Whoever has not been accepted on the peer port: how much is read of it, how long it may stay, whose place it takes. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import { HELLO } from '../../src/testing/contracts/hostile-frames.ts';
import { dial, Recorder } from '../../src/testing/contracts/recorder.ts';
import {
  helloOf,
  KIB,
  LIMITS,
  proposeOf,
  runOf,
} from '../../src/testing/contracts/sample-messages.ts';
import { webSocketTransport } from '../../src/transport/ws-transport.ts';
import { closing } from '../clean-up.ts';
import { rawDial, rawListen, tcpDial, upgraded } from './raw-sockets.ts';
import { receive } from './reception.ts';

const CONNECTIONS_MAX = 16;
const STRANGERS_MAX = CONNECTIONS_MAX / 2;

/** A peer that takes its time with the verdict: it is given when `recorder.connection.release()` is called. */
class Judge extends Recorder {
  override onHello(...given: Parameters<Recorder['onHello']>): void {
    const { connection } = this;
    this.connection = null;
    super.onHello(...given);
    this.connection = connection;
    connection?.hold();
  }
}

async function listening() {
  const limits = { limits: LIMITS, connectionsMax: CONNECTIONS_MAX };
  const transport = closing(webSocketTransport({ listen: '127.0.0.1:0', ...limits }));
  return { transport, ...(await receive(transport, Judge)) };
}

/** Of a frame of this size its head, and zeros without end, until the other side has enough. Returns the bytes sent. */
async function pour(socket: Socket, bytesMax: number): Promise<number> {
  socket.write(Uint8Array.of(0x82, 0xff, 0, 0, 0, 0, 0, 0x03, 0xff, 0xff, 0, 0, 0, 0));
  const zeros = new Uint8Array(16 * KIB);
  let sent = 0;
  while (!socket.destroyed && sent < bytesMax) {
    sent += zeros.length;
    if (!socket.write(zeros)) {
      await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => {});
    }
  }
  return sent;
}

describe('before its hello is accepted', () => {
  it('[TR20] a caller that sends a large frame is cut off after 64 KiB', async () => {
    const { transport, address, accepted } = await listening();
    const socket = await upgraded(address);
    await pour(socket, 200 * KIB);
    expect(await accepted[0]?.closed()).toMatchObject({ kind: 'badFrame' });
    expect(transport.badFrames()).toBe(1);
  });

  it('[TR20] and so is whoever answers a call with one', async () => {
    const transport = closing(webSocketTransport({ listen: null, limits: LIMITS }));
    const server = closing(await rawListen((socket) => socket.send(new Uint8Array(200 * KIB))));
    const recorder = dial(transport, server.address);
    expect(await recorder.closed()).toMatchObject({ kind: 'badFrame' });
  });

  it('[TR20] nothing behind a hello is read before the verdict, and all of it after', async () => {
    const { address, accepted } = await listening();
    const caller = closing(webSocketTransport({ listen: null, limits: LIMITS }));
    const recorder = dial(caller, address);
    await recorder.until(() => recorder.heard.length === 1);
    recorder.connection?.sendHello(helloOf('a', 'b'));
    await accepted[0]?.until(() => accepted[0]?.heard.length === 1);
    const run = runOf({ firstIndex: 1, bytes: 100 * KIB });
    let sent = 0;
    while (recorder.connection?.send(proposeOf(sent, 1), [run]) === true) sent += 1;
    const other = await rawDial(address);
    other.send(HELLO);
    await accepted[1]?.until(() => accepted[1]?.heard.length === 1);
    other.terminate();
    const [judge] = accepted;
    expect(judge?.messages()).toEqual([]);
    judge?.connection?.release();
    await judge?.until(() => judge.messages().length === sent);
    expect(sent).toBeGreaterThan(3);
  });
});

describe('strangers on the peer port', () => {
  it('[TR21] who says nothing, or spells an upgrade out slowly, is gone within three seconds', async () => {
    const { address } = await listening();
    const began = performance.now();
    const silent = tcpDial(address);
    const slow = tcpDial(address);
    slow.write('GET / HTTP/1.1\r\nHost: x\r\n');
    const spelling = setInterval(() => slow.write('x: y\r\n'), 50);
    const mute = await upgraded(address);
    await Promise.all([once(silent, 'close'), once(slow, 'close'), once(mute, 'close')]);
    clearInterval(spelling);
    expect(performance.now() - began).toBeLessThan(4_500);
  });

  it('[TR21] many of them take no more than their share of connections, and no member’s place', async () => {
    const { address, accepted } = await listening();
    const member = await rawDial(address);
    member.send(HELLO);
    const judge = accepted[0];
    await judge?.until(() => judge.heard.length === 1);
    judge?.connection?.release();
    const flood: Socket[] = [];
    for (let count = 0; count < 60; count += 1) {
      const socket = tcpDial(address);
      await once(socket, 'connect');
      flood.push(socket);
    }
    const another = await rawDial(address);
    another.send(HELLO);
    const last = accepted.at(-1);
    await last?.until(() => last.heard.length === 1);
    const left = flood.filter(({ destroyed, readableEnded }) => !destroyed && !readableEnded);
    expect(left.length).toBeLessThanOrEqual(STRANGERS_MAX);
    expect(judge?.reason()).toBeNull();
    expect(member.readyState).toBe(member.OPEN);
    another.terminate();
    member.terminate();
  });
});
