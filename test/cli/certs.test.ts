/** `certs`: what it writes is taken by Node and by OpenSSL, and is called what it is. */
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { expect, it } from 'vitest';
import { startCli } from './cli-process.ts';
import { expectFailure, runFake } from './fake-context.ts';
import { scratch } from './scratch.ts';

const MEMBERS = ['--members', 'n1=db1.example.org,n2=10.0.0.2'] as const;
const OWNERS = ['authority', 'client', 'n1', 'n2'] as const;

function isOpensslPresent(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function read(directory: string, name: string): string {
  return readFileSync(join(directory, name), 'utf8');
}

it('[TL1] certs makes certificates that belong to their keys and to one authority', async () => {
  const out = join(scratch(), 'new');
  const { exitCode, errors, output } = await runFake(['certs', '--out', out, ...MEMBERS]);
  expect([exitCode, errors]).toEqual([0, expect.stringContaining('DEVELOPMENT ONLY')]);
  expect(readdirSync(out).sort()).toEqual(OWNERS.flatMap((name) => [`${name}.key`, `${name}.pem`]));
  const authority = new X509Certificate(read(out, 'authority.pem'));
  for (const name of OWNERS) {
    const [cert, key] = [read(out, `${name}.pem`), read(out, `${name}.key`)];
    createSecureContext({ cert, key });
    const certificate = new X509Certificate(cert);
    expect(certificate.ca).toBe(name === 'authority');
    expect(certificate.checkIssued(authority)).toBe(true);
    expect(certificate.verify(authority.publicKey)).toBe(true);
    expect(statSync(join(out, `${name}.key`)).mode & 0o077, name).toBe(0);
    expect(output).toContain(join(out, `${name}.pem`));
  }
});

it('[TL1] a certificate of certs names the member, its host and this machine, and ends soon', async () => {
  const out = scratch();
  await runFake(['certs', '--out', out, ...MEMBERS]);
  const certificate = new X509Certificate(read(out, 'n2.pem'));
  expect(certificate.subjectAltName?.split(', ')).toEqual([
    'IP Address:10.0.0.2',
    'DNS:localhost',
    'IP Address:127.0.0.1',
    'IP Address:0:0:0:0:0:0:0:1',
    'URI:raftchart://member/n2',
  ]);
  const days = (Date.parse(certificate.validTo) - Date.now()) / 86_400_000;
  expect(Math.round(days)).toBe(30);
});

it('[TL1] [AC5] a certificate of certs for a client names the user that it is', async () => {
  const out = scratch();
  const { output } = await runFake(['certs', '--out', out, ...MEMBERS, '--clients', 'billing,ops']);
  for (const name of ['billing', 'ops']) {
    const certificate = new X509Certificate(read(out, `${name}.pem`));
    expect(certificate.subjectAltName).toBe(`URI:raftchart://client/${name}`);
    expect(output).toContain(join(out, `${name}.pem`));
  }
  expect(readdirSync(out)).not.toContain('client.pem');
});

// Skipped only where there is no openssl command to ask.
it.skipIf(!isOpensslPresent())(
  '[TL1] OpenSSL takes the certificates of certs, strictly',
  async () => {
    const out = scratch();
    await runFake(['certs', '--out', out, ...MEMBERS]);
    const files = OWNERS.map((name) => `${name}.pem`);
    const line = ['verify', '-x509_strict', '-CAfile', 'authority.pem', ...files];
    const said = execFileSync('openssl', line, { cwd: out, encoding: 'utf8' });
    expect(said.trim().split('\n')).toEqual(files.map((file) => `${file}: OK`));
  },
);

it('[TL1] certs overwrites nothing, and refuses what it cannot name', async () => {
  const out = scratch();
  writeFileSync(join(out, 'authority.pem'), 'mine');
  await expectFailure(runFake(['certs', '--out', out, ...MEMBERS]), 64, 'another directory');
  expect(readdirSync(out)).toEqual(['authority.pem']);
  const line = ['certs', '--out', join(out, 'new'), '--members'];
  await expectFailure(runFake([...line, 'client=h']), 64, 'rename the other');
  await expectFailure(runFake([...line, 'n1=a', '--clients', 'a,b,a']), 64, 'rename the other');
  await expectFailure(runFake([...line, 'n1=a', '--clients', 'a/b']), 64, 'the name of no user');
  await expectFailure(runFake([...line, 'n1=a,n1=b']), 64, 'names n1 twice');
  await expectFailure(runFake([...line, 'n1=a/b']), 64, 'ID=HOST');
  await expectFailure(
    runFake(['certs', '--out', join(out, 'authority.pem', 'x'), ...MEMBERS]),
    74,
    'Nothing can be written',
  );
});

// Windows bounds no file.
it.skipIf(process.platform === 'win32')(
  '[TL1] certs leaves nothing where the disk is full, and can be asked again',
  async () => {
    const out = scratch();
    const wrapper = ['bash', '-c', `trap '' XFSZ; ulimit -f 0; exec "$@"`, 'bash'];
    const cli = startCli(['certs', '--out', out, ...MEMBERS], { wrapper });
    expect([await cli.ended, cli.errors()]).toEqual([
      74,
      expect.stringContaining('Nothing can be written'),
    ]);
    expect(readdirSync(out)).toEqual([]);
    writeFileSync(join(out, 'n1.pem'), 'mine');
    await expectFailure(runFake(['certs', '--out', out, ...MEMBERS]), 64, 'another directory');
    expect(readdirSync(out)).toEqual(['n1.pem']);
  },
);
