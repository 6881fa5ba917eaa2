/** A real process with few file descriptors: strangers may use up the sockets, never the disk's. */
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect as connectTo, type Socket } from 'node:net';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { connect } from '../../src/client/index.ts';
import { cleanUp } from '../clean-up.ts';
import {
  ANY_PORTS,
  type CliProcess,
  leading,
  logLines,
  serveLine,
  startCli,
  urlOf,
  withDescriptors,
} from '../cli/cli-process.ts';
import { scratch } from '../cli/scratch.ts';
import { freeBasePort } from '../free-ports.ts';
import { tcpDial } from '../transport/raw-sockets.ts';

/** As few as a node accepts. */
const DESCRIPTORS = 144;
const FLOOD_PER_PORT = 200;
/** Past four write buffers of LevelDB, so that it makes tables and merges them. */
const WRITES = 100;
const VALUE_BYTES = 1024 * 1024 - 1024;

let directory: string;
beforeEach(() => {
  directory = scratch();
});

function serveWith(files: number, ...more: readonly string[]): CliProcess {
  const line = serveLine('n1', join(directory, 'data'), ...more);
  return startCli(line, { wrapper: withDescriptors(files) });
}

/** Connections that say nothing, and come back as often as they are closed, until the test is over. */
function flood(ports: readonly number[]): void {
  const sockets = new Set<Socket>();
  let isOver = false;
  const pester = (port: number): void => {
    if (isOver) return;
    const socket = connectTo(port, '127.0.0.1');
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      sockets.delete(socket);
      setTimeout(() => pester(port), 20);
    });
  };
  for (let count = 0; count < FLOOD_PER_PORT; count += 1) ports.forEach(pester);
  cleanUp(() => {
    isOver = true;
    for (const socket of sockets) socket.destroy();
  });
}

describe('few file descriptors', () => {
  // Counts what is open in `/proc`, which only Linux has.
  it.runIf(process.platform === 'linux')(
    '[SP2] a flood of connections never takes a descriptor that the disk needs: every write goes on',
    async () => {
      const port = await freeBasePort(1);
      const peerPort = port + 100;
      const place = ['--listen', `127.0.0.1:${port}`, '--peer-listen', `127.0.0.1:${peerPort}`];
      const cli = serveWith(DESCRIPTORS, ...place);
      const url = await leading(cli);
      await using client = connect({ endpoints: [url], timeoutMs: 60_000 });
      await client.put('first', 'x');
      // Over one connection that is kept, opened before there is no room for more.
      const putOverHttp = async (key: string, body: BodyInit): Promise<void> =>
        expect((await fetch(`${url}/kv/${key}`, { method: 'PUT', body })).status).toBe(200);
      await putOverHttp('first', 'y');
      flood([port, peerPort]);
      let most = 0;
      const value = new Uint8Array(VALUE_BYTES);
      for (let at = 0; at < WRITES; at += 1) {
        crypto.getRandomValues(value.subarray(0, 65_536));
        await (at % 2 === 0 ? client.put(`k${at}`, value) : putOverHttp(`k${at}`, value));
        most = Math.max(most, readdirSync(`/proc/${cli.child.pid}/fd`).length);
      }
      expect((await client.status()).role).toBe('leader');
      expect((await client.range({ prefix: 'k', keysOnly: true })).count).toBe(WRITES);
      expect(logLines(cli.errors(), 'halted')).toEqual([]);
      expect(most).toBeLessThan(DESCRIPTORS);
      cli.kill('SIGTERM');
      expect(await cli.ended).toBe(0);
    },
  );

  it.each([40, 64, 100])(
    '[SP2] with %i, too few for all, it does not start, and says what to do',
    async (files) => {
      const cli = serveWith(files, ...ANY_PORTS);
      expect(await cli.ended).toBe(64);
      expect(cli.errors()).toContain('ulimit -n');
      expect(cli.errors()).toContain('RAFT_BAD_REQUEST');
    },
  );

  // With fewer than 20 or so Node.js itself does not start; with those a busy machine makes the difference.
  it.each([24, 26, 28])(
    '[SP2] [CL13] with %i, not enough to load the program, it says the same in one sentence',
    async (files) => {
      const cli = serveWith(files, ...ANY_PORTS);
      expect(await cli.ended).toBe(64);
      expect(cli.errors()).toMatch(
        /^raftchart: This process may not open more files, and a node needs 144\. Raise .*ulimit -n.*\n$/,
      );
      const read = startCli(['get', 'a'], { wrapper: withDescriptors(files) });
      expect(await read.ended).toBe(64);
    },
  );

  it('[SP4] --allow-host, more than once or by the environment, lets more names in', async () => {
    const names = ['--allow-host', 'one.test', '--allow-host', 'two.test,three.test'];
    const cli = serveWith(1024, ...ANY_PORTS, ...names, '--peers', 'n1=localhost:1');
    const port = Number(new URL(await urlOf(cli)).port);
    const statuses = ['one.test', 'two.test:1', 'THREE.test.', 'four.test', 'localhost'].map(
      (host) => statusFor(port, host),
    );
    expect(await Promise.all(statuses)).toEqual(['200', '200', '200', '403', '200']);
  });
});

async function statusFor(port: number, host: string): Promise<string> {
  const socket = tcpDial(`127.0.0.1:${port}`);
  socket.write(`GET /livez HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  const [answer] = await once(socket, 'data');
  return answer.toString('latin1').slice(9, 12);
}
