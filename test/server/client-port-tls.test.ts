/** The client port over TLS: who gets in, what the others are told, and that nothing is left behind. */
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { askOverHttp } from '../../src/cli/asking/ask-over-http.ts';
import { connect } from '../../src/client/index.ts';
import type { ClientTls, TlsMaterial } from '../../src/ports/tls.ts';
import type { TlsReload } from '../../src/wire/tls-files.ts';
import { tlsFiles } from '../../src/wire/tls-files.ts';
import { fixedTls, secureContext } from '../../src/wire/tls-material.ts';
import { certificate, FOREIGN, hours, inFiles, OURS } from '../certificates.ts';
import { closing } from '../clean-up.ts';
import { type LocalServer, localServer, served } from './local-server.ts';

const interrupted = new AbortController().signal;
/** What a caller of `localServer` has for TLS, unless told otherwise. */
const HANDSHAKE_TIMEOUT_MS = 10_000;
const TRUSTING = { ca: OURS.cert } as const;

function secure(material: Partial<TlsMaterial> = {}): Promise<LocalServer> {
  const { cert, key } = certificate();
  return served({ tls: fixedTls({ cert, key, ...material }) });
}

/** The status over HTTP; or why there is none. */
function asked(url: string, tls: ClientTls = TRUSTING): Promise<string> {
  const how = { timeoutMs: 5_000, interrupted, secureContext: secureContext(tls) };
  return askOverHttp(`${url}/status`, how).then(
    ({ status }) => `${status}`,
    (error: Error) => error.message,
  );
}

/** What a put of the client library comes to. */
async function put(url: string, tls: ClientTls = TRUSTING): Promise<string> {
  const kv = closing(connect({ endpoints: [url], tls, dialRoundsMax: 1 }));
  return kv.put('a', 'b').then(
    ({ revision }) => `revision ${revision}`,
    (error: Error) => error.message,
  );
}

/** Both say the same. */
async function expectRefused(url: string, tls: ClientTls, words: string): Promise<void> {
  expect(await asked(url, tls)).toContain(words);
  expect(await put(url, tls)).toContain(words);
}

describe('a server with a certificate', () => {
  it('[TL2] serves HTTP and the client library over TLS, large values too', async () => {
    const { url } = await secure();
    expect(url).toMatch(/^https:/);
    expect(await asked(url)).toBe('200');
    const kv = closing(connect({ endpoints: [url], tls: TRUSTING }));
    const value = Buffer.alloc(500_000, 7);
    await kv.put('large', value);
    expect(value.equals((await kv.get('large'))?.value ?? new Uint8Array())).toBe(true);
  });

  it('[TL2] speaks nothing but TLS: plain HTTP gets no byte, and its sender words', async () => {
    const { url, port } = await secure();
    const plain = url.replace('https:', 'http:');
    await expectRefused(plain, {}, 'if it speaks TLS, use https://');
    const heard = await new Promise<Buffer>((resolve) => {
      const chunks: Buffer[] = [];
      const socket = connectTcp(port, '127.0.0.1', () =>
        socket.write('GET /livez HTTP/1.1\r\n\r\n'),
      );
      socket.on('data', (chunk) => chunks.push(chunk));
      socket.on('error', () => {});
      socket.on('close', () => resolve(Buffer.concat(chunks)));
    });
    expect(heard.toString()).toBe('');
    expect(await asked(url)).toBe('200');
  });

  it('[TL2] takes no old TLS', async () => {
    const { port } = await secure();
    const failure = await new Promise<Error>((resolve, reject) => {
      const options = {
        port,
        host: '127.0.0.1',
        maxVersion: 'TLSv1.1',
        minVersion: 'TLSv1',
      } as const;
      const socket = connectTls({ ...options, ca: OURS.cert, ciphers: 'ALL:@SECLEVEL=0' }, () =>
        reject(new Error('it was taken')),
      );
      socket.on('error', resolve);
    });
    expect(failure.message).toMatch(/version|handshake|reset|hang up/i);
  });

  it('[TL2] closes in time, also with callers that never get as far as TLS', async () => {
    const { cert, key } = certificate();
    const server = await localServer({ tls: fixedTls({ cert, key }) });
    const socket = connectTcp(server.port, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    expect(await asked(server.url)).toBe('200');
    const ended = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => {});
    const before = performance.now();
    await server.close();
    await ended;
    expect(performance.now() - before).toBeLessThan(HANDSHAKE_TIMEOUT_MS / 2);
  });
});

describe('a client that asks over TLS', () => {
  it('[TL3] does not speak to a server of an authority that it does not trust', async () => {
    const foreign = await secure(certificate({ authority: FOREIGN }));
    await expectRefused(foreign.url, TRUSTING, 'of no authority that is trusted here');
    const ours = await secure();
    await expectRefused(ours.url, {}, '--cacert FILE, or tls.ca');
  });

  it('[TL3] says that a certificate has expired, or begins later', async () => {
    const expired = await secure(certificate({ period: hours(-9, -1) }));
    await expectRefused(expired.url, TRUSTING, 'has expired');
    const early = await secure(certificate({ period: hours(1, 9) }));
    await expectRefused(early.url, TRUSTING, 'not valid yet');
  });

  it('[TL3] says for whom a certificate is, if not for who was called', async () => {
    const other = await secure(certificate({ altNames: ['db1.example.org', '10.9.9.9'] }));
    const words = 'is for DNS:db1.example.org, IP Address:10.9.9.9, and not for 127.0.0.1';
    await expectRefused(other.url, TRUSTING, words);
  });

  it('[TL3] says that the other end does not speak TLS', async () => {
    const { url } = await served();
    await expectRefused(url.replace('http:', 'https:'), TRUSTING, 'use http://');
  });

  it('[TL3] refuses certificates and keys that cannot be used, as a misuse', () => {
    const endpoints = ['https://127.0.0.1:1'];
    const { cert } = certificate();
    expect(() => connect({ endpoints, tls: { cert } })).toThrow(/tls of connect.*the key/);
    expect(() => connect({ endpoints, tls: { ca: 'none' } })).toThrow(TypeError);
    expect(() => connect({ endpoints, tls: { cacert: cert } as ClientTls })).toThrow(/known: ca/);
  });
});

it('[TL3] a server passes on the stream of a member over TLS, if it trusts that member', async () => {
  const far = await served({
    tls: fixedTls(certificate({ altNames: ['127.0.0.1'] })),
    inspection: { peers: new Map() },
  });
  const own = certificate({ altNames: [] });
  for (const [tls, status] of [
    [own, 200],
    [TRUSTING, 502],
    [{ ...own, ca: FOREIGN.cert }, 502],
  ] as const) {
    const peers = new Map([['n2', far.url]]);
    const near = await served({ inspection: { peers, secureContext: secureContext(tls) } });
    const answer = await fetch(`${near.url}/inspect?node=n2`);
    expect(answer.status).toBe(status);
    await answer.body?.cancel();
  }
});

describe('a server that wants certificates of its clients', () => {
  it('[TL4] serves those of its authority, and nobody else', async () => {
    const { url, context } = await secure(certificate());
    const ours = certificate({ altNames: [] });
    expect(await asked(url, ours)).toBe('200');
    expect(await put(url, ours)).toBe('revision 2');
    expect(context.counters.tlsHandshakesFailed).toBe(0);
    await expectRefused(url, TRUSTING, '--cert FILE --key FILE');
    const foreign = certificate({ authority: FOREIGN });
    await expectRefused(url, foreign, '--cert FILE --key FILE');
    const expired = certificate({ period: hours(-9, -1) });
    await expectRefused(url, expired, '--cert FILE --key FILE');
    // At least one of each caller, of whom a client dials again.
    expect(context.counters.tlsHandshakesFailed).toBeGreaterThanOrEqual(6);
  });
});

describe('a server whose certificate is renewed', () => {
  it('[TL5] shows the new one to whoever comes, and goes on with who is there', async () => {
    const files = inFiles(certificate({ period: hours(-9, -1) }));
    const told: TlsReload[] = [];
    const { cert, key } = files;
    const onReload = (reload: TlsReload): number => told.push(reload);
    const source = closing(tlsFiles({ cert, key, onReload, lookIntervalMs: 2 ** 30 }));
    const { url } = await served({ tls: source });
    expect(await asked(url)).toContain('expired');
    files.write(certificate());
    source.reload();
    expect(await asked(url)).toBe('200');
    const kv = closing(connect({ endpoints: [url], tls: TRUSTING }));
    const before = await kv.put('a', '1');
    files.write({ ...certificate(), key: 'half' });
    source.reload();
    expect(told.map(({ type }) => type)).toEqual(['taken', 'refused']);
    expect(await asked(url)).toBe('200');
    files.write(certificate({ authority: FOREIGN }));
    source.reload();
    expect(await asked(url)).toContain('of no authority');
    expect((await kv.put('a', '2')).revision).toBe(before.revision + 1);
  });

  it('[TL5] takes the new authority of its clients, and forgets the old one', async () => {
    const files = inFiles(certificate());
    const { cert, key, ca } = files;
    const source = closing(tlsFiles({ cert, key, ca, lookIntervalMs: 2 ** 30 }));
    const { url } = await served({ tls: source });
    const old = certificate({ altNames: [] });
    const theirs = certificate({ authority: FOREIGN });
    expect([await asked(url, old), await asked(url, theirs)]).toEqual([
      '200',
      expect.stringContaining('--cert'),
    ]);
    files.write({ ...certificate(), ca: FOREIGN.cert });
    source.reload();
    expect(await asked(url, theirs)).toBe('200');
    expect(await asked(url, old)).toContain('--cert');
  });

  it('[TL5] resumes no session of a client, which could outlive the authority it was believed for', async () => {
    const { port } = await secure(certificate());
    const first = await resumed(port, undefined);
    const second = await resumed(port, first.session);
    expect([first.isReused, second.isReused]).toEqual([false, false]);
  });
});

/** What a session that was kept is worth: a client that asks once, as one that has been there before. */
function resumed(
  port: number,
  session: Buffer | undefined,
): Promise<{ readonly isReused: boolean; readonly session: Buffer | undefined }> {
  return new Promise((resolve, reject) => {
    let kept: Buffer | undefined;
    const socket = connectTls(
      { port, host: '127.0.0.1', ...certificate(), ...(session && { session }) },
      () => socket.write('GET /livez HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n'),
    );
    socket.on('session', (given) => {
      kept = given;
    });
    socket.on('error', reject);
    socket.resume().on('end', () => resolve({ isReused: socket.isSessionReused(), session: kept }));
  });
}
