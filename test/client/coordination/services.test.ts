/** Where the instances of a service are, while they live, against a server over loopback. */
import { describe, expect, it } from 'vitest';
import { registerService } from '../../../src/client/coordination/registry.ts';
import type { CoordinatedStore } from '../../../src/client/coordination/store.ts';
import { Turns } from '../../../src/client/coordination/turns.ts';
import type { Lease } from '../../../src/client/index.ts';
import { localServer } from '../../server/local-server.ts';
import { clientAt, clientOf, facts, rejection } from '../stage.ts';

describe('a service', () => {
  it('[CO5] is resolved to the addresses that are registered, live, until they are withdrawn', async () => {
    const { server, client } = await clientAt(localServer());
    const ending = new AbortController();
    const seen = client.resolve('shop', { signal: ending.signal });
    const next = async (): Promise<unknown> => (await seen.next()).value;
    expect(await next()).toEqual([]);
    const one = await client.register('shop', 'http://b:1');
    expect(await next()).toEqual(['http://b:1']);
    const two = await clientOf([server.url]).register('shop', 'http://a:1');
    expect(await next()).toEqual(['http://a:1', 'http://b:1']);
    await one.withdraw();
    expect(await next()).toEqual(['http://a:1']);
    await two[Symbol.asyncDispose]();
    expect(await next()).toEqual([]);
    ending.abort();
    expect(await seen.next()).toMatchObject({ done: true });
  });

  it('[CO5] is there for as long as any of those is that registered one address', async () => {
    const { server, client } = await clientAt(localServer());
    const seen = client.resolve('shop');
    const next = async (): Promise<unknown> => (await seen.next()).value;
    expect(await next()).toEqual([]);
    const one = await client.register('shop', 'http://a:1');
    expect(await next()).toEqual(['http://a:1']);
    const two = await clientOf([server.url]).register('shop', 'http://a:1');
    await two.withdraw();
    const three = await client.register('shop', 'http://b:1');
    expect(await next()).toEqual(['http://a:1', 'http://b:1']);
    await one.withdraw();
    expect(await next()).toEqual(['http://b:1']);
    await three.withdraw();
    expect(await next()).toEqual([]);
    await seen.return?.();
  });

  it('[CO5] counts as made only if its lease has outlived its making', async () => {
    const { server, client } = await clientAt(localServer());
    let lease: Lease | null = null;
    const store: CoordinatedStore = {
      grantLease: async (asked) => {
        lease = await client.grantLease(asked);
        return lease;
      },
      // Answers late: the lease has ended meanwhile, and this client knows it.
      put: async (key, value, options) => {
        const result = await client.put(key, value, options);
        const { lost } = lease ?? expect.fail('a registration begins with a lease');
        await server.commit({ type: 'revoke', lease: 1 });
        await new Promise((resolve) => lost.addEventListener('abort', resolve));
        return result;
      },
      txn: (txn) => client.txn(txn),
      range: (query) => client.range(query),
      watch: (query) => client.watch(query),
      pause: async () => {},
      followedKeys: new Turns(1),
    };
    const shop = { service: 'shop', address: 'http://a:1' };
    const made = registerService(store, shop, { ttlMs: 300 });
    expect((await rejection(made)).code).toBe('RAFT_LEASE_EXPIRED');
  });

  it('[CO5] is told as it was registered, whatever stands in it', async () => {
    const { client } = await clientAt(localServer());
    const seen = client.resolve('shop');
    const next = async (): Promise<unknown> => (await seen.next()).value;
    expect(await next()).toEqual([]);
    const one = await client.register('shop', 'a\nb');
    expect(await next()).toEqual(['a\nb']);
    await client.txn({
      success: [
        { type: 'delete', key: `raftchart/services/shop/${encodeURIComponent(one.address)}/1` },
        { type: 'put', key: 'raftchart/services/shop/x', value: 'a' },
        { type: 'put', key: 'raftchart/services/shop/y', value: 'b' },
      ],
    });
    expect(await next()).toEqual(['a', 'b']);
    await one.withdraw();
    await client.put('raftchart/services/shop/z', '\ufeffa');
    let told = await next();
    while (JSON.stringify(told).includes('\\n')) told = await next();
    expect(told).toEqual(['a', 'b', '\ufeffa']);
    await seen.return?.();
  });

  it('[CO5] is not made for whoever does not want it any more', async () => {
    const { client } = await clientAt(localServer());
    const signal = AbortSignal.abort();
    expect(facts(await rejection(client.register('shop', 'http://a:1', { signal })))).toEqual([
      'RAFT_ABORTED',
      'safe',
    ]);
    const withdrawing = new AbortController();
    const made = client.register('shop', 'http://a:1', { signal: withdrawing.signal });
    withdrawing.abort();
    expect((await rejection(made)).code).toBe('RAFT_ABORTED');
    expect((await client.range({ prefix: 'raftchart/services/' })).kvs).toEqual([]);
  });

  it('[CO5] is there again after an outage that its lease has not outlived', async () => {
    const { server, client } = await clientAt(localServer());
    await using _ = await client.register('shop', 'http://a:1', { ttlMs: 3_000 });
    const seen = client.resolve('shop');
    expect((await seen.next()).value).toEqual(['http://a:1']);
    await server.commit({ type: 'revoke', lease: 1 });
    expect((await seen.next()).value).toEqual([]);
    expect((await seen.next()).value).toEqual(['http://a:1']);
    await seen.return?.();
  });
});
