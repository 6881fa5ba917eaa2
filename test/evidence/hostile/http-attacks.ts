/** What strangers do to the HTTP side of the client port. */
import { request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { type Attack, clientOf, firstUrl, type Target, untilOver } from './attack.ts';
import { endAll, openMany, stillOpen } from './sockets.ts';

const MIB = 1024 * 1024;

/** Values for a range to answer with: 16 of 256 KiB under one prefix. */
export async function putLargeValues(target: Target): Promise<void> {
  await using client = clientOf(target);
  const value = new Uint8Array(MIB / 4).fill(0x61);
  for (let at = 0; at < 16; at += 1) await client.put(`large/${at}`, value);
}

/** 100 connections that send this and read nothing of what comes; how many there were, and were still open at the end. */
async function unread(
  target: Target,
  requests: (host: string) => string,
): Promise<readonly [opened: number, held: number]> {
  const { host } = firstUrl(target);
  const sockets = await openMany(100, host, (socket) => {
    socket.pause().write(requests(host));
  });
  await pause(target.durationMs);
  const held = stillOpen(sockets);
  endAll(sockets);
  return [sockets.length, held];
}

/** They ask for 4 MiB again and again. */
export const unreadRanges: Attack = async (target) => {
  const [opened, held] = await unread(target, (host) =>
    `GET /kv?prefix=large/&consistency=local HTTP/1.1\r\nHost: ${host}\r\n\r\n`.repeat(4),
  );
  return `${opened} connections asked for 16 MiB each and read nothing; ${held} were still open at the end`;
};

/** Values of 256 KiB, ten a second at most. */
export async function writeToStreams(target: Target): Promise<void> {
  await using client = clientOf(target);
  const value = new Uint8Array(MIB / 4).fill(0x62);
  await untilOver(target, 100, async (round) => {
    await client.put(`stream/${round % 4}`, value);
  });
}

/** They ask for streams of what is written meanwhile. */
export const unreadStreams: Attack = async (target) => {
  const [opened, held] = await unread(
    target,
    (host) => `GET /watch?prefix=stream/ HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
  );
  return `${opened} streams of values of 256 KiB that nobody read; ${held} were still open at the end`;
};

/** 500 connections that send a request one byte at a time and never end it. */
export const slowRequests: Attack = async (target) => {
  const { host } = firstUrl(target);
  const begun = `PUT /kv/slow HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 1000000\r\n`;
  const sockets = await openMany(500, host, (socket) => socket.write(begun));
  await untilOver(target, 500, (round) => {
    for (const [at, socket] of sockets.entries()) {
      if (socket.destroyed) continue;
      if (at % 2 === 0) socket.write(`X-${round}: ${at}\r\n`);
      else if (round === 0) socket.write('\r\na');
      else socket.write('a');
    }
  });
  const held = stillOpen(sockets);
  endAll(sockets);
  return `${sockets.length} connections sent a few bytes a second; ${held} were still open at the end`;
};

/** Requests one behind the other on 50 connections, without waiting for an answer. */
export const pipelinedFlood: Attack = async (target) => {
  const { host } = firstUrl(target);
  const line = `GET /kv/nothing?consistency=local HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  const sockets = await openMany(50, host, (socket) => socket.resume());
  const rounds = await untilOver(target, 250, () => {
    for (const socket of sockets) {
      if (!socket.destroyed && socket.writableLength < MIB) socket.write(line.repeat(10));
    }
  });
  endAll(sockets);
  return `${rounds * 10} requests on each of ${sockets.length} connections, none of them awaited`;
};

/** A page of another site whose name was made to lead here. */
export const rebinding: Attack = async (target) => {
  const url = firstUrl(target);
  const strangers: Record<string, string>[] = [
    { host: 'attacker.example' },
    { host: 'attacker.example', origin: 'http://attacker.example' },
    { host: url.host, origin: 'http://attacker.example' },
    { host: `localhost.attacker.example:${url.port}` },
  ];
  for (const headers of strangers) {
    const status = await statusOf(new URL('/kv/rebound', url), headers);
    if (status !== 403) throw new Error(`${JSON.stringify(headers)} was answered with ${status}`);
  }
  const honest = await statusOf(new URL('/kv/rebound', url), { host: url.host });
  if (honest !== 404) throw new Error(`the honest name was answered with ${honest}`);
  return `${strangers.length} foreign names were refused with 403, the honest one was served`;
};

function statusOf(url: URL, headers: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { headers, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** A small transaction that reads the same 20 MB again and again, over HTTP. */
export const greedyTransactions: Attack = async (target) => {
  const operation = { type: 'range', prefix: 'large/' };
  const body = JSON.stringify({ compare: [], success: Array(128).fill(operation), failure: [] });
  const answers = new Map<number, number>();
  const url = firstUrl(target);
  const rounds = await untilOver(target, 200, async () => {
    const response = await fetch(new URL('/txn', url), { method: 'POST', body });
    await response.arrayBuffer();
    answers.set(response.status, (answers.get(response.status) ?? 0) + 1);
  });
  const counted = [...answers].map(([status, count]) => `${count} × ${status}`).join(', ');
  return `${rounds} transactions of ${body.length} bytes asked for 512 MiB each: ${counted}`;
};
