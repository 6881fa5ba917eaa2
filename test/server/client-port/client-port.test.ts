/** The WebSocket endpoint, spoken to by a bare socket: what it answers, and what it does with garbage. */

import * as fc from 'fast-check';
import { pack } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import type { ClientRequest, SubmitRequest } from '../../../src/client-protocol/frame-shapes.ts';
import { decodeRequests, encodeRequests } from '../../../src/client-protocol/request-frame.ts';
import { RaftError } from '../../../src/core/errors.ts';
import { index, term } from '../../../src/core/types.ts';
import { encodeCommand } from '../../../src/kv/commands/command-codec.ts';
import { decodeResult } from '../../../src/kv/commands/result-codec.ts';
import { FRAME_FRAGMENTS_MAX } from '../../../src/server/limits.ts';
import { eventually } from '../eventually.ts';
import { type LocalOptions, type LocalServer, served } from '../local-server.ts';
import { type RawClient, rawClient, readOf, watchOf as watch } from './raw-client.ts';

async function stage(options: LocalOptions = {}): Promise<LocalServer & { client: RawClient }> {
  const server = await served(options);
  return { ...server, client: await rawClient(server.url) };
}

const bytes = (text: string) => new TextEncoder().encode(text);
const put = (id: number, key: string, value = key): SubmitRequest => ({
  type: 'submit',
  id,
  timeoutMs: 1000,
  command: encodeCommand({ type: 'put', key: bytes(key), value: bytes(value) }),
  session: null,
});
const read = (id: number): ClientRequest => readOf(id, { consistency: 'linearizable' });

describe('writes', () => {
  it('[SV19] proposes the very bytes it received', async () => {
    const { client, replica } = await stage();
    const seen: Uint8Array[] = [];
    const { submit } = replica;
    replica.submit = (data, options, completed) => {
      seen.push(Uint8Array.from(data));
      submit.call(replica, data, options, completed);
    };
    const request = put(1, 'key');
    client.send([request]);
    await client.reply('done');
    expect(seen).toEqual([request.command]);
  });

  it('[SV19] answers one batch of the node in one frame', async () => {
    const { client, replica } = await stage();
    client.send(Array.from({ length: 100 }, (_, at) => put(at + 1, `k${at}`)));
    await client.reply('done', 100);
    expect(replica.batches).toEqual([100]);
    expect(client.frames.map(({ length }) => length)).toEqual([1, 100]);
    const results = client.frames[1]?.map((reply) =>
      reply.type === 'done' ? decodeResult(reply.result) : null,
    );
    expect(results?.[99]).toEqual({ type: 'put', revision: 101 });
  });

  it('[SV10] refuses a command that breaks a bound or makes no sense, and only that one', async () => {
    const { client, replica } = await stage({ limits: { keyBytesMax: 3, valueBytesMax: 5 } });
    const garbled = { ...put(3, 'key'), command: bytes('no') };
    client.send([put(1, 'long'), put(2, 'k', 'long value'), garbled, put(4, 'ok')]);
    await client.reply('done');
    const codes = client.frames
      .flat()
      .flatMap((reply) => (reply.type === 'failed' ? [[reply.id, reply.error.code]] : []));
    expect(codes).toEqual([
      [1, 'RAFT_TOO_LARGE'],
      [2, 'RAFT_TOO_LARGE'],
      [3, 'RAFT_BAD_REQUEST'],
    ]);
    expect(replica.machine.keyCount).toBe(1);
  });

  it('[SV7] passes on the outcome of the node with its advice', async () => {
    const { client, replica } = await stage();
    replica.mood = 'overloaded';
    client.send([put(1, 'a')]);
    expect(await client.reply('failed')).toMatchObject({
      error: { code: 'RAFT_OVERLOADED', retry: 'safe', leader: 'n1' },
    });
  });
});

describe('reads', () => {
  it('[SV21] confirms the leadership once for all reads of a frame', async () => {
    const { client, replica } = await stage();
    client.send([put(1, 'a'), read(2), read(3), read(4), put(5, 'b')]);
    await client.reply('read', 4);
    expect(replica.readIndexCalls).toBe(1);
    client.send([readOf(6)]);
    expect(await client.reply('read')).toMatchObject({ served: 'linearizable' });
    expect(await client.reply('read', 6)).toMatchObject({ served: 'local' });
    replica.hasLease = true;
    client.send([read(9), readOf(10, { consistency: 'lease' })]);
    expect(await client.reply('read', 9)).toMatchObject({ served: 'linearizable' });
    expect(await client.reply('read', 10)).toMatchObject({ served: 'lease' });
    expect(replica.readIndexCalls).toBe(3);
    client.send([readOf(7, { atLeast: { term: term(1), index: index(3) } })]);
    expect(await client.reply('read', 7)).toMatchObject({ served: 'local' });
    client.send([readOf(8, { atLeast: { term: term(1), index: index(4) } })]);
    expect(await client.reply('failed', 8)).toMatchObject({ error: { code: 'RAFT_TIMED_OUT' } });
    expect(replica.readIndexCalls).toBe(3);
  });

  it('[SV7] fails each read of a frame when there is no leader', async () => {
    const { client, replica } = await stage();
    replica.mood = 'leaderless';
    client.send([read(1), read(2)]);
    await client.reply('failed', 2);
    expect(client.frames.flat().filter(({ type }) => type === 'failed')).toHaveLength(2);
  });
});

it('[SV23] the server introduces itself with the leader, and tells when that changes', async () => {
  const { client, replica } = await stage();
  expect(client.frames[0]).toEqual([
    { type: 'hello', protocolVersion: 2, nodeId: 'n1', clusterId: 'local', leader: 'n1' },
  ]);
  replica.follow('n2');
  await client.until((reply) => reply.type === 'hello' && reply.leader === 'n2');
});

describe('garbage', () => {
  const frames: readonly [string, Uint8Array][] = [
    ['nothing', new Uint8Array(0)],
    ['text', bytes('hello')],
    ['no array', pack({ a: 1 })],
    ['items that are no arrays', pack([1, 2])],
    ['an unknown kind', pack([[9, 1]])],
    ['no id', pack([[1]])],
    ['an id of 0', pack([[4, 0]])],
    ['a fractional id', pack([[4, 1.5]])],
    ['an id that is text', pack([[4, '1']])],
    ['too many fields', pack([[4, 1, 2]])],
    ['a timeout of 0', pack([[1, 1, 0, bytes('x')]])],
    ['a timeout past the limit', pack([[1, 1, 60_001, bytes('x')]])],
    ['a command that is text', pack([[1, 1, 100, 'x']])],
    ['an unknown consistency', pack([[2, 1, 100, 7, null, null, null, null, null, null, false]])],
    ['a selector that is text', pack([[3, 1, 'k', null, null, null, null]])],
    ['a negative revision', pack([[3, 1, bytes('k'), null, null, null, -1]])],
    ['a long text where a number belongs', pack([['€'.repeat(2_000_000), 1]])],
    ['many bytes where a number belongs', pack([[new Uint8Array(15_000_000), 1]])],
    ['a watch named twice', encodeRequests([watch(1), watch(1)])],
  ];

  it.each(frames)('[SV20] hangs up on %s, counts it, and changes nothing', async (_, frame) => {
    const { client, context, replica } = await stage();
    client.sendBytes(frame);
    expect(await client.closed).toBe(1002);
    expect(context.counters).toMatchObject({ clientBadFrames: 1, clientConnections: 0 });
    expect(replica.machine.revision).toBe(1);
  });

  it('[SV20] carries out nothing of a frame that is wrong anywhere', async () => {
    const { client, replica } = await stage();
    client.sendBytes(pack([[1, 1, 100, put(1, 'a', 'b').command], [9]]));
    await client.closed;
    expect(replica.machine.keyCount).toBe(0);
  });

  it('[SV20] survives any bytes: it reads requests or says what is wrong', () => {
    const item = fc.oneof(
      fc.jsonValue(),
      fc.uint8Array(),
      fc.array(fc.oneof(fc.integer(), fc.uint8Array({ maxLength: 4 }), fc.constant(null)), {
        maxLength: 12,
      }),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc.array(item).map((items) => pack(items)),
        ),
        (frame) => {
          const requests = decodeRequests(frame);
          if (typeof requests === 'string') expect(requests).toMatch(/\w/);
          else expect(decodeRequests(encodeRequests(requests))).toEqual(requests);
        },
      ),
    );
    expect(decodeRequests(new Uint8Array(200_000).fill(0x91))).toMatch(/msgpack|array/);
  });

  it('[SV20] closes a connection whose frame is too long', async () => {
    const { client } = await stage();
    client.sendBytes(new Uint8Array(17 * 1024 * 1024));
    expect(await client.closed).toBe(1009);
  });

  it('[SV20] closes a connection whose frame comes in more than 64 fragments', async () => {
    const { url } = await served();
    const whole = encodeRequests([readOf(1)]);
    const sent = async (fragments: number): Promise<unknown> => {
      const client = await rawClient(url);
      for (let at = 1; at < fragments; at += 1)
        client.socket.send(new Uint8Array(0), { fin: false });
      client.sendBytes(whole);
      return Promise.race([client.closed, client.reply('read')]);
    };
    expect(await sent(FRAME_FRAGMENTS_MAX)).toMatchObject({ type: 'read' });
    expect(await sent(FRAME_FRAGMENTS_MAX + 1)).toBe(1008);
  });
});

describe('slow clients', () => {
  it('[SV22] does not read on while too much is under way, and does when it is answered', async () => {
    const { client, context, replica, url } = await stage({ limits: { requestsInFlightMax: 10 } });
    const count = (what: string) => context.counters.clientRequests.get(what) ?? 0;
    replica.mood = 'held';
    client.send(Array.from({ length: 10 }, (_, at) => put(at + 1, 'k')));
    await eventually(() => count('submit')).toBe(10);
    client.send([{ type: 'status', id: 99 }]);
    // What was sent before these is read before them, were it read at all.
    for (let round = 0; round < 5; round += 1) await (await fetch(`${url}/status`)).text();
    expect(count('status')).toBe(0);
    replica.mood = 'serving';
    await client.reply('status', 99);
  });

  it('[SV22] reads on once there is room again', async () => {
    const { client } = await stage({ limits: { requestsInFlightMax: 10 } });
    for (let frame = 0; frame < 20; frame += 1) {
      client.send(Array.from({ length: 10 }, (_, at) => put(frame * 10 + at + 1, `k${at}`)));
    }
    await client.reply('done', 200);
  });

  it('[SV22] makes the answers to reads only as fast as they are taken', async () => {
    const limits = { socketBytesMax: 1024 * 1024 };
    const { client, replica, send, put: write } = await stage({ limits });
    for (const key of ['a', 'b']) await write(key, new Uint8Array(1024 * 1024));
    const made = replica.countLooks();
    client.socket.pause();
    client.send(Array.from({ length: 100 }, (_, at) => read(at + 1)));
    await eventually(made).toBeGreaterThan(0);
    for (let round = 0; round < 5; round += 1) await send('/kv/a?consistency=linearizable');
    expect(made()).toBeLessThan(50);
    client.socket.resume();
    await client.reply('read', 100);
  });

  it('[SV22] keeps the watches of a client that does not read within bounds, and goes on when it does', async () => {
    const limits = { socketBytesMax: 1024 * 1024 };
    const { client, replica, put: write, context } = await stage({ limits });
    client.send([watch(1)]);
    await client.reply('progress');
    client.socket.pause();
    const value = new Uint8Array(1024 * 1024);
    for (let at = 0; at < 48; at += 1) await write(`k${at}`, value);
    expect(replica.machine.revision).toBe(49);
    client.socket.resume();
    const error = { code: 'RAFT_WATCH_TOO_SLOW', retry: 'safe' };
    expect(await client.reply('failed')).toMatchObject({ id: 1, error });
    const revisions = client.frames
      .flat()
      .flatMap((reply) => (reply.type === 'watched' ? reply.revisions : []))
      .map(({ revision }) => revision);
    expect(revisions).toEqual(revisions.map((_, at) => at + 2));
    expect(context.counters.clientWatches).toBe(0);
  });

  it('[SV11] bounds the number of connections', async () => {
    const { url } = await stage({ limits: { clientConnectionsMax: 1 } });
    await expect(rawClient(url)).rejects.toThrow('503');
  });

  it('[SV11] bounds the watches of one connection', async () => {
    const { client } = await stage({ limits: { watchesPerClientMax: 1 } });
    client.send([watch(1, 2), watch(2, 2)]);
    const error = { code: 'RAFT_OVERLOADED' };
    expect(await client.reply('failed')).toMatchObject({ id: 2, error });
    client.send([{ type: 'cancel', id: 1 }, watch(3, 2)]);
    await client.reply('progress', 3);
  });

  it('[SV11] bounds what the watches of all connections hold, and forgets those that ended', async () => {
    const { client, context, url } = await stage({ limits: { watchBytesMax: 6_000 } });
    client.send([watch(1, 2), watch(2, 2)]);
    await client.reply('progress', 2);
    const other = await rawClient(url);
    other.send([watch(1, 2)]);
    const error = { code: 'RAFT_OVERLOADED', retry: 'safe' };
    expect(await other.reply('failed')).toMatchObject({ id: 1, error });
    client.send([{ type: 'cancel', id: 1 }]);
    client.socket.terminate();
    await eventually(() => context.counters.clientWatchBytes).toBe(0);
    other.send([watch(2, 2)]);
    await other.reply('progress', 2);
  });

  it('[SV22] drops a client that has vanished', async () => {
    const { client, context } = await stage({ keepAliveMs: 20 });
    client.socket.removeAllListeners('ping');
    client.socket.pause();
    await eventually(() => context.counters.clientConnections).toBe(0);
  });
});

it('[SV15] says at once where a watch begins, then whole revisions, then how far it is when all is quiet', async () => {
  const { client, send } = await stage({ keepAliveMs: 30 });
  client.send([watch(1)]);
  expect(await client.reply('progress')).toEqual({ type: 'progress', id: 1, revision: 1 });
  const success = ['a', 'b'].map((key) => ({ op: 'put', key, value: key }));
  await send('/txn', { method: 'POST', body: JSON.stringify({ success }) });
  const revisions = [{ revision: 2, events: [{}, {}] }];
  expect(await client.reply('watched')).toMatchObject({ revisions });
  await client.until((reply) => reply.type === 'progress' && reply.revision === 2);
});

it('[SV24] sends clients away when the node halts, after the answers they are owed', async () => {
  const { client, replica } = await stage();
  client.send([put(1, 'a')]);
  await client.reply('done');
  client.send([put(2, 'a')]);
  await eventually(() => replica.batches.length).toBe(2);
  replica.halt(new RaftError('RAFT_STORAGE_FAILED', 'the disk is gone'));
  expect(await client.closed).toBe(1001);
  expect(client.frames.flat().filter(({ type }) => type === 'done')).toHaveLength(2);
});
