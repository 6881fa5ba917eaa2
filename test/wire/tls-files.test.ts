/** Certificates in files: what is taken, what is refused, and what is in use meanwhile. */
import { execFileSync } from 'node:child_process';
import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { GIVEN_FILE_BYTES_MAX } from '../../src/wire/limits.ts';
import { type TlsReload, tlsFiles } from '../../src/wire/tls-files.ts';
import { problemWithTls } from '../../src/wire/tls-material.ts';
import { certificate, hours, inFiles } from '../certificates.ts';
import { closing } from '../clean-up.ts';
import { eventually } from '../server/eventually.ts';

const NEVER_MS = 2 ** 30;

/** Of which OpenSSL would take what is whole, or nothing, without a word. */
function cutOrHidden(pem: string): readonly string[] {
  const half = pem.slice(0, pem.length / 2);
  return [half, `${pem}${half}`, `${half}\n${pem}`, `\0\0${pem}`, ` ${pem}`, `${pem}# ${pem}`];
}

it('[TL5] a certificate stands behind other text, in any lines, and with the mark of its encoding', () => {
  const { ca, cert, key } = certificate();
  for (const frame of [
    (pem: string) => `Subject: somebody\n${pem}the end`,
    (pem: string) => `\ufeff${pem}`,
    (pem: string) => pem.replaceAll('\n', '\r\n'),
    (pem: string) => `${pem}\n\n${pem}`.trimEnd(),
  ]) {
    expect(problemWithTls({ ca: frame(ca), cert: frame(cert), key })).toBeNull();
  }
});

it('[TL5] files that cannot be used are refused at the start, with what is wrong', () => {
  const [one, other] = [certificate(), certificate()];
  for (const [material, words] of [
    [{ ...one, key: other.key }, 'the key is not that of the certificate'],
    [{ ...one, key: 'none' }, 'the key cannot be read'],
    [{ ...one, cert: 'none' }, 'the certificate (cert) holds no certificate'],
    [{ ...one, cert: one.cert.replace(/[A-Z]{4}/, 'AAAA') }, 'the certificate (cert) '],
    [{ ...one, ca: 'none' }, 'the authority (ca) holds no certificate'],
    ...cutOrHidden(one.ca).map((ca) => [{ ...one, ca }, 'the authority (ca) holds a'] as const),
    ...cutOrHidden(one.cert).map((cert) => [{ ...one, cert }, '(cert) holds a'] as const),
  ] as const) {
    const { cert, key, ca } = inFiles(material);
    expect(() => tlsFiles({ cert, key, ca })).toThrow(
      expect.objectContaining({
        code: 'RAFT_BAD_REQUEST',
        message: expect.stringContaining(words),
      }),
    );
    expect(problemWithTls(material)).toContain(words);
  }
  const { cert, key } = inFiles(one);
  expect(() => tlsFiles({ cert: `${cert}.gone`, key })).toThrow(/ENOENT.*gone/);
});

it('[TL5] new files are found without being told', async () => {
  const files = inFiles(certificate());
  const told: TlsReload[] = [];
  let changes = 0;
  const { cert, key, ca } = files;
  const onReload = (reload: TlsReload): number => told.push(reload);
  const source = closing(tlsFiles({ cert, key, ca, onReload, lookIntervalMs: 5 }));
  source.onChange(() => {
    changes += 1;
  });
  const next = certificate({ period: hours(-1, 5) });
  files.write(next);
  await eventually(() => told.at(-1)?.type).toBe('taken');
  expect(source.current).toEqual(next);
  expect(told.at(-1)).toEqual({ type: 'taken', endsAt: source.endsAt });
  expect(changes).toBeGreaterThan(0);
});

it('[TL5] what is broken is said once, and the old material stays in use until the files are whole', () => {
  const first = certificate();
  const files = inFiles(first);
  const told: TlsReload[] = [];
  const { cert, key, ca } = files;
  const onReload = (reload: TlsReload): number => told.push(reload);
  const source = closing(tlsFiles({ cert, key, ca, onReload, lookIntervalMs: NEVER_MS }));
  const next = certificate();
  writeFileSync(cert, next.cert);
  source.reload();
  expect(told).toEqual([{ type: 'refused', reason: expect.stringContaining('the key is not') }]);
  rmSync(key);
  source.reload();
  expect(told).toHaveLength(2);
  expect(source.current).toEqual(first);
  files.write(next);
  source.reload();
  expect(told.at(-1)?.type).toBe('taken');
  expect(source.current).toEqual(next);
});

// Windows has no mkfifo.
it.skipIf(process.platform === 'win32')(
  '[TL5] [CL47] what is no file any more, or has no end, is neither waited for nor read',
  () => {
    const first = certificate();
    const { cert, key, ca } = inFiles(first);
    const told: TlsReload[] = [];
    const onReload = (reload: TlsReload): number => told.push(reload);
    const source = closing(tlsFiles({ cert, key, ca, onReload, lookIntervalMs: NEVER_MS }));
    rmSync(key);
    execFileSync('mkfifo', [key]);
    source.reload();
    truncateSync(cert, GIVEN_FILE_BYTES_MAX + 1);
    source.reload();
    expect(told).toEqual([
      { type: 'refused', reason: `The key cannot be read: it is no file, '${key}'` },
      { type: 'refused', reason: expect.stringContaining(`bytes, '${cert}'`) },
    ]);
    expect(source.current).toEqual(first);
  },
);
