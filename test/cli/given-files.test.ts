/** Options that name what is no file: pipes that nobody writes, what a shell hands over, what has no end. Needs the built files. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { INPUT_BYTES_MAX } from '../../src/cli/limits.ts';
import { GIVEN_FILE_BYTES_MAX } from '../../src/wire/limits.ts';
import { certificate, inFiles } from '../certificates.ts';
import { localServer, served } from '../server/local-server.ts';
import { ANY_PORTS, logLines, runCliProcess, serveLine, startCli } from './cli-process.ts';
import { expectFailure, runFake } from './fake-context.ts';
import { scratch } from './scratch.ts';

const TXN = JSON.stringify({ success: [{ op: 'put', key: 'k', value: 'v' }] });

function pipeIn(folder: string): string {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  return pipe;
}

// Windows has no mkfifo.
describe.skipIf(process.platform === 'win32')('what is no file', () => {
  it('[CL47] of a key or a certificate that is read again, ends a start at once', async () => {
    const folder = scratch();
    const pipe = pipeIn(folder);
    const { ca, cert, key } = inFiles(certificate());
    const lines = [
      ['--tls-cert', cert, '--tls-key', pipe],
      ['--tls-cert', cert, '--tls-key', key, '--tls-client-ca', folder],
      ['--peer-tls-cert', pipe, '--peer-tls-key', key, '--peer-tls-ca', ca],
    ];
    for (const line of lines) {
      const start = serveLine('n1', join(folder, 'data'), ...ANY_PORTS, ...line);
      const { code, errors } = await runCliProcess(start);
      expect([code, logLines(errors, 'failed')]).toMatchObject([
        78,
        [{ message: expect.stringMatching(/ cannot be read: it is no file/) }],
      ]);
    }
  });

  it('[CL47] of a token, a secret or an authority is refused unless a shell hands it over', async () => {
    const folder = scratch();
    const pipe = pipeIn(folder);
    const { url } = await localServer();
    const to = ['--endpoints', url];
    const refused = [
      'cannot be read: it is no file',
      `has more than ${GIVEN_FILE_BYTES_MAX} bytes`,
    ];
    const [noFile = '', tooLarge = ''] = refused;
    await expectFailure(runFake(['members', ...to, '--token-file', pipe]), 64, noFile);
    await expectFailure(runFake(['members', ...to, '--cacert', pipe]), 64, noFile);
    await expectFailure(runFake(['members', ...to, '--token-file', '/dev/zero']), 64, tooLarge);
    const start = ['serve', '--id', 'n1', '--data-dir', join(folder, 'data')];
    const secret = runFake([...start, '--cluster-secret-file', pipe]);
    await expectFailure(secret, 78, noFile);
  });

  it('[CL47] and is handed over by a shell is read, as often as it is asked for', async () => {
    scratch();
    const { url } = await localServer();
    const wrapper = ['bash', '-c', '"$@" --token-file <(printf root.secret)', 'bash'];
    // Asks each server by itself, and so for the token each time.
    const cli = startCli(['status', '--endpoints', `${url},${url}`], { wrapper });
    expect([await cli.ended, cli.errors()]).toEqual([0, '']);
  });
});

// Windows has no mkfifo.
describe.skipIf(process.platform === 'win32')('a transaction', () => {
  it('[CL47] out of a pipe that nobody writes is said to be waited for, until it comes or somebody stops it', async () => {
    const pipe = pipeIn(scratch());
    const { url } = await served();
    const waiting =
      /pipe is a pipe in which nothing has come so far: waiting for whoever writes it/;
    const line = ['txn', '--endpoints', url, '--file', pipe];
    const stopped = startCli(line);
    await stopped.until((_, errors) => waiting.exec(errors));
    stopped.kill('SIGINT');
    expect(await stopped.ended).toBe(75);
    expect(stopped.errors()).toContain('Nothing was sent.');
    const taking = startCli(line);
    await taking.until((_, errors) => waiting.exec(errors));
    await writeFile(pipe, TXN);
    expect([await taking.ended, taking.output()]).toEqual([0, expect.stringMatching(/^succeeded/)]);
  });

  it('[CL47] is taken out of what a shell hands over, of standard input, and of a file', async () => {
    const file = join(scratch(), 'txn.json');
    writeFileSync(file, TXN);
    const { url } = await served();
    const line = ['txn', '--endpoints', url];
    const taken = [
      startCli([...line, '--file', file]),
      startCli(line, { wrapper: ['bash', '-c', `"$@" --file <(printf %s '${TXN}')`, 'bash'] }),
      startCli(line, { wrapper: ['bash', '-c', `printf %s '${TXN}' | "$@" --file -`, 'bash'] }),
    ];
    for (const each of taken) {
      expect([await each.ended, each.errors()]).toEqual([0, '']);
      expect(each.output()).toMatch(/^succeeded/);
    }
  });

  it('[CL47] [CL13] that has no end, or cannot be read, is refused in words', async () => {
    const folder = scratch();
    const words = `has more than ${INPUT_BYTES_MAX} bytes`;
    await expectFailure(runFake(['txn', '--file', '/dev/zero']), 64, words);
    await expectFailure(runFake(['txn', '--file', folder]), 64, '--file cannot be read');
    const endless = startCli(['put', 'k', '-'], {
      wrapper: ['bash', '-c', '"$@" </dev/zero', 'bash'],
    });
    expect([await endless.ended, endless.errors()]).toEqual([64, expect.stringContaining(words)]);
  });
});
