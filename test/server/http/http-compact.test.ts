/** `POST /compact`: what it takes, what it answers, what it refuses, and what is readable after it. */
import { beforeEach, describe, expect, it } from 'vitest';
import { expectAnswer, type LocalApi, localApi } from '../local-server.ts';

let local: LocalApi;
/** Revisions 2 to 4 put the key `a`. */
beforeEach(async () => {
  local = localApi();
  for (let count = 0; count < 3; count += 1) await local.put('a');
});

function post(body: unknown, query = ''): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return local.send(`/compact${query}`, { method: 'POST', body: text });
}

describe('compactions', () => {
  it('[SV28] [SV7] [SV15] lets go of the history below the revision, and says from where it is kept', async () => {
    const response = await post({ revision: 3 }, '?timeoutMs=1000');
    expect(response.status).toBe(200);
    expect(response.headers.get('raftchart-revision')).toBe('4');
    expect(await response.json()).toEqual({ revision: 4, compactedRevision: 3 });
    expect((await local.send('/kv/a?revision=3')).status).toBe(200);
    const compacted = { code: 'RAFT_COMPACTED', compactedRevision: 3 };
    for (const past of ['/kv/a?revision=2', '/kv?revision=2', '/watch?from=2']) {
      await expectAnswer(local.send(past), 409, compacted);
    }
  });

  it('[SV28] refuses for good what is compacted already or does not exist, and says what to do', async () => {
    await post({ revision: 3 });
    for (const [revision, code, advice] of [
      [3, 'RAFT_COMPACTED', 'name a later one, up to 4'],
      [5, 'RAFT_FUTURE_REVISION', 'the newest one is 4'],
    ] as const) {
      const refused = await post({ revision });
      const message = expect.stringContaining(advice);
      const numbers = { revision: 4, compactedRevision: 3 };
      expect(refused.status).toBe(409);
      expect(await refused.json()).toEqual({ code, message, retry: 'never', ...numbers });
    }
    expect(local.replica.machine.compactedRevision).toBe(3);
  });

  it('[SV28] refuses what is no revision, and proposes nothing', async () => {
    const { batches } = local.replica;
    const proposed = batches.length;
    const bad = [
      '',
      '3',
      '{}',
      ...['0', '"3"', '1.5'].map((each) => `{"revision":${each}}`),
      '{"revison":3}',
    ];
    for (const body of bad) {
      await expectAnswer(post(body), 400, { code: 'RAFT_BAD_REQUEST', retry: 'never' });
    }
    expect((await post('x'.repeat(2000))).status).toBe(413);
    expect((await local.send('/compact')).status).toBe(405);
    expect(batches.length).toBe(proposed);
  });
});
