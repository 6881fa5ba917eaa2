/** `POST /transfer` on the API itself. */
import { expect, it } from 'vitest';
import { localApi } from '../local-server.ts';

function post(local: ReturnType<typeof localApi>, body?: string): Promise<Response> {
  return local.send('/transfer', { method: 'POST', ...(body !== undefined && { body }) });
}

it.each([[undefined], ['{}'], ['{"to":"n9"}']])(
  '[SV29] %s moves leadership, and the answer says to whom',
  async (body) => {
    const local = localApi();
    const moved = await post(local, body);
    expect([moved.status, await moved.json()]).toEqual([200, { leader: 'n9' }]);
    expect(local.replica.status().leader).toBe('n9');
  },
);

it('[SV29] a refusal is 409, in words, and safe', async () => {
  const local = localApi();
  const refused = await post(local, '{"to":"n7"}');
  expect(refused.status).toBe(409);
  expect(await refused.json()).toMatchObject({
    code: 'RAFT_TRANSFER_REFUSED',
    retry: 'safe',
    message: expect.stringContaining('n7'),
  });
  expect(local.replica.status().leader).toBe('n1');
});

it.each([['{"to":7}'], ['{"whom":"n9"}'], ['n9'], ['[]']])(
  '[SV29] %s is no transfer, and moves nothing',
  async (body) => {
    const local = localApi();
    expect((await post(local, body)).status).toBe(400);
    expect(local.replica.status().leader).toBe('n1');
  },
);
