/** `/lease` over HTTP: granted, renewed, told of and revoked; puts that are bound to one; what is refused, and how. */
import { expect, it } from 'vitest';
import { LEASES_IN_COMMAND_MAX } from '../../../src/kv/limits.ts';
import { LEASE_KEYS_TOLD_MAX } from '../../../src/server/limits.ts';
import { expectAnswer, type LocalApi, localApi } from '../local-server.ts';

function post(local: LocalApi, path: string, body: unknown): Promise<Response> {
  return local.send(path, { method: 'POST', body: JSON.stringify(body) });
}

it('[LE9] a lease is granted, told of, renewed and revoked, and its keys go with it', async () => {
  const local = localApi();
  const granted = await post(local, '/lease', { ttlMs: 60_000 });
  expect(granted.headers.get('raftchart-log-id')).toMatch(/^\d+-\d+$/);
  expect(await granted.json()).toEqual({ revision: 1, lease: 1, ttlMs: 60_000 });
  expect((await local.send('/kv/a?lease=1', { method: 'PUT', body: 'x' })).status).toBe(200);
  const operations = [{ op: 'put', key: 'b', value: 'y', lease: 1 }];
  await expectAnswer(post(local, '/txn', { success: operations }), 200, { succeeded: true });
  await expectAnswer(local.send('/kv'), 200, { kvs: [{ lease: 1 }, { lease: 1 }] });
  await expectAnswer(local.send('/lease/1'), 200, {
    ...{ revision: 3, lease: 1, ttlMs: 60_000, keyCount: 2 },
    ...{ keys: [{ key: 'a' }, { key: 'b' }], more: false },
  });
  await expectAnswer(post(local, '/lease/renew', { leases: [7, 1] }), 200, {
    renewed: [{ lease: 1, ttlMs: 60_000 }],
    ended: [7],
  });
  await expectAnswer(local.send('/lease/1', { method: 'DELETE' }), 200, {
    revision: 4,
    deleted: 2,
  });
  await expectAnswer(local.send('/kv'), 200, { kvs: [] });
});

it('[LE9] leases are listed in the order in which they were granted, a part at a time', async () => {
  const local = localApi();
  for (let count = 0; count < 5; count += 1) await post(local, '/lease', { ttlMs: 60_000 });
  await local.send('/lease/2', { method: 'DELETE' });
  const told = async (query: string): Promise<unknown> => {
    const body: unknown = await (await local.send(`/lease${query}`)).json();
    const { leases, more } = body as { leases: { lease: number }[]; more: boolean };
    return [leases.map(({ lease }) => lease), more];
  };
  expect(await told('')).toEqual([[1, 3, 4, 5], false]);
  expect(await told('?limit=2')).toEqual([[1, 3], true]);
  expect(await told('?limit=2&start=4')).toEqual([[4, 5], false]);
  expect(await told('?consistency=local&start=6')).toEqual([[], false]);
});

it('[LE9] of a lease with many keys the first are told', async () => {
  const local = localApi();
  await local.commit({ type: 'grant', ttlMs: 60_000 });
  const key = (at: number): Uint8Array => new TextEncoder().encode(`k${1_000 + at}`);
  for (let at = LEASE_KEYS_TOLD_MAX; at >= 0; at -= 1) {
    await local.commit({ type: 'put', key: key(at), value: key(at), lease: 1 });
  }
  const body: unknown = await (await local.send('/lease/1')).json();
  const { keys, more, keyCount } = body as { keys: object[]; more: boolean; keyCount: number };
  expect([keys[0], keys.length]).toEqual([{ key: 'k1000' }, LEASE_KEYS_TOLD_MAX]);
  expect([more, keyCount]).toEqual([true, LEASE_KEYS_TOLD_MAX + 1]);
});

it('[LE9] what has ended, or makes no sense, is refused in words and changes nothing', async () => {
  const local = localApi();
  const gone = { code: 'RAFT_LEASE_EXPIRED', retry: 'never' };
  await expectAnswer(local.send('/kv/a?lease=3', { method: 'PUT', body: 'x' }), 409, gone);
  await expectAnswer(local.send('/lease/3', { method: 'DELETE' }), 409, gone);
  await expectAnswer(local.send('/lease/3'), 409, gone);
  const bad = { code: 'RAFT_BAD_REQUEST' };
  const tooMany = new Array(LEASES_IN_COMMAND_MAX + 1).fill(1);
  const wrong = [
    local.send('/kv/a?lease=0', { method: 'PUT', body: 'x' }),
    local.send('/lease/0', { method: 'DELETE' }),
    local.send('/lease/x'),
    post(local, '/lease', { ttlMs: 99 }),
    post(local, '/lease', { ttl: 1_000 }),
    post(local, '/lease', {}),
    post(local, '/lease/renew', { leases: [] }),
    post(local, '/lease/renew', { leases: [0] }),
    post(local, '/lease/renew', { leases: tooMany }),
    post(local, '/txn', { success: [{ op: 'put', key: 'b', value: 'y', lease: '1' }] }),
  ];
  for (const answer of wrong) await expectAnswer(answer, 400, bad);
  await expectAnswer(local.send('/kv'), 200, { revision: 1 });
});
