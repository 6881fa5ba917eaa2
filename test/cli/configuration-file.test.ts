/** Configuration files: what is read from them, what is refused and how, their schema, and what `check-config` says. */
import { execFileSync } from 'node:child_process';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { beforeEach, describe, expect, it } from 'vitest';
import { OPTIONS, type OptionName } from '../../src/cli/options/option-table.ts';
import { readOptions } from '../../src/cli/options/read-options.ts';
import { adjustableOf, RELOADED } from '../../src/cli/serving/reload.ts';
import { SERVE_FIELDS } from '../../src/cli/serving/serve-options.ts';
import { SETTING_OPTIONS } from '../../src/cli/serving/serve-settings.ts';
import { leading, logLines, startCli } from './cli-process.ts';
import { expectFailure, type FakeOptions, runFake } from './fake-context.ts';
import { scratch } from './scratch.ts';

let directory: string;
beforeEach(() => {
  directory = scratch();
});

function file(content: string | object, name = 'node.yaml'): string {
  const path = join(directory, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content, null, '\t'));
  return path;
}

const check = (path: string, more: readonly string[] = [], options: FakeOptions = {}) =>
  runFake(['check-config', path, ...more], options);

const BASE = { id: 'n1', 'data-dir': 'data' } as const;

/** What would be used: `[value, from]` of each option, the file's path cut off. */
async function used(path: string, more: readonly string[] = [], options: FakeOptions = {}) {
  const run = await check(path, [...more, '-o', 'json'], options);
  expect(run).toMatchObject({ errors: '', exitCode: 0 });
  const { fields } = JSON.parse(run.output) as {
    fields: Record<string, { value: string; from: string }>;
  };
  return Object.fromEntries(
    Object.entries(fields).map(([name, { value, from }]) => [
      name,
      [value, from.replace(path, 'file')],
    ]),
  );
}

/** A list of ten lists, each of ten of those before, and so on. */
function copies(depth: number): string {
  const lists = Array.from({ length: depth }, (_, at) =>
    at === 0
      ? '&a0 [x,x,x,x,x,x,x,x,x,x]'
      : `&a${at} [${Array(10)
          .fill(`*a${at - 1}`)
          .join(',')}]`,
  );
  return `[${lists.join(',')}]`;
}

/** A value of each option in each form, as a file has it and as a flag has it. */
const EXAMPLES: readonly (readonly [name: OptionName, inFile: unknown, asFlag: string])[] = [
  ['listen', '[::1]:4100', '[::1]:4100'],
  ['ui', true, 'true'],
  ['log-level', 'debug', 'debug'],
  ['heartbeat-interval-ms', 40, '40'],
  ['election-timeout-ms', '200-400', '200-400'],
  ['election-timeout-ms', 250, '250'],
  ['allow-host', ['a.example', 'b.example'], 'a.example,b.example'],
  ['join', ['http://a:1', 'http://b:2'], 'http://a:1,http://b:2'],
  ['peers', { n1: 'a:1', n2: '[::1]:2' }, 'n1=a:1,n2=[::1]:2'],
];

describe('a configuration file', () => {
  it('[CG11] is refused by its size before it is read, and what is no file is not waited for', async () => {
    const large = file('');
    truncateSync(large, 3 * 1024 ** 3);
    const pipe = join(directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
    await expectFailure(check(large), 78, 'node.yaml: it is larger than 65536 bytes');
    for (const path of [pipe, '/dev/zero', directory]) {
      await expectFailure(check(path), 78, `${path}: it is no file`);
      await expectFailure(runFake(['serve', '--config', path]), 78, `${path}: it is no file`);
    }
    const endless = file('#'.repeat(65_537));
    await expectFailure(check(endless), 78, 'it is larger than 65536 bytes');
    const whole = file(`${JSON.stringify(BASE)}${' '.repeat(65_000)}`);
    expect((await check(whole)).exitCode).toBe(0);
  });

  it('[CG1] takes each form of value, in YAML and in JSON, as its option does', async () => {
    for (const [name, inFile, asFlag] of EXAMPLES) {
      const json = await used(file({ ...BASE, [name]: inFile }));
      expect(json[name], name).toEqual([asFlag, 'file:4']);
    }
    const yaml = 'id: n1\ndata-dir: data # here\npeers:\n  n1: a:1\n  n2: "[::1]:2"\nui: true\n';
    expect(await used(file(yaml))).toMatchObject({
      id: ['n1', 'file:1'],
      peers: ['n1=a:1,n2=[::1]:2', 'file:3'],
      ui: ['true', 'file:6'],
    });
  });

  it('[CG1] [CL14] gives way to the environment and to flags, and wins over defaults', async () => {
    const path = file({ ...BASE, listen: 'a:1', 'peer-listen': 'a:2', 'log-level': 'warn' });
    const environment = { RAFTCHART_PEER_LISTEN: 'b:2', RAFTCHART_LOG_LEVEL: 'error' };
    expect(await used(path, ['--log-level', 'debug'], { environment })).toMatchObject({
      listen: ['a:1', 'file:4'],
      'peer-listen': ['b:2', 'RAFTCHART_PEER_LISTEN'],
      'log-level': ['debug', 'flag'],
      'halt-linger-ms': ['1000', 'default'],
    });
  });

  it('[CG1] a node runs by it, and by what is added on its line', async () => {
    const path = file({
      'data-dir': join(directory, 'data'),
      listen: '127.0.0.1:0',
      'peer-listen': '127.0.0.1:0',
      'election-timeout-ms': '40-80',
      'heartbeat-interval-ms': 10,
    });
    const cli = startCli(['serve', '--config', path, '--id', 'filed']);
    const { id } = await (await fetch(`${await leading(cli)}/status`)).json();
    expect(id).toBe('filed');
    cli.kill('SIGTERM');
    expect(await cli.ended).toBe(0);
  });

  it.each([
    ['a name that is none', 'id: n1\nlistn: a:1', 2, 'did you mean listen?'],
    [
      'another form',
      'id: n1\nui: "yes"',
      2,
      'ui must be true or false, without quotes; it is "yes"',
    ],
    ['a number for a text', 'id: 01', 1, 'id must be text, in quotes'],
    ['a text for a number', 'id: n1\n\nhalt-linger-ms: "5"', 3, 'halt-linger-ms must be a whole'],
    ['a number out of range', 'halt-linger-ms: -5', 1, 'it is "-5"'],
    ['no value', 'id: n1\npeers:', 2, 'peers must be a map, ID: VALUE for each member; it is null'],
    ['two values in one', 'peers: {n1: "a:1,n2=b:2"}', 1, 'peers must be a map'],
    ['a value that its kind refuses', 'id: n1\npeers:\n  n1: a', 2, 'peers must be ID=HOST:PORT'],
    ['a word that is none', 'log-level: loud', 1, 'log-level must be one of: debug'],
    ['the same twice', 'id: n1\nid: n2', 2, 'Map keys must be unique'],
    ['no YAML', 'id: n1\nlisten: [', 2, 'node.yaml:2: '],
    ['an alias of nothing', 'id: n1\nlisten: *there', 2, 'there'],
  ])('[CG2] refuses %s, with file, line and field', async (_, content, line, words) => {
    const path = file(content);
    const { errors, exitCode, output } = await check(path);
    expect(errors).toContain(words);
    expect(errors.startsWith(`raftchart check-config: ${path}:${line}: `), errors).toBe(true);
    expect(errors.trim()).toMatch(/^[^\n]*\.$/);
    expect([exitCode, output]).toEqual([78, '']);
  });

  it('[CG2] refuses what is no file or no map, and what is far too large', async () => {
    const gone = await check(join(directory, 'gone.yaml'));
    expect([gone.exitCode, gone.errors]).toEqual([
      78,
      expect.stringContaining('gone.yaml: it cannot be read'),
    ]);
    for (const content of ['', '- id', 'n1', `id: "${'n'.repeat(1024 * 1024)}"`]) {
      const { errors, exitCode } = await check(file(content));
      expect([exitCode, errors]).toEqual([
        78,
        expect.stringMatching(/it (must be a map|is larger)/),
      ]);
    }
  });

  it.each([
    ['lists in lists without end', `id: n1\nlisten: ${'['.repeat(50_000)}`],
    ['maps in maps without end', `id: n1\nlisten: ${'{a: '.repeat(50_000)}`],
    ['lists in lists that do end', `id: n1\nlisten: ${'['.repeat(20_000)}${']'.repeat(20_000)}`],
    ['a map in itself', 'id: n1\npeers: &all {n1: *all}'],
    ['a list in itself', 'id: n1\nlisten: &all [*all]'],
    ['copies of copies of copies', `id: n1\nlisten: ${copies(9)}`],
    ['two members under one name', 'id: n1\npeers: {"n1=a:1,n2": "b:2"}'],
  ])('[CG2] refuses %s, in one sentence', async (_, content) => {
    const path = file(content);
    const { errors, exitCode, output } = await check(path);
    expect(errors.startsWith(`raftchart check-config: ${path}`), errors.slice(0, 300)).toBe(true);
    expect(errors.trim()).toMatch(/^[^\n]*\.$/);
    expect([exitCode, output]).toEqual([78, '']);
  });

  it('[CG2] serve refuses it in the same words, before anything is touched', async () => {
    const path = file({ ...BASE, 'data-dir': join(directory, 'data'), listn: 'a:1' });
    const { errors, exitCode } = await runFake(['serve', '--config', path]);
    expect([exitCode, errors]).toEqual([
      78,
      expect.stringContaining(`${path}:4: listn is no option`),
    ]);
  });
});

describe('its schema', () => {
  const schema = JSON.parse(
    readFileSync(
      fileURLToPath(new URL('../../dist/cli/serve.schema.json', import.meta.url)),
      'utf8',
    ),
  );
  const isValid = new Ajv({ allErrors: true }).compile(schema);

  it('[CG3] has every option of serve and no other, and is what the command prints', async () => {
    expect(Object.keys(schema.properties)).toEqual(['$schema', ...SERVE_FIELDS]);
    const { output } = await runFake(['check-config', '--schema']);
    expect(JSON.parse(output)).toEqual(schema);
    const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
    expect(JSON.parse(manifest).exports['./serve.schema.json']).toBe(
      './dist/cli/serve.schema.json',
    );
  });

  it('[CG3] takes the forms of values that the reader takes, and no others', () => {
    for (const [name, inFile] of EXAMPLES) {
      expect(isValid({ $schema: 'x', [name]: inFile }), name).toBe(true);
    }
    const odd = [
      'text',
      '',
      5,
      1.5,
      true,
      null,
      [],
      ['a'],
      ['a,b'],
      [1],
      {},
      { n1: 'a' },
      { n1: 1 },
    ];
    for (const name of SERVE_FIELDS) {
      for (const value of odd) {
        const { form, words } = OPTIONS[name].kind;
        const text = form.textOf(value);
        const isTaken = text !== null && (words === undefined || words.includes(text));
        // Numbers have bounds in the schema, which the option's own kind knows, too.
        const isNumber = typeof value === 'number' || name === 'election-timeout-ms';
        if (!isNumber)
          expect([name, value, isValid({ [name]: value })]).toEqual([name, value, isTaken]);
      }
    }
    expect(isValid({ 'halt-linger-ms': -1 })).toBe(false);
    expect(isValid({ 'halt-linger-ms': 1.5 })).toBe(false);
    expect(isValid({ listn: 'a:1' })).toBe(false);
  });
});

describe('check-config', () => {
  it('[CG4] refuses what a start would refuse, in its words', async () => {
    const apart = file({ ...BASE, 'heartbeat-interval-ms': 500 });
    const contradiction = await check(apart);
    expect(contradiction).toMatchObject({ exitCode: 78, output: '' });
    const started = await runFake(['serve', '--config', apart]);
    const { exitCode: code, message } = JSON.parse(started.errors);
    expect([contradiction.errors, code]).toEqual([`raftchart check-config: ${message}\n`, 78]);
    const cases = [
      [{ ...BASE, peers: { n2: 'a:1' } }, 64, '--peers names n2 and not this node, n1'],
      [{ ...BASE, 'tls-cert': 'gone.pem', 'tls-key': 'gone.key' }, 78, 'gone.pem'],
      [{ ...BASE, 'cluster-secret-file': 'gone' }, 78, '--cluster-secret-file cannot be read'],
      [{ 'data-dir': 'data' }, 64, '--id is needed'],
      [{ id: 'n1' }, 64, '--data-dir is needed'],
    ] as const;
    for (const [content, code, words] of cases) {
      const { errors, exitCode } = await check(file(content));
      expect([exitCode, errors]).toEqual([code, expect.stringContaining(words)]);
    }
    const nothing = await runFake(['check-config']);
    expect([nothing.exitCode, nothing.errors]).toEqual([
      64,
      expect.stringContaining('check-config FILE'),
    ]);
  });

  it('[CG4] lists what would be used, and shows no secret and no control character', async () => {
    const path = file({ ...BASE, 'data-dir': 'da\u001bta', join: ['http://me:hidden@a:1'] });
    const environment = { RAFTCHART_LISTN: 'typo' };
    const { output, errors, exitCode } = await check(path, [], { environment });
    expect([exitCode, output]).toEqual([
      0,
      expect.stringMatching(/^OPTION +VALUE +FROM\nid +n1 +/),
    ]);
    expect(output).toMatch(/\njoin +http:\/\/…@a:1 +\S+node.yaml:4\n/);
    expect(output).toContain('da\\u001bta');
    expect(output).not.toContain('hidden');
    expect(errors).toContain('RAFTCHART_LISTN');
  });
});

const ADJUSTED = ['allow-host', 'log-level', ...SETTING_OPTIONS] as const;
/** Another value of an option than its default. */
const OTHER: Partial<Record<OptionName, string>> = {
  'allow-host': 'kv.example',
  'log-level': 'debug',
  'value-bytes-max': '7',
  'history-revisions': '7',
  'history-age-ms': '7',
  'snapshot-entries': '7',
  'suspicion-step-ms': '7',
};

describe('SIGHUP', () => {
  it('[CG5] what is called taken is what the server then goes by, and nothing else', () => {
    const adjusted = (argv: readonly string[]) => {
      const request = { names: ADJUSTED, required: [], argv, environment: {} };
      return JSON.stringify(adjustableOf(readOptions(request).values));
    };
    const before = adjusted([]);
    const changing = Object.entries(OTHER)
      .filter(([name, value]) => adjusted([`--${name}`, value]) !== before)
      .map(([name]) => name);
    expect(changing.sort()).toEqual([...RELOADED].sort());
  });

  it('[CG5] takes what may change, names what may not, and changes nothing for a broken file', async () => {
    const fields = {
      id: 'n1',
      'data-dir': join(directory, 'data'),
      listen: '127.0.0.1:0',
      'peer-listen': '127.0.0.1:0',
      'election-timeout-ms': '40-80',
      'heartbeat-interval-ms': 10,
    };
    const path = file(fields);
    const cli = startCli(['serve', '--config', path]);
    const url = await leading(cli);
    const put = async (bytes: number): Promise<number> => {
      const body = 'x'.repeat(bytes);
      return (await fetch(`${url}/kv/a`, { method: 'PUT', body })).status;
    };
    let heard = 0;
    const hangUp = async (content: string | object) => {
      file(content);
      heard += 1;
      cli.kill('SIGHUP');
      return cli.until((_, errors) => logLines(errors, 'configuration').at(heard - 1) ?? null);
    };
    expect(await put(9)).toBe(200);
    expect(await hangUp({ ...fields, 'value-bytes-max': 8, 'log-level': 'debug' })).toMatchObject({
      level: 'info',
      taken: ['log-level', 'value-bytes-max'],
    });
    expect(await put(9)).toBe(413);
    await cli.until((_, errors) =>
      logLines(errors, 'request').some(({ status }) => status === 413),
    );
    const broken = await hangUp('value-bytes-max: 4\nlistn: a:1');
    expect(broken).toMatchObject({
      level: 'error',
      message: expect.stringMatching(/node.yaml:2: listn is no option.*All is as before\.$/s),
    });
    expect(await hangUp('allow-host: &all [*all]')).toMatchObject({ level: 'error' });
    const contradicting = { ...fields, 'value-bytes-max': 1_600_000, 'log-level': 'debug' };
    expect(await hangUp(contradicting)).toMatchObject({ level: 'error' });
    expect([await put(9), await put(8)]).toEqual([413, 200]);
    const more = {
      ...fields,
      listen: '127.0.0.1:1',
      'log-level': 'debug',
      'allow-host': ['kv.example'],
    };
    expect(await hangUp(more)).toMatchObject({
      level: 'warn',
      taken: expect.arrayContaining(['value-bytes-max', 'allow-host']),
      waiting: ['listen'],
      message: 'listen: as before, until this node is restarted.',
    });
    expect(await put(9)).toBe(200);
    expect(await hangUp(more)).toMatchObject({ taken: [], waiting: ['listen'] });
    cli.kill('SIGTERM');
    expect(await cli.ended).toBe(0);
  });
});
