/**
 * `npm run packed`: what a user gets. Installs the tarball into an empty folder with install scripts off, compiles
 * programs that use every door under the strictest options, with the oldest and the newest XState that are allowed, and
 * runs the README's example on several versions of Node.js (their binaries come as packages). Exits 1 if any of it fails.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { wordsOf } from '../command-words.ts';
import { countTogether } from '../processes/count-together.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const USAGE = `npm run packed --
  --versions 20,22,24   the versions of Node.js to run the README's example on`;
const { values } = wordsOf(USAGE, {
  options: { versions: { type: 'string', default: '20,22,24' } },
});

/** An empty folder with the tarball installed, and `tsx` to run TypeScript with. */
async function install(directory: string): Promise<void> {
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', directory], {
    cwd: ROOT,
  });
  const packed: unknown = JSON.parse(stdout.slice(stdout.indexOf('[')));
  const [{ filename }] = packed as [{ filename: string }];
  // No `"type": "module"`: npm writes none into an empty folder either, so a user's programs have to be `.mts`.
  await writeFile(join(directory, 'package.json'), '{ "private": true }');
  await run('npm', ['install', '--ignore-scripts', `./${filename}`, 'tsx'], { cwd: directory });
}

/** What a user writes: with a state machine of their own, and with the charts. */
const MACHINE_USER = `import { createNode, defineMachine, memoryLogStore, type RaftError } from 'raftchart';
import { connect } from 'raftchart/client';

const machine = defineMachine({
  initial: () => ({ count: 0 }),
  commands: { add: (state, by: number) => (state.count += by) },
  queries: { count: (state) => state.count },
});
export async function count(): Promise<number> {
  await using node = await createNode({ id: 'n1', machine, store: memoryLogStore() });
  const { result } = await node.propose('add', 1);
  return result + (await node.query('count'));
}
export const client = connect({ endpoints: ['http://127.0.0.1:4100'] });
export const codeOf = (error: RaftError): string => error.code;
`;
const CHART_USER = `import { charts } from 'raftchart/machines';
import * as testing from 'raftchart/testing';
import { type AnyStateMachine, createActor } from 'xstate';

const machines: readonly AnyStateMachine[] = Object.values(charts);
export const actors = machines.map((machine) => createActor(machine, { input: {} }).id);
export const doors: readonly string[] = Object.keys(testing);
`;
const STRICT = {
  target: 'ES2022',
  module: 'NodeNext',
  lib: ['ES2023', 'ESNext.Disposable', 'DOM'],
  types: ['node'],
  noEmit: true,
  strict: true,
  noUncheckedIndexedAccess: true,
  noImplicitOverride: true,
  verbatimModuleSyntax: true,
};
/** XState's own types fail `exactOptionalPropertyTypes` if libraries are checked: beside it, one or the other. */
const COMPILATIONS = [
  { file: 'counting.mts', options: { exactOptionalPropertyTypes: true, skipLibCheck: false } },
  { file: 'charts.mts', options: { exactOptionalPropertyTypes: false, skipLibCheck: false } },
  { file: 'charts.mts', options: { exactOptionalPropertyTypes: true, skipLibCheck: true } },
] as const;

/** Compiles both programs and runs them beside one version of XState. */
async function useWithXState(directory: string, version: string): Promise<void> {
  const own = await manifestOf();
  const names = ['typescript', '@types/node'];
  const tools = names.map((name) => `${name}@${own.devDependencies[name]}`);
  const argv = ['install', '--ignore-scripts', `xstate@${version}`, ...tools];
  await run('npm', argv, { cwd: directory });
  await writeFile(join(directory, 'counting.mts'), MACHINE_USER);
  await writeFile(join(directory, 'charts.mts'), CHART_USER);
  for (const { file, options } of COMPILATIONS) {
    const settings = { compilerOptions: { ...STRICT, ...options }, files: [file] };
    await writeFile(join(directory, 'tsconfig.json'), JSON.stringify(settings));
    await run('npx', ['tsc', '-p', '.'], { cwd: directory }).catch((error: { stdout: string }) => {
      throw new Error(`types of ${file} with xstate ${version}: ${error.stdout}`);
    });
  }
  const use = `import { count } from './counting.mts'; import './charts.mts';
    process.exit((await count()) === 2 ? 0 : 1);`;
  await writeFile(join(directory, 'use.mts'), use);
  await run('npx', ['tsx', 'use.mts'], { cwd: directory });
  console.log(
    `xstate ${version}: compiled under the strictest options, counted, made actors of the charts`,
  );
}

/** The oldest and the newest version in the range of `peerDependencies`. */
async function xstateVersions(): Promise<readonly string[]> {
  const { peerDependencies } = await manifestOf();
  const wanted = `xstate@${peerDependencies.xstate}`;
  const { stdout } = await run('npm', ['view', wanted, 'version', '--json'], { cwd: ROOT });
  const versions = [JSON.parse(stdout)].flat() as string[];
  return [...new Set([versions[0] ?? '', versions.at(-1) ?? ''])];
}

type Versions = Readonly<Record<string, string>>;

async function manifestOf(): Promise<{ peerDependencies: Versions; devDependencies: Versions }> {
  return JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
}

async function nodeBinary(directory: string, version: string): Promise<string> {
  const folder = join(directory, `node-${version}`);
  await run('npm', ['install', '--prefix', folder, `node@${version}`], { cwd: directory });
  return join(folder, 'node_modules', 'node', 'bin', 'node');
}

async function runExample(directory: string, node: string, version: string): Promise<string> {
  const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
  const example = /```ts\n(import \{ once[\s\S]*?)```/.exec(readme)?.[1];
  if (example === undefined) throw new Error('the README has no example');
  const source = example.replaceAll('data-', `data-${version}-`);
  const tsx = join(directory, 'node_modules', 'tsx', 'dist', 'cli.mjs');
  await countTogether(source, { directory, file: 'counter.mts', runner: [node, tsx] });
  return (await run(node, ['--version'])).stdout.trim();
}

const directory = await mkdtemp(join(tmpdir(), 'raftchart-packed-'));
try {
  await install(directory);
  console.log('installed from the tarball, install scripts off');
  for (const version of await xstateVersions()) await useWithXState(directory, version);
  for (const version of values.versions.split(',')) {
    const isOwn = process.version.startsWith(`v${version}.`);
    const node = isOwn ? process.execPath : await nodeBinary(directory, version);
    console.log(`${await runExample(directory, node, version)}: three processes counted together`);
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}
