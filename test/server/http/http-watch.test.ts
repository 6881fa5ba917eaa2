/** `GET /watch`: server-sent events, their ids, resuming, keep-alives, bounds and ends. */
import { beforeEach, describe, expect, it } from 'vitest';
import { RaftError } from '../../../src/core/errors.ts';
import { stopping } from '../../../src/server/stopping.ts';
import { type LocalApi, localApi } from '../local-server.ts';
import { readSse } from './sse.ts';

async function txn(...keys: readonly string[]): Promise<void> {
  const success = keys.map((key) => ({ op: 'put', key, value: key }));
  await local.send('/txn', { method: 'POST', body: JSON.stringify({ success }) });
}

const revisionOf = (data: string | null) => JSON.parse(data ?? 'null').revision;

let local: LocalApi;
beforeEach(() => {
  local = localApi();
});

describe('watching', () => {
  it('[SV15] tells what changes from now on, one message for each revision', async () => {
    await local.put('before');
    const response = await local.send('/watch?prefix=a');
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const events = readSse(response);
    expect(await events.next()).toMatchObject({ id: '2', data: null });
    await txn('a1', 'b', 'a2');
    await local.send('/kv/a1', { method: 'DELETE' });
    const first = await events.nextData();
    expect(first.id).toBe('3');
    expect(JSON.parse(first.data ?? '')).toEqual({
      revision: 3,
      events: ['a1', 'a2'].map((key) => ({
        type: 'put',
        key,
        value: key,
        createRevision: 3,
        modRevision: 3,
        version: 1,
        lease: null,
      })),
    });
    const second = await events.nextData();
    expect(JSON.parse(second.data ?? '')).toEqual({
      revision: 4,
      events: [{ type: 'delete', key: 'a1', modRevision: 4 }],
    });
  });

  it('[SV12] takes and shows base64 with ?encoding=base64', async () => {
    const events = readSse(await local.send('/watch?encoding=base64&prefix=YQ==&from=1'));
    await txn('a', 'b');
    const { data } = await events.nextData();
    expect(JSON.parse(data ?? '').events).toMatchObject([{ key: 'YQ==', value: 'YQ==' }]);
  });

  it('[SV15] tells the past from a revision on, then the present, nothing twice', async () => {
    for (let at = 0; at < 50; at += 1) await local.put(`k${at % 7}`);
    const events = readSse(await local.send('/watch?from=10'));
    await local.put('last');
    const seen: number[] = [];
    while (seen.at(-1) !== 52) seen.push(revisionOf((await events.nextData()).data));
    expect(seen).toEqual(Array.from({ length: 43 }, (_, at) => at + 10));
  });

  it('[SV15] resumes after Last-Event-ID, which counts more than from', async () => {
    for (const key of ['a', 'b', 'c']) await txn(key, `${key}2`);
    const headers = { 'last-event-id': '3' };
    const events = readSse(await local.send('/watch?from=2', { headers }));
    const { id, data } = await events.nextData();
    expect([id, JSON.parse(data ?? '').events.length]).toEqual(['4', 2]);
    await events.cancel();
    const bad = await local.send('/watch', { headers: { 'last-event-id': 'x' } });
    expect(bad.status).toBe(400);
  });

  it('[SV15] names a safe place to resume from in every keep-alive, though nothing it watches changes', async () => {
    local = localApi({ keepAliveMs: 20 });
    const events = readSse(await local.send('/watch?prefix=quiet'));
    await events.next();
    await local.put('loud');
    for (;;) {
      const block = await events.next();
      expect(block?.comment).toBe('keep-alive');
      if (block?.id === '2') break;
    }
  });

  it('[SV15] names none while the reader still lags behind', async () => {
    local = localApi({ keepAliveMs: 5, limits: { httpRequestsMax: 10_000 } });
    for (let at = 0; at < 2_000; at += 1) void local.put(`k${at}`);
    await local.put('end');
    const events = readSse(await local.send('/watch?from=1'));
    let last = 1;
    for (let block = await events.next(); last < 2_002; block = await events.next()) {
      if (block === null) throw new Error('the stream ended');
      if (block.id === null) continue;
      // Every id, with data or without, covers only what was delivered.
      expect(Number(block.id)).toBeLessThanOrEqual(last + 1);
      last = Math.max(last, Number(block.id));
    }
  });

  it('[SV15] makes what many streams are told once, and for each encoding and selection its own', async () => {
    const asked = '?prefix=a ?prefix=a ?prefix=YQ==&encoding=base64 ?prefix=a1 ?prefix=a';
    const readers: ReadableStreamDefaultReader<Uint8Array>[] = [];
    for (const query of asked.split(' ')) {
      const reader = (await local.send(`/watch${query}`)).body?.getReader();
      if (reader === undefined) throw new Error('a stream has a body');
      await reader.read();
      readers.push(reader);
    }
    await txn('a1', 'a2');
    const told = await Promise.all(readers.map(async (reader) => (await reader.read()).value));
    const keys = told.map((bytes) =>
      JSON.parse(/data: (.*)/.exec(new TextDecoder().decode(bytes))?.[1] ?? '').events.map(
        ({ key }: { key: string }) => key,
      ),
    );
    const both = ['a1', 'a2'];
    expect(keys).toEqual([both, both, ['YTE=', 'YTI='], ['a1'], both]);
    expect(told[1]).toBe(told[0]);
    for (const reader of readers) await reader.cancel();
  });

  it('[SV15] ends a reader that does not read, with the code, and keeps its memory bounded', async () => {
    const events = readSse(await local.send('/watch?prefix='));
    await events.next();
    const value = 'x'.repeat(1024 * 1024);
    for (let at = 0; at < 40; at += 1) await local.put(`k${at}`, value);
    let last = 1;
    let code = '';
    for (let block = await events.next(); block !== null; block = await events.next()) {
      if (block.event === 'error') ({ code } = JSON.parse(block.data ?? ''));
      else if (block.data !== null) expect(Number(block.id)).toBe(++last);
    }
    expect(code).toBe('RAFT_WATCH_TOO_SLOW');
    expect(last).toBeLessThan(41);
    expect(local.context.counters.watchesTooSlow).toBe(1);
    const resumed = readSse(
      await local.send('/watch', { headers: { 'last-event-id': `${last}` } }),
    );
    expect((await resumed.nextData()).id).toBe(`${last + 1}`);
    await resumed.cancel();
  });

  it('[SV11] bounds the number of streams', async () => {
    local = localApi({ limits: { httpWatchesMax: 1 } });
    const events = readSse(await local.send('/watch'));
    const response = await local.send('/watch');
    expect([response.status, (await response.json()).code]).toEqual([429, 'RAFT_OVERLOADED']);
    await events.cancel();
    expect((await local.send('/watch')).status).toBe(200);
  });

  it('[SV15] begins "now" only with a leader, but in the past without one', async () => {
    await local.put('a');
    local.replica.mood = 'leaderless';
    expect((await local.send('/watch')).status).toBe(503);
    const events = readSse(await local.send('/watch?from=2'));
    expect((await events.nextData()).id).toBe('2');
  });
});

describe('the end of a stream', () => {
  it('[SV27] tells open streams that the server stops', async () => {
    const events = readSse(await local.send('/watch'));
    await events.next();
    local.streams.endAll(stopping());
    expect(JSON.parse((await events.nextData()).data ?? '').code).toBe('RAFT_STOPPED');
    expect(await events.next()).toBeNull();
  });

  it('[SV24] tells open streams that the node has halted', async () => {
    const events = readSse(await local.send('/watch'));
    await events.next();
    local.replica.halt(new RaftError('RAFT_STORAGE_FAILED', 'the disk is gone'));
    const error = JSON.parse((await events.nextData()).data ?? '');
    expect(error).toMatchObject({ code: 'RAFT_HALTED', retry: 'safe' });
    expect(error.message).toContain('the disk is gone');
  });
});
