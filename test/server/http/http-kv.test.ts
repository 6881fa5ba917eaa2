/** Single keys and ranges over HTTP, on the API itself: no socket is opened. */
import * as fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { expectAnswer, type LocalApi, localApi } from '../local-server.ts';

const BINARY = new Uint8Array([0, 255, 10, 13, 37, 47]);

async function bytesOf(response: Response): Promise<Uint8Array> {
  return new Uint8Array(await response.arrayBuffer());
}

let local: LocalApi;
beforeEach(() => {
  local = localApi();
});

describe('one key', () => {
  it('[SV1] stores the exact bytes and gives them back with their revisions', async () => {
    const written = await local.put('a', BINARY);
    expect(written.status).toBe(200);
    expect(await written.json()).toEqual({ revision: 2 });
    expect(written.headers.get('raftchart-revision')).toBe('2');
    await local.put('b');
    const read = await local.send('/kv/a');
    expect(read.status).toBe(200);
    expect(await bytesOf(read)).toEqual(BINARY);
    expect(read.headers.get('etag')).toBe('"2"');
    expect(read.headers.get('raftchart-revision')).toBe('3');
  });

  it('[SV1] stores an empty value, and tells it from no value', async () => {
    await local.put('empty', '');
    const read = await local.send('/kv/empty');
    expect([read.status, (await bytesOf(read)).length]).toEqual([200, 0]);
    const missing = await local.send('/kv/other');
    expect(missing.status).toBe(404);
    expect(await missing.json()).toMatchObject({ code: 'RAFT_NOT_FOUND', revision: 2 });
    expect(missing.headers.get('etag')).toBeNull();
  });

  it('[SV1] deletes, and says whether there was anything to delete', async () => {
    await local.put('a');
    const first = await local.send('/kv/a', { method: 'DELETE' });
    expect(await first.json()).toEqual({ revision: 3, deleted: 1 });
    const second = await local.send('/kv/a', { method: 'DELETE' });
    expect(await second.json()).toEqual({ revision: 3, deleted: 0 });
    expect((await local.send('/kv/a')).status).toBe(404);
  });

  it('[SV1] answers HEAD with the headers of GET, and 304 without the value to a reader that names its tag', async () => {
    await local.put('a');
    const read = async (tags: string, method = 'GET') => {
      const headers = { 'if-none-match': tags };
      const response = await local.send('/kv/a', { method, headers });
      return [response.status, response.headers.get('etag'), await response.text()];
    };
    for (const tags of ['"2"', 'W/"2"', '"1", "2"', '*']) {
      expect(await read(tags)).toEqual([304, '"2"', '']);
    }
    expect(await read('"2"', 'HEAD')).toEqual([304, '"2"', '']);
    expect(await read('"3"', 'HEAD')).toEqual([200, '"2"', '']);
    for (const tags of ['"3"', '2', 'nonsense'])
      expect(await read(tags)).toEqual([200, '"2"', 'a']);
    const headers = { 'if-none-match': '*' };
    expect((await local.send('/kv/none', { headers })).status).toBe(404);
  });

  it('[SV1] reads a key as it was at an earlier revision', async () => {
    await local.put('a', 'one');
    await local.put('a', 'two');
    expect(await (await local.send('/kv/a?revision=2')).text()).toBe('one');
    await expectAnswer(local.send('/kv/a?revision=99'), 409, {
      code: 'RAFT_FUTURE_REVISION',
      revision: 3,
    });
  });
});

describe('keys are bytes', () => {
  it('[SV9] decodes percent escapes to bytes, keeps slashes and plus signs', async () => {
    for (const key of ['a/b//c', 'a+b', '%20', '%00%FF', '%2F', 'ü', '%C3%BC', 'x%3Fy']) {
      expect((await local.put(key, key)).status).toBe(200);
    }
    const { kvs } = local.replica.machine.range({ prefix: new Uint8Array() });
    const keys = kvs.map(({ key }) => Buffer.from(key).toString('latin1'));
    expect(keys).toEqual(['\0\xff', ' ', '/', 'a+b', 'a/b//c', 'x?y', 'Ã¼']);
  });

  it('[SV9] gives back any key under the path that encodes it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 40 }), async (key) => {
        const path = [...key].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
        // A segment of encoded dots is removed by URL parsers; whoever has such a key encodes a slash with it.
        fc.pre(!/^(?:%2e){1,2}$/.test(path));
        await local.put(path, key);
        const read = await local.send(`/kv/${path}`);
        expect(await bytesOf(read)).toEqual(key);
      }),
      { numRuns: 60 },
    );
  });

  it('[SV9] refuses broken escapes and an empty key', async () => {
    for (const path of ['/kv/%', '/kv/a%2', '/kv/a%zz', '/kv/%-1', '/kv/']) {
      const response = await local.send(path, { method: 'PUT', body: 'x' });
      expect([path, response.status]).toEqual([path, 400]);
      expect(await response.json()).toMatchObject({ code: 'RAFT_BAD_REQUEST', retry: 'never' });
    }
    expect(local.replica.machine.keyCount).toBe(0);
  });
});

describe('conditions', () => {
  const conditional = (method: string, headers: Record<string, string>) =>
    local.send('/kv/a', { method, headers, ...(method === 'PUT' ? { body: 'new' } : {}) });

  it('[SV6] writes with If-Match only over the named revision', async () => {
    await local.put('a');
    await local.put('b');
    const missed = await conditional('PUT', { 'if-match': '"3"' });
    expect(missed.status).toBe(412);
    expect(missed.headers.get('etag')).toBe('"2"');
    expect(await missed.json()).toMatchObject({
      code: 'RAFT_CONDITION_FAILED',
      retry: 'never',
      revision: 3,
      modRevision: 2,
    });
    expect((await conditional('PUT', { 'if-match': '"2"' })).status).toBe(200);
    expect(await (await local.send('/kv/a')).text()).toBe('new');
  });

  it('[SV6] writes with If-None-Match: * only a key that does not exist', async () => {
    expect((await conditional('PUT', { 'if-none-match': '*' })).status).toBe(200);
    expect((await conditional('PUT', { 'if-none-match': '*' })).status).toBe(412);
  });

  it('[SV6] writes with If-Match: * only a key that exists, and deletes under the same conditions', async () => {
    await expectAnswer(conditional('PUT', { 'if-match': '*' }), 412, { modRevision: 0 });
    await local.put('a');
    expect((await conditional('DELETE', { 'if-match': '"7"' })).status).toBe(412);
    expect((await conditional('DELETE', { 'if-match': '"2"' })).status).toBe(200);
  });

  it('[SV6] refuses conditions that it does not understand instead of writing without them', async () => {
    const bad = [
      { 'if-match': '2' },
      { 'if-match': 'W/"2"' },
      { 'if-match': '"2", "3"' },
      { 'if-match': '"x"' },
      { 'if-none-match': '"2"' },
      { 'if-match': '*', 'if-none-match': '*' },
    ];
    for (const headers of bad) {
      expect((await conditional('PUT', headers)).status).toBe(400);
    }
    expect(local.replica.machine.keyCount).toBe(0);
  });
});

describe('consistency', () => {
  it('[SV3] asks the leader for linearizable and lease reads, and nobody for local ones', async () => {
    await local.put('a');
    const served = async (path: string) =>
      (await local.send(path)).headers.get('raftchart-consistency');
    expect(await served('/kv/a')).toBe('linearizable');
    expect(await served('/kv/a?consistency=linearizable')).toBe('linearizable');
    expect(await served('/kv/a?consistency=lease')).toBe('linearizable');
    expect(await served('/kv/a?consistency=local')).toBe('local');
    expect(local.replica.readIndexCalls).toBe(3);
    local.replica.hasLease = true;
    expect(await served('/kv/a?consistency=lease')).toBe('lease');
    expect(await served('/kv?consistency=lease')).toBe('lease');
    expect(await served('/kv/a')).toBe('linearizable');
    expect(await served('/kv?consistency=local')).toBe('local');
    expect((await local.send('/kv/a?consistency=strong')).status).toBe(400);
  });

  it('[SV3] [RD5] a write names its place in the log, and a local read waits for it', async () => {
    const id = (await local.put('a')).headers.get('raftchart-log-id') ?? '';
    expect(id).toBe('1-2');
    const txn = { success: [{ op: 'put', key: 'b', value: 'x' }] };
    const post = { method: 'POST', body: JSON.stringify(txn) };
    expect((await local.send('/txn', post)).headers.get('raftchart-log-id')).toBe('1-3');
    const before = local.replica.readIndexCalls;
    const read = await local.send(`/kv/a?atLeast=${id}`);
    expect([read.status, read.headers.get('raftchart-consistency')]).toEqual([200, 'local']);
    expect((await local.send(`/kv?atLeast=${id}&consistency=local`)).status).toBe(200);
    expect(local.replica.readIndexCalls).toBe(before);
    const late = await local.send('/kv/a?atLeast=1-9');
    expect([late.status, await late.json()]).toMatchObject([504, { retry: 'safe' }]);
    const gone = await local.send('/kv/a?atLeast=2-2');
    expect([gone.status, await gone.json()]).toMatchObject([
      503,
      { code: 'RAFT_OVERWRITTEN', retry: 'never' },
    ]);
    for (const wrong of ['atLeast=', 'atLeast=2', 'atLeast=1.2', 'atLeast=1-2&consistency=lease']) {
      const refused = await local.send(`/kv/a?${wrong}`);
      expect([refused.status, (await refused.json()).message]).toMatchObject([
        400,
        expect.stringContaining('atLeast'),
      ]);
    }
  });

  it('[SV3] serves local reads without a leader, and no others', async () => {
    await local.put('a');
    local.replica.mood = 'leaderless';
    expect((await local.send('/kv/a?consistency=local')).status).toBe(200);
    await expectAnswer(local.send('/kv/a'), 503, { code: 'RAFT_NO_LEADER', retry: 'safe' });
  });
});

describe('ranges', () => {
  async function fill(): Promise<void> {
    for (const key of ['a', 'ab', 'abc', 'b', 'c']) await local.put(key, `value of ${key}`);
  }

  async function keysAt(query: string): Promise<unknown> {
    const body = await (await local.send(`/kv${query}`)).json();
    return [body.kvs.map((kv: { key: string }) => kv.key).join(' '), body.more];
  }

  it('[SV2] lists the keys of a prefix, a span or all, in order, within the limit', async () => {
    await fill();
    expect(await keysAt('')).toEqual(['a ab abc b c', false]);
    expect(await keysAt('?prefix=ab')).toEqual(['ab abc', false]);
    expect(await keysAt('?start=ab&end=c')).toEqual(['ab abc b', false]);
    expect(await keysAt('?prefix=a&limit=2')).toEqual(['a ab', true]);
    expect(await keysAt('?revision=3')).toEqual(['a ab', false]);
    expect(await keysAt('?prefix=zz')).toEqual(['', false]);
  });

  it('[SV2] shows of each key what the contract names', async () => {
    await fill();
    const response = await local.send('/kv?prefix=abc');
    expect(await response.json()).toEqual({
      revision: 6,
      more: false,
      count: 1,
      kvs: [
        {
          key: 'abc',
          value: 'value of abc',
          createRevision: 4,
          modRevision: 4,
          version: 1,
          lease: null,
        },
      ],
    });
    expect(response.headers.get('raftchart-revision')).toBe('6');
    const { kvs } = await (await local.send('/kv?prefix=abc&keysOnly=true')).json();
    expect(kvs[0]).not.toHaveProperty('value');
  });

  it('[SV11] bounds an answer in keys and in bytes, and says that there is more', async () => {
    local = localApi({ limits: { rangeKeysMax: 3, rangeBytesMax: 10 } });
    for (const key of ['a', 'b', 'c', 'd']) await local.put(key, 'x');
    expect(await keysAt('')).toEqual(['a b c', true]);
    await local.put('a', 'y'.repeat(50));
    expect(await keysAt('')).toEqual(['a', true]);
    expect(await keysAt('?start=b&limit=2')).toEqual(['b c', true]);
  });

  it('[SV12] takes base64 as well as it shows it, so that a page goes on where the last one ended', async () => {
    const keys = [[0xff, 0xfb, 0xef], [0xff, 0xfb, 0xf0], [0xff]].map((key) => Buffer.from(key));
    for (const key of keys) {
      await local.put([...key].map((byte) => `%${byte.toString(16)}`).join(''), 'x');
    }
    const list = async (query: string): Promise<readonly string[]> => {
      const answer = await local.send(`/kv?encoding=base64&${query}`);
      const { kvs } = await answer.json();
      return kvs.map(({ key }: { key: string }) => key);
    };
    const [shortest = '', first = '', second = ''] = await list('keysOnly');
    expect([shortest, first, second]).toEqual(['/w==', '//vv', '//vw']);
    expect(await list(`prefix=${encodeURIComponent('//s=')}`)).toEqual([first, second]);
    expect(await list(`start=${encodeURIComponent(first)}`)).toEqual([first, second]);
    expect(await list(`start=${first}&end=${second}`)).toEqual([first]);
    for (const [query, where] of [
      ['prefix=a', 'prefix is not base64'],
      ['start=%ff', 'start is not UTF-8'],
      ['end=ab+d', "'+' of end as %2B"],
    ] as const) {
      const refused = await local.send(`/kv?encoding=base64&${query}`);
      expect([refused.status, (await refused.json()).message]).toEqual([
        400,
        expect.stringContaining(where),
      ]);
    }
  });

  it('[SV12] shows bytes as base64 on request', async () => {
    await local.put('%FF', BINARY);
    const { kvs } = await (await local.send('/kv?encoding=base64')).json();
    expect(kvs[0]).toMatchObject({ key: '/w==', value: Buffer.from(BINARY).toString('base64') });
  });

  it('[SV12] never passes off bytes that are not UTF-8 as text', async () => {
    await local.put('text', BINARY);
    await local.put('%FF', 'plain');
    const { kvs } = await (await local.send('/kv?encoding=utf8')).json();
    expect(kvs[0]).toMatchObject({ key: 'text', value: null, valueBase64: 'AP8KDSUv' });
    expect(kvs[1]).toMatchObject({ key: null, keyBase64: '/w==', value: 'plain' });
  });
});
