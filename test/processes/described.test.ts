/** `/openapi.json` against a cluster of three: every route is asked, and every answer that it can give is as described. */
import { expect, it } from 'vitest';
import { cleanUp } from '../clean-up.ts';
import { endAll } from '../cli/cli-process.ts';
import { Described, type DescriptionDocument } from '../server/http/described.ts';
import { AskedRoutes, json } from './asked-routes.ts';
import { eventually, ProcessCluster } from './process-cluster.ts';

/** What any route may answer. */
const OF_ANY = ['400', '403', '429', '431', '500', '503', '504'];

/** What takes other circumstances: tests of `test/server/http` bring them about, and hold them against the same description. */
const ELSEWHERE = [
  'GET /ui 404',
  'GET /ui/ 404',
  'POST /lease/renew 409',
  'POST /members/{id}/promote 409',
  'DELETE /members/{id} 409',
];

const LONG = 'k'.repeat(5_000);
const LARGE = { body: ' '.repeat(2_000) };

async function askKeys(routes: AskedRoutes): Promise<void> {
  await routes.ask('PUT /kv/a/b', { body: '1' });
  await routes.ask('PUT /kv/a/b', { body: '2', headers: { 'if-none-match': '*' } }, 412);
  await routes.ask('PUT /kv/a/b?lease=999', { body: '2' }, 409);
  await routes.ask(`PUT /kv/${LONG}`, { body: '2' }, 413);
  await routes.ask('GET /kv/a/b');
  await routes.ask('GET /kv/a/b', { headers: { 'if-none-match': '*' } }, 304);
  await routes.ask('GET /kv/nothing', {}, 404);
  await routes.ask('GET /kv/a/b?revision=1000', {}, 409);
  await routes.ask(`GET /kv/${LONG}`, {}, 413);
  await routes.ask('GET /kv?prefix=a&limit=5&keysOnly&consistency=lease');
  await routes.ask('GET /kv?revision=1000', {}, 409);
  await routes.ask(`GET /kv?prefix=${LONG}`, {}, 413);
}

async function askChanges(routes: AskedRoutes): Promise<void> {
  const put = { op: 'put', key: 'c', value: '\u0000', returnPrevious: true };
  const compare = [{ key: 'a/b', target: 'version', op: '=', value: 1 }];
  const range = { op: 'range', prefix: '', keysOnly: true };
  const remove = { type: 'delete', key: 'b', returnPrevious: true };
  await routes.ask('POST /txn', json({ compare, success: [put, range, remove] }));
  await routes.ask('POST /txn', json({ success: [{ ...put, lease: 999 }] }), 409);
  await routes.ask('POST /txn', json({ success: [{ ...put, key: LONG }] }), 413);
  await routes.ask('GET /watch?from=2');
  await routes.ask(`GET /watch?prefix=${LONG}`, {}, 413);
  await routes.ask('DELETE /kv/a/b', { headers: { 'if-match': '"77"' } }, 412);
  await routes.ask('DELETE /kv/a/b');
  await routes.ask(`DELETE /kv/${LONG}`, {}, 413);
  await routes.ask('POST /compact', json({ revision: 3 }));
  await routes.ask('POST /compact', json({ revision: 2 }), 409);
  await routes.ask('POST /compact', LARGE, 413);
  await routes.ask('GET /watch?from=1', {}, 409);
}

async function askSessions(routes: AskedRoutes): Promise<void> {
  await routes.ask('POST /sessions?ttlMs=60000');
  const session = routes.field('session');
  const headers = { 'raftchart-session': session, 'raftchart-sequence': '1' };
  await routes.ask('PUT /kv/once', { body: '1', headers });
  await routes.ask(`POST /sessions/${session}`);
  await routes.ask(`DELETE /sessions/${session}`);
  await routes.ask(`POST /sessions/${session}`, {}, 409);
  await routes.ask(`DELETE /sessions/${session}`, {}, 409);
  await routes.ask('DELETE /kv/once', { headers }, 409);
  await routes.ask('POST /lease', { ...json({ ttlMs: 600_000 }), headers }, 409);
}

async function askLeases(routes: AskedRoutes): Promise<void> {
  await routes.ask('POST /lease', json({ ttlMs: 600_000 }));
  const lease = routes.field('lease');
  await routes.ask('POST /lease', LARGE, 413);
  await routes.ask(`PUT /kv/mine?lease=${lease}`, { body: '1' });
  await routes.ask('POST /lease/renew', json({ leases: [Number(lease), 999] }));
  await routes.ask('POST /lease/renew', { body: ' '.repeat(40_000) }, 413);
  await routes.ask('GET /lease?limit=1');
  await routes.ask(`GET /lease/${lease}`);
  await routes.ask('GET /lease/999', {}, 409);
  await routes.ask(`DELETE /lease/${lease}`);
  await routes.ask(`DELETE /lease/${lease}`, {}, 409);
}

async function askNode(routes: AskedRoutes): Promise<void> {
  for (const path of [
    'status',
    'livez',
    'readyz',
    'metrics',
    'openapi.json',
    'inspect',
    'backup',
  ]) {
    await routes.ask(`GET /${path}`);
  }
  await routes.ask('POST /snapshot');
  await routes.ask('POST /snapshot', LARGE, 413);
  await routes.ask('GET /inspect?node=n8', {}, 404);
  await routes.ask('GET /inspect?node=n9', {}, 502);
  await routes.ask('GET /ui', {}, 308);
  for (const path of ['', 'page.js', 'pictures/raft.svg']) await routes.ask(`GET /ui/${path}`);
  for (const path of ['', 'pictures/']) await routes.ask(`GET /ui/${path}nothing.js`, {}, 404);
  await routes.ask('GET /status', { body: 'x' }, 400);
  await routes.ask('GET /ui/', { headers: { host: 'elsewhere.test' } }, 403);
  const many = Array.from({ length: 120 }, (_, at) => [`x-${at}`, '1'] as const);
  await routes.ask('PUT /kv/a', { headers: Object.fromEntries(many) }, 431);
}

async function askMembers(routes: AskedRoutes): Promise<void> {
  const n9 = { id: 'n9', peerAddress: '127.0.0.1:9' };
  await routes.ask('GET /members');
  await routes.ask('POST /members', json(n9));
  await routes.ask('POST /members', json({ remove: ['n8'] }), 404);
  await routes.ask('POST /members', { body: ' '.repeat(70_000) }, 413);
  await routes.ask('POST /members/n1/promote');
  await routes.ask('POST /members/n8/promote', {}, 404);
  await routes.ask('POST /members/n8/promote', LARGE, 413);
  await routes.ask('DELETE /members/n8', {}, 404);
  await routes.ask('DELETE /members/n9');
  await routes.ask('POST /members', json(n9), 409);
  await routes.ask('POST /transfer', json({ to: 'n8' }), 409);
  await routes.ask('POST /transfer', LARGE, 413);
  await routes.ask('POST /transfer');
}

/** Who may do what is written down, and then it counts: nobody is let in any more but by a token. */
async function askAccess(routes: AskedRoutes, described: Described): Promise<void> {
  const all = { prefix: '', rights: ['admin'] };
  await routes.ask('POST /access/roles', json({ role: 'keeper', ...all }));
  await routes.ask('POST /access/roles', json({ role: 'poor', prefix: 'p/', rights: ['write'] }));
  await routes.ask('POST /access/roles', json({ role: 'root', ...all }), 409);
  await routes.ask('POST /access/roles', LARGE, 413);
  await askCallers(routes, 'users');
  await askCallers(routes, 'tokens');
  const keeper = routes.field('token');
  await routes.ask('POST /access/tokens', json({ name: 'poor', roles: ['poor'] }));
  const poor = routes.field('token');
  await routes.ask('POST /access/users', json({ name: 'boss', roles: ['root'] }));
  await routes.ask('POST /access/off', {}, 409);
  await routes.ask('POST /access/on', LARGE, 413);
  await routes.ask('POST /access/on');
  await askEachAs(routes, described, null);
  await askEachAs(routes, described, poor);
  expect([...routes.seen].filter((answer) => answer.endsWith(' 403')).length).toBeGreaterThan(30);
  routes.as(keeper);
  await askLastRoot(routes);
  await routes.ask('GET /access');
  await routes.ask('DELETE /access/roles/poor?prefix=p/');
  await routes.ask('DELETE /access/roles/poor', {}, 404);
  await routes.ask('POST /access/on', {}, 409);
  await routes.ask('POST /access/off', LARGE, 413);
  await routes.ask('POST /access/off');
  routes.as(null);
}

/** The last answer is of the one that is there then. */
async function askCallers(routes: AskedRoutes, kind: 'tokens' | 'users'): Promise<void> {
  const keeper = json({ name: 'keeper', roles: ['keeper'] });
  await routes.ask(`POST /access/${kind}`, json({ name: 'lost', roles: ['nobody'] }), 404);
  await routes.ask(`POST /access/${kind}`, LARGE, 413);
  await routes.ask(`POST /access/${kind}`, keeper);
  await routes.ask(`POST /access/${kind}`, keeper, 409);
  await routes.ask(`DELETE /access/${kind}/keeper`);
  await routes.ask(`DELETE /access/${kind}/keeper`, {}, 404);
  await routes.ask(`POST /access/${kind}`, keeper);
}

/** Asked by an administrator who is not root. */
async function askLastRoot(routes: AskedRoutes): Promise<void> {
  await routes.ask('DELETE /access/tokens/root');
  await routes.ask('DELETE /access/users/boss', {}, 409);
  await routes.ask('POST /access/tokens', json({ name: 'next', roles: ['root'] }));
  await routes.ask('DELETE /access/users/boss');
  await routes.ask('DELETE /access/tokens/next', {}, 409);
}

/** Every route, by one who is not known, or has hardly a right. */
async function askEachAs(
  routes: AskedRoutes,
  described: Described,
  token: string | null,
): Promise<void> {
  routes.as(token);
  for (const { method, operation, path } of described.operations()) {
    if (operation.responses[401] === undefined) continue;
    const line = `${method.toUpperCase()} ${path.replace('{file}', 'page.js').replace(/\{\w+\}/, '999')}`;
    if (token === null) await routes.ask(line, {}, 401);
    else await routes.look(line);
  }
}

/** What `GET` answers, `HEAD` answers as well. */
async function askHeads(routes: AskedRoutes, described: Described): Promise<void> {
  const heads = described.operations().filter(({ method }) => method === 'head');
  expect(heads.length).toBeGreaterThan(10);
  for (const { path } of heads) {
    const at = path.replace('{id}', '999').replace(/\{\w+\}/, 'c');
    await routes.ask(`HEAD ${at}`, {}, await routes.look(`GET ${at}`));
  }
}

it('[SV36] every answer of a cluster of three is described, and each that is described is given', async () => {
  const shown = ['--ui', '--inspect-peers', 'n9=http://127.0.0.1:9'];
  const cluster = await ProcessCluster.start(3, shown);
  cleanUp(() => cluster[Symbol.asyncDispose]());
  cleanUp(endAll);
  await cluster.converged();
  const leader = cluster.member(await cluster.leader());
  const [follower = leader] = cluster.members.filter(({ id }) => id !== leader.id);
  const documents: readonly DescriptionDocument[] = await Promise.all(
    cluster.endpoints.map(async (url) => (await fetch(`${url}/openapi.json`)).json()),
  );
  const [document] = documents;
  if (document === undefined) throw new Error('no member');
  expect(documents).toEqual([document, document, document]);
  const described = new Described(document);

  const routes = new AskedRoutes(described, follower.url);
  for (const part of [askKeys, askChanges, askSessions, askNode]) await part(routes);
  await askHeads(routes, described);
  routes.at(leader.url);
  for (const part of [askLeases, askMembers]) await part(routes);
  await askAccess(routes, described);

  routes.at(follower.url);
  const others = cluster.members.filter(({ id }) => id !== follower.id);
  for (const { id } of others) await cluster.kill(id);
  const isUnready = async (): Promise<boolean> =>
    (await routes.look('GET /readyz?timeoutMs=50')) === 503;
  await eventually(20_000, '/readyz to say no', isUnready);

  const all = described.operations().flatMap(({ method, operation, path }) =>
    Object.keys(operation.responses)
      .filter((status) => method !== 'head' && !OF_ANY.includes(status))
      .map((status) => `${method.toUpperCase()} ${path} ${status}`),
  );
  expect(all.filter((answer) => !routes.seen.has(answer)).sort()).toEqual([...ELSEWHERE].sort());
});
