/** `serve` as an operator meets it: a process with a log, signals and exit codes. Needs the built files. */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { LOG_LINES_MAX } from '../../src/server/limits.ts';
import { closing } from '../clean-up.ts';
import { freeBasePort } from '../free-ports.ts';
import { tcpListen } from '../transport/raw-sockets.ts';
import {
  ANY_PORTS,
  leading,
  logLines,
  QUICK,
  runCliProcess,
  serveLine,
  startCli,
} from './cli-process.ts';
import { scratch } from './scratch.ts';

let directory: string;
beforeEach(() => {
  directory = scratch();
});

const lineOf = (dataDir: string, ...more: readonly string[]) =>
  serveLine('n1', dataDir, ...ANY_PORTS, ...QUICK, ...more);

describe('a node as a process', () => {
  it('[CL24] [SV1] runs, logs JSON lines alone, stops cleanly at SIGTERM, and starts again by the same line', async () => {
    const line = lineOf(join(directory, 'data'));
    const first = startCli(line);
    const url = await leading(first);
    expect((await fetch(`${url}/kv/a`, { method: 'PUT', body: 'kept' })).status).toBe(200);
    first.kill('SIGTERM');
    expect(await first.ended).toBe(0);
    expect(first.output()).toBe('');
    for (const text of first.errors().trim().split('\n')) {
      expect(JSON.parse(text)).toMatchObject({
        node: 'n1',
        level: 'info',
        time: expect.any(String),
      });
    }
    expect(logLines(first.errors(), 'stopped')).toHaveLength(1);
    const second = startCli(line);
    const again = await leading(second);
    expect(await (await fetch(`${again}/kv/a`)).text()).toBe('kept');
    const status = await (await fetch(`${again}/status`)).json();
    expect(status).toMatchObject({ id: 'n1', role: 'leader', leader: 'n1', revision: 2 });
    second.kill('SIGINT');
    expect(await second.ended).toBe(0);
  });

  it('[OP13] [AC6] does not fill its log for whoever guesses tokens, and says how many guesses it counted', async () => {
    const node = startCli(lineOf(join(directory, 'data')));
    const url = await leading(node);
    await runCliProcess(['access', 'on', '--endpoints', url]);
    for (let guess = 0; guess < LOG_LINES_MAX + 7; guess += 1) {
      const headers = { authorization: `Bearer root.${guess}` };
      expect((await fetch(`${url}/snapshot`, { method: 'POST', headers })).status).toBe(401);
    }
    const acts = () => logLines(node.errors(), 'audit').map(({ outcome }) => outcome);
    const told = ['done', ...Array.from({ length: LOG_LINES_MAX }, () => 'RAFT_UNAUTHENTICATED')];
    await expect.poll(acts).toEqual(told);
    expect(await (await fetch(`${url}/metrics`)).text()).toContain(
      'raftchart_log_lines_left_out_total{event="audit"} 7\n',
    );
  });

  it('[CL14] takes every option from the environment', async () => {
    const cli = startCli(['serve'], {
      environment: {
        RAFTCHART_ID: 'env1',
        RAFTCHART_DATA_DIR: join(directory, 'data'),
        RAFTCHART_LISTEN: '127.0.0.1:0',
        RAFTCHART_PEER_LISTEN: '127.0.0.1:0',
        RAFTCHART_ELECTION_TIMEOUT_MS: '40-80',
        RAFTCHART_HEARTBEAT_INTERVAL_MS: '10',
        RAFTCHART_LISTN: 'typo',
      },
    });
    const { id } = await (await fetch(`${await leading(cli)}/status`)).json();
    expect(id).toBe('env1');
    expect(logLines(cli.errors(), 'environment')[0]?.message).toContain('RAFTCHART_LISTN');
  });

  // Only Linux has such a place.
  it.runIf(existsSync('/proc/self'))(
    '[ST17] [CL16] exits with 78 at once when its data directory cannot be made',
    async () => {
      const cli = startCli(lineOf('/proc/raftchart'));
      expect(await cli.ended).toBe(78);
      expect(cli.errors()).toContain('/proc/raftchart could not be made');
    },
  );

  it('[CL16] [OP1] [OP5] exits with 74 when its disk fails, having said why and answered 503 meanwhile', async () => {
    // Files over the limit cannot be written: what a full disk does, but only to this process.
    const limited = ['bash', '-c', `trap '' XFSZ; ulimit -f 512; exec "$@"`, 'bash'];
    const cli = startCli(lineOf(join(directory, 'data'), '--halt-linger-ms', '1500'), {
      wrapper: limited,
    });
    const url = await leading(cli);
    const statuses = new Set<number>();
    for (let at = 0; at < 40 && !statuses.has(503); at += 1) {
      const body = 'x'.repeat(64 * 1024);
      statuses.add((await fetch(`${url}/kv/k${at}`, { method: 'PUT', body })).status);
    }
    await cli.until((_, errors) => logLines(errors, 'halted').length > 0);
    expect((await fetch(`${url}/livez`)).status).toBe(503);
    expect(await (await fetch(`${url}/kv/k0`)).json()).toMatchObject({ code: 'RAFT_HALTED' });
    const { lifecycle, commitIndex, lastIndex, lastApplied } = await (
      await fetch(`${url}/status`)
    ).json();
    expect(lifecycle).toBe('halted');
    expect(commitIndex).toBeGreaterThan(1);
    expect(lastIndex).toBeGreaterThanOrEqual(commitIndex);
    expect(lastApplied).toBe(commitIndex);
    expect(logLines(cli.errors(), 'role').at(-1)).toMatchObject({ level: 'error', role: 'halted' });
    expect(await cli.ended).toBe(74);
    expect(logLines(cli.errors(), 'halted')[0]).toMatchObject({ code: 'RAFT_STORAGE_FAILED' });
  });
});

describe('a node that cannot start', () => {
  async function refused(argv: readonly string[], code: number, text: string): Promise<void> {
    const result = await runCliProcess(argv);
    expect([result.errors, result.code]).toEqual([expect.stringContaining(text), code]);
    expect(result.output).toBe('');
    expect(result.errors).not.toMatch(/\n {4}at /);
    expect(lastWordsOf(result.errors)).toMatch(/[.)?]$/);
  }

  /** A line that is not understood is answered in words; behind that all is of the log. */
  function lastWordsOf(errors: string): unknown {
    const last = errors.trim().split('\n').at(-1) ?? '';
    if (/^raftchart serve: /.test(last)) return last;
    return logLines(last, 'failed')[0]?.message;
  }

  it.each([
    [64, '--id is needed', ['serve']],
    [64, '--data-dir is needed', ['serve', '--id', 'n1']],
    [64, 'not this node, n1', lineOf('/nowhere', '--peers', 'n2=a:1,n3=b:1')],
    [64, '--port is not an option', lineOf('/nowhere', '--port', '1')],
    [64, 'give --peers n1=HOST:PORT', lineOf('/nowhere', '--join', 'http://a:1')],
    [
      64,
      'give one of the two',
      lineOf('/nowhere', '--peers', 'n1=a:1,n2=b:1', '--join', 'http://a:1'),
    ],
  ])('[CL24] refuses a command line that makes no sense, with %i: %s', (code, text, argv) =>
    refused(argv, code, text),
  );

  it('[SV16] [OP8] says why it cannot as the last line of its log in JSON, and in words otherwise', async () => {
    const { address } = closing(await tcpListen(() => {}));
    const line = serveLine('n1', join(directory, 'data'), '--peer-listen', '127.0.0.1:0');
    const taken = [...line, '--listen', address, '--log-format'];
    const [inJson, inText] = await Promise.all([
      runCliProcess([...taken, 'json']),
      runCliProcess([...taken, 'text']),
    ]);
    const lines = inJson.errors.trim().split('\n');
    expect(lines.map((text) => JSON.parse(text)).at(-1)).toEqual({
      time: expect.any(String),
      level: 'error',
      event: 'failed',
      node: 'n1',
      code: 'RAFT_CONFLICT',
      message: expect.stringContaining(address),
      exitCode: 69,
    });
    expect(inText.errors.trim().split('\n').at(-1)).toMatch(
      /^raftchart serve: The address .*RAFT_CONFLICT\)$/,
    );
  });

  it('[SV16] a command line that is not understood is answered in words, or in JSON where it asks for that outright', async () => {
    const wrong = ['serve', '--id', 'n1', '--data-dirr', 'x'];
    const inWords = await runCliProcess(wrong);
    expect([inWords.code, inWords.errors]).toEqual([
      64,
      expect.stringMatching(/^raftchart serve: --data-dirr is not an option[^\n]*\n$/),
    ]);
    const asked = [
      runCliProcess([...wrong, '--log-format=json']),
      runCliProcess(wrong, { RAFTCHART_LOG_FORMAT: 'json' }),
    ];
    for (const { code, errors } of await Promise.all(asked)) {
      expect(code).toBe(64);
      expect(JSON.parse(errors)).toMatchObject({
        ...{ level: 'error', event: 'failed', code: 'RAFT_BAD_REQUEST', exitCode: 64 },
        message: expect.stringContaining('--data-dirr is not an option'),
      });
    }
  });

  it('[CF1] refuses limits and times that cannot hold together, with 78, before anything is touched', async () => {
    const data = join(directory, 'data');
    const contradictions: readonly (readonly [text: string, ...flags: string[]])[] = [
      ['--heartbeat-interval-ms 200 is too long', '--heartbeat-interval-ms=200'],
      [
        '--value-bytes-max 1000 does not fit',
        ...['--value-bytes-max=1000', '--command-bytes-max=999'],
      ],
      [
        '--command-bytes-max 12000000 does not fit into --frame-bytes-max 200000',
        ...['--command-bytes-max=12000000', '--frame-bytes-max=200000'],
      ],
      ['does not fit into --frame-bytes-max', '--command-bytes-max=12000000'],
      ['does not fit into --frame-bytes-max 200000', '--frame-bytes-max=200000'],
    ];
    for (const [text, ...flags] of contradictions) {
      await refused(serveLine('n1', data, ...ANY_PORTS, ...flags), 78, text);
    }
    expect(existsSync(data)).toBe(false);
  });

  it('[CL24] refuses addresses that are taken, with 69, saying which', async () => {
    const { address } = closing(await tcpListen(() => {}));
    const start = serveLine('n1', join(directory, 'data'));
    const any = '127.0.0.1:0';
    await refused([...start, '--listen', address, '--peer-listen', any], 69, address);
    await refused([...start, '--listen', any, '--peer-listen', address], 69, address);
  });

  it('[CL24] [ST5] refuses a data directory that is another node’s, in use, or no directory, with 78', async () => {
    const data = join(directory, 'data');
    const cli = startCli(lineOf(data));
    await leading(cli);
    await refused(lineOf(data), 78, 'in use');
    cli.kill('SIGTERM');
    await cli.ended;
    await refused(serveLine('n2', data, ...ANY_PORTS), 78, 'RAFT_WRONG_IDENTITY');
    await writeFile(join(directory, 'file'), 'x');
    await refused(lineOf(join(directory, 'file', 'data')), 78, 'RAFT_LOG_REFUSED');
    await mkdir(join(directory, 'full'));
    await writeFile(join(directory, 'full', 'letter.txt'), 'x');
    await refused(lineOf(join(directory, 'full')), 78, 'letter.txt');
  });
});

it('[CL32] a node that joins waits for a cluster that does not answer yet, says why once, and joins then', async () => {
  const port = await freeBasePort(1);
  const at = `127.0.0.1:${port}`;
  const place = ['--listen', '127.0.0.1:0', '--peer-listen', `127.0.0.1:${port + 100}`];
  const joining = ['--join', `http://${at}`, ...place, ...QUICK];
  const idle = startCli(serveLine('n3', join(directory, 'n3'), ...joining));
  const node = startCli(serveLine('n2', join(directory, 'n2'), ...joining));
  for (const each of [idle, node]) {
    await each.until((_, errors) => logLines(errors, 'joining').length > 0);
  }
  idle.kill('SIGTERM');
  expect(await idle.ended).toBe(0);
  expect(existsSync(join(directory, 'n3'))).toBe(false);
  const founder = serveLine('n1', join(directory, 'n1'), '--listen', at, ...QUICK);
  startCli([...founder, '--peer-listen', `127.0.0.1:${await freeBasePort(1)}`]);
  await node.until((_, errors) => logLines(errors, 'joined').length > 0);
  const reasons = logLines(node.errors(), 'joining').map(({ message }) => message);
  expect(new Set(reasons).size).toBe(reasons.length);
  expect(reasons[0]).toContain('No server answered');
});

it('[CF5] a node that was started alone joins no cluster by --peers: it ends with 78, and only one cluster serves', async () => {
  const base = await freeBasePort(3);
  const peers = [1, 2, 3].map((at) => `n${at}=127.0.0.1:${base + at - 1}`).join(',');
  const line = (id: string, ...more: readonly string[]) =>
    serveLine(id, join(directory, id), '--listen', '127.0.0.1:0', ...QUICK, ...more);
  const alone = startCli(line('n1', '--peer-listen', '127.0.0.1:0'));
  await leading(alone);
  alone.kill('SIGTERM');
  expect(await alone.ended).toBe(0);
  const others = ['n2', 'n3'].map((id) => startCli(line(id, '--peers', peers)));
  const first = await runCliProcess(line('n1', '--peers', peers));
  expect(first.code).toBe(78);
  expect(first.errors).toContain('belongs to a cluster of n1 alone');
  expect(first.errors).toContain('--join');
  await Promise.race(others.map(leading));
  const again = startCli(line('n1', '--peer-listen', '127.0.0.1:0'));
  await leading(again);
});

it('[CL18] client commands work over pipes against a node', async () => {
  const cli = startCli(lineOf(join(directory, 'data')));
  const environment = { RAFTCHART_ENDPOINTS: await leading(cli) };
  expect(await runCliProcess(['put', 'a', 'x'], environment)).toMatchObject({
    code: 0,
    output: 'revision 2\n',
  });
  expect(await runCliProcess(['get', 'a'], environment)).toMatchObject({ code: 0, output: 'x' });
  const missing = await runCliProcess(['get', 'b'], environment);
  expect([missing.code, missing.output]).toEqual([1, '']);
  const watch = startCli(['watch', '--from', '2'], { environment });
  await watch.until((output) => output.includes('put  a  x'));
  watch.kill('SIGINT');
  expect(await watch.ended).toBe(0);
});
