/** Where a client looks for servers: as it was told, as DNS says, and as servers say. */
import { describe, expect, it } from 'vitest';
import { Endpoints } from '../../../src/client/connection/endpoints.ts';
import type { ToldMembers } from '../../../src/client/connection/member-questions.ts';
import { RaftError } from '../../../src/core/errors.ts';
import { MEMBERS_MAX } from '../../../src/core/limits.ts';

const at = (host: string, scheme = 'ws') => `${scheme}://${host}/client`;
const [A, B, C] = [at('a.test:1'), at('b.test:2'), at('c.test:3')];

/** The members are those whose URLs are told, and others. */
function told(
  urls: Readonly<Record<string, unknown>>,
  others: readonly string[] = [],
): ToldMembers {
  return { members: [...Object.keys(urls), ...others], urls: new Map(Object.entries(urls)) };
}

const BY = { url: A, clusterId: 'c1' };

/** After one server has told this. */
function roundAfter(urls: Readonly<Record<string, unknown>>, by = BY): readonly string[] {
  const endpoints = new Endpoints([by.url], null);
  endpoints.learn(told(urls), by);
  return endpoints.round().slice(1);
}

describe('a round', () => {
  it('[CG9] tries all that were given before any that was learned, and begins with another each time', () => {
    const endpoints = new Endpoints([A, B], null);
    endpoints.learn(told({ n2: 'http://b.test:2', n3: 'http://c.test:3' }), BY);
    expect(endpoints.round()).toEqual([A, B, C]);
    endpoints.tried(A);
    expect(endpoints.round()).toEqual([B, A, C]);
    endpoints.tried(C);
    expect(endpoints.round()).toEqual([B, A, C]);
    endpoints.lost(B);
    expect(endpoints.round()).toEqual([A, B, C]);
    expect(endpoints.given).toEqual([A, B]);
  });
});

describe('what a server tells', () => {
  it('[CG9] is kept of those who are members, also where it knows less than the one before it', () => {
    const endpoints = new Endpoints([A], null);
    endpoints.learn(told({ n2: 'http://b.test:2', n3: 'http://c.test:3' }), BY);
    endpoints.learn(told({ n2: 'http://b.test:9' }, ['n3']), BY);
    expect(endpoints.round()).toEqual([A, at('b.test:9'), C]);
    endpoints.learn(told({}, ['n3']), BY);
    expect(endpoints.round()).toEqual([A, C]);
  });

  it('[CG9] is of its own cluster: that of another takes its place, and who is of another is known for it', () => {
    const endpoints = new Endpoints([A], null);
    expect(endpoints.isForeign(B, 'c1')).toBe(false);
    endpoints.learn(told({ n2: 'http://b.test:2' }), BY);
    expect([endpoints.isForeign(B, 'c1'), endpoints.isForeign(B, 'c2')]).toEqual([false, true]);
    expect(endpoints.isForeign(A, 'c2')).toBe(false);
    endpoints.learn(told({ n3: 'http://c.test:3' }, ['n2']), { url: A, clusterId: 'c2' });
    expect(endpoints.round()).toEqual([A, C]);
  });

  it('[CG9] leads neither from TLS into the open, nor to the machine of the client itself', () => {
    const [open, secure] = [{ n2: 'http://b.test:2' }, { n2: 'https://b.test:2' }];
    const guarded = { ...BY, url: at('a.test:1', 'wss') };
    expect([roundAfter(open), roundAfter(secure)]).toEqual([[B], []]);
    expect(roundAfter(open, guarded)).toEqual([]);
    expect(roundAfter(secure, guarded)).toEqual([at('b.test:2', 'wss')]);
    for (const host of ['127.0.0.1:2', 'localhost:2', '[::1]:2']) {
      expect(roundAfter({ n2: `http://${host}` })).toEqual([]);
      const near = { ...BY, url: at('127.0.0.1:1') };
      expect(roundAfter({ n2: `http://${host}` }, near)).toEqual([at(host)]);
    }
  });

  it('[CG9] is heeded only where it is the address of a server, and of no more members than there can be', () => {
    const garbage = [
      ...[7, null, {}, '', 'b.test:2', 'ftp://b.test:2', 'http://0.0.0.0:2', 'http://[::]:2'],
      ...['http://b.test:0', 'http://u:p@b.test:2', 'http://b.test:2/x', 'http://b.test:2/?x=1'],
      `http://${'b'.repeat(300)}.test:2`,
    ];
    for (const each of garbage) expect(roundAfter({ n2: each })).toEqual([]);
    const many = Array.from({ length: MEMBERS_MAX + 9 }, (_, each) => {
      return [`n${each}`, `http://m${each}.test:2`] as const;
    });
    expect(roundAfter(Object.fromEntries(many))).toHaveLength(MEMBERS_MAX);
  });
});

describe('what DNS says', () => {
  it('[CG10] is asked for anew each time, once at a time, and kept while there is no other answer', async () => {
    const answers: (readonly string[] | RaftError)[] = [
      new RaftError('RAFT_UNREACHABLE', 'No member is found by DNS: none.'),
      ['http://a.test:1', 'http://b.test:2', 'http://a.test:1'],
      new RaftError('RAFT_UNREACHABLE', 'gone'),
      ['http://c.test:3'],
    ];
    const lookUp = async (): Promise<readonly string[]> => {
      const answer = answers.shift() ?? [];
      if (answer instanceof RaftError) throw answer;
      return answer;
    };
    const endpoints = new Endpoints([], lookUp);
    expect([endpoints.round(), endpoints.whyNone('')]).toEqual([[], 'DNS has not answered yet.']);
    await endpoints.lookUp();
    expect(endpoints.whyNone('')).toBe('No member is found by DNS: none.');
    await Promise.all([endpoints.lookUp(), endpoints.lookUp()]);
    expect(endpoints.round()).toEqual([A, B]);
    endpoints.tried(A);
    await endpoints.lookUp();
    expect(endpoints.round()).toEqual([B, A]);
    await endpoints.lookUp();
    expect(endpoints.round()).toEqual([C]);
    expect(endpoints.whyNone('silent')).toBe(`No server could be reached at ${C} (silent).`);
  });
});
