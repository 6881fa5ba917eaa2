/** Locks, elections and services on leases and transactions alone, against a server over loopback. */
import { describe, expect, it } from 'vitest';
import { takeLock } from '../../../src/client/coordination/lock.ts';
import { registerService } from '../../../src/client/coordination/registry.ts';
import { type CoordinatedStore, storeOf } from '../../../src/client/coordination/store.ts';
import type { KvClient, Lease, Lock } from '../../../src/client/index.ts';
import { connectionClock } from '../../../src/wire/ws-clock.ts';
import { type LocalServer, localServer } from '../../server/local-server.ts';
import { clientAt, clientOf, facts, rejection } from '../stage.ts';

const LINE = 'raftchart/locks/orders/';

/** Resolves once so many stand in line. */
async function inLine(client: KvClient, count: number, prefix = LINE): Promise<void> {
  for await (const _ of client.watch({ prefix, from: 1 })) {
    const { kvs } = await client.range({ prefix, keysOnly: true });
    if (kvs.length === count) return;
  }
}

/** The end of a lease without a word of its holder. */
function forget(server: LocalServer, lock: { readonly key: string }): Promise<void> {
  return server.commit({ type: 'revoke', lease: Number(lock.key.split('/').at(-1)) });
}

describe('a lock', () => {
  it('[CO1] [CO2] has one holder at a time, in the order in which they came, with numbers that grow', async () => {
    const { server, client } = await clientAt(localServer());
    const held: string[] = [];
    let holders = 0;
    const first = await client.lock('orders');
    const waiting: Promise<number>[] = [];
    for (let at = 1; at <= 12; at += 1) {
      const own = clientOf([server.url]);
      const take = async (): Promise<number> => {
        await using lock = await own.lock('orders');
        holders += 1;
        held.push(`${at}`);
        await own.put('shared', `${at}`);
        expect(holders).toBe(1);
        holders -= 1;
        return lock.fencing;
      };
      waiting.push(take());
      await inLine(client, at + 1);
    }
    await first.release();
    const fencing = [first.fencing, ...(await Promise.all(waiting))];
    expect(held).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12']);
    expect(fencing).toEqual([...fencing].sort((left, right) => left - right));
    expect(new Set(fencing).size).toBe(13);
    expect((await client.range({ prefix: LINE })).kvs).toEqual([]);
  });

  it('[CO2] passes over who has left the line, and wakes nobody but the next', async () => {
    const { server, client } = await clientAt(localServer());
    const first = await client.lock('orders');
    const leaving = new AbortController();
    const gone = rejection(client.lock('orders', { signal: leaving.signal }));
    await inLine(client, 2);
    const last = client.lock('orders');
    await inLine(client, 3);
    let isHeld = false;
    last.then(() => {
      isHeld = true;
    });
    const { revision: from } = await client.put('begun', '');
    const looks = server.replica.countLooks();
    leaving.abort();
    expect(facts(await gone)).toEqual(['RAFT_ABORTED', 'safe']);
    await inLine(client, 2);
    for await (const { events } of client.watch({ prefix: LINE, from })) {
      if (events.some(({ type }) => type === 'delete')) break;
    }
    await client.get('what is asked later is answered later');
    expect(isHeld).toBe(false);
    await first.release();
    expect((await last).fencing).toBeGreaterThan(first.fencing);
    expect(looks()).toBeLessThanOrEqual(8);
  });

  it('[CO2] given back wakes the next alone, however many wait', async () => {
    const { server, client } = await clientAt(localServer());
    const first = await client.lock('orders');
    const waiting: Promise<Lock>[] = [];
    for (let at = 2; at <= 8; at += 1) {
      const next = client.lock('orders');
      // Those behind it wait until the client is closed.
      next.catch(() => {});
      waiting.push(next);
      await inLine(client, at);
    }
    const looks = server.replica.countLooks();
    await first.release();
    await waiting[0];
    await client.get('what is asked later is answered later');
    expect(looks()).toBeLessThanOrEqual(3);
  });

  it('[CO3] goes to the next when its holder is gone without a word, who hears of it', async () => {
    const { server, client } = await clientAt(localServer());
    const first = await client.lock('orders', { ttlMs: 3_000 });
    const next = client.lock('orders');
    await inLine(client, 2);
    const isLost = new Promise<unknown>((resolve) => {
      first.lost.addEventListener('abort', () => resolve(first.lost.reason));
    });
    await forget(server, first);
    expect((await next).fencing).toBeGreaterThan(first.fencing);
    expect(await isLost).toMatchObject({ code: 'RAFT_LEASE_EXPIRED' });
    await first.release();
  });

  it('[CO3] whose lease is lost in line is not given, and says why', async () => {
    const { server, client } = await clientAt(localServer());
    const first = await client.lock('orders');
    const next = rejection(client.lock('orders', { ttlMs: 3_000 }));
    await inLine(client, 2);
    await forget(server, { key: `${LINE}2` });
    expect((await next).code).toBe('RAFT_LEASE_EXPIRED');
    expect(first.lost.aborted).toBe(false);
  });

  it('[CO3] that was lost before its holder knew that it is held is not given', async () => {
    const { server, client } = await clientAt(localServer());
    let lease: Lease | null = null;
    const store: CoordinatedStore = {
      ...storeOf(client, connectionClock),
      grantLease: async (asked) => {
        lease = await client.grantLease(asked);
        return lease;
      },
      // The line as it was; the answer comes late.
      range: async (query) => {
        const result = await client.range(query);
        const { lost } = lease ?? expect.fail('a place begins with a lease');
        await server.commit({ type: 'revoke', lease: 1 });
        await new Promise((resolve) => lost.addEventListener('abort', resolve));
        return result;
      },
    };
    const taken = takeLock(store, 'orders', { ttlMs: 300 });
    expect((await rejection(taken)).code).toBe('RAFT_LEASE_EXPIRED');
  });

  it('[CO3] whose key in line somebody deleted is not given', async () => {
    const { client } = await clientAt(localServer());
    const first = await client.lock('orders');
    const next = rejection(client.lock('orders'));
    await inLine(client, 2);
    await client.delete(`${LINE}2`);
    await first.release();
    expect((await next).code).toBe('RAFT_LEASE_EXPIRED');
  });

  it('[CO10] takes a key out of the way that is bound to no lease, also one where its own place comes', async () => {
    const { client } = await clientAt(localServer());
    const stray = async (...names: readonly string[]): Promise<void> => {
      for (const name of names) await client.put(`${LINE}${name}`, 'imported');
    };
    await stray('1', '2', 'zz');
    const first = await client.lock('orders');
    expect((await client.range({ prefix: LINE })).kvs).toMatchObject([
      { lease: 1, version: 1, createRevision: first.fencing },
    ]);
    let isWaiting = false;
    const next = takeLock(
      {
        ...storeOf(client, connectionClock),
        watch: (query) => {
          isWaiting = true;
          return client.watch(query);
        },
      },
      'orders',
      {},
    );
    await expect.poll(() => isWaiting).toBe(true);
    // Put anew by somebody else, its place would outlive its holder.
    await client.put(first.key, 'imported');
    expect((await next).fencing).toBeGreaterThan(first.fencing);
    await expect.poll(() => first.lost.reason).toMatchObject({ code: 'RAFT_LEASE_EXPIRED' });
    const guarded = await client.txn({
      compare: [{ key: first.key, target: 'createRevision', operator: '=', value: first.fencing }],
    });
    expect(guarded.succeeded).toBe(false);
  });

  it('[CO2] [CO10] reads a line of several pages anew whose history is compacted meanwhile', async () => {
    const { client } = await clientAt(localServer());
    const first = await client.lock('orders');
    await client.lock('others');
    let reads = 0;
    const store: CoordinatedStore = {
      ...storeOf(client, connectionClock),
      range: async (query) => {
        reads += 1;
        if (reads === 2) await client.compact((await client.put('later', '')).revision);
        return client.range({ ...query, limit: 1 });
      },
    };
    const next = takeLock(store, 'orders', {});
    next.catch(() => {});
    await expect.poll(() => reads).toBeGreaterThan(2);
    await first.release();
    expect((await next).fencing).toBeGreaterThan(first.fencing);
  });

  it('[CO9] aborted while its lease is asked for is over at once, and the lease is given back when it comes', async () => {
    const { client } = await clientAt(localServer());
    const granted: Lease[] = [];
    let come: () => void = () => {};
    const coming = new Promise<void>((resolve) => {
      come = resolve;
    });
    const store: CoordinatedStore = {
      ...storeOf(client, connectionClock),
      grantLease: async (asked) => {
        const lease = await client.grantLease(asked);
        granted.push(lease);
        await coming;
        return lease;
      },
    };
    const leaving = new AbortController();
    const { signal } = leaving;
    const lock = rejection(takeLock(store, 'orders', { signal, ttlMs: 600_000 }));
    const service = rejection(
      registerService(store, { service: 'shop', address: 'a' }, { signal, ttlMs: 600_000 }),
    );
    await expect.poll(() => granted.length).toBe(2);
    leaving.abort();
    expect(facts(await lock)).toEqual(['RAFT_ABORTED', 'safe']);
    expect(facts(await service)).toEqual(['RAFT_ABORTED', 'safe']);
    come();
    for (const { id } of granted) {
      const isLeft = () =>
        client.renewLease(id).then(
          () => true,
          ({ code }) => code,
        );
      await expect.poll(isLeft).toBe('RAFT_LEASE_EXPIRED');
    }
  });

  it('[CO9] aborted while nobody can take its place back waits for that a second at most', async () => {
    const { server, client } = await clientAt(localServer());
    const first = await client.lock('orders');
    const pauses: number[] = [];
    const store: CoordinatedStore = {
      ...storeOf(client, connectionClock),
      pause: async (ms) => void pauses.push(ms),
    };
    const leaving = new AbortController();
    const next = rejection(takeLock(store, 'orders', { signal: leaving.signal, ttlMs: 600_000 }));
    await inLine(client, 2);
    server.replica.mood = 'leaderless';
    leaving.abort();
    expect(facts(await next)).toEqual(['RAFT_ABORTED', 'safe']);
    expect(pauses).toEqual([1_000]);
    server.replica.mood = 'serving';
    await inLine(client, 1);
    await first.release();
  });

  it('[CO1] [LE1] is held for as long as any lease may last, a year', async () => {
    const { client } = await clientAt(localServer());
    await using lock = await client.lock('orders', { ttlMs: 365 * 24 * 60 * 60_000 });
    // Timers of Node.js that are too long are over after a millisecond, and a request takes longer.
    for (let turn = 0; turn < 20; turn += 1) await client.put('a', '');
    expect(lock.lost.aborted).toBe(false);
  });

  it('[CO1] is another for each name, whatever stands in it', async () => {
    const { client } = await clientAt(localServer());
    const names = ['a', 'a/b', 'a%2Fb', 'ä ?'];
    const locks: Lock[] = [];
    for (const name of names) locks.push(await client.lock(name));
    expect(new Set(locks.map(({ key }) => key.split('/').length))).toEqual(new Set([4]));
    await expect(client.lock('')).rejects.toThrowError(TypeError);
    await expect(client.lock('a', { ttlMs: 1 })).rejects.toThrowError(TypeError);
  });
});

describe('an election', () => {
  it('[CO4] has one leader after the other, whom observers see with what it says', async () => {
    const { server, client } = await clientAt(localServer());
    const seen = client.observe('chief');
    const next = async (): Promise<string | null> => {
      const { value } = await seen.next();
      return value === null || value === undefined ? null : new TextDecoder().decode(value.value);
    };
    expect(await next()).toBeNull();
    const first = await client.campaign('chief', 'n1');
    expect(await next()).toBe('n1');
    const second = clientOf([server.url]).campaign('chief', 'n2');
    // Who waits is seen by nobody.
    await inLine(client, 2, 'raftchart/elections/chief/');
    await first.proclaim('n1 again');
    expect(await next()).toBe('n1 again');
    await first.resign();
    const leader = await second;
    let told = await next();
    while (told !== 'n2') told = await next();
    expect(leader.fencing).toBeGreaterThan(first.fencing);
    expect((await rejection(first.proclaim('late'))).code).toBe('RAFT_LEASE_EXPIRED');
    await leader[Symbol.asyncDispose]();
    expect(await next()).toBeNull();
    await seen.return?.();
    expect(await seen.next()).toMatchObject({ done: true });
  });
});
