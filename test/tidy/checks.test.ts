/** Every check of `tidy.test.ts` can fail: each is shown a few lines that break its rule, and lines that do not. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { staleFiles } from '../../visualizations/generator/files.ts';
import { scatteredBounds } from './bounds.ts';
import * as shape from './chart-shape.ts';
import { inlineCode } from './chart-source.ts';
import { missingPaths, undocumentedErrors, undocumentedExports } from './documentation.ts';
import { unusedExports } from './exports.ts';
import { incompleteGallery } from './gallery.ts';
import { importCycles, importsAgainstLayers, nodeBoundTesting } from './layers.ts';
import { ambientInPureParts, nodeInPortableParts } from './purity.ts';
import { deadFiles } from './reachability.ts';
import { oversized } from './sizes.ts';
import { listed, type Offence, type SourceTree, treeOf } from './source-tree.ts';
import * as specification from './specification.ts';
import { loopholes, quietTests, undecidedTypes } from './strictness.ts';

type Check = (tree: SourceTree) => readonly Offence[];

/** The places that a check finds fault with, without the sentences. */
function found(check: Check, texts: Readonly<Record<string, string>>): readonly string[] {
  return listed(check(treeOf(texts))).map((line) => line.slice(0, line.indexOf(' ')));
}

const CHART = 'machines/door.machine.ts';

function chart(config: string, before = ''): Readonly<Record<string, string>> {
  const head = `import { setup } from 'xstate';\n${before}`;
  const types = `type Event = { type: 'push' } | { type: 'pull' };\n`;
  const body = `export const door = setup({ types: { events: {} as Event } }).createMachine(${config});\n`;
  return { [CHART]: head + types + body };
}

const GOOD = `{ id: 'door', description: 'A door.', on: { push: {}, pull: {} }, initial: 'shut',
  context: () => ({}), states: { shut: { description: 'Closed.' } } }`;

it('[SC1] finds charts that do not open alone, are not one, or need input', () => {
  const importing = chart(GOOD, `import { limits } from './limits.ts';\n`);
  expect(found(shape.closedCharts, importing)).toEqual([`${CHART}:1`]);
  const asking = chart(GOOD.replace('() => ({})', '({ input }) => ({ id: input.id })'));
  expect(found(shape.closedCharts, asking)).toEqual([`${CHART}:1`]);
  const extended = {
    [CHART]: `import { setup } from 'xstate';\nsetup({}).extend({}).createMachine({});`,
  };
  expect(found(shape.closedCharts, extended)).toEqual([`${CHART}:1`]);
  const untyped = chart(GOOD, 'enum Side { left, right }\n');
  expect(found(shape.closedCharts, untyped)).toEqual([`${CHART}:1`]);
  expect(found(shape.closedCharts, chart(GOOD))).toEqual([]);
});

it('[SC2] finds functions, calls and spreads inside a chart', () => {
  for (const action of ['() => {}', 'assign({})', 'open']) {
    expect(found(inlineCode, chart(`{ entry: ${action} }`))).toEqual([`${CHART}:3`]);
  }
  expect(found(inlineCode, chart('{ ...common }'))).toEqual([`${CHART}:3`]);
  const long = `{ entry: { type: 'open', params: ({ event }) => event } }`;
  expect(found(inlineCode, chart(long))).toEqual([`${CHART}:3`]);
  const named = `{ entry: { type: 'open', params: event }, context: () => ({}) }`;
  expect(found(inlineCode, chart(named))).toEqual([]);
});

it('[SC3] finds a state without a description', () => {
  const silent = chart(GOOD.replace(`{ description: 'Closed.' }`, '{}'));
  expect(found(shape.undescribedStates, silent)).toEqual([`${CHART}:4`]);
  expect(found(shape.undescribedStates, chart(GOOD))).toEqual([]);
});

it('[SC25] finds a state without a rule, and a rule that is not written down', () => {
  const page = { 'docs/SPEC.md': '- **EL1** (§3.3) Words.' };
  const root = (rules: string) => `{ id: 'door', meta: { rules: [${rules}] } }`;
  const find = (rules: string, silent: readonly string[] = []) =>
    found((tree) => shape.unfoundedStates(tree, silent), { ...chart(root(rules)), ...page });
  expect(find(`'EL1'`)).toEqual([]);
  expect(find(`'EL1', 'EL2'`)).toEqual([`${CHART}:1`]);
  expect(find('')).toEqual([`${CHART}:1`]);
  expect(find('', ['door'])).toEqual([]);
  const arrow = `{ id: 'door', meta: { rules: ['EL1'] }, on: { push: { meta: { rules: ['EL2'] } } } }`;
  expect(found((tree) => shape.unfoundedStates(tree, []), { ...chart(arrow), ...page })).toEqual([
    `${CHART}:1`,
  ]);
  const named = treeOf({ ...chart(root(`'EL1'`)), ...page });
  expect(shape.foundedCharts(named, ['door'])).toEqual(['door']);
  expect(shape.foundedCharts(named, [])).toEqual([]);
});

it('[SC4] finds an event that a leaf neither handles nor ignores', () => {
  const deaf = chart(GOOD.replace(', pull: {}', ''));
  expect(listed(shape.unheardEvents(treeOf(deaf)))).toEqual([
    `${CHART}:4 door.shut neither handles nor visibly ignores pull.`,
  ]);
  expect(found(shape.unheardEvents, chart(GOOD))).toEqual([]);
  const passing = deaf[CHART]?.replace(`'Closed.'`, `'Closed.', always: { target: 'open' }`) ?? '';
  const open = passing.replace(
    'states: {',
    `states: { open: { type: 'final', description: 'O.' },`,
  );
  expect(found(shape.unheardEvents, { [CHART]: open })).toEqual([]);
});

it('[SC4] reads the events from unions, interfaces and other files', () => {
  const types = `export type Event = Push | { readonly type: 'pull' };\ninterface Push { type: 'push' }`;
  const importing = (chart('{ id: "door" }')[CHART] ?? '').replace(
    /type Event.*\n/,
    `import type { Event } from './door.types.ts';\n`,
  );
  const tree = { [CHART]: importing, 'machines/door.types.ts': types };
  expect(found(shape.unheardEvents, tree)).toHaveLength(2);
});

it('[SC5] finds a level with more than twelve states', () => {
  const states = Array.from({ length: 13 }, (_, at) => `s${at}: {}`).join(', ');
  expect(found(shape.crowdedLevels, chart(`{ initial: 's0', states: { ${states} } }`))).toEqual([
    `${CHART}:1`,
  ]);
  expect(found(shape.crowdedLevels, chart(`{ initial: 'shut', states: { shut: {} } }`))).toEqual(
    [],
  );
});

it('[SC6] finds a chart that the catalogue or the gallery forgot', () => {
  const tree = treeOf(chart(GOOD));
  expect(shape.unlistedCharts(tree, ['window'])).toHaveLength(1);
  expect(shape.unlistedCharts(tree, ['door'])).toEqual([]);
  expect(incompleteGallery(tree)).toHaveLength(3);
});

it('[SC7] finds diagrams that are changed, missing or left over', () => {
  const directory = mkdtempSync(join(tmpdir(), 'raftchart-tidy-'));
  try {
    writeFileSync(join(directory, 'door.svg'), 'old');
    writeFileSync(join(directory, 'window.svg'), 'left');
    const files = new Map([
      ['door.svg', 'new'],
      ['door.mmd', 'text'],
    ]);
    expect(staleFiles(directory, files)).toEqual(['door.mmd', 'door.svg', 'window.svg']);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

it('[SC14] finds imports against the layers, of values and of types', () => {
  const upward = { 'src/rules/quorum.ts': `import type { Chart } from '../../machines/index.ts';` };
  expect(found(importsAgainstLayers, upward)).toEqual(['src/rules/quorum.ts:1']);
  const across = { 'src/storage/store.ts': `export { dial } from '../transport/dial.ts';` };
  expect(found(importsAgainstLayers, across)).toEqual(['src/storage/store.ts:1']);
  const xstate = { 'src/server/serve.ts': `import { createActor } from 'xstate';` };
  expect(found(importsAgainstLayers, xstate)).toEqual(['src/server/serve.ts:1']);
  const unplaced = { 'src/attic/old.ts': `import '../core/types.ts';` };
  expect(found(importsAgainstLayers, unplaced)).toEqual(['src/attic/old.ts:1']);
  const downward = { 'machines/bind.ts': `import { isQuorum } from '../src/rules/quorum.ts';` };
  expect(found(importsAgainstLayers, downward)).toEqual([]);
});

it('[SC15] finds a cycle at the import that closes it', () => {
  const circle = {
    'src/kv/one.ts': `import './two.ts';`,
    'src/kv/two.ts': `\nimport type { One } from './three.ts';`,
    'src/kv/three.ts': `export const later = () => import('./one.ts');`,
  };
  expect(found(importCycles, circle)).toEqual(['src/kv/three.ts:1']);
  expect(found(importCycles, { ...circle, 'src/kv/three.ts': '' })).toEqual([]);
});

it('[SC16] finds clocks, randomness, promises and Node in the pure parts', () => {
  const sins = [
    'Date.now()',
    'Math.random()',
    'setTimeout(() => {}, 1)',
    'globalThis.setInterval(() => {}, 1)',
    'queueMicrotask(() => {})',
    'performance.now()',
    'process.pid',
    'Promise.resolve()',
    'Buffer.from([])',
    'console.log()',
    'async () => {}',
  ];
  for (const sin of sins) {
    const path = 'src/core/sin.ts';
    expect(found(ambientInPureParts, { [path]: `export const sin = ${sin};` }), sin).toContain(
      `${path}:1`,
    );
  }
  const imported = { 'src/rules/sin.ts': `import { join } from 'node:path';` };
  expect(found(ambientInPureParts, imported)).toEqual(['src/rules/sin.ts:1']);
  const clean = `export function step(clock: { setTimeout(): void }, process: string): string {
    clock.setTimeout(); return process + Math.max(1, 2); }`;
  expect(found(ambientInPureParts, { 'src/core/clean.ts': clean })).toEqual([]);
});

it('[SC17] finds Node in the portable parts, and behind the simulator', () => {
  const store = { 'src/storage/memory-log-store.ts': 'export const bytes = Buffer.alloc(1);' };
  expect(found(nodeInPortableParts, store)).toEqual(['src/storage/memory-log-store.ts:1']);
  const adapter = { 'src/storage/disk/node-files.ts': `import 'node:fs';` };
  expect(found(nodeInPortableParts, adapter)).toEqual([]);
  const simulator = {
    'src/testing/simulator.ts': `import { open } from '../storage/store.ts';`,
    'src/storage/store.ts': `import { read } from './disk/node-files.ts';`,
    'src/storage/disk/node-files.ts': `import { readFile } from 'node:fs';`,
  };
  expect(found(nodeBoundTesting, simulator)).toEqual(['src/testing/simulator.ts:1']);
});

it('[SC18] finds long functions and long files, but not lists of tests', () => {
  const lines = (count: number): string => 'go();\n'.repeat(count);
  const long = { 'src/kv/long.ts': `function long(): void {\n${lines(59)}}\n` };
  expect(found(oversized, long)).toEqual(['src/kv/long.ts:1']);
  expect(
    found(oversized, { 'src/kv/short.ts': `function short(): void {\n${lines(58)}}\n` }),
  ).toEqual([]);
  expect(found(oversized, { 'src/kv/file.ts': lines(401) })).toEqual(['src/kv/file.ts:401']);
  expect(found(oversized, { 'src/kv/file.ts': lines(400) })).toEqual([]);
  const suite = {
    'test/kv.test.ts': `describe('kv', () => {\n${"it('works', () => {});\n".repeat(60)}});`,
  };
  expect(found(oversized, suite)).toEqual([]);
  const test = {
    'test/kv.test.ts': `describe('kv', () => {\nit('works', () => {\n${lines(60)}});\n});`,
  };
  expect(found(oversized, test)).toEqual(['test/kv.test.ts:2']);
});

it('[SC19] finds any, ! and enum', () => {
  const path = 'src/kv/loose.ts';
  for (const loose of [
    'let a: any',
    'b!.c',
    'enum D { e }',
    'let f!: string',
    'class G { h!: string }',
  ]) {
    expect(found(loopholes, { [path]: `${loose};` }), loose).toEqual([`${path}:1`]);
  }
  expect(found(loopholes, { [path]: 'const isIt = !b !== c;' })).toEqual([]);
});

it('[SC20] finds a file that nothing reaches', () => {
  const tree = {
    'package.json': `{ "exports": { ".": "./dist/src/index.js" }, "scripts": { "go": "tsx test/go.ts" } }`,
    'src/index.ts': `export { used } from './core/used.ts';`,
    'src/core/used.ts': '',
    'src/core/dead.ts': '',
    'test/go.ts': `run('test/child.ts')`,
    'test/child.ts': '',
  };
  expect(found(deadFiles, tree)).toEqual(['src/core/dead.ts:1']);
});

it('[SC21] finds rules without a test, tests without a rule, and gaps', () => {
  const page =
    '## XY: letters\n\n- **XY1** (own) One.\n- **XY3** (§3.5) Three.\n- XY4 is not a rule.\n';
  const tests = `it('[XY1] one', () => {}); it.each([])(\`[XY2] \${1}\`, () => {}); it('[A1] x', () => {}); it('y', () => {});`;
  const tree = { 'docs/SPEC.md': page, 'test/letters.test.ts': tests };
  const { malformedRules, rulesWithoutTest, testsWithoutRule } = specification;
  expect(listed(rulesWithoutTest(treeOf(tree)))).toEqual(['docs/SPEC.md:4 XY3 has no test.']);
  expect(listed(testsWithoutRule(treeOf(tree)))).toEqual([
    'test/letters.test.ts:1 XY2 is not in docs/SPEC.md.',
    'test/letters.test.ts:1 this test names no rule.',
  ]);
  expect(found(malformedRules, tree)).toEqual(['docs/SPEC.md:5', 'docs/SPEC.md:4']);
});

it('[SC21] finds known bugs without a test, tests of bugs that wait or are unknown, and gaps', () => {
  const one = 'test/one.test.ts';
  const rows = [
    `| A1 | Proven. | \`${one}\` |`,
    `| A2 | Named, but proven elsewhere. | \`${one}\` |`,
    '| A3 | Neither. | perhaps |',
    '| A4–A6 | Later. | waits for leases |',
    `| A8 | After a gap. | \`${one}\` |`,
    '| A9 | no sentence | waits for leases |',
    `| B1 | Behind a rule. | \`${one}\` (the rule) |`,
    '| B2 | In a play. | `test/plays/two.txt` |',
    '| B3 | In no play. | `test/plays/two.txt` |',
  ];
  const first = `it('[A1] x', () => {}); it('[A8] x', () => {}); it('[XY1] [B1] x of [C1]', () => {});`;
  const tree = {
    'docs/SPEC.md': rows.join('\n'),
    [one]: first,
    'test/plays/two.txt': '# Two (B2; §3.4).\n# Not B3.',
    'test/two.test.ts': `it('[A2] x', () => {});\nit('[A5] x', () => {});\nit('[D1] x', () => {});`,
  };
  const unproven = [2, 3, 9].map((line) => `docs/SPEC.md:${line}`);
  expect(found(specification.bugsWithoutTest, tree)).toEqual(unproven);
  expect(found(specification.testsWithoutBug, tree)).toEqual([
    `${one}:1`,
    'test/two.test.ts:2',
    'test/two.test.ts:3',
  ]);
  expect(found(specification.malformedBugs, tree)).toEqual(['docs/SPEC.md:6', 'docs/SPEC.md:5']);
});

it('[SC22] finds error codes that the page forgot, or still has', () => {
  const tree = {
    'src/core/errors.ts': `const CODES = {\n  RAFT_LOST: 'never',\n  RAFT_SAFE: 'safe' };`,
    'docs/errors.md': '| RAFT_SAFE | try again |\n| RAFT_OLD | gone |',
  };
  expect(found(undocumentedErrors, tree)).toEqual(['src/core/errors.ts:2', 'docs/errors.md:2']);
});

it('[SC23] finds public functions and classes without a docstring', () => {
  const tree = {
    'package.json': `{ "types": "./dist/src/index.d.ts", "default": "./dist/src/index.js" }`,
    'src/index.ts': `export * from './one.ts';\nimport { Two } from './two.ts';\nexport { Two };`,
    'src/one.ts': '/** Said. */\nexport function said(): void {}\nexport const unsaid = () => {};',
    'src/two.ts': 'export class Two {}\nexport function notPublic(): void {}',
  };
  expect(found(undocumentedExports, tree)).toEqual(['src/one.ts:3', 'src/two.ts:1']);
});

it('[SC27] finds pages and comments that name files which are gone', () => {
  const tree = {
    'src/here.ts': '/** Asks `there.ts`, `src/there.ts` and `src/gone.ts`. */',
    'src/there.ts': '// Beside `here.ts`; see `gone.ts`.',
    'docs/SPEC.md': 'First `src/here.ts`,\nthen `src/gone.ts`.',
  };
  expect(found(missingPaths, tree)).toEqual(['docs/SPEC.md:2', 'src/here.ts:1', 'src/there.ts:1']);
});

it('[SC24] finds tests that do not run and do not say why', () => {
  const path = 'test/quiet.test.ts';
  for (const quiet of [
    'it.skip',
    'it.only',
    'it.todo',
    'describe.skipIf(true)',
    'it.skip.each([])',
  ]) {
    expect(found(quietTests, { [path]: `${quiet}('[XY1] is quiet', () => {});` })).toEqual([
      `${path}:1`,
    ]);
    const said = `// Needs a tool that may be missing.\n${quiet}('[XY1] is quiet', () => {});`;
    expect(found(quietTests, { [path]: said })).toEqual([]);
  }
});

it('[SC26] finds a switch over types that has a default of its own, or none', () => {
  const path = 'src/node/said.ts';
  const told = (end: string): Readonly<Record<string, string>> => ({
    [path]: `function hear() { switch (message.type) { case 'Ping': break; ${end} } }`,
  });
  for (const end of ['', 'default: break;', 'default: return false;', 'default: say(message);']) {
    expect(found(undecidedTypes, told(end)), end).toEqual([`${path}:1`]);
  }
  expect(found(undecidedTypes, told('default: return unreachable(message);'))).toEqual([]);
  expect(found(undecidedTypes, told('default: unreachable(message);'))).toEqual([]);
  expect(found(undecidedTypes, { [path]: 'switch (message.kind) { default: }' })).toEqual([]);
});

it('[SC29] finds bounds that stand elsewhere, by name or by label', () => {
  const path = 'src/kv/store.ts';
  for (const bound of [
    'const KEYS_MAX = 512;',
    'export const PAUSE_MIN_MS = 2 * 5;',
    '/** Bound: keys. More are refused. */\nexport const KEYS = 512;',
  ]) {
    expect(found(scatteredBounds, { [path]: bound }), bound).toHaveLength(1);
    expect(found(scatteredBounds, { 'src/kv/limits.ts': bound }), bound).toEqual([]);
    expect(found(scatteredBounds, { 'src/testing/tool.ts': bound }), bound).toEqual([]);
  }
  const others = 'const WAIT_MS = 5;\nconst BYTES_MAX = { head: 1 };\nconst MAXIMAL = 7;';
  expect(found(scatteredBounds, { [path]: others })).toEqual([]);
});

it('[SC30] finds exports that nobody imports, whichever way others are', () => {
  const tree = {
    'package.json': `{ "exports": { ".": "./dist/src/index.js" } }`,
    'src/index.ts': `export { passedOn } from './kv/names.ts';\nexport const offered = 1;`,
    'src/kv/names.ts': `export const passedOn = 1;\nexport type Taken = 2;\nexport const left = 3;`,
    'src/kv/user.ts': `import type { Taken } from './names.ts';\nimport * as all from './whole.ts';`,
    'src/kv/whole.ts': 'export const one = 1;',
    'src/kv/late.ts': 'export const two = 2;',
    'src/kv/caller.ts': `const load = () => import('./late.ts');`,
  };
  expect(listed(unusedExports(treeOf(tree)))).toEqual(['src/kv/names.ts:3 nobody imports left.']);
});
