/** Clients over real sockets that take nothing, ask for too much, or both: what the server holds for them. */
import { afterEach, describe, expect, it } from 'vitest';
import type { ClientRequest } from '../../src/client/frame-shapes.ts';
import { connect } from '../../src/client/index.ts';
import { createHeld } from '../../src/server/held-bytes.ts';
import { applyOne } from '../kv/committed.ts';
import { eventually } from './eventually.ts';
import { type LocalOptions, type LocalServer, localServer } from './local-server.ts';
import { type RawClient, rawClient } from './raw-client.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

const MIB = 1024 * 1024;

async function served(options: LocalOptions = {}): Promise<LocalServer> {
  const server = await localServer(options);
  cleanups.push(() => server.close());
  return server;
}

async function pausedClient(url: string): Promise<RawClient> {
  const client = await rawClient(url);
  cleanups.push(() => client.socket.terminate());
  client.closed.catch(() => {});
  await client.until(({ type }) => type === 'hello');
  client.socket.pause();
  return client;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (id: number, prefix: string): ClientRequest => ({
  type: 'read',
  id,
  timeoutMs: 60_000,
  consistency: 'local',
  selector: { prefix: bytes(prefix) },
  limit: null,
  revision: null,
  keysOnly: false,
});

const watches = Array.from(
  { length: 600 },
  (_, at): ClientRequest => ({
    type: 'watch',
    id: at + 1,
    selector: { prefix: bytes('') },
    from: null,
  }),
);

describe('what does not fit into a frame', () => {
  it('[SP7] a revision of 18 MiB reaches its watchers whole, and costs nobody anything else', async () => {
    const { url, replica } = await served();
    await using client = connect({ endpoints: [url] });
    const watch = client.watch({ prefix: 'long' });
    await watch.started();
    const keys = Array.from({ length: 4600 }, (_, at) => `long${at}`.padEnd(4090, '.'));
    await Promise.all(keys.map((key) => client.put(key, 'x')));
    for (let seen = 0; seen < keys.length; seen += 1) await watch.next();
    const gone = client.delete({ prefix: 'long' });
    const others = await Promise.allSettled(
      Array.from({ length: 72 }, (_, at) => client.put(`other${at}`, 'x')),
    );
    expect((await gone).deleted).toBe(4600);
    expect(others.filter(({ status }) => status === 'rejected')).toEqual([]);
    const { value } = await watch.next();
    expect(value?.revision).toBe((await gone).revision);
    expect(value?.events).toHaveLength(4600);
    expect(new Set(value?.events.map(({ key }) => Buffer.from(key).toString())).size).toBe(4600);
    await client.put('long-after', 'x');
    expect((await watch.next()).value?.revision).toBe(replica.machine.revision);
  });

  it('[SP8] an answer of 20 MiB is refused alone, and says that its write was carried out', async () => {
    const { url, replica } = await served();
    await using client = connect({ endpoints: [url] });
    const large = { type: 'put', key: bytes('k'), value: new Uint8Array(20 * MIB) } as const;
    applyOne(replica.machine, large);
    const deletion = client.delete({ prefix: 'k' }, { returnPrevious: true });
    const others = Array.from({ length: 72 }, (_, at) => client.put(`other${at}`, 'x'));
    const error = await deletion.catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'RAFT_TOO_LARGE', retry: 'never' });
    expect(error.message).toContain('was carried out, at revision 3');
    await Promise.all(others);
    expect(replica.machine.keyCount).toBe(72);
  });
});

describe('readers that take nothing', () => {
  it('[SP6] 600 watches and one value of a megabyte: only what the reader has room for is made', async () => {
    const { url, context, send } = await served();
    const client = await rawClient(url);
    cleanups.push(() => client.socket.terminate());
    client.send(watches);
    await client.until((reply) => reply.type === 'progress' && reply.id === 600);
    client.socket.pause();
    let most = 0;
    const { outgoing } = context.held;
    for (let at = 0; at < 5; at += 1) {
      await send('/kv/large', { method: 'PUT', body: new Uint8Array(MIB) });
      most = Math.max(most, outgoing.total);
    }
    expect(most).toBeGreaterThan(MIB);
    expect(most).toBeLessThanOrEqual(context.limits.socketBytesMax + 2 * MIB);
    client.socket.terminate();
    await eventually(() => outgoing.total).toBe(0);
  });

  it('[SP6] all watches of a slow reader are told everything, once it reads', async () => {
    const { url, context, send } = await served({ limits: { socketBytesMax: 100_000 } });
    const client = await rawClient(url);
    cleanups.push(() => client.socket.terminate());
    client.send(watches);
    await client.until((reply) => reply.type === 'progress' && reply.id === 600);
    client.socket.pause();
    await send('/kv/large', { method: 'PUT', body: new Uint8Array(50_000) });
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
    await client.until((reply) => reply.type === 'status' && reply.id === 10_000);
  });

  it('[SP5] a hundred of them together hold what fits one bound; who asks besides is served, and they pay', async () => {
    const held = createHeld();
    const { url, send, context } = await served({ held });
    for (const key of ['a', 'b', 'c']) {
      await send(`/kv/${key}`, { method: 'PUT', body: new Uint8Array(MIB) });
    }
    const clients: RawClient[] = [];
    for (let at = 0; at < 40; at += 1) clients.push(await pausedClient(url));
    for (const client of clients) client.send([1, 2, 3, 4].map((id) => read(id, '')));
    await eventually(() => held.outgoing.total).toBeGreaterThan(30 * MIB);
    expect(held.outgoing.total).toBeLessThanOrEqual(56 * MIB);
    await using honest = connect({ endpoints: [url] });
    expect((await honest.range({ prefix: '' })).count).toBe(3);
    expect(held.outgoing.closedCount).toBeGreaterThan(0);
    expect(held.outgoing.total).toBeLessThanOrEqual(56 * MIB);
    expect(context.counters.clientConnections).toBeLessThan(41);
  }, 20_000);

  it('[SP5] one that takes nothing for ten seconds is left, though nobody needs its room', async () => {
    const held = createHeld();
    const { url, send, context } = await served({ held });
    await send('/kv/a', { method: 'PUT', body: new Uint8Array(MIB) });
    const client = await pausedClient(url);
    client.send(Array.from({ length: 16 }, (_, at) => read(at + 1, '')));
    await eventually(() => held.outgoing.total).toBeGreaterThan(MIB);
    for (let tick = 0; tick < 200; tick += 1) held.outgoing.tick();
    expect(held.outgoing.total).toBe(0);
    await eventually(() => context.counters.clientConnections).toBe(0);
  });
});
