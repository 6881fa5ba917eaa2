/** The option table: what it reads, in which order, what it refuses, and the help it makes. */
import { describe, expect, it } from 'vitest';
import { CliFailure } from '../../src/cli/failures/cli-failure.ts';
import { Refusal } from '../../src/cli/options/option-kinds.ts';
import { environmentName, OPTIONS, type OptionName } from '../../src/cli/options/option-table.ts';
import { readOptions, strayEnvironment } from '../../src/cli/options/read-options.ts';
import { COMMANDS } from '../../src/cli/run-cli.ts';
import { expectFailure, runFake } from './fake-context.ts';

const ALL = Object.keys(OPTIONS) as OptionName[];

function read(argv: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  return readOptions({ names: ALL, required: [], argv, environment });
}

function refusal(
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): string {
  try {
    read(argv, environment);
  } catch (error) {
    if (error instanceof CliFailure) return `${error.exitCode} ${error.message}`;
    throw error;
  }
  throw new Error(`not refused: ${argv.join(' ')}`);
}

describe('values', () => {
  it('[CL12] gives every option that has one its default, read by its own parser', () => {
    for (const name of ALL) {
      const { default: preset, kind } = OPTIONS[name];
      if (preset !== null) expect(kind(preset), name).not.toBeInstanceOf(Refusal);
    }
    const { values } = read([]);
    expect(values).toMatchObject({
      listen: { host: '127.0.0.1', port: 4100 },
      'election-timeout-ms': { fromMs: 300, toMs: 600 },
      'heartbeat-interval-ms': 50,
      endpoints: ['http://127.0.0.1:4100'],
      nodes: 3,
      'keys-only': false,
      id: null,
    });
  });

  it('[CL12] reads every kind of value', () => {
    const { values, positionals } = read([
      'first',
      '--listen=[::1]:0',
      ...['--peers', 'n1=a:1, n2=[::1]:2'],
      ...['--election-timeout-ms', '100'],
      ...['--endpoints', 'http://a:1/,https://b,ws://c:3'],
      ...['--inspect-peers', 'n2=http://b:4101/, n3=http://[::1]:4102'],
      ...['-o', 'json', '--keys-only', '--prefix', ''],
      '--',
      '--second',
    ]);
    expect(positionals).toEqual(['first', '--second']);
    expect(values.listen).toEqual({ host: '::1', port: 0 });
    expect(Object.fromEntries(values.peers ?? [])).toEqual({ n1: 'a:1', n2: '[::1]:2' });
    expect(Object.fromEntries(values['inspect-peers'] ?? [])).toEqual({
      n2: 'http://b:4101',
      n3: 'http://[::1]:4102',
    });
    expect(values['election-timeout-ms']).toEqual({ fromMs: 100, toMs: 100 });
    expect(values.endpoints).toEqual(['http://a:1', 'https://b', 'ws://c:3']);
    expect([values.output, values['keys-only'], values.prefix]).toEqual(['json', true, '']);
  });

  it('[CL14] prefers the flag to the environment, and that to the default', () => {
    const environment = { RAFTCHART_NODES: '5', RAFTCHART_KEYS_ONLY: 'true', RAFTCHART_ID: '' };
    expect(read([], environment).values).toMatchObject({ nodes: 5, 'keys-only': true, id: null });
    expect(read(['--nodes', '7'], environment).values.nodes).toBe(7);
  });

  it('[CL14] names the environment variable of every option by one rule', () => {
    expect(environmentName('election-timeout-ms')).toBe('RAFTCHART_ELECTION_TIMEOUT_MS');
    const names = ALL.map(environmentName);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('refusals', () => {
  it.each([
    ['--nodes 8', '--nodes must be a whole number from 1 to 7; it is "8".'],
    ['--nodes 0', '1 to 7'],
    ['--nodes=-1', '1 to 7'],
    ['--nodes many', '1 to 7'],
    ['--nodes 3.5', 'whole'],
    ['--nodes=', 'whole'],
    ['--revision 281474976710657', 'from 1 to 281474976710656'],
    ['--from 281474976710657', 'from 1 to 281474976710656'],
    ['--limit 4294967296', 'from 1 to 4294967295'],
    ['--listen 4100', '--listen must be HOST:PORT'],
    ['--listen a:65536', 'HOST:PORT'],
    ['--listen http://a:1', 'HOST:PORT'],
    ['--id a/b', '--id must be 1 to 64'],
    ['--id -x', '--id needs a value'],
    ['--id', '--id needs a value: --id ID'],
    ['--id a --id b', '--id is given twice'],
    ['--peers n1=a:1,n2', '--peers must be ID=HOST:PORT,ID=HOST:PORT,…; this part is not: "n2".'],
    ['--peers n1', 'this part is not: "n1".'],
    ['--peers n1=a:0', 'ID=HOST:PORT'],
    ['--peers n1=a:1,n1=a:2', 'names n1 twice'],
    ['--peers n1=a:1,n2=a:1', 'gives a:1 to two members'],
    ['--peers n1=a:1,', 'ID=HOST:PORT'],
    ['--endpoints 127.0.0.1:4100', 'http://'],
    [
      '--inspect-peers n2',
      'must be ID=http://HOST:PORT,ID=http://HOST:PORT,…; this part is not: "n2".',
    ],
    ['--inspect-peers n2=ws://a:1', 'ID=http://'],
    ['--inspect-peers n2=a:1', 'ID=http://'],
    ['--inspect-peers n2=http://a:1,n2=http://b:1', 'names n2 twice'],
    ['--election-timeout-ms 600-300', 'FROM-TO'],
    ['--election-timeout-ms 300-', 'FROM-TO'],
    ['-o xml', '--output must be one of: table, json'],
    ['--data-dir=', '--data-dir must not be empty'],
  ])('[CL13] [CL20] %s is a usage error: %s', (line, text) => {
    const said = refusal(line.split(' '));
    expect(said).toMatch(/^64 /);
    expect(said).toContain(text);
  });

  it('[CL13] blames the variable where the value came from', () => {
    expect(refusal([], { RAFTCHART_NODES: 'many' })).toContain('RAFTCHART_NODES must be');
    expect(refusal([], { RAFTCHART_ID: 'a b' })).toContain('RAFTCHART_ID must be 1 to 64');
  });

  it('[CL15] refuses options it does not know, and guesses what was meant', () => {
    expect(refusal(['--nodez', '3'])).toContain('--nodez is not an option of this command');
    expect(refusal(['--nodez', '3'])).toContain('Did you mean --nodes?');
    expect(refusal(['--election', '3'])).toContain('--election-timeout-ms?');
    expect(refusal(['-x'])).toContain('-x is not an option');
    expect(refusal(['--no-keys-only'])).toContain('not an option');
    expect(refusal(['--__proto__', 'x'])).toContain('not an option');
  });

  it('[CL15] points out variables that look like options and are none', () => {
    const environment = { RAFTCHART_NODES: '3', RAFTCHART_ELECTON_TIMEOUT_MS: '1', PATH: 'x' };
    expect(strayEnvironment(environment)).toEqual(['RAFTCHART_ELECTON_TIMEOUT_MS']);
  });

  it('[SV34] wants no streams of others where nothing is shown', async () => {
    const line = 'serve --id n1 --data-dir d --inspect-peers n2=http://127.0.0.1:1';
    const { errors, exitCode } = await runFake(line.split(' '));
    expect([exitCode, errors]).toEqual([64, expect.stringContaining('only with --inspect')]);
  });
});

describe('help', () => {
  it('[CL12] lists every command, and for each command every option with default and variable', async () => {
    const overview = await runFake(['--help']);
    expect(overview.exitCode).toBe(0);
    for (const line of overview.output.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
    for (const { name, options } of COMMANDS) {
      expect(overview.output).toContain(`\n  ${name} `);
      const { output, exitCode } = await runFake([name, '--help']);
      expect(exitCode).toBe(0);
      expect((await runFake(['help', name])).output).toBe(output);
      for (const option of options) {
        expect(output).toContain(`--${option}`);
        expect(output).toContain(environmentName(option));
        const { default: preset } = OPTIONS[option];
        if (preset !== null && preset !== 'false') expect(output).toContain(`default ${preset}`);
      }
      for (const line of output.split('\n').slice(1)) expect(line.length).toBeLessThanOrEqual(100);
    }
  });

  it('[CL12] [CL14] says which value wins, and a file only where one may be given', async () => {
    const order = async (name: string): Promise<string | undefined> =>
      /^Options \((.*)\):$/m.exec((await runFake([name, '--help'])).output)?.[1];
    const withFile =
      'a flag wins over its environment variable, that over the file, and that over the default';
    expect([await order('serve'), await order('check-config')]).toEqual([withFile, withFile]);
    expect(await order('put')).toBe(
      'a flag wins over its environment variable, that over the default',
    );
  });

  it('[CL12] [TL3] names the authorities that count without --cacert as the pages do', async () => {
    const { output } = await runFake(['get', '--help']);
    expect(output.replaceAll(/\s+/g, ' ')).toContain('Without it, those that Node.js brings along');
  });

  it('[CL12] promises in the help what the contract promises', async () => {
    const { output } = await runFake(['serve', '--help']);
    const promised = ['id', 'data-dir', 'listen', 'peer-listen', 'peers', 'join', 'snapshot-bytes'];
    const times = ['election-timeout-ms', 'heartbeat-interval-ms', 'snapshot-entries'];
    for (const name of [...promised, ...times]) expect(output).toContain(`  --${name} `);
    const { output: overview } = await runFake([]);
    for (const code of [0, 1, 64, 69, 70, 74, 75, 78])
      expect(overview).toMatch(new RegExp(`\\n +${code}  `));
  });

  it.each([
    [['putt', 'a', 'b'], '--help'],
    [
      ['--endpoints', 'http://127.0.0.1:4100', 'get', 'a'],
      'The command comes first, its options behind it',
    ],
    [['put', 'a'], 'raftchart put KEY VALUE'],
    [['get', 'a', 'b'], 'raftchart get KEY'],
  ])(
    '[CL13] refuses unknown commands and wrong arguments with the way to the help: %j',
    (argv, text) => expectFailure(runFake(argv), 64, text),
  );

  it('[CL12] says its version', async () => {
    expect((await runFake(['--version'])).output).toMatch(/^\d+\.\d+\.\d+/);
  });
});
