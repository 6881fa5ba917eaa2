/** What JavaScript lets callers pass to the client: refused in words before anything is sent, and never ignored. */
import { describe, expect, it } from 'vitest';
import { connect } from '../../../src/client/index.ts';
import { served } from '../../server/local-server.ts';
import { clientAt } from '../stage.ts';

type Given = [method: string, all: readonly unknown[], sentence: string];

const put = (options: unknown, sentence: string): Given => ['put', ['k', 'v', options], sentence];

const sound = { key: 'k', target: 'version', operator: '=', value: 1 };
const compare = (changes: object, sentence: string): Given => [
  'txn',
  [{ compare: [{ ...sound, ...changes }] }],
  sentence,
];

describe('what is given to a call', () => {
  it.each<Given>([
    put({ ifMatch: 1 }, 'put has no option ifMatch'),
    put({ returnprevious: true }, 'did you mean returnPrevious?'),
    put(null, 'put takes options as an object'),
    put({ returnPrevious: 'yes' }, 'returnPrevious of put must be true or false'),
    put({ condition: { modRevision: 1 } }, 'condition of put needs a type'),
    put({ condition: { type: 'modrevision' } }, 'condition of put needs a type'),
    put({ condition: { type: 'constructor' } }, 'condition of put needs a type'),
    put({ condition: null }, 'condition of put needs a type'),
    put(
      { condition: { type: 'modRevision', revision: 1 } },
      'condition of put has no option revision',
    ),
    put({ condition: { type: 'absent', modRevision: 1 } }, 'has no option modRevision'),
    put({ timeoutMs: Number.NaN }, 'timeoutMs of put must be a number from 1 to 60000'),
    ['put', [7, 'v'], 'a key or value must be a string or a Uint8Array'],
    ['get', ['k', { timeoutMs: 0 }], 'timeoutMs of get must be a number from 1 to 60000'],
    put({ timeoutMs: -1 }, 'timeoutMs of put must be a number from 1 to 60000'),
    put({ signal: {} }, 'signal of put must be an AbortSignal'),
    ['put', ['a\ud800', 'v'], 'half a character'],
    ['delete', [{ perfix: 'k' }], 'delete has no option perfix'],
    ['delete', [{ prefix: 'k', until: 'l' }], 'delete has no option until'],
    ['delete', [{ prefix: 5 }], 'prefix of delete must be a string'],
    ['delete', [null], 'delete takes options as an object'],
    ['txn', [{ compares: [], success: [] }], 'did you mean compare?'],
    ['txn', [{ compare: {} }], 'compare of txn must be an array'],
    compare({ target: 'modrevision' }, 'target of a compare of txn must be one of version'),
    compare({ operator: '==' }, 'operator of a compare of txn must be one of ='),
    ['txn', [{ success: [{ type: 'toString', key: 'k' }] }], 'an operation of txn needs a type'],
    [
      'txn',
      [{ success: [{ type: 'put', key: 'k', value: 'v', condition: {} }] }],
      'an operation of txn has no option condition',
    ],
    ['get', ['k', { consistancy: 'local' }], 'get has no option consistancy'],
    ['get', ['k', { consistency: 'eventual' }], 'consistency of get must be one of linearizable'],
    ['get', ['k', { revision: 1.5 }], 'revision of get must be a whole number'],
    ['get', ['k', { revision: 0 }], 'revision of get must be a whole number from 1'],
    ['range', [{ prefix: '', revision: 0 }], 'revision of range must be a whole number from 1'],
    ['range', [{ prefix: '', limit: 0 }], 'limit of range must be a whole number from 1'],
    ['range', [{ prefix: '', limit: '5' }], 'limit of range must be a whole number'],
    ['range', [{ prefix: '', keysonly: true }], 'did you mean keysOnly?'],
    ['range', [], 'range takes options as an object'],
    ['status', [{ timeout: 5 }], 'status has no option timeout'],
    ...[undefined, null, 7, '', {}].flatMap((name): [string, unknown[], string][] => [
      ['lock', [name], 'a lock, an election or a service needs a name'],
      ['campaign', [name, 'me'], 'a lock, an election or a service needs a name'],
      ['register', [name, 'http://a:1'], 'a lock, an election or a service needs a name'],
      ['register', ['shop', name], 'a registration needs an address'],
    ]),
    ['lock', ['a\ud800'], 'half a character'],
    ['campaign', ['chief', undefined], 'a key or value must be a string'],
    ['register', ['shop', 'a\ud800'], 'half a character'],
  ])('[EM17] %s%j is refused before anything is sent', async (method, all, sentence) => {
    const { server, client } = await clientAt(served());
    const answer = Reflect.apply(Reflect.get(client, method), client, all);
    await expect(answer).rejects.toThrow(sentence);
    await expect(answer).rejects.toBeInstanceOf(TypeError);
    await client.status();
    expect([...server.context.counters.clientRequests.keys()]).toEqual(['status']);
  });

  it('[EM17] a watch with a name that nobody knows is refused', async () => {
    const { client } = await clientAt(served());
    // @ts-expect-error there is no such name
    expect(() => client.watch({ prefix: 'k', since: 1 })).toThrow('watch has no option since');
    for (const from of [Number.NaN, 0]) {
      expect(() => client.watch({ prefix: 'k', from })).toThrow('from of watch must be');
    }
  });

  it('[EM17] is taken as it is when the call is made', async () => {
    const { client } = await clientAt(served());
    const key = new Uint8Array([1]);
    const value = new Uint8Array([2]);
    const condition = { type: 'absent' as const };
    const writing = client.put(key, value, { condition });
    const watch = client.watch({ key, from: 1 });
    const reading = client.get(key);
    key[0] = 9;
    value[0] = 9;
    Object.assign(condition, { type: 'present' });
    expect(await writing).toMatchObject({ revision: 2 });
    expect(await reading).toMatchObject({ value: new Uint8Array([2]) });
    const { value: first } = await watch.next();
    expect(first?.events).toMatchObject([{ key: new Uint8Array([1]), value: new Uint8Array([2]) }]);
    watch.close();
  });
});

describe('what is given to connect', () => {
  const endpoints = ['http://127.0.0.1:1'];

  it.each<[unknown, string]>([
    [undefined, 'connect takes options as an object'],
    [{ endpoint: 'http://127.0.0.1:1' }, 'did you mean endpoints?'],
    [{ endpoints, timeout: 5 }, 'connect has no option timeout'],
    [{ endpoints, timeoutMs: '5' }, 'timeoutMs of connect must be a number from 1 to 60000'],
    [{ endpoints, keepAliveMs: Number.NaN }, 'keepAliveMs of connect must be a number'],
    [{ endpoints, dialTimeoutMs: Number.POSITIVE_INFINITY }, 'dialTimeoutMs of connect must be'],
    [{ endpoints, dialRoundsMax: 0 }, 'dialRoundsMax of connect must be a number of at least 1'],
    [{ endpoints: ['not a url'] }, 'an endpoint must be a URL'],
    [{ endpoints: [5] }, 'an endpoint must be a URL'],
    [{ endpoints: ['127.0.0.1:4100'] }, 'an endpoint must be a URL'],
    [{ endpoints: ['ftp://a'] }, 'an endpoint must be a URL'],
    [{ endpoints: [] }, 'connect needs endpoints'],
    [{ endpoints, timeoutMs: 60_001 }, 'timeoutMs of connect must be a number from 1 to 60000'],
    [{ endpoints, pendingRequestsMax: 0 }, 'pendingRequestsMax of connect must be a number'],
  ])('[EM17] %j is refused in words', (options, sentence) => {
    expect(() => Reflect.apply(connect, null, [options])).toThrow(TypeError);
    expect(() => Reflect.apply(connect, null, [options])).toThrow(sentence);
  });
});
