/** A watch that outlives connections, servers, leaders and slow readers. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ServerConnection } from '../../../src/client/connection/server-connection.ts';
import type { KvClient, Watch, WatchRevision } from '../../../src/client/index.ts';
import { WATCH_BUFFER_BYTES_MAX } from '../../../src/client/limits.ts';
import { Watch as ProductionWatch, type WatchReply } from '../../../src/client/watching/watch.ts';
import type { ClientRequest } from '../../../src/client-protocol/frame-shapes.ts';
import { RaftError } from '../../../src/core/errors.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { eventually } from '../../server/eventually.ts';
import { LocalReplica } from '../../server/local-replica.ts';
import { type LocalServer, localServer, served } from '../../server/local-server.ts';
import { clientAt, clientOf, rejection } from '../stage.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

/** Writes past the client, straight into the store. */
function write(server: LocalServer, key: string, value: Uint8Array = bytes(key)): Promise<void> {
  return server.commit({ type: 'put', key: bytes(key), value });
}

async function take(watch: Watch, count: number): Promise<readonly WatchRevision[]> {
  const taken: WatchRevision[] = [];
  while (taken.length < count) {
    const { done, value } = await watch.next();
    if (done === true) break;
    taken.push(value);
  }
  return taken;
}

const numbers = (revisions: readonly WatchRevision[]) => revisions.map(({ revision }) => revision);
const span = (from: number, through: number) =>
  Array.from({ length: through - from + 1 }, (_, at) => from + at);

/** A watch whose server is the test. */
function watchInHand(from: number | null = 1) {
  const types: string[] = [];
  const clock = new VirtualClock();
  const connection: ServerConnection = Object.create(null, {
    post: { value: ({ type }: ClientRequest) => types.push(type) },
  });
  const watch = new ProductionWatch(
    { selector: { prefix: bytes('k') }, from, eventsMax: 10 },
    {
      clock,
      current: () => connection,
      newId: () => 1,
      route: () => {},
      unroute: () => {},
      closed: () => {},
    },
  );
  watch.resubscribe();
  return { clock, watch, posted: () => types };
}

function told(revision: number, value: Uint8Array): WatchReply {
  const numbers = { createRevision: revision, modRevision: revision, version: 1, lease: null };
  const events = [{ type: 'put', key: bytes('k'), value, ...numbers }] as const;
  return { type: 'watched', id: 1, revisions: [{ revision, events }] };
}

describe('a watch', () => {
  it('[CL8] tells what changes from now on, grouped by revision', async () => {
    const { client } = await clientAt(served());
    await client.put('before', 'x');
    const watch = client.watch({ prefix: 'k' });
    expect(await watch.started()).toBe(3);
    await client.txn({
      success: ['k1', 'other', 'k2'].map((key) => ({ type: 'put', key, value: key })),
    });
    await client.delete('k1');
    const [first, second] = await take(watch, 2);
    expect(first?.events.map(({ key }) => new TextDecoder().decode(key))).toEqual(['k1', 'k2']);
    expect(second).toEqual({
      revision: 4,
      events: [{ type: 'delete', key: bytes('k1'), value: null, modRevision: 4 }],
    });
  });

  it('[CL8] says where it began, though the first change came with that word', async () => {
    const { watch } = watchInHand(null);
    const started = watch.started();
    watch.receive({ type: 'progress', id: 1, revision: 3 });
    const events = [{ type: 'delete', key: bytes('k1'), value: null, modRevision: 4 }] as const;
    watch.receive({ type: 'watched', id: 1, revisions: [{ revision: 4, events }] });
    expect([await started, await watch.started(), watch.nextRevision]).toEqual([4, 4, 5]);
  });

  it('[CL8] tells the past from a revision on, then the present', async () => {
    const { server, client } = await clientAt(served());
    for (let at = 0; at < 30; at += 1) await write(server, `k${at}`);
    const watch = client.watch({ prefix: '', from: 5 });
    await write(server, 'last');
    expect(numbers(await take(watch, 28))).toEqual(span(5, 32));
  });

  it('[CL8] ends with the loop that reads it, and with its signal', async () => {
    const { server, client } = await clientAt(served());
    const controller = new AbortController();
    const aborted = client.watch({ prefix: '', signal: controller.signal });
    await eventually(() => server.context.counters.clientWatches).toBe(1);
    const pending = aborted.next();
    controller.abort();
    expect(await pending).toEqual({ done: true, value: undefined });
    await write(server, 'a');
    for await (const { revision } of client.watch({ prefix: '', from: 2 })) {
      expect(revision).toBe(2);
      break;
    }
    await eventually(() => server.context.counters.clientWatches).toBe(0);
    expect(await client.watch({ prefix: '', signal: controller.signal }).next()).toMatchObject({
      done: true,
    });
  });

  it('[CL8] rejects with what cannot be mended', async () => {
    const { server, client } = await clientAt(served());
    for (let at = 0; at < 5; at += 1) await write(server, 'k');
    await server.commit({ type: 'compact', revision: 5 });
    const compacted = await rejection(client.watch({ prefix: '', from: 2 }).next());
    expect(compacted).toMatchObject({ code: 'RAFT_COMPACTED', compactedRevision: 5 });
    const both = await rejection(client.watch({ prefix: '', key: 'k' }).next());
    expect(both.code).toBe('RAFT_BAD_REQUEST');
  });
});

describe('reconnecting', () => {
  /** Reads in the background what a watch tells, until told to stop. */
  function follow(watch: Watch): { readonly seen: WatchRevision[]; readonly end: Promise<void> } {
    const seen: WatchRevision[] = [];
    const end = (async () => {
      for await (const revision of watch) seen.push(revision);
    })();
    return { seen, end };
  }

  it('[CL8] loses nothing and repeats nothing when its connection breaks', async () => {
    const { server, client } = await clientAt(served());
    const { seen } = follow(client.watch({ prefix: '', from: 2 }));
    for (let round = 0; round < 8; round += 1) {
      for (let at = 0; at < 25; at += 1) void write(server, `k${round}-${at}`);
      await breakConnections(server, client);
    }
    await write(server, 'last');
    await eventually(() => seen.at(-1)?.revision).toBe(202);
    expect(numbers(seen)).toEqual(span(2, 202));
  });

  it('[CL8] remembers where "now" was, though nothing has happened before its connection breaks', async () => {
    const { server, client } = await clientAt(served());
    await write(server, 'before');
    const watch = client.watch({ prefix: '' });
    const { seen } = follow(watch);
    await watch.started();
    const { port, replica } = server;
    await server.close();
    await write(server, 'missed');
    const again = await served({ port, replica });
    await write(again, 'later');
    await eventually(() => numbers(seen)).toEqual([3, 4]);
  });

  it('[CL8] goes on at another server, and when the leader changes', async () => {
    const replica = new LocalReplica({ id: 'n1' });
    const first = await served({ replica });
    const second = await served({
      replica: new LocalReplica({ id: 'n2', machine: replica.machine }),
    });
    second.replica.follow('n1');
    const client = clientOf([first.url, second.url]);
    const { seen } = follow(client.watch({ prefix: '', from: 2 }));
    await write(first, 'a');
    await eventually(() => seen.length).toBe(1);
    second.replica.follow('n2');
    replica.follow('n2');
    await write(first, 'b');
    await eventually(() => client.connectedTo).toBe('n2');
    await write(second, 'c');
    await eventually(() => seen.length).toBe(3);
    await first.close();
    await write(second, 'd');
    await eventually(() => numbers(seen)).toEqual([2, 3, 4, 5]);
    expect(first.context.counters.clientWatches).toBe(0);
  });

  it('[CL8] survives compaction behind a quiet watch', async () => {
    const { server, client } = await clientAt(served({ keepAliveMs: 20 }));
    const watch = client.watch({ prefix: 'quiet', from: 2 });
    const { seen } = follow(watch);
    for (let at = 0; at < 20; at += 1) await write(server, 'loud');
    // The server tells a quiet watch how far it is with each probe.
    await eventually(() => watch.nextRevision).toBe(22);
    await server.commit({ type: 'compact', revision: 21 });
    await breakConnections(server, client);
    await write(server, 'quiet');
    await eventually(() => numbers(seen)).toEqual([22]);
  });

  it('[CL8] tries again what is refused only for now', async () => {
    const server = await served();
    server.replica.mood = 'leaderless';
    const client = clientOf([server.url]);
    const { seen } = follow(client.watch({ prefix: '' }));
    await eventually(() => server.replica.readIndexCalls).toBeGreaterThan(1);
    server.replica.mood = 'serving';
    await eventually(() => server.context.counters.clientWatches).toBe(1);
    await eventually(async () => {
      await write(server, 'k');
      return seen.length;
    }).toBeGreaterThan(0);
  });

  it('[CL8] refused again and again asks ever more slowly, and at once where there is another chance', () => {
    const { clock, posted, watch } = watchInHand();
    const error = new RaftError('RAFT_OVERLOADED', 'no room');
    const refuse = (): void => {
      watch.receive({ type: 'failed', id: 1, error, compactedRevision: null });
    };
    const waits: number[] = [];
    for (let turn = 0; turn < 8; turn += 1) {
      refuse();
      const count = posted().length;
      let waitedMs = 0;
      for (; posted().length === count; waitedMs += 100) clock.advance(100);
      waits.push(waitedMs);
    }
    expect(waits).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
    refuse();
    watch.resubscribe();
    expect(posted()).toHaveLength(10);
    clock.advance(10_000);
    expect(posted()).toHaveLength(10);
    watch.receive({ type: 'progress', id: 1, revision: 5 });
    refuse();
    clock.advance(100);
    expect(posted()).toHaveLength(11);
  });

  async function breakConnections(server: LocalServer, client: KvClient): Promise<void> {
    const { counters } = server.context;
    const before = counters.clientConnectionsTotal;
    server.clients.dropAll();
    await eventually(() => counters.clientConnectionsTotal).toBeGreaterThan(before);
    await client.status();
  }
});

describe('a slow reader', () => {
  it('[CL8] pauses the stream at its source and still gets everything, once', async () => {
    const { server, client } = await clientAt(served(), { watchEventsMax: 10 });
    const watch = client.watch({ prefix: '', from: 2 });
    for (let at = 0; at < 500; at += 1) void write(server, `k${at}`);
    await write(server, 'last');
    await eventually(() => server.context.counters.clientRequests.get('cancel')).toBe(1);
    expect(server.context.counters.clientWatches).toBe(0);
    expect(numbers(await take(watch, 501))).toEqual(span(2, 502));
  });

  it('[CL8] pauses also past so many bytes, and goes on once they are read', async () => {
    const { posted, watch } = watchInHand();
    const value = new Uint8Array(WATCH_BUFFER_BYTES_MAX / 4 - 2);
    for (const revision of span(1, 4)) watch.receive(told(revision, value));
    expect(posted()).toEqual(['watch']);
    watch.receive(told(5, value));
    expect(posted()).toEqual(['watch', 'cancel']);
    expect(numbers(await take(watch, 5))).toEqual(span(1, 5));
    void watch.next();
    expect(posted()).toEqual(['watch', 'cancel', 'watch']);
  });

  it('[CL8] gets everything once, however its reading and the writing fall together', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ writes: fc.nat(30), reads: fc.nat(20), breaks: fc.boolean() }), {
          minLength: 1,
          maxLength: 12,
        }),
        fc.integer({ min: 1, max: 20 }),
        async (steps, watchEventsMax) => {
          const server = await localServer();
          const client = clientOf([server.url], { watchEventsMax });
          const watch = client.watch({ prefix: '', from: 2 });
          const seen: WatchRevision[] = [];
          let written = 0;
          for (const { writes, reads, breaks } of steps) {
            for (let at = 0; at < writes; at += 1) void write(server, `k${at}`);
            written += writes;
            seen.push(...(await take(watch, Math.min(reads, written - seen.length))));
            if (breaks) server.clients.dropAll();
          }
          seen.push(...(await take(watch, written - seen.length)));
          expect(numbers(seen)).toEqual(span(2, written + 1));
          await client.close();
          await server.close();
        },
      ),
      { numRuns: 15 },
    );
  });
});
