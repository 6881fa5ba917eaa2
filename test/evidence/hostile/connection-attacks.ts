/** What strangers do with bare connections: to the port of the peers, and to both when descriptors are few. */
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { type Attack, clientOf, firstUrl, type Target, untilOver } from './attack.ts';
import { endAll, openMany, openSocket, stillOpen } from './sockets.ts';

const MIB = 1024 * 1024;

function upgradeTo(path: string, host: string): string {
  const head = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`;
  return `${head}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`;
}

/** The head of one masked binary WebSocket frame of so many bytes, masked with zeros. */
function frameHead(bytes: number): Buffer {
  const head = Buffer.alloc(14);
  head[0] = 0x82;
  head[1] = 0x80 | 127;
  head.writeBigUInt64BE(BigInt(bytes), 2);
  return head;
}

/** 60 strangers at the port of the peers: each sends 5 MB of a frame and never a hello. */
export const strangersBeforeHello: Attack = async (target) => {
  const [peer = ''] = target.peers;
  const block = Buffer.alloc(64 * 1024, 0x61);
  let opened = 0;
  const rounds = await untilOver(target, 100, async () => {
    const sockets = await openMany(60, peer, (socket) => {
      socket.write(upgradeTo('/', peer));
      socket.write(frameHead(5 * MIB + 1024));
      for (let sent = 0; sent < 5 * MIB; sent += block.length) socket.write(block);
    });
    opened += sockets.length;
    await pause(1_500);
    endAll(sockets);
  });
  return `${rounds} rounds, ${opened} strangers with 5 MB each and no hello`;
};

/** Values of 64 KiB, 1 MiB a second at most: LevelDB opens one table after the other for them. */
export async function fillTables(target: Target): Promise<void> {
  await using client = clientOf(target);
  const value = new Uint8Array(64 * 1024).fill(0x61);
  await untilOver(target, 250, async () => {
    await Promise.all(Array.from({ length: 4 }, (_, at) => client.put(`flood/${at}`, value)));
  });
}

/** Opens and leaves connections on every port of every member until the time is over, and holds them. */
export const connectionFlood: Attack = async (target) => {
  const held: Socket[] = [];
  const ports = [...target.peers, ...target.urls.map((url) => new URL(url).host)];
  await untilOver(target, 50, async () => {
    for (const address of ports) held.push(...(await openMany(10, address)));
  });
  const open = stillOpen(held);
  endAll(held);
  return `${held.length} connections were opened and left alone, ${open} of them to the end`;
};

/** Random bytes to every port, as a port scanner or a confused program sends. */
export const garbage: Attack = async (target) => {
  const ports = [...target.peers, firstUrl(target).host];
  const rounds = await untilOver(target, 20, async (round) => {
    const address = ports[round % ports.length] ?? '';
    const socket = await openSocket(address);
    if (socket === null) return;
    if (round % 2 === 0) socket.write(upgradeTo(round % 4 === 0 ? '/client' : '/', address));
    socket.write(frameHead(512));
    socket.write(randomBytes(512));
    await pause(20);
    socket.destroy();
  });
  return `${rounds} connections brought random bytes`;
};
