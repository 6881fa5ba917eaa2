/** `GET /inspect`: who may read it, what a reader gets, what it costs to be slow, and the streams of others. */
import { once } from 'node:events';
import { request } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';
import type { InspectionRecord } from '../../src/ports/inspection.ts';
import { INSPECT_QUEUE_BYTES_MAX } from '../../src/server/limits.ts';
import { stopping } from '../../src/server/stopping.ts';
import { eventually } from '../server/eventually.ts';
import { readSse } from '../server/http/sse.ts';
import { LocalReplica } from '../server/local-replica.ts';
import { type LocalApi, localApi, served } from '../server/local-server.ts';

const SHOWN = { inspection: { peers: new Map() } };

function transition(sequence: number, from = 'idle'): InspectionRecord {
  const stamp = { sequence, at: 1_000 + sequence, node: 'n1' };
  const where = { actor: 'logWriter', chart: 'log-writer', arrow: 'logWriter/idle--write--0' };
  const what = { event: 'write.requested', from, to: 'writing', guards: [], changes: {} };
  return { type: 'transition', ...stamp, ...where, ...what };
}

function tell({ replica }: LocalApi, record: InspectionRecord): void {
  for (const observer of replica.observers.keys()) observer(record);
}

function numberOf(id: string | null): number {
  return Number(id?.split('-')[1]);
}

it('[SV33] shows nothing unless it was asked to when it was started', async () => {
  const local = localApi();
  const answer = await local.send('/inspect');
  expect(answer.status).toBe(404);
  expect(await answer.json()).toMatchObject({ message: expect.stringContaining('--inspect') });
  expect(local.replica.observers.size).toBe(0);
});

it('[SV33] tells transitions without a name, all else by its own, each with its number', async () => {
  const local = localApi(SHOWN);
  const answer = await local.send('/inspect');
  expect(answer.headers.get('content-type')).toBe('text/event-stream');
  const events = readSse(answer);
  expect([...local.replica.observers.values()]).toEqual([null]);
  const sent = { sequence: 8, at: 9, node: 'n1', peer: 'n2', kind: 'Ping', term: 3 } as const;
  tell(local, transition(7));
  tell(local, { type: 'sent', ...sent, id: 'n1>n2 Ping 3' });
  const [first, second] = [await events.next(), await events.next()];
  expect(first).toMatchObject({ event: null, id: 'a1-7' });
  expect(JSON.parse(first?.data ?? '')).toEqual(transition(7));
  expect(second).toMatchObject({ event: 'sent', id: 'a1-8' });
  await events.cancel();
  expect(local.replica.observers.size).toBe(0);
});

it('[SV33] goes on after the last event, which counts more than from', async () => {
  const local = localApi(SHOWN);
  await local.send('/inspect?from=5');
  await local.send('/inspect?from=5', { headers: { 'last-event-id': 'a1-9' } });
  expect([...local.replica.observers.values()]).toEqual([4, 9]);
  for (const path of ['/inspect?from=0', '/inspect?form=1', '/inspect?from=x']) {
    expect((await local.send(path)).status, path).toBe(400);
  }
  for (const id of ['-1', 'a1-', 'A1-1', 'a1-x', '1-2-3']) {
    const bad = await local.send('/inspect', { headers: { 'last-event-id': id } });
    expect(bad.status, id).toBe(400);
  }
});

it('[SV33] tells whoever heard another life what it has missed of this one', async () => {
  const local = localApi(SHOWN);
  // Of another life, of an older version, and of this life.
  for (const id of ['a0-3', '3', 'a1-3']) {
    const events = readSse(await local.send('/inspect', { headers: { 'last-event-id': id } }));
    const after = [...local.replica.observers.values()].at(-1);
    expect(after, id).toBe(id === 'a1-3' ? 3 : -1);
    tell(local, transition(5));
    const missed = await events.nextData();
    expect(missed).toMatchObject({ event: 'missed', id: 'a1-4' });
    expect(JSON.parse(missed.data ?? '').count).toBe(id === 'a1-3' ? 1 : 5);
    expect((await events.nextData()).id).toBe('a1-5');
    await events.cancel();
  }
});

it('[SV33] tells whoever heard another life, also if it is the first to watch this one', async () => {
  const local = localApi(SHOWN);
  const events = readSse(await local.send('/inspect', { headers: { 'last-event-id': 'a0-3' } }));
  tell(local, transition(1));
  const missed = await events.nextData();
  expect(missed).toMatchObject({ event: 'missed', id: 'a1-0' });
  expect(JSON.parse(missed.data ?? '').count).toBe(1);
  expect((await events.nextData()).id).toBe('a1-1');
  await events.cancel();
});

it('[SV33] leaves out what a slow reader does not take, within a bound, and says how much', async () => {
  const local = localApi(SHOWN);
  const events = readSse(await local.send('/inspect'));
  const long = 'idle'.repeat(100);
  const count = Math.ceil((2 * INSPECT_QUEUE_BYTES_MAX) / 400);
  const before = process.memoryUsage().arrayBuffers;
  for (let sequence = 1; sequence <= count; sequence += 1) tell(local, transition(sequence, long));
  expect(local.context.held.outgoing.total).toBeLessThan(INSPECT_QUEUE_BYTES_MAX + 4_096);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * INSPECT_QUEUE_BYTES_MAX);
  let next = 1;
  while (next <= count / 4) next = numberOf((await events.nextData()).id) + 1;
  let missed = 0;
  for (let sequence = count + 1; missed === 0; sequence += 1) {
    tell(local, transition(sequence));
    const { data, event, id } = await events.nextData();
    if (event === 'missed') missed = JSON.parse(data ?? '').count;
    expect(numberOf(id)).toBe(next + Math.max(0, missed - 1));
    next = numberOf(id) + 1;
  }
  expect(missed).toBeGreaterThan(count / 4);
});

it('[SV33] ends with the server, after what the node says last', async () => {
  const local = localApi(SHOWN);
  const events = readSse(await local.send('/inspect'));
  local.streams.endAll(stopping());
  tell(local, transition(1));
  expect((await events.next())?.id).toBe('a1-1');
  expect(await events.next()).toBeNull();
  await eventually(() => local.replica.observers.size).toBe(0);
});

it('[SV33] is served to those only whom the other routes are served to', async () => {
  const { port } = await served(SHOWN);
  const status = await new Promise((resolve, reject) => {
    const headers = { host: 'evil.example' };
    const options = { port, path: '/inspect', headers, agent: false };
    const asked = request(options, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    asked.on('error', reject).end();
  });
  expect(status).toBe(403);
});

it('[SV34] passes on the stream of another node, and answers 502 while that is not there', async () => {
  const other = await served({ ...SHOWN, replica: new LocalReplica({ id: 'n2' }), life: 'b2' });
  const peers = new Map([
    ['n2', other.url],
    ['n3', 'http://127.0.0.1:1'],
  ]);
  const one = await served({ inspection: { peers } });
  const dead = await fetch(`${one.url}/inspect?node=n3`);
  expect(dead.status).toBe(502);
  expect(await dead.json()).toMatchObject({ code: 'RAFT_UNREACHABLE', retry: 'safe' });
  expect((await fetch(`${one.url}/inspect?node=n4`)).status).toBe(404);
  const answer = await fetch(`${one.url}/inspect?node=n2&from=3`);
  expect(answer.status).toBe(200);
  expect([...other.replica.observers.values()]).toEqual([2]);
  const events = readSse(answer);
  tell(other, transition(3));
  expect((await events.nextData()).id).toBe('b2-3');
  await events.cancel();
  await eventually(() => other.replica.observers.size).toBe(0);
  // The ids are those of whom they came from.
  for (const [id, after] of [['b2-7', 7] as const, ['a1-7', -1] as const]) {
    const headers = { 'last-event-id': id };
    const again = await fetch(`${one.url}/inspect?node=n2`, { headers });
    expect([...other.replica.observers.values()]).toEqual([after]);
    await again.body?.cancel();
    await eventually(() => other.replica.observers.size).toBe(0);
  }
});

it('[SV34] shows its own under its own name, and ends what it passes on with the server', async () => {
  const other = await served({ ...SHOWN, replica: new LocalReplica({ id: 'n2' }) });
  const one = await served({ inspection: { peers: new Map([['n2', other.url]]) } });
  const own = await fetch(`${one.url}/inspect?node=n1`);
  expect(one.replica.observers.size).toBe(1);
  await own.body?.cancel();
  const events = readSse(await fetch(`${one.url}/inspect?node=n2`));
  one.streams.endAll(stopping());
  expect(await events.next()).toBeNull();
  await eventually(() => other.replica.observers.size).toBe(0);
});

it('[SV34] ends what it passes on of a node that says nothing any more, and of no slow reader', async () => {
  const silent = await served({ ...SHOWN, replica: new LocalReplica({ id: 'n2' }) });
  const quiet = { ...SHOWN, replica: new LocalReplica({ id: 'n3' }), keepAliveMs: 10 };
  const peers = new Map([
    ['n2', silent.url],
    ['n3', (await served(quiet)).url],
  ]);
  // Silence is a second: all of this is one process, which may stand still for a while.
  const one = await served({ inspection: { peers }, keepAliveMs: 500 });
  const unread = await fetch(`${one.url}/inspect?node=n3`);
  const kept = (await fetch(`${one.url}/inspect?node=n3`)).body?.getReader();
  const events = readSse(await fetch(`${one.url}/inspect?node=n2`));
  expect(await events.next()).toBeNull();
  await eventually(() => silent.replica.observers.size).toBe(0);
  for (let each = 0; each < 20; each += 1) expect((await kept?.read())?.done).toBe(false);
  expect(quiet.replica.observers.size).toBe(2);
  await Promise.all([unread.body?.cancel(), kept?.cancel()]);
});

it('[SV34] counts what it asks another node for before that has answered', async () => {
  const mute = createServer(() => {}).listen(0, '127.0.0.1');
  await once(mute, 'listening');
  const { port } = mute.address() as AddressInfo;
  const peers = new Map([['n2', `http://127.0.0.1:${port}`]]);
  const local = localApi({ inspection: { peers }, limits: { httpWatchesMax: 2 } });
  const asked = [1, 2, 3].map(() => local.send('/inspect?node=n2'));
  await eventually(() => local.streams.count).toBe(2);
  expect((await Promise.race(asked)).status).toBe(429);
  local.streams.endAll(stopping());
  const answers = await Promise.all(asked);
  expect(answers.map(({ status }) => status)).toEqual([502, 502, 429]);
  expect(local.streams.count).toBe(0);
  mute.close();
});
