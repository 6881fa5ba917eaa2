/** What is held and taken away by somebody else: its holder learns at once, by a watch on its own key. */
import { describe, expect, it } from 'vitest';
import { campaignFor } from '../../../src/client/coordination/election.ts';
import { takeLock } from '../../../src/client/coordination/lock.ts';
import { storeOf } from '../../../src/client/coordination/store.ts';
import { Turns } from '../../../src/client/coordination/turns.ts';
import type { KvClient, WatchQuery } from '../../../src/client/index.ts';
import { CompactedError } from '../../../src/kv/commands/kv-errors.ts';
import { connectionClock } from '../../../src/wire/ws-clock.ts';
import { localServer } from '../../server/local-server.ts';
import { clientAt, clientOf, rejection } from '../stage.ts';

/** So long that nothing is renewed while a test runs. */
const TTL_MS = 60 * 60_000;

/** Resolves with the reason. */
function lossOf({ lost }: { readonly lost: AbortSignal }): Promise<unknown> {
  return new Promise((resolve) => {
    if (lost.aborted) resolve(lost.reason);
    lost.addEventListener('abort', () => resolve(lost.reason));
  });
}

/** The number of the lease is the last part of its key. */
const leaseOf = (key: string): number => Number(key.split('/').at(-1));

/** A store whose watches are the test's, with a room for so many. */
function storeWith(
  client: KvClient,
  watch: (query: WatchQuery, nth: number) => ReturnType<KvClient['watch']>,
  room = 10,
) {
  let count = 0;
  return {
    ...storeOf(client, connectionClock),
    followedKeys: new Turns(room),
    watch: (query: WatchQuery) => watch(query, ++count),
  };
}

describe('the key of what is held', () => {
  it('[CO8] deleted by somebody else: the holder learns at once what happened, and its lease is given back', async () => {
    const { server, client } = await clientAt(localServer());
    const lock = await client.lock('orders', { ttlMs: TTL_MS });
    const next = clientOf([server.url]).lock('orders');
    const { revision } = await clientOf([server.url]).delete(lock.key);
    const why = await lossOf(lock);
    expect(why).toMatchObject({ code: 'RAFT_LEASE_EXPIRED', retry: 'never' });
    expect(why).toMatchObject({ message: expect.stringContaining(`at revision ${revision}`) });
    expect((await next).fencing).toBeGreaterThan(lock.fencing);
    await lock.release();
    await expect(client.renewLease(leaseOf(lock.key))).rejects.toThrowError(/has ended/);
  });

  it('[CO8] gone with a lease that somebody else has ended: the holder need not wait for its next renewal', async () => {
    const { server, client } = await clientAt(localServer());
    const leadership = await client.campaign('chief', 'n1', { ttlMs: TTL_MS });
    await leadership.proclaim('n1 again');
    expect(leadership.lost.aborted).toBe(false);
    await server.commit({ type: 'revoke', lease: 1 });
    const why = await lossOf(leadership);
    expect(why).toMatchObject({
      code: 'RAFT_LEASE_EXPIRED',
      message: expect.stringContaining('raftchart/elections/chief/1'),
    });
    expect(await rejection(leadership.proclaim('late'))).toBe(why);
  });

  it('[CO4] [CO8] put by somebody else in the place of a leader is not proclaimed over', async () => {
    const { client } = await clientAt(localServer());
    // Who hears of nothing, since its watches tell nothing.
    const store = storeWith(client, () => client.watch({ key: 'never' }));
    const leadership = await campaignFor(store, 'chief', { value: 'n1', ttlMs: TTL_MS });
    const key = 'raftchart/elections/chief/1';
    await client.delete(key);
    await client.put(key, 'stray');
    expect((await rejection(leadership.proclaim('late'))).code).toBe('RAFT_LEASE_EXPIRED');
    expect(await client.get(key)).toMatchObject({ value: new TextEncoder().encode('stray') });
  });

  it('[CO8] deleted and put again by somebody else is lost all the same', async () => {
    const { client } = await clientAt(localServer());
    const lock = await client.lock('orders', { ttlMs: TTL_MS });
    await client.delete(lock.key);
    await client.put(lock.key, '');
    expect(await lossOf(lock)).toMatchObject({ code: 'RAFT_LEASE_EXPIRED' });
  });

  it('[CO8] given back by its holder is no loss', async () => {
    const { client } = await clientAt(localServer());
    const lock = await client.lock('orders', { ttlMs: TTL_MS });
    const watch = client.watch({ key: lock.key, from: lock.fencing + 1 });
    await lock.release();
    await watch.next();
    await client.get('what is asked later is answered later');
    expect(lock.lost.aborted).toBe(false);
  });

  it('[CO8] outlives connections: what happened meanwhile is told, and nothing else is a loss', async () => {
    const { server, client } = await clientAt(localServer());
    const lock = await client.lock('orders', { ttlMs: TTL_MS });
    const other = await client.lock('others', { ttlMs: TTL_MS });
    for (let turn = 0; turn < 3; turn += 1) {
      server.clients.dropAll();
      await client.get('answered by the next connection');
    }
    expect([lock.lost.aborted, other.lost.aborted]).toEqual([false, false]);
    server.clients.dropAll();
    await server.commit({ type: 'delete', key: new TextEncoder().encode(lock.key) });
    expect(await lossOf(lock)).toMatchObject({ code: 'RAFT_LEASE_EXPIRED' });
    expect(other.lost.aborted).toBe(false);
  });

  it('[CO8] is looked at where its history was compacted meanwhile', async () => {
    const { server, client } = await clientAt(localServer());
    let watches = 0;
    const store = storeWith(client, (query) => {
      watches += 1;
      if (watches < 3) throw new CompactedError(query.from ?? 0, 1_000);
      return client.watch(query);
    });
    const there = await takeLock(store, 'orders', { ttlMs: TTL_MS });
    await expect.poll(() => watches).toBe(3);
    expect(there.lost.aborted).toBe(false);
    await server.commit({ type: 'revoke', lease: 1 });
    expect(await lossOf(there)).toMatchObject({ code: 'RAFT_LEASE_EXPIRED' });
    const gone = await takeLock(
      storeWith(client, (query) => {
        void client.delete({ prefix: 'raftchart/' });
        throw new CompactedError(query.from ?? 0, 1_000);
      }),
      'orders',
      { ttlMs: TTL_MS },
    );
    expect(await lossOf(gone)).toMatchObject({ code: 'RAFT_LEASE_EXPIRED' });
  });

  it('[CO8] costs its holder one watch, and none once it is given back; who has no room is watched later', async () => {
    const { client } = await clientAt(localServer());
    let open = 0;
    let most = 0;
    const store = storeWith(
      client,
      (query) => {
        open += 1;
        most = Math.max(most, open);
        query.signal?.addEventListener('abort', () => {
          open -= 1;
        });
        return client.watch(query);
      },
      2,
    );
    const locks = [];
    for (const name of ['a', 'b', 'c', 'd']) {
      locks.push(await takeLock(store, name, { ttlMs: TTL_MS }));
    }
    expect([open, most]).toEqual([2, 2]);
    const [first, second, third, last] = locks;
    await client.delete(last?.key ?? '');
    await third?.release();
    await first?.release();
    expect(await lossOf(last ?? expect.fail())).toMatchObject({ code: 'RAFT_LEASE_EXPIRED' });
    expect(second?.lost.aborted).toBe(false);
    await second?.release();
    await expect.poll(() => open).toBe(0);
    expect(most).toBe(2);
  });

  it('[CO8] of a service is put anew, as often as somebody takes it away, until it is withdrawn', async () => {
    const { server, client } = await clientAt(localServer());
    const registration = await client.register('shop', 'http://a:1', { ttlMs: TTL_MS });
    const seen = client.resolve('shop');
    const next = async (): Promise<unknown> => (await seen.next()).value;
    expect(await next()).toEqual(['http://a:1']);
    for (let turn = 0; turn < 3; turn += 1) {
      await clientOf([server.url]).delete({ prefix: 'raftchart/services/' });
      expect(await next()).toEqual([]);
      expect(await next()).toEqual(['http://a:1']);
    }
    await registration.withdraw();
    expect(await next()).toEqual([]);
    expect((await client.range({ prefix: 'raftchart/' })).kvs).toEqual([]);
    await seen.return?.();
  });
});
