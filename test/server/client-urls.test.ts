/** What a node knows of where members serve clients, and what it says of itself. */
import { describe, expect, it } from 'vitest';
import { nodeId } from '../../src/core/types.ts';
import { KnownClientUrls, ownClientUrl } from '../../src/server/client-urls.ts';
import { CLIENT_URLS_MAX } from '../../src/server/limits.ts';

const [n1, n2, n3, n4] = [nodeId('n1'), nodeId('n2'), nodeId('n3'), nodeId('n4')] as const;
const members = { voters: [n1, n2], learners: [n3], joint: false, addresses: {} };

describe('the URLs of clients', () => {
  it('[CG9] are told of members alone: their own words, and before these those of the operator', () => {
    const given = new Map([['n3', 'http://c.test:9']]);
    const urls = new KnownClientUrls({ own: 'http://a.test:1', given });
    expect(urls.among({ id: n1, members })).toEqual({
      n1: 'http://a.test:1',
      n3: 'http://c.test:9',
    });
    for (const [id, url] of [
      [n2, 'http://b.test:2'],
      [n3, 'http://c.test:3'],
      [n4, 'http://d.test:4'],
    ] as const) {
      urls.heard(id, url);
    }
    expect(urls.among({ id: n1, members })).toEqual({
      ...{ n1: 'http://a.test:1', n2: 'http://b.test:2', n3: 'http://c.test:9' },
    });
    urls.heard(n2, null);
    expect(urls.among({ id: n2, members })).toEqual({
      n2: 'http://a.test:1',
      n3: 'http://c.test:9',
    });
  });

  it('[CG9] are remembered of so many, those heard last', () => {
    const urls = new KnownClientUrls({ own: null, given: new Map() });
    for (let each = 0; each <= CLIENT_URLS_MAX; each += 1) {
      urls.heard(nodeId(`m${each}`), 'http://m.test:1');
    }
    expect([urls.of('m0'), urls.of('m1'), urls.of(`m${CLIENT_URLS_MAX}`)]).toEqual([
      null,
      ...['http://m.test:1', 'http://m.test:1'],
    ]);
  });
});

describe('its own', () => {
  const own = (host: string, peerAddress: string, given: string | null = null) =>
    ownClientUrl({ given, bound: { host, port: 4100 }, isSecure: false, peerAddress });

  it('[CG9] is where it listens, or, if that is everywhere, where its peers find it', () => {
    expect(own('10.0.0.1', '10.0.0.1:4200')).toBe('http://10.0.0.1:4100');
    expect(own('::1', '[::1]:4200')).toBe('http://[::1]:4100');
    expect(own('0.0.0.0', 'n1.test:4200')).toBe('http://n1.test:4100');
    expect(own('::', '[2001:db8::1]:4200')).toBe('http://[2001:db8::1]:4100');
    const secure = { given: null, bound: { host: 'n1.test', port: 443 }, isSecure: true };
    expect(ownClientUrl({ ...secure, peerAddress: 'n1.test:1' })).toBe('https://n1.test');
  });

  it('[CG9] is not told where nobody else could use it, and is what its operator says', () => {
    expect(own('0.0.0.0', '0.0.0.0:4200')).toBeNull();
    expect(own('127.0.0.1', '10.0.0.1:4200')).toBeNull();
    expect(own('127.0.0.1', 'localhost:4200')).toBe('http://127.0.0.1:4100');
    expect(own('0.0.0.0', '0.0.0.0:4200', 'https://kv.test')).toBe('https://kv.test');
  });
});
