/** Clients over real sockets that take nothing, ask for too much, or both: what the server holds for them. */

import { describe, expect, it } from 'vitest';
import { connect } from '../../../src/client/index.ts';
import type { KeyValue } from '../../../src/kv/keys/key-value.ts';
import type { WatchListener } from '../../../src/kv/watching/watch-event.ts';
import { createHeld } from '../../../src/server/admission/held-bytes.ts';
import { REPLY_BYTES_MAX } from '../../../src/server/limits.ts';
import { isKvResult } from '../../../src/server/store/replica-calls.ts';
import { eventually } from '../eventually.ts';
import { readSse } from '../http/sse.ts';
import type { LocalReplica } from '../local-replica.ts';
import { served } from '../local-server.ts';
import { type RawClient, rawClient, readOf, watchOf } from './raw-client.ts';

const MIB = 1024 * 1024;

async function pausedClient(url: string): Promise<RawClient> {
  const client = await rawClient(url);
  client.socket.pause();
  return client;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const watches = Array.from({ length: 600 }, (_, at) => watchOf(at + 1));
const longKeys = Array.from({ length: 4600 }, (_, at) => `long${at}`.padEnd(4090, '.'));

describe('what does not fit into a frame', () => {
  it('[SP7] deleting 4,600 long keys at once ends no watch, and no other request of that client', async () => {
    const { url, replica } = await served();
    await using client = connect({ endpoints: [url], timeoutMs: 30_000 });
    const watch = client.watch({ prefix: 'long' });
    await watch.started();
    await Promise.all(longKeys.map((key) => client.put(key, 'x')));
    for (let seen = 0; seen < longKeys.length; seen += 1) await watch.next();
    const [deletion, ...others] = await Promise.allSettled([
      client.delete({ prefix: 'long' }),
      ...Array.from({ length: 72 }, (_, at) => client.put(`other${at}`, 'x')),
    ]);
    expect(others.filter(({ status }) => status === 'rejected')).toEqual([]);
    if (deletion.status === 'fulfilled')
      expect((await watch.next()).value?.events).toHaveLength(4600);
    else expect(deletion.reason).toMatchObject({ code: 'RAFT_TOO_LARGE' });
    await client.put('long-after', 'x');
    expect((await watch.next()).value?.revision).toBe(replica.machine.revision);
  });

  it('[SP7] a revision of 18 MiB reaches its watchers whole, over a WebSocket and as an event', async () => {
    const { url, replica } = await served();
    const revision = largeRevision(replica, longKeys);
    await using client = connect({ endpoints: [url], timeoutMs: 30_000 });
    const watch = client.watch({ prefix: '' });
    await watch.started();
    const events = readSse(await fetch(`${url}/watch`));
    await events.next();
    revision.happens();
    const { value } = await watch.next();
    expect(value?.events.map(({ key }) => Buffer.from(key).toString())).toEqual(longKeys);
    await client.put('other', 'x');
    const { data } = await events.nextData();
    const told: { events: readonly { key: string }[] } = JSON.parse(data ?? '');
    expect(told.events.map(({ key }) => key)).toEqual(longKeys);
  });

  it('[SP8] a key that fits into no frame is refused alone, and read over HTTP', async () => {
    const { url, commit } = await served();
    const value = new Uint8Array(REPLY_BYTES_MAX);
    await commit({ type: 'put', key: bytes('large'), value });
    await commit({ type: 'put', key: bytes('small'), value: bytes('x') });
    await using client = connect({ endpoints: [url], timeoutMs: 30_000 });
    const small = client.get('small');
    // Not its bytes: a failure would print them.
    const large = await client.get('large').then(
      () => 'answered',
      ({ code }) => code,
    );
    expect([large, (await small)?.version]).toEqual(['RAFT_TOO_LARGE', 1]);
    const answer = await fetch(`${url}/kv/large`);
    expect((await answer.arrayBuffer()).byteLength).toBe(REPLY_BYTES_MAX);
  });

  it('[SP8] an answer of 20 MiB is refused alone, and says that its write was carried out', async () => {
    const { url, replica } = await served();
    const previous = Array.from({ length: 20 }, (_, at) => kvOf(`k${at}`, MIB));
    const { submit } = replica;
    replica.submit = (data, options, completed) =>
      submit.call(replica, data, options, (outcome) => {
        const isDeletion =
          outcome.type === 'applied' &&
          isKvResult(outcome.result) &&
          outcome.result.type === 'delete';
        if (!isDeletion) completed(outcome);
        else
          completed({
            ...outcome,
            result: { type: 'delete', revision: 22, deleted: 20, previous },
          });
      });
    await using client = connect({ endpoints: [url], timeoutMs: 30_000 });
    const deletion = client.delete({ prefix: 'k' }, { returnPrevious: true });
    const others = Array.from({ length: 72 }, (_, at) => client.put(`other${at}`, 'x'));
    const error = await deletion.catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'RAFT_TOO_LARGE', retry: 'never' });
    expect(error.message).toContain('was carried out, at revision 22');
    await Promise.all(others);
    expect(replica.machine.keyCount).toBe(72);
  });
});

const kvOf = (key: string, length: number): KeyValue => ({
  key: bytes(key),
  value: new Uint8Array(length),
  createRevision: 1,
  modRevision: 1,
  version: 1,
  lease: null,
});

/** As a store tells of a command that deleted all these keys at once, which older logs may hold. */
function largeRevision(replica: LocalReplica, keys: readonly string[]): { happens(): void } {
  const listeners: WatchListener[] = [];
  const { machine } = replica;
  const { watch } = machine;
  machine.watch = (options, listener) => {
    listeners.push(listener);
    return watch.call(machine, options, listener);
  };
  const happens = (): void => {
    const revision = machine.revision + 1;
    const events = keys.map((key) => ({
      type: 'delete' as const,
      key: bytes(key),
      value: null,
      modRevision: revision,
    }));
    for (const listener of listeners) listener([{ revision, events }]);
  };
  return { happens };
}

describe('readers that take nothing', () => {
  it('[SP6] 600 watches and one value of a megabyte: only what the reader has room for is made', async () => {
    const { url, context, put } = await served();
    const client = await rawClient(url);
    client.send(watches);
    await client.reply('progress', 600);
    client.socket.pause();
    let most = 0;
    const { outgoing } = context.held;
    for (let at = 0; at < 5; at += 1) {
      await put('large', new Uint8Array(MIB));
      most = Math.max(most, outgoing.total);
    }
    expect(most).toBeGreaterThan(MIB);
    expect(most).toBeLessThanOrEqual(context.limits.socketBytesMax + 2 * MIB);
    client.socket.terminate();
    await eventually(() => outgoing.total).toBe(0);
  });

  it('[SP6] all watches of a slow reader are told everything, once it reads', async () => {
    const { url, context, put } = await served({ limits: { socketBytesMax: 100_000 } });
    const client = await rawClient(url);
    client.send(watches);
    await client.reply('progress', 600);
    client.socket.pause();
    await put('large', new Uint8Array(50_000));
    expect(context.held.outgoing.total).toBeLessThan(200_000);
    client.socket.resume();
    const told = (): number[] =>
      client.frames.flat().flatMap((reply) => (reply.type === 'watched' ? [reply.id] : []));
    await eventually(() => told().length).toBe(600);
    expect(new Set(told()).size).toBe(600);
    await eventually(() => context.held.outgoing.total).toBe(0);
  });

  it('[SP5] one frame of thousands of questions makes no more answers than there is room for', async () => {
    const { url, context, replica } = await served({ limits: { socketBytesMax: MIB } });
    const client = await pausedClient(url);
    const { status } = replica;
    let asked = 0;
    replica.status = () => {
      asked += 1;
      return { ...status.call(replica), clusterId: 'x'.repeat(10_000) };
    };
    client.send(Array.from({ length: 10_000 }, (_, at) => ({ type: 'status', id: at + 1 })));
    await eventually(() => asked).toBeGreaterThan(50);
    expect(context.held.outgoing.total).toBeLessThanOrEqual(2 * MIB);
    client.socket.resume();
    await client.reply('status', 10_000);
  });

  it('[SP5] a hundred of them together hold what fits one bound; who asks besides is served, and they pay', async () => {
    const held = createHeld();
    const { url, put, context } = await served({ held });
    for (const key of ['a', 'b', 'c']) {
      await put(key, new Uint8Array(MIB));
    }
    const clients: RawClient[] = [];
    for (let at = 0; at < 40; at += 1) clients.push(await pausedClient(url));
    for (const client of clients) client.send([1, 2, 3, 4].map((id) => readOf(id)));
    await eventually(() => held.outgoing.total).toBeGreaterThan(18 * MIB);
    expect(held.outgoing.total).toBeLessThanOrEqual(40 * MIB);
    await using honest = connect({ endpoints: [url], timeoutMs: 30_000 });
    expect((await honest.range({ prefix: '' })).count).toBe(3);
    expect(held.outgoing.closedCount).toBeGreaterThan(0);
    expect(held.outgoing.total).toBeLessThanOrEqual(40 * MIB);
    expect(context.counters.clientConnections).toBeLessThan(41);
  });

  it('[SP5] one that takes nothing for ten seconds is left, though nobody needs its room', async () => {
    const held = createHeld();
    const { url, put, context } = await served({ held });
    await put('a', new Uint8Array(MIB));
    const client = await pausedClient(url);
    client.send(Array.from({ length: 16 }, (_, at) => readOf(at + 1)));
    await eventually(() => held.outgoing.total).toBeGreaterThan(MIB);
    for (let tick = 0; tick < 200; tick += 1) held.outgoing.tick();
    expect(held.outgoing.total).toBe(0);
    await eventually(() => context.counters.clientConnections).toBe(0);
  });
});
