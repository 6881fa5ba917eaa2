/** What clients, careless and hostile, do over the WebSocket of the client port. */
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { RaftError } from '../../../src/client/index.ts';
import { encodeRequests } from '../../../src/client-protocol/request-frame.ts';
import { encodeCommand } from '../../../src/kv/commands/command-codec.ts';
import { type Attack, clientOf, firstUrl, type Target, untilOver } from './attack.ts';
import { openClient } from './sockets.ts';

const MIB = 1024 * 1024;
const utf8 = new TextEncoder();

/** 4,600 keys of almost 4 KiB under one prefix: deleted at once they make a revision of 18 MB. */
const LONG_KEYS = 4_600;

export async function putLongKeys(target: Target): Promise<void> {
  const keys = Array.from({ length: LONG_KEYS }, (_, at) => `long/${at}/`.padEnd(4_000, 'k'));
  await using client = clientOf(target);
  for (let from = 0; from < keys.length; from += 100) {
    await Promise.all(keys.slice(from, from + 100).map((key) => client.put(key, 'v')));
  }
}

export async function putLargeValue(target: Target): Promise<void> {
  await using client = clientOf(target);
  await client.put('unread-reply', new Uint8Array(MIB - 1024).fill(0x62));
}

/** Deletes a revision's worth of 18 MB under a watch, while the same client writes other keys. */
export const hugeRevision: Attack = async (target) => {
  await using client = clientOf(target);
  const watch = client.watch({ prefix: 'long/' });
  await watch.started();
  const deletion = client.delete({ prefix: 'long/' });
  const others = Array.from({ length: 72 }, (_, at) => client.put(`other/${at}`, 'v'));
  const { deleted } = await deletion;
  await Promise.all(others);
  const { value: revision } = await watch.next();
  await watch.return();
  const events = revision?.events.length;
  if (deleted !== LONG_KEYS || events !== deleted) {
    throw new Error(`${deleted} keys were deleted and the watch was told of ${events}`);
  }
  return `one revision of ${events} events was told whole, and ${others.length} other puts succeeded`;
};

/** Asks for 18 MB of previous values at once: that request alone may be refused. */
export const hugePrevious: Attack = async (target) => {
  await using client = clientOf(target);
  const deletion = client
    .delete({ prefix: 'long/' }, { returnPrevious: true })
    .then(({ deleted }) => `${deleted} deleted`, codeOf);
  const others = Array.from({ length: 72 }, (_, at) => client.put(`other/${at}`, 'v'));
  await Promise.all(others);
  return `the greedy delete: ${await deletion}; ${others.length} other puts succeeded`;
};

/** Values of 1 MB that the watches want, one a second. */
export async function writeWatched(target: Target): Promise<void> {
  const value = new Uint8Array(MIB - 1024).fill(0x61);
  await using client = clientOf(target);
  await untilOver(target, 1_000, async () => {
    await client.put('paused/key', value);
  });
}

/** 600 watches of a client that stops reading. */
export const pausedWatches: Attack = async (target) => {
  const socket = await honestClient(target);
  const all = { prefix: utf8.encode('paused/') };
  const watches = Array.from(
    { length: 600 },
    (_, at) => ({ type: 'watch', id: at + 1, selector: all, from: null }) as const,
  );
  socket.send(encodeRequests(watches));
  await pause(200);
  socket.pause();
  await pause(target.durationMs);
  socket.terminate();
  return `values of 1 MB went past ${watches.length} watches of a client that did not read`;
};

/** 20 clients that send reads of 1 MB without end and read no answer. */
export const unreadReplies: Attack = async (target) => {
  const url = firstUrl(target);
  const opened = await Promise.all(Array.from({ length: 20 }, () => openClient(url)));
  const sockets = opened.filter((socket) => socket !== null);
  for (const socket of sockets) socket.pause();
  const read = {
    type: 'read',
    timeoutMs: 60_000,
    consistency: 'local',
    selector: { key: utf8.encode('unread-reply') },
    limit: null,
    revision: null,
    keysOnly: false,
    atLeast: null,
  } as const;
  let id = 0;
  const rounds = await untilOver(target, 200, () => {
    for (const socket of sockets) {
      if (socket.readyState !== WebSocket.OPEN || socket.bufferedAmount > MIB) continue;
      socket.send(encodeRequests(Array.from({ length: 50 }, () => ({ ...read, id: ++id }))));
    }
  });
  for (const socket of sockets) socket.terminate();
  return `${rounds} rounds of 50 reads of 1 MB on each of ${sockets.length} clients that read nothing`;
};

/** 50,000 puts at once from one client that hears of none of them. */
export const unheardPuts: Attack = async (target) => {
  const socket = await honestClient(target);
  socket.pause();
  const command = encodeCommand({
    type: 'put',
    key: utf8.encode('unheard'),
    value: new Uint8Array(256),
  });
  let id = 0;
  const rounds = await untilOver(target, 100, () => {
    if (socket.readyState !== WebSocket.OPEN || socket.bufferedAmount > MIB) return;
    const puts = Array.from(
      { length: 500 },
      () => ({ type: 'submit', id: ++id, timeoutMs: 60_000, command, session: null }) as const,
    );
    socket.send(encodeRequests(puts));
  });
  socket.terminate();
  return `${rounds} rounds, ${id} puts sent by a client that read no answer`;
};

/** Frames whose few bytes claim to be, or point again and again at, much more. */
export const inflatedFrames: Attack = async (target) => {
  const url = firstUrl(target);
  const frames = inflations();
  let refused = 0;
  const rounds = await untilOver(target, 100, async (round) => {
    const socket = await openClient(url);
    if (socket === null) return;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.send(frames[round % frames.length] ?? new Uint8Array(0));
    await Promise.race([closed, pause(2_000)]);
    if (socket.readyState !== WebSocket.OPEN) refused += 1;
    socket.terminate();
  });
  if (refused !== rounds) throw new Error(`${rounds - refused} of ${rounds} frames were accepted`);
  return `${rounds} frames that claim more than they hold each closed their connection`;
};

/** MessagePack: lists of 2^32 items, bytes of 4 GiB, deep nesting, and one value pointed at a million times. */
function inflations(): readonly Uint8Array[] {
  const list = Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff);
  const bytes = Uint8Array.of(0x91, 0x94, 0x01, 0x01, 0x01, 0xc6, 0xff, 0xff, 0xff, 0xff);
  const text = Uint8Array.of(0x91, 0xdb, 0xff, 0xff, 0xff, 0xff);
  const deep = new Uint8Array(MIB).fill(0x91);
  const pointers = new Uint8Array(3 + 6 + 6 * 16_000);
  // [id 1: [submit], pointer to 1, pointer to 1, …]
  pointers.set([0xdc, 0x3e, 0x81, 0xd6, 0x69, 0, 0, 0, 1]);
  for (let at = 9; at < pointers.length; at += 6) pointers.set([0xd6, 0x70, 0, 0, 0, 1], at);
  return [list, bytes, text, deep, pointers];
}

async function honestClient(target: Target): Promise<WebSocket> {
  const socket = await openClient(firstUrl(target));
  if (socket === null) throw new Error('the client port refused an honest connection');
  return socket;
}

function codeOf(error: unknown): string {
  if (error instanceof RaftError) return `${error.code} (${error.retry})`;
  throw error;
}
