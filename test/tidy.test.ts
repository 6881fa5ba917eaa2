/**
 * The style, executable: each rule is held against the source tree and fails, with file and line and one sentence
 * each, on what `docs/STYLE.md` forbids. That it can fail is shown first, on a few lines that break it and a few that
 * do not. The checks are in `test/tidy`; what the linter can be told stands in `biome.json`.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { charts } from '../machines/index.ts';
import { drawAll, staleFiles } from '../visualizations/generator/files.ts';
import { scatteredBounds } from './tidy/bounds.ts';
import * as shape from './tidy/chart-shape.ts';
import { inlineCode } from './tidy/chart-source.ts';
import { missingPaths, undocumentedErrors, undocumentedExports } from './tidy/documentation.ts';
import { inDirectory } from './tidy/in-directory.ts';
import { importsAgainstLayers, nodeBoundTesting } from './tidy/layers.ts';
import { deadFiles, unusedExports } from './tidy/reachability.ts';
import { type Check, listed, readTree, treeOf } from './tidy/source-tree.ts';
import * as specification from './tidy/specification.ts';
import * as strictness from './tidy/strictness.ts';

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const tree = readTree(root);

type Texts = Readonly<Record<string, string>>;
/** Files of a made-up tree, and the places in it that a check finds fault with: `path:line`. */
type Example = readonly [texts: Texts, ...places: readonly string[]];

function found(check: Check, texts: Texts): readonly string[] {
  return listed(check(treeOf(texts))).map((line) => line.slice(0, line.indexOf(' ')));
}

/** Finds what the examples hold, and nothing in the repository. */
function expectKept(check: Check, ...examples: readonly Example[]): void {
  for (const [texts, ...places] of examples) {
    expect(found(check, texts), JSON.stringify(texts)).toEqual(places);
  }
  expect(listed(check(tree))).toEqual([]);
}

const CHART = 'machines/door.machine.ts';

function chart(config: string, before = ''): Texts {
  const head = `import { setup } from 'xstate';\n${before}`;
  const types = `type Event = { type: 'push' } | { type: 'pull' };\n`;
  const body = `export const door = setup({ types: { events: {} as Event } }).createMachine(${config});\n`;
  return { [CHART]: head + types + body };
}

const GOOD = `{ id: 'door', description: 'A door.', on: { push: {}, pull: {} }, initial: 'shut',
  context: () => ({}), states: { shut: { description: 'Closed.' } } }`;

it('[SC1] every chart opens alone and starts without input', () => {
  const extended = `import { setup } from 'xstate';\nsetup({}).extend({}).createMachine({});`;
  expectKept(
    shape.closedCharts,
    [chart(GOOD)],
    [chart(GOOD, `import { limits } from './limits.ts';\n`), `${CHART}:1`],
    [chart(GOOD.replace('() => ({})', '({ input }) => ({ id: input.id })')), `${CHART}:1`],
    [{ [CHART]: extended }, `${CHART}:1`],
    [chart(GOOD, 'enum Side { left, right }\n'), `${CHART}:1`],
  );
});

it('[SC2] every chart is one literal that names what it does', () => {
  const sins = [
    ...['() => {}', 'assign({})', 'open'].map((action) => `{ entry: ${action} }`),
    '{ ...common }',
    `{ entry: { type: 'open', params: ({ event }) => event } }`,
  ];
  const named = `{ entry: { type: 'open', params: event }, context: () => ({}) }`;
  const wrong = sins.map((config): Example => [chart(config), `${CHART}:3`]);
  expectKept(inlineCode, [chart(named)], ...wrong);
});

it('[SC3] every state is described in one line', () => {
  const silent = chart(GOOD.replace(`{ description: 'Closed.' }`, '{}'));
  expectKept(shape.undescribedStates, [silent, `${CHART}:4`], [chart(GOOD)]);
});

it('[SC25] every state names the rules that it is there for, and they are written down', () => {
  const naming = (...rules: readonly string[]): Texts => ({
    ...chart(`{ id: 'door', meta: { rules: ${JSON.stringify(rules)} } }`),
    'docs/SPEC.md': '- **EL1** (§3.3) Words.',
  });
  const arrow = `{ id: 'door', meta: { rules: ['EL1'] }, on: { push: { meta: { rules: ['EL2'] } } } }`;
  expectKept(
    shape.unfoundedStates,
    [naming('EL1')],
    [naming('EL1', 'EL2'), `${CHART}:1`],
    [naming(), `${CHART}:1`],
    [{ ...naming('EL1'), ...chart(arrow) }, `${CHART}:1`],
  );
});

it('[SC4] every leaf handles or visibly ignores every event', () => {
  const deaf = GOOD.replace(', pull: {}', '');
  const passing = deaf
    .replace(`'Closed.'`, `'Closed.', always: { target: 'open' }`)
    .replace('states: {', `states: { open: { type: 'final', description: 'O.' },`);
  const elsewhere = {
    [CHART]: (chart('{ id: "door" }')[CHART] ?? '').replace(
      /type Event.*\n/,
      `import type { Event } from './door.types.ts';\n`,
    ),
    'machines/door.types.ts': `export type Event = Push | { readonly type: 'pull' };\ninterface Push { type: 'push' }`,
  };
  expectKept(
    shape.unheardEvents,
    [chart(GOOD)],
    [chart(deaf), `${CHART}:4`],
    [chart(passing)],
    [elsewhere, `${CHART}:1`, `${CHART}:1`],
  );
});

it('[SC5] no level of a chart is crowded', () => {
  const holding = (count: number): Texts => {
    const states = Array.from({ length: count }, (_, at) => `s${at}: {}`).join(', ');
    return chart(`{ initial: 's0', states: { ${states} } }`);
  };
  expectKept(shape.crowdedLevels, [holding(13), `${CHART}:1`], [holding(12)]);
});

it('[SC6] every chart is in the catalogue and in the gallery', () => {
  const unlinked = Array.from({ length: 3 }, () => 'machines/README.md:1');
  expect(found(shape.hiddenCharts(['door']), chart(GOOD))).toEqual(unlinked);
  const catalogue = Object.values(charts).map(({ id }) => id);
  expectKept(shape.hiddenCharts(catalogue), [chart(GOOD), `${CHART}:1`, ...unlinked]);
});

it('[SC7] the committed diagrams are those that the charts give', () => {
  inDirectory({ 'door.svg': 'old', 'window.svg': 'left' }, (directory) => {
    const files = new Map([
      ['door.svg', 'new'],
      ['door.json', 'text'],
    ]);
    expect(staleFiles(directory, files)).toEqual(['door.json', 'door.svg', 'window.svg']);
  });
  const stale = staleFiles(`${root}/visualizations`, drawAll(charts));
  expect(stale, 'npm run visualize draws them again').toEqual([]);
});

it('[SC14] imports follow the layers', () => {
  const wrong = {
    'src/rules/quorum.ts': `import type { Chart } from '../../machines/index.ts';`,
    'src/storage/store.ts': `export { dial } from '../transport/dial.ts';`,
    'src/kv/keys/key.ts': `import type { Put } from '../commands/commands.ts';`,
    'src/server/serve.ts': `import { createActor } from 'xstate';`,
    'src/attic/old.ts': `import '../core/types.ts';`,
    'visualizations/page/fold/scene.ts': `import { said } from '../words/said.ts';`,
    'visualizations/page/stream/source.ts': `import { Setup } from '../../../src/server/setup.ts';`,
    'visualizations/page/view/panels.tsx': `import type { Run } from '../../playground/run/run.ts';`,
    'visualizations/page/main.tsx': `import { start } from '../playground/engine/run.ts';`,
    'visualizations/playground/session/shown.ts': `import { Theatre } from '../engine/theatre.ts';`,
    'visualizations/playground/engine/stage.ts': `import { Page } from '../../page/view/page.tsx';`,
    'visualizations/playground/run/link.ts': `import { World } from '../../../src/testing/world.ts';`,
    'visualizations/generator/box.ts': `import { assets } from '../bundler/assets.ts';`,
    'visualizations/attic/old.ts': `import '../../src/core/types.ts';`,
  };
  const downward = {
    'machines/bind.ts': `import { isQuorum } from '../src/rules/quorum.ts';`,
    'src/kv/watching/hub.ts': `import { Store } from '../store/store.ts';`,
    'visualizations/page/words/said.ts': `import { scene } from '../fold/scene.ts';`,
    'visualizations/page/view/page.ts': `import type { Setup } from '../../../src/server/setup.ts';`,
    'visualizations/playground/session/shown.ts': `import type { Beat } from '../engine/theatre.ts';`,
    'visualizations/playground/view/page.tsx': `import { Panels } from '../../page/view/panels.tsx';`,
    'visualizations/playground/main.tsx': `import { Shown } from './session/shown.ts';`,
    'visualizations/bundler/rules.ts': `import type { Rules } from '../page/words/rules.ts';`,
  };
  const places = Object.keys(wrong).map((path) => `${path}:1`);
  expectKept(importsAgainstLayers, [wrong, ...places], [downward]);
});

it('[SC15] [SC16] [SC17] [SC19] the linter finds cycles, clocks, Node, any, ! and enum', () => {
  const pure = `import { join } from 'node:path';
    export const sins = [Date.now(), setTimeout(() => {}, 1), globalThis.setInterval(() => {}, 1),
      queueMicrotask(() => {}), performance.now(), process.pid, Promise.resolve(),
      Buffer.from([]), console.log(), crypto.randomUUID(), setImmediate(() => {})];
    export const clean = (clock: { setTimeout(): void }, process: string): string => {
      clock.setTimeout(); return process + Math.max(1, 2); };`;
  const sins = {
    ...{ 'src/core/pure.ts': pure, 'src/rules/pure.ts': pure, 'machines/pure.ts': pure },
    'src/kv/one.ts': `import './two.ts';`,
    'src/kv/two.ts': `import type { One } from './three.ts';`,
    'src/kv/three.ts': `export const later = () => import('./one.ts');`,
    'src/storage/memory-log-store.ts': `import 'node:fs';\nexport const bytes = Buffer.alloc(1);`,
    'src/storage/disk/node-files.ts': `import 'node:fs';`,
    'src/cli/loose.ts': 'let a: any; b!.c; enum D { e }; export const isIt = !b !== c;',
  };
  const rules =
    /lint\/\w+\/(noImportCycles|noNodejsModules|noRestrictedGlobals|noExplicitAny|noNonNullAssertion|noEnum),file=.*?((?:src|machines)\/[^,]*)/g;
  inDirectory(sins, (directory) => {
    copyFileSync(`${root}/biome.json`, join(directory, 'biome.json'));
    const biome = `${root}/node_modules/@biomejs/biome/bin/biome`;
    const words = ['lint', '--vcs-enabled=false', '--max-diagnostics=none', '--reporter=github'];
    const { stdout } = spawnSync(process.execPath, [biome, ...words], { cwd: directory });
    const places = [...`${stdout}`.matchAll(rules)].map(([, rule, path]) => `${path} ${rule}`);
    expect(places.sort()).toEqual(
      [
        ...['src/core/pure.ts', 'src/rules/pure.ts', 'machines/pure.ts'].flatMap((path) => [
          `${path} noNodejsModules`,
          ...Array<string>(11).fill(`${path} noRestrictedGlobals`),
        ]),
        ...['one', 'two', 'three'].map((name) => `src/kv/${name}.ts noImportCycles`),
        'src/storage/memory-log-store.ts noNodejsModules',
        'src/storage/memory-log-store.ts noRestrictedGlobals',
        ...['noExplicitAny', 'noNonNullAssertion', 'noEnum'].map(
          (rule) => `src/cli/loose.ts ${rule}`,
        ),
      ].sort(),
    );
  });
});

it('[SC16] core, rules and charts wait for nothing and draw no chance', () => {
  const path = 'src/core/sin.ts';
  const sins = ['async () => {}', 'await 1', 'Math.random()'];
  const wrong = sins.map((sin): Example => [{ [path]: `export const sin = ${sin};` }, `${path}:1`]);
  expectKept(strictness.promisesAndChance, [{ [path]: 'Math.max(1, 2);' }], ...wrong);
});

it('[SC17] what the simulator leads to needs nothing of Node', () => {
  const simulator = {
    'src/testing/simulator.ts': `import { open } from '../storage/store.ts';`,
    'src/storage/store.ts': `import { read } from './disk/node-files.ts';`,
    'src/storage/disk/node-files.ts': `import { readFile } from 'node:fs';`,
  };
  expectKept(nodeBoundTesting, [simulator, 'src/testing/simulator.ts:1']);
});

it('[SC18] functions and files are short', () => {
  const lines = (count: number): string => 'go();\n'.repeat(count);
  const suite = `describe('kv', () => {\n${"it('works', () => {});\n".repeat(60)}});`;
  const test = `describe('kv', () => {\nit('works', () => {\n${lines(60)}});\n});`;
  expectKept(
    strictness.longFunctions,
    [{ 'src/kv/long.ts': `function long(): void {\n${lines(59)}}\n` }, 'src/kv/long.ts:1'],
    [{ 'src/kv/short.ts': `function short(): void {\n${lines(58)}}\n` }],
    [{ 'test/kv.test.ts': suite }],
    [{ 'test/kv.test.ts': test }, 'test/kv.test.ts:2'],
  );
  expectKept(
    strictness.longFiles,
    [{ 'src/kv/file.ts': lines(401) }, 'src/kv/file.ts:401'],
    [{ 'src/kv/file.ts': lines(400) }],
    [{ 'machines/door.machine.ts': lines(501) }, 'machines/door.machine.ts:501'],
    [{ 'machines/door.machine.ts': lines(500) }],
  );
});

it('[SC19] no declaration claims a value by !', () => {
  const path = 'src/kv/loose.ts';
  expectKept(
    strictness.claimedValues,
    ...['let f!: string;', 'class G { h!: string }'].map(
      (loose): Example => [{ [path]: loose }, `${path}:1`],
    ),
  );
});

it('[SC20] no file is dead', () => {
  const texts = {
    'package.json': `{ "exports": { ".": "./dist/src/index.js" }, "scripts": { "go": "tsx test/go.ts" } }`,
    'src/index.ts': `export { used } from './core/used.ts';`,
    'src/core/used.ts': '',
    'src/core/dead.ts': '',
    'test/go.ts': `run('test/child.ts')`,
    'test/child.ts': '',
  };
  expectKept(deadFiles, [texts, 'src/core/dead.ts:1']);
});

it('[SC21] rules and tests name each other', () => {
  const page =
    '## XY: letters\n\n- **XY1** (own) One.\n- **XY3** (§3.5) Three.\n- XY4 is not a rule.\n';
  const tests = `it('[XY1] one', () => {});\nit.each([])(\`[XY2] \${1}\`, () => {});\nit('y', () => {});`;
  const texts = { 'docs/SPEC.md': page, 'test/letters.test.ts': tests };
  expectKept(specification.rulesWithoutTest, [texts, 'docs/SPEC.md:4']);
  const places = [2, 3].map((line) => `test/letters.test.ts:${line}`);
  expectKept(specification.testsOfNothing, [texts, ...places]);
  expectKept(specification.malformedLines, [texts, 'docs/SPEC.md:5', 'docs/SPEC.md:4']);
});

it('[SC21] known bugs and tests name each other', () => {
  const one = 'test/one.test.ts';
  const two = 'test/two.test.ts';
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
    '- **XY1** (own) One.',
  ];
  const texts = {
    'docs/SPEC.md': rows.join('\n'),
    [one]: `it('[A1] x', () => {}); it('[A8] x', () => {}); it('[XY1] [B1] x of [C1]', () => {});`,
    'test/plays/two.txt': '# Two (B2; §3.4).\n# Not B3.',
    [two]: `it('[A2] x', () => {});\nit('[A5] x', () => {});\nit('[D1] x', () => {});`,
  };
  const unproven = [2, 3, 9].map((line) => `docs/SPEC.md:${line}`);
  expectKept(specification.bugsWithoutTest, [texts, ...unproven]);
  expectKept(specification.testsOfNothing, [texts, `${one}:1`, `${two}:2`, `${two}:3`]);
  expectKept(specification.malformedLines, [texts, 'docs/SPEC.md:6', 'docs/SPEC.md:5']);
});

it('[SC22] every error code is documented, and no other', () => {
  const texts = {
    'src/core/errors.ts': `const CODES = {\n  RAFT_LOST: 'never',\n  RAFT_SAFE: 'safe' };`,
    'docs/errors.md': '| RAFT_SAFE | try again |\n| RAFT_OLD | gone |',
  };
  expectKept(undocumentedErrors, [texts, 'src/core/errors.ts:2', 'docs/errors.md:2']);
});

it('[SC23] every public function and class has a docstring', () => {
  const texts = {
    'package.json': `{ "types": "./dist/src/index.d.ts", "default": "./dist/src/index.js" }`,
    'src/index.ts': `export { said, unsaid } from './one.ts';\nexport { Two } from './two.ts';\nexport function own() {}`,
    'src/one.ts': '/** Said. */\nexport function said(): void {}\nexport const unsaid = () => {};',
    'src/two.ts': 'export class Two {}\nexport function notPublic(): void {}',
  };
  const places = ['src/one.ts:3', 'src/two.ts:1', 'src/index.ts:3'];
  expectKept(undocumentedExports, [texts, ...places]);
});

it('[SC24] every test runs, or says why not, and has the time that tests have', () => {
  const path = 'test/quiet.test.ts';
  const quiet = ['it.skip', 'it.only', 'it.todo', 'describe.skipIf(true)', 'it.skip.each([])'];
  const calls = quiet.map((callee) => `${callee}('[XY1] is quiet', () => {});`);
  expectKept(
    strictness.quietTests,
    ...calls.map((call): Example => [{ [path]: call }, `${path}:1`]),
    ...calls.map((call): Example => [{ [path]: `// Needs a tool that may be missing.\n${call}` }]),
  );
  const waits = (ms: number, waitMs: number): Texts => ({
    [path]: `it.each([1])('%s', () => {}, ${ms});\nexpect.poll(look, { timeout: ${waitMs} });`,
  });
  const shorter: Example = [waits(179_999, 29_999), `${path}:1`, `${path}:2`];
  expectKept(strictness.impatientTests, shorter, [waits(180_000, 30_000)]);
});

it('[SC26] no default decides about a message', () => {
  const path = 'src/node/said.ts';
  const told = (end: string): Texts => ({
    [path]: `function hear() { switch (message.type) { case 'Ping': break; ${end} } }`,
  });
  const wrong = ['', 'default: break;', 'default: return false;', 'default: say(message);'];
  expectKept(
    strictness.undecidedTypes,
    ...wrong.map((end): Example => [told(end), `${path}:1`]),
    [told('default: return unreachable(message);')],
    [told('default: unreachable(message);')],
    [{ [path]: 'switch (message.kind) { default: }' }],
  );
});

it('[SC27] pages and comments name files that are there', () => {
  const texts = {
    'src/here.ts': '/** Asks `there.ts`, `src/there.ts` and `src/gone.ts`. */',
    'src/there.ts': '// Beside `here.ts`; see `gone.ts`.',
    'docs/SPEC.md': 'First `src/here.ts`,\nthen `src/gone.ts`.',
  };
  expectKept(missingPaths, [texts, 'docs/SPEC.md:2', 'src/here.ts:1', 'src/there.ts:1']);
});

it('[SC29] every bound stands in the limits of its part', () => {
  const bounds = [
    'const KEYS_MAX = 512;',
    'export const PAUSE_MIN_MS = 2 * 5;',
    '/** Bound: keys. More are refused. */\nexport const KEYS = 512;',
  ];
  const others = 'const WAIT_MS = 5;\nconst BYTES_MAX = { head: 1 };\nconst MAXIMAL = 7;';
  const path = 'src/kv/store.ts';
  expectKept(
    scatteredBounds,
    ...bounds.map((bound, at): Example => [{ [path]: bound }, `${path}:${at < 2 ? 1 : 2}`]),
    ...bounds.map((bound): Example => [{ 'src/kv/limits.ts': bound, 'src/testing/a.ts': bound }]),
    [{ [path]: others }],
  );
});

it('[SC30] every export is imported', () => {
  const texts = {
    'package.json': `{ "exports": { ".": "./dist/src/index.js" } }`,
    'src/index.ts': `export { passedOn } from './kv/names.ts';\nexport const offered = 1;`,
    'src/kv/names.ts': `export const passedOn = 1;\nexport type Taken = 2;\nexport const left = 3;`,
    'src/kv/user.ts': `import type { Taken } from './names.ts';\nimport * as all from './whole.ts';`,
    'src/kv/whole.ts': 'export const one = 1;',
    'src/kv/late.ts': 'export const two = 2;',
    'src/kv/caller.ts': `const load = () => import('./late.ts');`,
  };
  expectKept(unusedExports, [texts, 'src/kv/names.ts:3']);
});
