/** Whose requests are served: by name, as a function, and over real sockets as a browser would send them. */

import { describe, expect, it } from 'vitest';
import { ServedHosts } from '../../../src/server/admission/host-check.ts';
import { eventually } from '../eventually.ts';
import { served } from '../local-server.ts';
import { stranger } from '../stranger.ts';

const HOSTS = new ServedHosts(['db.internal', 'Allowed.Test.', '::1', '10.0.0.7']);
const isServed = (host: string | undefined, origin?: string, url = '/kv/a'): boolean =>
  HOSTS.refusalOf({
    headers: { ...(host !== undefined && { host }), ...(origin && { origin }) },
    url,
  }) === null;

/** The status of what comes back for bytes as a browser would send them. */
async function statusOf(port: number, text: string): Promise<string> {
  const { heard } = await stranger(port, text);
  await eventually(() => heard()).toContain('\r\n');
  return heard().slice(9, 12);
}

const SERVED = `
  localhost LOCALHOST:4100 localhost. localhost.:80 x.localhost 127.0.0.1:4100 127.1.2.3 [::1]:4100
  [::ffff:127.0.0.1] 192.168.3.4:1 [fe80::1] db.internal:4100 DB.Internal. allowed.test
`;
const REFUSED = `
  attacker.example attacker.example:4100 localhost.attacker.example 127.0.0.1.attacker.example
  localhost.. notlocalhost [attacker] [::1 ::1 user@localhost localhost:port 2130706433 0x7f.1
  sub.db.internal
`;
const wordsIn = (text: string): readonly string[] => text.trim().split(/\s+/);

describe('names', () => {
  it.each(wordsIn(SERVED))('[SP4] serves the host %s', (host) => expect(isServed(host)).toBe(true));

  it.each([...wordsIn(REFUSED), 'localhost, attacker.example', 'a b', ''])(
    '[SP4] refuses the host %j',
    (host) => expect(isServed(host)).toBe(false),
  );

  it('[SP4] looks at the host of an absolute target as well', () => {
    expect(isServed('localhost', undefined, 'http://attacker.example/kv/a')).toBe(false);
    expect(isServed('attacker.example', undefined, 'http://localhost/kv/a')).toBe(false);
    expect(isServed('localhost', undefined, 'attacker.example:443')).toBe(false);
    expect(isServed('localhost', undefined, 'http://127.0.0.1:4100/kv/a')).toBe(true);
    expect(isServed('localhost', undefined, '*')).toBe(true);
  });

  it('[SP4] serves pages of this server, of this machine and of names that were allowed, and no others', () => {
    expect(isServed('192.168.3.4:4100', 'http://192.168.3.4:4100')).toBe(true);
    expect(isServed('127.0.0.1:4100', 'http://localhost:3000')).toBe(true);
    expect(isServed('127.0.0.1:4100', 'https://allowed.test')).toBe(true);
    const strangers = 'null http://attacker.example http://192.168.3.9 file://localhost localhost';
    for (const origin of strangers.split(' ')) {
      expect([origin, isServed('192.168.3.4:4100', origin)]).toEqual([origin, false]);
    }
    expect(isServed('attacker.example', 'http://attacker.example')).toBe(false);
  });
});

describe('what a page asks for without reading it', () => {
  const refusalOf = (site: string, mode: string): string | null => {
    const fetched = { 'sec-fetch-site': site, 'sec-fetch-mode': mode };
    return HOSTS.refusalOf({ headers: { host: 'localhost', ...fetched }, url: '/inspect' });
  };

  it('[SP4] is not served to pages of other sites', () => {
    expect(refusalOf('cross-site', 'no-cors')).toContain('pages of other sites');
    const served = [refusalOf('cross-site', 'navigate'), refusalOf('same-origin', 'no-cors')];
    expect(served).toEqual([null, null]);
  });
});

describe('over sockets', () => {
  it('[SP4] a page whose name was made to point here gets nothing, and changes nothing', async () => {
    const { port, replica, context } = await served();
    const request = (headers: string): string =>
      `PUT /kv/a HTTP/1.1\r\n${headers}Content-Length: 1\r\n\r\nx`;
    const put = (headers: string): Promise<string> => statusOf(port, request(headers));
    const { told } = await stranger(port, request('Host: attacker.example\r\n'));
    expect(await told).toMatch(/"code":"RAFT_BAD_REQUEST".*--allow-host.*"retry":"never"/s);
    expect(await put('Host: attacker.example\r\n')).toBe('403');
    expect(
      await put('Host: attacker.example:4100\r\nOrigin: http://attacker.example:4100\r\n'),
    ).toBe('403');
    expect(await put('Host: localhost\r\nOrigin: http://attacker.example\r\n')).toBe('403');
    expect(await put('Host: localhost\r\nOrigin: null\r\n')).toBe('403');
    expect(await put('')).toBe('400');
    expect(replica.machine.keyCount).toBe(0);
    expect(context.counters.foreignRequests).toBe(5);
    expect(await put('Host: allowed.test\r\n')).toBe('200');
    expect(await put('Host: localhost\r\nOrigin: http://localhost:1\r\n')).toBe('200');
  });

  it('[SP4] nor does it get a WebSocket, or the metrics', async () => {
    const { port, context } = await served();
    const upgrade =
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n';
    const client = (headers: string): Promise<string> =>
      statusOf(port, `GET /client HTTP/1.1\r\n${headers}${upgrade}\r\n`);
    expect(await client('Host: attacker.example\r\n')).toBe('403');
    expect(await client('Host: localhost\r\nOrigin: http://attacker.example\r\n')).toBe('403');
    expect(context.counters.clientConnectionsTotal).toBe(0);
    expect(await statusOf(port, 'GET /metrics HTTP/1.1\r\nHost: attacker.example\r\n\r\n')).toBe(
      '403',
    );
    expect(await client('Host: localhost\r\n')).toBe('101');
  });
});
