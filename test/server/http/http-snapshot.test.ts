/** `POST /snapshot` on the API itself, and what a restored server has. */
import { expect, it } from 'vitest';
import { localApi } from '../local-server.ts';

it.each([[undefined], ['{}']])(
  '[SV31] %s takes a snapshot, and says what is in it',
  async (body) => {
    const local = localApi();
    const taken = await local.send('/snapshot', {
      method: 'POST',
      ...(body !== undefined && { body }),
    });
    expect([taken.status, await taken.json()]).toEqual([200, { index: 1, bytes: 5 }]);
  },
);

it.each([['{"to":7}'], ['n9'], ['[]']])('[SV31] %s is no request for a snapshot', async (body) => {
  const taken = await localApi().send('/snapshot', { method: 'POST', body });
  expect(taken.status).toBe(400);
  if (body.startsWith('{')) expect((await taken.json()).message).toContain('It takes none');
});

it('[SV31] a refusal is told as the node has it', async () => {
  const local = localApi();
  local.replica.mood = 'overloaded';
  const refused = await local.send('/snapshot', { method: 'POST' });
  expect(refused.status).toBe(429);
  expect(await refused.json()).toMatchObject({ code: 'RAFT_OVERLOADED', retry: 'safe' });
});
