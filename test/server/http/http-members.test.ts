/** `/members` on the API itself. */
import { beforeEach, expect, it } from 'vitest';
import { nodeId } from '../../../src/core/types.ts';
import { localApi } from '../local-server.ts';

let local: ReturnType<typeof localApi>;

beforeEach(() => {
  local = localApi();
});

async function asked(method: string, path: string, body?: unknown) {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const response = await local.send(path, { method, ...sent });
  return [response.status, await response.json()] as const;
}

const now = (voters: readonly string[], learners: readonly string[] = []) => [
  200,
  { members: { voters, learners, joint: false } },
];

it('[SV32] members are added as learners, promoted and removed, one by one', async () => {
  const n4 = { id: 'n4', peerAddress: '10.0.0.4:4200' };
  expect(await asked('POST', '/members', n4)).toEqual(now(['n1'], ['n4']));
  expect(await asked('POST', '/members/n4/promote')).toEqual(now(['n1', 'n4']));
  expect(await asked('DELETE', '/members/n4?timeoutMs=900')).toEqual(now(['n1']));
  const n5 = { ...n4, id: 'n5', promote: true };
  expect(await asked('POST', '/members', n5)).toEqual(now(['n1', 'n5']));
});

it('[SV32] several change at once, and what is done already is answered as done', async () => {
  const change = { add: { n4: 'a:1', n5: 'b:1' }, promote: ['n4'], remove: [] };
  for (let times = 0; times < 2; times += 1) {
    expect(await asked('POST', '/members', change)).toEqual(now(['n1', 'n4'], ['n5']));
  }
  expect(local.replica.changes).toEqual([change, change]);
});

it('[SV32] [CG9] they are listed with what the leader knows of each', async () => {
  local.context.clientUrls?.heard(nodeId('n9'), 'http://10.0.0.9:4100');
  await asked('POST', '/members', { add: { n9: '10.0.0.9:4200' } });
  expect(await asked('GET', '/members')).toEqual([
    200,
    {
      leader: 'n1',
      members: {
        voters: ['n1'],
        learners: ['n9'],
        joint: false,
        addresses: { n9: '10.0.0.9:4200' },
      },
      progress: [
        {
          id: 'n1',
          role: 'voter',
          address: null,
          clientUrl: null,
          link: null,
          matchIndex: 1,
          lag: 0,
        },
        {
          id: 'n9',
          role: 'learner',
          address: '10.0.0.9:4200',
          clientUrl: 'http://10.0.0.9:4100',
          link: 'open',
          matchIndex: 1,
          lag: 0,
        },
      ],
    },
  ]);
  local.replica.follow(local.replica.link.peer);
  local.replica.link = { ...local.replica.link, matchIndex: null };
  const [, { progress }] = await asked('GET', '/members');
  expect(progress).toMatchObject([{ matchIndex: null, lag: null }, { lag: null }]);
});

it.each([
  [{ id: 'n4' }, 'n4 needs its address'],
  [{ id: 'n 4', peerAddress: 'a:1' }, 'id must name a member'],
  [{ id: 'n4', peerAddress: 'a:1', promote: 'yes' }, 'promote must be true or false'],
  [{ id: 'n4', peerAddress: 'a:1', remove: [] }, 'unknown field "remove"'],
  [{ add: ['n4'] }, 'add must be a JSON object'],
  [{ promote: 'n4' }, 'promote must be a list'],
  [{ remove: ['../n4'] }, 'remove must name a member'],
  [{ added: {} }, 'unknown field "added"'],
  [{}, 'names no member'],
])('[SV32] %j is no change of members, and nothing is done', async (body, words) => {
  const [status, { code, message }] = await asked('POST', '/members', body);
  expect([status, code, message]).toEqual([
    400,
    'RAFT_BAD_REQUEST',
    expect.stringContaining(words),
  ]);
  expect(local.replica.membership.configuration).toMatchObject({ voters: ['n1'], learners: [] });
});

it.each(['nohost', ':4200', 'a:', 'a:0', 'a:65536', 'a:1:2', 'a b:1', '[::1]', 'http://a:1', ''])(
  '[SV32] "%s" is no address of a member, however it is told, and nothing is done',
  async (place) => {
    for (const body of [{ id: 'n4', peerAddress: place }, { add: { n4: place } }]) {
      expect(await asked('POST', '/members', body)).toMatchObject([
        400,
        { code: 'RAFT_BAD_REQUEST', message: expect.stringContaining('n4 needs its address') },
      ]);
    }
    expect(local.replica.membership.configuration).toMatchObject({ voters: ['n1'], learners: [] });
  },
);

it('[SV32] what comes with a promotion is not ignored', async () => {
  await asked('POST', '/members', { id: 'n4', peerAddress: 'a:1' });
  expect(await asked('POST', '/members/n4/promote', { to: 'n5' })).toMatchObject([
    400,
    { message: expect.stringContaining('unknown field "to"') },
  ]);
  expect(await asked('POST', '/members/n4/promote', {})).toEqual(now(['n1', 'n4']));
});

it('[SV32] [MC6] what cannot be is refused with its reason', async () => {
  const [status, error] = await asked('DELETE', '/members/n1');
  expect([status, error]).toMatchObject([409, { code: 'RAFT_CONFLICT', retry: 'never' }]);
  expect((await asked('DELETE', '/members/n7'))[0]).toBe(404);
  expect((await asked('POST', '/members/n7/promote'))[0]).toBe(404);
});
