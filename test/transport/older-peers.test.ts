/** Members of version 3 choose nothing: they dial with the bare name, and as a server pick the first that is offered. */
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { type Hello, PROTOCOL_VERSION } from '../../src/core/hello.ts';
import { dial } from '../../src/testing/contracts/recorder.ts';
import { appendOf, helloOf, LIMITS } from '../../src/testing/contracts/sample-messages.ts';
import { decodeFrame, encodeHello, encodeMessage } from '../../src/transport/codec.ts';
import { webSocketTransport } from '../../src/transport/ws-transport.ts';
import { cleanUp, closing } from '../clean-up.ts';
import { receive } from './reception.ts';

const OLDER = 3;

/** As one of them says hello, and as it is heard: with the lowest version of the machine, and no promise. */
const saidBy = (from: string, to: string): Uint8Array => encodeHello(helloOf(from, to, OLDER));
const heardOf = (from: string, to: string): Hello => {
  const { loyalMs: _, ...said } = helloOf(from, to, OLDER);
  return { ...said, machineVersion: 1 };
};

function frames(socket: WebSocket): readonly unknown[] {
  const all: unknown[] = [];
  socket.on('message', (data: Buffer) => all.push(decodeFrame(data, OLDER)));
  return all;
}

it('[UP1] two of this build speak the newest version', async () => {
  const own = closing(webSocketTransport({ listen: '127.0.0.1:0', limits: LIMITS }));
  const { address, accepted } = await receive(own);
  const recorder = dial(own, address);
  await recorder.until(() => recorder.heard.length === 1);
  recorder.connection?.sendHello(helloOf('a', 'b'));
  await accepted[0]?.until(() => accepted[0]?.heard.length === 1);
  const hello = { ...helloOf('a', 'b'), protocolVersion: PROTOCOL_VERSION };
  expect(accepted[0]?.heard).toMatchObject([{ type: 'hello', hello }]);
});

it('[UP1] a caller of version 3 is heard and answered in version 3', async () => {
  const own = closing(webSocketTransport({ listen: '127.0.0.1:0', limits: LIMITS }));
  const { address, accepted } = await receive(own);
  for (const offered of [['raftchart-peer'], []]) {
    const socket = new WebSocket(`ws://${address}`, offered);
    const heard = frames(socket);
    await once(socket, 'open');
    socket.send(saidBy('a', 'b'));
    socket.send(encodeMessage(appendOf(1), 0, OLDER));
    const recorder = accepted.at(-1);
    await recorder?.until(() => recorder.heard.length === 2);
    expect(recorder?.heard).toMatchObject([
      { type: 'hello', hello: heardOf('a', 'b') },
      { type: 'message', message: appendOf(1) },
    ]);
    recorder?.connection?.sendHello(helloOf('b', 'a'));
    recorder?.connection?.send(appendOf(2), []);
    while (heard.length < 2) await once(socket, 'message');
    expect(heard).toMatchObject([
      { type: 'hello', hello: heardOf('b', 'a') },
      { type: 'message', message: appendOf(2) },
    ]);
    socket.terminate();
  }
});

it('[UP1] to a member of version 3 that is dialled version 3 is spoken', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  cleanUp(() => server.close());
  await once(server, 'listening');
  const heard: unknown[] = [];
  server.on('connection', (socket) => {
    socket.on('message', (data: Buffer) => heard.push(decodeFrame(data, OLDER)));
    socket.on('message', () => socket.send(saidBy('b', 'a')));
  });
  const bound = server.address();
  const port = typeof bound === 'object' ? bound?.port : 0;
  const own = closing(webSocketTransport({ listen: null, limits: LIMITS }));
  const recorder = dial(own, `127.0.0.1:${port}`);
  await recorder.until(() => recorder.heard.length === 1);
  recorder.connection?.sendHello(helloOf('a', 'b'));
  await recorder.until(() => recorder.heard.length === 2);
  expect(heard).toMatchObject([{ type: 'hello', hello: heardOf('a', 'b') }]);
  expect(recorder.heard[1]).toMatchObject({ type: 'hello', hello: heardOf('b', 'a') });
});

it('[UP1] a frame of another version than the one that is spoken closes the connection', async () => {
  const own = closing(webSocketTransport({ listen: '127.0.0.1:0', limits: LIMITS }));
  const { address, accepted } = await receive(own);
  for (const said of [
    [encodeHello(helloOf('a', 'b'))],
    [saidBy('a', 'b'), encodeMessage(appendOf(1), 0)],
  ]) {
    const socket = new WebSocket(`ws://${address}`, 'raftchart-peer');
    await once(socket, 'open');
    for (const frame of said) socket.send(frame);
    await once(socket, 'close');
    expect((await accepted.at(-1)?.closed())?.kind).toBe('badFrame');
  }
});
