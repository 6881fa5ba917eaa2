/** `backup`: a file that is there when it is whole, and not before. */
import { execFileSync } from 'node:child_process';
import {
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cleanUp } from '../clean-up.ts';
import { HEADER, machineOf, recordsOf } from '../server/backup/backups.ts';
import { type LocalServer, served } from '../server/local-server.ts';
import { startCli } from './cli-process.ts';
import { expectFailure, runFake } from './fake-context.ts';
import { scratch } from './scratch.ts';

async function filled(): Promise<LocalServer> {
  const server = await served();
  for (const key of ['a', 'b', 'c']) await server.put(key);
  return server;
}

/** A server that answers every request with these bytes, and then breaks off or is silent for good. */
async function answering(
  body: Uint8Array,
  then: 'end' | 'break' | 'nothing',
  status = 200,
): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(status).write(body, () => {
      if (then === 'end') response.end();
      else if (then === 'break') response.destroy();
    });
  });
  cleanUp(() => server.closeAllConnections());
  cleanUp(() => server.close());
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it('[BK3] backup writes the whole of it, and tells what is in it', async () => {
  const { replica, url } = await filled();
  const file = join(scratch(), 'orders.backup');
  const { errors, exitCode, output } = await runFake(['backup', file, '--endpoints', url]);
  expect([exitCode, errors]).toEqual([0, '']);
  expect(output).toMatch(/orders\.backup: revision 4, 3 keys, \d+ bytes\n$/);
  const bytes = readFileSync(file);
  expect((await machineOf(bytes)).stateHash()).toBe(replica.machine.stateHash());
  const json = await runFake(['backup', `${file}2`, '--endpoints', url, '-o', 'json']);
  expect(JSON.parse(json.output)).toMatchObject({
    file: `${file}2`,
    clusterId: 'local',
    node: 'n1',
    revision: 4,
    keys: 3,
    fileBytes: readFileSync(`${file}2`).length,
  });
});

it('[BK3] a file that is there stays as it is, unless --force replaces it', async () => {
  const { url } = await filled();
  const folder = scratch();
  const file = join(folder, 'kept');
  writeFileSync(file, 'of before');
  const line = ['backup', file, '--endpoints', url];
  await expectFailure(runFake(line), 64, 'is there already. Name another file, or replace it');
  expect(readFileSync(file, 'utf8')).toBe('of before');
  expect((await runFake([...line, '--force'])).exitCode).toBe(0);
  expect(readFileSync(file, 'latin1').slice(0, 8)).toBe('RAFTBKUP');
  expect(readdirSync(folder)).toEqual(['kept']);
});

it('[BK3] a link stays, and what it leads to is replaced; one that leads nowhere is refused', async () => {
  const { url } = await filled();
  const [folder, disk] = [scratch(), scratch()];
  const [link, target] = [join(folder, 'link'), join(disk, 'target')];
  symlinkSync(target, link);
  const line = ['backup', link, '--force', '--endpoints', url];
  await expectFailure(runFake(line), 64, 'link is a link that leads nowhere');
  writeFileSync(target, 'of before');
  await expectFailure(runFake(line.filter((word) => word !== '--force')), 64, 'is there already');
  expect((await runFake(line)).exitCode).toBe(0);
  expect(readlinkSync(link)).toBe(target);
  expect(readFileSync(target, 'latin1').slice(0, 8)).toBe('RAFTBKUP');
  expect([readdirSync(folder), readdirSync(disk)]).toEqual([['link'], ['target']]);
});

it('[BK3] what does not come as a whole leaves no file, and the one of before as it was', async () => {
  const whole = Buffer.concat(recordsOf([new TextEncoder().encode('state')]));
  const cut = await answering(whole.subarray(0, whole.length - 3), 'end');
  const broken = await answering(whole.subarray(0, 40), 'break');
  const foreign = await answering(new TextEncoder().encode('hello'), 'end');
  const folder = scratch();
  writeFileSync(join(folder, 'kept'), 'of before');
  for (const endpoint of [cut, broken, foreign]) {
    const line = ['backup', join(folder, 'kept'), '--force', '--endpoints', endpoint];
    await expectFailure(runFake(line), 69, 'did not come as a whole, and no file was written');
  }
  expect(readdirSync(folder)).toEqual(['kept']);
  expect(readFileSync(join(folder, 'kept'), 'utf8')).toBe('of before');
});

it('[BK3] what cannot be written is said, as what it is, and nothing else is replaced', async () => {
  const { url } = await filled();
  const folder = scratch();
  const line = (file: string): string[] => ['backup', file, '--force', '--endpoints', url];
  await expectFailure(
    runFake(line(join(folder, 'no', 'such'))),
    64,
    'such cannot be written: ENOENT',
  );
  await expectFailure(runFake(line(folder)), 64, 'is no file');
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  await expectFailure(runFake(line(pipe)), 64, 'pipe is no file');
  expect(statSync(pipe).isFIFO()).toBe(true);
  await expectFailure(runFake(line('-')), 64, 'Name a file');
  expect(readdirSync(folder)).toEqual(['pipe']);
});

it('[BK3] a disk that is full is said, and leaves no file', async () => {
  const chunks = Array.from({ length: 64 }, () => new Uint8Array(8_192));
  const url = await answering(Buffer.concat(recordsOf(chunks, HEADER)), 'end');
  const folder = scratch();
  const wrapper = ['bash', '-c', `trap '' XFSZ; ulimit -f 64; exec "$@"`, 'bash'];
  const cli = startCli(['backup', join(folder, 'one'), '--endpoints', url], { wrapper });
  expect(await cli.ended).toBe(74);
  expect(cli.errors()).toMatch(/one could not be written: EFBIG.* There is no new file\./);
  expect(readdirSync(folder)).toEqual([]);
});

it('[BK3] Ctrl-C leaves no file, and says so, whatever has come by then', async () => {
  const [header = new Uint8Array()] = recordsOf([]);
  const folder = scratch();
  for (const [bytes, isWaitedFor] of [
    [header, true],
    [header, false],
  ] as const) {
    const endless = await answering(bytes, 'nothing');
    const control = new AbortController();
    const line = ['backup', join(folder, 'none'), '--endpoints', endless];
    const running = runFake(line, { interrupted: control.signal });
    if (isWaitedFor) {
      await expect
        .poll(() => readdirSync(folder).map((name) => statSync(join(folder, name)).size))
        .toEqual([header.length]);
    } else await expect.poll(() => readdirSync(folder).length).toBe(1);
    control.abort(new Error('stopped by SIGINT'));
    await expectFailure(running, 75, 'It was stopped before the backup was whole');
    expect(readdirSync(folder)).toEqual([]);
  }
});

it('[BK3] it is taken of the first server that runs, with its own words where it refuses', async () => {
  const { replica, url } = await filled();
  const stopped = JSON.stringify({ code: 'RAFT_STOPPED', message: 'It starts.', retry: 'safe' });
  const starting = await answering(new TextEncoder().encode(stopped), 'end', 503);
  const folder = scratch();
  const nobody = 'http://127.0.0.1:1';
  const endpoints = [nobody, starting, url].join(',');
  const one = await runFake(['backup', join(folder, 'one'), '--endpoints', endpoints]);
  expect(one.exitCode).toBe(0);
  await expectFailure(
    runFake(['backup', join(folder, 'two'), '--endpoints', `${nobody},${starting}`]),
    69,
    'No server answered',
  );
  replica.mood = 'leaderless';
  const three = ['backup', join(folder, 'three'), '--endpoints', url];
  await expectFailure(runFake(three), 69, 'RAFT_NO_LEADER');
  expect((await runFake([...three, '--consistency', 'local'])).exitCode).toBe(0);
});

it('[BK3] a terminal shows how far it is, nobody else', async () => {
  const chunks = Array.from({ length: 3 }, () => new Uint8Array(200_000));
  const url = await answering(Buffer.concat(recordsOf(chunks, HEADER)), 'end');
  const folder = scratch();
  const line = (name: string): string[] => ['backup', join(folder, name), '--endpoints', url];
  const seen = await runFake(line('one'), { isTty: true });
  expect(seen.errors).toMatch(/^\r +\d+ % .*, \d+ s left/);
  expect(seen.errors.endsWith('\r\u001b[K')).toBe(true);
  expect((await runFake(line('two'))).errors).toBe('');
});
