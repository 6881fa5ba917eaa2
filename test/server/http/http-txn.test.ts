/** `POST /txn`: what it takes, what it answers, what it refuses. */
import { beforeEach, describe, expect, it } from 'vitest';
import { TXN_ANSWER_BYTES_MAX } from '../../../src/server/limits.ts';
import { expectAnswer, type LocalApi, localApi } from '../local-server.ts';

function post(body: unknown, query = ''): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return local.send(`/txn${query}`, { method: 'POST', body: text });
}

const put = (key: string, value: string) => ({ op: 'put', key, value });

let local: LocalApi;
beforeEach(() => {
  local = localApi();
});

/** But for its end. */
const ODD_KEY = '{"success":[{"op":"put","key":"__proto__","value":"x"}]';

describe('transactions', () => {
  it('[SV13] runs the success branch if all compares hold, in one revision', async () => {
    await post({ success: [put('a', '1')] });
    const response = await post({
      compare: [
        { key: 'a', target: 'version', op: '=', value: 1 },
        { key: 'a', target: 'value', op: '<', value: '2' },
        { key: 'b', target: 'createRevision', op: '=', value: 0 },
        { key: 'a', target: 'modRevision', op: '>', value: 1 },
        { key: 'a', target: 'lease', op: '!=', value: 7 },
      ],
      success: [put('b', '2'), { op: 'delete', key: 'a' }, { op: 'range', prefix: '' }],
      failure: [put('never', 'x')],
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('raftchart-revision')).toBe('3');
    const kv = { key: 'b', value: '2', createRevision: 3, modRevision: 3, version: 1, lease: null };
    expect(await response.json()).toEqual({
      revision: 3,
      succeeded: true,
      responses: [
        { op: 'put', revision: 3 },
        { op: 'delete', revision: 3, deleted: 1 },
        { op: 'range', revision: 3, kvs: [kv], more: false, count: 1 },
      ],
    });
  });

  it('[SP8] refuses an answer of more than 8 MiB, and says that its writes were carried out', async () => {
    const key = new TextEncoder().encode('large');
    const range = { success: [put('written', 'x'), { op: 'range', key: 'large' }] };
    const answered = async (bytes: number): Promise<readonly unknown[]> => {
      await local.commit({ type: 'put', key, value: new Uint8Array(bytes) });
      const response = await post(range);
      return [response.status, await response.json()];
    };
    const message = expect.stringContaining('was carried out, at revision 3');
    expect(await answered(TXN_ANSWER_BYTES_MAX)).toEqual([
      413,
      { code: 'RAFT_TOO_LARGE', message, retry: 'never' },
    ]);
    expect(await answered(TXN_ANSWER_BYTES_MAX - 1024)).toMatchObject([200, { revision: 5 }]);
  });

  it('[SV13] runs the failure branch otherwise, and shows what it is asked for', async () => {
    await post({ success: [put('a', 'old')] });
    const response = await post({
      compare: [{ key: 'a', target: 'value', op: '=', value: 'new' }],
      success: [put('a', 'x')],
      failure: [
        { op: 'range', key: 'a', keysOnly: true },
        { op: 'put', key: 'a', value: 'new', returnPrevious: true },
        { op: 'put', key: 'b', value: 'new', returnPrevious: true },
        { op: 'delete', prefix: 'c', returnPrevious: true },
        { op: 'range', prefix: '', limit: 1, countOnly: true },
      ],
    });
    const { succeeded, responses } = await response.json();
    expect(succeeded).toBe(false);
    expect(responses[0].kvs[0]).not.toHaveProperty('value');
    expect(responses[1].previous.value).toBe('old');
    expect(responses.slice(2)).toMatchObject([
      { op: 'put', previous: null },
      { op: 'delete', deleted: 0, previous: [] },
      { op: 'range', kvs: [], count: 2 },
    ]);
  });

  it('[SV13] takes the name of a built-in property for a key', async () => {
    expect((await post(`${ODD_KEY}}`)).status).toBe(200);
  });

  it('[SV13] takes type for op in operations, as the library names it, but not both', async () => {
    const typed = { type: 'put', key: 'a', value: '1' };
    expect((await post({ success: [typed] })).status).toBe(200);
    expect((await post({ success: [{ ...typed, op: 'delete' }] })).status).toBe(400);
  });

  it('[SV12] takes and shows base64 with ?encoding=base64', async () => {
    const body = { success: [put('/w==', 'AAEC'), { op: 'range', key: '/w==' }] };
    const response = await post(body, '?encoding=base64');
    const { responses } = await response.json();
    expect(responses[1].kvs[0]).toMatchObject({ key: '/w==', value: 'AAEC' });
    const stored = local.replica.machine.get(new Uint8Array([255]));
    expect(stored?.value).toEqual(new Uint8Array([0, 1, 2]));
  });

  it('[SV12] refuses text that UTF-8 cannot express and base64 that is none', async () => {
    const lone = `{"success":[{"op":"put","key":"a","value":"\\ud800"}]}`;
    expect((await post(lone)).status).toBe(400);
    for (const value of ['A', 'AA', 'AAA', 'AA=A', 'A-_=', ' AAAA', 'AAAA\n']) {
      const response = await post({ success: [put('AAAA', value)] }, '?encoding=base64');
      expect([value, response.status]).toEqual([value, 400]);
    }
    expect(local.replica.machine.keyCount).toBe(0);
  });

  it('[SV13] refuses what is not a transaction, naming the place, and changes nothing', async () => {
    const compare = { key: 'a', target: 'version', op: '=', value: 1 };
    const bad: readonly [unknown, string][] = [
      ['', 'JSON'],
      ['{"success":[', 'JSON'],
      ['[]', 'object'],
      ['null', 'object'],
      ['7', 'object'],
      [`${ODD_KEY},"__proto__":{"failure":7}}`, '__proto__'],
      [{ sucess: [] }, 'sucess'],
      [{ success: {} }, 'success'],
      [{ success: [7] }, 'success[0]'],
      [{ success: [{ key: 'a' }] }, 'success[0].op'],
      [{ success: [{ op: 'compact', revision: 1 }] }, 'success[0].op'],
      [{ success: [{ op: 'put', key: 'a' }] }, 'success[0].value'],
      [{ success: [{ op: 'put', key: 'a', value: 7 }] }, 'success[0].value'],
      [{ success: [{ op: 'put', key: 'a', value: 'x', lease: '1' }] }, 'lease'],
      [{ success: [{ op: 'put', key: 'a', value: 'x', returnPrevious: 1 }] }, 'returnPrevious'],
      [{ failure: [{ op: 'range', key: 'a', limit: -1 }] }, 'failure[0].limit'],
      [{ failure: [{ op: 'range', key: 'a', limit: 1.5 }] }, 'failure[0].limit'],
      [{ failure: [{ op: 'range', key: 'a', prefix: 'b' }] }, 'key'],
      [{ failure: [{ op: 'delete' }] }, 'key'],
      [{ compare: [{ ...compare, target: 'size' }] }, 'compare[0].target'],
      [{ compare: [{ ...compare, op: '>=' }] }, 'compare[0].op'],
      [{ compare: [{ ...compare, value: 'x' }] }, 'compare[0].value'],
      [{ compare: [{ ...compare, target: 'value' }] }, 'compare[0].value'],
      [{ success: [put('', 'x')] }, 'key'],
      [{ success: [put('a', 'x'), put('a', 'y')] }, 'twice'],
      [{ success: Array.from({ length: 129 }, (_, at) => put(`k${at}`, 'x')) }, '128'],
    ];
    for (const [body, named] of bad) {
      const response = await post(body);
      const { code, message } = await response.json();
      expect([body, response.status, code]).toEqual([body, 400, 'RAFT_BAD_REQUEST']);
      expect(message).toContain(named);
    }
    expect(local.replica.machine.revision).toBe(1);
  });

  it('[SV7] answers a refusal of the store itself with its code and the numbers to go on', async () => {
    await expectAnswer(post({ success: [{ op: 'range', key: 'a', revision: 50 }] }), 409, {
      code: 'RAFT_FUTURE_REVISION',
      revision: 1,
    });
  });
});
