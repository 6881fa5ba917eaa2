/** TLS on the client port as an operator meets it: processes, files, SIGHUP. Needs the built files. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fixedTls } from '../../src/wire/tls-material.ts';
import { certificate, FOREIGN, hours, inFiles, OURS } from '../certificates.ts';
import { closing } from '../clean-up.ts';
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
