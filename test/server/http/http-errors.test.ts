/** What is wrong with a request, or with the node: the status, the code and the advice of each answer. */
import { readFile } from 'node:fs/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { ERROR_CODES, RaftError, type RaftErrorCode } from '../../../src/core/errors.ts';
import { errorResponse, httpStatusOf } from '../../../src/server/errors.ts';
import { DEFAULT_SERVER_LIMITS } from '../../../src/server/limits.ts';
import { expectAnswer, type LocalApi, localApi } from '../local-server.ts';

const PROMISED_STATUSES = [400, 401, 403, 404, 409, 412, 413, 429, 501, 503, 504];

let local: LocalApi;
beforeEach(() => {
  local = localApi();
});

describe('errors', () => {
  it('[SV7] gives every code a status of the contract and a body with code, message and retry', async () => {
    for (const code of Object.keys(ERROR_CODES) as RaftErrorCode[]) {
      const response = errorResponse(new RaftError(code, 'what happened'));
      expect(PROMISED_STATUSES, code).toContain(response.status);
      expect(await response.json()).toEqual({
        code,
        message: 'what happened',
        retry: ERROR_CODES[code],
      });
    }
  });

  it.each([
    ['leaderless', 503, { code: 'RAFT_NO_LEADER', retry: 'safe' }],
    ['undecided', 503, { code: 'RAFT_OUTCOME_UNKNOWN', retry: 'outcomeUnknown' }],
    ['overloaded', 429, { code: 'RAFT_OVERLOADED', retry: 'safe', leader: 'n1' }],
  ] as const)(
    '[SV7] a write that was refused is told from one of unknown outcome, and who leads where that helps: %s',
    async (mood, status, told) => {
      local.replica.mood = mood;
      const response = await local.put('a');
      expect(response.status).toBe(status);
      expect(await response.json()).toEqual({ ...told, message: expect.any(String) });
    },
  );

  it('[SV7] [SV15] answers unknown paths and methods, also HEAD of a stream, with what to do instead', async () => {
    await expectAnswer(local.send('/kw/a'), 404, { code: 'RAFT_NOT_FOUND' });
    for (const [method, path, allowed] of [
      ['GET', '/txn', 'POST'],
      ['PUT', '/kv', 'GET, HEAD'],
      ['HEAD', '/watch', 'GET'],
    ] as const) {
      const { status, headers } = await local.send(path, { method });
      expect([status, headers.get('allow')]).toEqual([405, allowed]);
    }
    expect(local.streams.count).toBe(0);
  });

  it('[SV7] reports a fault of its own as one, and keeps no caller waiting for it', async () => {
    local.replica.submit = () => {
      throw new TypeError('a bug');
    };
    await expectAnswer(local.put('a'), 500, { retry: 'outcomeUnknown' });
    expect(local.faults).toHaveLength(1);
  });

  it('[SV8] refuses parameters that are unknown, given twice, broken or out of range, by name', async () => {
    const bad: readonly [string, string][] = [
      ['/kv?revison=7', 'revison'],
      ['/kv?prefix=a&prefix=b', 'prefix'],
      ['/kv?prefix=%zz', 'prefix'],
      ['/kv?prefix=%', 'prefix'],
      ['/kv?limit=0', 'limit'],
      ['/kv?limit=-1', 'limit'],
      ['/kv?limit=1.5', 'limit'],
      ['/kv?limit=1e3', 'limit'],
      ['/kv?limit=', 'limit'],
      ['/kv?limit=99999999999999999999', 'limit'],
      ['/kv?revision=abc', 'revision'],
      ['/kv?keysOnly=yes', 'keysOnly'],
      ['/kv?encoding=hex', 'encoding'],
      ['/kv?encoding=%FF', 'encoding'],
      ['/kv?timeoutMs=0', 'timeoutMs'],
      ['/kv?timeoutMs=60001', 'timeoutMs'],
      ['/kv/a?prefix=x', 'prefix'],
      ['/watch?from=0', 'from'],
      ['/watch?limit=1', 'limit'],
      ['/status?verbose', 'verbose'],
      ['/metrics?x=1', 'x'],
    ];
    const flag = await (await local.send('/kv?keysOnly=yes')).json();
    expect(flag.message).toContain('must be one of true, false;');
    for (const [path, name] of bad) {
      const response = await local.send(path);
      expect([path, response.status]).toEqual([path, 400]);
      const { code, message } = await response.json();
      expect([code, message.includes(name)]).toEqual(['RAFT_BAD_REQUEST', true]);
    }
  });

  it('[SV8] decodes escapes and plus signs of a query, and ignores empty parts', async () => {
    await local.send('/kv/a%20b', { method: 'PUT', body: 'x' });
    for (const query of ['prefix=a+b', 'prefix=a%20b', '&prefix=a%20&', 'pre%66ix=a%20']) {
      expect((await (await local.send(`/kv?${query}`)).json()).kvs).toHaveLength(1);
    }
  });
});

describe('sizes', () => {
  const limits = { keyBytesMax: 8, valueBytesMax: 100, commandBytesMax: 160 };
  const stream = (chunks: number, bytes: number, seen: { pulled: number }) =>
    new ReadableStream<Uint8Array>({
      pull: (controller) => {
        seen.pulled += 1;
        if (seen.pulled > chunks) controller.close();
        else controller.enqueue(new Uint8Array(bytes));
      },
    });

  const streamed = (body: ReadableStream): RequestInit & { readonly duplex: 'half' } => ({
    method: 'PUT',
    body,
    duplex: 'half',
  });

  it('[SV10] refuses keys, values and transactions over their limit, and takes those at it', async () => {
    local = localApi({ limits });
    const put = (key: string, bytes: number) => local.put(key, 'x'.repeat(bytes));
    expect((await put('k'.repeat(8), 100)).status).toBe(200);
    for (const response of [await put('k'.repeat(9), 1), await put('k', 101)]) {
      expect(response.status).toBe(413);
      expect(await response.json()).toMatchObject({ code: 'RAFT_TOO_LARGE', retry: 'never' });
    }
    const operation = (key: string) => ({ op: 'put', key, value: 'x'.repeat(60) });
    const txn = (keys: readonly string[]) =>
      local.send('/txn', {
        method: 'POST',
        body: JSON.stringify({ success: keys.map(operation) }),
      });
    expect((await txn(['a', 'b'])).status).toBe(200);
    expect((await txn(['a', 'b', 'c'])).status).toBe(413);
    expect((await txn(['k'.repeat(9)])).status).toBe(413);
    expect((await local.send(`/kv/${'k'.repeat(9)}`)).status).toBe(413);
    expect((await local.send(`/kv?prefix=${'k'.repeat(9)}`)).status).toBe(413);
  });

  it('[SV10] takes a body of unknown length whole within the limit, and stops reading it there', async () => {
    local = localApi({ limits });
    const seen = { pulled: 0 };
    const refused = await local.send('/kv/a', streamed(stream(1000, 30, seen)));
    expect(refused.status).toBe(413);
    expect(seen.pulled).toBeLessThan(10);
    expect(local.replica.machine.keyCount).toBe(0);
    const taken = await local.send('/kv/a', streamed(stream(3, 30, { pulled: 0 })));
    expect(taken.status).toBe(200);
    expect((await (await local.send('/kv/a')).arrayBuffer()).byteLength).toBe(90);
  });

  it('[SV10] refuses a body that ends before its declared length', async () => {
    local = localApi({ limits });
    const headers = { 'content-length': '50' };
    const response = await local.send('/kv/a', { method: 'PUT', body: 'short', headers });
    expect([response.status, (await response.json()).retry]).toEqual([400, 'safe']);
    expect(local.replica.machine.keyCount).toBe(0);
  });
});

it('[SV11] refuses more requests than it can hold, but never the probes', async () => {
  local = localApi({ limits: { httpRequestsMax: 2 } });
  local.replica.mood = 'held';
  const write = () => local.put('a');
  const underWay = [write(), write()];
  await expectAnswer(write(), 429, { code: 'RAFT_OVERLOADED', retry: 'safe' });
  expect((await local.send('/livez')).status).toBe(200);
  expect((await local.send('/metrics')).status).toBe(200);
  local.replica.mood = 'serving';
  for (const { status } of await Promise.all(underWay)) expect(status).toBe(200);
  expect((await write()).status).toBe(200);
});

it('[SV4] ends every request at its timeout, even if the replica never answers', async () => {
  local.replica.mood = 'silent';
  const startedAt = performance.now();
  const [write, read, list, txn] = await Promise.all([
    local.send('/kv/a?timeoutMs=80', { method: 'PUT', body: 'x' }),
    local.send('/kv/a?timeoutMs=80'),
    local.send('/kv?timeoutMs=80'),
    local.send('/txn?timeoutMs=80', { method: 'POST', body: '{}' }),
  ]);
  expect(performance.now() - startedAt).toBeLessThan(2_000);
  for (const response of [write, read, list, txn]) expect(response.status).toBe(504);
  expect(await write.json()).toMatchObject({ code: 'RAFT_TIMED_OUT', retry: 'outcomeUnknown' });
  expect(await read.json()).toMatchObject({ code: 'RAFT_TIMED_OUT', retry: 'safe' });
});

describe('the documentation', () => {
  it('[SV7] lists every code with its status and its usual advice', async () => {
    const text = await readFile(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
    const rows = text.matchAll(/^\| `(RAFT_\w+)` \| (\d+) \| `(\w+)` \|/gm);
    const documented = [...rows].map(([, code, status, retry]) => [code, Number(status), retry]);
    const actual = Object.entries(ERROR_CODES).map(([code, retry]) => [
      code,
      httpStatusOf(code as RaftErrorCode),
      retry,
    ]);
    expect(documented.sort()).toEqual(actual.sort());
  });

  it('[SV10] names the limits that are in force by default', async () => {
    const text = await readFile(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
    const limits = DEFAULT_SERVER_LIMITS;
    expect(text).toContain(`${limits.keyBytesMax.toLocaleString('en')} bytes`);
    expect(text).toContain(`${limits.valueBytesMax / 2 ** 20} MiB (\`--value-bytes-max\`)`);
    expect(text).toContain(`${limits.commandBytesMax / 2 ** 20} MiB (\`--command-bytes-max\`)`);
    expect(text).toContain(
      `${limits.rangeKeysMax.toLocaleString('en')} keys or ${limits.rangeBytesMax / 2 ** 20} MiB`,
    );
    expect(text).toContain(`| ${limits.httpWatchesMax.toLocaleString('en')} |`);
  });
});
