/** A node that may open few files, under a flood of connections at both its ports: its disk never lacks one. */
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { endAll, freeBasePort, logLines, startCli } from '../cli/cli-process.ts';

/** As few as a node accepts. */
const DESCRIPTORS = 144;
const FLOOD_PER_PORT = 200;
/** Past four write buffers of LevelDB, so that it makes tables and merges them. */
const WRITES = 100;
const VALUE_BYTES = 1024 * 1024;

let directory: string;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const flood = new Set<Socket>();
let isOver = false;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'raftchart-few-'));
});
afterEach(async () => {
  isOver = true;
  for (const socket of flood) socket.destroy();
  agent.destroy();
  endAll();
  await rm(directory, { recursive: true, force: true });
});

/** A connection that says nothing, and comes back as often as it is closed. */
function pester(port: number): void {
  if (isOver) return;
  const socket = connect(port, '127.0.0.1');
  flood.add(socket);
  socket.on('error', () => {});
  socket.on('close', () => {
    flood.delete(socket);
    setTimeout(() => pester(port), 20);
  });
}

function put(url: string, key: string, value: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = request(`${url}/kv/${key}`, { method: 'PUT', agent }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    });
    call.on('error', reject);
    call.end(value);
  });
}

// Counts what is open in `/proc`, which only Linux has.
it.runIf(process.platform === 'linux')(
  '[SP2] a flood of connections never takes a descriptor that the disk needs',
  async () => {
    const base = await freeBasePort(1);
    const [port, peerPort] = [base, base + 100];
    const place = ['--listen', `127.0.0.1:${port}`, '--peer-listen', `127.0.0.1:${peerPort}`];
    const cli = startCli(['serve', '--id', 'n1', '--data-dir', join(directory, 'data'), ...place], {
      wrapper: ['bash', '-c', `ulimit -n ${DESCRIPTORS}; exec "$@"`, 'bash'],
    });
    await cli.until((_, errors) => logLines(errors, 'role').some(({ role }) => role === 'leader'));
    const url = `http://127.0.0.1:${port}`;
    expect(await put(url, 'first', new Uint8Array(1))).toBe(200);
    for (let count = 0; count < FLOOD_PER_PORT; count += 1) {
      pester(port);
      pester(peerPort);
    }
    const statuses = new Set<number>();
    let most = 0;
    const value = new Uint8Array(VALUE_BYTES);
    for (let at = 0; at < WRITES; at += 1) {
      crypto.getRandomValues(value.subarray(0, 65_536));
      statuses.add(await put(url, `k${at}`, value));
      most = Math.max(most, readdirSync(`/proc/${cli.child.pid}/fd`).length);
    }
    expect([...statuses]).toEqual([200]);
    expect(logLines(cli.errors(), 'halted')).toEqual([]);
    expect(most).toBeLessThan(DESCRIPTORS);
    cli.kill('SIGTERM');
    expect(await cli.ended).toBe(0);
  },
);
