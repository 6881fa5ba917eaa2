/** Raw connections for attacks: opened, spoken to, left unread, counted, destroyed. No error of theirs is thrown. */
import { connect, type Socket } from 'node:net';
import { WebSocket } from 'ws';
import { CLIENT_PATH } from '../../../src/client-protocol/frame-shapes.ts';

/** To `host:port`. Resolves with `null` if the connection could not be made, or was closed at once. */
export function openSocket(address: string): Promise<Socket | null> {
  const { hostname: host, port } = new URL(`http://${address}`);
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) });
    socket.once('connect', () => resolve(socket));
    socket.on('error', () => resolve(null));
    socket.once('close', () => resolve(null));
  });
}

/** So many connections, those that failed left out; `begin` speaks first on each. */
export async function openMany(
  count: number,
  address: string,
  begin: (socket: Socket, at: number) => void = () => {},
): Promise<readonly Socket[]> {
  const opened = await Promise.all(
    Array.from({ length: count }, async (_, at) => {
      const socket = await openSocket(address);
      if (socket !== null) begin(socket, at);
      return socket;
    }),
  );
  return opened.filter((socket) => socket !== null);
}

export function stillOpen(sockets: readonly Socket[]): number {
  return sockets.filter((socket) => !socket.destroyed).length;
}

export function endAll(sockets: readonly { destroy(): unknown }[]): void {
  for (const socket of sockets) socket.destroy();
}

/** A WebSocket on the client port, open and past the server's hello; `null` if it was turned away. */
export function openClient(url: URL): Promise<WebSocket | null> {
  return new Promise((resolve) => {
    const socket = new WebSocket(new URL(CLIENT_PATH, url), { perMessageDeflate: false });
    socket.once('message', () => resolve(socket));
    socket.on('error', () => resolve(null));
    socket.once('close', () => resolve(null));
  });
}
