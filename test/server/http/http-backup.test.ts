/** `GET /backup`: on the API itself, and over sockets with readers that stop, lag and leave. */

import { expect, it } from 'vitest';
import { RaftError } from '../../../src/core/errors.ts';
import { KvStateMachine } from '../../../src/kv/kv-state-machine.ts';
import { nobody } from '../../../src/server/access/visitor.ts';
import { connectionClock } from '../../../src/wire/ws-clock.ts';
import { chunksIn, machineOf, readAll } from '../backup/backups.ts';
import { eventually } from '../eventually.ts';
import { LocalReplica } from '../local-replica.ts';
import { expectAnswer, type LocalServer, localApi, served } from '../local-server.ts';
import { stranger } from '../stranger.ts';

async function backupOf(url: string): Promise<Buffer> {
  return Buffer.from(await (await fetch(`${url}/backup`)).arrayBuffer());
}

/** Far more than what the system keeps for a connection. */
async function filled(server: LocalServer, count = 40): Promise<void> {
  const value = new Uint8Array(1024 * 1024 - 1);
  for (let at = 0; at < count; at += 1) {
    await server.commit({ type: 'put', key: new TextEncoder().encode(`k${at}`), value });
  }
}

/** Says how many views are not let go of. */
function countViews({ replica }: LocalServer): () => number {
  const capture = replica.capture.bind(replica);
  const held = new Set<object>();
  replica.capture = (completed) =>
    capture((outcome) => {
      if (outcome.type === 'failed') return completed(outcome);
      const { meta, view } = outcome.state;
      held.add(view);
      const release = (): void => {
        held.delete(view);
        view.release();
      };
      completed({
        type: 'captured',
        state: { meta, view: { chunks: () => view.chunks(), release } },
      });
    });
  return () => held.size;
}

const ASK = 'GET /backup HTTP/1.1\r\nHost: localhost\r\n\r\n';
const notRead = { readsNothing: true };

it('[BK1] a backup holds the store as it was at one revision, with its history, and says which', async () => {
  const { put, replica, send } = localApi();
  for (const key of ['a', 'b', 'a']) await put(key);
  await send('/kv/b', { method: 'DELETE' });
  const response = await send('/backup');
  expect(response.headers.get('raftchart-revision')).toBe('5');
  expect(response.headers.get('raftchart-consistency')).toBe('linearizable');
  const bytes = Buffer.from(await response.arrayBuffer());
  const [first] = await readAll(bytes);
  expect(first).toMatchObject({
    type: 'header',
    header: { clusterId: 'local', node: 'n1', revision: 5, compactedRevision: 0, keys: 1 },
  });
  expect((await machineOf(bytes)).stateHash()).toBe(replica.machine.stateHash());
});

it('[BK1] it is linearizable unless asked otherwise, and is refused where that cannot be had', async () => {
  const { replica, send } = localApi();
  replica.mood = 'leaderless';
  await expectAnswer(send('/backup'), 503, { code: 'RAFT_NO_LEADER', retry: 'safe' });
  replica.mood = 'serving';
  const before = replica.readIndexCalls;
  const local = await send('/backup?consistency=local');
  expect(local.headers.get('raftchart-consistency')).toBe('local');
  expect(replica.readIndexCalls).toBe(before);
  await expectAnswer(send('/backup?revision=3'), 400, { code: 'RAFT_BAD_REQUEST' });
});

it('[BK1] what is written while it is taken is not in it, and is not held up', async () => {
  const machine = new KvStateMachine({ snapshotItemsMax: 4 });
  const server = await served({ replica: new LocalReplica({ machine }) });
  await filled(server);
  const hash = machine.stateHash();
  const response = await fetch(`${server.url}/backup`);
  const pieces: Uint8Array[] = [];
  for await (const piece of response.body ?? []) {
    pieces.push(piece);
    if (pieces.length === 1) {
      await filled(server, 3);
      await server.commit({ type: 'compact', revision: machine.revision });
    }
  }
  expect(machine.stateHash()).not.toBe(hash);
  expect((await machineOf(Buffer.concat(pieces))).stateHash()).toBe(hash);
});

it('[BK1] sessions are in it: a command of before it is not carried out twice', async () => {
  const { replica, send } = localApi();
  const opened = await send('/sessions', { method: 'POST', body: '{"ttlMs":60000}' });
  const { session } = (await opened.json()) as { session: string };
  const headers = { 'raftchart-session': session, 'raftchart-sequence': '1' };
  await send('/kv/a', { method: 'PUT', body: 'once', headers });
  const bytes = Buffer.from(await (await send('/backup')).arrayBuffer());
  const revived = localApi({ replica: new LocalReplica() });
  await revived.replica.restore(chunksIn(bytes));
  const again = await revived.send('/kv/a', { method: 'PUT', body: 'once', headers });
  expect(await again.json()).toEqual({ revision: replica.machine.revision });
  expect(revived.replica.machine.revision).toBe(replica.machine.revision);
});

it('[BK1] a third backup at a time is refused, and those that are left let go of what they held', async () => {
  const server = await served();
  await filled(server);
  const views = countViews(server);
  const readers = [
    await stranger(server.port, ASK, notRead),
    await stranger(server.port, ASK, notRead),
  ];
  await eventually(() => server.context.counters.backups).toBe(2);
  await eventually(views).toBe(2);
  const third = await fetch(`${server.url}/backup`);
  expect([third.status, await third.json()]).toEqual([
    429,
    expect.objectContaining({ code: 'RAFT_OVERLOADED', retry: 'safe' }),
  ]);
  for (const { socket } of readers) socket.destroy();
  await eventually(() => server.context.counters.backups).toBe(0);
  expect(server.context.counters.backupsEnded).toEqual(new Map([['broken', 2]]));
  expect(server.faults).toEqual([]);
  expect((await readAll(await backupOf(server.url))).at(-1)).toMatchObject({ type: 'end' });
  await eventually(() => server.context.counters.backupsEnded.get('whole')).toBe(1);
  expect(views()).toBe(0);
  expect(server.context.held.outgoing.total).toBe(0);
});

it('[BK1] a reader that stops is closed, and holds little until then', async () => {
  const server = await served();
  await filled(server);
  await stranger(server.port, ASK, notRead);
  await eventually(() => server.context.counters.backups).toBe(1);
  expect(server.context.held.outgoing.total).toBeLessThan(1024 * 1024);
  await eventually(() => {
    for (let tick = 0; tick < 400; tick += 1) server.context.held.outgoing.tick();
    return server.context.counters.backups;
  }).toBe(0);
});

it('[BK1] one that takes less than its share is ended with the reason', async () => {
  let lateMs = 0;
  const { api, context, replica, streams, faults, commit } = localApi();
  const clock = { ...connectionClock, now: () => performance.now() + lateMs };
  const { createHttpApi } = await import('../../../src/server/http/http-api.ts');
  const slow = createHttpApi({ ...context, clock }, streams);
  for (let at = 0; at < 4; at += 1) {
    await commit({ type: 'put', key: new Uint8Array([at]), value: new Uint8Array(1_000_000) });
  }
  const request = new Request('http://local.test/backup');
  const response = await slow.fetch(request, {
    visitor: nobody(),
    whenOver: () => {},
    endWithReader: () => {},
    end: () => {},
  });
  const pieces: Uint8Array[] = [];
  for await (const piece of response.body ?? []) {
    pieces.push(piece);
    lateMs += 40_000;
  }
  await expect(readAll(Buffer.concat(pieces))).rejects.toMatchObject({
    code: 'RAFT_TIMED_OUT',
    retry: 'safe',
  });
  expect([api === slow, replica.mood, faults]).toEqual([false, 'serving', []]);
  expect(context.counters.backups).toBe(0);
});

it('[BK1] [SV27] a server that stops, or whose node halts, says so in its stead', async () => {
  const server = await served();
  await filled(server, 5);
  const response = await fetch(`${server.url}/backup`);
  server.replica.halt(new RaftError('RAFT_STORAGE_FAILED', 'The disk is gone.'));
  const bytes = Buffer.from(await response.arrayBuffer());
  await expect(readAll(bytes)).rejects.toMatchObject({ code: 'RAFT_HALTED', retry: 'safe' });
});
