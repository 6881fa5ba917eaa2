/** `POST /compact`: what it takes, what it answers, what it refuses, and what is readable after it. */
import { describe, expect, it } from 'vitest';
import { type LocalApi, localApi } from '../local-server.ts';

function post(local: LocalApi, body: unknown, query = ''): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return local.send(`/compact${query}`, { method: 'POST', body: text });
}

/** Revisions 2 to 4 put the key `a`. */
async function overwritten(): Promise<LocalApi> {
  const local = localApi();
  for (let count = 0; count < 3; count += 1) await local.put('a');
  return local;
}

describe('compactions', () => {
  it('[SV28] lets go of the history below the revision, and says from where it is kept', async () => {
    const local = await overwritten();
    const response = await post(local, { revision: 3 }, '?timeoutMs=1000');
    expect(response.status).toBe(200);
    expect(response.headers.get('raftchart-revision')).toBe('4');
    expect(await response.json()).toEqual({ revision: 4, compactedRevision: 3 });
    expect((await local.send('/kv/a?revision=3')).status).toBe(200);
    const past = await local.send('/kv/a?revision=2');
    expect(past.status).toBe(409);
    expect(await past.json()).toMatchObject({ code: 'RAFT_COMPACTED', compactedRevision: 3 });
    const watch = await local.send('/watch?from=2');
    expect(watch.status).toBe(409);
    expect(await watch.json()).toMatchObject({ code: 'RAFT_COMPACTED', compactedRevision: 3 });
  });

  it('[SV28] refuses for good what is compacted already or does not exist, and says what to do', async () => {
    const local = await overwritten();
    await post(local, { revision: 3 });
    const again = await post(local, { revision: 3 });
    expect(again.status).toBe(409);
    expect(await again.json()).toEqual({
      code: 'RAFT_COMPACTED',
      message: expect.stringContaining('name a later one, up to 4'),
      retry: 'never',
      revision: 4,
      compactedRevision: 3,
    });
    const future = await post(local, { revision: 5 });
    expect(future.status).toBe(409);
    expect(await future.json()).toEqual({
      code: 'RAFT_FUTURE_REVISION',
      message: expect.stringContaining('the newest one is 4'),
      retry: 'never',
      revision: 4,
      compactedRevision: 3,
    });
    expect(local.replica.machine.compactedRevision).toBe(3);
  });

  it('[SV28] refuses what is no revision, and proposes nothing', async () => {
    const local = await overwritten();
    const { batches } = local.replica;
    const proposed = batches.length;
    const bad = [
      '',
      '3',
      '{}',
      '{"revision":0}',
      '{"revision":"3"}',
      '{"revision":1.5}',
      '{"revison":3}',
    ];
    for (const body of bad) {
      const response = await post(local, body);
      expect([body, response.status]).toEqual([body, 400]);
      expect(await response.json()).toMatchObject({ code: 'RAFT_BAD_REQUEST', retry: 'never' });
    }
    expect((await post(local, 'x'.repeat(2000))).status).toBe(413);
    expect((await local.send('/compact')).status).toBe(405);
    expect(batches.length).toBe(proposed);
  });
});
