/** The rooms of a part. */
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { circlesOfRooms } from './rooms.ts';
import { listed, readTree, treeOf } from './source-tree.ts';

it('[SC35] no room needs itself through what it sees of others', () => {
  const circle = {
    'src/kv/a/one.ts': `import type { Two } from '../b/two.ts';\nimport './other.ts';`,
    'src/kv/b/two.ts': `import '../c.ts';\nimport '../../node/a/one.ts';`,
    'src/kv/c.ts': `export const later = () => import('./a/other.ts');`,
  };
  const none = {
    'src/kv/a/other.ts': `import '../limits.ts';`,
    'src/kv/d/three.ts': `import '../a/one.ts';`,
    'src/node/a/one.ts': `import '../../kv/d/three.ts';`,
    'src/index.ts': `import './kv/a/one.ts';`,
  };
  expect(listed(circlesOfRooms(treeOf({ ...circle, ...none })))).toEqual([
    'src/kv/a/one.ts:1 src/kv/a may not need src/kv/b, which needs it as well.',
    'src/kv/b/two.ts:1 src/kv/b may not need src/kv/c.ts, which needs it as well.',
    'src/kv/c.ts:1 src/kv/c.ts may not need src/kv/a, which needs it as well.',
  ]);
  expect(listed(circlesOfRooms(treeOf(none)))).toEqual([]);
  const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
  expect(listed(circlesOfRooms(readTree(root)))).toEqual([]);
});
