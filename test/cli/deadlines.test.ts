/** Whatever the other end does, a command ends in time; and a node that is told to stop while it starts does. */
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, expect, it } from 'vitest';
import { closing } from '../clean-up.ts';
import { tcpListen } from '../transport/raw-sockets.ts';
import {
  ANY_PORTS,
  endAll,
  logLines,
  runCliProcess,
  serveLine,
  startCli,
  urlOf,
} from './cli-process.ts';
import { expectFailure, runFake } from './fake-context.ts';
import { scratch } from './scratch.ts';

afterEach(endAll);

/** Takes connections and does with them what `then` does; by default nothing, ever. */
async function listener(then: (socket: Socket) => void = () => {}): Promise<string> {
  const { address } = closing(await tcpListen(then));
  return `http://${address}`;
}

const COMMANDS = [
  ['put', 'a', 'x'],
  ['get', 'a'],
  ['del', 'a'],
  ['range'],
  ['txn', '--file', 'txn.json'],
  ['watch'],
  ['status'],
];
const TIMEOUT_MS = 400;
/** A process starts and ends as well. */
const SLACK_MS = 6_000;

it('[CL25] a time limit holds though its signal is garbage meanwhile', async () => {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  const url = await listener();
  const limit = ['--timeout-ms', `${TIMEOUT_MS}`];
  const asked = runFake(['status', '--endpoints', url, ...limit]);
  const collecting = setInterval(() => {
    if (typeof collect === 'function') collect();
  }, 20);
  await expectFailure(asked, 69, `no answer within ${TIMEOUT_MS} ms`).finally(() =>
    clearInterval(collecting),
  );
});

it('[CL25] no command waits past its time limit for a server that is frozen', async () => {
  const cli = startCli(serveLine('n1', join(scratch(), 'data'), ...ANY_PORTS));
  const url = await urlOf(cli);
  cli.kill('SIGSTOP');
  for (const argv of COMMANDS.filter(([name]) => name !== 'txn')) {
    await endsInTime([...argv, '--endpoints', url]);
  }
  cli.kill('SIGCONT');
});

it('[CL25] nor for one that says a byte now and then, or an answer without an end', async () => {
  const drip = await listener((socket) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n');
    const timer = setInterval(() => socket.write(' '), 50);
    socket.on('close', () => clearInterval(timer));
  });
  for (const argv of [['status'], ['get', 'a'], ['put', 'a', 'x']]) {
    await endsInTime([...argv, '--endpoints', drip]);
  }
});

async function endsInTime(argv: readonly string[]): Promise<void> {
  const startedAt = performance.now();
  const { code, errors } = await runCliProcess([...argv, '--timeout-ms', `${TIMEOUT_MS}`]);
  expect([argv[0], performance.now() - startedAt < SLACK_MS]).toEqual([argv[0], true]);
  expect([argv[0], [69, 75].includes(Number(code))]).toEqual([argv[0], true]);
  expect(errors).toMatch(/^raftchart \w+: /);
}

it('[CL13] says of a listener that is no client port that it is none', async () => {
  const url = await listener((socket) => {
    socket.end('HTTP/1.1 426 Upgrade Required\r\n\r\nThis port speaks to nodes.');
  });
  const asked = runFake(['status', '--endpoints', url]);
  await expectFailure(asked, 69, 'is no client port of raftchart');
});

it('[CL27] Ctrl-C ends a command that still reads its input, and nothing is sent', async () => {
  let connections = 0;
  const url = await listener(() => {
    connections += 1;
  });
  for (const argv of [['put', 'a', '-'], ['txn']]) {
    const cli = startCli([...argv, '--endpoints', url], { input: new Uint8Array(4 * 1024 * 1024) });
    await cli.inputTaken;
    cli.kill('SIGINT');
    expect([await cli.ended, cli.errors()]).toEqual([
      75,
      expect.stringMatching(/before its input had ended.*RAFT_ABORTED, retry: safe/),
    ]);
  }
  expect(connections).toBe(0);
});

it('[CL27] an output that cannot be written is an error, in JSON too', async () => {
  if (process.platform !== 'linux') return;
  const toFullDisk = ['sh', '-c', '"$@" >/dev/full', 'sh'];
  const people = startCli(['--help'], { wrapper: toFullDisk });
  expect([await people.ended, people.errors()]).toEqual([
    74,
    expect.stringMatching(/^raftchart .*could not be written \(ENOSPC.*RAFT_STORAGE_FAILED/),
  ]);
  const programs = startCli(['get', '--help', '-o', 'json'], { wrapper: toFullDisk });
  expect(await programs.ended).toBe(74);
  expect(JSON.parse(programs.errors())).toMatchObject({ code: 'RAFT_STORAGE_FAILED' });
});

it('[CL24] a start that never ends stops at SIGTERM all the same, with 0', async () => {
  // Whoever holds the lock of the database is opened for ever: a disk that does not answer.
  const cli = startCli(serveLine('n1', join(scratch(), 'data')), {
    environment: { NODE_OPTIONS: `--import ${STUCK}` },
  });
  await cli.until((_, errors) => errors.includes('opening'));
  cli.kill('SIGTERM');
  expect(await cli.ended).toBe(0);
  expect(logLines(cli.errors(), 'stopped')).toHaveLength(1);
});

/** A module that lets no directory be listed: what `serve` does first never ends. */
const STUCK = `data:text/javascript,${encodeURIComponent(
  "import fs from 'node:fs'; import { syncBuiltinESMExports } from 'node:module'; const forever = setInterval(() => {}, 1000); fs.promises.readdir = async () => { process.stderr.write('opening\\n'); await new Promise(() => forever); }; syncBuiltinESMExports();",
)}`;
