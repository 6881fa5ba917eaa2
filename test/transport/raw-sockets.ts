/** Ends that are none of ours: plain WebSockets and plain TCP, for tests that misbehave on purpose. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { chooseSubprotocol, OFFERED } from '../../src/transport/subprotocol.ts';
import { cleanUp } from '../clean-up.ts';

export interface RawServer {
  readonly address: string;
  close(): void;
}

export async function rawDial(address: string): Promise<WebSocket> {
  const socket = new WebSocket(`ws://${address}`, [...OFFERED], { perMessageDeflate: false });
  socket.on('error', () => {});
  await once(socket, 'open');
  return socket;
}

export async function rawListen(accepted: (socket: WebSocket) => void): Promise<RawServer> {
  const server = new WebSocketServer({
    ...{ port: 0, host: '127.0.0.1', perMessageDeflate: false },
    handleProtocols: chooseSubprotocol,
  });
  server.on('connection', (socket) => {
    socket.on('error', () => {});
    accepted(socket);
  });
  await once(server, 'listening');
  return {
    address: addressOf(server.address()),
    close: () => {
      for (const socket of server.clients) socket.terminate();
      server.close();
    },
  };
}

/** A TCP server whose connections `accepted` treats as it likes. */
export async function tcpListen(accepted: (socket: Socket) => void): Promise<RawServer> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => {});
    accepted(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: addressOf(server.address()),
    close: () => {
      for (const socket of open) socket.destroy();
      server.close();
    },
  };
}

/** A TCP socket that is destroyed after the test. */
export function tcpDial(address: string): Socket {
  const socket = connect(hostAndPort(address));
  socket.on('error', () => {});
  cleanUp(() => socket.destroy());
  return socket;
}

/** A TCP socket on which the other side has agreed to speak WebSocket. */
export async function upgraded(address: string): Promise<Socket> {
  const socket = tcpDial(address);
  socket.write(
    `GET / HTTP/1.1\r\nHost: ${address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  );
  const [answer] = await once(socket, 'data');
  if (!`${answer}`.includes('101 Switching Protocols')) throw new Error(`${answer}`);
  return socket.resume();
}

export function hostAndPort(address: string): { host: string; port: number } {
  const { hostname, port } = new URL(`tcp://${address}`);
  return { host: hostname, port: Number(port) };
}

function addressOf(bound: AddressInfo | string | null): string {
  if (typeof bound !== 'object' || bound === null) throw new Error('the server is not bound');
  return `127.0.0.1:${bound.port}`;
}
