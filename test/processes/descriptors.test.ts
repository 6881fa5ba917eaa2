/** A real process with few file descriptors: strangers may use up the sockets, never the disk's. */
import { mkdtemp, rm } from 'node:fs/promises';
import { connect as connectTo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect } from '../../src/client/index.ts';
import { type CliProcess, endAll, logLines, startCli } from '../cli/cli-process.ts';

let directory: string;
const sockets: Socket[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'raftchart-descriptors-'));
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  endAll();
  await rm(directory, { recursive: true, force: true });
});

function serveWith(files: number, ...more: readonly string[]): CliProcess {
  const any = ['--listen', '127.0.0.1:0', '--peer-listen', '127.0.0.1:0'];
  const line = ['serve', '--id', 'n1', '--data-dir', join(directory, 'data'), ...any, ...more];
  return startCli(line, { wrapper: limitedTo(files) });
}

function limitedTo(files: number): readonly string[] {
  return ['bash', '-c', `ulimit -n ${files}; exec "$@"`, 'bash'];
}

async function urlOf(cli: CliProcess): Promise<string> {
  return String(await cli.until((_, errors) => logLines(errors, 'serving')[0]?.url ?? null));
}

/** Connects and says nothing; resolves once it is connected, refused or dropped. */
function stranger(port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connectTo(port, '127.0.0.1', resolve);
    socket.on('error', () => resolve());
    socket.on('data', () => {});
    sockets.push(socket);
  });
}

describe('few file descriptors', () => {
  it("[SP2] 400 connections of strangers take none of the disk's: every write goes on", async () => {
    const cli = serveWith(160, '--election-timeout-ms', '40-80', '--heartbeat-interval-ms', '10');
    const url = await urlOf(cli);
    await using client = connect({ endpoints: [url] });
    await client.put('before', 'x');
    const port = Number(new URL(url).port);
    await Promise.all(Array.from({ length: 400 }, () => stranger(port)));
    // More than LevelDB keeps in memory, several times over: it has to open new files all the time.
    const value = new Uint8Array(500_000);
    for (let at = 0; at < 40; at += 1) await client.put(`k${at}`, value);
    expect((await client.status()).role).toBe('leader');
    expect((await client.range({ prefix: 'k', keysOnly: true })).count).toBe(40);
  });

  it('[SP2] with too few for all it does not start, and says what to do', async () => {
    const cli = serveWith(100);
    expect(await cli.ended).toBe(64);
    expect(cli.errors()).toContain('ulimit -n');
    expect(cli.errors()).toContain('RAFT_BAD_REQUEST');
  });

  it.each([20, 40, 64])(
    '[SP2] [CL13] with %i, not enough to load the program, it says the same in one sentence',
    async (files) => {
      const cli = serveWith(files);
      expect(await cli.ended).toBe(64);
      expect(cli.errors()).toMatch(
        /^raftchart: This process may not open more files, and a node needs 144\. Raise .*ulimit -n.*\n$/,
      );
      const read = startCli(['get', 'a'], { wrapper: limitedTo(files) });
      expect(await read.ended).toBe(64);
    },
  );

  it('[SP4] --allow-host, more than once or by the environment, lets more names in', async () => {
    const names = ['--allow-host', 'one.test', '--allow-host', 'two.test,three.test'];
    const cli = serveWith(1024, ...names, '--peers', 'n1=localhost:1');
    const port = Number(new URL(await urlOf(cli)).port);
    const statuses = ['one.test', 'two.test:1', 'THREE.test.', 'four.test', 'localhost'].map(
      (host) => statusFor(port, host),
    );
    expect(await Promise.all(statuses)).toEqual(['200', '200', '200', '403', '200']);
  });
});

function statusFor(port: number, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTo(port, '127.0.0.1', () => {
      socket.write(`GET /livez HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    });
    sockets.push(socket);
    socket.on('data', (data) => resolve(data.toString('latin1').slice(9, 12)));
    socket.on('error', reject);
  });
}
