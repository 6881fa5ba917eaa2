/** What callers are told, and can name, has to keep up with what can be called. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { KvClient } from '../../src/client/kv-client.ts';
import { DEFAULT_LIMITS } from '../../src/core/limits.ts';
import { DEFAULT_SNAPSHOT_THRESHOLDS } from '../../src/core/snapshot-thresholds.ts';
import { DEFAULT_TIMING } from '../../src/rules/timing.ts';
import { unnamedRooms } from './documentation.ts';
import { inDirectory } from './in-directory.ts';
import { unofferedTypes } from './offered-types.ts';
import { strayLinks } from './page-links.ts';
import { listed } from './source-tree.ts';

function textOf(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}

/** In backquotes; behind it what the call is given, before it the method of the request. */
function untold(page: string, names: readonly string[]): readonly string[] {
  const text = textOf(page);
  return names.filter((name) => !new RegExp(`\`([A-Z]+ )?${name}[\`(]`).test(text));
}

it('[SC31] every path that the server answers and every call of the client stands on its page', () => {
  const routes = textOf('src/server/http/route-table.ts').matchAll(/pattern: '(\/[^']+)'/g);
  const paths = [...routes].map(([, path = '']) =>
    path.replace('*', '<key>').replace(/:(\w+)/, '<$1>'),
  );
  expect(paths).toContain('/members/<id>');
  expect(untold('docs/HTTP.md', [...paths, '/untold'])).toEqual(['/untold']);
  const calls = Object.getOwnPropertyNames(KvClient.prototype);
  expect(untold('docs/CLIENT.md', [...calls, 'untold'])).toEqual(['constructor', 'untold']);
});

/** Where each set of options is declared, and the page that has a row for each. */
const OPTIONS: readonly (readonly [page: string, file: string, ...names: readonly string[]])[] = [
  ['LIBRARY', 'library/node-options', 'NodeOptions'],
  ['LIBRARY', 'core/raft-state', 'RaftTiming'],
  ['LIBRARY', 'core/limits', 'Limits'],
  ['LIBRARY', 'core/snapshot-thresholds', 'SnapshotThresholds'],
  ['LIBRARY', 'library/machine', 'MachineDefinition', 'SnapshotFunctions', 'MachineVersions'],
  ['LIBRARY', 'library/machine', 'CommandContext'],
  ['LIBRARY', 'library/call-options', 'CallOptions', 'QueryOptions', 'TransferOptions'],
  ['LIBRARY', 'library/call-options', 'MembersOptions'],
  ['LIBRARY', 'library/session-options', 'SessionOptions', 'ProposeOptions'],
  ['LIBRARY', 'storage/disk-log-store', 'LevelLogStoreOptions'],
  ['LIBRARY', 'storage/memory-log-store', 'MemoryLogStoreOptions'],
  ['LIBRARY', 'transport/ws-transport', 'WebSocketTransportOptions'],
  ['LIBRARY', 'transport/tls-peer', 'PeerTls'],
  ['LIBRARY', 'transport/ws-secret-gate', 'PeerSecret'],
  ['CLIENT', 'client/client-options', 'ConnectOptions'],
  ['CLIENT', 'client/values/client-input', 'CallOptions', 'WriteOptions', 'ReadOptions'],
  ['CLIENT', 'client/values/client-input', 'Selection', 'RangeQuery', 'WatchQuery', 'TxnInput'],
  ['CLIENT', 'client/values/client-input', 'PutOptions', 'LeaseOptions'],
  ['CLIENT', 'client/coordination/lock', 'LockOptions'],
  ['CLIENT', 'client/coordination/registry', 'RegisterOptions'],
  ['CLIENT', 'client/coordination/store', 'ObserveOptions'],
];

function fieldsOf(file: string, name: string): readonly string[] {
  const [, body = ''] =
    new RegExp(`interface ${name}\\b[^{]*{([\\s\\S]*?)\\n}`).exec(textOf(`src/${file}.ts`)) ?? [];
  const fields = [...body.matchAll(/readonly (\w+)\??:/g)].map(([, field = '']) => field);
  expect(fields, name).not.toEqual([]);
  return fields;
}

/** Names stand in backquotes, in the rows of its tables and in what it lists below them. */
function untoldOptions(page: string, names: readonly string[]): readonly string[] {
  const rows = textOf(`docs/${page}.md`).match(/^[|-] .*$/gm) ?? [];
  const code = rows.flatMap((row) => row.match(/`[^`]+`/g) ?? []);
  const told = new Set(code.flatMap((each) => each.match(/\w+/g) ?? []));
  return names.filter((name) => !told.has(name));
}

/** As the page has it: `512 KiB`, `1.5 MiB`, `100,000`. */
function shown(value: number | null): string {
  if (value === null) return '`null`';
  const kib = value / 1024;
  if (!Number.isInteger(kib) || kib < 512) return value.toLocaleString('en');
  return kib < 1024 ? `${kib} KiB` : `${kib / 1024} MiB`;
}

it('[SC31] every option of the library and of the client has a row on its page', () => {
  for (const [page, file, ...names] of OPTIONS) {
    const fields = names.flatMap((name) => fieldsOf(file, name));
    expect(untoldOptions(page, [...fields, 'untold']), `${page} ${names}`).toEqual(['untold']);
  }
});

it('[SC31] the defaults on the page of the library are those in force', () => {
  const rows = textOf('docs/LIBRARY.md').split('\n');
  const defaults = { ...DEFAULT_LIMITS, ...DEFAULT_TIMING, ...DEFAULT_SNAPSHOT_THRESHOLDS };
  for (const [name, value] of Object.entries(defaults)) {
    const row = rows.find((each) => each.split('|')[1]?.includes(`\`${name}\``));
    const cell = row?.split('|')[2] ?? '';
    expect(cell.trim().split(/, (?=\d)/), name).toContain(shown(value));
  }
});

it('[EM11] some door exports every type that another export names', () => {
  const doors = ['src', 'src/client', 'src/testing', 'machines'].map(
    (door) => `dist/${door}/index.d.ts`,
  );
  // What its client says to a watch is public for the compiler only.
  const own = / \(in dist\/src\/client\/watching\/watch.d.ts Watch\)$/;
  expect(unofferedTypes(doors).filter((text) => !own.test(text))).toEqual([]);
  expect(unofferedTypes(['dist/src/ports/transport.d.ts'])).toContain(
    'dist/src/core/hello.d.ts Hello (in dist/src/ports/transport.d.ts PeerConnection)',
  );
});

it('[SC13] what a page of the package links to is there, and in the package', () => {
  const page = '[a](src/a.ts#L1) [b](test/b.ts) <img src="gone.svg"> [c](https://c) [d](#d)';
  inDirectory({ 'README.md': page, 'src/a.ts': '', 'test/b.ts': '' }, (directory) => {
    const stray = ['README.md: test/b.ts', 'README.md: gone.svg'];
    expect(strayLinks(directory, ['README.md', 'src', '*.svg'])).toEqual(stray);
  });
  const { files } = JSON.parse(textOf('package.json'));
  expect(strayLinks(fileURLToPath(new URL('../..', import.meta.url)), files)).toEqual([]);
});

it('[SC32] the page of the architecture names every part and every room', () => {
  const rooms = '| `deeds/`, `attic/` | what each effect comes to |';
  const page = ['`src/core` and', '', '| `src/node/` | |', '|---|---|', rooms].join('\n');
  const sources = ['core/types', 'node/node', 'node/deeds/disk', 'node/tree/life', 'kv/store'];
  const found = unnamedRooms(
    page,
    sources.map((path) => `src/${path}.ts`),
  );
  expect(listed(found)).toEqual([
    'docs/ARCHITECTURE.md:1 does not name src/kv.',
    'docs/ARCHITECTURE.md:3 src/node has a room tree.',
    'docs/ARCHITECTURE.md:3 src/node has no room attic.',
  ]);
  const all = ['src', 'visualizations'].flatMap((top) =>
    readdirSync(fileURLToPath(new URL(`../../${top}`, import.meta.url)), {
      recursive: true,
      encoding: 'utf8',
    })
      .filter((path) => /\.tsx?$/.test(path))
      .map((path) => `${top}/${path}`),
  );
  expect(all.length).toBeGreaterThan(500);
  expect(listed(unnamedRooms(textOf('docs/ARCHITECTURE.md'), all))).toEqual([]);
});

/** Of each file below these directories: its path and what it says. */
function textsBelow(directories: readonly string[]): readonly string[] {
  return directories.flatMap((directory) =>
    readdirSync(fileURLToPath(new URL(`../../${directory}`, import.meta.url)), {
      recursive: true,
      encoding: 'utf8',
    })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => textOf(`${directory}/${path}`)),
  );
}

it('[SC33] the page of operators has a row for each event of the log, and for no other', () => {
  const sources = textsBelow(['src/server', 'src/cli']).join('\n');
  const logged = sources.matchAll(/[(?:]\s*'(?:debug|info|warn|error)',\s*'(\w+)'\s*[,)]/g);
  const page = textOf('docs/OPERATING.md');
  const table = page.slice(page.indexOf('| `event` |'), page.indexOf('**Traces.**'));
  const rows = table.split('\n').flatMap((row) => row.split('|')[1]?.match(/\w+/g) ?? []);
  const events = new Set([...logged].map(([, event]) => event));
  expect(events.size).toBeGreaterThan(20);
  expect(rows.filter((name) => name !== 'event').toSorted()).toEqual([...events].toSorted());
});

it('[SC34] the tests that the page of security names are there', () => {
  const tests = textsBelow(['test']).join('\n').replaceAll('\\', '');
  const named = [...textOf('docs/SECURITY.md').matchAll(/`(\[[A-Z]+\d+\] ?[^`]*)`/g)];
  // An ellipsis stands for what is another in each of several tests.
  const isThere = ([, title = '']: RegExpExecArray): boolean =>
    title.split('…').every((part) => tests.includes(part.trim().replace(/[:,]$/, '')));
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter((each) => !isThere(each)).map(([, title]) => title)).toEqual([]);
});
