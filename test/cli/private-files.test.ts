/** Files that only their owner may read, whatever the shell lets programs do. */
import { chmodSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { certificate, inFiles } from '../certificates.ts';
import { ANY_PORTS, leading, QUICK, serveLine, startCli } from './cli-process.ts';
import { runFake } from './fake-context.ts';
import { scratch } from './scratch.ts';

/** As in a shell that hides nothing. */
const WRAPPER = ['sh', '-c', 'umask 000; exec "$@"', 'sh'];

const run = (argv: readonly string[]) => startCli(argv, { wrapper: WRAPPER });

/** What others than its owner may do anything with, of all that is below. */
function open(directory: string): readonly string[] {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  expect(names.length).toBeGreaterThan(2);
  return ['.', ...names].filter((name) => (statSync(join(directory, name)).mode & 0o077) !== 0);
}

// Windows knows no such rights.
it.skipIf(process.platform === 'win32')(
  '[TL9] what serve, restore and recover make nobody but its owner may read',
  async () => {
    const directory = scratch();
    const [data, backup, restored] = ['data', 'backup', 'restored'].map((name) =>
      join(directory, name),
    ) as [string, string, string];
    const node = run(serveLine('n1', data, ...ANY_PORTS, ...QUICK));
    const url = await leading(node);
    expect((await fetch(`${url}/kv/a`, { method: 'PUT', body: 'secret' })).status).toBe(200);
    expect((await fetch(`${url}/snapshot`, { method: 'POST' })).status).toBe(200);
    expect(open(data)).toEqual([]);
    expect(await run(['backup', backup, '--endpoints', url]).ended).toBe(0);
    expect(statSync(backup).mode & 0o077).toBe(0);
    node.kill('SIGTERM');
    expect(await node.ended).toBe(0);
    expect(await run(['restore', backup, '--data-dir', restored, '--id', 'n1']).ended).toBe(0);
    expect(open(restored)).toEqual([]);
    expect(await run(['recover', '--data-dir', data]).ended).toBe(0);
    expect(open(data)).toEqual([]);
  },
);

// Windows knows no such rights.
it.skipIf(process.platform === 'win32')(
  '[TL9] [FO11] so is what a node has promised before its cluster is founded',
  async () => {
    const data = join(scratch(), 'data');
    const founding = ['--bootstrap-expect', '3', '--join', 'http://127.0.0.1:1'];
    const place = [...ANY_PORTS.slice(0, 2), '--peer-listen', '127.0.0.1:4'];
    const node = run(serveLine('n1', data, ...place, ...founding));
    await node.until((_, errors) => errors.includes('"gathering"'));
    expect(open(data)).toEqual([]);
    node.kill('SIGTERM');
    await node.ended;
  },
);

// Windows knows no such rights.
it.skipIf(process.platform === 'win32')(
  '[TL10] of files of secrets that every user may read a start warns, and of no others',
  async () => {
    const { ca, cert, key } = inFiles(certificate());
    const secret = join(scratch(), 'secret');
    writeFileSync(secret, 'x'.repeat(64));
    const line = ['--id', 'n1', '--data-dir', 'd', '-o', 'json', '--cluster-secret-file', secret];
    const tls = ['--tls-cert', cert, '--tls-key', key, '--tls-client-ca', ca];
    const config = join(scratch(), 'node.yaml');
    writeFileSync(config, '{}');
    const warned = async (more: readonly string[], environment = {}) => {
      const argv = ['check-config', config, ...line, ...more];
      const { errors, exitCode } = await runFake(argv, { environment });
      expect(exitCode).toBe(0);
      const told = errors.split('\n').filter((text) => text.includes('openSecret'));
      expect(errors).not.toContain(secret);
      return told.map((text) => JSON.parse(text)).map(({ mode, option }) => [option, mode]);
    };
    for (const [path, mode] of [
      [key, 0o600],
      [secret, 0o640],
      [cert, 0o644],
    ] as const) {
      chmodSync(path, mode);
    }
    expect(await warned(tls, { RAFTCHART_TOKEN: 'a.b' })).toEqual([]);
    chmodSync(key, 0o644);
    chmodSync(secret, 0o604);
    // Others may read them, and cannot come to them.
    const [keys, secrets, volume] = [dirname(key), dirname(secret), scratch()];
    for (const directory of [keys, secrets]) expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(await warned(tls)).toEqual([]);
    for (const directory of [keys, secrets, volume]) chmodSync(directory, 0o711);
    const both = [
      ['--tls-key', '0644'],
      ['--cluster-secret-file', '0604'],
    ];
    expect(await warned([...tls, '--token-file', secret])).toEqual([
      ...both,
      ['--token-file', '0604'],
    ]);
    // As Kubernetes mounts a Secret.
    mkdirSync(join(volume, '..2026_01_01'));
    symlinkSync('..2026_01_01', join(volume, '..data'));
    symlinkSync(join('..data', 'key'), join(volume, 'key'));
    writeFileSync(join(volume, 'key'), 'k'.repeat(64), { mode: 0o644 });
    const mounted = ['--token-file', join(volume, 'key')];
    expect(await warned([...tls, ...mounted])).toEqual(both);
  },
);
