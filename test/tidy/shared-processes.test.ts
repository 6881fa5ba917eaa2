/** Test files that share a process. */
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { missingLoneFiles, unfitForSharing } from './shared-processes.ts';
import { listed, readTree, treeOf } from './source-tree.ts';

it('[SC36] whoever shares a process leaves it as it was, and does not measure it', () => {
  const room = 'test/rules/one.test.ts';
  const sins = [
    `process.env.PATH = '';`,
    'delete process.env.PATH;',
    'Math.random = () => 0;',
    `Object.defineProperty(globalThis, 'name', {});`,
    `import { Store } from '../../src/kv/store.ts';\nStore.prototype.write = () => {};`,
    `process.on('exit', () => {});`,
    'const before = process.memoryUsage().heapUsed;',
    `vi.stubGlobal('location', {});`,
    `setFlagsFromString('--expose-gc');`,
  ];
  for (const sin of sins) {
    const line = sin.split('\n').length;
    const place = `${room}:${line} touches what all files of its process have in common.`;
    expect(listed(unfitForSharing(treeOf({ [room]: sin })))).toEqual([place]);
    expect(listed(unfitForSharing(treeOf({ 'test/processes/one.test.ts': sin })))).toEqual([]);
  }
  const fit = [
    'class Own {}\nOwn.prototype.x = 1;\nafterEach(() => {});',
    'const own = Object.assign(Object.create(null), { y: process.env.PATH }); own.z = 1;',
    `import { gate } from './stage.ts';\ngate.isOpen = true;`,
  ].join('\n');
  expect(listed(unfitForSharing(treeOf({ [room]: fit })))).toEqual([]);
});

it('[SC36] what it imports neither, and that registers nothing for whoever reads it first', () => {
  const texts = {
    'test/rules/one.test.ts': `import { own } from '../stage.ts';\nimport type { All } from '../all.ts';`,
    'test/stage.ts': `export const own = () => afterEach(() => {});\nafterEach(() => {});`,
    'test/all.ts': 'export type All = 1;\nprocess.exit();',
  };
  expect(listed(unfitForSharing(treeOf(texts)))).toEqual([
    'test/stage.ts:2 registers a hook or a test as it is read.',
  ]);
});

it('[SC36] so it is here', () => {
  const tree = readTree(fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, ''));
  expect(listed(unfitForSharing(tree))).toEqual([]);
  expect(missingLoneFiles(tree)).toEqual([]);
});
