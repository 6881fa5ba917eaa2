/** TLS on the client port as an operator meets it: processes, files, SIGHUP. Needs the built files. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { clientExposures, peerExposures } from '../../src/cli/serving/exposure.ts';
import { fixedTls } from '../../src/wire/tls-material.ts';
import { certificate, FOREIGN, hours, inFiles, OURS } from '../certificates.ts';
import { closing } from '../clean-up.ts';
import { freeBasePort } from '../free-ports.ts';
import { localServer } from '../server/local-server.ts';
import {
  ANY_PORTS,
  type CliProcess,
  leading,
  logLines,
  QUICK,
  runCliProcess,
  serveLine,
  startCli,
  urlOf,
} from './cli-process.ts';
import { expectFailure, runFake } from './fake-context.ts';
import { scratch } from './scratch.ts';

const lineOf = (...more: readonly string[]): readonly string[] =>
  serveLine('n1', join(scratch(), 'data'), ...ANY_PORTS, ...QUICK, ...more);

function said(node: CliProcess): readonly unknown[] {
  return logLines(node.errors(), 'certificate').map(({ level }) => level);
}

it('[TL2] [TL3] serve and the commands speak TLS with the certificates of certs', async () => {
  const out = scratch();
  await runFake(['certs', '--out', out, '--members', 'n1=localhost']);
  const at = (name: string): string => join(out, name);
  const tls = ['--tls-cert', at('n1.pem'), '--tls-key', at('n1.key')];
  const node = startCli(lineOf(...tls, '--tls-client-ca', at('authority.pem')));
  const url = await leading(node);
  expect(url).toMatch(/^https:/);
  const endpoints = ['--endpoints', url.replace('127.0.0.1', 'localhost')];
  const trusting = ['--cacert', at('authority.pem')];
  const environment = { RAFTCHART_CERT: at('client.pem'), RAFTCHART_KEY: at('client.key') };
  for (const argv of [['put', 'a', 'x'], ['members'], ['status'], ['backup', at('copy')]]) {
    const { code, errors } = await runCliProcess([...argv, ...endpoints, ...trusting], environment);
    expect([code, errors], argv[0]).toEqual([0, '']);
  }
  await expectFailure(runFake(['put', 'a', 'x', ...endpoints, ...trusting]), 69, '--cert FILE');
  node.kill('SIGTERM');
  expect(await node.ended).toBe(0);
});

it('[TL5] serve takes new files at SIGHUP, and keeps the old ones if those are broken', async () => {
  const files = inFiles(certificate());
  const node = startCli(lineOf('--tls-cert', files.cert, '--tls-key', files.key));
  const endpoints = ['--endpoints', await leading(node)];
  const trusting = ['--cacert', inFiles(certificate()).ca];
  const put = () => runFake(['put', 'a', 'x', ...endpoints, ...trusting]);
  expect((await put()).exitCode).toBe(0);
  files.write({ ...certificate(), key: 'half' });
  node.kill('SIGHUP');
  await node.until(() => said(node).includes('error'));
  expect((await put()).exitCode).toBe(0);
  files.write(certificate({ period: hours(-9, -1) }));
  node.kill('SIGHUP');
  await node.until(() => said(node).includes('warn'));
  await expectFailure(put(), 69, 'has expired');
  files.write(certificate());
  node.kill('SIGHUP');
  await node.until(() => said(node).at(-1) === 'info');
  expect((await put()).exitCode).toBe(0);
  node.kill('SIGTERM');
  expect(await node.ended).toBe(0);
});

it('[TL5] a node that waits for a cluster to join takes new files at SIGHUP, and waits on', async () => {
  const files = inFiles(certificate());
  const place = ['--listen', '127.0.0.1:0', '--peer-listen', '127.0.0.1:1'];
  const tls = ['--tls-cert', files.cert, '--tls-key', files.key];
  const line = serveLine('n2', join(scratch(), 'data'), ...place, ...tls);
  const node = startCli([...line, '--join', 'https://127.0.0.1:1', '--cacert', files.ca]);
  await node.until((_, errors) => logLines(errors, 'joining').length > 0);
  files.write(certificate());
  node.kill('SIGHUP');
  await node.until(() => said(node).length === 2);
  node.kill('SIGTERM');
  expect([await node.ended, said(node)]).toEqual([0, ['info', 'info']]);
});

it('[TL3] a node that joins asks over TLS, whom it trusts alone', async () => {
  const server = closing(await localServer({ tls: fixedTls(certificate()) }));
  server.replica.machineInUse = 1000;
  const place = ['--id', 'n4', '--data-dir', scratch(), '--peer-listen', '127.0.0.1:1'];
  const line = ['serve', ...place, '--listen', '127.0.0.1:0', '--join', server.url];
  const own = inFiles(certificate());
  const shown = ['--cacert', own.ca, '--cert', own.cert, '--key', own.key];
  await expectFailure(runFake([...line, ...shown]), 78, 'needs version 1000 of the store');
  const interruption = new AbortController();
  let errors = '';
  const stranger = runFake(
    [...line, '--cacert', inFiles({ ...certificate(), ca: FOREIGN.cert }).ca],
    {
      interrupted: interruption.signal,
      onError: (text) => {
        errors += text;
        interruption.abort();
      },
    },
  );
  expect((await stranger).exitCode).toBe(0);
  expect(errors).toContain('of no authority that is trusted here');
});

it('[TL2] [TL3] files that cannot be used end serve and the commands before anything is done', async () => {
  const files = inFiles({ ...certificate(), key: certificate().key });
  const line = ['serve', '--id', 'n1', '--data-dir', join(scratch(), 'data')];
  const tls = ['--tls-cert', files.cert, '--tls-key', files.key];
  await expectFailure(runFake([...line, ...tls]), 78, 'the key is not that of the certificate');
  await expectFailure(
    runFake([...line, '--tls-cert', files.cert, '--tls-key', '/nowhere']),
    78,
    "The key cannot be read: ENOENT: no such file or directory, open '/nowhere'",
  );
  await expectFailure(runFake([...line, '--tls-cert', files.cert]), 64, 'belong together');
  await expectFailure(runFake([...line, '--tls-client-ca', files.ca]), 64, 'needs both');
  const asking = ['get', 'a', '--endpoints', 'https://127.0.0.1:1'];
  await expectFailure(runFake([...asking, '--cacert', '/nowhere']), 64, '--cacert cannot be read');
  await expectFailure(runFake([...asking, '--cert', files.cert]), 64, 'belong together');
  await expectFailure(
    runFake([...asking, '--cert', files.cert, '--key', files.key]),
    78,
    'the key is not that of the certificate',
  );
  const { ca } = inFiles({ ...certificate({ authority: FOREIGN }), ca: OURS.key });
  await expectFailure(runFake(['status', '--cacert', ca]), 78, 'holds no certificate');
});

it('[TL6] [TL7] serve takes certificates and a secret for its peers, and shows neither', async () => {
  const out = scratch();
  await runFake(['certs', '--out', out, '--members', 'n1=localhost,n2=localhost']);
  const secretFile = join(out, 'secret');
  const secret = 'a secret of thirty-two characters';
  writeFileSync(secretFile, `${secret}\n`);
  const base = await freeBasePort(2);
  const peers = ['--peers', `n1=127.0.0.1:${base},n2=127.0.0.1:${base + 1}`];
  const nodes = ['n1', 'n2'].map((id) => {
    const pair = [
      '--peer-tls-cert',
      join(out, `${id}.pem`),
      '--peer-tls-key',
      join(out, `${id}.key`),
    ];
    const guards = [
      ...pair,
      '--peer-tls-ca',
      join(out, 'authority.pem'),
      '--cluster-secret-file',
      secretFile,
    ];
    const place = ['--data-dir', join(out, 'data', id), '--listen', '127.0.0.1:0', ...peers];
    return startCli(['serve', '--id', id, ...place, ...guards]);
  });
  await Promise.any(nodes.map(leading));
  const urls = await Promise.all(nodes.map(urlOf));
  for (const url of urls) {
    expect((await runFake(['put', 'a', 'x', '--endpoints', url])).exitCode).toBe(0);
    const shown = await (await fetch(`${url}/status`)).text();
    expect(shown).not.toContain(secret);
  }
  for (const node of nodes) {
    node.kill('SIGHUP');
    await node.until(() => said(node).length === 2);
    node.kill('SIGTERM');
    expect(await node.ended).toBe(0);
    expect(`${node.output()}${node.errors()}`).not.toContain(secret);
    expect(logLines(node.errors(), 'exposed')).toEqual([]);
  }
});

it('[TL6] [TL7] peers that cannot be guarded as asked end serve before anything is done', async () => {
  const line = ['serve', '--id', 'n1', '--data-dir', join(scratch(), 'data')];
  const { cert, key } = inFiles(certificate());
  const pair = ['--peer-tls-cert', cert, '--peer-tls-key', key];
  await expectFailure(runFake([...line, ...pair]), 64, 'belong together');
  const short = join(scratch(), 'secret');
  writeFileSync(short, 'guess-me\n');
  const { errors, exitCode } = await runFake([...line, '--cluster-secret-file', short]);
  expect([exitCode, errors]).toEqual([
    78,
    expect.stringContaining('has 8 characters, and needs 32'),
  ]);
  expect(errors).not.toContain('guess-me');
  await expectFailure(
    runFake([...line, '--cluster-secret-file', '/nowhere']),
    78,
    'cannot be read',
  );
});

it('[TL8] a node that others can reach says at each start what guards it too little', () => {
  const open = fixedTls({ cert: '', key: '' });
  const guarded = fixedTls({ cert: '', key: '', ca: '' });
  const exposed = ({
    hasAccess = false,
    ...given
  }: Partial<Parameters<typeof peerExposures>[0]> & {
    readonly hasAccess?: boolean;
  }): readonly string[] => {
    const options = {
      listen: { host: '0.0.0.0', port: 4100 },
      peerListen: '[::]:4200',
      ...given,
    };
    return [...clientExposures(options, { hasAccess }), ...peerExposures(options)].map(
      ({ address, message, port }) => `${port} ${address} ${message}`,
    );
  };
  const clients = 'clients 0.0.0.0:4100 WHOEVER REACHES THIS PORT READS AND WRITES EVERYTHING';
  const peers = 'peers [::]:4200 WHOEVER REACHES THIS PORT CAN TAKE THE NAME OF A MEMBER';
  const overheard = 'peers [::]:4200 What members say to each other is not hidden';
  for (const [given, messages] of [
    [{}, [`${clients}, and whoever is on the way reads along. Give --tls-cert`, peers]],
    [{ tls: open }, [`${clients}. Give --tls-client-ca`, peers]],
    [{ tls: guarded }, [peers]],
    [{ hasAccess: true }, ['clients 0.0.0.0:4100 WHOEVER IS ON THE WAY READS ALONG', peers]],
    [{ hasAccess: true, tls: open }, [peers]],
    [{ tls: guarded, clusterSecret: 's' }, [overheard]],
    [{ tls: guarded, peerTls: guarded }, []],
    [{ listen: { host: '127.0.0.1', port: 1 }, peerListen: 'localhost:1' }, []],
    [{ listen: { host: '::1', port: 1 }, peerListen: '127.9.9.9:1' }, []],
    [
      { listen: { host: '10.0.0.1', port: 4100 }, peerListen: '[::1]:1' },
      ['clients 10.0.0.1:4100'],
    ],
    [
      { listen: { host: '127.0.0.1.example.org', port: 4100 }, peerTls: guarded },
      ['clients 127.0.0.1.ex'],
    ],
  ] as const) {
    const found = exposed(given);
    expect(found).toHaveLength(messages.length);
    for (const [at, message] of messages.entries()) expect(found[at]).toContain(message);
  }
});

it('[TL8] serve logs it, loudly', async () => {
  const place = ['--listen', '0.0.0.0:0', '--peer-listen', '0.0.0.0:0', ...QUICK];
  const node = startCli(serveLine('n1', join(scratch(), 'data'), ...place));
  await leading(node);
  const told = (errors: string) =>
    logLines(errors, 'exposed').map(({ level, port }) => [level, port]);
  const lines = await node.until((_, errors) => told(errors).length === 2 && told(errors));
  expect(lines).toEqual([
    ['warn', 'peers'],
    ['warn', 'clients'],
  ]);
  node.kill('SIGTERM');
  expect(await node.ended).toBe(0);
});
