/** Requests of a client against a real server over loopback: results, pipelining, limits, the end. */
import { describe, expect, it } from 'vitest';
import { CompactedError, ConditionFailedError, connect } from '../../../src/client/index.ts';
import { eventually } from '../../server/eventually.ts';
import { served } from '../../server/local-server.ts';
import { scriptedServer } from '../scripted-server.ts';
import { clientAt, clientOf, facts, rejection } from '../stage.ts';

const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

describe('results', () => {
  it('[CL10] puts, gets, deletes and lists', async () => {
    const { client } = await clientAt(served());
    expect(await client.put('a', 'one')).toMatchObject({ type: 'put', revision: 2 });
    const second = await client.put(new Uint8Array([0xff]), new Uint8Array([0, 1]));
    expect(second).toMatchObject({ revision: 3 });
    const kv = await client.get('a');
    expect([text(kv?.value), kv?.modRevision, kv?.version]).toEqual(['one', 2, 1]);
    expect(await client.get('missing')).toBeNull();
    const { kvs, more, revision, served: level } = await client.range({ prefix: '', limit: 1 });
    expect([kvs.length, more, revision, level]).toEqual([1, true, 3, 'linearizable']);
    expect(await client.delete('a')).toMatchObject({ type: 'delete', revision: 4, deleted: 1 });
    expect(await client.delete({ prefix: '' }, { returnPrevious: true })).toMatchObject({
      deleted: 1,
      previous: [{ value: new Uint8Array([0, 1]) }],
    });
    expect(await client.get('a', { revision: 2 })).toMatchObject({ modRevision: 2 });
  });

  it('[CL10] [RD5] a write says where it stands, and a local read waits for it', async () => {
    const { client, server } = await clientAt(served());
    const { logId } = await client.put('a', 'one');
    const before = server.replica.readIndexCalls;
    expect(await client.range({ key: 'a', atLeast: logId })).toMatchObject({
      kvs: [{ modRevision: 2 }],
      served: 'local',
    });
    expect(server.replica.readIndexCalls).toBe(before);
    const later = { term: logId.term, index: logId.index + 1 };
    const other = { term: logId.term + 1, index: logId.index };
    expect(await rejection(client.get('a', { atLeast: later }))).toMatchObject({
      code: 'RAFT_TIMED_OUT',
      retry: 'safe',
    });
    expect(await rejection(client.get('a', { atLeast: other }))).toMatchObject({
      code: 'RAFT_OVERWRITTEN',
    });
    const mixed = client.get('a', { atLeast: logId, consistency: 'linearizable' });
    await expect(mixed).rejects.toThrow('atLeast of get is for local reads');
    const half = Reflect.apply(client.get, client, ['a', { atLeast: { term: 1 } }]);
    await expect(half).rejects.toThrow('atLeast of get must be the term and index of an entry');
  });

  it('[CL10] runs transactions', async () => {
    const { client } = await clientAt(served());
    const txn = {
      compare: [{ key: 'a', target: 'version', operator: '=', value: 0 }],
      success: [{ type: 'put', key: 'a', value: 'x' }],
      failure: [{ type: 'range', key: 'a' }],
    } as const;
    expect(await client.txn(txn)).toMatchObject({ succeeded: true, revision: 2 });
    const second = await client.txn(txn);
    expect(second).toMatchObject({ succeeded: false, responses: [{ kvs: [{ version: 1 }] }] });
  });

  it('[CL10] rejects with what the caller needs to go on', async () => {
    const { url, commit } = await served();
    const client = clientOf([url]);
    await client.put('a', '1');
    await client.put('a', '2');
    const condition = { type: 'modRevision', modRevision: 2 } as const;
    const failed = await rejection(client.put('a', '3', { condition }));
    expect(failed).toBeInstanceOf(ConditionFailedError);
    expect(failed).toMatchObject({ code: 'RAFT_CONDITION_FAILED', revision: 3, modRevision: 3 });
    await commit({ type: 'compact', revision: 3 });
    const compacted = await rejection(client.get('a', { revision: 2, consistency: 'local' }));
    expect(compacted.code).toBe('RAFT_COMPACTED');
    expect(compacted).toBeInstanceOf(CompactedError);
    expect(compacted).toMatchObject({ compactedRevision: 3 });
  });

  it('[CL28] compacts, and rejects for good with what to do next', async () => {
    const { server, client } = await clientAt(served());
    for (const value of ['1', '2', '3']) await client.put('a', value);
    const compacted = { type: 'compact', revision: 4, compactedRevision: 3 };
    expect(await client.compact(3)).toMatchObject(compacted);
    const gone = await rejection(client.get('a', { revision: 2 }));
    expect(gone).toMatchObject({ compactedRevision: 3 });
    const again = await rejection(client.compact(2));
    expect(again).toBeInstanceOf(CompactedError);
    expect(again).toMatchObject({ code: 'RAFT_COMPACTED', retry: 'never', compactedRevision: 3 });
    expect(again.message).toContain('name a later one, up to 4');
    const future = await rejection(client.compact(9));
    expect(future).toMatchObject({ code: 'RAFT_FUTURE_REVISION', retry: 'never' });
    for (const wrong of [0, -1, 1.5, Number.NaN]) {
      await expect(client.compact(wrong)).rejects.toThrow('compact takes a revision');
    }
    expect(server.replica.machine.compactedRevision).toBe(3);
  });

  it('[CL10] refuses what can never be sent before anything is sent', async () => {
    const { url, context } = await served();
    const client = clientOf([url]);
    expect((await rejection(client.put('', 'x'))).code).toBe('RAFT_BAD_REQUEST');
    const large = await rejection(client.put('k', new Uint8Array(16 * 1024 * 1024)));
    expect(large.code).toBe('RAFT_TOO_LARGE');
    await client.status();
    expect([...context.counters.clientRequests.keys()]).toEqual(['status']);
  });

  it('[CL10] hands out byte arrays of the caller’s own', async () => {
    const { client } = await clientAt(served());
    await client.put('a', 'value');
    const kv = await client.get('a');
    expect(kv?.value.constructor).toBe(Uint8Array);
    expect(kv?.value.buffer.byteLength).toBe(5);
  });

  it('[CL10] tells the status of the node it speaks to', async () => {
    const { client } = await clientAt(served());
    expect(await client.status()).toMatchObject({ id: 'n1', role: 'leader', version: '9.9.9' });
    expect(client.connectedTo).toBe('n1');
  });
});

describe('pipelining', () => {
  it('[CL1] sends the requests of one tick as one frame, in order', async () => {
    const { server, client } = await clientAt(scriptedServer());
    await eventually(() => client.connectedTo).toBe('n1');
    const calls = Array.from({ length: 100 }, (_, at) => client.put(`k${at}`, 'x'));
    for (const call of calls) call.catch(() => {});
    await eventually(() => server.requests().length).toBe(100);
    expect(server.frames).toHaveLength(1);
    const ids = server.requests().map(({ id }) => id);
    expect(ids).toEqual([...ids].sort((left, right) => left - right));
  });

  it('[CL1] sends what continues after an answered frame as one frame again', async () => {
    const { server, client } = await clientAt(served());
    await client.status();
    const writer = async (name: string) => {
      for (let at = 0; at < 5; at += 1) await client.put(`${name}${at}`, 'x');
    };
    await Promise.all(Array.from({ length: 100 }, (_, at) => writer(`w${at}-`)));
    expect(server.replica.batches).toEqual([100, 100, 100, 100, 100]);
  });

  it('[CL1] splits what does not fit into a frame, and loses nothing', async () => {
    const { client } = await clientAt(served());
    const value = new Uint8Array(700 * 1024);
    const puts = Array.from({ length: 40 }, (_, at) => client.put(`k${at}`, value));
    const results = await Promise.all(puts);
    expect(results.map(({ revision }) => revision)).toEqual(results.map((_, at) => at + 2));
    const { kvs } = await client.range({ prefix: 'k', keysOnly: true });
    expect(kvs).toHaveLength(40);
  });

  it('[CL1] keeps 20,000 requests under way and answers each with its own result', async () => {
    const { client } = await clientAt(served(), { timeoutMs: 20_000 });
    const count = 20_000;
    const puts = Array.from({ length: count }, (_, at) => client.put(`k${at % 100}`, `${at}`));
    const results = await Promise.all(puts);
    expect(results.map(({ revision }) => revision)).toEqual(results.map((_, at) => at + 2));
    const kv = await client.get('k99');
    expect(text(kv?.value)).toBe(`${count - 1}`);
  });
});

it('[CL7] refuses at once what exceeds the bounds, and takes more when there is room', async () => {
  const { server, client } = await clientAt(scriptedServer(), { pendingRequestsMax: 2 });
  const first = [client.put('a', 'x'), client.put('b', 'x')];
  for (const call of first) call.catch(() => {});
  expect(facts(await rejection(client.put('c', 'x')))).toEqual(['RAFT_OVERLOADED', 'safe']);
  await eventually(() => server.requests().length).toBe(2);
  const small = clientOf([server.url], { pendingBytesMax: 1000 });
  const large = await rejection(small.put('a', 'x'.repeat(2000)));
  expect(large.code).toBe('RAFT_OVERLOADED');
});

describe('closing', () => {
  it('[CL11] ends what is under way, with the truth about each', async () => {
    const { server, client } = await clientAt(scriptedServer());
    const sent = [rejection(client.put('a', 'x')), rejection(client.get('a'))];
    await eventually(() => server.requests().length).toBe(2);
    const unsent = rejection(client.put('b', 'x'));
    await client.close();
    const ends = (await Promise.all([...sent, unsent])).map(facts);
    const safe = ['RAFT_STOPPED', 'safe'];
    expect(ends).toEqual([['RAFT_STOPPED', 'outcomeUnknown'], safe, safe]);
    expect(server.requests()).toHaveLength(2);
    expect((await rejection(client.get('a'))).code).toBe('RAFT_STOPPED');
  });

  it('[CL11] closes its connection, with the word and with the block', async () => {
    const server = await served();
    {
      const client = connect({ endpoints: [server.url] });
      await client.put('a', 'x');
      expect(server.context.counters.clientConnections).toBe(1);
      await client[Symbol.asyncDispose]();
      await client.close();
    }
    await eventually(() => server.context.counters.clientConnections).toBe(0);
  });
});
