/** The client commands against a server over loopback, run in this process. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EXIT, exitCodeOf } from '../../src/cli/failures/exit-codes.ts';
import { staticConfiguration } from '../../src/core/configuration.ts';
import { ERROR_CODES, RaftError, type RaftErrorCode } from '../../src/core/errors.ts';
import { nodeId } from '../../src/core/types.ts';
import { type LocalServer, localServer } from '../server/local-server.ts';
import { type CliRun, expectFailure, type FakeOptions, runFake } from './fake-context.ts';
import { scratch } from './scratch.ts';

let server: LocalServer;
beforeEach(async () => {
  server = await localServer({ limits: { rangeKeysMax: 4 } });
});
afterEach(() => server.close());

const run = (argv: readonly string[], options: FakeOptions = {}): Promise<CliRun> =>
  runFake(argv, { environment: { RAFTCHART_ENDPOINTS: server.url }, ...options });

async function json(argv: readonly string[], options: FakeOptions = {}) {
  return JSON.parse((await run([...argv, '-o', 'json'], options)).output);
}

const clean = (output: string): CliRun => ({ exitCode: 0, output, errors: '' });

/** What a program reads on standard error where it asked for JSON: one object. */
async function failure(argv: readonly string[], options: FakeOptions = {}) {
  const { errors, exitCode, output } = await run(argv, options);
  expect(errors.trim().split('\n')).toHaveLength(1);
  return { exitCode, output, ...JSON.parse(errors) };
}

describe('put, get, del', () => {
  it('[CL18] writes, reads and deletes a key', async () => {
    expect(await run(['put', 'a', 'x'])).toEqual(clean('revision 2\n'));
    expect((await run(['get', 'a'])).output).toBe('x');
    expect((await run(['get', 'a'], { isTty: true })).output).toBe('x\n');
    expect((await run(['del', 'a'])).output).toBe('deleted, revision 3\n');
    expect(await run(['del', 'a'])).toEqual(clean('not there, revision 3\n'));
  });

  it('[CL17] answers in JSON for programs', async () => {
    expect(await json(['put', 'a', 'x'])).toEqual({ revision: 2, logId: '1-2' });
    expect(await json(['get', 'a'])).toMatchObject({ key: 'a', value: 'x', modRevision: 2 });
    expect(await json(['del', 'a'])).toEqual({ revision: 3, deleted: 1, logId: '1-3' });
  });

  it('[CL17] [RD5] reads what a write named, of whichever node, and without a leader', async () => {
    const { logId } = await json(['put', 'a', 'x']);
    expect(await run(['get', 'a', '--at-least', logId])).toEqual(clean('x'));
    expect(await json(['range', '--at-least', logId])).toMatchObject({ kvs: [{ value: 'x' }] });
    await expectFailure(run(['get', 'a', '--at-least', '2-2']), 1, 'never took effect');
    await expectFailure(run(['get', 'a', '--at-least', '2.2']), 64, '--at-least must be a term');
    const mixed = ['get', 'a', '--at-least', logId, '--consistency', 'lease'];
    await expectFailure(run(mixed), 64, 'Leave --consistency out');
  });

  it('[CL18] takes the value from standard input for -, byte by byte, and gives it back so', async () => {
    const input = new Uint8Array([0, 255, 10]);
    await run(['put', 'a', '-'], { input });
    const [kv] = server.replica.machine.range({ prefix: new Uint8Array() }).kvs;
    expect(Uint8Array.from(kv?.value ?? [])).toEqual(input);
    await run(['put', '--', '-k', '-v']);
    expect((await run(['get', '--', '-k'])).output).toBe('-v');
    expect((await run(['put', 'num', '-5', '-o', 'json'])).exitCode).toBe(0);
    expect((await run(['get', 'num'])).output).toBe('-5');
    await expectFailure(run(['put', 'k', '-hello']), 64, 'behind --');
  });

  it('[CL16] exits with 1 and a sentence for a key that does not exist', async () => {
    const { exitCode, output, errors } = await run(['get', 'nothing']);
    expect([exitCode, output]).toEqual([1, '']);
    expect(errors).toContain('"nothing"');
    expect(errors).toContain('RAFT_NOT_FOUND');
  });
});

describe('range', () => {
  beforeEach(async () => {
    for (let at = 0; at < 10; at += 1) await run(['put', `k${at}`, `v${at}`]);
  });

  it('[CL18] lists all keys, however many answers that takes, of one revision', async () => {
    const { kvs, more, revision } = await json(['range']);
    expect([kvs.length, more, revision]).toEqual([10, false, 11]);
    const keys = kvs.map(({ key }: { key: string }) => key);
    expect(keys).toEqual([...Array(10).keys()].map((at) => `k${at}`));
  });

  it.each([
    ['--prefix k3', ['k3']],
    ['--start k2 --end k4', ['k2', 'k3']],
    ['--limit 6', ['k0', 'k1', 'k2', 'k3', 'k4', 'k5']],
    ['--revision 3', ['k0', 'k1']],
    ['--prefix zzz', []],
  ])('[CL18] is narrowed down by %s', async (options, keys) => {
    const { kvs } = await json(['range', ...options.split(' ')]);
    expect(kvs.map(({ key }: { key: string }) => key)).toEqual(keys);
  });

  it('[CL17] shows a table to people', async () => {
    const { output } = await run(['range', '--limit', '2']);
    expect(output).toBe(
      'KEY  VALUE  MODIFIED  VERSION\nk0   v0            2        1\nk1   v1            3        1\n',
    );
    expect((await run(['range', '--prefix', 'none'])).output).toBe('no keys\n');
    expect((await run(['range', '--keys-only', '--limit', '1'])).output).not.toContain('VALUE');
  });
});

describe('txn', () => {
  const txn = JSON.stringify({
    compare: [{ key: 'a', target: 'version', op: '=', value: 0 }],
    success: [{ op: 'put', key: 'a', value: 'x' }],
    failure: [{ op: 'range', key: 'a' }],
  });

  it('[CL18] runs a transaction from standard input or a file; the failure branch is exit code 1', async () => {
    const succeeded = clean('succeeded, revision 2\n  put: revision 2\n');
    expect(await run(['txn'], { input: txn })).toEqual(succeeded);
    const path = join(scratch(), 'txn.json');
    await writeFile(path, txn);
    const { exitCode, output } = await run(['txn', '--file', path, '-o', 'json']);
    const answer = { succeeded: false, responses: [{ op: 'range' }] };
    expect([exitCode, JSON.parse(output)]).toMatchObject([1, answer]);
  });

  it('[CL17] shows people the keys and values that a transaction read', async () => {
    const operations = [
      { op: 'put', key: 'a', value: 'x' },
      { op: 'range', prefix: 'a' },
      { op: 'delete', key: 'b', returnPrevious: true },
      { op: 'range', prefix: 'b' },
    ];
    await run(['put', 'b', 'y']);
    expect((await run(['txn'], { input: JSON.stringify({ success: operations }) })).output).toBe(
      [
        'succeeded, revision 3',
        '  put: revision 3',
        '  range: 1 key',
        '    KEY  VALUE  MODIFIED  VERSION',
        '    a    x             3        1',
        '  delete: 1 deleted',
        '    KEY  VALUE  MODIFIED  VERSION',
        '    b    y             2        1',
        '  range: 0 keys',
        '',
      ].join('\n'),
    );
  });

  it('[CL13] refuses what is no transaction', async () => {
    for (const input of ['', 'nonsense', '{"sucess":[]}', new Uint8Array([0xff])]) {
      const { exitCode, errors } = await run(['txn'], { input });
      expect([input, exitCode]).toEqual([input, 64]);
      expect(errors).toMatch(/^raftchart txn: /);
    }
    expect((await run(['txn', '--file', '/nonexistent'])).exitCode).toBe(64);
  });
});

describe('watch', () => {
  it('[CL18] prints changes until it is interrupted', async () => {
    await run(['put', 'a', 'x']);
    const controller = new AbortController();
    const watching = run(['watch', '--prefix', '', '--from', '2'], {
      interrupted: controller.signal,
      onOutput: (output) => {
        if (output.split('\n').length > 2) controller.abort();
      },
    });
    await run(['del', 'a']);
    expect(await watching).toEqual(clean('       2  put  a  x\n       3  del  a\n'));
  });

  it('[CL17] prints one JSON object a line', async () => {
    await run(['txn'], {
      input: '{"success":[{"op":"put","key":"a","value":"x"},{"op":"put","key":"b","value":"y"}]}',
    });
    const controller = new AbortController();
    const { output } = await run(['watch', '--from', '1', '-o', 'json'], {
      interrupted: controller.signal,
      onOutput: () => controller.abort(),
    });
    expect(JSON.parse(output)).toMatchObject({ revision: 2, events: [{ key: 'a' }, { key: 'b' }] });
  });
});

it('[CL18] shows every endpoint, the silent ones too', async () => {
  const other = await localServer();
  await other.close();
  const silent = other.url;
  const endpoints = ['--endpoints', `${server.url},${silent}`];
  const { exitCode, output, errors } = await run(['status', ...endpoints]);
  expect(exitCode).toBe(0);
  const [head, first, second] = output.split('\n');
  expect(head).toMatch(/^ENDPOINT +ID +ROLE +TERM +LEADER +COMMIT/);
  expect(first).toMatch(/n1 +leader +1 +n1/);
  expect(second).toMatch(/^http:\/\/127.0.0.1:\d+ +- +unreachable/);
  expect(errors).toContain('ECONNREFUSED');
  expect(await json(['status'])).toMatchObject([{ endpoint: server.url, id: 'n1' }]);
  expect((await run(['status', '--endpoints', silent])).exitCode).toBe(69);
});

it('[OP3] the peers in status are counted, and each that is in trouble has a line', async () => {
  const { link } = server.replica;
  expect((await run(['status'])).output).toMatch(/PEERS +VERSION\n.* 1\/1 +9\.9\.9\n$/);
  const reason = 'it comes with another data directory\u001b[31m';
  server.replica.link = { ...link, problem: 'refused', reason };
  const { output } = await run(['status']);
  expect(output).toMatch(/ 0\/1 +9\.9\.9\n/);
  expect(output).toContain('n1 → n9: refused, it comes with another data directory\\u001b[31m\n');
  server.replica.link = { ...link, state: 'closed' };
  expect((await run(['status'])).output).toContain('n1 → n9: closed\n');
  server.replica.link = link;
});

describe('errors', () => {
  it('[CL26] are one JSON object on standard error where JSON was asked for, whatever went wrong', async () => {
    const missing = { exitCode: 1, output: '', code: 'RAFT_NOT_FOUND', retry: 'never' };
    const message = 'There is no key "x".';
    const environment = { RAFTCHART_ENDPOINTS: server.url, RAFTCHART_OUTPUT: 'json' };
    for (const flag of [['-o', 'json'], ['-ojson'], ['--output', 'json'], ['--output=json']]) {
      expect(await failure(['get', 'x', ...flag])).toEqual({ ...missing, message });
    }
    expect(await failure(['get', 'x'], { environment })).toEqual({ ...missing, message });
    expect((await run(['get', 'x', '-o', 'table'], { environment })).errors).toMatch(/^raftchart/);
    const usage = { exitCode: 64, code: 'RAFT_BAD_REQUEST', retry: 'never' };
    const unreachable = { exitCode: 69, code: 'RAFT_UNREACHABLE', retry: 'safe' };
    const away = '--endpoints http://127.0.0.1:1';
    for (const [line, expected] of [
      ['get', usage],
      ['get x --nonsense', usage],
      ['range --limit x', usage],
      ['txn', usage],
      ['gett', { ...usage, message: expect.stringContaining('Did you mean get?') }],
      [`put a b ${away}`, unreachable],
      [`del a ${away}`, unreachable],
      [`watch ${away}`, unreachable],
      [`status ${away}`, unreachable],
    ] as const) {
      const argv = [...line.split(' '), '-o', 'json'];
      expect(await failure(argv, { input: 'nonsense' }), line).toMatchObject(expected);
    }
    expect((await run(['get', 'x', '--', '-o', 'json'])).errors).toMatch(/^raftchart get: Usage/);
  });

  it('[CL13] says in plain words that a server does not speak TLS', async () => {
    const endpoints = ['--endpoints', server.url.replace('http:', 'https:')];
    for (const argv of [['put', 'a', 'x'], ['status']]) {
      const { exitCode, errors } = await run([...argv, ...endpoints]);
      expect([exitCode, errors]).toEqual([69, expect.stringContaining('use http://')]);
      expect(errors).not.toMatch(/openssl|ssl3|EPROTO/i);
    }
  });

  it.each([[['put', 'a', 'x']], [['status']], [['members']]])(
    '[CL13] says what to do where nobody listens: %j',
    async (argv) => {
      const { errors } = await run([...argv, '--endpoints', 'http://127.0.0.1:1']);
      expect(errors).toMatch(
        /Start a server there \(raftchart demo, or serve\), or name one that runs by --endpoints\. \(RAFT_UNREACHABLE, retry: safe\)\n$/,
      );
    },
  );

  it('[CL16] tells a server that cannot be reached, at once, from one that has no leader', async () => {
    const gone = await run(['put', 'a', 'x', '--endpoints', 'http://127.0.0.1:1']);
    expect(gone.exitCode).toBe(69);
    expect(gone.errors).toMatch(
      /^raftchart put: .*: nobody listens there \(ECONNREFUSED\).*RAFT_UNREACHABLE, retry: safe\)\n$/,
    );
    for (const [mood, expected, text] of [
      ['leaderless', 69, 'RAFT_NO_LEADER'],
      ['undecided', 75, 'outcomeUnknown'],
      ['silent', 75, 'RAFT_TIMED_OUT'],
    ] as const) {
      server.replica.mood = mood;
      const argv = mood === 'silent' ? ['get', 'a', '--timeout-ms', '50'] : ['put', 'a', 'x'];
      await expectFailure(run(argv), expected, text);
    }
  });

  it('[CL16] has a documented exit code for every error code', async () => {
    for (const code of Object.keys(ERROR_CODES) as RaftErrorCode[]) {
      const [usual, inVain] = [
        exitCodeOf(new RaftError(code, '')),
        exitCodeOf({ code, retry: 'never' }),
      ];
      expect(Object.values(EXIT), code).toContain(usual);
      expect(usual, code).not.toBe(EXIT.clean);
      expect(inVain, code).not.toBe(EXIT.temporary);
    }
    const text = await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8');
    const documented = [...text.matchAll(/^\| (\d+) \| \w/gm)].map(([, code]) => Number(code));
    expect(documented).toEqual(Object.values(EXIT));
  });

  it('[CL28] compacts, and says what to do when it cannot', async () => {
    for (const value of ['1', '2', '3']) await run(['put', 'a', value]);
    expect(await run(['compact', '3'])).toEqual(clean('history begins at 3 now, revision 4\n'));
    expect((await run(['get', 'a', '--revision', '2'])).exitCode).toBe(1);
    await expectFailure(run(['compact', '3']), 1, 'up to 4');
    const future = { exitCode: 1, code: 'RAFT_FUTURE_REVISION', retry: 'never' };
    expect(await failure(['compact', '9', '-o', 'json'])).toMatchObject(future);
    expect(await json(['compact', '4'])).toEqual({ revision: 4, compactedRevision: 4 });
    await expectFailure(run(['compact', 'all']), 64, 'whole number');
  });

  it('[CL34] takes a snapshot, and says through where it goes', async () => {
    const { index, bytes } = (await json(['snapshot'])) as { index: number; bytes: number };
    expect([index, bytes].every(Number.isSafeInteger)).toBe(true);
    const line = `snapshot through entry ${index}, ${bytes} bytes\n`;
    expect(await run(['snapshot'])).toEqual(clean(line));
    const away = ['snapshot', '--endpoints', 'http://127.0.0.1:1'];
    await expectFailure(run(away), 69, 'ECONNREFUSED');
  });

  it('[CL29] moves leadership, and says why it does not', async () => {
    expect(await failure(['transfer', '--to', 'n7', '-o', 'json'])).toMatchObject({
      exitCode: 1,
      output: '',
      code: 'RAFT_TRANSFER_REFUSED',
      retry: 'never',
      message: 'n7 is no member: leadership stays where it is; name one of n1',
    });
    expect(await run(['transfer', '--to', 'n9'])).toEqual(clean('n9 leads\n'));
    expect(await json(['transfer'])).toEqual({ leader: 'n9' });
    await expectFailure(run(['transfer', '--endpoints', 'http://127.0.0.1:1']), 69, 'ECONNREFUSED');
  });

  it('[CL30] lists the members, and how far each has come', async () => {
    server.replica.membership = {
      ...server.replica.membership,
      configuration: { ...staticConfiguration(['n1', 'n9'].map(nodeId)), learners: [nodeId('n4')] },
      addresses: { n9: '10.0.0.9:4200' },
    };
    const { output } = await run(['members']);
    expect(output).toMatch(/^ID +ROLE +ADDRESS +LINK +MATCH +LAG\n/);
    expect(output).toMatch(/\nn1 +voter, leads +- +- +1 +0\n/);
    expect(output).toMatch(/\nn9 +voter +10.0.0.9:4200 +open +1 +0\n/);
    expect(output).toMatch(/\nn4 +learner +- +- +- +-\n$/);
    expect(await json(['members'])).toMatchObject({ leader: 'n1', members: { joint: false } });
    await expectFailure(run(['members', '--endpoints', 'http://127.0.0.1:1']), 69, 'ECONNREFUSED');
    server.replica.link = { ...server.replica.link, matchIndex: null };
    server.replica.follow('n9');
    const elsewhere = await run(['members']);
    expect(elsewhere.output).toMatch(/\nn9 +voter, leads +10.0.0.9:4200 +open +- +-\n/);
    expect(elsewhere.errors).toContain('known to n9, which leads: name its server');
    expect(elsewhere.errors).toMatch(/^This is what n1 knows, with its own links\./);
  });

  it('[CL31] adds, promotes, replaces and removes members, any number at once', async () => {
    const voters = async (line: string) => (await run(line.split(' '))).output;
    expect(await voters('member add n4 a:1 n5 b:1')).toBe('voters: n1; learners: n4, n5\n');
    expect(await voters('member promote n4')).toBe('voters: n1, n4; learners: n5\n');
    expect(await voters('member replace n4 n6 c:1 n5 n7 d:1')).toBe('voters: n1, n6, n7\n');
    expect(await json(['member', 'remove', 'n6'])).toMatchObject({
      members: { voters: ['n1', 'n7'], learners: [] },
    });
    expect(server.replica.changes.at(2)).toEqual({
      add: { n6: 'c:1', n7: 'd:1' },
      promote: ['n6', 'n7'],
      remove: ['n4', 'n5'],
    });
  });

  it('[CL31] what can be no change of members is refused, in words that help', async () => {
    for (const [line, exitCode, words] of [
      ['member add n4', 64, 'member add ID HOST:PORT'],
      ['member add n4 somewhere', 64, 'must be HOST:PORT'],
      ['member add n4 a:0', 64, 'must be HOST:PORT'],
      ['member replace n1 n4 a:65536', 64, 'must be HOST:PORT'],
      ['member replace n1 n4', 64, 'member replace OLD ID HOST:PORT'],
      ['member rename n1 n2', 64, 'add, promote, remove or replace'],
      ['member remove n1', 1, 'the last voter'],
      ['member promote n4', 1, 'add it with its address first'],
    ] as const) {
      await expectFailure(run(line.split(' ')), exitCode, words);
    }
  });
});
