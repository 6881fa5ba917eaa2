/** `POST /transfer` on the API itself. */
import { expect, it } from 'vitest';
import { staticConfiguration } from '../../../src/core/configuration.ts';
import { nodeId } from '../../../src/core/types.ts';
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

it.each([
  ['n9', 'safe', 'no connection to n9'],
  [
    'n4',
    'never',
    'n4 receives only and does not vote: leadership stays where it is; name one of n1, n9',
  ],
  ['n7', 'never', 'n7 is no member: leadership stays where it is; name one of n1, n9'],
])('[SV29] a refusal of %s is 409, in words, and %s', async (to, retry, words) => {
  const local = localApi();
  local.replica.membership = {
    ...local.replica.membership,
    configuration: { ...staticConfiguration(['n1', 'n9'].map(nodeId)), learners: [nodeId('n4')] },
  };
  local.replica.link = { ...local.replica.link, peer: nodeId('n8') };
  const refused = await post(local, JSON.stringify({ to }));
  expect(refused.status).toBe(409);
  expect(await refused.json()).toMatchObject({
    code: 'RAFT_TRANSFER_REFUSED',
    retry,
    message: expect.stringContaining(words),
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
